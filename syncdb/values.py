"""The values that records are made of: parse, encode, and decide whether two are the same.

A `Value` is None, text, a flag, a whole number, an exact decimal or a wall-clock moment. This is the only place where values are
normalised, so that what two systems hold can be compared without either's quirks.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Context, Decimal, InvalidOperation
from enum import Enum
from typing import Any

import orjson

_EXACT = Context(prec=10_000)  # never rounds what a remote could send

Value = None | str | bool | int | Decimal | datetime


class Kind(Enum):
    """What a field holds. It tells a connector how to show and read a value."""

    TEXT = "text"
    IDENTIFIER = "identifier"  # text that must never become a number: ids, SKUs, phone numbers, postcodes
    COUNT = "count"
    MONEY = "money"
    NUMBER = "number"  # any number that is no amount of money
    MOMENT = "moment"  # wall clock in the shop's time zone, to the second
    DATE = "date"  # midnight of a day
    FLAG = "flag"


def canonical(value: Value) -> Value:
    """The one form in which equal values are equal: no empty text, no line-end variants, no trailing zeros, whole seconds."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "") or None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return value.normalize(_EXACT) if value else Decimal(0)


def same(one: Value, other: Value) -> bool:
    """Whether two values mean the same: None and empty text do, 1 and 1.00 do, 1 and True do not."""
    if type(one) is type(other) and one == other:  # mostly, and much sooner
        return True
    a, b = canonical(one), canonical(other)
    return type(a) is type(b) and a == b


def encode(value: Value) -> Any:
    """A value as JSON can hold it without loss; `decode` is its inverse."""
    if isinstance(value, Decimal):
        return ["d", format(value, "f")]
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    return value


def decode(stored: Any) -> Value:
    """The value that `encode` stored."""
    if isinstance(stored, list):
        mark, text = stored
        return Decimal(text) if mark == "d" else datetime.fromisoformat(text)
    return stored  # type: ignore[no-any-return]


def encode_fields(fields: Mapping[str, Value]) -> str:
    """Fields as canonical JSON text: equal fields give equal text."""
    return canonical_json({name: encode(value) for name, value in fields.items()})


def decode_fields(text: str) -> dict[str, Value]:
    """The fields that `encode_fields` stored."""
    stored = parse_json(text)
    if any(type(value) is float for value in stored.values()):  # a whole number beyond 64 bits: fields hold no floats
        stored = json.loads(text)
    return {name: decode(value) for name, value in stored.items()}


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)  # made once: it is asked for often


def canonical_json(data: Any) -> str:
    """JSON text that is equal for equal data: sorted keys, no spaces, characters as they are."""
    return _CANONICAL.encode(data)


# what `json` would refuse (a moment, a dataclass) is refused here, too
_PLAIN_ONLY = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def canonical_text(data: Any) -> bytes:
    """The same text in UTF-8, made in half the time (measured), of data without floats: their text would be another.

    Raises UnicodeEncodeError for half of a character (a lone surrogate), which UTF-8 cannot hold.
    """
    try:
        return orjson.dumps(data, option=_PLAIN_ONLY)
    except orjson.JSONEncodeError:  # a whole number beyond 64 bits, half of a character, a key that is no text
        return canonical_json(data).encode()


def parse_json(text: bytes | str) -> Any:
    """What JSON, as text or in UTF-8, says. Raises ValueError where it is none.

    A whole number beyond 64 bits comes as a float; where it must be exact, a float is refused by whoever reads it.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # also for halves of characters, which JSON can spell
        return json.loads(text)


def digest(data: Any) -> str:
    """The SHA-256 of the canonical JSON of `data`, as hex text."""
    return hashlib.sha256(canonical_json(data).encode("utf-8", "surrogatepass")).hexdigest()


def money(amount: str | None) -> Decimal | None:
    """An amount as a remote writes it ("55.0"), exact. Raises ValueError where it is no amount."""
    if amount is None:
        return None
    try:
        number = Decimal(amount)
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not an amount of money") from None
    if not number.is_finite():
        raise ValueError(f"{amount!r} is not an amount of money")
    return number


_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "TRY": "₺", "INR": "₹", "PLN": "zł", "SEK": "kr", "NOK": "kr"}
_AMOUNT = re.compile(r"[-\N{MINUS SIGN}]?\s?\d[\d.,' \N{RIGHT SINGLE QUOTATION MARK}]*")
_THOUSANDS = re.compile(r"\d{1,3}(?P<mark>[.,' \N{RIGHT SINGLE QUOTATION MARK}])\d{3}(?:(?P=mark)\d{3})*")


def amount_meant(text: str, digits: int, currency: str = "") -> Decimal:
    """An amount as people write it: "19.90", "12,50", "1.234,50", "-3", also with the sign or code of its `currency`.

    Point and comma may both be the decimal mark: the last one is, where it stands once. A single mark before three digits may be
    one of thousands: that is an amount only where the currency has three decimals (`digits`). Raises ValueError, with the text.
    """
    plain = text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").strip()
    for mark in (currency, _SIGNS.get(currency, "")):
        plain = plain.removeprefix(mark).removesuffix(mark).strip() if mark else plain
    if not _AMOUNT.fullmatch(plain):
        raise ValueError(f"it holds {text[:80]!r}, which is no amount")
    negative, number = not plain[0].isdigit(), plain.lstrip("-\N{MINUS SIGN} ")
    marks = [one for one in number if one in ".,"]
    decimal = marks[-1] if marks and marks.count(marks[-1]) == 1 else None
    whole, _, part = number.rpartition(decimal) if decimal else (number, "", "0")
    if len(marks) == 1 and len(part) == 3 and digits != 3 and whole != "0":
        raise ValueError(f"it holds {text[:80]!r}, which may be thousands or decimals: write it without that mark")
    if not part.isdigit() or not (whole.isdigit() or _THOUSANDS.fullmatch(whole)):
        raise ValueError(f"it holds {text[:80]!r}, which is no amount")
    return Decimal(f"{'-' if negative else ''}{''.join(one for one in whole if one.isdigit())}.{part}")


_NO_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def minor_digits(currency: str | None) -> int:
    """How many decimals amounts of a currency (ISO 4217 code) are written with; two where none is named."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


def moment(text: str) -> datetime:
    """An ISO 8601 moment with its offset ("2026-11-20T07:00:00Z"), as UTC. Raises ValueError without an offset."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} does not say its time zone")
    return parsed.astimezone(UTC)


def iso(instant: datetime) -> str:
    """A moment as ISO 8601 in UTC to the second, with Z: how moments are stored and sent."""
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def wall_clock(instant: datetime, zone: tzinfo) -> datetime:
    """What a clock on the wall of `zone` shows at `instant`, to the second, without a zone.

    Two instants of the hour that daylight saving repeats show the same wall clock.
    """
    return instant.astimezone(zone).replace(tzinfo=None, microsecond=0)


SERIAL_EPOCH = datetime(1899, 12, 30)


def to_serial(clock: datetime) -> float:
    """Days since 1899-12-30, as spreadsheets count a wall-clock moment (Sheets API, date serial numbers)."""
    return (clock - SERIAL_EPOCH) / timedelta(days=1)


def from_serial(days: float) -> datetime:
    """The wall-clock moment of a spreadsheet serial number, rounded to the second. Raises OverflowError out of range."""
    return SERIAL_EPOCH + timedelta(seconds=round(days * 86400))
