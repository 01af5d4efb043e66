"""The demonstration with two stores: the real command between two made-up shops, both ways, with its story told.

python -m syncdb.sandbox.stores_demo [--products N] [--folder PATH] [--serve]
"""

import argparse
import io
import json
import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from rich.console import Console

from syncdb.cli.app import main as manager
from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.stores import LocalStore, TwoStores
from syncdb.sandbox.stores_by_hand import HOME, serve
from syncdb.sandbox.stores_page import page, shown
from syncdb.sandbox.story import Story, Time, fresh_folder

PRODUCTS = 8
LEDGER = "shopify_sync.db"
BETWEEN_RUNS = 15 * 60.0  # seconds
RUNS = 20
PAGE = "stores.html"


class StoresStory(Story):
    """Runs the commands in the current folder and looks at both shops past the API."""

    def __init__(self, sandbox: TwoStores, time: Time, environment: dict[str, str], console: Console) -> None:
        super().__init__(time, console)
        self.sandbox, self.environment = sandbox, environment
        self.taf, self.afl = sandbox.taf, sandbox.afl
        self.clock = Clock(now=sandbox.now, monotonic=time, sleep=time.pass_by)

    def sync(self, expected: int = 0, **asked: Any) -> None:
        """A quarter of an hour later the command runs. What it logs is shown if it ends unexpectedly."""
        self.time.pass_by(BETWEEN_RUNS)
        self.command("shopify_stores_sync.py" + "".join(f" --{name}" for name in asked))
        for one in (self.taf, self.afl):
            one.faults.log.clear()
        with redirect_stderr(io.StringIO()) as logged:
            code = run("stores", RunOptions(**asked), self.environment, self.clock)
        told = ", ".join(f"{one.name} {one.faults.count('shopify')}" for one in (self.taf, self.afl))
        self.remark(f"(exit code {code}; requests: {told}; of them writes: {self.writes})")
        if code != expected:
            self.console.print(logged.getvalue(), markup=False)
        self.check(code == expected, f"a run ended with exit code {code} instead of {expected}")

    @property
    def writes(self) -> int:
        """How many requests of the last run wrote, to either store."""
        return sum(one.faults.count("shopify", "write") for one in (self.taf, self.afl))

    def manage(self, *arguments: str) -> None:
        """A command of the manager, with all it says."""
        self.command(f"sync_manager.py {' '.join(arguments)}")
        with redirect_stderr(sys.stdout):
            code = _manager(*arguments)
        self.check(code == 0, f"sync_manager.py {arguments[0]} ended with exit code {code}")

    def ask(self, *arguments: str) -> Any:
        """What a command of the manager answers, as data."""
        with redirect_stdout(io.StringIO()) as answer:
            _manager(*arguments, "--json")
        return json.loads(answer.getvalue())

    def variant(self, store: LocalStore, sku: str) -> Node:
        """The variant of that SKU. Raises LookupError where there is none."""
        found = [one for one in store.goods.variants.values() if one["sku"] == sku]
        if len(found) != 1:
            raise LookupError(f"{store.name} has {len(found)} variants {sku}")
        return found[0]

    def stock(self, store: LocalStore, sku: str) -> int:
        """What can be sold of it at the store's warehouse."""
        place = store.shop.location["id"]
        levels = self.variant(store, sku)["inventoryItem"]["inventoryLevels"]
        return int(next(one["_counts"]["available"] for one in levels if one["location"]["id"] == place))

    def alike(self, what: str) -> None:
        """Check that both stores show the same goods, prices and stock."""
        left, right = (shown(one) for one in (self.taf, self.afl))
        differing = sorted(sku for sku in left | right if left.get(sku) != right.get(sku))
        self.check(not differing, f"{what}: the stores differ in {', '.join(differing[:3])}")


def _manager(*arguments: str) -> int:
    sys.stdout.flush()
    try:
        manager([*arguments, "--db", LEDGER])
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0


def tell_all(story: StoresStory) -> None:
    """The whole story, step by step. Where it cannot go on, that is a promise that did not hold."""
    try:
        _beginning(story)
        _edits(story)
        _stock(story)
        _conflict(story)
        _new(story)
        _cut_off(story)
        _deleted(story)
        _idle(story)
    except (LookupError, ValueError) as why:
        story.check(False, f"the story cannot go on: {why}")


def _beginning(story: StoresStory) -> None:
    count = len(story.taf.goods.products)
    story.tell("Look first", f"Two shops that both have {count} products. Nothing may be written yet, so a run only plans.")
    story.sync(test=True)
    story.check(story.writes == 0, "the dry run wrote something")
    story.tell("The first run", "It is allowed now: stores_write. What both have is found to be the same; nothing is made twice.")
    story.environment["STORES_WRITE"] = "yes"
    story.sync()
    story.check(len(story.afl.goods.products) == count == len(story.taf.goods.products), "a product was made twice")
    story.alike("after the first run")
    story.tell("Links for people to see", "Metafields show which products belong together; they are defined once.")
    with redirect_stdout(io.StringIO()):
        environ, os.environ = dict(os.environ), {**os.environ, **story.environment}  # type: ignore[assignment]
        code = _setup()
        os.environ.clear()
        os.environ.update(environ)
    story.command("sync_manager.py setup --pair stores --yes")
    story.check(code == 0, "the metafields could not be defined")
    story.sync(full=True)


def _setup() -> int:
    try:
        manager(["setup", "--pair", "stores", "--yes"])
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0


def _edits(story: StoresStory) -> None:
    tea, other = story.variant(story.taf, "TEA-1"), story.variant(story.afl, "TEA-1")
    story.tell("Both edit the same product", "A title and a picture in taf, a price in afl: all of it is in both afterwards.")
    story.taf.merchant.edit_product(tea["product"]["id"], title="Green tea, loose")
    picture(story.taf, tea["product"], "A cup of green tea")
    story.afl.merchant.edit_variant(other["id"], price="31.00")
    story.sync()
    story.alike("after edits on both sides")
    story.check(other["product"]["title"] == "Green tea, loose" and tea["price"] == "31.00", "an edit did not arrive")


def picture(store: LocalStore, product: Node, alt: str) -> None:
    """A merchant adds a picture to a product."""
    node = ready("IMAGE", store.goods.new_id(), png(4, 3, 7), alt, "tea.png", 1, store.goods.stamp())
    product["media"].append(store.goods.files.keep(node))
    store.goods.product_changed(product)


def _stock(story: StoresStory) -> None:
    story.tell("Both sell at once", "10 green teas. taf sells 2, afl sells 1 and receives 5. Right is 12, in both.")
    story.taf.merchant.sell(story.variant(story.taf, "TEA-1")["id"], 2)
    story.afl.merchant.sell(story.variant(story.afl, "TEA-1")["id"], 1)
    story.afl.merchant.receive(story.variant(story.afl, "TEA-1")["id"], 5)
    story.sync()
    there = [story.stock(one, "TEA-1") for one in (story.taf, story.afl)]
    story.remark(f"Available now: {there[0]} in taf, {there[1]} in afl")
    story.check(there == [12, 12], "the stock is not 12 in both stores")


def _conflict(story: StoresStory) -> None:
    story.tell("Both change the same price", "33.00 in taf, 29.00 in afl. Neither is overwritten; a person decides.")
    story.taf.merchant.edit_variant(story.variant(story.taf, "TEA-1")["id"], price="33.00")
    story.afl.merchant.edit_variant(story.variant(story.afl, "TEA-1")["id"], price="29.00")
    story.sync()
    story.manage("conflicts")
    found = story.ask("conflicts")["conflicts"]
    story.check(len(found) == 1, f"there are {len(found)} conflicts instead of one")
    for one in found:
        story.manage("conflicts", one["id"], "--take", "taf", "--yes")
    story.sync()
    story.check(story.variant(story.afl, "TEA-1")["price"] == "33.00", "the decision was not carried out")


def _new(story: StoresStory) -> None:
    story.tell("A new product in afl", "It is made in taf with its price and its stock.")
    story.afl.merchant.add_product("White tea", price="24.00", sku="TEA-3", stock=6, vendor="Tea & Co")
    story.sync()
    story.alike("after a new product")


def _cut_off(story: StoresStory) -> None:
    story.tell(
        "The connection breaks at the worst moment",
        "Both sell one white tea and taf has a new product.",
        "Each store carries out a write whose answer is lost. Nothing happens twice.",
    )
    for one in (story.taf, story.afl):
        one.merchant.sell(story.variant(one, "TEA-3")["id"], 1)
        one.faults.add(Fault("apply_then_cut", "shopify write"))
    story.taf.merchant.add_product("Red tea", price="19.00", sku="TEA-4", stock=3, vendor="Tea & Co")
    story.sync()
    story.sync()
    there = [story.stock(one, "TEA-3") for one in (story.taf, story.afl)]
    story.check(there == [4, 4], f"there are {there} white teas instead of 4 in both")
    story.alike("after the lost answers")


def _deleted(story: StoresStory) -> None:
    story.tell("A product is deleted in taf", "It is taken off sale in afl, not deleted, and does not come back.")
    story.taf.merchant.delete_product(story.variant(story.taf, "TEA-4")["product"]["id"])
    story.sync(full=True)
    story.sync(full=True)
    left = story.variant(story.afl, "TEA-4")["product"]
    story.check(left["status"] == "DRAFT", "the product is still for sale in afl")
    story.check("TEA-4" not in shown(story.taf), "the deleted product came back")


def _idle(story: StoresStory) -> None:
    story.tell("Hours without news", "A run has nothing to do: it must write nothing and cost at most four requests a side.")
    story.an_hour_later()
    story.sync()
    story.an_hour_later()
    story.sync()
    story.check(story.writes == 0, "a run without news wrote something")
    for one in (story.taf, story.afl):
        sent = one.faults.count("shopify")
        story.check(0 < sent <= 4, f"a run without news sent {sent} requests to {one.name}")


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; 0 if everything in it came true, 1 if not, 2 if the folder is in use for something else."""
    parser = argparse.ArgumentParser(prog="python run.py demo stores", description="The whole job between two made-up shops.")
    parser.add_argument("--products", type=int, default=PRODUCTS, help=f"how many more products there are (default {PRODUCTS})")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where ledger, log and page are left (default demo)")
    parser.add_argument("--serve", action="store_true", help="keep both stores running afterwards, to look at and to go on with")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder: Path = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    time = Time(-(RUNS * BETWEEN_RUNS + 2 * 3600 + 120))
    with TwoStores(clock=time) as sandbox, chdir(folder):
        _stocked(sandbox, asked.products)
        environment = sandbox.environment() | {"PATH": os.environ.get("PATH", "")}
        console.print("[bold]syncdb[/bold]: the real command between two made-up shops, taf and afl,")
        console.print("all on this computer. A quarter of an hour passes before each run.")
        story = StoresStory(sandbox, time, environment, console)
        tell_all(story)
        (folder / PAGE).write_text(page(sandbox), encoding="utf-8")
        return _end(story, folder, asked.serve, console)


def _end(story: StoresStory, folder: Path, keep: bool, console: Console) -> int:
    console.print(f"\nBoth stores side by side: {folder / PAGE}", markup=False)
    console.print(f"The ledger: {folder / LEDGER}\nThe log: {folder / 'shopify_sync.log'}", markup=False)
    if story.broken():
        return 1
    console.print("\nEverything came true. For your own stores: docs/two-stores.md", style="bold green")
    console.print(f"\nAsk the ledger, from {folder}:\n  {sys.executable} {HOME / 'sync_manager.py'} status", markup=False)
    if keep:
        serve(story.sandbox, folder, console, write=True)
    return 0


def _stocked(sandbox: TwoStores, more: int) -> None:
    """The same goods in both shops, as a merchant who opened the second one by hand has them."""
    for one in (sandbox.taf, sandbox.afl):
        one.app.bucket.maximum = one.app.bucket.rate = 1e6  # a demonstration shall not wait for points
        one.merchant.add_product("Green tea", price="29.90", sku="TEA-1", stock=10, vendor="Tea & Co")
        one.merchant.add_product("Black tea", price="24.50", sku="TEA-2", stock=25, vendor="Tea & Co")
        for number in range(more):
            one.merchant.add_product(f"Mug {number + 1}", price="9.00", sku=f"MUG-{number + 1}", stock=4, vendor="Tea & Co")


if __name__ == "__main__":
    sys.exit(main())
