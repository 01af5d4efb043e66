"""Orders from the lines of a bulk result: which lines are read at once, and how they are put together to what a page shows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncdb.connectors.shopify.bulk_file import Group
from syncdb.connectors.shopify.bulk_operation import NotInBulk
from syncdb.connectors.shopify.bulk_query import LIST_OF, connections_of, left_out
from syncdb.connectors.shopify.shape import Paged, Parts, bare_id
from syncdb.values import moment, parse_json

ORDERS_A_PAGE = 250
BYTES_A_PAGE = 4 << 20  # of lines: some orders have hundreds of them


class _Unclear(Exception):
    """The lines of an order do not fit together: it is to be read by its id."""


def page_of(groups: Iterator[Group]) -> list[Group]:
    """The next orders, as many as are read at once; none at the end."""
    some, size = list[Group](), 0
    while len(some) < ORDERS_A_PAGE and size < BYTES_A_PAGE and (group := next(groups, None)):
        some.append(group)
        size += sum(map(len, group.orders)) + sum(map(len, group.children))
    return some


def children_named(groups: Iterable[Group], kinds: Sequence[str]) -> list[str]:
    """The ids of all objects of these types in the orders' own lines, before those are parsed."""
    pattern = re.compile(rb'"id":"(gid:\\?/\\?/shopify\\?/(?:%b)\\?/[^"]+)"' % "|".join(kinds).encode())
    found = (text for group in groups for line in group.orders for text in pattern.findall(line))
    return list(dict.fromkeys(text.replace(b"\\/", b"/").decode() for text in found))


@dataclass(slots=True)
class Joining:
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
