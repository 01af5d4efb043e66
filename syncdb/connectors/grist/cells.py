"""Values of records as Grist's cells, and back, by the type that the column really has.

Grist never refuses a value for its type: what does not fit is kept as text, a whole number beyond 32 bits becomes text,
references to nothing are kept (all observed). So each value is checked before it is sent, and each cell before it is believed.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncdb.connectors.grist.answers import has_halves
from syncdb.connectors.grist.failures import sayable
from syncdb.connectors.grist.schema import pure
from syncdb.values import Value, amount_meant, same

EPOCH = datetime(1970, 1, 1)
WHOLE_MOST = 2**31  # an Int cell holds 32 bits (observed)
TEXTS, DATES = ("Text", "Choice", "Any"), ("Date", "DateTime")
SAID = {"Numeric": "number", "Int": "whole number", "Bool": "truth value", "Ref": "row of the other table"}
TRUTHS = {"true": True, "false": False}
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?")


class UnreadableCell(Exception):
    """A cell does not hold what its field is: what a person typed, or a formula's error. `str()` says which."""


class UnfitCell(Exception):
    """A value cannot stand in the column as it is. `str()` says why."""


NOISE = Decimal("1e-6")  # what doubles make of amounts is less


@dataclass(frozen=True, slots=True)
class Codec:
    """How one field stands in one column: `wanted` is the type its values are meant for, `real` the column's own.

    `digits` is how many decimals amounts have, `currency` in what they are. For a reference, `keys` maps row ids of the other
    table to their keys, `known` are those keys, and `by` is the id of the column that holds them. `zone` is the zone of the
    records' wall clocks. `told`: an amount that was typed with more decimals is shown as it stands, so that it can be set right.
    """

    wanted: str
    real: str
    digits: int | None = None
    keys: Mapping[int, str] = field(default_factory=dict)
    known: Set[str] = frozenset()
    by: str = ""
    currency: str = ""
    told: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.wanted) if ":" in self.wanted else zone_of(self.real)


def plainly(value: Value) -> str:
    """A value as messages show it: texts in quotes, not too long."""
    told = f'"{value}"' if isinstance(value, str) else "nothing" if value is None else str(value)
    return told if len(told) <= 80 else f"{told[:77]}..."


def zone_of(kind: str) -> ZoneInfo:
    """The zone in a type such as "DateTime:Europe/Berlin"; UTC where there is none that is known."""
    try:
        return ZoneInfo(kind.partition(":")[2] or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # "Europe" alone is a folder of zones
        return ZoneInfo("UTC")


def default_of(kind: str) -> Value:
    """What a new column of this type shows in rows that were there before (observed)."""
    defaults: dict[str, Value] = {"Numeric": Decimal(0), "Int": 0, "Bool": False}
    return defaults.get(pure(kind))


WORDS = ("Text", "Choice")  # types whose cells hold the same texts
# what a column of a type can hold of fields: text keeps everything that is written out, a number keeps no more than a number
_HOLDS = {
    "Numeric": ("Numeric", "Int", "Bool"),
    "Int": ("Int", "Bool"),
    "Bool": ("Bool",),
    "Date": ("Date",),
    "DateTime": ("DateTime", "Date"),
    "ChoiceList": ("ChoiceList",),
    "Ref": ("Ref", "Text"),
    "RefList": (),
    "Attachments": (),
}


def can_hold(wanted: str, real: str) -> bool:
    """Whether a column of a type can hold the values of a field at all. Whether it holds each one, `stored` tells.

    A text is not kept in a column of numbers: "00123" and "1E5" would not come back. An amount is not kept among whole numbers.
    """
    return pure(wanted) in _HOLDS.get(pure(real), (pure(wanted),))


def alike(one: str, other: str) -> bool:
    """Whether a column may be changed from one type to the other without its values meaning anything else."""
    return one == other or (one in WORDS and other in WORDS)


def shown(cell: Any, codec: Codec) -> Value:
    """What a cell (as GET /records answers it) holds, as the field's value. Raises Unreadable."""
    value = _meant(_natural(cell, codec), codec)
    if isinstance(value, str) and has_halves(value):
        raise UnreadableCell("it holds half of a character")
    return value


def stored(value: Value, codec: Codec) -> Any:
    """The cell to send, with ?noparse=1, so that it is read back as the same value. Raises Unfit."""
    cell = _cell(value, codec)
    if pure(codec.real) == "Ref":
        return cell
    try:
        landed = shown(_read_back(cell), codec)
    except UnreadableCell as other:
        raise UnfitCell(str(other)) from None
    if not same(landed, value):
        raise UnfitCell(f"the column, which is {codec.real}, would hold {plainly(landed)} instead")
    return cell


# --- reading -----------------------------------------------------------------------------------------------------------


def _natural(cell: Any, codec: Codec) -> Value:
    """A cell as the value its column's type means."""
    if isinstance(cell, list):
        return _tagged(cell, codec)
    kind = pure(codec.real)
    if cell is None or isinstance(cell, bool):
        return None if kind == "Ref" else cell
    if kind == "ChoiceList":
        return joined(str(cell).split(","))
    if isinstance(cell, str):
        if kind in TEXTS or (codec.digits is not None and kind == "Numeric"):
            return cell
        raise UnreadableCell(f"it holds the text {plainly(cell)}, which is no {SAID.get(kind, kind)}")
    if kind == "Ref":
        return _referred(cell, codec)
    if kind == "Date":
        return moment_of(cell, ZoneInfo("UTC")).replace(hour=0, minute=0, second=0)
    if kind == "DateTime":
        return moment_of(cell, codec.zone)
    return Decimal(repr(cell)) if isinstance(cell, float) else int(cell)


def _tagged(cell: list[Any], codec: Codec) -> Value:
    """Cells that say themselves what they are."""
    match cell:
        case ["L", *items]:
            return joined(str(one) for one in items)
        case ["d", int() | float() as seconds]:
            return moment_of(seconds, ZoneInfo("UTC"))
        case ["D", int() | float() as seconds, *_]:
            return moment_of(seconds, codec.zone)
        case ["E", *rest]:
            raise UnreadableCell(f"its formula fails ({sayable(str(rest[0])) if rest else 'error'})")
    raise UnreadableCell("it holds something that is no single value")


def _referred(row: Any, codec: Codec) -> Value:
    if not row:
        return None
    if row not in codec.keys:
        raise UnreadableCell(f"it refers to row {row} of {codec.real.partition(':')[2]}, which does not exist or has no key")
    return codec.keys[row]


def _meant(value: Value, codec: Codec) -> Value:
    """A natural value as the kind of value that the field holds. Raises Unreadable."""
    kind = pure(codec.wanted)
    if value is None or value == "":
        return None
    made = {"Numeric": _as_number, "Int": _as_whole, "Bool": _as_flag, "Date": _as_date, "DateTime": _as_moment}
    if kind in made:
        return made[kind](value, codec)
    if kind == "ChoiceList":
        return joined(_as_text(value).split(","))
    return _as_text(value)


def _as_text(value: Value) -> str:
    """A text is only taken from text: what was made a number ("00451", "1E5") or a date is not what somebody meant."""
    if not isinstance(value, str):
        raise UnreadableCell(f"it holds {text_of(value)}, which is no text: a number or a date may have lost some of it")
    return value


def _as_number(value: Value, codec: Codec) -> Value:
    if isinstance(value, str):
        value = _written_out(value, codec)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UnreadableCell(f"it holds {plainly(value)}, which is no number")
    number = Decimal(value)
    if not number.is_finite():
        raise UnreadableCell("it holds no finite number")
    whole = rounded(number, codec.digits)
    return number if codec.told and abs(number - whole) > NOISE else whole


def _written_out(value: str, codec: Codec) -> Decimal | str:
    """A number that stands there as text. Amounts are read as people write them."""
    if codec.digits is None:
        return Decimal(value.strip()) if _NUMBER.fullmatch(value.strip()) else value
    try:
        return amount_meant(value, codec.digits, codec.currency)
    except ValueError as why:
        raise UnreadableCell(str(why)) from None


def rounded(number: Decimal, digits: int | None) -> Decimal:
    """A number with that many decimals, as money has them: of doubles, 59.7 may come as 59.699999999999996 (observed)."""
    if digits is None or abs(number) >= 10**20:
        return number
    try:
        return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    except InvalidOperation:
        return number


def _as_whole(value: Value, codec: Codec) -> Value:
    number = _as_number(value, Codec("Numeric", codec.real))
    if not isinstance(number, Decimal) or number != number.to_integral_value():
        raise UnreadableCell(f"it holds {value}, which is no whole number")
    return int(number)


def _as_flag(value: Value, codec: Codec) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in TRUTHS:
        return TRUTHS[value.strip().lower()]
    raise UnreadableCell(f"it holds {plainly(value)}, which is neither true nor false")


def _as_moment(value: Value, codec: Codec) -> Value:
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and pure(codec.real) == "Any":
        return moment_of(value, codec.zone)
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(text_of(value).strip())
    except ValueError:
        raise UnreadableCell(f"it holds {plainly(value)}, which is no date") from None
    local = found if found.tzinfo is None else found.astimezone(codec.zone).replace(tzinfo=None)
    return local.replace(microsecond=0)


def _as_date(value: Value, codec: Codec) -> Value:
    found = _as_moment(value, codec)
    return found.replace(hour=0, minute=0, second=0) if isinstance(found, datetime) else found


def text_of(value: Value) -> str:
    """A value as text, without exponents or needless zeros."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return format(value.quantize(Decimal(1)) if whole and abs(value) < 10**20 else value, "f")
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def joined(words: Any) -> str | None:
    """Several words as one text: sorted and each once, because their order means nothing. None without any."""
    return ", ".join(sorted({str(word).strip() for word in words} - {""})) or None


def moment_of(seconds: float | Decimal, zone: ZoneInfo) -> datetime:
    """Seconds since the epoch as a wall clock, to the second. Raises Unreadable beyond the calendar."""
    try:
        instant = EPOCH + timedelta(seconds=round(seconds))
        return instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    except (OverflowError, ValueError):
        raise UnreadableCell(f"it holds {seconds} seconds, which is no date") from None


# --- writing -----------------------------------------------------------------------------------------------------------


def _cell(value: Value, codec: Codec) -> Any:
    kind = pure(codec.real)
    if value is None or value == "":
        return "" if kind in ("Text", "Choice") else 0 if kind == "Ref" else None
    if isinstance(value, str):
        _refuse_halves(value)
    if kind == "Ref":
        return _reference(value, codec)
    made = {"Numeric": _numeric, "Int": _int, "Bool": _bool, "Date": _date, "DateTime": _datetime, "ChoiceList": _list}
    if kind in made:
        return made[kind](value, codec)
    if kind in TEXTS:
        return text_of(value)
    raise UnfitCell(f"a column of the type {codec.real} is not written")


def _refuse_halves(value: str) -> None:
    if has_halves(value):
        raise UnfitCell("it holds half of a character")


def _reference(value: Value, codec: Codec) -> Any:
    """By key, to be looked up by Grist itself: row ids are used again after a deletion (observed)."""
    if value not in codec.known:
        raise UnfitCell(
            f"the table {codec.real.partition(':')[2]}, to which the column refers, has no row with the key {value}. "
            "If these records stand in another table, let the column refer to that one"
        )
    return ["l", value, {"column": codec.by}]


def _numeric(value: Value, codec: Codec) -> float:
    if isinstance(value, bool):
        return float(value)
    try:
        return float(Decimal(value) if isinstance(value, str | int | Decimal) else "")
    except (InvalidOperation, ValueError, OverflowError):
        raise UnfitCell(f"{value} is no number, and the column is Numeric") from None


def _int(value: Value, codec: Codec) -> int:
    number = _numeric(value, codec)
    if not number.is_integer() or not -WHOLE_MOST <= number < WHOLE_MOST:
        raise UnfitCell(f"{value} does not fit: a column of the type Int takes whole numbers from -2147483648 to 2147483647")
    return int(number)


def _bool(value: Value, codec: Codec) -> bool:
    if not isinstance(value, bool):
        raise UnfitCell(f"{value} is neither true nor false")
    return value


def _date(value: Value, codec: Codec) -> int:
    if not isinstance(value, datetime):
        raise UnfitCell(f"{value} is no date")
    return int((value.replace(hour=0, minute=0, second=0, microsecond=0) - EPOCH).total_seconds())


def _datetime(value: Value, codec: Codec) -> int:
    if not isinstance(value, datetime):
        raise UnfitCell(f"{value} is no moment")
    return int(value.replace(tzinfo=codec.zone, microsecond=0).timestamp())


def _list(value: Value, codec: Codec) -> Any:
    words = [word.strip() for word in text_of(value).split(",") if word.strip()]
    return ["L", *sorted(set(words))] if words else None


def _read_back(cell: Any) -> Any:
    """A cell as Grist shows it once it is stored (observed)."""
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
    return cell
