"""Orders as people type them: `1001`, `#1001`, `WEB-2026-#77-A`, an id, a gid, or the address of a page in the admin."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from syncdb.errors import Exit, SyncdbError
from syncdb.ledger.queries.order_names import Named, Names
from syncdb.programs import MANAGER

_GID = re.compile(r"gid://shopify/Order/(\d+)(?:\?.*)?", re.IGNORECASE)
_PAGE = re.compile(
    r"(?:https?://)?(?:admin\.shopify\.com/store/[^/]+|[\w.-]+/admin(?:/api/[\w-]+)?)/orders/(\d+)(?:\.json)?(?:[/?#].*)?",
    re.IGNORECASE,
)
_SHOWN = 60  # characters of it that are repeated in a message
_BESIDE = 10  # numbers apart that still count as neighbours
_LONGEST = 200  # characters of a name that are looked at; a page pasted by mistake need not be


class UnknownOrder(SyncdbError):
    """No order goes by what was typed. `nearest` holds names worth trying instead."""

    exit_code = Exit.CONFIGURATION

    def __init__(self, message: str, nearest: Sequence[str], *, next_step: str) -> None:
        super().__init__(message, next_step=next_step)
        self.nearest = tuple(nearest)


class SeveralOrders(UnknownOrder):
    """More than one order goes by what was typed. `nearest` holds their ids."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a typed text may mean: an order's `order_id` (bare digits), its `names` (most likely first), its `number`."""

    text: str
    order_id: str | None
    names: tuple[str, ...]
    number: int | None


def understand(text: str) -> Typed:
    """What `text` may mean. Raises UnknownOrder where it is empty."""
    typed = " ".join(unquote(text).split())[:_LONGEST] if "%" in text else " ".join(text.split())[:_LONGEST]
    if link := _GID.fullmatch(typed) or _PAGE.fullmatch(typed):
        return Typed(typed, link[1], (), None)
    bare = typed.removeprefix("#")
    if not bare:
        raise UnknownOrder(
            "The ledger has no order '': nothing was typed that names one.",
            (),
            next_step='Give its number, such as 1001, or "#1001" in quotes.',
        )
    digits = bare if re.fullmatch(r"[0-9]{1,30}", bare) else None
    return Typed(typed, digits if digits == typed else None, _spellings(typed, bare), int(digits) if digits else None)


def find_order(names: Names, text: str) -> Named:
    """The one tracked order that `text` names.

    Raises UnknownOrder, with the nearest names, where there is none, and SeveralOrders, with their ids, where it names some.
    """
    typed = understand(text)
    found = _matches(names, typed)
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(typed, sorted(found, key=lambda one: one.created_at or "", reverse=True))
    near = nearest(names, typed)
    step = f"Did you mean {' or '.join(near)}?" if near else f"See which orders there are: {MANAGER} orders"
    raise UnknownOrder(f"The ledger has no order {typed.text[:_SHOWN]!r}.", near, next_step=step)


def _several(typed: Typed, found: Sequence[Named]) -> SeveralOrders:
    told = ", ".join(f"{one.name} ({(one.created_at or 'unknown day')[:10]}, id {one.order_id})" for one in found[:5])
    return SeveralOrders(
        f"{typed.text[:_SHOWN]!r} names {len(found)} orders: {told}{' ...' if len(found) > 5 else ''}.",
        [one.order_id for one in found],
        next_step="Ask again with the id of the one you mean.",
    )


def nearest(names: Names, typed: Typed, most: int = 3) -> list[str]:
    """Names of tracked orders that are close to what was typed: next to it in number, or one slip of the finger away."""
    meant = [name for near in slips(typed.text) for name in (near, f"#{near.removeprefix('#')}")]
    found = names.by_names(list(dict.fromkeys(meant))[:900])
    if typed.number is not None:
        beside = names.beside(typed.number, 1)
        close = [one for one in beside if abs((one.number or 0) - typed.number) <= _BESIDE]  # a gap is between these
        slipped = [one for slip in slips(str(typed.number)) if slip.isdigit() for one in names.by_number(int(slip), 2)]
        found = [*close, *found, *slipped]
    elif not typed.order_id:
        found += names.beginning(_starts(typed.text))
    return list(dict.fromkeys(one.name for one in found))[:most]


def slips(text: str) -> list[str]:
    """What may have been meant: two characters exchanged, one left out, one too many, one digit for another."""
    text = text[:24]
    places = range(len(text))
    exchanged = [text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in places[:-1]]
    shorter = [text[:at] + text[at + 1 :] for at in places]
    other = [text[:at] + digit + text[at + 1 :] for at in places if text[at].isdigit() for digit in "0123456789"]
    longer = [text[:at] + digit + text[at:] for at in range(len(text) + 1) for digit in "0123456789"]
    return [one for one in dict.fromkeys([*exchanged, *other, *shorter, *longer]) if one and one != text]


def _matches(names: Names, typed: Typed) -> list[Named]:
    """By exact name before number before id: a name is what people read on the screen."""
    if typed.names:
        exact = names.by_names(typed.names)
        for name in typed.names:
            if same := [one for one in exact if one.name == name]:
                return same
    if typed.number is not None and (same := names.by_number(typed.number)):
        return same
    return names.by_id(typed.order_id) if typed.order_id else []


def _spellings(typed: str, bare: str) -> tuple[str, ...]:
    """The names a text can stand for: as typed, with and without the # that Shopify puts in front by default, in either case."""
    plain = (typed, f"#{bare}", bare)
    return tuple(dict.fromkeys([*plain, *(one.upper() for one in plain), *(one.lower() for one in plain)]))


def _starts(text: str) -> list[str]:
    """Ever shorter beginnings of a name, for names that begin like it."""
    return [text[:length] for length in range(len(text) - 1, max(2, len(text) // 2) - 1, -1)]
