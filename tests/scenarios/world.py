"""A shop, a sheet, a colleague and the real command between them, in simulated time."""

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.google.cells import Formula, entered
from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.local import Sandbox
from tests.account import account_key

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    text: str
    errors: str
    data: Mapping[str, Any]
    reads: int
    writes: int
    shop_requests: int
    google_requests: int

    @property
    def counts(self) -> Mapping[str, int]:
        counts: Mapping[str, int] = self.data["counts"]
        return counts


@dataclass
class World:
    """Everything a scenario needs. Time stands still unless told otherwise or the product waits."""

    PAIR = "sheets"

    folder: Path
    orders: int = 0
    env: dict[str, str] = field(default_factory=dict)
    time: float = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).timestamp())

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(self.folder, orders=self.orders, clock=lambda: self.time, key=account_key())
        self.env = {"DB_PATH": str(self.folder / "ledger.db"), "LOG_FILE": str(self.folder / "sync.log")} | self.env
        self.clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time, sleep=self.pass_time)

    @property
    def shop(self) -> Any:
        return self.sandbox.shop

    @property
    def faults(self) -> Any:
        return self.sandbox.faults

    @property
    def colleague(self) -> Colleague:
        return Colleague(self.sandbox.spreadsheet, "Orders")

    def pass_time(self, seconds: float = 0.0, *, hours: float = 0.0) -> None:
        self.time += seconds + hours * 3600

    def sync(self, **asked: Any) -> Ran:
        """An hour later, somebody (or cron) runs the command."""
        self.pass_time(hours=1)
        return self.at_once(**asked)

    def at_once(self, **asked: Any) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        self.faults.log.clear()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(self.PAIR, RunOptions(**{"as_json": True} | asked), self.sandbox.environment() | self.env, self.clock)
        text = out.getvalue()
        assert "Traceback" not in text + err.getvalue(), text + err.getvalue()
        data = json.loads(text) if asked.get("as_json", True) else {}
        count = self.faults.count
        token, google = count("google", "token"), count("google", "read") + count("google", "write")
        return Ran(
            code, text, err.getvalue(), data, count("sheets", "read"), count("sheets", "write"), count("shopify"), google + token
        )

    def synced(self, **asked: Any) -> Ran:
        """A run that must end well."""
        ran = self.sync(**asked)
        assert ran.code == 0, ran.text + ran.errors
        return ran

    # --- eyes of its own, past API and ledger

    def grid(self, tab: str = "Orders") -> list[list[Any]]:
        """What was entered into each cell of the tab."""
        return [[_plain(entered(cell)) for cell in row] for row in self.packed(tab)]

    def packed(self, tab: str = "Orders") -> list[Any]:
        """The cells of the tab as the sandbox keeps them."""
        found = self.sandbox.spreadsheet.titled(tab)
        assert found is not None
        return list(found.rows)

    def keys(self) -> dict[int, str]:
        """The line ids by row number, as on screen."""
        header, at = self.header_row(), self.column("Line ID")
        cells = ((number, _plain(entered(row[at]))) for number, row in enumerate(self.packed(), 1) if len(row) > at)
        return {number: key for number, key in cells if key is not None and number > header}

    def grid_or_none(self) -> list[list[Any]] | None:
        return self.grid() if self.sandbox.spreadsheet.titled("Orders") else None

    def header_row(self) -> int:
        """The row number of the header, as on screen."""
        rows = ([_plain(entered(cell)) for cell in row] for row in self.packed())
        return next(number for number, row in enumerate(rows, 1) if "Line ID" in row)

    def header(self) -> list[Any]:
        return [_plain(entered(cell)) for cell in self.packed()[self.header_row() - 1]]

    def column(self, header: str) -> int:
        return self.header().index(header)

    def letter(self, header: str) -> str:
        return _letter(self.column(header))

    def row_of(self, key: str) -> int:
        """The row number, as on screen, of a line."""
        rows = [number for number, one in self.keys().items() if one == key]
        assert len(rows) == 1, f"line {key} stands in rows {rows}"
        return rows[0]

    def rows(self) -> Rows:
        """Every row with a line id, by that id, as header -> value. A line standing twice fails."""
        header, found = self.header(), {}
        grid = self.grid()
        for number, key in self.keys().items():
            row = grid[number - 1]
            assert key not in found, f"line {key} stands twice"
            found[key] = {name: row[place] if place < len(row) else None for place, name in enumerate(header) if name}
        return found

    def lines(self) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        """What the shop has: line id -> (order, line), read from the shop's own state."""
        return {
            line["id"].rpartition("/")[2]: (order, line) for order in self.shop.orders.values() for line in order["lineItems"]
        }

    def close(self) -> None:
        self.sandbox.close()


def _plain(value: Any) -> Any:
    return value.text if isinstance(value, Formula) else value


def _letter(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
