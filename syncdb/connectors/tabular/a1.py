"""Where a cell is: A1 names from zero-based row and column numbers, and back."""

import re

_CELL = re.compile(r"\$?([A-Za-z]*)\$?([0-9]*)")


def letters(column: int) -> str:
    """The letters of a zero-based column: 0 is A, 25 is Z, 26 is AA."""
    text = ""
    rest = column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def column_of(text: str) -> int:
    """The zero-based column of its letters; the inverse of `letters`."""
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def cell(row: int, column: int) -> str:
    """The A1 name of a cell."""
    return f"{letters(column)}{row + 1}"


def span(title: str, rows: tuple[int, int], columns: tuple[int, int] | None = None) -> str:
    """The A1 range of a tab from the first of each pair up to, not including, the second; whole rows without `columns`."""
    quoted = "'" + title.replace("'", "''") + "'"
    if columns is None:
        return f"{quoted}!{rows[0] + 1}:{rows[1]}"
    return f"{quoted}!{cell(rows[0], columns[0])}:{cell(rows[1] - 1, columns[1] - 1)}"


def start(a1: str) -> tuple[int, int]:
    """The zero-based row and column where an A1 range begins, with or without its tab; an open side begins at 0."""
    corner = a1.rsplit("!", 1)[-1].split(":", 1)[0]
    found = _CELL.fullmatch(corner)
    if found is None:
        raise ValueError(f"{a1!r} is not a range in A1 notation")
    column, row = found.groups()
    return (int(row) - 1 if row else 0), (column_of(column) if column else 0)


def runs(numbers: list[int], gap: int = 0) -> list[tuple[int, int]]:
    """Sorted numbers as half-open stretches; stretches with at most `gap` missing numbers between them become one."""
    stretches: list[tuple[int, int]] = []
    for number in numbers:
        if stretches and number <= stretches[-1][1] + gap:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], number + 1))
        else:
            stretches.append((number, number + 1))
    return stretches
