"""Start the sandbox by hand: a shop and a spreadsheet to point syncdb at, until Ctrl-C.

python -m syncdb.sandbox [--orders N] [--folder PATH] [--port N] [--changes-every SECONDS]
"""

import argparse
import random
import sys
import time
from pathlib import Path

from rich.console import Console

from syncdb.sandbox.local import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C. The settings to use it go into `.env` in the folder."""
    parser = argparse.ArgumentParser(prog="python -m syncdb.sandbox", description="A made-up shop and sheet on this computer.")
    parser.add_argument("--orders", type=int, default=100, help="how many orders the shop has (default 100)")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where key file and .env go (default demo)")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: any free one)")
    parser.add_argument("--changes-every", type=float, default=0.0, metavar="SECONDS", help="change a random order that often")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    folder: Path = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with Sandbox(folder, orders=asked.orders, port=asked.port) as sandbox:
            settings = sandbox.write_settings(folder)
            console.print(f"The shop has {len(sandbox.shop.orders)} orders. The spreadsheet: {sandbox.server.url}/")
            console.print(f"Settings are in {settings}. In another window, from {folder}:")
            console.print(f"  {sys.executable} {Path(__file__).resolve().parents[2] / 'shopify_sheets_sync.py'}")
            console.print("Ctrl-C ends it.")
            _serve(sandbox, asked.changes_every, console)
    except OSError as error:
        console.print(f"The sandbox cannot start: {error.strerror or error}.")
        console.print("What to do: choose another --port or --folder.")
        return 2
    return 0


def _serve(sandbox: Sandbox, every: float, console: Console) -> None:
    rng = random.Random()
    try:
        while True:
            time.sleep(every or 3600)
            if every:
                what, gid = sandbox.shop.random_change(rng)
                console.print(f"{sandbox.shop.orders.get(gid, {}).get('name', gid)}: {what}")
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main())
