"""What Sheets makes of text typed into a cell or sent as USER_ENTERED (en_US; a modest part of it)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from syncdb.sandbox.google.cells import Entered, Formula, checked_text, small_number
from syncdb.sandbox.google.formats import serial

_NUMBER = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$")
_GROUPED = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$")
_MONEY = re.compile(r"^([+-]?)\$\s?([+-]?[\d,]+(?:\.\d*)?)$")
_PERCENT = re.compile(r"^([+-]?[\d,]+(?:\.\d*)?)\s?%$")
_DATES = (
    ("%Y-%m-%d", "DATE", "yyyy-mm-dd"),
    ("%m/%d/%Y", "DATE", "m/d/yyyy"),
    ("%Y-%m-%d %H:%M:%S", "DATE_TIME", "yyyy-mm-dd hh:mm:ss"),
    ("%Y-%m-%d %H:%M", "DATE_TIME", "yyyy-mm-dd hh:mm"),
    ("%m/%d/%Y %H:%M:%S", "DATE_TIME", "m/d/yyyy h:mm:ss"),
    ("%Y/%m/%d", "DATE", "yyyy/mm/dd"),
)
Format = dict[str, Any] | None


def typed(raw: Any) -> tuple[Entered, Format]:
    """The value entered, and the number format that the way of writing it brings along (None: keep the cell's)."""
    if not isinstance(raw, str):
        return raw_value(raw), None
    text = checked_text(raw)
    if text.startswith("'"):
        return text[1:], None
    if text.startswith("=") and len(text) > 1:
        return Formula(text), None
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE", None
    return _number(text.strip()) or _date(text.strip()) or (text, None)


def raw_value(raw: Any) -> Entered:
    """A value as sent with RAW: text stays text, numbers and booleans are themselves either way (documented)."""
    if isinstance(raw, str):
        return checked_text(raw)
    if isinstance(raw, bool) or raw is None:
        return raw
    return small_number(float(raw))


def _number(text: str) -> tuple[Entered, Format] | None:
    if _NUMBER.match(text):
        return small_number(float(text)), None
    if _GROUPED.match(text):
        return _formatted(text, "NUMBER", "#,##0.00" if "." in text else "#,##0")
    if money := _MONEY.match(text):
        return _formatted(money[1] + money[2], "CURRENCY", '"$"#,##0.00' if "." in text else '"$"#,##0')
    if percent := _PERCENT.match(text):
        value = float(percent[1].replace(",", "")) / 100
        return small_number(value), _number_format("PERCENT", "0.00%" if "." in text else "0%")
    return None


def _formatted(text: str, kind: str, pattern: str) -> tuple[Entered, Format]:
    return small_number(float(text.replace(",", ""))), _number_format(kind, pattern)


def _number_format(kind: str, pattern: str) -> dict[str, Any]:
    return {"numberFormat": {"type": kind, "pattern": pattern}}


def _date(text: str) -> tuple[Entered, Format] | None:
    if not text[:1].isdigit() or len(text) < 8:
        return None
    for style, kind, pattern in _DATES:
        try:
            moment = datetime.strptime(text, style)
        except ValueError:
            continue
        return serial(moment), _number_format(kind, pattern)
    return None
