"""Between the values of records and what a cell of a table holds: typed both ways, so that nothing is ever parsed or guessed.

A cell's content is passed around as its *entry*: None, text, a number, a flag, or `Formula`. That is what a person sees in the
formula bar, and the smallest form in which it can be kept as evidence and put back.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from syncdb.values import Kind, Value, canonical, from_serial, to_serial

MOST_DIGITS = 15  # cells hold doubles; 15 significant digits always survive


EXACT_INTEGERS = 2**53


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as it stands in the cell, with its leading "="."""

    text: str


Entry = None | str | int | float | bool | Formula


class UnfitValue(ValueError):
    """A value that a cell cannot hold without loss."""


def entry_for(value: Value, longest: int, place: str) -> Entry:
    """The entry that shows a value. Text stays text whatever it looks like.

    A cell of the `place`, as people call it, holds text of up to `longest` UTF-16 units. Raises UnfitValue where it would lose
    something.
    """
    plain = canonical(value)
    if plain is None or isinstance(plain, bool):
        return plain
    if isinstance(plain, str):
        return _fitting_text(plain, longest, place)
    if isinstance(plain, datetime):
        return to_serial(plain)
    assert isinstance(plain, Decimal)
    return _fitting_number(plain, place)


def _fitting_text(text: str, longest: int, place: str) -> str:
    try:
        units = len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        raise UnfitValue("it contains half of a character (a lone surrogate)") from None
    if units > longest:
        raise UnfitValue(f"it is {units:,} characters long; a cell of {place} holds {longest:,}")
    return text


def _fitting_number(number: Decimal, place: str) -> int | float:
    if len(number.as_tuple().digits) > MOST_DIGITS:
        raise UnfitValue(f"the number has more than the {MOST_DIGITS} digits that {place} keeps")
    if number == number.to_integral_value() and abs(number) < EXACT_INTEGERS:
        return int(number)
    return float(number)


def value_in(entry: Entry, kind: Kind) -> Value:
    """What an entry says for a field of this kind. What does not fit the kind comes back as it stands, so that it differs."""
    if isinstance(entry, str):  # first, as most of a sheet is text
        return entry or None
    if entry is None or isinstance(entry, bool):
        return entry
    if isinstance(entry, Formula):
        return entry.text
    if kind in (Kind.MOMENT, Kind.DATE):
        try:
            return from_serial(entry)
        except (OverflowError, ValueError):
            return Decimal(repr(entry))
    return Decimal(entry) if isinstance(entry, int) else Decimal(repr(entry))


def key_in(entry: Entry) -> str | None:
    """The key that a cell of the key column shows; None where the row is nobody's.

    A key that became a number reads as its digits.
    """
    if isinstance(entry, str):
        return entry.strip() or None
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        return None
    whole = abs(entry) < EXACT_INTEGERS and entry == int(entry)
    return str(int(entry)) if whole else repr(entry)


def alike(one: Entry, other: Entry) -> bool:
    """Whether two entries are the same content: 1 and 1.0 are, 1 and True are not, None and empty text are."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return (one or None if isinstance(one, str) else one) == (other or None if isinstance(other, str) else other)


def keep(entry: Entry) -> Any:
    """An entry as JSON for the journal; `kept` is the inverse."""
    return [entry.text] if isinstance(entry, Formula) else entry


def kept(stored: Any) -> Entry:
    """The entry that `keep` stored."""
    return Formula(str(stored[0])) if isinstance(stored, list) else stored
