"""The Google Sheets connector keeps the contract of every connector."""

import pytest

from syncdb.connectors.google_sheets.connector import SheetConnector
from syncdb.contract.connector import Contract
from syncdb.model import Field
from syncdb.sandbox.faults import Fault
from syncdb.values import Kind, Value
from tests.connectors.google_sheets.conftest import Desk

FIELDS = (Field("key", "Key", Kind.IDENTIFIER), Field("title", "Title", Kind.TEXT), Field("count", "Count", Kind.COUNT))


class SheetStage:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.connector = SheetConnector(
            desk.client(), target=desk.spreadsheet.id, tab="Orders", fields=FIELDS, key="key", ledger_id="ledger-1", rng=desk.rng
        )

    def shows(self) -> dict[str, dict[str, Value]]:
        header, *rows = self.desk.values()
        at = {name: header.index(label) for name, label in (("key", "Key"), ("title", "Title"), ("count", "Count"))}
        return {row[at["key"]]: {name: row[place] for name, place in at.items()} for row in rows}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        header, *rows = self.desk.values()
        row = next(number for number, line in enumerate(rows, 1) if line[header.index("Key")] == key)
        self.desk.put("Orders", row, header.index(field.capitalize()), value)

    def lose_next_answer(self, *, applied: bool) -> None:
        self.desk.faults.add(Fault("apply_then_cut" if applied else "cut_before", "sheets write"))


class TestGoogleSheets(Contract):
    @pytest.fixture
    def stage(self, desk: Desk) -> SheetStage:
        return SheetStage(desk)
