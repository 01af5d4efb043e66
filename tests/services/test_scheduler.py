"""The scheduler: what is due is started once, whoever else looks; nothing beside a run that is under way."""

import json
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.errors import ConfigurationError
from syncdb.ledger.web import jobs as kept
from syncdb.ledger.web.jobs import Wanted
from syncdb.ledger.web.schedules import due_times, switch
from syncdb.pairs.registry import PAIRS
from syncdb.services.jobs import Jobs
from syncdb.services.rhythms import HOURLY, Daily, Every
from syncdb.services.scheduler import Planned, Scheduler, planned, run_schedule

NOW = datetime(2026, 11, 29, 7, 0, tzinfo=UTC)
FIRST, SECOND = PAIRS[0], PAIRS[1]


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """Runs that are over as soon as they have begun."""
    made = Jobs(tmp_path / "ledger.db", None, tmp_path, program=(sys.executable, "-S", "-c", "pass"))
    made.make()
    return made


def settled(jobs: Jobs) -> list[str]:
    """The pairs that ran, the first one first, once all have ended."""
    end = time.monotonic() + 30
    while jobs.live():
        assert time.monotonic() < end
        time.sleep(0.01)
    return [one.pair for one in reversed(jobs.latest())]


def test_what_is_due_runs_one_after_the_other_and_in_its_rhythm(jobs: Jobs) -> None:
    scheduler = Scheduler(jobs, [Planned(FIRST, Every(15)), Planned(SECOND, Every(60))], UTC)
    first = scheduler.tick(NOW)
    assert first is not None and (first.pair, first.origin) == (FIRST.name, "schedule")
    settled(jobs)
    assert scheduler.tick(NOW) is not None and settled(jobs) == [FIRST.name, SECOND.name]
    assert scheduler.tick(NOW + timedelta(minutes=14)) is None
    assert scheduler.tick(NOW + timedelta(minutes=15)) is not None
    settled(jobs)
    slept = NOW + timedelta(hours=30, minutes=7)
    assert [scheduler.tick(slept) is not None, settled(jobs) != [], scheduler.tick(slept) is not None] == [True, True, True]
    assert scheduler.tick(slept) is None and settled(jobs)[3:] == [FIRST.name, SECOND.name]
    assert due_times(jobs.path)[FIRST.name].next_at == NOW + timedelta(hours=30, minutes=15)


def test_a_run_that_is_under_way_is_waited_for(jobs: Jobs) -> None:
    scheduler = Scheduler(jobs, [Planned(FIRST, Every(15))], UTC)
    by_hand = kept.add(jobs.path, Wanted(SECOND.name, "sync", "", "command"), NOW, pid=1)
    assert scheduler.tick(NOW) is None
    kept.end(jobs.path, by_hand.id, 0, "", (), NOW)
    assert scheduler.tick(NOW) is not None
    settled(jobs)


def test_two_schedulers_start_a_run_once(jobs: Jobs) -> None:
    plan = [Planned(FIRST, Every(15))]
    both = [Scheduler(jobs, plan, UTC), Scheduler(Jobs(jobs.ledger, None, jobs.folder, jobs.program), plan, UTC)]
    for minute in range(0, 60, 15):
        gate = threading.Barrier(2)

        def tick(one: Scheduler, now: datetime, gate: threading.Barrier) -> None:
            gate.wait()
            one.tick(now)

        threads = [threading.Thread(target=tick, args=(one, NOW + timedelta(minutes=minute), gate)) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        settled(jobs)
    assert settled(jobs) == [FIRST.name] * 4


def test_what_is_switched_off_does_not_run_and_is_not_made_up_for(jobs: Jobs) -> None:
    scheduler = Scheduler(jobs, [Planned(FIRST, Every(15))], UTC)
    scheduler.tick(NOW)
    settled(jobs)
    switch(jobs.path, FIRST.name, False, "ayse", NOW)
    assert scheduler.tick(NOW + timedelta(hours=3)) is None and due_times(jobs.path)[FIRST.name].off_by == "ayse"
    switch(jobs.path, FIRST.name, True, "ayse", NOW)
    assert scheduler.tick(NOW + timedelta(hours=3)) is None
    assert scheduler.tick(NOW + timedelta(hours=3, minutes=15)) is not None
    settled(jobs)


def test_a_deleted_file_only_makes_it_begin_anew(jobs: Jobs) -> None:
    scheduler = Scheduler(jobs, [Planned(FIRST, Every(15))], UTC)
    scheduler.tick(NOW)
    settled(jobs)
    jobs.path.unlink()
    assert scheduler.tick(NOW) is not None
    settled(jobs)


def test_it_goes_on_until_it_is_told_to_stop(jobs: Jobs) -> None:
    stop = threading.Event()
    done: list[datetime] = []

    def also(now: datetime) -> None:
        done.append(now)
        stop.set()

    run_schedule(jobs, None, environment(jobs.folder), jobs.folder, stop, also=also)
    assert len(done) == 1 and settled(jobs) == [SECOND.name]


def environment(folder: Path) -> Mapping[str, str]:
    return {"GRIST_DOCUMENT": "abcdef123456", "DB_PATH": str(folder / "ledger.db"), "LOG_FILE": str(folder / "log.txt")}


def test_each_configured_pair_runs_each_hour_unless_something_else_is_said(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert planned(None, env, tmp_path) == [Planned(SECOND, HOURLY)]
    (once,) = planned(None, {**env, "SCHEDULE": f"{SECOND.name}=06:30 18:00; {FIRST.name}=off"}, tmp_path)
    assert isinstance(once.rhythm, Daily) and str(once.rhythm) == "daily at 06:30 and 18:00"
    assert planned(None, {**env, "SCHEDULE": f"{SECOND.name}=off"}, tmp_path) == []
    (tmp_path / "config.json").write_text(json.dumps({"schedule": {SECOND.name: "2h"}}), encoding="utf-8")
    assert planned(None, env, tmp_path) == [Planned(SECOND, Every(120))]


@pytest.mark.parametrize("wrong", ["nowhere=15m", "grist=sometimes", "grist", '{"grist": 15}'])
def test_a_schedule_that_means_nothing_is_told_at_the_beginning(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as told:
        planned(None, {**environment(tmp_path), "SCHEDULE": wrong}, tmp_path)
    assert "schedule" in str(told.value)
