"""A shop, a Sentos, the people of both and the real command between them, in simulated time."""

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.sentos.clerk import Clerk
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.till import Till
from tests.account import account_key
from tests.cli.conftest import Answer, manage


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    text: str
    errors: str
    data: Mapping[str, Any]
    sentos_requests: int
    sentos_writes: int
    shop_writes: int

    def results(self, about: str) -> Mapping[str, Any]:
        (found,) = [one["results"] for one in self.data["runs"] if one["about"] == about]
        return found  # type: ignore[no-any-return]

    @property
    def written(self) -> int:
        return sum(one["counts"].get(f"written_{side}", 0) for one in self.data["runs"] for side in ("left", "right"))


@dataclass
class SentosWorld:
    """Everything a scenario needs. Time stands still unless told otherwise or the product waits."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    time: float = field(default_factory=lambda: datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp())
    habits: dict[str, Any] = field(default_factory=dict)
    currency: str = "TRY"

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(self.folder, clock=lambda: self.time, key=account_key(), currency=self.currency)
        self.sandbox.sentos.behave(**self.habits)
        self.sandbox.shopify.bucket.maximum = self.sandbox.shopify.bucket.rate = 1e6
        self.ledger = self.folder / "ledger.db"
        files = {"DB_PATH": str(self.ledger), "LOG_FILE": str(self.folder / "sync.log")}
        ours = {"SHOPIFY_WRITES": "all", "SENTOS_WRITE": "true", "SENTOS_CHANNEL_ID": "3", "SENTOS_NEW": "active"}
        ours |= {"SENTOS_PRICE_LIST": "b2c"}
        self.env = {**self.sandbox.environment(), **files, **ours, **self.env}
        self.clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time, sleep=self.pass_time)
        self.faults, self.sentos = self.sandbox.faults, self.sandbox.sentos
        self.clerk, self.till = Clerk(self.sentos), Till(self.sandbox.shop)
        self.merchant = Merchant(self.sandbox.shop.goods)

    @property
    def shop(self) -> Any:
        return self.sandbox.shop

    @property
    def goods(self) -> Any:
        return self.sandbox.shop.goods

    def pass_time(self, seconds: float = 0.0, *, hours: float = 0.0) -> None:
        self.time += seconds + hours * 3600

    def stock_up(self) -> None:
        """Two products that stand on both sides, under the same SKUs."""
        variants = [("TS-RED-S", "Kırmızı", "S"), ("TS-RED-M", "Kırmızı", "M")]
        self.clerk.add_product("Tişört", "TS", "299.90", variants=variants, stock={1: 10}, list_price="349.90")
        self.clerk.add_product("Kupa", "MUG", "89.90", stock={1: 25})
        shirt = self.merchant.add_product("T-Shirt", price="250.00", sku="TS-RED-S", stock=3)
        self.goods.products[shirt["id"]]["title"] = "T-Shirt"
        self.merchant.add_product("Kupa", price="89.90", sku="MUG", stock=20)

    def sync(self, **asked: Any) -> Ran:
        """A quarter of an hour later, somebody (or cron) runs the command."""
        self.pass_time(hours=0.25)
        out, err = io.StringIO(), io.StringIO()
        self.faults.log.clear()
        with redirect_stdout(out), redirect_stderr(err):
            code = run("sentos", RunOptions(**{"as_json": True} | asked), self.env, self.clock)
        text = out.getvalue()
        assert "Traceback" not in text + err.getvalue(), text + err.getvalue()
        data = json.loads(text) if asked.get("as_json", True) else {}
        seen = [one for one in self.faults.log if one.system == "sentos"]
        writes = sum(
            "mutation" in str((one.body_json or {}).get("query", "")) for one in self.faults.log if one.system == "shopify"
        )  # type: ignore[attr-defined]
        return Ran(code, text, err.getvalue(), data, len(seen), sum(one.kind == "write" for one in seen), writes)

    def synced(self, **asked: Any) -> Ran:
        """A run that must end well."""
        ran = self.sync(**asked)
        assert ran.code == 0, ran.text + ran.errors
        return ran

    def manage(self, *arguments: str) -> Answer:
        return manage(*arguments, "--db", str(self.ledger))

    # --- eyes of its own, past API and ledger

    def variant(self, sku: str) -> Any:
        found = [one for one in self.goods.variants.values() if one["sku"] == sku]
        assert len(found) == 1, f"{sku} stands {len(found)} times in the shop"
        return found[0]

    def available(self, sku: str) -> int:
        item = self.variant(sku)["inventoryItem"]
        return sum(one["_counts"]["available"] for one in self.goods.levels.values() if one["item"]["id"] == item["id"])

    def order_id(self, order: Mapping[str, Any]) -> str:
        return f"kayra-demo-{order['legacyResourceId']}"

    def sent(self, order: Mapping[str, Any]) -> list[Any]:
        """The orders of Sentos that are this one of the shop."""
        return self.sentos.books.with_order_id(self.order_id(order))

    def same_to_the_cent(self, order: Mapping[str, Any]) -> None:
        (sent,) = self.sent(order)
        lines = sum((line["price"] * line["quantity"] for line in sent["lines"]), Decimal(0))
        shown = Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])
        assert lines + sent["shipping_total"] == shown, order["name"]

    def in_step(self) -> None:
        """Shop and Sentos show the same prices and stock for every SKU that both have, worked out without the product."""
        both = 0
        for product, article in self.sentos.books.articles():
            variants = [one for one in self.goods.variants.values() if one["sku"] == article.sku]
            if len(variants) == 1:
                both += 1
                assert Decimal(variants[0]["price"]) == product.sale_price, article.sku
                assert self.available(article.sku) == sum(article.stock.values()), article.sku
        assert both

    def close(self) -> None:
        self.sandbox.close()
