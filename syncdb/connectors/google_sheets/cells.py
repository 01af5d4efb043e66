"""Between entries and what Google's API calls a cell, and how columns are shown."""

from collections.abc import Mapping
from typing import Any

import syncdb.connectors.tabular.entries as entries
from syncdb.connectors.tabular.entries import Entry, Formula
from syncdb.model import Field
from syncdb.values import Kind, Value, minor_digits

LONGEST_TEXT = 50_000  # characters in a cell, as reported in API errors; counted in UTF-16 units to be on the safe side

Json = dict[str, Any]


def entry_for(value: Value) -> Entry:
    """The entry that shows a value in a sheet. Raises UnfitValue where a cell would lose something."""
    return entries.entry_for(value, LONGEST_TEXT, "Google Sheets")


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
