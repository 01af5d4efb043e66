"""A spreadsheet on the local Google APIs, reached over real HTTP with the real gspread and google-auth."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from syncdb.clock import Clock
from syncdb.connectors.google_sheets import Client, SheetConnector, TabBinding, open_account
from syncdb.connectors.tabular import a1
from syncdb.http import Retrier
from syncdb.model import Action, Attempt, Field, Found, Operation, Outcome, Result, Side
from syncdb.sandbox.faults import Fault, Faults
from syncdb.sandbox.google.app import GoogleApp
from syncdb.sandbox.google.cells import Cell, Formula, entered, unpack, with_value
from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.server import Server
from syncdb.values import Kind, Value
from tests.account import account_key

FIELDS = (
    Field("key", "Line ID", Kind.IDENTIFIER),
    Field("order", "Order", Kind.IDENTIFIER),
    Field("title", "Title", Kind.TEXT),
    Field("quantity", "Quantity", Kind.COUNT),
    Field("price", "Price", Kind.MONEY),
    Field("created", "Created", Kind.MOMENT),
    Field("test", "Test", Kind.FLAG),
)


def create(key: str, **changes: Value) -> Operation:
    return Operation(Side.RIGHT, Action.CREATE, key, None, {}, {"key": key, **changes}, "new")


def update(key: str, expected: dict[str, Value], changes: dict[str, Value], ref: str | None = None) -> Operation:
    return Operation(Side.RIGHT, Action.UPDATE, key, ref, expected, changes, "moved")


@dataclass
class Desk:
    """A sandbox with one spreadsheet, and connectors to it."""

    server: Server
    app: GoogleApp
    faults: Faults
    key_file: Path
    spreadsheet: Any
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    opened: list[SheetConnector] = field(default_factory=list, repr=False)

    def client(self, **options: Any) -> Client:
        url = self.server.url
        options.setdefault("retrier", Retrier(deadline=20.0, first=0.01, cap=0.05))
        limits = {"reads_per_minute": 10**6, "writes_per_minute": 10**6, "timeout": (5.0, 10.0)}
        return Client(open_account(self.key_file, url), base_url=url, **{**limits, **options})

    def connector(self, binding: TabBinding | None = None, **options: Any) -> SheetConnector:
        settings: dict[str, Any] = {
            "target": self.spreadsheet.id,
            "tab": "Orders",
            "fields": FIELDS,
            "key": "key",
            "ledger_id": "ledger-1",
            "binding": binding,
            "rng": self.rng,
        }
        made = SheetConnector(self.client(), **{**settings, **options})
        self.opened.append(made)
        return made

    def ready(self, *operations: Operation, **options: Any) -> SheetConnector:
        """A connector whose tab stands, with these rows in it."""
        connector = self.connector(**options)
        self.build(connector)
        if operations:
            assert {one.result for one in self.apply(connector, *operations)} == {Result.DONE}
        return connector

    def build(self, connector: SheetConnector) -> None:
        attempt = connector.structure(self.token())
        assert attempt is not None
        assert connector.write(attempt) == []
        assert connector.structure(self.token()) is None

    def prepare(self, connector: SheetConnector, *operations: Operation) -> Attempt:
        attempt = connector.prepare(operations, self.token())
        assert len(attempt.operations) == len(operations)
        return attempt

    def apply(self, connector: SheetConnector, *operations: Operation) -> list[Outcome]:
        return connector.write(self.prepare(connector, *operations))

    def token(self) -> int:
        return self.rng.randrange(1, 2**31)

    def cells(self) -> int:
        """How many cells the spreadsheet has, blank ones included."""
        return sum(tab.cells for tab in self.spreadsheet.tabs)

    def clock(self, waits: list[float]) -> Clock:
        """A clock that notes how long it was to sleep, and does not."""
        return Clock(monotonic=lambda: sum(waits), sleep=waits.append)

    def fresh(self) -> None:
        """Go on with a new spreadsheet, as if nothing had been."""
        self.faults.clear()
        email = json.loads(self.key_file.read_text(encoding="utf-8"))["client_email"]
        self.spreadsheet = self.app.create("Another", email)

    def colleague(self) -> Colleague:
        return Colleague(self.spreadsheet, "Orders")

    def twin(self) -> Colleague:
        """A colleague on a copy of the spreadsheet, which shows what would be there if only the colleague had worked."""
        return Colleague(copy.deepcopy(self.spreadsheet), "Orders")

    def head(self) -> tuple[int, list[Any]]:
        """The header row's number and texts."""
        return next((row, line) for row, line in enumerate(self.values()) if "Line ID" in line)

    def is_ours(self, place: tuple[int, int]) -> bool:
        """Whether a cell (row, column) is in a managed column of a row with a key."""
        row, texts = self.head()
        line = self.values()[place[0]]
        key = line[texts.index("Line ID")] if len(line) > texts.index("Line ID") else None
        header = texts[place[1]] if place[1] < len(texts) else None
        return place[0] > row and key is not None and header in {field.label for field in FIELDS}

    def beside(self, found: Found, header: str) -> Any:
        """What stands in a colleague's column in the row of a record."""
        return self.values()[int(found.ref) - 1][self.head()[1].index(header)]

    def meanwhile(self, action: Callable[[], object]) -> None:
        """Somebody does this just before the next write is applied."""
        self.faults.add(Fault("meanwhile", "sheets write", action=action))

    def values(self, title: str = "Orders") -> list[list[Any]]:
        """What a tab holds, row by row up to the last with a value; formulas as their text."""
        rows = [[plain(entered(cell)) for cell in row] for row in self.spreadsheet.titled(title).rows]
        while rows and not any(cell is not None for cell in rows[-1]):
            rows.pop()
        return rows

    def put(self, title: str, row: int, column: int, value: Any) -> None:
        """Somebody puts a value into a cell."""
        tab = self.spreadsheet.titled(title)
        tab.put(row, column, with_value(tab.get(row, column), value))

    def snapshot(self) -> dict[str, Cell]:
        """Every cell with anything to it, by its A1 name."""
        tab = self.spreadsheet.titled("Orders")
        return {a1.cell(row, column): unpack(cell) for row, column, cell in tab.filled()}

    def changed(self, before: dict[str, Cell]) -> dict[str, Any]:
        """The cells that are not as they were, and what they hold now."""
        now = self.snapshot()
        return {
            place: plain(now.get(place, Cell()).entered)
            for place in sorted(before.keys() | now.keys())
            if before.get(place, Cell()) != now.get(place, Cell())
        }


def plain(value: object) -> Any:
    return value.text if isinstance(value, Formula) else value


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    faults = Faults()
    app = GoogleApp(faults=faults, quota=None)
    with Server({"/token": app, "/v4": app, "/drive": app}, faults) as server:
        key_file = app.service_account(tmp_path, f"{server.url}/token", key=account_key())
        email = json.loads(key_file.read_text(encoding="utf-8"))["client_email"]
        bench = Desk(server, app, faults, key_file, app.create("Shop orders", email))
        yield bench
        for connector in bench.opened:
            connector.close()
