"""Values of cells: what the wire says, what a column of a type makes of it, and back.

A cell holds None, bool, int, float, str, a tuple (lists) or a Failed (a formula's error). Nothing is ever refused for its type:
what does not fit stays as text ("alt text"), as observed.
"""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncdb.sandbox.grist.wire import EngineError

Cell = Any
SHORT = 2**31
TRUE, FALSE = {"true", "yes", "1", "t", "y"}, {"false", "no", "0", "f", "n"}
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$"
)
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})$")
_STAMP = re.compile(r"-?\d{9,12}$")
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?$")


@dataclass(frozen=True, slots=True)
class Failed:
    """A formula's error: the name of the exception and its text."""

    kind: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A reference given by a value of the row meant: `column` of the other table, the visible one by default."""

    value: Any
    column: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date or a moment, seconds since the epoch; `day` if it came without a time."""

    seconds: float
    day: bool


@dataclass(frozen=True, slots=True)
class Stub:
    """A row or rows in the notation of answers; no column takes them, what is stored is how the engine prints its object."""

    name: str

    def __str__(self) -> str:
        return f"<objtypes.{self.name} object at 0x7f0000000000>"


Find = Callable[[str | None, Any], int]


def decode(wire: Any) -> Any:
    """A cell as sent in JSON. Raises EngineError where a list does not say what it is."""
    if isinstance(wire, int) and not isinstance(wire, bool):
        return wire if -SHORT <= wire < SHORT else float(wire)  # a number beyond 32 bits reaches the engine as a float
    if not isinstance(wire, list):
        return wire
    match wire:
        case ["L", *items]:
            return tuple(decode(item) for item in items)
        case ["l", value, *rest]:
            options = rest[0] if rest and isinstance(rest[0], dict) else {}
            written = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
            return Lookup(decode_lookup(value), options.get("column"), str(options.get("raw", written)))
        case ["d", int() | float() as seconds]:
            return Stamp(float(seconds), True)
        case ["D", int() | float() as seconds, *_]:
            return Stamp(float(seconds), False)
        case ["R" | "r" as code, _, _]:
            return Stub("RecordStub" if code == "R" else "RecordSetStub")
    raise EngineError("KeyError", f'"Unknown object type code {wire[0] if wire else ""!r}"')


def decode_lookup(value: Any) -> Any:
    if isinstance(value, list) and value[:1] != ["L"] and value[:1] != ["d"] and value[:1] != ["D"]:
        return tuple(decode(one) for one in value)
    return decode(value)


def encode(cell: Cell) -> Any:
    """A cell as answered: whole floats as whole numbers (JavaScript knows one kind), lists and errors marked.

    What is no number or an endless one is answered as nothing: the engine keeps it, JSON has no word for it.
    """
    if isinstance(cell, float) and not isfinite(cell):
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e21:
        return int(Decimal(repr(cell)))
    if isinstance(cell, int) and not isinstance(cell, bool) and not -SHORT <= cell < SHORT:
        return ["U", str(cell)]
    if isinstance(cell, tuple):
        return ["L", *(encode(one) for one in cell)]
    if isinstance(cell, Failed):
        return ["E", cell.kind]
    return cell


def pure(kind: str) -> str:
    """A type without what follows its colon."""
    return kind.split(":", 1)[0]


def target(kind: str) -> str | None:
    """The table a reference column points to."""
    return kind.split(":", 1)[1] if pure(kind) in ("Ref", "RefList") and ":" in kind else None


def default(kind: str) -> Cell:
    """What an untouched cell holds."""
    return {"Text": "", "Choice": "", "Bool": False, "Int": 0, "Numeric": 0.0, "Ref": 0}.get(pure(kind))


def zone(kind: str) -> ZoneInfo:
    try:
        return ZoneInfo(kind.partition(":")[2] or "America/New_York")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def converted(kind: str, value: Any, find: Find) -> Cell:
    """What a column of a type stores for a decoded value; alt text where it cannot. `find` looks rows up for references."""
    if isinstance(value, Failed):
        return value
    if isinstance(value, Lookup):
        return _looked_up(kind, value, find)
    try:
        return _CONVERT.get(pure(kind), _any)(kind, value)
    except (ValueError, TypeError, OverflowError):
        return text(value)


def text(value: Any) -> str:
    if isinstance(value, Stamp):
        moment = datetime.fromtimestamp(value.seconds, UTC)
        return moment.date().isoformat() if value.day else str(moment)
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _looked_up(kind: str, asked: Lookup, find: Find) -> Cell:
    if pure(kind) == "Ref":
        return find(asked.column, asked.value) or asked.raw
    if pure(kind) == "RefList":
        values = asked.value if isinstance(asked.value, tuple) else (asked.value,)
        rows = tuple(find(asked.column, one) for one in values)
        return asked.raw if 0 in rows else rows or None
    return asked.raw


def _text(_: str, value: Any) -> Cell:
    if value is None:
        return None
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return str(int(value)) if abs(value) < 2**53 and value.is_integer() else f"{value:.15g}"
    return text(value)


def _bool(_: str, value: Any) -> Cell:
    if not value:
        return False
    if isinstance(value, int | float):
        return True
    word = value.lower() if isinstance(value, str) else ""
    if word in TRUE | FALSE:
        return word in TRUE
    raise ValueError("not a truth")


def _int(_: str, value: Any) -> Cell:
    if value in ("", None):
        return None
    number = int(float(value))
    if not -SHORT <= number < SHORT:
        raise OverflowError("Integer value too large")
    return number


def _numeric(_: str, value: Any) -> Cell:
    return None if value in ("", None) else float(value)


def _date(_: str, value: Any) -> Cell:
    if value in ("", None):
        return None
    if isinstance(value, Stamp):
        return float(value.seconds // 86400 * 86400)
    if isinstance(value, int | float):
        return float(value)
    return _midnight(_iso(value, UTC)[1])


def _moment(kind: str, value: Any) -> Cell:
    if value in ("", None):
        return None
    if isinstance(value, Stamp) and value.day:
        day = datetime.fromtimestamp(value.seconds, UTC)
        return datetime(day.year, day.month, day.day, tzinfo=zone(kind)).timestamp()
    if isinstance(value, Stamp):
        return value.seconds
    return float(value) if isinstance(value, int | float) else _iso(value, zone(kind))[0]


def _midnight(moment: datetime) -> float:
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp()


def _iso(value: Any, where: Any) -> tuple[float, datetime]:
    found = _ISO.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("not an ISO date")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction = float(f"0.{found[7] or 0}")
    moment = datetime(year, month, day, hour, minute, second, tzinfo=_offset(found[8]) or where)
    return moment.timestamp() + fraction, moment


def _offset(written: str | None) -> timezone | None:
    if written is None or written == "Z":
        return None if written is None else UTC
    digits = written[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-ahead if written[0] == "-" else ahead)


def _choices(_: str, value: Any) -> Cell:
    if not value:
        return None
    if isinstance(value, str):
        if value.startswith("["):
            with contextlib.suppress(ValueError):
                return tuple(str(one) for one in json.loads(value))
        return value
    return tuple(text(one) for one in value)


def _ref(_: str, value: Any) -> Cell:
    if isinstance(value, tuple):
        value = value[0] if value else 0
    if not value:
        return 0
    if not isinstance(value, int):
        raise TypeError("not a row id")
    return int(value)


def _refs(kind: str, value: Any) -> Cell:
    if isinstance(value, int) and not isinstance(value, bool):
        value = (value,) if value else ()
    if isinstance(value, str) and value:
        parsed = json.loads(value) if value.startswith("[") else value
        if not isinstance(parsed, list) or not all(isinstance(one, int) and one > 0 for one in parsed):
            raise ValueError("not a list of row ids")
        value = tuple(parsed)
    return tuple(_ref(kind, one) for one in value) if value else None


def _any(_: str, value: Any) -> Cell:
    return value.seconds if isinstance(value, Stamp) else value


_CONVERT: dict[str, Callable[[str, Any], Cell]] = {
    "Text": _text, "Choice": _text, "Bool": _bool, "Int": _int, "Numeric": _numeric, "Date": _date, "DateTime": _moment,
    "ChoiceList": _choices, "Ref": _ref, "RefList": _refs, "Attachments": _refs, "Any": _any,
}  # fmt: skip


# --- text as a person types it --------------------------------------------------------------------------------------------


def parsed(kind: str, wire: Any, visible: str | None) -> Any:
    """Text read as a person would mean it, before the engine sees it; `?noparse=1` leaves this step out.

    `visible` is the id of the column a reference shows ("id" where none was chosen).
    """
    if not isinstance(wire, str) or not wire:
        return wire
    match pure(kind):
        case "Numeric" | "Int":
            number = _typed_number(wire)
            return wire if number is None else number
        case "Date" | "DateTime":
            return _typed_date(kind, wire)
        case "ChoiceList":
            return _typed_list(wire)
        case "Ref":
            return _typed_reference(wire, visible or "id")
        case "RefList":
            return _typed_references(wire, visible or "id")
    return wire


def _typed_number(typed: str) -> float | int | None:
    bare = re.sub(r"[\s$€£¥]", "", typed)
    negative = bare.startswith("-") or (bare.startswith("(") and bare.endswith(")"))
    bare = bare.strip("()").lstrip("+-")
    percent = bare.endswith("%")
    bare = bare.removesuffix("%")
    if not bare or not any(letter.isdigit() for letter in bare) or not _NUMBER.match(bare):
        return None
    number = float(bare.replace(",", "")) / (100 if percent else 1) * (-1 if negative else 1)
    return int(number) if number.is_integer() and abs(number) < SHORT else number


def _typed_date(kind: str, typed: str) -> Any:
    if _STAMP.match(typed):
        return float(typed)
    found = _YEAR_FIRST.match(typed.strip())
    if found is None:
        return typed
    where = UTC if pure(kind) == "Date" else zone(kind)
    with contextlib.suppress(ValueError):
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=where).timestamp()
    return typed


def _typed_list(typed: str) -> Any:
    items: list[Any] | None = None
    if typed.startswith("["):
        with contextlib.suppress(ValueError):
            items = [one if isinstance(one, str) else json.dumps(one) for one in json.loads(typed) if one or one == 0]
    if items is None:
        items = [one for row in csv.reader(typed.splitlines(), skipinitialspace=True) for one in row]
    items = [one.strip() for one in items if one.strip()]
    return ["L", *items] if items else None


def _typed_reference(typed: str, visible: str) -> Any:
    if visible == "id":
        return ["l", int(typed), {"column": "id", "raw": typed}] if typed.strip().isdigit() else typed
    return ["l", typed, {"column": visible}]


def _typed_references(typed: str, visible: str) -> Any:
    items = [one.strip() for row in csv.reader([typed], skipinitialspace=True) for one in row]
    if visible == "id":
        if not all(one.isdigit() for one in items):
            return typed
        return ["l", [int(one) for one in items], {"column": "id", "raw": typed}]
    return ["l", items, {"column": visible, "raw": typed}]
