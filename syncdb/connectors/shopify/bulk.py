"""Many orders at once: a bulk operation instead of hundreds of pages, with the very same snapshots as result.

It is a faster way to what the pages bring, never a condition: where it fails, or its result does not add up, pages are read.
"""

import gc
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.bulk_file import BulkFile, Group
from syncdb.connectors.shopify.bulk_operation import NotInBulk, Operations
from syncdb.connectors.shopify.bulk_query import LIST_OF, bulk_query, completion, connections_of, left_out
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.documents import CHILDREN
from syncdb.connectors.shopify.facts import Notice
from syncdb.connectors.shopify.gather import Gatherer
from syncdb.connectors.shopify.pages import Page, PageSize, Quarantined
from syncdb.connectors.shopify.shape import Paged, Parts, bare_id
from syncdb.errors import RetryLater
from syncdb.values import moment, parse_json

ATTEMPTS = 2
ORDERS_A_PAGE = 250
BYTES_A_PAGE = 4 << 20  # of lines: some orders have hundreds of them


class _Unclear(Exception):
    """The lines of an order do not fit together: it is to be read by its id."""


@dataclass(slots=True)
class BulkReader:
    """Reads all orders of a search by a bulk operation."""

    asking: Asking
    gatherer: Gatherer
    operations: Operations = field(init=False)
    _size: PageSize = field(default_factory=lambda: PageSize(250))

    def __post_init__(self) -> None:
        self.operations = Operations(self.asking.client)

    def pages(self, search: str | None, least: int, known: Mapping[str, str]) -> Iterator[Page]:
        """Pages of all orders of `search`, if there are more than `least`. Empty pages come while there is nothing but waiting.

        Orders in `known` (global id: time of change) are passed over. It was a success if the last page says `last`; if not,
        nothing is known of the orders that did not come, and what came is good.
        Raises Refused, and RetryLater where the shop cannot be reached.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with _few_collections():
                    yield from self._attempt(search, least, known)
            except (NotInBulk, OSError) as why:
                if attempt < ATTEMPTS and isinstance(why, NotInBulk) and why.again:
                    continue
                self.asking.tell(Notice("bulk", f"Orders are read page by page: a bulk operation did not bring them ({why})."))
            return

    def _attempt(self, search: str | None, least: int, known: Mapping[str, str]) -> Iterator[Page]:
        counted = self.operations.count(search)
        if counted <= least:
            return
        query = bulk_query(self.asking.documents.order, search)
        for state in self.operations.waited(self.operations.submit(query)):
            if state is None:
                yield self._page()
        assert state is not None
        if state.orders < counted and state.orders < self.operations.count(search):
            raise NotInBulk(f"it found {state.orders} orders where there are {counted}", again=True)
        with BulkFile(state) as file:
            for _ in file.fetch(self.asking.client):
                yield self._page()
            yield from self._read(file, known)

    def _read(self, file: BulkFile, known: Mapping[str, str]) -> Iterator[Page]:
        groups, latest = file.groups(), None
        while some := _page_of(groups):
            joining = _Joining(self.asking.documents.order, self._left_out(some), known, latest)
            orders, held = self.gatherer.complete(joining.nodes(some))
            latest = joining.latest
            reached = latest if file.grouped and file.rising else None
            yield self._page(orders, held, sorted(joining.unclear), reached)
        yield self._page(reached=latest, last=True)

    def _page(
        self,
        orders: Sequence[Mapping[str, Any]] = (),
        held: Sequence[Quarantined] = (),
        unclear: Sequence[str] = (),
        reached: datetime | None = None,
        last: bool = False,
    ) -> Page:
        """A page of these orders; the unclear ones are read anew by their ids (one not found was deleted)."""
        batch = self.gatherer.by_ids(unclear)
        again, held_again = self.gatherer.complete(batch.nodes)
        return Page(
            orders=(*orders, *again),
            quarantined=(*held, *batch.held, *held_again),
            notices=self.asking.news(),
            partial=batch.partial or self.asking.other_version,
            last=last,
            reached=reached,
            facts=self.asking.known_facts(),
        )

    def _left_out(self, groups: Iterable[Group]) -> dict[str, Mapping[str, Any]]:
        """The lines of refunds and fulfillments of these orders, by the ids of those; what could not be had is not in it."""
        order = self.asking.documents.order
        missing, found = left_out(order), dict[str, Mapping[str, Any]]()
        if not missing:
            return found
        ids, document = _children_named(groups, [CHILDREN[name] for name in missing]), completion(order)
        while ids:
            group = ids[: self._size.size]
            try:
                found |= self._answered(document, group)
            except TooCostly:
                if len(group) > 1:
                    self._size.halve()
                    continue
            del ids[: len(group)]
        return found

    def _answered(self, document: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The parts by id; none at all where something is wrong with any, for the orders to be read one by one."""
        try:
            answer = self.asking.client.ask(document, lambda: {"ids": list(ids)}, "Reading lines of refunds and fulfillments")
        except RetryLater as error:
            raise NotInBulk(str(error)) from error
        if answer.errors or answer.data is None:
            return {}
        return {node["id"]: node for node in answer.data["nodes"] if node and node.get("order")}


@contextmanager
def _few_collections() -> Iterator[None]:
    """Parsed orders hold no cycles, but their many objects set off the search for some: a quarter of all time (measured)."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _page_of(groups: Iterator[Group]) -> list[Group]:
    """The next orders, as many as are read at once; none at the end."""
    some, size = list[Group](), 0
    while len(some) < ORDERS_A_PAGE and size < BYTES_A_PAGE and (group := next(groups, None)):
        some.append(group)
        size += sum(map(len, group.orders)) + sum(map(len, group.children))
    return some


def _children_named(groups: Iterable[Group], kinds: Sequence[str]) -> list[str]:
    """The ids of all objects of these types in the orders' own lines, before those are parsed."""
    pattern = re.compile(rb'"id":"(gid:\\?/\\?/shopify\\?/(?:%b)\\?/[^"]+)"' % "|".join(kinds).encode())
    found = (text for group in groups for line in group.orders for text in pattern.findall(line))
    return list(dict.fromkeys(text.replace(b"\\/", b"/").decode() for text in found))


@dataclass(slots=True)
class _Joining:
    """Puts orders together from their lines and what bulk left out. `unclear`: global ids of those that do not fit together."""

    order: Parts
    left_out: Mapping[str, Mapping[str, Any]]
    known: Mapping[str, str]
    latest: datetime | None
    unclear: set[str] = field(default_factory=set)

    def nodes(self, groups: Iterable[Group]) -> Iterator[dict[str, Any]]:
        """Each order as a page shows it, but for those known already. One at a time: what was just parsed is read fastest."""
        names, missing = connections_of(self.order), left_out(self.order)
        for group in groups:
            try:
                node = _joined(group, names)
                changed = moment(node["updatedAt"])
                self.latest = max(self.latest or changed, changed)
                if self.known.get(node["id"]) == node["updatedAt"]:
                    continue
                self._complete(node, missing)
            except _Unclear:
                self.unclear.add(f"gid://shopify/Order/{group.order_id}")
            else:
                yield node

    def _complete(self, node: dict[str, Any], missing: Mapping[str, Mapping[str, Paged]]) -> None:
        """Fill in the lines of refunds and fulfillments. Raises _Unclear where they are of another state of the order."""
        for name, lists in missing.items():
            for item in node.get(name) or ():
                part = self.left_out.get(item["id"])
                if part is None or part["order"]["updatedAt"] != node["updatedAt"]:
                    raise _Unclear
                item.update({one: part[one] for one in lists})


def _joined(group: Group, names: Sequence[str]) -> dict[str, Any]:
    """An order as a page shows it, from its lines. Raises _Unclear where an order or a child comes twice."""
    if len(group.orders) != 1:
        raise _Unclear
    node: dict[str, Any] = _parsed(group.orders[0])
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for line in group.children:
        child = _parsed(line)
        del child["__parentId"]
        name = LIST_OF.get(child["id"].split("/")[-2] if "id" in child else "", "")
        if name not in lists:
            raise _Unclear
        lists[name].append(child)
    for name, children in lists.items():
        node[name] = {"nodes": _in_place(children), "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return node


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = parse_json(line)
    except ValueError as error:
        raise NotInBulk("the result holds a line that is no JSON", again=True) from error
    if not isinstance(found, dict):
        raise NotInBulk("the result holds a line that is no object", again=True)
    return found


def _in_place(children: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By their places among their like: ids grow, what has none is numbered. Raises _Unclear where one comes twice."""
    if len(children) < 2:
        return children
    places = {int(bare_id(child["id"])) if "id" in child else int(child["index"]): child for child in children}
    if len(places) != len(children):
        raise _Unclear
    return [places[place] for place in sorted(places)]
