"""A shop, a Grist document, the people of both and the real command between them, in simulated time."""

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncdb.clock import Clock
from syncdb.manager.grist_command import Asked, run
from syncdb.sandbox.grist.person import Person
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.manager.conftest import Answer, manage

TABLES = {name: name.title() for name in ("products", "variants", "inventory", "collections", "orders")}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    text: str
    errors: str
    data: Mapping[str, Any]
    shop_requests: int
    grist_requests: int

    @property
    def counts(self) -> Mapping[str, int]:
        """The counts of all runs of the command together."""
        total: dict[str, int] = {}
        for one in self.data["runs"]:
            for name, count in one["counts"].items():
                total[name] = total.get(name, 0) + count
        return total

    @property
    def written(self) -> int:
        return self.counts.get("written_left", 0) + self.counts.get("written_right", 0)

    @property
    def conflicts(self) -> int:
        return sum(one["conflicts"] for one in self.data["runs"])


@dataclass
class GristWorld:
    """Everything a scenario needs. Time stands still unless told otherwise or the product waits."""

    folder: Path
    products: int = 8
    orders: int = 0
    env: dict[str, str] = field(default_factory=dict)
    time: float = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).timestamp())

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(self.folder, products=self.products, orders=self.orders, clock=lambda: self.time)
        self.ledger = self.folder / "ledger.db"
        files = {"DB_PATH": str(self.ledger), "LOG_FILE": str(self.folder / "sync.log")}
        self.env = files | {"SHOPIFY_WRITES": "all"} | self.env
        self.clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time, sleep=self.pass_time)
        self.merchant = Merchant(self.sandbox.shop.goods)
        self.faults = self.sandbox.faults

    @property
    def goods(self) -> Any:
        return self.sandbox.shop.goods

    def pass_time(self, seconds: float = 0.0, *, hours: float = 0.0) -> None:
        self.time += seconds + hours * 3600

    def sync(self, **asked: Any) -> Ran:
        """A quarter of an hour later, somebody (or cron) runs the command."""
        self.pass_time(hours=0.25)
        out, err = io.StringIO(), io.StringIO()
        self.faults.log.clear()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(Asked(**{"as_json": True} | asked), self.sandbox.environment() | self.env, self.clock)
        text = out.getvalue()
        assert "Traceback" not in text + err.getvalue(), text + err.getvalue()
        data = json.loads(text) if asked.get("as_json", True) else {}
        count = self.faults.count
        return Ran(code, text, err.getvalue(), data, count("shopify"), count("grist"))

    def synced(self, **asked: Any) -> Ran:
        """A run that must end well."""
        ran = self.sync(**asked)
        assert ran.code == 0, ran.text + ran.errors
        return ran

    def manage(self, *arguments: str) -> Answer:
        return manage(*arguments, "--db", str(self.ledger))

    def person(self, entity: str) -> Person:
        return Person(self.sandbox.grist_document, TABLES[entity])

    # --- eyes of its own, past API and ledger

    def rows(self, entity: str) -> dict[str, dict[str, Any]]:
        """What people see, by key and label; a doubled key is a failure."""
        table = self.person(entity).here()
        shown: dict[str, dict[str, Any]] = {}
        for row in table.ids():
            cells = {column.label: table.get(row, column) for column in table.ordered()}
            key = str(cells.get("Shopify ID") or "")
            assert key not in shown or not key, f"{key} stands twice"
            shown[key] = cells | {"row": row}
        return shown

    def row(self, entity: str, key: str) -> int:
        return int(self.rows(entity)[key]["row"])

    def edit(self, entity: str, key: str, column: str, value: Any) -> None:
        """A person types into a cell."""
        self.person(entity).edit(self.row(entity, key), column, value)

    def shown(self, entity: str, key: str, column: str) -> Any:
        return self.rows(entity)[key][column]

    def variant(self, number: int = 0) -> Any:
        return list(self.goods.variants.values())[number]

    def product(self, number: int = 0) -> Any:
        return list(self.goods.products.values())[number]

    def agreed(self) -> None:
        """Shop and document show the same products, prices and stock, worked out without the mapping."""
        products, variants, stock = self.rows("products"), self.rows("variants"), self.rows("inventory")
        assert set(products) == set(self.goods.products) and set(variants) == set(self.goods.variants) and variants
        for gid, product in self.goods.products.items():
            assert products[gid]["Title"] == product["title"] and products[gid]["Status"] == product["status"], gid
        for gid, variant in self.goods.variants.items():
            assert Decimal(str(variants[gid]["Price"])) == Decimal(variant["price"]), gid
            assert (variants[gid]["SKU"] or None) == (variant["sku"] or None), gid
            of = next(key for key, row in products.items() if row["row"] == variants[gid]["Product"])
            assert of == variant["product"]["id"], gid
        levels = {level["id"]: level["_counts"]["available"] for level in self.goods.levels.values()}
        assert {key: row["Available"] for key, row in stock.items()} == levels and levels

    def close(self) -> None:
        self.sandbox.close()
