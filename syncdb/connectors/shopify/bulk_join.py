"""Orders from the lines of a bulk result. Nothing here asks or stores anything, so that other processes may do it, too."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from syncdb.connectors.order_source import Quarantined
from syncdb.connectors.shopify.bulk_query import LIST_OF, connections_of, left_out
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.normalise import Sight, kept
from syncdb.connectors.shopify.shape import bare_id, unfinished
from syncdb.order_snapshot import OrderSnapshot
from syncdb.values import moment, parse_json

ORDER_LINE = re.compile(rb'\{"id":"gid:\\?/\\?/shopify\\?/Order\\?/(\d+)"(?:,"updatedAt":"([^"]+)")?')
_PARENT = re.compile(rb'"__parentId":"gid:\\?/\\?/shopify\\?/Order\\?/(\d+)"')
_MARK = b'"__parentId":"'  # cannot stand in a text: quotes are escaped there
_ID_AT = len(b'{"id":"')
NOWHERE = b"\n"  # no line ends so: they are cut there


@dataclass(frozen=True, slots=True)
class JoinJob:
    """Lines to be put together (those of an order behind each other), and what bulk left out of them, by its global id."""

    chunk: bytes
    left_out: Mapping[str, Mapping[str, Any]]
    sight: Sight


@dataclass(slots=True)
class Joined:
    """What came of a chunk. `unclear` are global ids of orders whose lines do not fit together: they are to be read by their ids.

    `long` are answered orders of which a list goes on beyond what is here. `latest` is the last change seen.
    """

    orders: list[OrderSnapshot] = field(default_factory=list)
    held: list[Quarantined] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    long: list[dict[str, Any]] = field(default_factory=list)
    latest: datetime | None = None


class _Unclear(Exception):
    """The lines of an order do not fit together."""


def owner(line: bytes) -> tuple[bytes, bool]:
    """The id of the order that a line belongs to, and whether the line is that order itself."""
    at = line.rfind(_MARK)
    found = ORDER_LINE.match(line) if at < 0 else _PARENT.match(line, at)
    if found is None:
        raise NotInBulk("the result holds a line that belongs to no order")
    return found[1], at < 0


def ending_of_children(line: bytes) -> bytes:
    """How the lines end that belong to the order of this line, as they are written."""
    return _MARK + line[_ID_AT : line.index(b'"', _ID_AT)] + b'"}'


def _groups(chunk: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """The id of each order with its lines, in whatever order those come."""
    current, group, ending = b"", list[bytes](), NOWHERE
    for line in filter(None, map(bytes.rstrip, BytesIO(chunk))):
        if not line.endswith(ending):  # most lines do: they belong to the order before
            order_id, is_order = owner(line)
            if group and order_id != current:
                yield current, group
                group = []
            current = order_id
            ending = ending_of_children(line) if is_order else NOWHERE
        group.append(line)
    if group:
        yield current, group


def orders_in(chunk: bytes) -> int:
    """How many orders there are in a chunk."""
    return sum(1 for _ in ORDER_LINE.finditer(chunk))


def children_named(chunk: bytes, kinds: Sequence[str]) -> list[str]:
    """The ids of all objects of these types in the orders' own lines, before those are parsed."""
    pattern = re.compile(rb'"id":"(gid:\\?/\\?/shopify\\?/(?:%b)\\?/[^"]+)"' % "|".join(kinds).encode())
    return list(dict.fromkeys(text.replace(b"\\/", b"/").decode() for text in pattern.findall(chunk)))


def joined(job: JoinJob) -> Joined:
    """Put the orders of a chunk together. Raises NotInBulk where something in it is no line of a result.

    One order at a time, from its lines to its sealed text: what was just made is read fastest.
    """
    found, parts = Joined(), job.sight.parts
    names, missing = connections_of(parts), left_out(parts)
    for order_id, lines in _groups(job.chunk):
        try:
            node = _node(lines, names)
            changed = moment(node["updatedAt"])
            found.latest = max(found.latest or changed, changed)
            for name, lists in missing.items():
                for item in node.get(name) or ():
                    item.update(_rest(job, node, item["id"], lists))
        except _Unclear:
            found.unclear.append(f"gid://shopify/Order/{order_id.decode()}")
        else:
            _take(found, node, job.sight)
    return found


def _take(found: Joined, node: dict[str, Any], sight: Sight) -> None:
    if next(unfinished(sight.parts, node), None):
        found.long.append(node)
        return
    order = kept(node, sight)
    if isinstance(order, OrderSnapshot):
        found.orders.append(order)
    else:
        found.held.append(order)


def _rest(job: JoinJob, node: Mapping[str, Any], gid: str, lists: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of a refund or fulfillment. Raises _Unclear where they are of another state of the order."""
    part = job.left_out.get(gid)
    if part is None or part["order"]["updatedAt"] != node["updatedAt"]:
        raise _Unclear
    return {one: part[one] for one in lists}


def _node(lines: Sequence[bytes], names: Sequence[str]) -> dict[str, Any]:
    """An order as a page shows it, from its lines. Raises _Unclear where an order or a child comes twice."""
    orders, lists = list[dict[str, Any]](), {name: list[dict[str, Any]]() for name in names}
    for line in lines:
        found = _parsed(line)
        if found.pop("__parentId", None) is None:
            orders.append(found)
            continue
        name = LIST_OF.get(found["id"].split("/")[-2] if "id" in found else "", "")
        if name not in lists:
            raise _Unclear
        lists[name].append(found)
    if len(orders) != 1:
        raise _Unclear
    (node,) = orders
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
