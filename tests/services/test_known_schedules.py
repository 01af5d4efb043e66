"""Who starts runs: what `schedule --install` and `serve --schedule` do is known, and of anything else no more than a rhythm."""

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.cli.schedule import Scheduler, make_job, parts_of
from syncdb.clock import Clock
from syncdb.config.place import ConfigPlace
from syncdb.ledger.web.file import make, web_path
from syncdb.ledger.web.schedules import switch
from syncdb.pairs import registry
from syncdb.services.calendar import Calendar
from syncdb.services.jobs import Jobs
from syncdb.services.known_schedules import KnownSchedule, installed, next_told, served
from syncdb.services.run_schedule import Rhythm
from syncdb.services.scheduler import run_schedule
from syncdb.services.scheduler_units import with_line

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FIRST = registry.PAIRS[0]


@pytest.mark.skipif(sys.platform == "win32", reason="cron and systemd are elsewhere")
@pytest.mark.parametrize(
    ("every", "told"), [(15, "every 15 minutes"), (60, "every hour"), (120, "every 2 hours"), (1440, "every day")]
)
def test_what_was_installed_for_this_folder_is_known(
    every: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, tool = tmp_path / "crontab.txt", tmp_path / "bin" / "crontab"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\ncat '{held}'\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent), prepend=":")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    place = ConfigPlace(tmp_path / "config.json")
    monkeypatch.chdir(tmp_path)
    assert installed(place, tmp_path, [FIRST.name]) == {}
    job = make_job(tmp_path, None, every, FIRST)
    held.write_text(with_line("0 4 * * * backup\n", job), encoding="utf-8")
    assert installed(place, tmp_path, [FIRST.name]) == {FIRST.name: KnownSchedule("cron", told)}
    assert installed(place, tmp_path / "bin", [FIRST.name]) == {}  # another folder's
    held.write_text(held.read_text(encoding="utf-8").replace(f"# {job.name}\n", f"# {job.name}\n#"), encoding="utf-8")
    assert installed(place, tmp_path, [FIRST.name]) == {}  # somebody took the line out
    for part in parts_of(job, Scheduler.SYSTEMD, NOW):
        assert part.file is not None
        part.file.parent.mkdir(parents=True, exist_ok=True)
        part.file.write_text(part.text, encoding="utf-8")
    wants = tmp_path / "config" / "systemd" / "user" / "timers.target.wants"
    wants.mkdir()
    (wants / f"{job.name}.timer").symlink_to(wants.parent / f"{job.name}.timer")
    assert installed(place, tmp_path, [FIRST.name]) == {FIRST.name: KnownSchedule("a timer of systemd", told)}


def test_a_serving_process_is_known_as_long_as_it_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, stop = tmp_path / "ledger.db", threading.Event()
    assert served(ledger, NOW) == {}
    make(web_path(ledger))
    env = {FIRST.named_by.upper(): "anything"}
    jobs = Jobs(ledger, None, tmp_path, program=(sys.executable, "-S", "-c", "pass"), env=env)
    seen: list[dict[str, KnownSchedule]] = []

    def look(now: datetime) -> None:
        seen.append(served(ledger, now))
        switch(web_path(ledger), FIRST.name, False, "Olga", now)
        seen.append(served(ledger, now))
        seen.append(served(ledger, now + timedelta(hours=1)))  # killed meanwhile
        stop.set()

    run_schedule(jobs, None, env, tmp_path, stop, clock=Clock(now=lambda: NOW), also=look)
    hourly, off, silent = seen
    assert hourly == {FIRST.name: KnownSchedule("serve --schedule", "every hour", NOW + timedelta(hours=1))}
    assert off[FIRST.name].off and off[FIRST.name].off_by == "Olga" and silent == {} and served(ledger, NOW) == {}


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (KnownSchedule("cron", "every hour"), "cron, every hour"),
        (
            KnownSchedule("serve --schedule", "every hour", NOW + timedelta(minutes=5)),
            "2026-11-30 12:05 UTC (in 5 min), serve --schedule, every hour",
        ),
        (KnownSchedule("serve --schedule", "every hour", NOW, True, "Olga"), "switched off by Olga"),
        (None, "the last runs came about every 60 min; syncdb does not start them itself"),
    ],
)
def test_what_is_not_known_is_not_promised(known: KnownSchedule | None, told: str) -> None:
    calendar, usual = Calendar(UTC, NOW), Rhythm(timedelta(hours=1), NOW + timedelta(minutes=1))
    assert next_told(known, usual, calendar) == told
    assert next_told(None, None, calendar) == "syncdb does not start them itself"
