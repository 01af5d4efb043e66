"""A file as a person sees and edits it, with other eyes and hands than the connector's."""

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from syncdb.connectors.workbook import FileBinding, WorkbookConnector
from syncdb.model import Field
from syncdb.values import Kind

FIELDS = (Field("key", "Key", Kind.IDENTIFIER), Field("title", "Title", Kind.TEXT), Field("count", "Count", Kind.COUNT))


@dataclass
class Desk:
    """The file `path` with its tab Orders. `losing`: the next write is applied (or not), and the disk does not say so."""

    path: Path
    losing: bool | None = None
    fields: tuple[Field, ...] = FIELDS
    made: list[str] = field(default_factory=list)

    def connector(self, binding: FileBinding | None = None, **asked: Any) -> WorkbookConnector:
        given = {"tab": "Orders", "fields": self.fields, "key": "key", "ledger_id": "ledger-1"} | asked
        return WorkbookConnector(self.path, binding=binding, replace=self._replace, **given)

    def _replace(self, part: str, target: str) -> None:
        losing, self.losing = self.losing, None
        if losing is not False:
            os.replace(part, target)
        if losing is not None:
            raise OSError(5, "Input/output error")

    def rows(self, tab: str = "Orders") -> list[list[Any]]:
        """All that stands in the tab, row by row."""
        if self.path.suffix == ".csv":
            with self.path.open(encoding="utf-8-sig", newline="") as stream:
                return [list(row) for row in csv.reader(stream)]
        return [list(row) for row in load_workbook(self.path)[tab].iter_rows(values_only=True)]

    def edit(self, row: int, column: int, value: Any) -> None:
        """A person types into a cell, counted from 1 as on screen, and saves."""
        if self.path.suffix == ".csv":
            lines = self.rows()
            lines[row - 1] += [""] * (column - len(lines[row - 1]))
            lines[row - 1][column - 1] = str(value)
            self.save(lines)
            return
        book = load_workbook(self.path)
        book["Orders"].cell(row, column).value = value
        book.save(self.path)

    def save(self, lines: list[list[Any]]) -> None:
        with self.path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(lines)
