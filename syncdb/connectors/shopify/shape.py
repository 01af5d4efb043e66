"""What is asked of an order and how each part of the answer is read, said once.

A tree of shapes gives both the GraphQL selection and the reading of its answer, so that the two cannot drift apart: whatever is
asked is stored, whatever is stored was asked, and every list that can be cut short is known as such.

Values with long names are asked under short ones: of the bytes of an order, names and a second currency would be most.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from syncdb.values import canonical_text, iso, moment, money

Path = tuple[str, ...]
Parts = Mapping[str, "Shape"]
Reader = Callable[[Any], Any]
_LONG = 12  # characters from which on a field is asked under a shorter name
_WORDS = re.compile(r"[a-z]+|[A-Z][a-z0-9]*")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is read whole. `inside` is its selection if it has one, `call` the field where the name is only an alias.

    `short`: it is asked under a short name where its own is long.
    """

    read: Callable[[Any], Any]
    inside: str = ""
    call: str = ""
    short: bool = False


@dataclass(frozen=True, slots=True)
class One:
    """An object."""

    parts: Parts


@dataclass(frozen=True, slots=True)
class Many:
    """A plain list. Where `first` is given it cuts the list without a word, so a list of exactly that length may go on."""

    parts: Parts
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Paged:
    """A connection: `nodes` and `pageInfo`."""

    parts: Parts
    first: int
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class On:
    """Parts that only one type of an interface has; the part's name is that type. They are stored beside the common parts."""

    parts: Parts


Shape = Leaf | One | Many | Paged | On


def selection(parts: Parts) -> str:
    """The GraphQL selection, without the outer braces, that asks for these parts."""
    return " ".join(_asked(name, shape) for name, shape in parts.items())


def _asked(name: str, shape: Shape) -> str:
    match shape:
        case Leaf(inside=inside, call=call):
            key = answered_as(name, shape)
            return (f"{key}: {call or name} {inside}" if key != name or call else f"{name} {inside}").rstrip()
        case On(parts):
            return f"... on {name} {{ {selection(parts)} }}"
        case One(parts):
            return f"{name} {{ {selection(parts)} }}"
        case Many(parts, first):
            return f"{name}{f'(first: {first})' if first else ''} {{ {selection(parts)} }}"
        case Paged(parts, first, arguments):
            return connection(name, parts, f"first: {first}{arguments}")


def connection(name: str, parts: Parts, arguments: str) -> str:
    """The selection of a connection together with what is needed to read on."""
    return f"{name}({arguments}) {{ nodes {{ {selection(parts)} }} pageInfo {{ hasNextPage endCursor }} }}"


@cache  # as many as there are field names
def short_name(name: str) -> str:
    """A field's name where values are asked: of long ones the beginnings of the words. `currentTotalPriceSet` is `ctoPri`."""
    if len(name) < _LONG:
        return name
    found: list[str] = _WORDS.findall(name.removesuffix("Set"))
    *words, before, last = found
    return "".join([*(word[0] for word in words), before[:2]]).lower() + last[:3]


def answered_as(name: str, shape: Shape) -> str:
    """Under which name a part stands in an answer."""
    return short_name(name) if isinstance(shape, Leaf) and shape.short else name


def read(parts: Parts, node: Mapping[str, Any]) -> dict[str, Any]:
    """An answered object as plain JSON data with our names, without floats. What is null or empty is left out.

    Raises ValueError, KeyError or TypeError where the answer is not of the asked shape.
    """
    found: dict[str, Any] = _object_reader(_ByIdentity(parts))(node)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _ByIdentity:
    """Parts as a key: the same tree serves thousands of orders, so what follows from it is worked out once."""

    parts: Parts

    def __hash__(self) -> int:
        return id(self.parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.parts is other.parts


@lru_cache(maxsize=256)
def _object_reader(key: _ByIdentity) -> Reader:
    """A function that reads such an object. Most of an order are values that stay as they are: they are not called for."""
    common = {name: shape for name, shape in key.parts.items() if not isinstance(shape, On)}
    some_have = [one for shape in key.parts.values() if isinstance(shape, On) for one in _readers(shape.parts)]
    plain = [(short_name(name), stored_name(name)) for name, shape in common.items() if shape is PLAIN]
    amounts = [(short_name(name), stored_name(name)) for name, shape in common.items() if shape is MONEY]
    others = _readers({name: shape for name, shape in common.items() if shape is not PLAIN and shape is not MONEY})

    def reader(node: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, ours in plain:
            value = node[name]
            if value or (value is not None and value != ""):  # nought and "no" say something, empty text does not
                found[ours] = value if type(value) in _PLAIN_TYPES else _plain(value)
        for name, ours in amounts:
            if (bag := node[name]) is not None:
                one = bag["s"]
                found[ours] = [exact(one["a"]), _plain(one["c"])]
        for name, ours, read_one in [*others, *(one for one in some_have if one[0] in node)] if some_have else others:
            if (answered := node[name]) is not None:
                value = read_one(answered)
                if value or value == 0:
                    found[ours] = value
        return found

    return reader


def _readers(parts: Parts) -> list[tuple[str, str, Reader]]:
    """Each part with its name in the answer, its stored name and how it is read."""
    return [(answered_as(name, shape), stored_name(name), _reader(shape)) for name, shape in parts.items()]


def _reader(shape: Shape) -> Reader:
    if isinstance(shape, Leaf):
        return shape.read
    read_one = _object_reader(_ByIdentity(shape.parts))
    in_order = _in_order_of(shape.parts)
    match shape:
        case Many():
            return lambda answered: in_order([read_one(item) for item in answered])
        case Paged():
            return lambda answered: in_order([read_one(item) for item in answered["nodes"]])
    return read_one


def _in_order_of(parts: Parts) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """How a list of such objects is put in order: ids grow, and the order of an answer is promised nowhere."""
    if "id" in parts:
        return _by_id
    return _by_text if "title" in parts and "priceSet" in parts else _as_they_come


def _by_id(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(items) < 2 or not all(str(item.get("id", "")).isdigit() for item in items):
        return items
    return sorted(items, key=lambda item: int(item["id"]))


def _by_text(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tax lines, which have no id."""
    if len(items) < 2 or not any("title" in item and "price" in item for item in items):
        return items
    return sorted(items, key=canonical_text)


def _as_they_come(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return items


@cache  # as many as there are field names
def stored_name(name: str) -> str:
    """Shopify's field name as ours: `totalPriceSet` is `total_price`, `isGiftCard` is `is_gift_card`."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return snake.removesuffix("_set")


def stored_path(path: Path) -> str:
    """A path of field names as it is written in a snapshot's `withheld`."""
    return ".".join(stored_name(name) for name in path)


def locate(parts: Parts, names: Iterable[str]) -> Path | None:
    """The asked part that an error path (list positions and `nodes` left out) means; None where none of ours is meant."""
    path: list[str] = []
    for key in names:
        name = next((name for name, shape in parts.items() if answered_as(name, shape) == key), None)
        if name is None:
            break
        path.append(name)
        shape = parts[name]
        if isinstance(shape, Leaf):
            break
        parts = shape.parts
    return tuple(path) or None


def without(parts: Parts, paths: Iterable[Path]) -> dict[str, Shape]:
    """The same parts with some left out, and with objects left out of which nothing remains."""
    gone = set(paths)
    kept: dict[str, Shape] = {}
    for name, shape in parts.items():
        inner = {path[1:] for path in gone if path[0] == name}
        if () in inner:
            continue
        if isinstance(shape, Leaf) or not inner:
            kept[name] = shape
        elif left := without(shape.parts, inner):
            kept[name] = replace(shape, parts=left)
    return kept


def unfinished(parts: Parts, node: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Many | Paged]]:
    """Every list below `node` that may go on beyond what was answered: the object it belongs to, its name and its shape."""
    for name, shape, deeper in _open_ended(_ByIdentity(parts)):
        if not (answered := node.get(name)):
            continue
        if (isinstance(shape, Paged) and answered["pageInfo"]["hasNextPage"]) or (
            isinstance(shape, Many) and shape.first is not None and len(answered) == shape.first
        ):
            yield node, name, shape
        for item in _items(shape, answered) if deeper else ():
            yield from unfinished(shape.parts, item)


@lru_cache(maxsize=256)
def _open_ended(key: _ByIdentity) -> list[tuple[str, One | Many | Paged, bool]]:
    """The parts that are a list which may be cut short, or (true) hold one deeper down."""
    found: list[tuple[str, One | Many | Paged, bool]] = []
    for name, shape in key.parts.items():
        if isinstance(shape, Leaf | On):
            continue
        cut = isinstance(shape, Paged) or (isinstance(shape, Many) and shape.first is not None)
        deeper = bool(_open_ended(_ByIdentity(shape.parts)))
        if cut or deeper:
            found.append((name, shape, deeper))
    return found


def _items(shape: One | Many | Paged, answered: Any) -> list[dict[str, Any]]:
    match shape:
        case One():
            return [answered]
        case Many():
            return list(answered)
        case Paged():
            return list(answered["nodes"])


def bare_id(gid: str) -> str:
    """The number at the end of a global id, as text ("gid://shopify/Order/123" is "123")."""
    return gid.rpartition("/")[2].partition("?")[0]


def exact(amount: str) -> str:
    """An amount so that equal amounts are equal text ("55.0" and "55.00" are "55")."""
    whole, _, rest = amount.partition(".")
    if rest.isdigit() and whole.isdigit() and amount.isascii() and (whole[0] != "0" or len(whole) == 1):
        if rest[-1] != "0":  # as Shopify writes most
            return amount
        rest = rest.rstrip("0")
        return f"{whole}.{rest}" if rest else whole
    number = money(amount)
    if number is None:
        raise ValueError("an amount is missing")
    return format(number.normalize() if number else abs(number).normalize(), "f")


def _shop_money(bag: Mapping[str, Any]) -> list[str]:
    """[amount, currency] in the shop's money."""
    return _priced(bag["s"])


def _both_moneys(bag: Mapping[str, Any]) -> list[str]:
    """[amount, currency] in the shop's money, followed by the buyer's where that is another."""
    shop, buyer = bag["s"], bag["b"]
    if shop == buyer:
        return _priced(shop)
    one, other = _priced(shop), _priced(buyer)
    return one if one == other else [*one, *other]


def _priced(money: Mapping[str, Any]) -> list[str]:
    return [exact(money["a"]), _plain(money["c"])]


_PLAIN_TYPES = frozenset({str, bool, int})


def _plain(value: Any) -> Any:
    if not isinstance(value, str | bool | int):
        raise TypeError(f"expected a plain value, found {type(value).__name__}")
    return value


_AS_STORED = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\dZ", re.ASCII)  # as Shopify writes moments (observed)


@lru_cache(maxsize=1 << 12)  # most moments of an order are the same two or three
def _instant(text: str) -> str:
    if _AS_STORED.fullmatch(text):
        datetime.fromisoformat(text)  # raises ValueError where there is no such day
        return text
    return iso(moment(text))


def _attributes(items: list[Mapping[str, Any]]) -> list[list[str]]:
    return [[_plain(item["key"]), _plain(item["value"] or "")] for item in items]


def _texts(items: list[str]) -> list[str]:
    return [str(item) for item in items]


ID = Leaf(bare_id)
PLAIN = Leaf(_plain, short=True)
MOMENT = Leaf(_instant, short=True)
NUMBER = Leaf(lambda number: exact(str(number)))  # a Float such as a tax rate
COUNTED = Leaf(int, short=True)  # UnsignedInt64 comes as text
_PRICED = "{ a: amount c: currencyCode }"
MONEY = Leaf(_shop_money, f"{{ s: shopMoney {_PRICED} }}", short=True)
BOTH_MONEYS = Leaf(_both_moneys, f"{{ s: shopMoney {_PRICED} b: presentmentMoney {_PRICED} }}", short=True)
ATTRIBUTES = Leaf(_attributes, "{ key value }", short=True)
TEXTS = Leaf(_texts, short=True)
SORTED_TEXTS = Leaf(lambda items: sorted(_texts(items)))


def inner(field: str) -> Leaf:
    """An object of which one plain value is wanted, read as that value."""
    return Leaf(_of("v"), f"{{ v: {field} }}", short=True)


def metafield(namespace: str, key: str) -> Leaf:
    """One chosen metafield, to be asked under an alias."""
    call = f"metafield(namespace: {json.dumps(namespace)}, key: {json.dumps(key)})"
    return Leaf(_of("v"), "{ v: value }", call)


def _of(field: str) -> Reader:
    return lambda found: None if found[field] is None else _plain(found[field])
