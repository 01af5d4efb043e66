"""The demonstration without any account: the real command against a made-up shop and a workbook on this computer.

python -m syncdb.sandbox.workbook_demo [--orders N] [--folder PATH]
"""

import argparse
import os
import random
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from rich.console import Console

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.shopify.generate import new_order
from syncdb.sandbox.story import Story, Time, fresh_folder

ORDERS = 40
LASTS = 3720.0  # seconds: the story begins so long ago, so that it ends just before now


class WorkbookStory(Story):
    """The story of a shop and a workbook."""

    def __init__(self, sandbox: Sandbox, time: Time, environment: dict[str, str], console: Console) -> None:
        super().__init__(time, console)
        self.sandbox, self.environment = sandbox, environment
        self.clock = Clock(now=sandbox.now)
        self.path = Path(environment["WORKBOOK"])

    def sync(self, expected: int = 0, **asked: Any) -> None:
        """The command, as cron would run it."""
        self.command("shopify_workbook_sync.py" + "".join(f" --{name.replace('_', '-')}" for name in asked))
        code = run("workbook", RunOptions(**asked), self.environment, self.clock, aside=True)
        self.remark(f"(exit code {code})")
        self.check(code == expected, f"a run ended with exit code {code}, not {expected}")

    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows by line id, read with other eyes than ours."""
        header, *lines = load_workbook(self.path)["Orders"].iter_rows(values_only=True)
        named = (dict(zip(map(str, header), line, strict=False)) for line in lines)
        return {str(row["Line ID"]): row for row in named if row.get("Line ID")}


def tell_all(story: WorkbookStory, rng: random.Random) -> None:
    """The whole story, step by step."""
    shop = story.sandbox.shop
    story.tell("The first run", f"A shop with {len(shop.orders)} orders, and no workbook yet: it is made.")
    story.sync()
    story.check(len(story.rows()) >= sum(len(one["lineItems"]) for one in shop.orders.values()), "not every line has its row")

    story.tell("The second run", "Nothing happened in between. The file is not even touched.")
    before = story.path.stat().st_mtime_ns
    story.sync()
    story.check(story.path.stat().st_mtime_ns == before, "the second run wrote something")

    gid, order = next((gid, one) for gid, one in shop.orders.items() if one["lineItems"] and not one["cancelledAt"])
    key = order["lineItems"][0]["id"].rpartition("/")[2]
    _people_at_work(story, gid, key)
    _open_file(story, rng)

    story.tell("Somebody deletes a row by mistake", "The next run sees that the file was changed, and puts it back.")
    book = load_workbook(story.path)
    book["Orders"].delete_rows(2)
    book.save(story.path)
    lines = len(story.rows())
    story.sync()
    story.check(len(story.rows()) == lines + 1, "the deleted row did not come back")


def _people_at_work(story: WorkbookStory, gid: str, key: str) -> None:
    story.tell(
        "People work in it",
        "A column of their own in the middle, a formula, a colour, a note on a cell. Then the shop changes the same order.",
    )
    book = load_workbook(story.path)
    tab = book["Orders"]
    tab.insert_cols(3)
    tab["C1"], tab["C2"] = "Ours to do", '="call " & "back"'
    tab["C2"].comment = Comment("waiting for the courier", "Jane")
    tab["C2"].fill = PatternFill("solid", fgColor="FFFF00")
    book.save(story.path)
    story.sandbox.shop.set_note(gid, "Please ring twice")
    story.sync()
    tab = load_workbook(story.path)["Orders"]
    story.check(story.rows()[key]["Note"] == "Please ring twice", "the note did not arrive")
    story.check(tab["C2"].value == '="call " & "back"' and tab["C2"].comment is not None, "something of theirs was touched")


def _open_file(story: WorkbookStory, rng: random.Random) -> None:
    fresh = new_order(story.sandbox.shop, rng, story.sandbox.now(), 1)
    mark = story.path.with_name(f"~${story.path.name}")
    story.tell("Jane has the workbook open in Excel", f"{fresh['name']} comes in. The run says so and writes nothing.")
    mark.write_bytes(b"\x04Jane")
    story.sync(expected=4)
    mark.unlink()
    story.tell("Jane closes it", "The next run brings what the last one could not.")
    story.sync()
    added = {line["id"].rpartition("/")[2] for line in fresh["lineItems"]}
    story.check(added <= set(story.rows()), "the order that waited is not there")


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; 0 if everything in it came true."""
    parser = argparse.ArgumentParser(prog="python run.py demo workbook", description="A made-up shop and a workbook.")
    parser.add_argument("--orders", type=int, default=ORDERS, help=f"how many orders the shop has (default {ORDERS})")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where all is left (default demo)")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    clock = Time(-LASTS)
    with Sandbox(folder, orders=asked.orders, clock=clock) as sandbox, chdir(folder):
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6  # a demonstration shall not wait for points
        shop = {name: value for name, value in sandbox.environment().items() if name.startswith("SHOPIFY")}
        environment = shop | {"WORKBOOK": str(folder / "orders.xlsx"), "PATH": os.environ.get("PATH", "")}
        console.print("[bold]syncdb[/bold]: the real command, a made-up shop and a workbook, all on this computer.")
        story = WorkbookStory(sandbox, clock, environment, console)
        tell_all(story, random.Random(11))
        console.print(f"\nThe workbook as it stands now: {folder / 'orders.xlsx'}", markup=False)
        console.print(f"The ledger: {folder / 'shopify_sync.db'}\nThe log: {folder / 'shopify_sync.log'}", markup=False)
        if story.broken():
            return 1
        console.print("\nEverything came true. For your own shop: docs/workbook.md", style="bold green")
        return 0


if __name__ == "__main__":
    sys.exit(main())
