"""The demonstration of the pages: a made-up shop with all that it can be kept in step with, some days of runs, and `serve`.

python -m syncdb.sandbox.web_demo [--pairs NAMES] [--orders N] [--products N] [--days N] [--folder PATH] [--port N] [--no-browser]
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from rich.console import Console

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.config.writing import write_config
from syncdb.programs import ROOT
from syncdb.sandbox.grist.person import Person
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.postgres.binaries import NoServer
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.story import Time, fresh_folder
from syncdb.sandbox.web_demo_places import Panel, Place, Workbook, erp_beside, store_beside

RUNS_A_DAY = 3
PAIRS = ("sheets", "grist")  # these run with every change, the others once a day
OTHERS = ("stores", "sentos", "erp", "workbook")
ALLOWED = "products,variants,inventory"


class Past:
    """Some days of a shop: orders come, prices move, and runs follow."""

    def __init__(self, sandbox: Sandbox, time: Time, environment: Mapping[str, str], days: int, places: Sequence[Place]) -> None:
        self.days, self.places = days, places
        self.sandbox, self.time, self.environment = sandbox, time, environment
        # what waits for a limit of Sentos costs the demonstration's time, not that of whoever watches
        self.clock = Clock(now=sandbox.now, monotonic=time, sleep=time.pass_by)
        self.merchant = Merchant(sandbox.shop.goods)
        self.random = random.Random(5)

    def lived(self) -> None:
        """All of it; at the end both sides disagree about some things."""
        for number in range(self.days * RUNS_A_DAY):
            self.run(PAIRS)
            if number % RUNS_A_DAY == 0:
                self.elsewhere(number // RUNS_A_DAY)
            self.time.pass_by(86400 / RUNS_A_DAY)
            for _ in range(3):
                self.sandbox.shop.random_change(self.random)
            self.merchant.random_change(self.random)
        self.disagree()
        for place in self.places:
            place.disagree()
        self.run((*(place.pair for place in self.places), *PAIRS))

    def elsewhere(self, day: int) -> None:
        """A day of the other places: a run, what people do, and a run that brings it over."""
        pairs = [place.pair for place in self.places]
        if day == 0:
            self.run(pairs)
        for place in self.places:
            place.day(day)
        self.run(pairs)

    def run(self, pairs: Sequence[str]) -> None:
        for pair in pairs:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                run(pair, RunOptions(), self.environment, self.clock, aside=True)

    def disagree(self) -> None:
        """A price, a title and a count that both sides changed, and a word where a price belongs."""
        variants = list(self.sandbox.shop.goods.variants.values())
        products = list(self.sandbox.shop.goods.products.values())
        self.merchant.edit_variant(variants[0]["id"], price="21.00")
        self.edit("Variants", variants[0]["id"], "Price", 22.5)
        self.merchant.edit_product(products[1]["id"], title="Green tea, loose")
        self.edit("Products", products[1]["id"], "Title", "Green tea 100 g")
        self.edit("Variants", variants[2]["id"], "Price", "ask Ann")

    def edit(self, table: str, key: str, column: str, value: object) -> None:
        person = Person(self.sandbox.grist_document, table)
        person.edit(person.find("Shopify ID", key), column, value)


def main(arguments: list[str] | None = None) -> int:
    """Make the past and serve it until Ctrl-C; 2 if the folder is in use for something else."""
    parser = argparse.ArgumentParser(
        prog="python run.py demo web",
        description="The pages over a made-up shop, in step with a made-up sheet and a Grist document.",
    )
    parser.add_argument("--orders", type=int, default=60, help="how many orders there are (default 60)")
    parser.add_argument("--products", type=int, default=20, help="how many products there are (default 20)")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where ledger and log are left (default demo)")
    parser.add_argument("--days", type=int, default=4, help="how many days lie behind it (default 4)")
    parser.add_argument("--port", type=int, default=8790, help="the port of the pages (default 8790)")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    every = ",".join((*PAIRS, *OTHERS))
    parser.add_argument(
        "--pairs", default=every, help=f"what the shop is kept in step with (default {every}; the first two always)"
    )
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder: Path = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    time = Time(-asked.days * 86400.0 - 600)
    with ExitStack() as stack:
        sandbox = Sandbox(folder, orders=asked.orders, products=asked.products, quota=None, clock=time)
        stack.enter_context(sandbox)
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6  # a demonstration shall not wait for points
        wanted = [one for one in OTHERS if one in asked.pairs.split(",")]
        places = list(_places(wanted, sandbox, time, folder, stack, console))
        settings = _settings(sandbox, places, folder)
        stack.enter_context(chdir(folder))  # after the server of the ERP, whose account may not look in here
        console.print(f"[bold]syncdb[/bold]: {asked.days} days of a made-up shop are lived through; a moment ...")
        environment = settings | {"SHOPIFY_WRITES": ALLOWED, "PATH": os.environ.get("PATH", "")}
        Past(sandbox, time, environment, asked.days, places).lived()
        time.ahead = 0.0
        return _serve(asked.port, console, browser=not asked.no_browser)


def _places(
    wanted: Sequence[str], sandbox: Sandbox, time: Time, folder: Path, stack: ExitStack, console: Console
) -> Iterator[Place]:
    """The other places; one that cannot be here is said and left out."""
    ways: dict[str, Callable[[], Place]] = {
        "stores": lambda: stack.enter_context(store_beside(time)),
        "sentos": lambda: Panel(sandbox),
        "erp": lambda: stack.enter_context(erp_beside(sandbox)),
        "workbook": lambda: Workbook(folder),
    }
    for name in wanted:
        try:
            yield ways[name]()
        except NoServer as lacking:
            console.print(f"Without an ERP: {lacking}", markup=False)


def _settings(sandbox: Sandbox, places: Sequence[Place], folder: Path) -> dict[str, str]:
    """What points syncdb at all of them, written down for `serve`; what lets something be written into the configuration."""
    there = {place.pair for place in places}
    known = {name: value for name, value in sandbox.environment().items() if "sentos" in there or not name.startswith("SENTOS_")}
    for place in places:
        known |= place.settings
    two = bool(known.pop("STORES_WRITE", ""))
    write_config(folder / "config.json", {"shopify_writes": ALLOWED.split(","), **({"stores_write": True} if two else {})})
    sandbox.write_settings(folder, known)
    return known


def _serve(port: int, console: Console, *, browser: bool) -> int:
    """The pages as a process of their own, as a person would start them; their words go on to the terminal."""
    command = [sys.executable, str(ROOT / "sync_manager.py"), "serve", "--port", str(port)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, it ends as with Ctrl-C
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                console.print(line.rstrip(), markup=False)
                if browser and (found := re.search(r"http://localhost:\d+", line)):
                    webbrowser.open(found[0])
                    browser = False
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            return 0


if __name__ == "__main__":
    sys.exit(main())
