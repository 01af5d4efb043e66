"""A tab as the connector sees it, whatever the file's format: cells by row and column, both from zero."""

from typing import Protocol

from syncdb.connectors.tabular.entries import Entry
from syncdb.values import Kind


class Page(Protocol):
    """One tab, held in memory. What is not written to stays as it is, letter by letter."""

    @property
    def rows(self) -> int:
        """As many as there are down to the last with anything in it."""

    @property
    def most_rows(self) -> int:
        """As many as there can be."""

    def width(self, row: int) -> int:
        """How many cells of a row, from the first, there are."""

    def at(self, row: int, column: int, kind: Kind | None = None) -> Entry:
        """What stands in a cell; for a field of this kind, where text must be understood."""

    def put(self, row: int, column: int, entry: Entry, kind: Kind) -> None:
        """Write a cell. Its looks stay."""

    def head(self, row: int, column: int, text: str, kind: Kind) -> None:
        """Make the header of a column, with the looks of what is to come below it."""

    def retitle(self, row: int, column: int, text: str) -> None:
        """Change the text of a header."""

    def grown(self, header_row: int, rows: int) -> None:
        """Rows were added below the `rows` that there were: what reached as far reaches further (filters)."""


def header_line(page: Page, row: int) -> list[Entry]:
    """A row as headers are looked for in it."""
    return [page.at(row, column) for column in range(page.width(row))]
