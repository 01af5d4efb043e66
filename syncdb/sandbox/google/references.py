"""References inside formula texts: adjusted when rows or columns move, translated when a formula is copied."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from syncdb.sandbox.google.a1 import Area, column_index, column_letters
from syncdb.sandbox.google.shifts import Shift

_TEXTS = re.compile(r'("(?:[^"]|"")*")')
REFERENCE = re.compile(
    r"(?<![A-Za-z0-9_$.!'])"
    r"(?P<sheet>(?:'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*)!)?"
    r"(?:(?P<a>\$?[A-Za-z]{1,3}\$?[0-9]+)(?::(?:(?P<b>\$?[A-Za-z]{1,3}\$?[0-9]+)|(?P<open>\$?[A-Za-z]{1,3})))?"
    r"|(?P<left>\$?[A-Za-z]{1,3}):(?P<right>\$?[A-Za-z]{1,3})"
    r"|(?P<top>\$?[0-9]+):(?P<bottom>\$?[0-9]+))"
    r"(?![A-Za-z0-9_(!])"
)
_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]+)")


def _outside_texts(formula: str, change: Callable[[re.Match[str]], str]) -> str:
    parts = _TEXTS.split(formula)
    return "".join(part if i % 2 else REFERENCE.sub(change, part) for i, part in enumerate(parts))


def sheet_title(match: re.Match[str]) -> str | None:
    name = match["sheet"]
    return name[:-1].strip("'").replace("''", "'") if name else None


def area_of_match(match: re.Match[str], sheet_id: int) -> Area:
    """The area a reference covers."""
    if match["open"]:  # from a cell down to the end of the grid
        _, left, _, top = _parts(match["a"])
        first, last = sorted((column_index(left), column_index(match["open"].strip("$"))))
        return Area(sheet_id, int(top) - 1, None, first, last + 1)
    if match["a"]:
        _, left, _, top = _parts(match["a"])
        _, right, _, bottom = _parts(match["b"] or match["a"])
        rows, columns = sorted((int(top), int(bottom))), sorted((column_index(left), column_index(right)))
        return Area(sheet_id, rows[0] - 1, rows[1], columns[0], columns[1] + 1)
    if match["left"]:
        columns = sorted(column_index(side.strip("$")) for side in (match["left"], match["right"]))
        return Area(sheet_id, c0=columns[0], c1=columns[1] + 1)
    rows = sorted(int(side.strip("$")) for side in (match["top"], match["bottom"]))
    return Area(sheet_id, rows[0] - 1, rows[1])


def _parts(cell: str) -> tuple[str, str, str, str]:
    match = _CELL.fullmatch(cell)
    assert match
    return match[1], match[2], match[3], match[4]


def shifted(formula: str, home: int, titles: dict[str, int], shift: Shift) -> str:
    """The formula of a cell on tab `home` after a structural change; what was deleted becomes #REF!."""

    def change(match: re.Match[str]) -> str:
        title = sheet_title(match)
        target = home if title is None else titles.get(title)
        if target != shift.sheet_id:
            return match[0]
        area = shift.area(area_of_match(match, target))
        return (match["sheet"] or "") + ("#REF!" if area is None else _rewritten(match, area))

    return _outside_texts(formula, change)


def translated(formula: str, rows: int, columns: int) -> str:
    """The formula as copied so many rows down and columns right: relative parts move, $ parts stay."""

    def change(match: re.Match[str]) -> str:
        if match["open"]:
            first = _moved_cell(match["a"], rows, columns)
            column = match["open"] if match["open"].startswith("$") else _moved_column(match["open"], columns)
            return (match["sheet"] or "") + (f"{first}:{column}" if first and column else "#REF!")
        if match["a"]:
            corners = [_moved_cell(cell, rows, columns) for cell in (match["a"], match["b"]) if cell]
            return (match["sheet"] or "") + (":".join(corners) if all(corners) else "#REF!")
        return match[0]

    return _outside_texts(formula, change)


def _moved_cell(cell: str, rows: int, columns: int) -> str:
    fixed_column, letters, fixed_row, number = _parts(cell)
    column = column_index(letters) + (0 if fixed_column else columns)
    row = int(number) + (0 if fixed_row else rows)
    return f"{fixed_column}{column_letters(column)}{fixed_row}{row}" if column >= 0 and row > 0 else ""


def _moved_column(letters: str, columns: int) -> str:
    column = column_index(letters) + columns
    return column_letters(column) if column >= 0 else ""


def _rewritten(match: re.Match[str], area: Area) -> str:
    if match["open"]:
        assert area.c1 is not None
        mark = "$" if match["open"].startswith("$") else ""
        return f"{_at(match['a'], area.r0, area.c0)}:{mark}{column_letters(area.c1 - 1)}"
    if match["a"]:
        assert area.r1 is not None and area.c1 is not None
        first = _at(match["a"], area.r0, area.c0)
        return first if not match["b"] else f"{first}:{_at(match['b'], area.r1 - 1, area.c1 - 1)}"
    sides = ("left", "right") if match["left"] else ("top", "bottom")
    marks = ["$" if match[side].startswith("$") else "" for side in sides]
    if match["left"]:
        assert area.c1 is not None
        return f"{marks[0]}{column_letters(area.c0)}:{marks[1]}{column_letters(area.c1 - 1)}"
    return f"{marks[0]}{area.r0 + 1}:{marks[1]}{area.r1}"


def _at(cell: str, row: int, column: int) -> str:
    fixed_column, _, fixed_row, _ = _parts(cell)
    return f"{fixed_column}{column_letters(column)}{fixed_row}{row + 1}"


def moved_area(area: Area, rows: int, columns: int) -> Area:
    """An area set off by so many rows and columns."""
    r1 = None if area.r1 is None else area.r1 + rows
    c1 = None if area.c1 is None else area.c1 + columns
    return replace(area, r0=area.r0 + rows, r1=r1, c0=area.c0 + columns, c1=c1)
