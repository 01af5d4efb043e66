"""Values as a database gives and takes them, and as records hold them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncdb.values import Kind, Value, wall_clock


@dataclass(frozen=True, slots=True)
class Codec:
    """The values of some fields. `zone` is the shop's: moments of records are what a clock on its wall shows. `digits` are how
    many decimals of a field count: the rest is rounded.
    """

    kinds: Mapping[str, Kind]
    zone: tzinfo
    digits: Mapping[str, int] = field(default_factory=dict)

    def read(self, field: str, stored: Any) -> Value:
        """What a column's value means. What is no value of its kind comes as text."""
        if stored is None:
            return None
        value = READERS[self.kinds[field]](stored, self.zone)
        return _rounded(value, self.digits[field]) if field in self.digits else value

    def written(self, field: str, value: Value) -> Any:
        """What to store. An empty text is stored as nothing."""
        if isinstance(value, datetime) and self.kinds[field] is Kind.MOMENT and value.tzinfo is None:
            return value.replace(tzinfo=self.zone)
        return None if value == "" else value


def _rounded(value: Value, digits: int) -> Value:
    most = Decimal(1).scaleb(-digits)
    return value.quantize(most, ROUND_HALF_UP) if isinstance(value, Decimal) and value % most else value


def _text(stored: Any, zone: tzinfo) -> Value:
    if isinstance(stored, str):
        return stored
    if isinstance(stored, list) and all(isinstance(part, str) for part in stored):
        return ", ".join(stored)
    return json.dumps(stored, ensure_ascii=False, sort_keys=True) if isinstance(stored, list | dict) else str(stored)


def _count(stored: Any, zone: tzinfo) -> Value:
    number = _number(stored, zone)
    return int(number) if isinstance(number, Decimal) and number == number.to_integral_value() else number


def _number(stored: Any, zone: tzinfo) -> Value:
    if isinstance(stored, bool) or not isinstance(stored, int | float | Decimal):
        return str(stored)
    number = Decimal(repr(stored)) if isinstance(stored, float) else Decimal(stored)
    return number if number.is_finite() else str(stored)


def _moment(stored: Any, zone: tzinfo) -> Value:
    if isinstance(stored, datetime):
        return stored.replace(microsecond=0) if stored.tzinfo is None else wall_clock(stored, zone)
    return datetime(stored.year, stored.month, stored.day) if isinstance(stored, date) else str(stored)


def _flag(stored: Any, zone: tzinfo) -> Value:
    return stored if isinstance(stored, bool) else str(stored)


READERS: Mapping[Kind, Callable[[Any, tzinfo], Value]] = {
    Kind.TEXT: _text,
    Kind.IDENTIFIER: _text,
    Kind.COUNT: _count,
    Kind.MONEY: _number,
    Kind.MOMENT: _moment,
    Kind.FLAG: _flag,
}
