"""The file as a whole, whatever its format: the tab in it, making that, and whose it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import syncdb.connectors.workbook.xlsx as xlsx
from syncdb.connectors.workbook.csv_page import CsvPage, read_csv
from syncdb.connectors.workbook.package import Package
from syncdb.connectors.workbook.page import Page
from syncdb.connectors.workbook.place import Seen
from syncdb.connectors.workbook.xlsx_page import XlsxPage

WORKBOOKS = (".xlsx", ".xlsm")
CSV = ".csv"


class Book(Protocol):
    """The file in memory. Nothing is written before its `content` is put in its place."""

    @property
    def page(self) -> Page | None:
        """The tab; None where it must be made."""

    def others(self) -> list[tuple[str, Page]]:
        """The other tabs, by their titles."""

    def make(self) -> Page:
        """The tab, made."""

    def keepers(self) -> list[str]:
        """Which ledgers say that they keep a tab, as `LEDGER:TAB`; none where the format has no place for it."""

    def claim(self, ledger: str) -> None:
        """Note that this ledger keeps the tab."""

    def content(self) -> bytes:
        """The file."""


@dataclass(slots=True)
class XlsxBook:
    """A workbook; `package` None where there is no file yet."""

    package: Package | None
    title: str
    page: XlsxPage | None = None

    def __post_init__(self) -> None:
        if self.package is not None:
            self.page = xlsx.page_of(self.package, self.title)

    def others(self) -> list[tuple[str, Page]]:
        return [] if self.package is None else list(xlsx.others(self.package, self.title))

    def make(self) -> XlsxPage:
        if self.package is None:
            self.package = xlsx.new_book(self.title)
            self.page = xlsx.page_of(self.package, self.title)
        if self.page is None:
            self.page = xlsx.add_tab(self.package, self.title)
        self.page.freeze(0)
        return self.page

    def keepers(self) -> list[str]:
        return [] if self.package is None else xlsx.marks(self.package)

    def claim(self, ledger: str) -> None:
        if self.package is not None:
            xlsx.mark(self.package, ledger, self.title)

    def content(self) -> bytes:
        return self.make().content() if self.page is None else self.page.content()


@dataclass(slots=True)
class CsvBook:
    """A CSV file, which is a tab and nothing else; `page` None where there is no file yet."""

    page: CsvPage | None

    def others(self) -> list[tuple[str, Page]]:
        return []

    def make(self) -> CsvPage:
        self.page = self.page or CsvPage([])
        return self.page

    def keepers(self) -> list[str]:
        return []

    def claim(self, ledger: str) -> None:
        """Such a file has no place for it."""

    def content(self) -> bytes:
        return self.make().content()


def file_of(place: Path, title: str) -> Path:
    """The file that a path stands for: itself, or a CSV file named as the tab where it is a folder."""
    return place if place.suffix.lower() in (*WORKBOOKS, CSV) else place / f"{title}{CSV}"


def open_book(path: Path, seen: Seen, title: str) -> Book:
    """The file as it was read. Raises NeedsPerson where it is not what its name says."""
    if path.suffix.lower() == CSV:
        return CsvBook(None if seen.content is None else read_csv(seen.content, path.name))
    return XlsxBook(None if seen.content is None else Package.of(seen.content, path.name), title)
