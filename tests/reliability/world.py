"""A small shop and its sheet for proofs: the real command in simulated time, with a history of all that the servers received."""

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from syncdb.clock import Clock
from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.tabular.a1 import letters
from syncdb.mapping import CATALOGUE
from syncdb.pairs import orders_as_rows
from syncdb.sandbox.faults import Fault, Seen
from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.shopify.generate import new_order
from tests.scenarios.world import Ran, World

COLUMNS = [
    "order_name",
    "processed_at",
    "order_status",
    "financial_status",
    "fulfillment_status",
    "customer_name",
    "line_title",
    "sku",
    "quantity",
    "current_quantity",
    "refunded_quantity",
    "fulfilled_quantity",
    "line_status",
    "line_total",
    "order_total",
    "total_refunded",
    "shipping_zip",
    "tracking_numbers",
    "tags",
    "note",
]
BEGIN = datetime(2026, 11, 20, 6, 30, tzinfo=UTC).timestamp()

MEMORY = Path("/dev/shm")
WHOLE, SPANS = Cut(), Cut(least=2, aim=1, most=5)


@contextmanager
def reading_in_bulk(cut: Cut) -> Iterator[None]:
    """Runs in this process read every window of more than one order by bulk operations.

    The product does so from a thousand on (by several from 20,000 on); here the same reader is told to begin with the second.
    """
    usual = orders_as_rows.OrderReader
    orders_as_rows.OrderReader = partial(OrderReader, page_size=1, bulk_from=1, cut=cut)  # type: ignore[misc,assignment]
    try:
        yield
    finally:
        orders_as_rows.OrderReader = usual  # type: ignore[misc]


@dataclass
class ProofWorld(World):
    """`skew` is how many seconds this computer's clock is ahead of the world's; its monotonic clock knows nothing of that.

    `in_bulk`: orders are read by bulk operations; `in_spans`: by several side by side.
    """

    columns: list[str] = field(default_factory=lambda: list(COLUMNS))
    skew: float = 0.0
    time: float = BEGIN
    in_memory: bool = True
    in_bulk: bool = False
    in_spans: bool = False

    def __post_init__(self) -> None:
        # the newest version has a fulfillment status that older ones call unfulfilled; the oracle speaks the older language
        self.env = {"SHOPIFY_API_VERSION": "2026-07"} | self.env
        super().__post_init__()
        # Thousands of runs: where there is a file system in memory the ledger lies there, as its every commit waits for the disk.
        self.quick = Path(tempfile.mkdtemp(prefix="syncdb-", dir=MEMORY)) if MEMORY.is_dir() and self.in_memory else None
        if self.quick is not None:
            self.env["DB_PATH"] = str(self.quick / "ledger.db")
        self.born = self.time
        self.given = self.sandbox.shopify.tokens.clients[self.sandbox.client_id].scopes
        self.received: list[Seen] = []
        self.collected = 0
        self.clock = Clock(
            now=lambda: datetime.fromtimestamp(self.time + self.skew, UTC),
            monotonic=lambda: self.time - self.born,
            sleep=self.pass_time,
        )

    def close(self) -> None:
        super().close()
        if self.quick is not None:
            shutil.rmtree(self.quick, ignore_errors=True)

    @property
    def ledger(self) -> Path:
        return Path(self.env["DB_PATH"])

    def at_once(self, **asked: Any) -> Ran:
        self.env["SHEET_COLUMNS"] = ",".join(self.columns)
        self.collect()
        self.collected = 0  # the log is emptied at the start of a run
        try:
            with reading_in_bulk(SPANS if self.in_spans else WHOLE) if self.in_bulk else nullcontext():
                return super().at_once(**asked)
        finally:
            self.collect()

    def collect(self) -> None:
        """Put the requests served since the last time with the others."""
        self.received += self.faults.log[self.collected :]
        self.collected = len(self.faults.log)

    def all_received(self) -> list[Seen]:
        """Every request that any server has seen, those that landed late included."""
        return [*self.received, *self.faults.landed]

    def labels(self) -> dict[str, str]:
        """Column name -> header, of the columns in use."""
        return {name: CATALOGUE[name].label for name in self.columns}

    # --- the shop

    def veiled(self) -> bool:
        """Whether the app is shown less than it was given at first: protected data, or what a scope is needed for."""
        client = self.sandbox.shopify.tokens.clients.get(self.sandbox.client_id)
        return bool(self.sandbox.shopify.unapproved) or client is None or not self.given <= client.scopes

    def new_order(self, seed: int) -> str:
        # the 30th kind has neither a rare name nor many lines
        return str(new_order(self.shop, random.Random(seed), self.sandbox.now(), 30)["id"])

    def order(self, number: int) -> str | None:
        """Some order's id, by any number; None in an empty shop."""
        ids = list(self.shop.orders)
        return ids[number % len(ids)] if ids else None

    # --- the sheet

    def width(self) -> int:
        return max((len(row) for row in self.grid()), default=0)

    def blank_column(self) -> str:
        """The first column right of everything, added to the tab where it has none left: cells outside the grid do not exist."""
        tab, width = self.sandbox.spreadsheet.titled("Orders"), self.width()
        if tab is not None and tab.column_count <= width:
            self.colleague.insert_columns(letters(tab.column_count))
        return letters(width)

    def head(self) -> int:
        """The number of the header row, as on screen."""
        return next(n for n, row in enumerate(self.grid(), 1) if "Line ID" in row)

    def below(self, number: int) -> int:
        """Some row below the header, by any number."""
        head, rows = self.head(), len(self.grid())
        return head + 1 + number % max(1, rows - head)

    # --- the ledger as a file

    def copy_ledger(self, name: str) -> bool:
        """Copy the file aside as a person would, while no run is under way; whether there was one."""
        if not self.ledger.exists():
            return False
        shutil.copy(self.ledger, self.folder / name)
        return True

    def put_back(self, name: str) -> bool:
        """Put a copy back in place of the ledger, as after a crash of the disk."""
        if not (self.folder / name).exists():
            return False
        for ending in ("-wal", "-shm"):
            Path(f"{self.ledger}{ending}").unlink(missing_ok=True)
        shutil.copy(self.folder / name, self.ledger)
        return True

    # --- trouble

    def during(self, match: str, act: Callable[[Colleague], object], skip: int = 0) -> None:
        """Let a colleague act just before the next request that fits is applied."""

        def action() -> None:
            with suppress(LookupError, ValueError):  # what cannot be done in this sheet is not done
                act(self.colleague)

        self.faults.add(Fault("meanwhile", match, skip=skip, action=action))

    def lose_a_write(self, kind: Literal["apply_then_cut", "apply_late"], after: int | None = None) -> None:
        """The next write meets that fault, and from then on Google cannot be reached: its outcome stays unknown."""
        gone = Fault("refuse", "sheets", times=None)
        self.faults.add(Fault("meanwhile", "sheets write", action=lambda: self.faults.add(gone)))
        self.faults.add(Fault(kind, "sheets write", after=after))
