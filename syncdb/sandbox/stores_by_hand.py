"""Two local stores that stay, to point syncdb at, with a page that shows both."""

import random
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server
from syncdb.sandbox.stores import TwoStores
from syncdb.sandbox.stores_page import StoresPage

HOME = Path(__file__).resolve().parents[2]


def write_settings(sandbox: TwoStores, folder: Path, *, write: bool) -> Path:
    """The settings that point syncdb at both stores as a `.env` file, readable by its owner only."""
    settings = folder / ".env"
    wanted = sandbox.environment() | {"STORES": "taf,afl"} | ({"STORES_WRITE": "yes"} if write else {})
    settings.touch(mode=0o600)
    settings.write_text("".join(f"{name}={value}\n" for name, value in wanted.items()), encoding="utf-8")
    return settings


def serve(sandbox: TwoStores, folder: Path, console: Console, *, write: bool, port: int = 0, every: float = 0.0) -> None:
    """Say how to point the command at both stores and keep them until Ctrl-C; change something every so many seconds."""
    settings = write_settings(sandbox, folder, write=write)
    with Server({"/": StoresPage(sandbox)}, Faults(), port) as pages:
        console.print(f"Both stores in a browser: {pages.url}/")
        console.print(f"Settings are in {settings}. In another window, from {folder}:")
        console.print(f"  {sys.executable} {HOME / 'shopify_stores_sync.py'}{'' if write else ' --test'}")
        if not write:
            console.print("To let it write: add STORES_WRITE=yes to that file.")
        console.print("Ctrl-C ends it.")
        _until_ctrl_c(sandbox, every, console)


def _until_ctrl_c(sandbox: TwoStores, every: float, console: Console) -> None:
    rng = random.Random()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it starts in the background ignore it
    try:
        while True:
            time.sleep(every or 3600)
            store = rng.choice((sandbox.taf, sandbox.afl))
            if every and store.goods.products:
                what, gid = store.merchant.random_change(rng)
                console.print(f"{store.name}, {gid}: {what}")
    except KeyboardInterrupt:
        return
