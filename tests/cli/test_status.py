"""The status: fine or not, each thing that needs a look, and that it is the ledger's own truth."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.ledger import Ledger, file
from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.runs import Problem
from syncdb.ledger.state_keys import GAPS_CHECKED_TO
from syncdb.model import Action, Attempt, Conflict, Operation, Side, Why
from syncdb.services.run_schedule import rhythm
from syncdb.systems.shopify.versions import days_left, end_of_support
from syncdb.values import iso
from tests.cli.conftest import Answer, Shop, asked_on_a_terminal, manage

NOW = datetime.now(UTC)
PAIR = RegisteredPair("p", "sheets", "orders", tracks_orders=True)


def codes(answer: Answer) -> set[str]:
    return {one["code"] for one in answer.data["attention"]}


def ask(path: Path, *more: str) -> Answer:
    return manage("status", "--json", "--db", str(path), *more)


def test_all_is_well_though_an_order_was_deleted(past: Shop) -> None:
    """One in 67 of the sandbox's orders was deleted before it was ever read; runs have asked the shop about its number."""
    answer = past.ask("status", "--json")
    lost = {int(name.removeprefix("#")) for gap in answer.data["gaps"] for name in gap["names"]}
    here = {order["number"] for order in past.world.shop.orders.values()}
    assert lost == set(range(min(here), max(here))) - here and len(lost) == len(past.world.shop.deleted) == 1
    assert answer.data["attention"] == [] and answer.data["fine"] is True and answer.code == 0
    assert [gap["reason"] for gap in answer.data["gaps"]] == ["asked"]
    assert answer.data["orders"]["orders"] == len(here)
    assert answer.data["last_run"]["exit_code"] == 0 and answer.data["usual_interval_seconds"] == 3600
    assert answer.data["shop"]["domain"] == "kayra-demo.myshopify.com"


def test_a_gap_nobody_asked_about_needs_a_look(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.connection.execute("DELETE FROM meta WHERE name = ?", (GAPS_CHECKED_TO,))
    answer = ask(path)
    assert codes(answer) == {"gaps"} and answer.code == 1 and "#1067" in answer.data["attention"][0]["message"]
    text = manage("status", "--db", str(path))
    assert text.code == 1 and text.out.startswith("Attention: 1 thing") and "\x1b" not in text.out
    shown = asked_on_a_terminal("status", "--db", str(path))
    assert max(len(line) for line in shown if str(path) not in line and "sync_manager.py" not in line) <= 80


def test_what_a_user_wants_left_alone_needs_no_look(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        found = [Conflict("k", None, None, None, None, Why.GONE), Conflict("l", "tags", 1, 2, 3, Why.EDITED)]
        ledger.records("p").conflicts_are(["k", "l"], found, iso(NOW))
    assert ask(path).data["fine"] is True and ask(path).data["orders"]["conflicts"] == 2


def test_a_failed_run_counts_until_the_next_one_has_ended(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.pairs.register(PAIR)
        ledger.runs.end(ledger.runs.start("p", "sync", iso(NOW)), iso(NOW), 2, "No.", {}, [], True)
        ledger.runs.start("p", "sync", iso(NOW))
    with file.lock(path):
        assert codes(ask(path)) == {"run_failed"}


def test_a_run_is_under_way_as_long_as_it_holds_the_ledger_and_cut_off_as_soon_as_it_does_not(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger:
        with ledger.transaction():
            pair = ledger.connection.execute("SELECT max(pair) FROM sync_history").fetchone()[0]
            ledger.runs.start(pair, "sync", iso(NOW))
        told = manage("status", "--db", str(path))
        assert told.code == 0 and "a run is under way" in told.out and "under way" in told.out.partition("Last run")[2]
        assert "Before it" in told.out and "done (0)" in told.out and ask(path).data["run_under_way"] is True
    killed = manage("status", "--db", str(path))
    assert killed.code == 1 and "never ended (killed" in killed.out and "Before it" in killed.out
    assert not re.search(r"\dT\d\d:", killed.out), "one clock for all of it: the shop's"
    assert "nothing to do" not in killed.out.partition("Last run")[2].partition("Before it")[0]
    assert codes(ask(path)) == {"cut_off"} and ask(path).data["run_under_way"] is False


def test_a_run_of_the_future_is_a_wrong_clock(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        at = iso(NOW + timedelta(days=2))
        ledger.runs.end(ledger.runs.start("p", "sync", at), at, 0, "", {}, [], False)
    assert codes(ask(path)) == {"clock"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the rights of folders elsewhere")
def test_an_account_that_may_only_read_can_ask(copied: Callable[[], Path], tmp_path: Path) -> None:
    """Monitoring should not be able to write the ledger. SQLite would have to write beside it."""
    path = copied()
    folder = tmp_path / "kept"
    folder.mkdir()
    path = path.rename(folder / "ledger.db")
    if os.geteuid() == 0:  # who may do all is made to obey the rights of files
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv to give up the right to pass over all others")
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    else:
        drop = []

    def asked(*command: str) -> subprocess.CompletedProcess[str]:
        manager = str(Path(__file__).parents[2] / "sync_manager.py")
        whole = [*drop, sys.executable, manager, *command, "--db", str(path)]
        return subprocess.run(whole, cwd=tmp_path, capture_output=True, text=True, check=False)

    path.chmod(0o400)
    folder.chmod(0o500)
    try:
        assert subprocess.run([*drop, "touch", str(folder / "x")], capture_output=True, check=False).returncode, "it may write"
        for command in (["status"], ["orders"], ["export", "--output", "-"], ["errors"], ["report"], ["history", "1001"]):
            done = asked(*command)
            assert done.returncode == 0 and done.stdout and "Traceback" not in done.stderr, (command, done.stderr)
        assert list(folder.iterdir()) == [path]
    finally:
        folder.chmod(0o700)


def test_fine_is_one_line_and_exit_code_0(copied: Callable[[], Path]) -> None:
    path = copied()
    answer = manage("status", "--db", str(path))
    assert answer.code == 0 and answer.out.startswith("Fine: the last run was")
    assert ask(path).data["fine"] is True and ask(path).data["attention"] == []


def test_a_failed_run_says_its_message(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.pairs.register(PAIR)
        run = ledger.runs.start("p", "sync", iso(NOW))
        ledger.runs.end(run, iso(NOW), 4, "Shopify is away.", {}, [], True)
    answer = ask(path)
    assert codes(answer) == {"run_failed"} and "Shopify is away." in answer.data["attention"][0]["message"]


def test_a_run_cut_off_and_one_overdue(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.pairs.register(PAIR)
        ledger.connection.execute("UPDATE sync_history SET started_at = replace(started_at, '2026', '2025')")
        ledger.runs.start("p", "sync", "2025-12-24T00:00:00Z")
    assert codes(ask(path)) == {"cut_off", "overdue"}


def test_a_watermark_left_behind(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        mark = ledger.runs.get("watermark:orders")
        ledger.runs.put("watermark:orders", mark | {"at": iso(NOW - timedelta(days=3))})
    assert codes(ask(path)) == {"watermark"}


def test_open_errors_conflicts_and_unfinished_writes(copied: Callable[[], Path]) -> None:
    path = copied()
    operation = Operation(Side.RIGHT, Action.UPDATE, "k", "7", {}, {"tags": "a"}, "changed")
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.problems.add(Problem("fetch", "held back", "No.", "1", "#1"), 1, iso(NOW))
        ledger.records("p").conflicts_are(["k"], [Conflict("k", "tags", 1, 2, 3, Why.FORMULA)], iso(NOW))
        ledger.journal("p").begin(Attempt(5, (operation,), {}), Side.RIGHT, "records", 1, iso(NOW - timedelta(hours=1)))
        ledger.journal("p").begin(Attempt(6, (operation,), {}), Side.RIGHT, "records", 1, iso(NOW))
    answer = ask(path)
    assert codes(answer) == {"open_errors", "conflicts", "unfinished_writes"}
    assert len(answer.data["unfinished_writes"]) == 2 and answer.data["open_errors"] == 1


def test_an_old_api_version(copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = copied()
    monkeypatch.setenv("SHOPIFY_API_VERSION", "2025-10")
    assert codes(ask(path)) == {"version_ended"}


def test_when_versions_end() -> None:
    assert end_of_support("2026-10") == datetime(2027, 10, 16, 15, tzinfo=UTC)
    assert end_of_support("unstable") is None
    assert days_left("2025-10", datetime(2026, 10, 16, 14, tzinfo=UTC)) == 0
    assert days_left("2025-10", datetime(2026, 10, 16, 16, tzinfo=UTC)) == -1


def test_the_rhythm_is_that_of_the_runs() -> None:
    at = [NOW - timedelta(hours=6 * number) for number in range(5)]
    runs = [{"started_at": iso(one), "mode": "sync"} for one in at]
    found = rhythm(runs)
    assert found and found.interval == timedelta(hours=6)
    assert not found.overdue(NOW + timedelta(hours=11)) and found.overdue(NOW + timedelta(hours=13))
    assert rhythm(runs[:2]) is None
    slept = [at[0], at[1], *(one - timedelta(hours=9) for one in at[2:])]  # the laptop was shut over night
    assert rhythm([{"started_at": iso(one), "mode": "sync"} for one in slept]) == found


def test_runs_that_people_make_have_no_rhythm() -> None:
    minutes = (0, 1, 3, 4, 30, 31, 90, 200, 202)
    by_hand = [{"started_at": iso(NOW - timedelta(minutes=one)), "mode": "sync"} for one in minutes]
    assert rhythm(by_hand) is None
    at_once = [{"started_at": iso(NOW - timedelta(seconds=5 * number)), "mode": "sync"} for number in range(9)]
    assert rhythm(at_once) is None


def test_an_empty_ledger_says_what_to_do(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "new.db", NOW).close()
    answer = ask(tmp_path / "new.db")
    assert codes(answer) == {"no_run"} and answer.data["last_run"] is None


def test_it_answers_while_a_run_writes(copied: Callable[[], Path]) -> None:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.problems.add(Problem("fetch", "held back", "No.", "1", "#1"), 1, iso(NOW))
        assert ask(path).data["open_errors"] == 0, "what is not committed does not count"
