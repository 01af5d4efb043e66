"""`schedule`: the crontab line, systemd timer or Windows task that runs the sync in this folder; installed on request."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from syncdb.cli.options import JsonOption, PairOption, YesOption, answering, chosen_pair
from syncdb.cli.output import Output
from syncdb.cli.prompts import confirmed
from syncdb.config.place import config_place
from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.programs import INSTALLED, MANAGER, ROOT
from syncdb.services.ledger_location import configured_pairs
from syncdb.services.scheduler_units import (
    EVERY,
    ScheduledCommand,
    cron_line,
    systemd_service,
    systemd_timer,
    task_xml,
    with_line,
)
from syncdb.services.usable_pairs import usable_pairs

_NO_CRONTAB = ("no crontab", "No such file")  # of cronie, Vixie's and macOS'; of busybox'


class Scheduler(StrEnum):
    CRON = "cron"
    SYSTEMD = "systemd"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to install: a file with its text, or a line for the crontab where there is no file."""

    title: str
    text: str
    file: Path | None = None
    encoding: str = "utf-8"


def schedule(
    pair: PairOption = None,
    kind: Annotated[
        Scheduler | None, typer.Option("--kind", help="cron, systemd or windows (default: what this computer has).")
    ] = None,
    every: Annotated[int, typer.Option("--every", metavar="MINUTES", help="How often: 5, 15, 30, 60 ... minutes.")] = 60,
    install: Annotated[bool, typer.Option("--install", help="Install it for this account, after asking.")] = False,
    yes: YesOption = False,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="PATH", help="The configuration file, if not config.json here.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The command `schedule`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as output:
        chosen = kind or (Scheduler.WINDOWS if sys.platform == "win32" else Scheduler.CRON)
        place = config_place(config, os.environ, Path.cwd())
        there = place.file if place.elsewhere else None
        jobs = [make_job(Path.cwd(), there, every, one) for one in _runnable(chosen_pair(pair), place.file, there)]
        parts = [part for job in jobs for part in parts_of(job, chosen, datetime.now())]
        if not output.as_json:
            _show(output, parts)
        if install:
            _install(output, jobs, chosen, yes)
        elif not output.as_json:
            output.hint(_by_hand(jobs, chosen))
        if output.as_json:
            output.data(_as_data(jobs, parts, chosen, installed=install))


def _runnable(pair: PairType | None, file: Path, named: Path | None) -> Sequence[PairType]:
    """The pairs to run. Raises ConfigurationError where a scheduler, which knows no environment, could run none of them."""
    pairs = (pair,) if pair else configured_pairs(named, {}) or configured_pairs(named) or registry.PAIRS[:1]
    try:
        usable_pairs(pairs, {}, {}, Path.cwd(), named)
    except ConfigurationError as error:
        told = f"With {file} and .env beside it a scheduled run would not find what it needs; nothing was scheduled."
        step = (
            f"{MANAGER} init asks for it. What stands in the environment only must stand in a file: a scheduler does not see it."
        )
        raise ConfigurationError([told, *error.problems], next_step=step) from None
    return pairs


def _install(output: Output, jobs: Sequence[ScheduledCommand], kind: Scheduler, yes: bool) -> None:
    """Put the jobs in place, after asking. What would keep it from working is looked for before."""
    refuse_unready(kind)
    lines = [f"{job.name} is to run every {job.every} minutes, for this account." for job in jobs]
    confirmed(output, lines, "Install it?" if len(jobs) == 1 else "Install them?", yes=yes)
    for job in jobs:
        done = install_parts(parts_of(job, kind, datetime.now()), kind, job)
        if not output.as_json:
            output.line(done)


def _as_data(jobs: Sequence[ScheduledCommand], parts: Sequence[Part], kind: Scheduler, *, installed: bool) -> dict[str, Any]:
    told = [{"title": one.title, "file": str(one.file) if one.file else None, "text": one.text} for one in parts]
    names = [job.name for job in jobs]
    return {"exit_code": 0, "kind": kind.value, "name": names[0], "names": names, "parts": told, "installed": installed}


def make_job(folder: Path, config: Path | None, every: int, pair: PairType) -> ScheduledCommand:
    """The job of this folder. Raises ConfigurationError for what no scheduler could do."""
    program = program_of(pair, installed=INSTALLED)
    if every not in EVERY:
        raise ConfigurationError([f"--every {every}: not possible evenly."], next_step=f"One of {', '.join(map(str, EVERY))}.")
    words = [sys.executable, *program, str(folder), str(config or "")]
    if any(ord(letter) < 32 for word in words for letter in word):
        raise ConfigurationError(["A path holds a control character, which no scheduler can be given."], next_step="Rename it.")
    there = config.absolute() if config else None
    return ScheduledCommand(Path(sys.executable), program, folder, every, there, pair.about, pair.job)


def program_of(pair: PairType, *, installed: bool) -> tuple[str, ...]:
    """What Python is given to run a pair: the script beside the package, or the manager's command where there is none."""
    if installed:
        return ("-m", "syncdb", pair.command)
    return (str(ROOT / pair.script),) if pair.script else (str(ROOT / "sync_manager.py"), pair.command)


def parts_of(job: ScheduledCommand, kind: Scheduler, now: datetime) -> list[Part]:
    """What to install, in order."""
    if kind is Scheduler.CRON:
        return [Part("crontab line", cron_line(job))]
    if kind is Scheduler.SYSTEMD:
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
        return [
            Part("service", systemd_service(job), home / f"{job.name}.service"),
            Part("timer", systemd_timer(job), home / f"{job.name}.timer"),
        ]
    start = (now + timedelta(minutes=2)).replace(microsecond=0).isoformat()
    return [Part("task", task_xml(job, start), Path(str(job.folder)) / f"{job.name}.xml", "utf-16")]


def refuse_unready(kind: Scheduler) -> None:
    """Raise NeedsPerson where the scheduler is not there or does not answer, before anything is put in place."""
    if kind is Scheduler.CRON:
        _crontab()
    elif kind is Scheduler.SYSTEMD:
        _call(["systemctl", "--user", "daemon-reload"])
    else:
        _call(["schtasks", "/Query", "/FO", "LIST"])


def install_parts(parts: list[Part], kind: Scheduler, job: ScheduledCommand) -> str:
    """Put them in place; what was done. Raises NeedsPerson where the scheduler is not there or refuses."""
    for part in parts:
        if part.file is not None:
            _write(part)
    if kind is Scheduler.CRON:
        _call(["crontab", "-"], given=with_line(_crontab(), job))
        return f"Installed in the crontab as {job.name}. See it: crontab -l"
    if kind is Scheduler.SYSTEMD:
        _call(["systemctl", "--user", "daemon-reload"])
        _call(["systemctl", "--user", "enable", "--now", f"{job.name}.timer"])
        return f"Installed. See it: systemctl --user list-timers {job.name}. To run it while logged out: loginctl enable-linger"
    _call(["schtasks", "/Create", "/F", "/TN", job.name, "/XML", str(parts[0].file)])
    return f"Installed as the task {job.name}. See it: schtasks /Query /TN {job.name}"


def _crontab() -> str:
    """The lines that are there. One that cannot be read must not be taken for an empty one: writing replaces all of it."""
    return _call(["crontab", "-l"], empty=_NO_CRONTAB)


def _write(part: Part) -> None:
    assert part.file is not None
    try:
        part.file.parent.mkdir(parents=True, exist_ok=True)
        part.file.write_text(part.text, encoding=part.encoding)
    except OSError as error:
        raise NeedsPerson(f"{part.file} cannot be written: {error.strerror or error}.", next_step="Write it by hand.") from error


def _call(command: list[str], *, given: str | None = None, empty: tuple[str, ...] = ()) -> str:
    """What the scheduler's tool answers; nothing where it fails with one of the words for there being nothing."""
    tool = shutil.which(command[0])
    if tool is None:
        raise NeedsPerson(f"This computer has no {command[0]}. Nothing was installed.", next_step="Choose another --kind.")
    by_hand = "Install by hand what is printed without --install, or choose another --kind."
    plain = os.environ | {"LC_ALL": "C"}
    try:
        done = subprocess.run(
            [tool, *command[1:]], input=given, capture_output=True, text=True, check=False, timeout=60, env=plain
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NeedsPerson(f"{' '.join(command[:3])} does not work: {error}", next_step=by_hand) from error
    said = (done.stderr or done.stdout).strip()
    if done.returncode and any(word in said for word in empty):
        return ""
    if done.returncode:
        raise NeedsPerson(f"{' '.join(command[:3])} refused: {said[:300]}", next_step=by_hand)
    return done.stdout


def _show(output: Output, parts: list[Part]) -> None:
    """The texts as they are, so that they can be copied or piped."""
    for part in parts:
        if part.file is not None and part.encoding == "utf-8":
            output.raw(f"# {part.file}\n")
        output.raw(part.text.rstrip("\n") + "\n")


def _by_hand(jobs: Sequence[ScheduledCommand], kind: Scheduler) -> str:
    """What to do with the texts."""
    timers = " ".join(f"{job.name}.timer" for job in jobs)
    where = {
        Scheduler.CRON: f"Put {'this line' if len(jobs) == 1 else 'these lines'} into your crontab: crontab -e",
        Scheduler.SYSTEMD: f"Then: systemctl --user daemon-reload && systemctl --user enable --now {timers}",
        Scheduler.WINDOWS: "; ".join(f"Save it as UTF-16, then: schtasks /Create /TN {job.name} /XML FILE" for job in jobs),
    }
    return f"{where[kind]}   (or run this with --install)"
