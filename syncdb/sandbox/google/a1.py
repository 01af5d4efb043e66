"""A1 notation and half-open areas of a grid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_PLAIN_TITLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_LOOKS_LIKE_CELL = re.compile(r"^[A-Za-z]{1,3}\d+$|^[Rr]\d*[Cc]\d*$")
_SPAN = re.compile(r"^\$?([A-Za-z]{0,3})\$?(\d*)(?::\$?([A-Za-z]{0,3})\$?(\d*))?$")


@dataclass(frozen=True, slots=True)
class Area:
    """Rows r0..r1 and columns c0..c1 of one tab, zero-based and half-open; r1 or c1 None: to the edge."""

    sheet_id: int
    r0: int = 0
    r1: int | None = None
    c0: int = 0
    c1: int | None = None

    def within(self, rows: int, columns: int) -> Area:
        """The same area with its open sides closed and cut to a grid of so many rows and columns."""
        r1 = rows if self.r1 is None else min(self.r1, rows)
        c1 = columns if self.c1 is None else min(self.c1, columns)
        return Area(self.sheet_id, self.r0, r1, self.c0, c1)

    def touches(self, other: Area) -> bool:
        if self.sheet_id != other.sheet_id:
            return False
        return _overlap(self.r0, self.r1, other.r0, other.r1) and _overlap(self.c0, self.c1, other.c0, other.c1)

    def wire(self) -> dict[str, int]:
        """As a GridRange. A sheet id of 0 is left out of it (observed)."""
        pairs = {
            "startRowIndex": self.r0,
            "endRowIndex": self.r1,
            "startColumnIndex": self.c0,
            "endColumnIndex": self.c1,
        }
        bounded_rows, bounded_columns = self.r1 is not None or self.r0, self.c1 is not None or self.c0
        kept = {k: v for k, v in pairs.items() if v is not None and (bounded_rows if "Row" in k else bounded_columns)}
        return ({"sheetId": self.sheet_id} if self.sheet_id else {}) | kept


def _overlap(a0: int, a1: int | None, b0: int, b1: int | None) -> bool:
    return (b1 is None or a0 < b1) and (a1 is None or b0 < a1)


def area_of(wire: dict[str, Any]) -> Area:
    """An area from a GridRange; a missing sheetId means the tab with id 0."""
    return Area(
        wire.get("sheetId") or 0,
        wire.get("startRowIndex") or 0,
        wire.get("endRowIndex"),
        wire.get("startColumnIndex") or 0,
        wire.get("endColumnIndex"),
    )


def column_letters(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quoted(title: str) -> str:
    """A tab title as it stands in A1 notation: quoted where it is more than a plain word."""
    if _PLAIN_TITLE.match(title) and not _LOOKS_LIKE_CELL.match(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def span_name(area: Area) -> str:
    """The part after the exclamation mark, e.g. A1:B2 or just A1."""
    assert area.r1 is not None and area.c1 is not None
    first = f"{column_letters(area.c0)}{area.r0 + 1}"
    last = f"{column_letters(area.c1 - 1)}{area.r1}"
    return first if first == last else f"{first}:{last}"


def split(text: str) -> tuple[str | None, str]:
    """Tab title (None: not named) and the rest of a range as people write it."""
    if text.startswith("'"):
        end = _closing_quote(text)
        title, rest = text[1:end].replace("''", "'"), text[end + 1 :]
        return title, rest.removeprefix("!")
    title, mark, rest = text.rpartition("!")
    return (title, rest) if mark else (None, text)


def _closing_quote(text: str) -> int:
    at = 1
    while at < len(text):
        if text[at] == "'" and text[at + 1 : at + 2] != "'":
            return at
        at += 2 if text[at] == "'" else 1
    return len(text)


def span(sheet_id: int, text: str) -> Area | None:
    """The area of `A1:B2`, `A:A`, `2:3`, `B7`, `A2:C`; None where the text is no such thing."""
    match = _SPAN.match(text)
    if not match or not text:
        return None
    left, top, right, bottom = match.groups()
    if right is None:
        if not (left and top):
            return None
        right, bottom = left, top
    return _ordered(sheet_id, left, top, right, bottom)


def _ordered(sheet_id: int, left: str, top: str, right: str, bottom: str) -> Area | None:
    if not (left or top) or not (right or bottom):
        return None
    rows = sorted(int(row) for row in (top, bottom) if row)
    columns = sorted(column_index(column) for column in (left, right) if column)
    if rows and rows[0] < 1:
        return None
    r1 = rows[-1] if bottom or (top and not right and len(rows) == 2) else None
    c1 = columns[-1] + 1 if right else None
    return Area(sheet_id, rows[0] - 1 if rows else 0, r1, columns[0] if columns else 0, c1)
