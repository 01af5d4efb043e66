"""What is asked of an order and how each part of the answer is read, said once.

A tree of shapes gives both the GraphQL selection and the reading of its answer, so that the two cannot drift apart: whatever is
asked is stored, whatever is stored was asked, and every list that can be cut short is known as such.

Values with long names are asked under short ones: of the bytes of an order, names and a second currency would be most.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

Path = tuple[str, ...]
Parts = Mapping[str, "Shape"]
_LONG = 12  # characters from which on a field is asked under a shorter name
_WORDS = re.compile(r"[a-z]+|[A-Z][a-z0-9]*")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is read whole. `inside` is its selection if it has one, `call` the field where the name is only an alias.

    `short`: it is asked under a short name where its own is long. `answered` names the type of what
    is answered, unless it is null (`answer_types`).
    """

    read: Callable[[Any], Any]
    inside: str = ""
    call: str = ""
    short: bool = False
    answered: str = "plain"


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


def flat(parts: Parts) -> dict[str, tuple[Shape, bool]]:
    """The parts with those that only some types have, and whether each object has it."""
    found: dict[str, tuple[Shape, bool]] = {}
    for name, shape in parts.items():
        found |= {one: (inner, False) for one, inner in shape.parts.items()} if isinstance(shape, On) else {name: (shape, True)}
    return found


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


@dataclass(frozen=True, slots=True, eq=False)
class ByIdentity:
    """Parts as a key: the same tree serves thousands of orders, so what follows from it is worked out once."""

    parts: Parts

    def __hash__(self) -> int:
        return id(self.parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and self.parts is other.parts


def bare_id(gid: str) -> str:
    """The number at the end of a global id, as text ("gid://shopify/Order/123" is "123")."""
    bare = gid[gid.rfind("/") + 1 :]
    return bare.partition("?")[0] if "?" in bare else bare
