"""The Grist connector keeps the contract of every connector."""

import pytest

from syncdb.connectors.grist import TableColumn
from syncdb.contract.connector import Contract
from syncdb.values import Value
from tests.connectors.grist.conftest import Bench

COLUMNS = (TableColumn("key", "Key"), TableColumn("title", "Title"), TableColumn("count", "Count", "Int"))


class GristStage:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.connector = bench.table(columns=COLUMNS, key_label="Key", table="Things")

    def shows(self) -> dict[str, dict[str, Value]]:
        return {
            row["Key"]: {"key": row["Key"], "title": row["Title"], "count": row["Count"]} for row in self.bench.rows("Things")
        }

    def person_changes(self, key: str, field: str, value: Value) -> None:
        row = self.bench.row_id(key, "Things", "Key")
        body = {"records": [{"id": row, "fields": {field.capitalize(): value}}]}
        self.bench.doc.ok("PATCH", "/tables/Things/records", body)

    def lose_next_answer(self, *, applied: bool) -> None:
        self.bench.line.lose.append(applied)


class TestGrist(Contract):
    @pytest.fixture
    def stage(self, bench: Bench) -> GristStage:
        return GristStage(bench)
