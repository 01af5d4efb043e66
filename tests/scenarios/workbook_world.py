"""A shop, a workbook on this computer, people at it, and the real command between them, in simulated time."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.local import Sandbox
from tests.account import account_key
from tests.connectors.workbook.desk import Desk


@dataclass
class WorkbookWorld:
    """Time stands still unless a run begins, which is an hour later."""

    folder: Path
    orders: int = 12
    env: dict[str, str] = field(default_factory=dict)
    time: float = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).timestamp())

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(self.folder, orders=self.orders, clock=lambda: self.time, key=account_key())
        own = {"WORKBOOK": "orders.xlsx", "DB_PATH": str(self.folder / "ledger.db"), "LOG_FILE": str(self.folder / "sync.log")}
        keep = {name: value for name, value in self.sandbox.environment().items() if name.startswith("SHOPIFY")}
        self.env = keep | own | self.env
        self.clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time)

    @property
    def shop(self) -> Any:
        return self.sandbox.shop

    @property
    def path(self) -> Path:
        named = self.folder / self.env["WORKBOOK"]
        return named if named.suffix else named / "Orders.csv"

    def sync(self, code: int = 0, **asked: Any) -> Any:
        """An hour later the command is run; its answer as JSON. It must end with this code."""
        self.time += 3600
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            ended = run("workbook", RunOptions(**{"as_json": True} | asked), self.env, self.clock)
        assert ended == code and "Traceback" not in err.getvalue(), out.getvalue() + err.getvalue()
        return json.loads(out.getvalue())

    def grid(self) -> list[list[Any]]:
        return Desk(self.path).rows()

    def rows(self) -> dict[str, dict[str, Any]]:
        """Every row with a line id, by that id, as header -> value. A line that stands twice fails."""
        header, *lines = self.grid()
        named = [dict(zip(header, line, strict=False)) for line in lines]
        found = {row["Line ID"]: row for row in named if row.get("Line ID")}
        assert len(found) == sum(1 for row in named if row.get("Line ID"))
        return found

    def lines(self) -> list[str]:
        """The ids of all lines of the shop's orders."""
        return [line["id"].rpartition("/")[2] for order in self.shop.orders.values() for line in order["lineItems"]]

    def work(self, doing: Callable[[Workbook], None]) -> None:
        """Somebody opens the workbook, does something, and saves it."""
        book = load_workbook(self.path)
        doing(book)
        book.save(self.path)

    def close(self) -> None:
        self.sandbox.close()
