"""The benchmarks measure what they say, and the table of goals is made of what was measured. Nothing here is about speed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="the benchmarks read what a process used from `resource`, which Windows lacks")

from benchmarks import first_load, grist_pair, manager_ledger, pages, sheet, tabs
from benchmarks.__main__ import QUICK, machine, scale
from benchmarks.first_load import FirstLoad, Loaded
from benchmarks.goals import Goal, table
from benchmarks.grist_pair import GristPair
from benchmarks.manager_ledger import Answered
from benchmarks.pages import Taken
from benchmarks.process import Spent, run
from benchmarks.sheet_place import SheetPlace
from benchmarks.tabs import Slowed
from syncdb.connectors.shopify.orders import BULK_FROM


@pytest.fixture(scope="module")
def measured() -> sheet.Sheet:
    """A small sheet, measured as the command does it."""
    return sheet.measure(30, repeat=1, changed=10.0)


def verdicts(goals: Sequence[Goal]) -> dict[str, bool]:
    return {goal.what.partition(": ")[2]: goal.holds for goal in goals}


def load(orders: int, cpu: float, memory: float) -> FirstLoad:
    ours, floor = Loaded(10.0, cpu, memory), Loaded(5.0, 1.0, 50.0)
    return FirstLoad(orders, 1, 1, 1, requests=1, sent=1, received=1, ours=ours, floor=floor)


def test_a_sheet_is_filled_found_unchanged_and_brought_up_to_date(measured: sheet.Sheet) -> None:
    fill, idle, full, changed = measured.runs
    assert fill.rows == measured.rows >= 30 and fill.writes == 2 and fill.written <= fill.sent
    assert (idle.shopify, idle.reads, idle.writes, idle.tokens, idle.rows, idle.cells) == (2, 2, 0, 1, 0, 0)
    assert (full.rows, full.cells, full.writes) == (0, 0, 0) and full.received > idle.received
    assert changed.name == "3 orders changed" and changed.cells >= 3 and changed.writes == 1 and not changed.rows
    assert measured.libraries.cpu > 0 and all(one.spent.memory > measured.libraries.memory for one in measured.runs)


def test_the_requests_of_a_run_with_nothing_new_reach_their_goals(measured: sheet.Sheet) -> None:
    met = verdicts(sheet.goals(measured))
    assert met["requests to Shopify with nothing new"] and met["requests to Google with nothing new"]
    assert met["writes with nothing new"] and met["write requests of the first fill (bytes / 2 MB, + 3)"]


def test_every_goal_of_a_sheet_can_be_missed(measured: sheet.Sheet) -> None:
    slow = Spent(measured.libraries.wall + 60, 60.0, 60.0)
    idle = replace(measured.run(sheet.IDLE), spent=slow, shopify=3, reads=3, writes=1, received=10**9)
    fill = replace(measured.run(sheet.FILL), writes=99)
    assert not any(verdicts(sheet.goals(replace(measured, runs=(fill, idle)))).values())


def test_a_larger_shop_changes_as_its_pages_show_it(tmp_path: Path) -> None:
    with SheetPlace(tmp_path, BULK_FROM + 1) as place:
        shop = place.shopify.shop
        before = {gid: order["updatedAt"] for gid, order in shop.orders.items()}
        assert place.change(10) == 10
        assert sum(shop.orders[gid]["updatedAt"] > before[gid] for gid in before) == 10


def test_the_goals_of_loads_are_made_of_what_was_measured() -> None:
    good, bad = load(10_000, 2.0, 60.0), load(1_000_000, 2.1, 210.0)
    assert [goal.verdict for goal in first_load.goals([good])] == ["holds", "holds"]  # so few say nothing of CPU and pace
    fifty = first_load.goals([load(50_000, 2.0, 60.0)])
    assert [goal.verdict for goal in fifty] == ["holds", "missed by 3,000", "holds", "holds"]
    told = {goal.what: goal.verdict for goal in first_load.goals([bad, good])}
    assert told["1,000,000 orders: CPU of fetch to ledger against the floor's"] == "missed by 0.10 x"
    assert told["1,000,000 orders: orders a second, wall"] == "holds"
    assert told["1,000,000 orders: peak memory against that of 10,000"] == "missed by 2.20 x"
    assert told["1,000,000 orders: peak memory"] == "missed by 10 MB"


def test_the_goals_of_the_manager_are_made_of_what_was_measured() -> None:
    quick = [Answered("status", 0.9, 60.0, 0), Answered("export lines csv", 10.0, 50.0, 0)]
    quick += [Answered("export lines xlsx", 13.0, 50.0, 0), Answered("redact (an order)", 30.0, 50.0, 0)]
    slow = [replace(one, seconds=one.seconds * 2 if one.name.endswith("xlsx") else one.seconds, memory=61.0) for one in quick]
    assert [goal.verdict for goal in manager_ledger.goals(quick)] == ["holds"] * 4
    assert [goal.verdict for goal in manager_ledger.goals(slow)] == ["holds", "missed by 1 MB", "missed by 1.30 x", "holds"]
    assert len(manager_ledger.goals(quick[:1])) == 2  # what was not measured has no goal


def test_the_goals_of_pages_and_tabs_are_made_of_what_was_measured() -> None:
    seen = [Taken("/", 5.0, 20.0, 100_001), Taken("/report", 10.0, 301.0, 500)]
    slowest, first = pages.goals(seen)
    assert "/report" in slowest.what and slowest.verdict == "missed by 1 ms" and not first.holds
    assert all(goal.holds for goal in pages.goals([Taken("/", 5.0, 300.0, 100_000)]))
    alone = Spent(1.0, 2.0, 50.0)
    assert [tabs.goals(Slowed(alone, replace(alone, cpu=cpu), 50.0, 0.1), 50)[0].holds for cpu in (2.1, 2.2)] == [True, False]


def test_the_goals_of_a_document_are_made_of_what_was_measured() -> None:
    full = grist_pair.Run(grist_pair.FULL, 30.0, 5.0, 100.0, 1, 1, 2600.0, 0)
    large = GristPair({"products": 5000, "levels": 25_000}, (full,), 1)
    assert [goal.holds for goal in grist_pair.goals(large)] == [True, True]
    slow = replace(large, runs=(replace(full, wall=31.0, points=2601.0),))
    assert [goal.holds for goal in grist_pair.goals(slow)] == [False, False]
    assert len(grist_pair.goals(replace(large, things={"products": 50, "levels": 100}))) == 1


def test_the_table_shows_bound_measured_and_verdict() -> None:
    heads, at_most, at_least = table([Goal("requests", 3, 5), Goal("orders a second", 15_000, 3800.4, least=True)])
    assert heads.split() == ["goal", "bound", "measured", "verdict"]
    assert at_most.split() == ["requests", "<=", "3", "5", "missed", "by", "2"]
    assert at_least.split() == ["orders", "a", "second", ">=", "15,000", "3,800", "missed", "by", "11,200"]


def test_what_is_measured_follows_from_the_sizes() -> None:
    assert scale([1000], quick=True) == QUICK
    usual = scale([100_000, 1000, 10_000], million=True)
    assert usual.loads == (1000, 10_000, 100_000, 1_000_000) and usual.sheets == (1000, 43_000)
    assert (usual.ledger, usual.products, usual.copied) == (100_000, 5000, 1000)
    assert scale([2000]).sheets == (2000,)
    assert "cores" in machine() and "SQLite" in machine()


def test_a_process_is_measured_by_itself_alone(tmp_path: Path) -> None:
    held = b"x" * 150_000_000  # of this process: not to be counted
    small = run(["-c", "print('done')"], tmp_path)
    large = run(["-c", "import sys; kept = b'x' * 80_000_000; sys.exit(3)"], tmp_path)
    assert (small.code, small.out.strip(), large.code, len(held)) == (0, "done", 3, 150_000_000)
    assert small.spent.memory < 60 < 80 < large.spent.memory < 130
    assert small.spent.cpu > 0 and small.spent.wall > 0
    assert "Traceback" in run(["-c", "raise ValueError"], tmp_path).err
