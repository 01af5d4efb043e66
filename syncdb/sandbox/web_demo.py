"""The demonstration of the pages: a made-up shop with a sheet and a Grist document, some days of runs, and `serve` over them.

python -m syncdb.sandbox.web_demo [--orders N] [--products N] [--days N] [--folder PATH] [--port N] [--no-browser]
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
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
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.story import Time, fresh_folder

RUNS_A_DAY = 3
PAIRS = ("sheets", "grist")
ALLOWED = "products,variants,inventory"


class Past:
    """Some days of a shop: orders come, prices move, and runs follow."""

    def __init__(self, sandbox: Sandbox, time: Time, environment: Mapping[str, str], days: int) -> None:
        self.days = days
        self.sandbox, self.time, self.environment = sandbox, time, environment
        self.clock = Clock(now=sandbox.now)
        self.merchant = Merchant(sandbox.shop.goods)
        self.random = random.Random(5)

    def lived(self) -> None:
        """All of it; at the end both sides disagree about some things."""
        for _ in range(self.days * RUNS_A_DAY):
            self.run()
            self.time.pass_by(86400 / RUNS_A_DAY)
            for _ in range(3):
                self.sandbox.shop.random_change(self.random)
            self.merchant.random_change(self.random)
        self.disagree()
        self.run()

    def run(self) -> None:
        for pair in PAIRS:
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
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder: Path = asked.folder.absolute()
    if not fresh_folder(folder, console):
        return 2
    time = Time(-asked.days * 86400.0 - 600)
    with Sandbox(folder, orders=asked.orders, products=asked.products, quota=None, clock=time) as sandbox, chdir(folder):
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6  # a demonstration shall not wait for points
        sandbox.write_settings(folder)
        write_config(folder / "config.json", {"shopify_writes": ALLOWED.split(",")})  # where the page Mapping may change it
        console.print(f"[bold]syncdb[/bold]: {asked.days} days of a made-up shop are lived through; a moment ...")
        environment = sandbox.environment() | {"SHOPIFY_WRITES": ALLOWED, "PATH": os.environ.get("PATH", "")}
        Past(sandbox, time, environment, asked.days).lived()
        time.ahead = 0.0
        return _serve(asked.port, console, browser=not asked.no_browser)


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
