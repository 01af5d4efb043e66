"""Many orders at once: a bulk operation instead of hundreds of pages, with the very same snapshots as result.

It is a faster way to what the pages bring, never a condition: where it fails, or its result does not add up, pages are read.
"""

import gc
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.bulk_file import BulkFile, Group
from syncdb.connectors.shopify.bulk_operation import NotInBulk, Operations
from syncdb.connectors.shopify.bulk_query import LIST_OF, bulk_query, completion, connections_of, left_out
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.facts import Notice
from syncdb.connectors.shopify.gather import Gatherer
from syncdb.connectors.shopify.pages import Page, PageSize
from syncdb.errors import RetryLater
from syncdb.values import moment

ATTEMPTS = 2
ORDERS_A_PAGE = 250


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
        with tempfile.TemporaryDirectory(prefix="syncdb-bulk-") as folder:
            for state in self.operations.waited(self.operations.submit(query)):
                if state is None:
                    yield self._page()
            assert state is not None
            if state.orders < counted and state.orders < self.operations.count(search):
                raise NotInBulk(f"it found {state.orders} orders where there are {counted}", again=True)
            file = BulkFile(Path(folder) / "result.jsonl", state)
            for _ in file.fetch(self.asking.client):
                yield self._page()
            yield from self._read(file, known)

    def _read(self, file: BulkFile, known: Mapping[str, str]) -> Iterator[Page]:
        groups, latest = file.groups(), None
        while some := list(islice(groups, ORDERS_A_PAGE)):
            nodes, unclear = self._nodes(some)
            times = [moment(node["updatedAt"]) for node in nodes]
            latest = max(filter(None, (latest, *times)), default=None)
            nodes = [node for node in nodes if known.get(node["id"]) != node["updatedAt"]]
            unclear |= self._complete(nodes)
            reached = latest if file.grouped and file.rising else None
            yield self._page([node for node in nodes if node["id"] not in unclear], sorted(unclear), reached)
        yield self._page(reached=latest, last=True)

    def _page(
        self,
        nodes: Iterable[dict[str, Any]] = (),
        unclear: Sequence[str] = (),
        reached: datetime | None = None,
        last: bool = False,
    ) -> Page:
        """The snapshots of these orders; the unclear ones are read anew by their ids (one not found was deleted)."""
        batch = self.gatherer.by_ids(unclear)
        orders, held = self.gatherer.complete([*nodes, *batch.nodes])
        return Page(
            orders=tuple(orders),
            quarantined=(*batch.held, *held),
            notices=self.asking.news(),
            partial=batch.partial or self.asking.other_version,
            last=last,
            reached=reached,
            facts=self.asking.known_facts(),
        )

    def _nodes(self, groups: Iterable[Group]) -> tuple[list[dict[str, Any]], set[str]]:
        nodes, unclear = [], set()
        names = connections_of(self.asking.documents.order)
        for group in groups:
            try:
                nodes.append(_joined(group, names))
            except _Unclear:
                unclear.add(f"gid://shopify/Order/{group.order_id}")
        return nodes, unclear

    def _complete(self, nodes: Sequence[dict[str, Any]]) -> set[str]:
        """Fill in the lines of refunds and fulfillments; the orders that turned out to be edited or not to be read this way."""
        missing = left_out(self.asking.documents.order)
        owners = {
            item["id"]: (node, item, missing[name]) for node in nodes for name in missing for item in node.get(name) or ()
        }
        ids, unclear, document = list(owners), set(), completion(self.asking.documents.order) if missing else ""
        while ids:
            group = ids[: self._size.size]
            try:
                found = self._answered(document, group)
            except TooCostly:
                if len(group) == 1:
                    unclear.add(owners[ids.pop(0)][0]["id"])
                else:
                    self._size.halve()
                continue
            del ids[: len(group)]
            for gid in group:
                order, item, lists = owners[gid]
                part = found.get(gid)
                if part is None or part["order"]["updatedAt"] != order["updatedAt"]:
                    unclear.add(order["id"])
                else:
                    item.update({name: part[name] for name in lists})
        return unclear

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
        children.sort(key=_place)
        if len(set(map(_place, children))) != len(children):
            raise _Unclear
        node[name] = {"nodes": children, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return node


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(str(line, "utf-8"))  # as text: bytes would be searched for their encoding each time
    except ValueError as error:
        raise NotInBulk("the result holds a line that is no JSON", again=True) from error
    if not isinstance(found, dict):
        raise NotInBulk("the result holds a line that is no object", again=True)
    return found


def _place(child: Mapping[str, Any]) -> int:
    """Where a child stands among its like: ids grow, what has none is numbered."""
    return int(child["id"].rpartition("/")[2].partition("?")[0]) if "id" in child else int(child["index"])
