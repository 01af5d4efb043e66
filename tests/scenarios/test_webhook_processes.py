"""The receiver and the runs as processes of their own, killed between a webhook and what it asks for."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.google.cells import entered
from syncdb.sandbox.local import Sandbox
from tests.account import account_key
from tests.scenarios.listening import PUBLIC

ROOT = Path(__file__).parents[2]


class Programs:
    """The programs of an installation in a folder."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env = folder, os.environ | env | {"PYTHONUNBUFFERED": "1"}
        self.running: list[subprocess.Popen[str]] = []

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(ROOT / script), *arguments]
        made = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.running.append(made)
        return made

    def receiver(self) -> int:
        """Start it; the port that it listens on."""
        made = self.start("sync_manager.py", "hooks", "--port", "0")
        assert made.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", made.stdout.readline())
        assert found
        return int(found[1])

    def kill(self) -> None:
        for one in self.running:
            one.kill()
            one.communicate()
        self.running.clear()


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.1)
    return holds()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a matter of POSIX")
def test_what_was_acknowledged_is_done_though_everything_is_killed_before(tmp_path: Path) -> None:
    with Sandbox(tmp_path, orders=3, key=account_key(), quota=None) as sandbox:
        env = sandbox.environment() | {"BASE_URL": PUBLIC, "DB_PATH": str(tmp_path / "ledger.db")}
        env = {name: value for name, value in env.items() if not name.startswith("GRIST_")}
        programs = Programs(tmp_path, env | {"SHEET_COLUMNS": "line_id,order_name,note", "LOG_FILE": str(tmp_path / "log.txt")})
        assert programs.start("shopify_sheets_sync.py").wait(timeout=120) == 0
        desk = sandbox.shopify.webhooks
        given = {"uri": f"{PUBLIC}/webhooks/shopify", "format": "JSON", "includeFields": ["id"]}
        assert desk.subscriptions.create("ORDERS_UPDATED", given)[1] == []
        desk.proxies[PUBLIC] = f"http://127.0.0.1:{programs.receiver()}"
        desk.start()
        try:
            order_id = next(iter(sandbox.shop.orders))
            sandbox.shop.hide_from_index(order_id, time.time() + 86_400)  # so that only the inbox knows
            sandbox.shop.set_note(order_id, "survives")
            assert within(20, lambda: [one.status for one in desk.sent] == [200])
            programs.kill()
            programs.start("shopify_sheets_sync.py", "--mode", "continuous", "--interval", "60")
            assert within(40, lambda: "survives" in told(sandbox))
            sandbox.shop.set_note(order_id, "and goes on")
            assert within(20, lambda: desk.sent[-1].status is None)  # the receiver is gone: the shop will try again
            desk.proxies[PUBLIC] = f"http://127.0.0.1:{programs.receiver()}"
            sandbox.shop.set_note(order_id, "at once")
            assert within(30, lambda: "at once" in told(sandbox))
        finally:
            programs.kill()


def told(sandbox: Sandbox) -> set[Any]:
    """All values of the sheet."""
    tab = sandbox.spreadsheet.titled("Orders")
    assert tab is not None
    return {entered(cell) for row in tab.rows for cell in row if isinstance(entered(cell), str)}
