"""Random histories of a shop, its sheet, its people, its clocks and its servers, judged by an oracle without the ledger.

The real command, connectors and ledger against the local servers over HTTP, in simulated time.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from syncdb.sandbox.faults import Fault
from tests import seeds
from tests.reliability.acts import IN_THE_MOMENT
from tests.reliability.bulk_troubles import LAYOUTS, TROUBLES
from tests.reliability.judged import Judged, struck
from tests.reliability.neighbour import Neighbour
from tests.reliability.oracle import examined
from tests.reliability.playing import PLAYED, STEPS, play, quiet
from tests.reliability.spells import LESS, REFUSALS, Permissions, in_bulk, moved_in_bulk, overlapped, refused, shown_less
from tests.reliability.world import BEGIN

FIXED, NEW, LONG = 4, 1, 10_000  # the first of the fixed ones is the shortest there is
small = st.integers(0, 23)
STARTS = [
    BEGIN,
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp(),  # summer time ends in the next hour
    datetime(2026, 3, 29, 0, 15, tzinfo=UTC).timestamp(),  # and begins
    datetime(2025, 12, 31, 21, 45, tzinfo=UTC).timestamp(),
]
KINDS = [
    "apply_then_cut", "apply_then_error", "apply_late", "cut_before", "too_many", "refuse", "unavailable", "html_200",
    "unauthorized",
]  # fmt: skip
PLACES = ["sheets write", "sheets write", "sheets read", "shopify", "google token", "any"]
MORE_COLUMNS = ["shipping_city", "currency", "order_tax", "sales_channel"]


class Histories(RuleBasedStateMachine):
    neighbour: Neighbour

    @initialize(
        orders=st.integers(0, 5),
        start=st.sampled_from(STARTS),
        first=st.booleans(),
        large=st.booleans(),
        spans=st.booleans(),
        newest=st.sampled_from(["last", "first"]),
    )
    def begin(self, orders: int, start: float, first: bool, large: bool, spans: bool, newest: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="syncdb-proof-"))
        self.judged = Judged(self.folder, orders, start)
        self.permissions = Permissions(self.judged.world)
        self.world.in_bulk, self.world.in_spans = large, spans
        self.world.env["SHEET_NEWEST"] = newest
        self.judged.told.append(f"new rows go {newest}")
        if large:
            self.judged.told.append(f"orders are read in bulk, {'by spans' if spans else 'as a whole'}")
        if first:
            assert self.judged.run().code == 0
            self.judged.drifted = self.judged.hidden = self.judged.uneasy = False

    @property
    def world(self) -> Any:
        return self.judged.world

    @rule(which=small, number=st.integers(0, 10_000))
    def the_shop_changes(self, which: int, number: int) -> None:
        self.judged.shop(which, number)

    @rule(which=small, a=small, b=small)
    def a_colleague_acts(self, which: int, a: int, b: int) -> None:
        self.judged.person(which, a, b)

    @rule(full=st.booleans())
    def an_hour_later(self, full: bool) -> None:
        self.judged.hourly(full=full)

    @rule(number=st.integers(0, 10_000))
    def an_order_changes_and_an_hour_passes(self, number: int) -> None:
        self.judged.shop(1, number)
        self.judged.hourly()

    @rule(hours=st.sampled_from([1, 5, 25]), skew=st.sampled_from([0.0, 0.0, -7200.0, 10800.0]))
    def clocks_jump(self, hours: int, skew: float) -> None:
        self.judged.told.append(f"{hours} hours pass, this computer's clock is {skew / 3600} hours off")
        self.world.pass_time(hours=hours)
        self.judged.hidden = self.judged.hidden or skew < 0  # a clock ahead hides nothing: the shop's own is looked at, too
        self.world.skew = skew
        struck[f"clock off by {skew / 3600} h"] += 1

    @rule(
        kind=st.sampled_from(KINDS), where=st.sampled_from(PLACES), skip=st.integers(0, 3), times=st.sampled_from([1, 1, 2, None])
    )
    def a_run_in_trouble(self, kind: Any, where: str, skip: int, times: int | None) -> None:
        self.judged.told.append(f"{kind} at {where}, after {skip}, {times} times")
        fault = Fault(kind, where, skip=skip, times=times)
        self.world.faults.add(fault)
        ran = self.judged.run(judged=kind != "apply_late", full=skip == 3)
        if fault not in self.world.faults.pending() or times is None:
            struck[f"fault: {kind} at {where}"] += 1
        self.world.faults.clear()
        self.judged.uneasy = self.judged.uneasy or ran.code != 0

    @rule()
    def what_was_late_lands(self) -> None:
        if self.world.faults.late():
            self.judged.told.append("late writes land")
            struck["late writes landed"] += self.world.faults.land_late()

    @rule(which=st.lists(st.tuples(st.sampled_from(IN_THE_MOMENT), small, small), min_size=1, max_size=2), number=small)
    def somebody_edits_in_the_moment_of_a_write(self, which: list[tuple[Any, int, int]], number: int) -> None:
        judged = self.judged
        if judged.people() is None:
            return
        judged.calm_writes()
        judged.shop(1, number)
        judged.told.append(f"just before a write: {[(act.__name__, a, b) for act, a, b in which]}")

        def do_them() -> None:
            for act, a, b in which:
                judged.doing(act, a, b)

        judged.edited_meanwhile(do_them)

    @rule(shopify=st.booleans())
    def tokens_expire(self, shopify: bool) -> None:
        (self.world.sandbox.shopify.tokens.expire if shopify else self.world.sandbox.google.tokens.expire_all)()
        struck["tokens expired"] += 1

    @rule()
    def the_shop_is_busy(self) -> None:
        bucket = self.world.sandbox.shopify.bucket
        bucket.spend(bucket.available())
        struck["throttled"] += 1

    @rule(trouble=st.sampled_from(TROUBLES), layout=st.sampled_from(LAYOUTS), full=st.booleans(), spans=st.booleans())
    def a_bulk_reading_in_trouble(self, trouble: Any, layout: str, full: bool, spans: bool) -> None:
        in_bulk(self.judged, trouble, layout, full=full, spans=spans)

    @rule(which=small, number=st.integers(0, 10_000))
    def the_shop_moves_while_it_is_read_in_bulk(self, which: int, number: int) -> None:
        moved_in_bulk(self.judged, which, number)

    @rule(how=st.sampled_from(REFUSALS), after=st.integers(0, 5), number=st.integers(0, 10_000))
    def the_permission_is_lost_and_given_back(self, how: str, after: int, number: int) -> None:
        refused(self.judged, self.permissions, how, after, number)

    @rule(what=st.sampled_from(LESS))
    def something_is_withheld_or_shown_again(self, what: str) -> None:
        shown_less(self.judged, self.permissions, what)

    @rule(after=st.integers(0, 8))
    def another_process_comes_in_between(self, after: int) -> None:
        overlapped(self.judged, self.neighbour, after)

    @rule(which=st.sampled_from(MORE_COLUMNS))
    def a_column_is_added_or_taken_out(self, which: str) -> None:
        columns = self.world.columns
        columns.remove(which) if which in columns else columns.append(which)
        self.judged.told.append(f"columns: {which} {'added' if which in columns else 'taken out'}")
        self.judged.drifted = True
        struck["columns changed"] += 1

    @rule(
        how=st.sampled_from(
            ["tab", "permission", "read only", "header", "doubled header", "column", "full", "second ledger", "busy"]
        )
    )
    def something_stands_in_the_way(self, how: str) -> None:
        self.judged.blocked(how)

    @rule()
    def the_ledger_is_copied_aside(self) -> None:
        if self.world.copy_ledger("backup.db"):
            self.judged.told.append("the ledger is copied aside")

    @rule()
    def an_old_ledger_is_put_back(self) -> None:
        if self.world.put_back("backup.db"):
            self.judged.told.append("the old copy of the ledger is put back")
            self.judged.hidden = self.judged.drifted = self.judged.other_ledger = True
            struck["old ledger put back"] += 1

    @rule()
    def everything_calms_down(self) -> None:
        self.permissions.show(set())
        self.judged.agree()

    def teardown(self) -> None:
        if not hasattr(self, "judged"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.everything_calms_down()
                told_on_the_way()
        finally:
            self.judged.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def told_on_the_way() -> None:
    """A run of hours that is ended early has said how far it came."""
    examined["whole histories"] += 1
    if examined["whole histories"] % 50 == 0:
        sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {examined['whole histories']} histories, {examined['runs']} runs\n")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with Neighbour(tmp_path) as Histories.neighbour:
        yield


@pytest.mark.timeout(1200)  # a minute on two free cores; nobody's business on busy ones
def test_random_histories() -> None:
    """The same each time, few and long; many have a run of their own."""
    examined.clear()
    struck.clear()
    chosen = settings(max_examples=FIXED, stateful_step_count=STEPS, derandomize=True, phases=[Phase.generate], **quiet)
    run_state_machine_as_test(Histories, settings=chosen)
    vacuous(FIXED)


@pytest.mark.timeout(1200)
def test_new_random_histories(request: pytest.FixtureRequest) -> None:
    """Others each time, told at the end of the run."""
    examined.clear()
    struck.clear()
    for number in seeds.new(request.node, NEW):
        play(Histories, number)
    assert examined["whole histories"] >= PLAYED * NEW and examined["runs"] > 3 * PLAYED * NEW, dict(examined)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_random_histories_at_length(request: pytest.FixtureRequest) -> None:
    """10,000 histories of 50 steps; SYNCDB_HISTORIES sets another number, SYNCDB_SEED the seed, which is told.

    Hypothesis reduces a failure to the shortest history that still shows it.
    """
    wanted = int(os.environ.get("SYNCDB_HISTORIES", LONG))
    examined.clear()
    struck.clear()
    play(Histories, seeds.told(request.node), histories=wanted, phases=(Phase.generate, Phase.shrink))
    vacuous(wanted)


def vacuous(histories: int) -> None:
    """A proof that examined nothing proves nothing."""
    sys.stderr.write(f"\nexamined: {dict(examined)}\nstruck: {dict(sorted(struck.items()))}\n")
    assert examined["whole histories"] >= histories
    assert min(examined["managed cells"], examined["people's cells"]) > 50 * histories
    assert examined["ordinary runs"] > histories // 10
    faults = {name.split()[1] for name in struck if name.startswith("fault: ")}
    # few histories may by chance lack a kind; tests/scenarios/test_trouble.py goes through every one
    lacking = 0 if histories >= 300 else 3 * len(KINDS) // 4
    assert len(set(KINDS) - faults) <= lacking, set(KINDS) - faults
    rare = ("another process came in between", "shop moved before a bulk result was fetched", "several operations side by side")
    assert sum(bool(struck[name]) for name in rare) >= (len(rare) if histories >= 60 else 1), dict(struck)
    wanted = [f"bulk: {one.__name__}" for one in TROUBLES]
    wanted += [f"permission lost: {one}" for one in REFUSALS] + [f"withheld: {one}" for one in LESS]
    missed = [name for name in wanted if not struck[name]]
    assert len(missed) < (1 if histories >= 300 else len(wanted)), missed  # test_spells.py goes through every one
