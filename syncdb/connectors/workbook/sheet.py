"""The tab with what it shows right now: its columns, and which row holds which key. Read anew before each write."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import syncdb.connectors.tabular.headers as headers
from syncdb.connectors.tabular.entries import Entry, key_in
from syncdb.connectors.tabular.lost_keys import KeylessRows
from syncdb.connectors.tabular.records import Index, found_in, index_of, snapshot_of
from syncdb.connectors.workbook.binding import FileBinding
from syncdb.connectors.workbook.book import Book, open_book
from syncdb.connectors.workbook.csv_page import spoilt
from syncdb.connectors.workbook.page import Page, header_line
from syncdb.connectors.workbook.place import Place, Seen
from syncdb.errors import NeedsPerson
from syncdb.model import Field, Found, Snapshot
from syncdb.values import Kind

BEFORE = "the version before the last run that changed it"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the configuration asks for. `take_over`: past another ledger's mark and a vanished file or tab."""

    path: Path
    tab: str
    fields: tuple[Field, ...]
    key: str
    ledger_id: str
    take_over: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {field.name: field.label for field in self.fields}

    @property
    def kinds(self) -> dict[str, Kind]:
        return {field.name: field.kind for field in self.fields}


@dataclass(slots=True)
class Sheet:
    """A tab as it was read. `standing` None: no header of ours is there; `claimed`: it says that this ledger keeps it."""

    wish: Wish
    seen: Seen
    book: Book
    standing: headers.Standing | None
    claimed: bool
    _index: Index | None = field(default=None, init=False)
    _keyless: KeylessRows | None = field(default=None, init=False)

    @property
    def whole(self) -> bool:
        """Whether nothing has to be made."""
        found = self.standing
        return found is not None and self.claimed and not found.renamed and not found.lacking(self.wish.headers)

    @property
    def page(self) -> Page:
        page = self.book.page
        assert page is not None
        return page

    @property
    def columns(self) -> Mapping[str, int]:
        return self.standing.columns if self.standing else {}

    def make(self) -> None:
        """What is lacking of the tab and its columns."""
        page, found, kinds = self.book.make(), self.standing, self.wish.kinds
        row = found.header_row if found else 0
        columns = dict(found.columns) if found else {}
        for name, column in (found.renamed if found else {}).items():
            page.retitle(row, column, self.wish.headers[name])
        edge = max((page.width(number) for number in range(min(page.rows, headers.HEAD_ROWS))), default=0)
        for number, name in enumerate(name for name in self.wish.headers if name not in columns):
            page.head(row, edge + number, self.wish.headers[name], kinds[name])
        if not self.claimed:
            self.book.claim(self.wish.ledger_id)

    def index(self) -> Index:
        """Which row holds which key. Raises NeedsPerson where a program took keys for numbers and rounded them."""
        if self._index is None and self.standing is None:
            self._index = index_of((), 0)
        elif self._index is None:
            assert self.standing is not None
            column, first = self.columns[self.wish.key], self.standing.header_row
            shown = [(row, self.page.at(row, column)) for row in range(first + 1, self.page.rows)]
            if (bad := next((row for row, entry in shown if _rounded(entry)), None)) is not None:
                raise _spoilt_keys(self.wish, bad)
            self._index = index_of(shown, first)
        return self._index

    def keyless(self) -> KeylessRows:
        """The rows of which somebody emptied the key."""
        if self._keyless is None:
            key, rows = self.wish.key, range(self.standing.header_row + 1 if self.standing else 0, self.page.rows)
            lines = {row: self.line(row) for row in rows if self.page.at(row, self.columns[key]) is None}
            self._keyless = KeylessRows(lines, key, self.wish.kinds)
        return self._keyless

    def line(self, row: int) -> dict[str, Entry]:
        """The managed cells of a row: field -> entry."""
        kinds = self.wish.kinds
        return {name: self.page.at(row, column, kinds[name]) for name, column in self.columns.items() if name in kinds}

    def found(self, row: int) -> Found | None:
        """The record of a row."""
        return found_in(self.line(row), row, self.wish.fields, self.wish.key, exact=True)

    def snapshot(self, keys: Iterable[str] | None = None) -> Snapshot:
        """The records of these keys, or all."""
        index = self.index()
        wanted = list(index.rows) if keys is None else list(dict.fromkeys(keys))
        found = (self.found(index.rows[key]) for key in wanted if key in index.rows)
        return snapshot_of((one for one in found if one is not None), index, True, None if keys is None else wanted)


def read_sheet(place: Place, wish: Wish, binding: FileBinding | None) -> Sheet:
    """The tab as it stands. Raises NeedsPerson where something that was made before is gone or damaged, or it is not ours."""
    seen = place.read()
    book = open_book(place.path, seen, wish.tab)
    marks = (mark.rpartition(":") for mark in book.keepers())
    keepers = [ledger for ledger, _, tab in marks if tab.casefold() == wish.tab.casefold()]
    if strangers := [ledger for ledger in keepers if ledger != wish.ledger_id and not wish.take_over]:
        raise NeedsPerson(
            f'The tab "{wish.tab}" of {place.name} is kept by another ledger ({strangers[0]}). Two would write over each other; '
            "nothing was written.",
            next_step="Run syncdb on one computer only, or name another file in workbook. If the other one no longer runs, take "
            "the tab over with --force.",
        )
    # the folder may be another one: the ledger and the file were moved there together
    known = binding.headers if binding and (Path(binding.path).name, binding.tab) == (wish.path.name, wish.tab) else {}
    claimed = wish.ledger_id in keepers or place.path.suffix.lower() == ".csv"
    if book.page is None:
        if known and not wish.take_over:
            raise _gone(place, wish, seen, _renamed(book, known.values()))
        return Sheet(wish, seen, book, None, False)
    return Sheet(wish, seen, book, _standing(book.page, place, wish, known), claimed)


def _standing(page: Page, place: Place, wish: Wish, known: Mapping[str, str]) -> headers.Standing | None:
    words = headers.TabWords(wish.tab, f" of {place.name}", "workbook_columns")
    names = {wish.headers[wish.key], known.get(wish.key, wish.headers[wish.key])}
    if place.previous.exists():
        words = replace(words, bring_back=f"Put {place.previous.name}, {BEFORE}, in its place.")
    if known and not any(headers.find_header_row(_head(page), name) is not None for name in names):
        below = ((row, header_line(page, row)) for row in range(headers.HEAD_ROWS, page.rows))
        headers.refuse_low_header(below, names, words)
    found = headers.standing_headers(_head(page), wish.headers, known, wish.key, words)
    if found is None and page.rows:
        raise NeedsPerson(
            f'The tab "{wish.tab}" of {place.name} is in use already and has no header "{wish.headers[wish.key]}" in its first '
            f"{headers.HEAD_ROWS} rows. Nothing was written.",
            next_step="Name another tab in workbook_tab (it is made if it does not exist), or empty this one.",
        )
    return found


def _head(page: Page) -> list[list[Entry]]:
    return [header_line(page, row) for row in range(min(page.rows, headers.HEAD_ROWS))]


def _renamed(book: Book, known: Collection[str]) -> str | None:
    """The only other tab that has our headers, as ours was renamed most likely."""
    rows = ((title, {headers.header_text(entry) for entry in row}) for title, page in book.others() for row in _head(page))
    found = {title for title, shown in rows if shown >= {*known}}
    return found.pop() if len(found) == 1 else None


def _gone(place: Place, wish: Wish, seen: Seen, renamed: str | None) -> NeedsPerson:
    what = place.name if seen.content is None else f'The tab "{wish.tab}" of {place.name}'
    if renamed is not None:
        return NeedsPerson(
            f'{what} is gone; the tab "{renamed}" has our headers: it was renamed, most likely. Nothing was written.',
            next_step=f'Rename it back to "{wish.tab}", or name it: "workbook_tab": "{renamed}".',
        )
    kept = f" {place.previous.name} beside it is {BEFORE}." if place.previous.exists() else ""
    return NeedsPerson(
        f"{what} is gone. Nothing was written.",
        next_step=f"Bring it back.{kept} To have it made anew and filled from the ledger, run once with --force.",
    )


def _rounded(entry: Entry) -> bool:
    """Whether a program took a key for a number and lost digits of it; a number that is exact still reads as its key."""
    if isinstance(entry, str):
        return spoilt(entry)
    return isinstance(entry, float | int) and not (key_in(entry) or "").isdecimal() and not isinstance(entry, bool)


def _spoilt_keys(wish: Wish, row: int) -> NeedsPerson:
    header, name = wish.headers[wish.key], wish.path.name
    text = wish.path.suffix.lower() != ".csv"
    prevent = f'leave "{header}" as text' if text else "use a workbook (.xlsx): it knows text from numbers"
    return NeedsPerson(
        f'In row {row + 1} of {name}, "{header}" is a rounded number: a program took the keys for numbers and saved the file. '
        "Which row is which cannot be told any more. Nothing was written.",
        next_step=f"Put the version before it back ({wish.path.stem}.previous{wish.path.suffix}), or delete the file and run "
        f"once with --force. To keep that from happening, {prevent}.",
    )
