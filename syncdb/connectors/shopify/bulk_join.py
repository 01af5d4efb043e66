"""Orders from the lines of a bulk result. Nothing here asks or stores anything, so that other processes may do it, too."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from syncdb.connectors.order_source import Quarantined
from syncdb.connectors.shopify.answer_types import WHOLE, Connection
from syncdb.connectors.shopify.bulk_query import LIST_OF, connections_of, left_out
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.documents import CHILDREN
from syncdb.connectors.shopify.normalise import Sight, cannot_be_read, keeper
from syncdb.connectors.shopify.open_ended import any_unfinished
from syncdb.connectors.shopify.reading import connection_decoder, decoder, parsed_again, parts_decoder
from syncdb.connectors.shopify.shape import ByIdentity, Paged, bare_id
from syncdb.order_snapshot import OrderSnapshot
from syncdb.values import moment, parse_json

ORDER_LINE = re.compile(rb'\{"id":"gid:\\?/\\?/shopify\\?/Order\\?/(\d+)"(?:,"updatedAt":"([^"]+)")?')
_PARENT = re.compile(rb'"__parentId":"gid:\\?/\\?/shopify\\?/Order\\?/(\d+)"')
_KIND = re.compile(rb'\{"id":"gid:\\?/\\?/shopify\\?/(\w+)\\?/')
_MARK = b'"__parentId":"'  # cannot stand in a text: quotes are escaped there
_LAST = 100  # bytes of a line's end in which it names its parent
_ID_AT = len(b'{"id":"')
_BEFORE_KIND = (b'"id":"gid://shopify', b'"id":"gid:\\/\\/shopify\\')
_LIST_OF = {kind.encode(): name for kind, name in LIST_OF.items()}
NOWHERE = b"\n"  # no line ends so: they are cut there


@dataclass(frozen=True, slots=True)
class JoinJob:
    """Lines to be put together (those of an order behind each other), and what was answered about the refunds and shipments of
    which bulk left something out: lists of them, or null for one, in a JSON list.
    """

    chunk: bytes
    left_out: bytes
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
    found, is_order = _owner(line)
    return found[1], is_order


def order_line(line: bytes) -> re.Match[bytes] | None:
    """Where the line is an order's own: what `ORDER_LINE` finds in it. Raises NotInBulk where it belongs to no order."""
    found, is_order = _owner(line)
    return found if is_order else None


def _owner(line: bytes) -> tuple[re.Match[bytes], bool]:
    found = ORDER_LINE.match(line)
    if found and line.find(_MARK, -_LAST) < 0:
        return found, True
    at = line.rfind(_MARK)
    parent = _PARENT.match(line, at) if at >= 0 else None
    if parent is None:
        raise NotInBulk("the result holds a line that belongs to no order")
    return parent, False


def ending_of_children(line: bytes) -> bytes:
    """How the lines end that belong to the order of this line, as they are written."""
    return _MARK + line[_ID_AT : line.index(b'"', _ID_AT)] + b'"}'


def _groups(chunk: bytes) -> Iterator[tuple[bytes, list[bytes], list[bytes]]]:
    """The id of each order with its own line and those of its lists, in whatever order they come."""
    current, own, children, ending = b"", list[bytes](), list[bytes](), NOWHERE
    for line in filter(None, chunk.split(b"\n")):
        if line.endswith(ending):  # most lines do: they belong to the order before
            children.append(line)
            continue
        order_id, is_order = owner(line)
        if order_id != current and (own or children):
            yield current, own, children
            own, children = [], []
        current = order_id
        (own if is_order else children).append(line)
        ending = ending_of_children(line) if is_order else NOWHERE
    if own or children:
        yield current, own, children


def orders_in(chunk: bytes) -> int:
    """How many orders there are in a chunk."""
    return sum(1 for _ in ORDER_LINE.finditer(chunk))


@lru_cache(maxsize=16)
def naming(lists: tuple[str, ...]) -> Callable[[bytes], list[str]]:
    """A function that finds the ids of all objects in these lists of an order's own line, before that is parsed."""
    if not lists:
        return lambda line: []
    first, *others = (f'"{name}":'.encode() for name in lists)
    # to look for what stands before it, too, takes twice as long
    search = re.compile(rb'/(%b)\\?/([^"]+)"' % "|".join(CHILDREN[name] for name in lists).encode()).finditer

    def named(line: bytes) -> list[str]:
        start, found = line.rfind(first), list[str]()  # they are the last that is asked of an order
        for other in others:
            start = min(start, line.rfind(other))
        for one in search(line, max(0, start)):
            if line.endswith(_BEFORE_KIND, 0, one.start()):
                kind, rest = one.groups()
                found.append(f"gid://shopify/{kind.decode()}/{rest.decode()}")
        return found

    return named


def joined(job: JoinJob) -> Joined:
    """Put the orders of a chunk together. Raises NotInBulk where something in it is no line of a result.

    One order at a time, from its lines to its sealed text: what was just made is read fastest.
    """
    shape, kept = ByIdentity(job.sight.parts), keeper(job.sight)
    found, lines, goes_on = Joined(), _Lines.of(shape), any_unfinished(shape)
    left_out = {part.id: part for parts in _parts(lines, job.left_out) for part in parts if part and part.order}
    for order_id, own, children in _groups(job.chunk):
        try:
            node = lines.order(own, children)
            changed = moment(node.updatedAt)
            found.latest = max(found.latest or changed, changed)
            lines.complete(node, left_out)
        except _Unclear:
            found.unclear.append(f"gid://shopify/Order/{order_id.decode()}")
        except ValueError as error:
            name = str(_parsed(own[0]).get("name") or "")
            found.held.append(Quarantined(order_id.decode(), name, cannot_be_read(error)))
        else:
            if goes_on(node):
                found.long.append(parsed_again(node))
            elif isinstance(order := kept(node), OrderSnapshot):
                found.orders.append(order)
            else:
                found.held.append(order)
    return found


@dataclass(frozen=True, slots=True)
class _Lines:
    """How the lines of orders and of their lists are read, and the `parts` of orders of which lists were left out."""

    own: Callable[[bytes], Any]
    children: Mapping[str, Callable[[bytes], Any]]
    parts: Callable[[bytes], list[list[Any]]]
    left_out: Mapping[str, Mapping[str, Callable[[Any], Any]]]

    @classmethod
    @lru_cache(maxsize=16)
    def of(cls, order: ByIdentity) -> "_Lines":
        parts = order.parts
        lists = {name: shape for name in connections_of(parts) if isinstance(shape := parts[name], Paged)}
        missing = {
            name: {one: connection_decoder(shape.parts) for one, shape in connections.items()}
            for name, connections in left_out(parts).items()
        }
        written = parts_decoder(one for connections in missing.values() for one in connections)
        return cls(decoder(parts), {name: decoder(shape.parts) for name, shape in lists.items()}, written, missing)

    def order(self, own: Sequence[bytes], children: Sequence[bytes]) -> Any:
        """An order as a page shows it. Raises _Unclear where it or a child comes twice, ValueError for what was not asked."""
        if len(own) != 1:
            raise _Unclear
        lists: dict[str, list[Any]] = {name: [] for name in self.children}
        beginning, decoded, items = NOWHERE, self.own, list[Any]()
        for line in children:
            if not line.startswith(beginning):  # those of a list come behind one another
                beginning, name = _list_of(line)
                if name not in lists:
                    raise _Unclear
                decoded, items = self.children[name], lists[name]
            items.append(_read(decoded, line))
        node = _read(self.own, own[0])
        for name, items in lists.items():
            setattr(node, name, Connection(_in_place(items), WHOLE))
        return node

    def complete(self, node: Any, left_out: Mapping[str, Any]) -> None:
        """Add the lines of refunds and shipments. Raises _Unclear where they are of another state of the order."""
        for name, lists in self.left_out.items():
            for item in getattr(node, name) or ():
                part = left_out.get(item.id)
                if part is None or part.order.updatedAt != node.updatedAt:
                    raise _Unclear
                for one, decoded in lists.items():
                    setattr(item, one, decoded(getattr(part, one)))


def _list_of(line: bytes) -> tuple[bytes, str]:
    """How the lines of a list begin, and its name."""
    kind = _KIND.match(line)
    return (kind[0] if kind else NOWHERE), _LIST_OF.get(kind[1] if kind else b"", "")


def _parts(lines: _Lines, answers: bytes) -> list[list[Any]]:
    try:
        return lines.parts(answers)
    except ValueError as error:
        raise NotInBulk("what was asked for besides is of another kind than Shopify says", again=True) from error


def _read(decoded: Callable[[bytes], Any], line: bytes) -> Any:
    try:
        return decoded(line)
    except ValueError:
        _parsed(line)
        raise


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = parse_json(line)
    except ValueError as error:
        raise NotInBulk("the result holds a line that is no JSON", again=True) from error
    if not isinstance(found, dict):
        raise NotInBulk("the result holds a line that is no object", again=True)
    return found


def _in_place(children: list[Any]) -> list[Any]:
    """By their places among their like: ids grow, what has none is numbered. Raises _Unclear where one comes twice."""
    if len(children) < 2:
        return children
    by_id = hasattr(children[0], "id")
    if by_id:
        ids = [child.id for child in children]
        if len(set(map(len, ids))) == 1 and ids == sorted(set(ids)):  # numbers as long as one another, mostly
            return children
    places = {int(bare_id(child.id)) if by_id else int(child.index): child for child in children}
    if len(places) != len(children):
        raise _Unclear
    return [places[place] for place in sorted(places)]
