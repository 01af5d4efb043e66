"""From an answered object to what is kept of it: our names in their order, without what was null or empty.

What is kept is a typed object, too, which is written as it stands: neither a dictionary has to be made of it nor sorted. Its text
is the canonical one to the byte.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from syncdb.connectors.shopify.answer_types import LISTS
from syncdb.connectors.shopify.leaves import BOTH_MONEYS, ID, MONEY, PLAIN, TEXTS, both_moneys, exact
from syncdb.connectors.shopify.shape import ByIdentity, Leaf, Many, One, Paged, Parts, Shape, bare_id, flat, stored_name

written: Callable[[Any], bytes] = msgspec.json.Encoder().encode  # the canonical text of what is kept


@dataclass(frozen=True, slots=True)
class Keeping:
    """What makes an object of its type of an answered one, and the object of which nothing is kept."""

    keep: Callable[[Any], Any]
    nothing: Struct


@lru_cache(maxsize=256)
def keeping(key: ByIdentity) -> Keeping:
    """How objects with these parts are kept."""
    statements = _Statements()
    return statements.keeping({stored_name(name): statements.value(name, *one) for name, one in flat(key.parts).items()})


def keeper_of(parts: Parts, named: Mapping[str, str], beside: Mapping[str, Any]) -> Callable[[Any], Any]:
    """The same of a whole order. Parts in `named` are kept under those names in `metafields`, null or not.

    `beside` is kept with each order, where it has no part of that name.
    """
    statements = _Statements(dict(beside))
    values = {name: statements.value(name, *one) for name, one in flat(parts).items()}
    in_order = sorted(named.items(), key=lambda one: one[1])
    metafields = ", ".join(f"{ours!r}: {values.pop(name, 'None')}" for name, ours in in_order)
    kept = {name: name for name in beside} | {stored_name(name): value for name, value in values.items()}
    if metafields:
        kept["metafields"] = f"{{{metafields}}}"
    return statements.keeping(kept).keep


class _Statements:
    """An expression for each part and what these use, `known`, by its name there.

    Written out they are what one would write by hand: going through the parts in a loop takes twice as long (measured).
    """

    def __init__(self, known: Mapping[str, Any] | None = None) -> None:
        self.known = {"exact": exact, "both_moneys": both_moneys, "bare_id": bare_id, "UNSET": UNSET} | dict(known or {})

    def keeping(self, values: Mapping[str, str]) -> Keeping:
        """Objects of a type of their own with these values."""
        in_order = sorted(values)
        kept = msgspec.defstruct("Kept", [(name, Any, None) for name in in_order], omit_defaults=True, gc=False)
        known: dict[str, Any] = self.known | {"Kept": kept}
        given = ",\n        ".join(values[name] for name in in_order)
        exec(f"def keep(node):\n    return Kept(\n        {given},\n    )", known)
        return Keeping(known["keep"], kept())

    def value(self, name: str, shape: Shape, always: bool) -> str:
        """What is kept of a part; None where it is null or empty."""
        found = f"(v := node.{name})"
        null = f"{found} is None" if always else f"{found} is None or v is UNSET"
        if shape is PLAIN:  # nought and "no" say something, empty text does not
            return f"{found} or (None if v is None{'' if always else ' or v is UNSET'} or v == '' else v)"
        if shape is TEXTS:
            return f"{found} or None"
        if _is_list(shape):  # most are empty: they are not called for
            return f"({self._read(name, shape)} or None) if {found} else None"
        return f"None if {null} else {self._there(name, shape)}"

    def _there(self, name: str, shape: Shape) -> str:
        """What is kept of `v`, which is not null."""
        if shape is MONEY:
            return f"({_exact('(v := v.s).a')}, v.c)"
        if shape is BOTH_MONEYS:  # mostly the same
            same = "(s := v.s).a == (b := v.b).a and s.c == b.c"
            return f"(({_exact('s.a')}, s.c) if {same} else both_moneys(v))"
        if shape is ID:
            return "((v[v.rfind('/') + 1:] if '?' not in v else bare_id(v)) or None)"
        read = self._read(name, shape)
        if isinstance(shape, One):
            return f"(r if (r := {read}) != nothing_{name} else None)"
        return f"(r if (r := {read}) or r == 0 else None)"

    def _read(self, name: str, shape: Shape) -> str:
        """The call that reads `v`."""
        if isinstance(shape, Leaf):
            self.known[f"read_{name}"] = shape.read
            return f"read_{name}(v)"
        inner = keeping(ByIdentity(shape.parts))
        self.known |= {f"keep_{name}": inner.keep, f"nothing_{name}": inner.nothing}
        if isinstance(shape, One):
            return f"keep_{name}(v)"
        self.known[f"ordered_{name}"] = _in_order_of(shape.parts)
        items = "(v := v.nodes)" if isinstance(shape, Paged) else "v"
        return f"([keep_{name}(v[0])] if len({items}) == 1 else ordered_{name}([keep_{name}(one) for one in v]))"


def _exact(amount: str) -> str:
    """An amount is nought more often than anything else."""
    return f"('0' if (a := {amount}) == '0.0' else exact(a))"


def _is_list(shape: Shape) -> bool:
    return isinstance(shape, Many | Paged) or (isinstance(shape, Leaf) and shape.answered in LISTS)


def _in_order_of(parts: Parts) -> Callable[[list[Any]], list[Any]]:
    """How a list of such objects is put in order: ids grow, and the order of an answer is promised nowhere."""
    if "id" in parts:
        return _by_id
    return _by_text if "title" in parts and "priceSet" in parts else _as_they_come


def _by_id(items: list[Any]) -> list[Any]:
    ids = [item.id or "" for item in items]
    if len(set(map(len, ids))) == 1 and ids == sorted(ids):  # as long as one another, mostly, and in their order
        return items
    if not all(map(str.isdigit, ids)):
        return items
    places = list(map(int, ids))
    return items if places == sorted(places) else sorted(items, key=lambda item: int(item.id))


def _by_text(items: list[Any]) -> list[Any]:
    """Tax lines, which have no id. Their texts begin with their amounts, which mostly differ."""
    amounts = [item.price[0] if item.price else "" for item in items]
    if items[0].title is not None and "" not in amounts and len(set(amounts)) == len(items):
        return [item for _, item in sorted(zip(amounts, items, strict=True))]
    if not any(item.title is not None and item.price is not None for item in items):
        return items
    return sorted(items, key=written)


def _as_they_come(items: list[Any]) -> list[Any]:
    return items
