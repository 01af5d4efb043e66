"""A shop, a Grist document, the people of both and the real command between them, for a story to be told with."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from werkzeug import Request
from werkzeug.test import create_environ

from syncdb.cli.app import main as manager
from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.grist.cells import Cell
from syncdb.sandbox.grist.page import GristPages
from syncdb.sandbox.grist.person import Person
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.story import Story, Time

KEY = "Shopify ID"
LEDGER = "shopify_sync.db"
BETWEEN_RUNS = 15 * 60.0  # seconds


class GristStory(Story):
    """Runs the commands in the current folder and looks at both sides past the APIs. Rows are named by their Shopify ID."""

    def __init__(self, sandbox: Sandbox, time: Time, environment: dict[str, str], console: Console) -> None:
        super().__init__(time, console)
        self.sandbox, self.environment = sandbox, environment
        self.goods, self.merchant = sandbox.shop.goods, Merchant(sandbox.shop.goods)
        # waiting between two tries costs the story's time, not that of whoever watches
        self.clock = Clock(now=sandbox.now, monotonic=time, sleep=time.pass_by)
        self.price = "Price"  # the heading of that column, which people rename

    # --- the commands --------------------------------------------------------------------------------------

    def sync(self, expected: int = 0, **asked: Any) -> None:
        """A quarter of an hour later the command runs, as cron would run it. What it logs is shown if it ends unexpectedly."""
        self.time.pass_by(BETWEEN_RUNS)
        options = (f" --{name}" if value is True else f" --{name}={','.join(value)}" for name, value in asked.items())
        self.command("shopify_grist_sync.py" + "".join(options))
        self.sandbox.faults.log.clear()
        with redirect_stderr(io.StringIO()) as logged:
            code = run("grist", RunOptions(**asked), self.environment, self.clock)
        self.remark(f"(exit code {code}; requests: {self._both()}; of them writes: {self._both('write')})")
        if code != expected:
            self.console.print(logged.getvalue(), markup=False)
        self.check(code == expected, f"a run ended with exit code {code} instead of {expected}")

    def _both(self, kind: str = "any") -> str:
        return f"shop {self.requests('shopify', kind)}, Grist {self.requests('grist', kind)}"

    def requests(self, system: str, kind: str = "any") -> int:
        """How many requests the last run sent."""
        return self.sandbox.faults.count(system, kind)

    @property
    def writes(self) -> int:
        """How many requests of the last run wrote, to either side."""
        return self.requests("shopify", "write") + self.requests("grist", "write")

    def manage(self, *arguments: str) -> None:
        """A command of the manager, with all it says."""
        self.command(f"sync_manager.py {' '.join(arguments)}")
        with redirect_stderr(sys.stdout):
            code = self._manager(*arguments)
        self.check(code == 0, f"sync_manager.py {arguments[0]} ended with exit code {code}")

    def ask(self, *arguments: str) -> Any:
        """What a command of the manager answers, as data."""
        with redirect_stdout(io.StringIO()) as answer:
            self._manager(*arguments, "--json")
        return json.loads(answer.getvalue())

    @staticmethod
    def _manager(*arguments: str) -> int:
        sys.stdout.flush()
        try:
            manager([*arguments, "--db", LEDGER])
        except SystemExit as left:
            return left.code if isinstance(left.code, int) else int(left.code is not None)
        return 0

    # --- the document, as people see it --------------------------------------------------------------------

    def person(self, table: str) -> Person:
        return Person(self.sandbox.grist_document, table)

    def edit(self, table: str, key: str, column: str, value: Any) -> None:
        """A person types into a cell."""
        person = self.person(table)
        person.edit(person.find(KEY, key), column, value)

    def shown(self, table: str, key: str, column: str) -> Cell:
        person = self.person(table)
        return person.shown(person.find(KEY, key), column)

    def column(self, table: str, label: str) -> dict[str, Cell]:
        """A column by the rows' keys. Raises LookupError where one key stands twice."""
        here, keys, values = self.person(table).here(), self.person(table).column(KEY), self.person(table).column(label)
        found: dict[str, Cell] = {}
        for row in here.ids():
            key = str(here.get(row, keys) or "")
            if key and key in found:
                raise LookupError(f"{key} stands twice in {table}")
            found[key] = here.get(row, values)
        return found

    def tables(self) -> dict[str, dict[int, dict[str, Cell]]]:
        """All that the document holds."""
        return {table.id: self.person(table.id).snapshot() for table in self.sandbox.grist_document.tables.values()}

    def agreed(self) -> None:
        """Check that both sides show the same, worked out without what the command uses for it."""
        try:
            wrong = self._differences()
        except LookupError as why:
            wrong = [str(why)]
        self.check(not wrong, f"shop and document are not alike: {', '.join(wrong[:3])}")

    def _differences(self) -> list[str]:
        goods = self.goods
        prices = {key: _money(value) for key, value in self.column("Variants", self.price).items()}
        pairs: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            ("titles", self.column("Products", "Title"), {gid: one["title"] for gid, one in goods.products.items()}),
            ("prices", prices, {gid: _money(one["price"]) for gid, one in goods.variants.items()}),
            ("stock", self.column("Inventory", "Available"), {g: one["_counts"]["available"] for g, one in goods.levels.items()}),
            ("collections", self.column("Collections", "Title"), {gid: one["title"] for gid, one in goods.collections.items()}),
        ]
        return [f"{what} of {key}" for what, here, there in pairs for key in here | there if here.get(key) != there.get(key)]


def _money(value: Any) -> Decimal | str:
    """A price, however it is written; a word stays a word."""
    return Decimal(str(value)).quantize(Decimal("0.01")) if str(value).replace(".", "").lstrip("-").isdigit() else str(value)


def leave_pages(sandbox: Sandbox, folder: Path) -> list[Path]:
    """Write each table of the document as an HTML page; links lead from one to the other. The folder is made."""
    folder.mkdir(exist_ok=True)
    tables = [table.id for table in sandbox.grist_document.tables.values() if table.ids()]
    written = []
    for name in tables:
        text = _page(sandbox, name)
        for other in tables:
            text = text.replace(f'href="?table={other}"', f'href="{other}.html"')
        written.append(folder / f"{name}.html")
        written[-1].write_text(text.replace(' <a href="/grist">all</a>', ""), encoding="utf-8")
    return written


def _page(sandbox: Sandbox, table: str) -> str:
    request = Request(create_environ(f"/grist/{sandbox.grist_document.id}?table={table}"))
    return GristPages(sandbox.grist).respond(request).get_data(as_text=True)
