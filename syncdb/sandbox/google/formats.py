"""Values as a person sees them: number formats, dates and plain numbers (en_US)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

EPOCH = datetime(1899, 12, 30)  # documented: serial numbers count days since then
DEFAULT_PATTERNS = {
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "NUMBER": "#,##0.00",
    "SCIENTIFIC": "0.00E+00",
}
_DATE_PARTS = re.compile(r'"[^"]*"|\\.|y+|m+|d+|h+|s+|\.0+|am/pm|a/p|.', re.IGNORECASE)
_NUMBER = re.compile(r"[#0,]*[#0](?:\.[#0]+)?|\.[#0]+")


def formatted(value: Any, format_: dict[str, Any] | None) -> str:
    """The text shown for an effective value under a cell's userEnteredFormat."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    number_format = (format_ or {}).get("numberFormat") or {}
    kind = number_format.get("type", "")
    pattern = number_format.get("pattern") or DEFAULT_PATTERNS.get(kind, "")
    if kind in ("DATE", "TIME", "DATE_TIME"):
        return _moment(float(value), pattern)
    return _patterned(float(value), pattern) if pattern and kind != "TEXT" else plain(value)


def plain(value: float) -> str:
    """A number without a format, at most 15 digits."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.15g}"
    return text.replace("e+", "E+").replace("e-", "E-")


def is_moment(format_: dict[str, Any] | None) -> bool:
    return ((format_ or {}).get("numberFormat") or {}).get("type") in ("DATE", "TIME", "DATE_TIME")


def serial(moment: datetime) -> float | int:
    days = (moment - EPOCH) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def _moment(number: float, pattern: str) -> str:
    moment = EPOCH + timedelta(seconds=round(number * 86400))
    parts = _DATE_PARTS.findall(pattern)
    half = any(part.lower() in ("am/pm", "a/p") for part in parts)
    return "".join(_date_part(part, parts, i, moment, half) for i, part in enumerate(parts))


def _date_part(part: str, parts: list[str], i: int, moment: datetime, half: bool) -> str:
    low = part.lower()
    if part[0] in '"\\':
        return part.strip('"').removeprefix("\\")
    if low[0] == "m" and low.strip("m") == "" and _is_minute(parts, i):
        return f"{moment.minute:0{len(part)}d}"
    hour = (moment.hour % 12 or 12) if half else moment.hour
    match low[0], len(low):
        case "y", size:
            return f"{moment.year % 100:02d}" if size <= 2 else f"{moment.year:04d}"
        case "m", size if low.strip("m") == "":
            return [f"{moment.month}", f"{moment.month:02d}", moment.strftime("%b"), moment.strftime("%B")][min(size, 4) - 1]
        case "d", size:
            return [f"{moment.day}", f"{moment.day:02d}", moment.strftime("%a"), moment.strftime("%A")][min(size, 4) - 1]
        case "h", size:
            return f"{hour:0{size}d}"
        case "s", size:
            return f"{moment.second:0{size}d}"
        case "a", _ if low in ("am/pm", "a/p"):
            return ("AM" if moment.hour < 12 else "PM")[: 1 if low == "a/p" else 2]
    return part


def _is_minute(parts: list[str], i: int) -> bool:
    """An m means minutes right after hours or right before seconds."""
    letters = [(j, p.lower()[0]) for j, p in enumerate(parts) if p.lower()[0] in "ymdhs"]
    at = next(k for k, (j, _) in enumerate(letters) if j == i)
    before = letters[at - 1][1] if at else ""
    after = letters[at + 1][1] if at + 1 < len(letters) else ""
    return before == "h" or after == "s"


def _patterned(number: float, pattern: str) -> str:
    sections = pattern.split(";")
    if number < 0 and len(sections) > 1:
        return _section(-number, sections[1])
    text = _section(abs(number), sections[0])
    return "-" + text if number < 0 else text


def _section(number: float, pattern: str) -> str:
    match = _NUMBER.search(re.sub(r'"[^"]*"', lambda quoted: "\x00" * len(quoted[0]), pattern))
    if match is None:
        return _literal(pattern)
    before, digits, after = pattern[: match.start()], match[0], pattern[match.end() :]
    if "%" in before + after:
        number *= 100
    whole, _, fraction = digits.partition(".")
    text = f"{number:{',' if ',' in whole else ''}.{len(fraction)}f}"
    optional = len(fraction) - len(fraction.rstrip("#"))
    if optional and "." in text:
        kept = text[: len(text) - optional]
        text = (kept + text[len(text) - optional :].rstrip("0")).removesuffix(".")
    return _literal(before) + text.zfill(whole.count("0")) + _literal(after)


def _literal(text: str) -> str:
    return re.sub(r"\[\$([^\]\-]*)[^\]]*\]", r"\1", text).replace('"', "").replace("\\", "")
