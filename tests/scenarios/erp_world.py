"""A shop, an ERP in a real PostgreSQL, the people of both and the real command between them, in simulated time."""

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncdb.cli.pair_action import act
from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.ledger import Ledger
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.till import Till
from syncdb.values import digest
from tests.account import account_key
from tests.cli.conftest import Answer, manage
from tests.postgres import Erp

HOME = ("Ayşe Örnek", "Örnek Sok. 1", "Istanbul", "34710", "TR")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    text: str
    errors: str
    data: Mapping[str, Any]
    shop_requests: int
    shop_writes: int

    @property
    def written(self) -> int:
        return sum(one["counts"].get(f"written_{side}", 0) for one in self.data["runs"] for side in ("left", "right"))

    def notes(self) -> str:
        return " ".join(note["message"] for one in self.data["runs"] for note in one["notes"])


@dataclass
class ErpWorld:
    """Everything a scenario needs. The shop's time stands still unless told otherwise; the ERP's is that of its server."""

    folder: Path
    erp: Erp
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.time = datetime.now(UTC).timestamp()
        self.sandbox = Sandbox(self.folder, clock=lambda: self.time, key=account_key(), currency="EUR")
        self.sandbox.shopify.bucket.maximum = self.sandbox.shopify.bucket.rate = 1e6
        self.ledger = self.folder / "ledger.db"
        files = {"DB_PATH": str(self.ledger), "LOG_FILE": str(self.folder / "sync.log")}
        self.env = {**self.sandbox.environment(), **files, "ERP_DATABASE_URL": self.erp.url, **self.env}
        self.clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time, sleep=self.pass_time)
        self.faults, self.shop, self.goods = self.sandbox.faults, self.sandbox.shop, self.sandbox.shop.goods
        self.till, self.merchant = Till(self.shop), Merchant(self.goods)
        self.switch("inventory", "orders", "products", "customers", on=False)

    def pass_time(self, seconds: float = 0.0) -> None:
        self.time += seconds

    def switch(self, *entities: str, on: bool = True) -> None:
        """Somebody switches entities on or off in the ERP's table."""
        for name in entities:
            key = f"SHOPIFY_AUTO_SYNC_{name.upper()}"
            self.erp.sql("update api_settings set value = %s where key = %s", "true" if on else "false", key)

    def stock_up(self, sku: str = "SHIRT", pieces: int = 10, there: int | None = None) -> str:
        """A product that stands on both sides; the key of its row of stock in the ERP."""
        self.merchant.add_product(f"A {sku}", price="20.00", sku=sku, stock=pieces if there is None else there)
        (product,) = self.erp.sql("insert into products (sku, name, price) values (%s, %s, 20) returning id", sku, f"A {sku}")
        text = "insert into inventory (product_id, quantity) values (%s, %s) returning id"
        return str(self.erp.sql(text, product["id"], pieces)[0]["id"])

    def erp_order(self, number: str = "SO-1", *lines: tuple[str, int, str], **more: Any) -> str:
        """Somebody takes an order in the ERP; its key."""
        name, street, city, code, country = HOME
        rows = lines or (("SHIRT", 2, "20.00"),)
        worth = sum(count * float(price) for _, count, price in rows)
        known = {"order_number": number, "email": "ayse@example.com", "currency": "EUR", "total": worth, "subtotal": worth}
        known |= {"shipping_name": name, "shipping_address1": street, "shipping_city": city}
        known |= {"shipping_postal_code": code, "shipping_country": country} | more
        text = f"insert into orders ({', '.join(known)}) values ({', '.join(['%s'] * len(known))}) returning id"
        with self.erp.connect() as session:
            (id,) = [row["id"] for row in session.execute(text, list(known.values())).fetchall()]  # type: ignore[call-overload]
            for sku, count, price in rows:
                session.execute(
                    "insert into order_items (order_id, sku, title, quantity, unit_price) values (%s, %s, %s, %s, %s)",
                    [id, sku, sku, count, price],
                )
        return str(id)

    def sync(self, **asked: Any) -> Ran:
        """A quarter of an hour later, somebody (or cron) runs the command."""
        self.pass_time(900)
        out, err = io.StringIO(), io.StringIO()
        self.faults.log.clear()
        with redirect_stdout(out), redirect_stderr(err):
            code = run("erp", RunOptions(**{"as_json": True} | asked), self.env, self.clock)
        text = out.getvalue()
        assert "Traceback" not in text + err.getvalue(), text + err.getvalue()
        data = json.loads(text) if asked.get("as_json", True) else {}
        seen = [one for one in self.faults.log if one.system == "shopify" and one.kind != "token"]
        writes = sum(one.kind == "write" for one in seen)
        return Ran(code, text, err.getvalue(), data, len(seen), writes)

    def synced(self, **asked: Any) -> Ran:
        """A run that must end well."""
        ran = self.sync(**asked)
        assert ran.code == 0, ran.text + ran.errors
        return ran

    def acted(self, action: str, **given: Any) -> Mapping[str, Any]:
        """What `sync_manager.py erp ACTION --json` answers, a quarter of an hour later. `given` are its own options."""
        self.pass_time(900)
        out = io.StringIO()
        with redirect_stdout(out):
            act("erp", action, RunOptions(as_json=True), self.env, self.clock, given)
        answer: dict[str, Any] = json.loads(out.getvalue())
        return answer

    def manage(self, *arguments: str) -> Answer:
        return manage(*arguments, "--db", str(self.ledger))

    @property
    def shop_name(self) -> str:
        return str(self.env["SHOPIFY_STORE_NAME"])

    def crew(self) -> str:
        """What runs of this ledger call themselves in the queue."""
        return digest(Ledger.copy(self.ledger, self.clock.now()).id)[:12]

    # --- eyes of its own, past API and ledger

    def available(self, sku: str) -> int:
        variant = self.till.variant(sku)
        assert variant is not None
        counts: dict[str, int] = self.merchant.level(variant["id"])["_counts"]
        return counts["available"]

    def variant(self, sku: str) -> str:
        variant = self.till.variant(sku)
        assert variant is not None
        return str(variant["id"])

    def quantity(self, id: str) -> int:
        return int(self.erp.sql("select quantity from inventory where id = %s", id)[0]["quantity"])

    def order_row(self, id: str) -> dict[str, Any]:
        (row,) = self.erp.sql("select * from orders where id = %s", id)
        return row

    def rows(self, table: str = "orders") -> list[dict[str, Any]]:
        return self.erp.sql(f"select * from {table} order by id")

    def queue(self, status: str = "failed") -> list[dict[str, Any]]:
        return self.erp.sql("select * from sync_queue where status = %s order by id", status)
