"""The command as a real process: killed, interrupted, started twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.cost import Bucket
from tests.scenarios.world import World

SCRIPT = Path(__file__).resolve().parents[2] / "shopify_sheets_sync.py"


@pytest.fixture
def shop(make: Callable[..., World]) -> Iterator[World]:
    """A shop of 40 orders in real time, nothing synced yet."""
    world = make(orders=40)
    # the sandbox's clock stands still, the processes' does not: nothing would ever be restored
    world.sandbox.shopify.bucket = Bucket(world.sandbox.clock, maximum=1e9)
    world.sandbox.google.quota = None
    yield world


def start(world: World, *options: str) -> "subprocess.Popen[str]":
    environment = os.environ | world.sandbox.environment() | world.env | {"PYTHONUTF8": "1"}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *options],
        env=environment,
        cwd=world.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in out + err, out + err
    return process.returncode, out, err


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_the_command_works_as_a_process(shop: World) -> None:
    code, out, err = finish(start(shop))
    assert code == 0 and out.startswith("Done:"), out + err
    assert "INFO" in err, "without a terminal there are timestamped lines"
    assert set(shop.lines()) <= set(shop.rows())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_anywhere_the_next_run_makes_it_good(shop: World) -> None:
    """Killed after each request in turn: the first run passes about ten."""
    killed = 0
    for requests in range(1, 30):
        shop.faults.log.clear()
        process = start(shop)
        try:
            wait_for(lambda process=process, requests=requests: len(shop.faults.log) >= requests or process.poll() is not None)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=60)
        if process.returncode == 0:
            break
        killed += 1
        if requests % 3 == 0:
            gid = next(iter(shop.shop.orders))
            shop.shop.set_note(gid, f"changed after kill {killed}")
    code, out, err = finish(start(shop, "--full"))
    assert code == 0, out + err
    assert killed >= 3
    assert set(shop.lines()) <= set(shop.rows()), "rows() itself fails on a doubled line"
    writes = shop.faults.count("sheets", "write")
    assert finish(start(shop))[0] == 0 and shop.faults.count("sheets", "write") == writes


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these to another process")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_ends_between_two_writes_and_the_next_run_goes_on(shop: World, sent: signal.Signals) -> None:
    shop.faults.add(Fault("slow", "sheets write", seconds=1.0, times=None))
    process = start(shop)
    wait_for(lambda: shop.faults.count("sheets", "read") >= 2)
    process.send_signal(sent)
    code, out, _ = finish(process)
    assert code == 130 and "goes on from here" in out
    shop.faults.clear()
    assert finish(start(shop))[0] == 0
    assert set(shop.lines()) <= set(shop.rows())


def test_a_second_run_at_once_leaves(shop: World) -> None:
    shop.faults.add(Fault("slow", "shopify read", seconds=4.0))
    first = start(shop)
    wait_for(lambda: (shop.folder / "ledger.db").exists() and (shop.folder / "ledger.db").stat().st_size > 0)
    time.sleep(0.5)
    code, out, _ = finish(start(shop))
    assert code == 7 and "Another run" in out
    assert finish(first)[0] == 0


def test_no_network_at_all(shop: World) -> None:
    shop.sandbox.close()
    shop.env |= {"DEADLINE_SECONDS": "1"}
    code, out, _ = finish(start(shop))
    assert code == 4 and "What to do" in out
