"""The demonstration: the real command against a made-up shop and a made-up sheet on this computer, with its story told.

python -m syncdb.sandbox.demo [--orders N] [--folder PATH] [--serve]
"""

import argparse
import os
import random
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

from rich.console import Console

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.google.cells import Formula, Packed, entered
from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.local import Sandbox, wait_for_ctrl_c
from syncdb.sandbox.shopify.generate import new_order
from syncdb.sandbox.story import Story, Time, fresh_folder
from syncdb.wording import counted

ORDERS = 60
LASTS = 3720.0  # seconds: the story begins so long ago, so that it ends just before now


class SheetStory(Story):
    """The story of a shop and a sheet."""

    def __init__(self, sandbox: Sandbox, time: Time, environment: dict[str, str], console: Console) -> None:
        super().__init__(time, console)
        self.sandbox, self.environment = sandbox, environment
        self.clock = Clock(now=sandbox.now)

    @property
    def colleague(self) -> Colleague:
        return Colleague(self.sandbox.spreadsheet, "Orders")

    def sync(self, **asked: Any) -> None:
        """The command, as cron would run it."""
        options = "".join(f" --{name.replace('_', '-')}" for name in asked)
        self.command(f"shopify_sheets_sync.py{options}")
        self.sandbox.faults.log.clear()
        code = run("sheets", RunOptions(**asked), self.environment, self.clock, aside=True)
        count = self.sandbox.faults.count
        reads = f"{counted(count('shopify', 'read'), 'read')} of the shop, {count('sheets', 'read')} of the sheet"
        written = counted(count("sheets", "write"), "write")
        self.remark(f"(exit code {code}; {reads}, {written})")
        self.check(code == 0, "a run did not end with exit code 0")

    def rows(self) -> dict[str, dict[str, Any]]:
        """The sheet by line id, read past the API."""
        tab = self.sandbox.spreadsheet.titled("Orders")
        header, *lines = [[_shown(cell) for cell in row] for row in tab.rows] if tab else [["Line ID"]]
        place = header.index("Line ID")
        return {
            line[place]: dict(zip(header, line, strict=False)) for line in lines if place < len(line) and line[place] is not None
        }

    def row_of(self, key: str) -> int:
        return list(self.rows()).index(key) + 2

    def letter(self, header: str) -> str:
        names = list(next(iter(self.rows().values())))
        return _letter(names.index(header))


def tell_all(story: SheetStory, rng: random.Random) -> None:
    """The whole story, step by step."""
    shop = story.sandbox.shop
    story.tell("The first run", f"A shop with {len(shop.orders)} orders, and an empty sheet shared with us.")
    story.sync()
    lines = sum(len(order["lineItems"]) for order in shop.orders.values())
    story.check(len(story.rows()) >= lines, "not every line has its row")
    story.sandbox.mark_from_now("Orders")

    story.tell("The second run", "Nothing happened in between. It must write nothing.")
    story.sync()
    story.check(story.sandbox.faults.count("sheets", "write") == 0, "the second run wrote something")

    gid, order = next((g, o) for g, o in shop.orders.items() if _plain_sale(o))
    key = order["lineItems"][0]["id"].rpartition("/")[2]
    story.tell("An order changes", f"{order['name']} gets a note. Exactly that cell of its rows changes.")
    shop.set_note(gid, "Please ring twice")
    story.sync()
    story.check(story.rows()[key]["Note"] == "Please ring twice", "the note did not arrive")

    story.tell("A refund", f"One piece of {order['name']} is refunded: quantities, money and status follow.")
    shop.refund(gid, {order["lineItems"][0]["id"]: 1})
    story.sync()
    story.check(story.rows()[key]["Refunded quantity"] == 1, "the refund did not arrive")

    story.tell("A new order comes in", "Its lines are added below, once.")
    fresh = new_order(shop, rng, story.sandbox.now(), 1)
    story.sync()
    added = {line["id"].rpartition("/")[2] for line in fresh["lineItems"]}
    story.check(added <= set(story.rows()), "the new order is not there")
    _colleague_at_work(story, gid, key)
    _lost_row(story)
    _gap(story, rng)


def _colleague_at_work(story: SheetStory, gid: str, key: str) -> None:
    story.tell(
        "A colleague works in the sheet",
        "sorts it by product, puts a column of their own in the middle, writes there, leaves a note on a cell.",
        "Then the shop changes the same order. Our cell follows to its new place; theirs stays as it is.",
    )
    colleague = story.colleague
    colleague.sort(story.letter("Product"))
    colleague.insert_columns("C")
    colleague.type("C1", "Ours to do")
    mine = f"C{story.row_of(key)}"
    colleague.type(mine, '="call " & "back"')
    colleague.note(mine, "Ayşe: waiting for the courier")
    story.sandbox.shop.add_tag(gid, "priority")
    story.sync()
    story.check("priority" in str(story.rows()[key]["Tags"]), "the tag did not arrive")
    story.check(str(story.rows()[key]["Ours to do"]).startswith("="), "the colleague's formula was touched")


def _lost_row(story: SheetStory) -> None:
    key = next(iter(story.rows()))
    story.tell("Somebody deletes a row by mistake", "The daily look at every row (here: --full) finds it and puts it back.")
    story.colleague.delete_rows(story.row_of(key))
    story.sync(full=True)
    story.check(key in story.rows(), "the deleted row did not come back")


def _gap(story: SheetStory, rng: random.Random) -> None:
    shop = story.sandbox.shop
    late = new_order(shop, rng, story.sandbox.now(), 1)
    shop.hide_from_index(late["id"], story.sandbox.clock() + 7200)
    seen = new_order(shop, rng, story.sandbox.now(), 1)
    story.tell(
        "A gap in the order numbers",
        f"{late['name']} and {seen['name']} come in, but the shop's search does not show {late['name']} for two hours.",
        "The numbers have a gap. So the next run asks the shop's database, which knows more than its search.",
    )
    story.sync()
    story.an_hour_later()
    story.sync()
    key = late["lineItems"][0]["id"].rpartition("/")[2]
    story.check(key in story.rows(), "the order behind the gap was missed")


def _shown(cell: Packed) -> Any:
    value = entered(cell)
    return value.text if isinstance(value, Formula) else value


def _plain_sale(order: dict[str, Any]) -> bool:
    paid = order["displayFinancialStatus"] == "PAID" and not order["refunds"] and not order["cancelledAt"]
    return paid and bool(order["lineItems"]) and order["lineItems"][0]["currentQuantity"] > 0


def _letter(column: int) -> str:
    return chr(65 + column) if column < 26 else f"A{chr(65 + column - 26)}"


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; 0 if everything in it came true."""
    parser = argparse.ArgumentParser(prog="python run.py demo", description="The whole job on a made-up shop and sheet.")
    parser.add_argument("--orders", type=int, default=ORDERS, help=f"how many orders the shop has (default {ORDERS})")
    parser.add_argument(
        "--folder", type=Path, default=Path("demo"), help="where ledger, log and the page are left (default demo)"
    )
    parser.add_argument("--serve", action="store_true", help="keep shop and sheet running afterwards, to look at in a browser")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    clock = Time(-LASTS)
    with Sandbox(folder, orders=asked.orders, quota=None, clock=clock) as sandbox, chdir(folder):
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6  # a demonstration shall not wait for points
        environment = sandbox.environment() | {"PATH": os.environ.get("PATH", "")}
        console.print("[bold]syncdb[/bold]: the real command, a made-up shop and a made-up sheet, all on this computer.")
        story = SheetStory(sandbox, clock, environment, console)
        tell_all(story, random.Random(11))
        return _end(story, folder, asked.serve, console)


def _end(story: SheetStory, folder: Path, serve: bool, console: Console) -> int:
    (folder / "sheet.html").write_text(story.sandbox.page_of("Orders"), encoding="utf-8")
    console.print(f"\nThe sheet as it stands now: {folder / 'sheet.html'}", markup=False)
    console.print(f"The ledger: {folder / 'shopify_sync.db'}\nThe log: {folder / 'shopify_sync.log'}", markup=False)
    if story.broken():
        return 1
    console.print('\nEverything came true. For your own shop: README.md, "Set it up for your shop".', style="bold green")
    manager = Path(__file__).resolve().parents[2] / "sync_manager.py"
    console.print(f"\nAsk the ledger, from {folder}:\n  {sys.executable} {manager} status", markup=False)
    console.print("The same with a Grist document, both ways:  python run.py demo grist", markup=False)
    if serve:
        story.sandbox.write_settings(folder)
        console.print(f"Open {story.sandbox.server.url}/ in a browser. Ctrl-C ends it.", markup=False)
        wait_for_ctrl_c()
    return 0


if __name__ == "__main__":
    sys.exit(main())
