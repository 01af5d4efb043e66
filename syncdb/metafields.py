"""What the text of a metafield means by the type of its definition, and what is sent for a value that people changed.

Shopify keeps every value as text: a number as its digits, an amount, a measure and a rating as JSON, a list as a JSON array
(documented). This is the one reading of them, for columns of every system.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdb.values import Kind, Value, canonical, iso, moment, wall_clock

MEASURES = frozenset({"dimension", "weight", "volume"})
KINDS: Mapping[str, Kind] = {
    "number_integer": Kind.NUMBER,
    "number_decimal": Kind.NUMBER,
    "rating": Kind.NUMBER,
    "money": Kind.MONEY,
    "boolean": Kind.FLAG,
    "date": Kind.DATE,
    "date_time": Kind.MOMENT,
    "id": Kind.IDENTIFIER,
    "color": Kind.IDENTIFIER,
}
LIST, REFERENCE = "list.", "_reference"
_MEASURE = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*(\S.*)")


def kind_of(type: str) -> Kind:
    """As what values of a type are shown. Lists, measures, references, addresses and all that is not known are text."""
    if type.startswith(LIST):
        return Kind.TEXT
    return Kind.IDENTIFIER if type.endswith(REFERENCE) else KINDS.get(type, Kind.TEXT)


def meant(type: str, raw: str | None, zone: tzinfo) -> Value:
    """What a text means as a value of its type; moments are shown by the clock of `zone`.

    A text that is none of its type (it may be older than its definition) is shown as it is.
    """
    if raw is None:
        return None
    try:
        return _meant(type, raw, zone)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation):
        return raw


def _meant(type: str, raw: str, zone: tzinfo) -> Value:
    if type.startswith(LIST):
        return _listed(type.removeprefix(LIST), raw)
    if type in MEASURES:
        return _measured(json.loads(raw, parse_float=Decimal))
    match type:
        case "number_integer" | "number_decimal":
            return _number(raw)
        case "money":
            return _number(json.loads(raw)["amount"])
        case "rating":
            return _number(json.loads(raw)["value"])
        case "boolean":
            return {"true": True, "false": False}[raw]
        case "date":
            return datetime.fromisoformat(raw).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        case "date_time":
            return wall_clock(moment(raw), zone)
    return raw


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _measured(found: Mapping[str, Any]) -> str:
    return f"{_plain(Decimal(str(found['value'])))} {found['unit']}"


def _listed(type: str, raw: str) -> str | None:
    """A list as words with commas between them; as it is where a word could not be told from two."""
    items = json.loads(raw, parse_float=Decimal)
    if not isinstance(items, list):
        raise TypeError("no list")
    words = [_measured(one) if type in MEASURES else one if isinstance(one, str) else _word(one) for one in items]
    if any("," in word or word != word.strip() or not word or word.startswith("[") for word in words):
        return raw
    return ", ".join(words) or None


def _word(item: object) -> str:
    return _plain(item) if isinstance(item, Decimal) else json.dumps(item, ensure_ascii=False)


def _plain(number: Decimal) -> str:
    """A number without exponents or needless zeros."""
    found = canonical(number)
    assert isinstance(found, Decimal)
    return format(found, "f")


def written(type: str, value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    """The text that is sent for a value. `before` is the text that stands there. Raises ValueError, saying what it must be."""
    if type.startswith(LIST):
        return _list_written(type.removeprefix(LIST), value)
    writer = _WRITERS.get(type)
    if writer is None and not isinstance(value, str):
        raise ValueError("it must be text")
    return str(value) if writer is None else writer(value, before, currency, zone)


def _integer(value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    number = _counted(value)
    if number != number.to_integral_value():
        raise ValueError("it must be a whole number")
    return format(number.quantize(Decimal(1)), "f")


def _counted(value: Value) -> Decimal:
    found = canonical(value)
    if isinstance(found, Decimal) and found.is_finite():
        return found
    raise ValueError("it must be a number")


def _decimal(value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    return format(_counted(value), "f")


def _money(value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    return json.dumps({"amount": format(_counted(value), "f"), "currency_code": currency})


def _rating(value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    if before is None:
        raise ValueError("its scale is not known: give the first rating in Shopify")
    return json.dumps(json.loads(before) | {"value": format(_counted(value), "f")})


def _boolean(value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    if not isinstance(value, bool):
        raise ValueError("it must be yes or no")
    return "true" if value else "false"


def _date(value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    if not isinstance(value, datetime):
        raise ValueError("it must be a date")
    return value.date().isoformat()


def _moment(value: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    if not isinstance(value, datetime):
        raise ValueError("it must be a date and time")
    return iso(value.replace(tzinfo=zone))


def _measure(value: Value, before: str | None = None, currency: str = "", zone: tzinfo | None = None) -> str:
    found = _MEASURE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("it must be a number with its unit, such as 12.5 cm")
    return f'{{"value":{_plain(Decimal(found[1].replace(",", ".")))},"unit":{json.dumps(found[2])}}}'


_WRITERS: Mapping[str, Callable[[Value, str | None, str, tzinfo], str]] = {
    "number_integer": _integer,
    "number_decimal": _decimal,
    "money": _money,
    "rating": _rating,
    "boolean": _boolean,
    "date": _date,
    "date_time": _moment,
    **dict.fromkeys(MEASURES, _measure),
}
_BARE = frozenset({"number_integer", "number_decimal"})  # in lists these stand without quotes


def _list_written(type: str, value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError("it must be a list, with commas between its items")
    if value.lstrip().startswith("["):
        if not isinstance(_json(value), list):
            raise ValueError("it must be a list")
        return value
    words = [word.strip() for word in value.split(",") if word.strip()]
    if type in MEASURES:
        return f"[{','.join(_measure(word) for word in words)}]"
    if type in _BARE:
        return f"[{','.join(format(_number_in(word), 'f') for word in words)}]"
    return json.dumps(words, ensure_ascii=False)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("it must be a list, with commas between its items") from None


def _number_in(word: str) -> Decimal:
    try:
        return _number(word)
    except (ValueError, InvalidOperation):
        raise ValueError(f"{word[:40]!r} is no number") from None
