"""Amounts of money as Sentos writes them: "1.299,90", "29,90", "29.90" or a number. What could mean two things is refused."""

import re
from decimal import Decimal

_CURRENCY = re.compile(r"\s*(TL|TRY|₺)\s*", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(\.\d{3})+,\d+|\d{1,3}(,\d{3})+\.\d+|\d{1,3}(\.\d{3}){2,}")
_COMMA = re.compile(r"\d+,\d+")
_DOT = re.compile(r"\d+\.\d+")
_WHOLE = re.compile(r"\d+")


class UnclearAmount(ValueError):
    """A text that is no amount of money, or could be two different ones. `str()` says why."""


def amount_in(value: object) -> Decimal:
    """The amount that a value of an answer means, exact, in whole kuruş. Raises UnclearAmount.

    Both separators: the last one is the decimal one. One separator: decimal, unless three digits stand behind it, which could be
    1299 as well as 1.299: refused.
    """
    found = _read(value)
    if found != found.quantize(Decimal("0.01")):
        raise UnclearAmount(f"{value!r} could be an amount with more than two decimals or one of thousands")
    return found


def _read(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise UnclearAmount(f"{value!r} is no amount of money")
    if not isinstance(value, str):
        if not Decimal(value).is_finite() or not 0 <= value < 10**12:
            raise UnclearAmount(f"{value} is no amount of money")
        return Decimal(value)
    text = _CURRENCY.sub("", value.replace("\u00a0", " ")).strip()
    if len(text) > 20:
        raise UnclearAmount(f"{value[:40]!r} is no amount of money")
    if _GROUPED.fullmatch(text):
        return _grouped(text)
    mark = "." if _DOT.fullmatch(text) else ","
    if len(text.partition(mark)[2]) == 3:
        raise UnclearAmount(f"{value!r} could be {text.replace(mark, '')} as well as {text}")
    if _COMMA.fullmatch(text) or _DOT.fullmatch(text) or _WHOLE.fullmatch(text):
        return Decimal(text.replace(",", "."))
    raise UnclearAmount(f"{value!r} is no amount of money")


def _grouped(text: str) -> Decimal:
    """Text with groups of thousands: the last separator is the decimal one, unless there is only one kind."""
    if "," not in text:
        return Decimal(text.replace(".", ""))
    decimal = max(".,", key=text.rfind)
    other = "." if decimal == "," else ","
    return Decimal(text.replace(other, "").replace(decimal, "."))
