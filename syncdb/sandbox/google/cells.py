"""What a cell holds, stored small: a bare value, or a `Cell` where there is a note, a format or a rule too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from syncdb.sandbox.google.errors import Refusal, invalid

LONGEST_TEXT = 50_000
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Formula:
    text: str  # with its leading =


Entered = str | int | float | bool | Formula | None
Packed = Any  # Entered or Cell; 4 million of them stand in a large sheet


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with more to it than a value. Formats and rules are wire JSON and never changed in place."""

    entered: Entered = None
    format: Json | None = None
    note: str = ""
    validation: Json | None = None


EMPTY = Cell()
FIELDS = {
    "userEnteredValue": "entered",
    "userEnteredFormat": "format",
    "note": "note",
    "dataValidation": "validation",
}


def unpack(packed: Packed) -> Cell:
    if packed is None:
        return EMPTY
    return packed if isinstance(packed, Cell) else Cell(packed)


def pack(cell: Cell) -> Packed:
    if cell.format or cell.note or cell.validation:
        return cell
    return cell.entered


def entered(packed: Packed) -> Entered:
    value: Entered = packed.entered if isinstance(packed, Cell) else packed
    return value


def with_value(packed: Packed, value: Entered) -> Packed:
    """The cell with another value ("" empties it), its format, note and rule kept."""
    value = None if value == "" else value
    return replace(packed, entered=value) if isinstance(packed, Cell) else value


def entered_from_wire(value: Json | None) -> Entered:
    """An ExtendedValue as entered. Raises Refusal for text over 50,000 characters or an unknown kind."""
    if not value:
        return None
    ((kind, raw),) = list(value.items())[:1]
    match kind:
        case "stringValue":
            return checked_text(str(raw)) or None
        case "numberValue":
            return _number(raw)
        case "boolValue":
            return bool(raw)
        case "formulaValue":
            return Formula(checked_text(str(raw)))
    raise invalid(f"Invalid value: {kind} cannot be entered")


def _number(raw: Any) -> float | int:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise invalid(f'Invalid value at number_value (TYPE_DOUBLE), "{raw}"')
    return small_number(float(raw))


def small_number(number: float) -> float | int:
    """Cells are doubles; whole ones are kept as int so that they read back as Google writes them."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def checked_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Refusal(400, "Your input contains more than the maximum of 50000 characters in a single cell.")
    return text


def wire_value(value: Any) -> Json:
    """A plain value as an ExtendedValue."""
    if isinstance(value, Formula):
        return {"formulaValue": value.text}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}
