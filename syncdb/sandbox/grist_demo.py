"""The demonstration with Grist: the real command between a made-up shop and a made-up document, both ways, with its story told.

python -m syncdb.sandbox.grist_demo [--products N] [--folder PATH] [--serve]
"""

import argparse
import os
import sys
from contextlib import chdir
from pathlib import Path

from rich.console import Console

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.grist_story import BETWEEN_RUNS, LEDGER, GristStory, leave_pages
from syncdb.sandbox.local import Sandbox, wait_for_ctrl_c
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.story import Time, fresh_folder

PRODUCTS = 20
RUNS, IDLE_HOURS = 16, 2
LASTS = RUNS * BETWEEN_RUNS + IDLE_HOURS * 3600 + 120  # seconds; the story begins so long ago, so that it ends just before now
NAMES = {"shopify": "the shop", "grist": "Grist"}
ALLOWED = "products,variants,inventory"  # what Grist may change in the shop


def tell_all(story: GristStory) -> None:
    """The whole story, step by step. Where it cannot go on, that is a promise that did not hold."""
    try:
        _steps(story)
    except (LookupError, ValueError) as why:
        story.check(False, f"the story cannot go on: {why}")


def _steps(story: GristStory) -> None:
    green = story.merchant.add_product("Green tea", price="29.90", sku="TEA-1", stock=10, vendor="Tea & Co")
    black = story.merchant.add_product("Black tea", price="24.50", sku="TEA-2", stock=25, vendor="Tea & Co")
    tea, other = green["variants"][0], black["variants"][0]
    _filled(story)
    _to_the_shop(story, tea)
    _to_grist(story, green)
    _stock(story, tea)
    _conflict(story, tea)
    _people(story, tea)
    _word(story, tea, other)
    _cut_off(story, tea)
    _idle(story)
    _dry_run(story, black)


def _filled(story: GristStory) -> None:
    goods = story.goods
    count = f"{len(goods.products)} products, {len(goods.variants)} variants, {len(goods.levels)} counts of stock"
    story.tell("The first run", f"A shop with {count},", "and an empty Grist document. Its tables and columns are made.")
    story.sync()
    story.agreed()
    story.tell("The second run", "Nothing happened in between. It must write nothing.")
    story.sync()
    story.check(story.writes == 0, "the second run wrote something")


def _to_the_shop(story: GristStory, tea: Node) -> None:
    story.tell("A price is changed in Grist", "Green tea from 29.90 to 28.90. Nobody has allowed writing to the shop yet:")
    story.edit("Variants", tea["id"], "Price", 28.9)
    story.sync()
    story.check(tea["price"] == "29.90", "the shop was written without being allowed")
    story.check(story.shown("Variants", tea["id"], "Price") == 28.9, "the price typed in Grist was touched")
    story.remark(f"Now it is allowed: shopify_writes = {ALLOWED}")
    story.environment["SHOPIFY_WRITES"] = ALLOWED
    story.sync()
    story.check(tea["price"] == "28.90", "the price did not reach the shop")
    story.agreed()


def _to_grist(story: GristStory, green: Node) -> None:
    story.tell("A title is changed in the shop", "It goes to Grist. A vendor changed there at the same time goes to the shop.")
    story.merchant.edit_product(green["id"], title="Green tea, loose")
    story.edit("Products", green["id"], "Vendor", "Tea & Sons")
    story.sync()
    story.check(story.shown("Products", green["id"], "Title") == "Green tea, loose", "the title did not reach Grist")
    story.check(green["vendor"] == "Tea & Sons", "the vendor did not reach the shop")


def _stock(story: GristStory, tea: Node) -> None:
    level = story.merchant.level(tea["id"])
    story.tell("Stock moves on both sides", "10 green teas. The shop sells 2; 5 are received in Grist. Right is 13.")
    story.merchant.sell(tea["id"], 2)
    story.edit("Inventory", level["id"], "Available", 15)
    story.sync()
    there = story.shown("Inventory", level["id"], "Available")
    story.remark(f"Available now: {level['_counts']['available']} in the shop, {there} in Grist")
    story.check(level["_counts"]["available"] == 13 == there, "the stock is not 13 on both sides")


def _conflict(story: GristStory, tea: Node) -> None:
    story.tell("Both change the same price", "31.00 in the shop, 32.50 in Grist. Neither is overwritten; a person decides.")
    story.merchant.edit_variant(tea["id"], price="31.00")
    story.edit("Variants", tea["id"], "Price", 32.5)
    story.sync()
    story.check((tea["price"], story.shown("Variants", tea["id"], "Price")) == ("31.00", 32.5), "a side was overwritten")
    story.manage("conflicts")
    found = story.ask("conflicts")["conflicts"]
    story.check(len(found) == 1, f"there are {len(found)} conflicts instead of one")
    for one in found:
        story.manage("conflicts", one["id"], "--take", "grist")
    story.sync()
    story.check(tea["price"] == "32.50", "the decision was not carried out")
    story.check(story.ask("conflicts")["count"] == 0, "the conflict is still open")
    story.agreed()


def _people(story: GristStory, tea: Node) -> None:
    story.tell(
        "A colleague works in the document",
        "adds a column with a remark and a formula, and calls our column Price Preis.",
        "Then the price changes in the shop: it goes to Preis, and theirs stay.",
    )
    person = story.person("Variants")
    person.add_column("To do")
    person.add_formula("For two", "$Price * 2")
    story.edit("Variants", tea["id"], "To do", "ask the supplier")
    person.rename_column("Price", "Preis")
    story.price = "Preis"
    story.merchant.edit_variant(tea["id"], price="40.00")
    before = story.column("Variants", "To do")
    story.sync()
    story.check(story.shown("Variants", tea["id"], "Preis") == 40, "the price did not reach the renamed column")
    story.check(story.column("Variants", "To do") == before, "the colleague's column was touched")
    works = person.column("For two").computed and story.shown("Variants", tea["id"], "For two") == 80
    story.check(works, "the colleague's formula was touched")
    story.check("Price" not in [one.label for one in person.here().ordered()], "the old column was made again")


def _word(story: GristStory, tea: Node, other: Node) -> None:
    story.tell(
        "A word where a number belongs",
        '"ask Ann" is typed into the price of green tea, 25.00 into that of black tea.',
        "The word is held back and told (exit code 3); the other price goes on.",
    )
    story.edit("Variants", tea["id"], "Preis", "ask Ann")
    story.edit("Variants", other["id"], "Preis", 25)
    story.sync(expected=3)
    story.check(tea["price"] == "40.00", "the word did something to the shop's price")
    story.check(story.shown("Variants", tea["id"], "Preis") == "ask Ann", "the word was overwritten")
    story.check(other["price"] == "25.00", "the other price did not go on")
    story.manage("errors")
    story.remark("The word is replaced by 41.00:")
    story.edit("Variants", tea["id"], "Preis", 41)
    story.sync()
    story.check(tea["price"] == "41.00", "the corrected price did not reach the shop")
    story.check(not [one for one in story.ask("errors")["groups"] if one["open"]], "the error is still open")


def _cut_off(story: GristStory, tea: Node) -> None:
    level = story.merchant.level(tea["id"])
    story.tell(
        "The connection breaks at the worst moment",
        "The shop sells 1 and has a new product; Grist receives 4 (13 - 1 + 4 = 16).",
        "Each side carries out a write whose answer is lost. Nothing happens twice.",
    )
    story.merchant.sell(tea["id"], 1)
    story.merchant.add_product("White tea", price="24.00", sku="TEA-3", stock=6)
    story.edit("Inventory", level["id"], "Available", 17)
    story.sandbox.faults.add(Fault("apply_then_cut", "shopify write"), Fault("apply_then_cut", "grist write"))
    story.sync()
    unanswered = [one.system for one in story.sandbox.faults.log if one.applied and one.status is None]
    story.check(sorted(unanswered) == ["grist", "shopify"], "the answers were not lost as meant")
    there = story.shown("Inventory", level["id"], "Available")
    story.remark(f"Available now: {level['_counts']['available']} in the shop, {there} in Grist")
    story.check(level["_counts"]["available"] == 16 == there, "the stock is not 16 on both sides")
    story.agreed()


def _idle(story: GristStory) -> None:
    story.tell(
        "Hours without news",
        "One more run looks again at what the last one wrote. The next has nothing to",
        "do: it must write nothing and cost at most three requests a side.",
    )
    story.an_hour_later()
    story.sync()
    story.an_hour_later()
    story.sync()
    story.check(story.writes == 0, "a run without news wrote something")
    for system in NAMES:
        story.check(
            0 < story.requests(system) <= 3, f"a run without news sent {story.requests(system)} requests to {NAMES[system]}"
        )


def _dry_run(story: GristStory, black: Node) -> None:
    story.tell("Look before you leap", "A title changes in the shop. --test only says what would be done.")
    story.merchant.edit_product(black["id"], title="Black tea, strong")
    before = story.tables()
    story.sync(test=True, fields=("products",))
    story.check(story.writes == 0 and story.tables() == before, "the dry run changed something")
    planned = Path("test_output") / "products" / "summary.html"
    story.check(planned.exists() and "Black tea, strong" in planned.read_text(encoding="utf-8"), "the plan does not tell it")
    story.remark("Now it is done:")
    story.sync()
    story.agreed()


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; 0 if everything in it came true, 1 if not, 2 if the folder is in use for something else."""
    parser = argparse.ArgumentParser(
        prog="python run.py demo grist", description="The whole job both ways, on a made-up shop and a made-up Grist document."
    )
    parser.add_argument("--products", type=int, default=PRODUCTS, help=f"how many more products there are (default {PRODUCTS})")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where ledger, log and pages are left (default demo)")
    parser.add_argument("--serve", action="store_true", help="keep shop and document running, to look at in a browser")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder: Path = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    clock = Time(-LASTS)
    with Sandbox(folder, quota=None, clock=clock) as sandbox, chdir(folder):
        generate_goods(sandbox.shop.goods, asked.products, 7, sandbox.now())
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6  # a demonstration shall not wait for points
        environment = sandbox.environment() | {"PATH": os.environ.get("PATH", "")}
        console.print("[bold]syncdb[/bold]: the real command, a made-up shop and a made-up Grist document,")
        console.print("all on this computer. A quarter of an hour passes before each run.")
        story = GristStory(sandbox, clock, environment, console)
        tell_all(story)
        return _end(story, folder, asked.serve, console)


def _end(story: GristStory, folder: Path, serve: bool, console: Console) -> int:
    leave_pages(story.sandbox, folder / "document")
    console.print(f"\nThe document's tables as pages: {folder / 'document' / 'Products.html'}", markup=False)
    console.print(f"The dry run: {folder / 'test_output' / 'products' / 'summary.html'}", markup=False)
    console.print(f"The ledger: {folder / LEDGER}\nThe log: {folder / 'shopify_sync.log'}", markup=False)
    if story.broken():
        return 1
    console.print("\nEverything came true. For your own shop and document: docs/grist.md", style="bold green")
    manager = Path(__file__).resolve().parents[2] / "sync_manager.py"
    console.print(f"\nAsk the ledger, from {folder}:\n  {sys.executable} {manager} status", markup=False)
    if serve:
        _serve(story, folder, console)
    return 0


def _serve(story: GristStory, folder: Path, console: Console) -> None:
    settings = story.sandbox.write_settings(folder)
    with settings.open("a", encoding="utf-8") as file:
        file.write(f"SHOPIFY_WRITES={ALLOWED}\n")
    console.print(f"Open {story.sandbox.server.url}/grist in a browser. Ctrl-C ends it.", markup=False)
    wait_for_ctrl_c()


if __name__ == "__main__":
    sys.exit(main())
