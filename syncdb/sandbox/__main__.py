"""Start the sandbox by hand: a shop, a spreadsheet and a Grist document to point syncdb at, or two stores, until Ctrl-C.

python -m syncdb.sandbox [--stores] [--orders N] [--products N] [--folder PATH] [--port N] [--changes-every SECONDS]
"""

import argparse
import random
import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.stores import TwoStores
from syncdb.sandbox.stores_by_hand import serve
from syncdb.sandbox.story import fresh_folder

WHAT = "A made-up shop, sheet and Grist document on this computer."


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C. The settings to use it go into `.env` in the folder."""
    parser = argparse.ArgumentParser(prog="python -m syncdb.sandbox", description=WHAT)
    parser.add_argument("--orders", type=int, default=100, help="how many orders the shop has (default 100)")
    parser.add_argument("--products", type=int, default=40, help="how many products the shop has (default 40)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("demo"),
        help="where key file and .env go; what an earlier start left there is removed (default demo)",
    )
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: any free one)")
    parser.add_argument(
        "--changes-every", type=float, default=0.0, metavar="SECONDS", help="change an order and a product that often"
    )
    parser.add_argument("--stores", action="store_true", help="two stores that both have the products, and nothing else")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    folder: Path = asked.folder.absolute()
    if not fresh_folder(folder, console):  # a ledger of an earlier shop would look for that shop's sheet
        return 2
    try:
        if asked.stores:
            with TwoStores(products=asked.products, alike=True) as stores:
                serve(stores, folder, console, write=False, port=asked.port, every=asked.changes_every)
            return 0
        with Sandbox(folder, orders=asked.orders, products=asked.products, port=asked.port) as sandbox:
            _pay_out(sandbox)
            _introduce(sandbox, folder, console)
            _serve(sandbox, asked.changes_every, console)
    except OSError as error:
        console.print(f"The sandbox cannot start: {error.strerror or error}.")
        console.print("What to do: choose another --port or --folder.")
        return 2
    return 0


def _pay_out(sandbox: Sandbox) -> None:
    """The payouts of the last weeks: the latest is on its way, and what came in since is in none yet."""
    for days, status in ((17, "PAID"), (10, "PAID"), (3, "IN_TRANSIT")):
        sandbox.shop.payments.pay_out(status, sandbox.shop.stamp(sandbox.now() - timedelta(days=days)))


def _introduce(sandbox: Sandbox, folder: Path, console: Console) -> None:
    """Say what is there and how to point the commands at it."""
    settings, url, home = sandbox.write_settings(folder), sandbox.server.url, Path(__file__).resolve().parents[2]
    shop = sandbox.shop
    console.print(f"The shop has {len(shop.orders)} orders and {len(shop.goods.products)} products.")
    console.print(f"The spreadsheet: {url}/   The Grist document: {url}/doc/{sandbox.grist_document.id}")
    console.print(f"Settings are in {settings}. In another window, from {folder}:")
    console.print(f"  {sys.executable} {home / 'shopify_sheets_sync.py'}")
    console.print(f"  {sys.executable} {home / 'shopify_grist_sync.py'}")
    console.print("With WORKBOOK=orders.xlsx added to that file, a workbook on this computer:")
    console.print(f"  {sys.executable} {home / 'shopify_workbook_sync.py'}")
    console.print("With ERP_DATABASE_URL added, an ERP (a small one: sync_manager.py erp install --complete):")
    console.print(f"  {sys.executable} {home / 'shopify_erp_sync.py'}")
    console.print("What Grist may change in the shop: add SHOPIFY_WRITES=products,variants,inventory to that file.")
    console.print("Ctrl-C ends it.")


def _serve(sandbox: Sandbox, every: float, console: Console) -> None:
    rng, merchant = random.Random(), Merchant(sandbox.shop.goods)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it starts in the background ignore it
    try:
        while True:
            time.sleep(every or 3600)
            if every:
                for what, gid in _changes(sandbox, merchant, rng):
                    console.print(f"{sandbox.shop.orders.get(gid, {}).get('name', gid)}: {what}")
    except KeyboardInterrupt:
        return


def _changes(sandbox: Sandbox, merchant: Merchant, rng: random.Random) -> Iterator[tuple[str, str]]:
    """A random change of what the shop has: what it was, and of what."""
    if sandbox.shop.orders:
        yield sandbox.shop.random_change(rng)
    if merchant.goods.products:
        yield merchant.random_change(rng)


if __name__ == "__main__":
    sys.exit(main())
