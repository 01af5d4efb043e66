"""The demonstration with an ERP: the real command between a made-up shop and a real PostgreSQL, with its story told.

python -m syncdb.sandbox.erp_demo [--folder PATH]
"""

import argparse
import io
import os
import sys
from contextlib import chdir, redirect_stderr
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.postgres.address import erp_address
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.installing import install
from syncdb.connectors.postgres.tables import default_tables
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.postgres.binaries import NoServer
from syncdb.sandbox.postgres.server import LocalPostgres
from syncdb.sandbox.shopify.till import Till
from syncdb.sandbox.story import Story, Time, fresh_folder

BETWEEN_RUNS = 15 * 60.0  # seconds
LEDGER = "shopify_sync.db"
Row = dict[str, Any]


class ErpStory(Story):
    """Runs the command in the current folder and looks at both sides past API and product."""

    def __init__(self, sandbox: Sandbox, url: str, time: Time, environment: dict[str, str], console: Console) -> None:
        super().__init__(time, console)
        self.sandbox, self.url, self.environment = sandbox, url, environment
        self.till = Till(sandbox.shop)
        self.clock = Clock(now=sandbox.now, monotonic=time, sleep=time.pass_by)

    def sql(self, text: str, *values: object) -> list[Row]:
        """What somebody does in the ERP."""
        import psycopg
        from psycopg.rows import dict_row

        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as session:
            cursor = session.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def sync(self, expected: int = 0, **asked: Any) -> None:
        """A quarter of an hour later the command runs, as cron would run it."""
        self.time.pass_by(BETWEEN_RUNS)
        options = (f" --{name}" if value is True else f" --{name}={value}" for name, value in asked.items())
        self.command("shopify_erp_sync.py" + "".join(options))
        self.sandbox.faults.log.clear()
        with redirect_stderr(io.StringIO()) as logged:
            code = run("erp", RunOptions(**asked), self.environment, self.clock)
        count = self.sandbox.faults.count
        self.remark(f"(exit code {code}; requests to the shop: {count('shopify')}, of them writes: {count('shopify', 'write')})")
        if code != expected:
            self.console.print(logged.getvalue(), markup=False)
        self.check(code == expected, f"a run ended with exit code {code} instead of {expected}")

    def available(self, sku: str) -> int:
        variant = self.till.variant(sku)
        if variant is None:
            raise LookupError(f"no variant with the SKU {sku}")
        counts: dict[str, int] = self.till.merchant.level(variant["id"])["_counts"]
        return counts["available"]

    def quantity(self, sku: str) -> int:
        text = "select i.quantity from inventory i join products p on p.id = i.product_id where p.sku = %s"
        return int(self.sql(text, sku)[0]["quantity"])

    def in_step(self, sku: str, pieces: int) -> None:
        """Check that both sides show so many pieces."""
        shown = (self.available(sku), self.quantity(sku))
        self.remark(f"{sku}: {shown[0]} in the shop, {shown[1]} in the ERP")
        self.check(shown == (pieces, pieces), f"{sku} is {shown[0]} in the shop and {shown[1]} in the ERP, not {pieces}")

    def take_order(self, number: str, sku: str, pieces: int, price: str, street: str | None = "Örnek Sok. 1") -> str:
        """Somebody takes an order in the ERP; its key."""
        text = (
            "insert into orders (order_number, email, currency, total, shipping_name, shipping_address1, shipping_city, "
            "shipping_postal_code, shipping_country) values (%s, 'ayse@example.com', 'EUR', %s, 'Ayşe Örnek', %s, 'Istanbul', "
            "'34710', 'TR') returning id"
        )
        id = str(self.sql(text, number, Decimal(price) * pieces, street)[0]["id"])
        lines = "insert into order_items (order_id, sku, title, quantity, unit_price) values (%s, %s, %s, %s, %s)"
        self.sql(lines, id, sku, sku, pieces, price)
        return id


def tell_all(story: ErpStory) -> None:
    """The whole story, step by step. Where it cannot go on, that is a promise that did not hold."""
    try:
        for step in (_looked, _counted, _sold, _taken, _cut_off, _refused, _asked, _idle):
            step(story)
    except (LookupError, ValueError) as why:
        story.check(False, f"the story cannot go on: {why}")


def _looked(story: ErpStory) -> None:
    for sku, price, pieces in (("SHIRT", "29.90", 10), ("MUG", "9.90", 20)):
        story.till.merchant.add_product(f"A {sku.lower()}", price=price, sku=sku, stock=pieces)
        made = story.sql("insert into products (sku, name, price) values (%s, %s, %s) returning id", sku, sku, price)[0]["id"]
        story.sql("insert into inventory (product_id, quantity) values (%s, %s)", made, pieces)
    story.tell("Look first", "Shop and ERP both have a shirt and a mug, with the same counts.", "A trial run writes nothing:")
    story.sync(test=True)
    story.sync()
    story.in_step("SHIRT", 10)


def _counted(story: ErpStory) -> None:
    story.tell("Stock, both ways", "Five shirts arrive in the ERP while the shop sells two: both movements count.")
    story.sql("update inventory set quantity = quantity + 5 where product_id = (select id from products where sku = 'SHIRT')")
    variant = story.till.variant("SHIRT")
    story.till.merchant.sell((variant or {})["id"], 2)
    story.sync()
    story.in_step("SHIRT", 13)


def _sold(story: ErpStory) -> None:
    story.tell("An order of the shop", "Somebody buys a mug. It comes into the ERP with its buyer, and the stock follows.")
    order = story.till.sell({"MUG": 1})
    story.sync()
    rows = story.sql("select * from orders where shopify_order_id = %s", order["legacyResourceId"])
    story.check(len(rows) == 1 and rows[0]["customer_id"] is not None, "the order is not in the ERP once, with its buyer")
    story.in_step("MUG", 19)


def _taken(story: ErpStory) -> None:
    story.tell(
        "An order of the ERP", "An order by telephone is made in the shop; when it is shipped, the customer can follow it."
    )
    id = story.take_order("SO-1", "SHIRT", 2, "29.90")
    story.sync()
    row = story.sql("select * from orders where id = %s", id)[0]
    story.remark(f"SO-1 is {row['shopify_order_name']} in the shop")
    story.check(row["shopify_sync_status"] == "synced", "the order of the ERP is not in the shop")
    story.sql("update orders set tracking_number = 'YK-1', tracking_company = 'Yurtiçi' where id = %s", id)
    story.sync()
    order = next(one for one in story.sandbox.shop.orders.values() if one["sourceIdentifier"] == f"erp:{id}")
    told = [one["trackingInfo"][0]["number"] for one in order["fulfillments"]]
    story.check(told == ["YK-1"], "the tracking number is not in the shop")


def _cut_off(story: ErpStory) -> None:
    story.tell("An answer is lost", "The connection breaks while an order is made. It is looked for, and never made twice.")
    id = story.take_order("SO-2", "MUG", 1, "9.90")
    story.sandbox.faults.add(Fault("apply_then_cut", "shopify write"))
    story.sync()
    story.sync()
    made = [one for one in story.sandbox.shop.orders.values() if one["sourceIdentifier"] == f"erp:{id}"]
    story.check(len(made) == 1, f"the order is in the shop {len(made)} times")


def _refused(story: ErpStory) -> None:
    story.tell("An order without an address", "It cannot be made in the shop: the queue says why, and all others go on.")
    id = story.take_order("SO-3", "SHIRT", 1, "29.90", street=None)
    story.sync(expected=3)
    failed = story.sql("select error_message from sync_queue where status = 'failed' and entity_id = %s", id)
    story.check(len(failed) == 1, "the queue does not say what is wrong")
    for row in failed:
        story.remark(row["error_message"])
    story.sql("update orders set shipping_address1 = 'Örnek Sok. 3' where id = %s", id)
    story.sync()
    row = story.sql("select shopify_sync_status from orders where id = %s", id)[0]
    story.check(row["shopify_sync_status"] == "synced", "the order was not made once it was mended")


def _asked(story: ErpStory) -> None:
    story.tell("Changed on both sides", "The same note is changed here and there: nobody's word is lost, a person is asked.")
    order = next(iter(story.sandbox.shop.orders.values()))
    story.sandbox.shop.set_note(order["id"], "from the shop")
    story.sql("update orders set note = 'from the office' where shopify_order_id = %s", order["legacyResourceId"])
    story.sync()
    there = story.sql("select note from orders where shopify_order_id = %s", order["legacyResourceId"])[0]["note"]
    story.check((order["note"], there) == ("from the shop", "from the office"), "somebody's note was written over")


def _idle(story: ErpStory) -> None:
    story.tell("A day without news", "The next run has nothing to do: it must write nothing.")
    story.sync()
    story.an_hour_later()
    story.sync()
    story.check(story.sandbox.faults.count("shopify", "write") == 0, "a run without news wrote to the shop")


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; 0 if everything in it came true, 1 if not, 2 if it cannot be shown here."""
    parser = argparse.ArgumentParser(
        prog="python run.py demo erp", description="A made-up shop and a small ERP in a real PostgreSQL, both ways."
    )
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where ledger and log are left (default demo)")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder: Path = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    try:
        server = LocalPostgres()
    except NoServer as lacking:
        console.print(str(lacking), markup=False)
        return 2
    clock = Time()
    with server, Sandbox(folder, quota=None, clock=clock, currency="EUR") as sandbox, chdir(folder):
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6  # a demonstration shall not wait for points
        url = server.url()
        database = ErpDatabase(erp_address(url), SYSTEM)
        install(database, default_tables("public"), complete=True)
        database.close()
        environment = sandbox.environment() | {"ERP_DATABASE_URL": url, "PATH": os.environ.get("PATH", "")}
        console.print("[bold]syncdb[/bold]: the real command, a made-up shop and a real PostgreSQL, all on this computer.")
        console.print(
            "A quarter of an hour passes before each run. The ERP was made with sync_manager.py erp install --complete."
        )
        story = ErpStory(sandbox, url, clock, environment, console)
        tell_all(story)
        return _end(story, folder, console)


def _end(story: ErpStory, folder: Path, console: Console) -> int:
    console.print(f"\nThe ledger: {folder / LEDGER}\nThe log: {folder / 'shopify_sync.log'}", markup=False)
    if story.broken():
        return 1
    console.print("\nEverything came true. For your own shop and ERP: docs/erp.md", style="bold green")
    return 0


if __name__ == "__main__":
    sys.exit(main())
