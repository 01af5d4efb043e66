"""Answers read by the shape that they were asked by: into typed objects, and from those into what is kept.

An answered object has an attribute for each part, by Shopify's name of it. What was asked and not answered, or is of another type
than Shopify documents, is an error, never a gap. What is kept has our names; what was null or empty is left out of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from syncdb.connectors.shopify.answer_types import ANSWERED, LISTS, OfOrder, PageInfo
from syncdb.connectors.shopify.leaves import BOTH_MONEYS, ID, MONEY, PLAIN, both_moneys, exact
from syncdb.connectors.shopify.shape import (
    ByIdentity,
    Leaf,
    Many,
    On,
    One,
    Paged,
    Parts,
    Shape,
    answered_as,
    bare_id,
    stored_name,
)
from syncdb.values import canonical_text, parse_json


@dataclass(frozen=True, slots=True)
class Reading:
    """How objects of one shape are read: the `answered` type, and what makes plain JSON data with our names of it."""

    answered: type[Struct]
    read: Callable[[Any], dict[str, Any]]


def reading_of(parts: Parts) -> Reading:
    """How objects with these parts are read."""
    return _reading(ByIdentity(parts))


def answered(parts: Parts, node: Mapping[str, Any]) -> Any:
    """Parsed JSON as an answered object. Raises ValueError where it is not of the asked shape."""
    return _converted(node, reading_of(parts).answered)


def connection(parts: Parts, found: Any) -> Any:
    """A connection of such objects, from parsed JSON. Raises ValueError where it is not of the asked shape."""
    return _converted(found, _connection(ByIdentity(parts)))


def _converted(found: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def parsed_again(node: Struct) -> Any:
    """An answered object as parsed JSON."""
    return msgspec.to_builtins(node)


def decoder(parts: Parts) -> Callable[[bytes], Any]:
    """A function that reads the text of such an object. It raises ValueError where that is no JSON or not of the asked shape."""
    return _decoder(reading_of(parts).answered)


def connection_decoder(parts: Parts) -> Callable[[Raw], Any]:
    """The same for a connection of such objects, of which the text was left as it was."""
    return _decoder(_connection(ByIdentity(parts)))


def parts_decoder(lists: Iterable[str]) -> Callable[[bytes], list[list[Any]]]:
    """A function that reads lists of parts of orders (null where one was not found): the `id` and the `order` of each, the
    `lists` as they are written.
    """
    fields: list[Any] = [("id", str, ""), ("order", OfOrder | None, None), *((name, Raw, Raw()) for name in lists)]
    part = msgspec.defstruct("PartOfOrder", fields)
    return _decoder(list[list[part | None]])  # type: ignore[valid-type]


def _decoder(kind: Any) -> Callable[[Any], Any]:
    decode = msgspec.json.Decoder(kind).decode

    def decoded(text: bytes | Raw) -> Any:
        try:
            return decode(text)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        except msgspec.DecodeError:  # also for halves of characters, which JSON can spell
            return _converted(parse_json(bytes(text)), kind)

    return decoded


@lru_cache(maxsize=256)
def _connection(key: ByIdentity) -> type[Struct]:
    nodes: Any = list[_reading(key).answered]  # type: ignore[misc]
    return msgspec.defstruct("Connection", [("nodes", nodes), ("pageInfo", PageInfo)], gc=False)


@lru_cache(maxsize=256)
def _reading(key: ByIdentity) -> Reading:
    parts = sorted(_flat(key.parts).items(), key=lambda item: stored_name(item[0]))
    fields = [_field(name, *one) for name, one in parts]
    short = {name: answered_as(name, shape) for name, (shape, _) in parts}
    answered = msgspec.defstruct("Answered", fields, rename=short, kw_only=True, gc=False)
    return Reading(answered, _written([(name, stored_name(name), *one) for name, one in parts]))


def _written(parts: Sequence[tuple[str, str, Shape, bool]]) -> Callable[[Any], dict[str, Any]]:
    """The function that reads such an object, written out: going through the parts in a loop takes twice as long (measured).

    It is what one would write by hand, a statement for each part.
    """
    known: dict[str, Any] = {"exact": exact, "both_moneys": both_moneys, "bare_id": bare_id, "UNSET": UNSET}
    lines = ["def read(node):", "    kept = {}"]
    for name, ours, shape, always in parts:
        found, there = f"found := node.{name}", "is not None" if always else "not in (None, UNSET)"
        if shape is PLAIN:  # nought and "no" say something, empty text does not
            lines += [f"    if ({found}) {there} and found != '':", f"        kept['{ours}'] = found"]
        elif shape is MONEY:
            lines += [f"    if ({found}) {there}:", f"        one = found.s; kept['{ours}'] = [exact(one.a), one.c]"]
        elif shape is BOTH_MONEYS:  # mostly the same
            lines += [f"    if ({found}) {there}:", "        one, other = found.s, found.b"]
            same = "[exact(one.a), one.c] if one.a == other.a and one.c == other.c"
            lines.append(f"        kept['{ours}'] = {same} else both_moneys(found)")
        elif shape is ID:
            bare = "bare := found[found.rfind('/') + 1:] if '?' not in found else bare_id(found)"
            lines += [f"    if ({found}) {there} and ({bare}):", f"        kept['{ours}'] = bare"]
        else:
            known[f"read_{ours}"] = _reader(shape)
            some = found if _is_list(shape) else f"({found}) {there}"
            lines += [f"    if ({some}) and ((found := read_{ours}(found)) or found == 0):", f"        kept['{ours}'] = found"]
    exec("\n".join([*lines, "    return kept"]), known)
    read: Callable[[Any], dict[str, Any]] = known["read"]
    return read


def _is_list(shape: Shape) -> bool:
    """Most lists of an order are empty: they are not called for."""
    return isinstance(shape, Many) or (isinstance(shape, Leaf) and shape.answered in LISTS)


def _flat(parts: Parts) -> dict[str, tuple[Shape, bool]]:
    """The parts with those that only some types have, and whether each object has it."""
    found: dict[str, tuple[Shape, bool]] = {}
    for name, shape in parts.items():
        found |= {one: (inner, False) for one, inner in shape.parts.items()} if isinstance(shape, On) else {name: (shape, True)}
    return found


def _field(name: str, shape: Shape, always: bool) -> tuple[str, Any] | tuple[str, Any, Any]:
    match shape:
        case Paged(parts):  # where many orders are read at once it comes apart from its object
            return name, _connection(ByIdentity(parts)) | None | UnsetType, UNSET
        case Many(parts):
            kind: Any = list[reading_of(parts).answered]  # type: ignore[misc]
        case Leaf(answered=name_of_type):
            kind = ANSWERED[name_of_type]
        case One(parts) | On(parts):
            kind = reading_of(parts).answered
    return (name, kind | None) if always else (name, kind | None | UnsetType, UNSET)


def _reader(shape: Shape) -> Callable[[Any], Any]:
    if isinstance(shape, Leaf):
        return shape.read
    read_one = reading_of(shape.parts).read
    in_order = _in_order_of(shape.parts)

    def read_many(items: Sequence[Any]) -> list[Any]:
        if len(items) == 1:
            return [read_one(items[0])]
        return in_order([read_one(item) for item in items])

    match shape:
        case Many():
            return read_many
        case Paged():
            return lambda found: read_many(found.nodes)
    return read_one


def _in_order_of(parts: Parts) -> Callable[[list[Any]], list[Any]]:
    """How a list of such objects is put in order: ids grow, and the order of an answer is promised nowhere."""
    if "id" in parts:
        return _by_id
    return _by_text if "title" in parts and "priceSet" in parts else _as_they_come


def _by_id(items: list[Any]) -> list[Any]:
    ids = [item.get("id", "") for item in items]
    if not all(map(str.isdigit, ids)):
        return items
    places = list(map(int, ids))
    return items if places == sorted(places) else sorted(items, key=lambda item: int(item["id"]))


def _by_text(items: list[Any]) -> list[Any]:
    """Tax lines, which have no id."""
    return sorted(items, key=canonical_text) if any("title" in item and "price" in item for item in items) else items


def _as_they_come(items: list[Any]) -> list[Any]:
    return items
