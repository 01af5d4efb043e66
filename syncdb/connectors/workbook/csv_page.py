"""A CSV file: every cell is text, understood by the kind of its field.

Text that Excel would take for a formula has an apostrophe before it; a file with semicolons has commas in its numbers, as Excel
writes it where people do.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from syncdb.connectors.tabular.entries import Entry, Formula
from syncdb.errors import NeedsPerson
from syncdb.values import Kind, from_serial, to_serial

NUMBERS = (Kind.COUNT, Kind.MONEY, Kind.NUMBER)
RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
_SPOILT = re.compile(r"[0-9][.,]?[0-9]*E\+?[0-9]+", re.IGNORECASE)


@dataclass(slots=True)
class CsvPage:
    """The lines of a file, with how it is written."""

    lines: list[list[str]]
    delimiter: str = ","
    line_end: str = "\r\n"
    most_rows: int = 10_000_000

    @property
    def rows(self) -> int:
        return len(self.lines)

    def width(self, row: int) -> int:
        return len(self.lines[row]) if row < len(self.lines) else 0

    def at(self, row: int, column: int, kind: Kind | None = None) -> Entry:
        text = self.lines[row][column] if column < self.width(row) else ""
        return _understood(text, kind) if text else None

    def put(self, row: int, column: int, entry: Entry, kind: Kind) -> None:
        while len(self.lines) <= row:
            self.lines.append([])
        line = self.lines[row]
        line += [""] * (column + 1 - len(line))
        line[column] = self._written(entry, kind)

    def head(self, row: int, column: int, text: str, kind: Kind) -> None:
        self.put(row, column, text, Kind.TEXT)

    def retitle(self, row: int, column: int, text: str) -> None:
        self.put(row, column, text, Kind.TEXT)

    def grown(self, header_row: int, rows: int) -> None:
        """Nothing in such a file reaches over several rows."""

    def content(self) -> bytes:
        """The file."""
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=self.delimiter, lineterminator=self.line_end).writerows(self.lines)
        return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8")

    def _written(self, entry: Entry, kind: Kind) -> str:
        if entry is None:
            return ""
        if isinstance(entry, bool):
            return "TRUE" if entry else "FALSE"
        if isinstance(entry, Formula):
            return entry.text
        if isinstance(entry, str):
            return f"'{entry}" if entry.startswith(RISKY) else entry
        if kind in (Kind.MOMENT, Kind.DATE):
            return _clock(from_serial(entry))
        plain = format(Decimal(repr(entry)), "f")
        return plain.replace(".", ",") if self.delimiter == ";" else plain


def read_csv(content: bytes, name: str) -> CsvPage:
    """The page of a file. Raises NeedsPerson for one that is not UTF-8 text or no CSV."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NeedsPerson(
            f"{name} is not UTF-8 text: a program saved it in another way, and letters may be lost. Nothing was written.",
            next_step='Save it as "CSV UTF-8", or put the version before it back (its name ends with .previous.csv).',
        ) from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as why:
        raise NeedsPerson(f"{name} is no CSV ({why}). Nothing was written.", next_step="Correct or remove it.") from None
    while lines and not any(lines[-1]):
        lines.pop()
    return CsvPage(lines, delimiter, "\n" if "\n" in text and "\r\n" not in text else "\r\n")


def spoilt(key: str) -> bool:
    """Whether a key was rounded by a program that took it for a number (1,23E+13)."""
    return bool(_SPOILT.fullmatch(key))


def _understood(text: str, kind: Kind | None) -> Entry:
    if kind in NUMBERS and _NUMBER.fullmatch(text):
        plain = text.replace(",", ".")
        return float(plain) if "." in plain else int(plain)
    if kind is Kind.FLAG and text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    if kind in (Kind.MOMENT, Kind.DATE):
        try:
            return to_serial(datetime.fromisoformat(text))
        except ValueError:
            return text
    return text[1:] if text[:1] == "'" and text[1:].startswith(RISKY) else text


def _clock(clock: datetime) -> str:
    return clock.strftime("%Y-%m-%d" if (clock.hour, clock.minute, clock.second) == (0, 0, 0) else "%Y-%m-%d %H:%M:%S")
