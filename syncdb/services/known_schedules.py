"""Who starts the runs of a pair, as far as that is known: `serve --schedule`, or what `schedule --install` put in place.

A line that somebody wrote into a crontab by hand is not known, and neither is another program; their runs show a rhythm at most.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path, PurePath

from syncdb.config.place import ConfigPlace
from syncdb.ledger.web import schedules
from syncdb.ledger.web.file import web_path
from syncdb.ledger.web.schedules import DueTime
from syncdb.pairs import registry
from syncdb.services.calendar import Calendar, span
from syncdb.services.run_schedule import Rhythm
from syncdb.services.scheduler_units import EVERY, ScheduledCommand, cron_times, every_told
from syncdb.values import iso

SILENT = timedelta(minutes=3)  # of a process that says each minute that it starts runs
PATIENCE = 5  # seconds for the scheduler's own tool


@dataclass(frozen=True, slots=True)
class KnownSchedule:
    """Who starts a pair's runs (`by`), how often in words, and when next where that is known.

    `off` while somebody (`off_by`) has switched them off.
    """

    by: str
    every: str
    next_at: datetime | None = None
    off: bool = False
    off_by: str = ""


def known_schedules(
    ledger: Path, place: ConfigPlace, folder: Path, pairs: Iterable[str], now: datetime
) -> dict[str, KnownSchedule]:
    """By a pair's name. What a serving process starts is told before what else the computer does."""
    return installed(place, folder, pairs) | served(ledger, now)


def due_times(ledger: Path) -> dict[str, DueTime]:
    """What is kept of the runs that a serving process starts; nothing where there never was one."""
    path = web_path(ledger)
    return schedules.due_times(path) if os.path.exists(path) else {}


def served(ledger: Path, now: datetime) -> dict[str, KnownSchedule]:
    """What a process of `serve --schedule` starts that is alive."""
    path = web_path(ledger)
    alive = schedules.alive_at(path) if os.path.exists(path) else None
    if alive is None or abs(now - alive) > SILENT:
        return {}
    by = "serve --schedule"
    return {
        pair: KnownSchedule(by, one.rhythm, one.next_at, one.off_at is not None, one.off_by)
        for pair, one in schedules.due_times(path).items()
    }


def installed(place: ConfigPlace, folder: Path, pairs: Iterable[str]) -> dict[str, KnownSchedule]:
    """What `schedule --install` put in place for this folder and configuration."""
    config = place.file.absolute() if place.elsewhere else None
    types = [found for one in pairs if (found := registry.pair_named(one))]
    jobs = {one.name: ScheduledCommand(PurePath(), (), folder, 60, config, "", one.job) for one in types}
    looks: list[Callable[[ScheduledCommand], KnownSchedule | None]] = [_timer]
    if sys.platform == "win32":
        looks = [_task]
    elif jobs:
        looks.append(partial(_cron, _answer(["crontab", "-l"]).splitlines()))
    return {name: seen for look in looks for name, job in jobs.items() if (seen := look(job))}


def _cron(lines: list[str], job: ScheduledCommand) -> KnownSchedule | None:
    """The line that follows its mark."""
    for mark, line in zip(lines, lines[1:], strict=False):
        if mark.strip() == f"# {job.name}" and not line.lstrip().startswith("#"):
            usual = (every for every in EVERY if line.startswith(cron_times(replace(job, every=every)) + " "))
            every = next(usual, None)
            return KnownSchedule("cron", every_told(every) if every else f"at {' '.join(line.split()[:5])}")
    return None


def _timer(job: ScheduledCommand) -> KnownSchedule | None:
    """A timer of systemd's that is enabled for this account."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    with suppress(OSError):
        if (home / "timers.target.wants" / f"{job.name}.timer").exists():
            text = (home / f"{job.name}.timer").read_text(encoding="utf-8")
            return KnownSchedule("a timer of systemd", _minutes(r", every (\d+) minutes", text))
    return None


def _task(job: ScheduledCommand) -> KnownSchedule | None:
    text = _answer(["schtasks", "/Query", "/TN", job.name, "/XML"])
    return KnownSchedule("Task Scheduler", _minutes(r"<Interval>PT(\d+)M</Interval>", text)) if text else None


def _minutes(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return every_told(int(found[1])) if found else ""


def _answer(command: list[str]) -> str:
    """What a tool of the computer answers; nothing where it is not there or has nothing to say."""
    tool = shutil.which(command[0])
    if tool is None:
        return ""
    try:
        done = subprocess.run([tool, *command[1:]], capture_output=True, text=True, check=False, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def next_told(known: KnownSchedule | None, rhythm: Rhythm | None, calendar: Calendar) -> str:
    """When the next run comes and who starts it, as far as that is known; of a rhythm only that there was one."""
    if known is None:
        usual = f"the last runs came about every {span(rhythm.interval)}; " if rhythm else ""
        return f"{usual}syncdb does not start them itself"
    if known.off:
        return f"switched off{f' by {known.off_by}' if known.off_by else ''}"
    who = f"{known.by}, {known.every}".removesuffix(", ")
    when = f"{calendar.show(iso(known.next_at))} ({calendar.ago(iso(known.next_at))}), " if known.next_at else ""
    return f"{when}{who}"
