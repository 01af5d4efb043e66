"""The demonstration with Sentos: the real command between a made-up shop and a made-up Sentos, with its story told.

python -m syncdb.sandbox.sentos_demo [--folder PATH] [--serve]
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
from syncdb.clock import Clock
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.local import Sandbox, wait_for_ctrl_c
from syncdb.sandbox.sentos.books import Json
from syncdb.sandbox.sentos.clerk import Clerk
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.till import Till
from syncdb.sandbox.story import Story, Time, fresh_folder

BETWEEN_RUNS = 15 * 60.0  # seconds
LASTS = 5 * 3600.0  # seconds: a little more than the story takes, so that it ends by now
LEDGER = "shopify_sync.db"


class SentosStory(Story):
    """Runs the command in the current folder and looks at both sides past the APIs."""

    def __init__(self, sandbox: Sandbox, time: Time, environment: dict[str, str], console: Console) -> None:
        super().__init__(time, console)
        self.sandbox, self.environment = sandbox, environment
        self.clerk, self.till, self.goods = Clerk(sandbox.sentos), Till(sandbox.shop), sandbox.shop.goods
        # waiting for Sentos' limits costs the story's time, not that of whoever watches
        self.clock = Clock(now=sandbox.now, monotonic=time, sleep=time.pass_by)

    def sync(self, expected: int = 0, **asked: Any) -> None:
        """A quarter of an hour later the command runs, as cron would run it."""
        self.time.pass_by(BETWEEN_RUNS)
        options = (f" --{name}" if value is True else f" --{name}={value}" for name, value in asked.items())
        self.command("shopify_sentos_sync.py" + "".join(options))
        self.sandbox.faults.log.clear()
        with redirect_stderr(io.StringIO()) as logged:
            code = run("sentos", RunOptions(**asked), self.environment, self.clock)
        count = self.sandbox.faults.count
        self.remark(f"(exit code {code}; requests to Sentos: {count('sentos')}, of them writes: {count('sentos', 'write')})")
        if code != expected:
            self.console.print(logged.getvalue(), markup=False)
        self.check(code == expected, f"a run ended with exit code {code} instead of {expected}")

    def variant(self, sku: str) -> Node:
        found = self.till.variant(sku)
        if found is None:
            raise LookupError(f"no variant with the SKU {sku}")
        return found

    def stock(self, sku: str) -> int:
        item = self.variant(sku)["inventoryItem"]
        return sum(one["_counts"]["available"] for one in self.goods.levels.values() if one["item"]["id"] == item["id"])

    def sent(self, order: Node) -> list[Json]:
        """The orders of Sentos that are this one of the shop."""
        return self.clerk.books.with_order_id(f"kayra-demo-{order['legacyResourceId']}")

    def sent_once(self, order: Node) -> None:
        """Check that the order is in Sentos once, and comes to the shop's total to the cent."""
        sent = self.sent(order)
        self.check(len(sent) == 1, f"{order['name']} is in Sentos {len(sent)} times")
        for one in sent:
            total = sum((line["amount"] for line in one["lines"]), Decimal(0)) + one["shipping_total"]
            shown = Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])
            self.remark(f"{order['name']} is number {one['id']} in Sentos: {total} there, {shown} in the shop")
            self.check(total == shown, f"{order['name']} comes to {total} in Sentos, not {shown}")

    def in_step(self) -> None:
        """Check that prices and stock are those of Sentos."""
        for product, article in self.clerk.books.articles():
            there = (Decimal(self.variant(article.sku)["price"]), self.stock(article.sku))
            self.check(there == (product.sale_price, sum(article.stock.values())), f"{article.sku} is not as in Sentos")


def tell_all(story: SentosStory) -> None:
    """The whole story, step by step. Where it cannot go on, that is a promise that did not hold."""
    try:
        _steps(story)
    except (LookupError, ValueError) as why:
        story.check(False, f"the story cannot go on: {why}")


def _steps(story: SentosStory) -> None:
    _looked(story)
    _filled(story)
    _sold(story)
    _cut_off(story)
    _never_invented(story)
    _unclear(story)
    _gone(story)
    _idle(story)


def _looked(story: SentosStory) -> None:
    story.clerk.add_product("Tişört", "TS", "299.90", stock={1: 10}, list_price="349.90",
                            variants=[("TS-M", "Kırmızı", "M"), ("TS-S", "Kırmızı", "S")])  # fmt: skip
    story.clerk.add_product("Kupa", "MUG", "89.90", stock={1: 20, 2: 5})
    story.till.merchant.add_product("Mug", price="79.90", sku="MUG", stock=3)
    story.tell(
        "Look first", "Sentos has a shirt in two sizes and a mug; the shop has the mug only, cheaper.", "Nothing is allowed yet:"
    )
    story.sync(test=True)
    story.sync()
    story.check(story.variant("MUG")["price"] == "79.90", "the shop was written without being allowed")
    story.check(story.sandbox.faults.count("sentos", "write") == 0, "Sentos was written without being allowed")


def _filled(story: SentosStory) -> None:
    story.tell("Now the shop may be written", "The mug is found by its SKU. The shirt is made whole.")
    story.environment |= {"SHOPIFY_WRITES": "all"}
    story.sync()
    story.in_step()
    sizes = [one["sku"] for one in story.variant("TS-M")["product"]["variants"]]
    story.check(sizes == ["TS-S", "TS-M"], "the sizes are not in their order")
    story.check(story.variant("TS-M")["product"]["status"] == "DRAFT", "the new product is for sale already")


def _sold(story: SentosStory) -> None:
    story.tell("An order goes to Sentos", "Three mugs, 10 off, with shipping. It must come to the same total, and once.")
    story.environment |= {"SENTOS_WRITE": "true", "SENTOS_CHANNEL_ID": "3"}
    order = story.till.sell({"MUG": 3}, off="10.00")
    story.sync()
    story.sent_once(order)
    story.in_step()
    story.tell("It is cancelled", "Sentos hears of it, and the mugs lie on the shelf again on both sides.")
    story.till.cancel(order)
    story.sync()
    story.check(story.sent(order)[0]["status"] == 6, "it is not cancelled in Sentos")
    story.in_step()


def _cut_off(story: SentosStory) -> None:
    story.tell(
        "The connection breaks at the worst moment",
        "Sentos makes the order, and its answer is lost. It is looked for, not sent again.",
    )
    order = story.till.sell({"MUG": 1})
    story.sandbox.faults.add(Fault("apply_then_cut", "sentos write"))
    story.sync()
    lost = [one for one in story.sandbox.faults.log if one.applied and one.status is None]
    story.check(len(lost) == 1, "the answer was not lost as meant")
    story.sent_once(order)
    story.in_step()


def _never_invented(story: SentosStory) -> None:
    story.tell(
        "An order without telephone number",
        "Sentos wants one. It is never invented: the order is held back and named (exit code 3).",
    )
    order = story.till.sell({"MUG": 1}, phone=None)
    story.sync(expected=3)
    story.check(not story.sent(order), "it was sent")
    story.check(story.stock("MUG") == story.clerk.stock("MUG") - 1, "the mug that was sold is offered again")
    story.remark("Somebody adds the number in the admin:")
    story.till.shop.change_address(order["id"], phone="+90 532 765 43 21")
    story.sync()
    story.sent_once(order)
    story.in_step()


def _unclear(story: SentosStory) -> None:
    story.tell(
        "A price that could mean two things", '"1.299" could be 1299 or 1.299; a price of 0 is surely wrong. Neither is written.'
    )
    story.clerk.price("MUG", "1299")
    story.clerk.price("TS-S", "0")
    story.sandbox.sentos.behave(money="thousands")
    story.sync(expected=3)
    story.check((story.variant("MUG")["price"], story.variant("TS-S")["price"]) == ("89.90", "299.90"), "a price was guessed")
    story.clerk.price("MUG", "95.50")
    story.clerk.price("TS-S", "310.00")
    story.sandbox.sentos.behave(money="comma")
    story.sync()
    story.in_step()


def _gone(story: SentosStory) -> None:
    story.tell(
        "The shirt disappears from Sentos",
        "Once may be an accident. After the second whole listing it is taken off sale, never deleted.",
    )
    story.environment |= {"SENTOS_NEW": "active"}
    shirt = story.variant("TS-S")["product"]
    story.till.merchant.edit_product(shirt["id"], status="ACTIVE")
    story.clerk.remove("TS-S")
    story.sync()
    story.check(shirt["status"] == "ACTIVE", "it was taken off sale at once")
    story.sync()
    story.check(shirt["status"] == "DRAFT", "it is still for sale")


def _idle(story: SentosStory) -> None:
    story.tell("A day without news", "The next run has nothing to do: it must write nothing.")
    story.sync()
    story.an_hour_later()
    story.sync()
    story.check(story.sandbox.faults.count("sentos", "write") == 0, "a run without news wrote to Sentos")


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; 0 if everything in it came true, 1 if not, 2 if the folder is in use for something else."""
    parser = argparse.ArgumentParser(
        prog="python run.py demo sentos", description="Products in, orders out, between a made-up shop and a made-up Sentos."
    )
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where ledger and log are left (default demo)")
    parser.add_argument("--serve", action="store_true", help="keep shop and Sentos running afterwards, to go on with")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder: Path = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    clock = Time(-LASTS)
    with Sandbox(folder, quota=None, clock=clock, currency="TRY") as sandbox, chdir(folder):
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6  # a demonstration shall not wait for points
        prices = {"SENTOS_PRICE_LIST": "b2c"}
        environment = sandbox.environment() | prices | {"PATH": os.environ.get("PATH", "")}
        console.print("[bold]syncdb[/bold]: the real command, a made-up shop and a made-up Sentos, all on this computer.")
        console.print("A quarter of an hour passes before each run. No real Sentos was ever asked: docs/sentos.md.")
        story = SentosStory(sandbox, clock, environment, console)
        tell_all(story)
        return _end(story, folder, asked.serve, console)


def _end(story: SentosStory, folder: Path, serve: bool, console: Console) -> int:
    console.print(f"\nThe ledger: {folder / LEDGER}\nThe log: {folder / 'shopify_sync.log'}", markup=False)
    if story.broken():
        return 1
    console.print("\nEverything came true. For your own shop and Sentos: docs/sentos.md", style="bold green")
    manager = Path(__file__).resolve().parents[2] / "sync_manager.py"
    console.print(f"\nAsk the ledger, from {folder}:\n  {sys.executable} {manager} status", markup=False)
    if serve:
        _serve(story, folder, console)
    return 0


def _serve(story: SentosStory, folder: Path, console: Console) -> None:
    settings = story.sandbox.write_settings(folder)
    known = story.sandbox.environment()
    told = ("SENTOS_", "SHOPIFY_WRITES")
    own = {name: value for name, value in story.environment.items() if name.startswith(told) and name not in known}
    with settings.open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in own.items())
    script = Path(__file__).resolve().parents[2] / "shopify_sentos_sync.py"
    console.print(f"Settings are in {settings}. In another window, from {folder}:", markup=False)
    console.print(f"  {sys.executable} {script}", markup=False)
    console.print("Ctrl-C ends it.", markup=False)
    wait_for_ctrl_c()


if __name__ == "__main__":
    sys.exit(main())
