"""A Grist document reached over real HTTP: the sandbox's always, a real server's where the environment names one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from syncdb.clock import Clock
from syncdb.connectors.grist import GristClient, GristDocument, GristTable, TableColumn
from syncdb.http import Retrier
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Result, Side
from syncdb.values import Value
from tests.sandbox.grist.places import Doc, Place, Table, names, place

KEY = "Shopify ID"
COLUMNS = (
    TableColumn("title", "Title"),
    TableColumn("price", "Price", "Numeric", digits=2),
    TableColumn("stock", "Stock", "Int"),
    TableColumn("sold", "For sale", "Bool"),
    TableColumn("status", "Status", "Choice", choices=("ACTIVE", "DRAFT")),
    TableColumn("tags", "Tags", "ChoiceList"),
    TableColumn("day", "Day", "Date"),
    TableColumn("made", "Made", "DateTime:Europe/Berlin"),
)
READS = ("/records/list", "/sql")


class Line(requests.Session):
    """A connection that counts calls, loses answers, and lets somebody act just before a write, as told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.lose: list[bool] = []  # for coming writes: whether the one that is lost is applied
        self.before_write: list[Callable[[], object]] = []

    def request(self, method: str, url: str, *args: Any, **keywords: Any) -> requests.Response:  # type: ignore[override]
        self.calls.append(f"{method} {url.partition('/api')[2]}")
        if method == "GET" or url.endswith(READS):
            return super().request(method, url, *args, **keywords)
        if self.before_write:
            self.before_write.pop(0)()
        if not self.lose:
            return super().request(method, url, *args, **keywords)
        if self.lose.pop(0):
            super().request(method, url, *args, **keywords).close()
        raise requests.ReadTimeout("the answer was lost")


def create(key: str, **changes: Value) -> Operation:
    return Operation(Side.RIGHT, Action.CREATE, key, None, {}, changes, "new")


def update(key: str, expected: dict[str, Value], changes: dict[str, Value]) -> Operation:
    return Operation(Side.RIGHT, Action.UPDATE, key, None, expected, changes, "moved")


def delete(key: str, expected: dict[str, Value]) -> Operation:
    return Operation(Side.RIGHT, Action.DELETE, key, None, expected, {}, "deleted on the other side")


@dataclass
class Bench:
    """One document, connectors to it, and hands and eyes of a person's own."""

    doc: Doc
    line: Line = field(default_factory=Line)
    tokens: int = 0

    def client(self, **options: Any) -> GristClient:
        place = self.doc.place
        options.setdefault("session", self.line)
        options.setdefault("retrier", Retrier(deadline=20.0, first=0.01, cap=0.05))
        return GristClient(place.url, place.key, clock=Clock(sleep=lambda seconds: None), **options)

    def document(self) -> GristDocument:
        return GristDocument(self.client(), self.doc.id)

    def table(
        self, document: GristDocument | None = None, columns: Sequence[TableColumn] = COLUMNS, **options: Any
    ) -> GristTable:
        clock = Clock(sleep=lambda seconds: None)
        settings: dict[str, Any] = {"name": "products", "table": "Products", "columns": columns, "clock": clock}
        return GristTable(document or self.document(), **{**settings, **options})

    def ready(self, *operations: Operation, **options: Any) -> GristTable:
        """A connector whose table stands, with these rows in it."""
        table = self.table(**options)
        self.build(table)
        if operations:
            assert [one.result for one in self.apply(table, *operations)] == [Result.DONE] * len(operations)
        return table

    def ready_again(self, table: GristTable) -> GristTable:
        """A connector of the next run, bound to the same table."""
        again = self.table(binding=table.binding)
        assert again.structure(self.token()) is None
        return again

    def build(self, table: GristTable) -> None:
        attempt = table.structure(self.token())
        assert attempt is not None
        assert table.write(attempt) == []
        assert table.structure(self.token()) is None

    def prepare(self, table: GristTable, *operations: Operation) -> Attempt:
        attempt = table.prepare(operations, self.token())
        assert len(attempt.operations) == len(operations)
        return attempt

    def apply(self, table: GristTable, *operations: Operation) -> list[Outcome]:
        return table.write(self.prepare(table, *operations))

    def token(self) -> int:
        self.tokens += 1
        return self.tokens

    def records(self, table: GristTable) -> dict[str, Found]:
        """All that a connector shows; it must show everything."""
        blocks = list(table.fetch())
        assert all(block.complete for block in blocks)
        return {key: found for block in blocks for key, found in block.found.items()}

    # --- a person --------------------------------------------------------------------------------------------------------

    def rows(self, table: str = "Products") -> list[dict[str, Any]]:
        return [dict(row["fields"]) for row in Table(self.doc, table).rows()]

    def row_id(self, key: str, table: str = "Products", by: str = "Shopify_ID") -> int:
        (found,) = Table(self.doc, table).rows(filter={by: [key]})
        return int(found["id"])

    def types(self, key: str, table: str = "Products", **cells: Any) -> None:
        """Somebody changes cells of the row with this key."""
        body = {"records": [{"id": self.row_id(key, table), "fields": cells}]}
        self.doc.ok("PATCH", f"/tables/{table}/records", body)

    def renames_table(self, now: str, table: str = "Products") -> None:
        ref = self.doc.tables()[table]["tableRef"]
        self.doc.ok("POST", "/apply", [["RenameTable", table, now]])
        assert self.doc.tables()[now]["tableRef"] == ref


@pytest.fixture(scope="session", params=names())
def server(request: pytest.FixtureRequest) -> Iterator[Place]:
    with place(request.param) as one:
        yield one


@pytest.fixture
def bench(server: Place) -> Iterator[Bench]:
    with server.document() as doc:
        bench = Bench(doc)
        yield bench
        bench.line.close()
