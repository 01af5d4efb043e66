"""Between the values of records and what a cell holds: typed both ways, so that nothing is ever parsed or guessed by the sheet.

A cell's content is passed around as its *entry*: None, text, a number, a flag, or `Formula`. That is what a person sees in the
formula bar, and the smallest form in which it can be kept as evidence and put back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from syncdb.model import Field
from syncdb.values import Kind, Value, canonical, from_serial, minor_digits, to_serial

LONGEST_TEXT = 50_000  # characters in a cell, as reported in API errors; counted in UTF-16 units to be on the safe side
MOST_DIGITS = 15  # cells hold doubles; 15 significant digits always survive
EXACT_INTEGERS = 2**53

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as it stands in the cell, with its leading "="."""

    text: str


Entry = None | str | int | float | bool | Formula


class UnfitValue(ValueError):
    """A value that a cell cannot hold without loss."""


def entry_for(value: Value) -> Entry:
    """The entry that shows a value. Text stays text whatever it looks like. Raises Unfit where a cell would lose something."""
    plain = canonical(value)
    if plain is None or isinstance(plain, bool):
        return plain
    if isinstance(plain, str):
        return _fitting_text(plain)
    if isinstance(plain, datetime):
        return to_serial(plain)
    assert isinstance(plain, Decimal)
    return _fitting_number(plain)


def _fitting_text(text: str) -> str:
    try:
        units = len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        raise UnfitValue("it contains half of a character (a lone surrogate)") from None
    if units > LONGEST_TEXT:
        raise UnfitValue(f"it is {units:,} characters long; a cell of Google Sheets holds {LONGEST_TEXT:,}")
    return text


def _fitting_number(number: Decimal) -> int | float:
    if len(number.as_tuple().digits) > MOST_DIGITS:
        raise UnfitValue(f"the number has more than the {MOST_DIGITS} digits that Google Sheets keeps")
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


def read_cell(cell: Mapping[str, Any]) -> Entry:
    """The entry of a cell as the API sends it (CellData with userEnteredValue)."""
    held = cell.get("userEnteredValue") or {}
    if "formulaValue" in held:
        return Formula(str(held["formulaValue"]))
    for name in ("stringValue", "numberValue", "boolValue"):
        if name in held:
            entry: Entry = held[name]
            return entry
    return None


def write_cell(entry: Entry) -> Json:
    """An entry as the API takes it, typed; an empty one clears the cell."""
    if isinstance(entry, str):  # first, as most of a sheet is text
        return {"userEnteredValue": {"stringValue": entry}} if entry else {}
    if entry is None:
        return {}
    if isinstance(entry, Formula):
        return {"userEnteredValue": {"formulaValue": entry.text}}
    return {"userEnteredValue": {"boolValue" if isinstance(entry, bool) else "numberValue": entry}}


def keep(entry: Entry) -> Any:
    """An entry as JSON for the journal; `kept` is the inverse."""
    return [entry.text] if isinstance(entry, Formula) else entry


def kept(stored: Any) -> Entry:
    """The entry that `keep` stored."""
    return Formula(str(stored[0])) if isinstance(stored, list) else stored


def number_format(field: Field, currency: str | None = None) -> Json | None:
    """How a field's column is shown (a NumberFormat); None for what a cell shows well by itself.

    Text gets the plain-text format, so that a cell a person opens and closes again does not turn into a number or a formula.
    An amount has the sign and the decimals of its `currency`; where that is not known no sign, and a third decimal if need be.
    """
    if field.kind in (Kind.TEXT, Kind.IDENTIFIER):
        return {"type": "TEXT", "pattern": "@"}
    if field.kind is Kind.MOMENT:
        return {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}
    if field.kind is Kind.DATE:
        return {"type": "DATE", "pattern": "yyyy-mm-dd"}
    return {"type": "NUMBER", "pattern": _money_pattern(currency)} if field.kind is Kind.MONEY else None


def _money_pattern(currency: str | None) -> str:
    if currency is None:
        return "#,##0.00#"
    decimals = minor_digits(currency)
    return "#,##0" + ("." + "0" * decimals if decimals else "") + f" [${currency}]"


def currency_shown(entry: Entry) -> str | None:
    """The currency that a cell names; None where it holds anything but a code of three letters."""
    named = entry.strip().upper() if isinstance(entry, str) else ""
    return named if len(named) == 3 and named.isascii() and named.isalpha() else None
