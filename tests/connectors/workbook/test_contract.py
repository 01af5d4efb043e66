"""The connector of a file keeps the contract of every connector, in both formats."""

from pathlib import Path

import pytest

from syncdb.contract.connector import Contract
from syncdb.values import Value
from tests.connectors.workbook.desk import Desk


class FileStage:
    def __init__(self, path: Path) -> None:
        self.desk = Desk(path)
        self.connector = self.desk.connector()

    def shows(self) -> dict[str, dict[str, Value]]:
        header, *rows = self.desk.rows()
        at = {name: header.index(label) for name, label in (("key", "Key"), ("title", "Title"), ("count", "Count"))}
        return {row[at["key"]]: {name: self._value(name, row[place]) for name, place in at.items()} for row in rows}

    def _value(self, name: str, shown: Value) -> Value:
        return int(shown) if name == "count" and isinstance(shown, str) else shown

    def person_changes(self, key: str, field: str, value: Value) -> None:
        header, *rows = self.desk.rows()
        row = next(number for number, line in enumerate(rows, 2) if line[header.index("Key")] == key)
        self.desk.edit(row, header.index(field.capitalize()) + 1, value)

    def lose_next_answer(self, *, applied: bool) -> None:
        self.desk.losing = applied


@pytest.mark.parametrize("name", ["orders.xlsx", "Orders.csv"])
class TestFile(Contract):
    @pytest.fixture
    def stage(self, tmp_path: Path, name: str) -> FileStage:
        return FileStage(tmp_path / name)
