"""`schedule`: the crontab line, systemd timer or Windows task that runs the sync in this folder; installed on request."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.options import JsonOption, PairOption, YesOption, answering, chosen_pair
from syncdb.cli.output import Output
from syncdb.cli.prompts import confirmed
from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.programs import INSTALLED, ROOT
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
        job = make_job(Path.cwd(), config, every, chosen_pair(pair) or _usual(config))
        parts = parts_of(job, chosen, datetime.now())
        if output.as_json:
            told = [{"title": one.title, "file": str(one.file) if one.file else None, "text": one.text} for one in parts]
            if not install:
                output.data({"exit_code": 0, "kind": chosen.value, "name": job.name, "parts": told, "installed": False})
        else:
            _show(output, parts, chosen, job, install)
        if install:
            confirmed(output, [f"{job.name} runs every {every} minutes from now on, for this account."], "Install it?", yes=yes)
            done = install_parts(parts, chosen, job)
            if output.as_json:
                output.data({"exit_code": 0, "kind": chosen.value, "name": job.name, "parts": told, "installed": True})
            else:
                output.line(done)


def _usual(config: Path | None) -> PairType:
    """The pair that is meant when none is named: the only one that is configured, else the first."""
    pairs = configured_pairs(config)
    return pairs[0] if len(pairs) == 1 else registry.PAIRS[0]


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
    """What Python is given to run a pair: the script beside the package, or the manager's command of an installation."""
    return ("-m", "syncdb", pair.command) if installed else (str(ROOT / pair.script),)


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


def install_parts(parts: list[Part], kind: Scheduler, job: ScheduledCommand) -> str:
    """Put them in place; what was done. Raises NeedsPerson where the scheduler is not there or refuses."""
    for part in parts:
        if part.file is not None:
            _write(part)
    if kind is Scheduler.CRON:
        before = _call(["crontab", "-l"], may_fail=True)
        _call(["crontab", "-"], given=with_line(before, job))
        return f"Installed in the crontab as {job.name}. See it: crontab -l"
    if kind is Scheduler.SYSTEMD:
        _call(["systemctl", "--user", "daemon-reload"])
        _call(["systemctl", "--user", "enable", "--now", f"{job.name}.timer"])
        return f"Installed. See it: systemctl --user list-timers {job.name}. To run it while logged out: loginctl enable-linger"
    _call(["schtasks", "/Create", "/F", "/TN", job.name, "/XML", str(parts[0].file)])
    return f"Installed as the task {job.name}. See it: schtasks /Query /TN {job.name}"


def _write(part: Part) -> None:
    assert part.file is not None
    try:
        part.file.parent.mkdir(parents=True, exist_ok=True)
        part.file.write_text(part.text, encoding=part.encoding)
    except OSError as error:
        raise NeedsPerson(f"{part.file} cannot be written: {error.strerror or error}.", next_step="Write it by hand.") from error


def _call(command: list[str], *, given: str | None = None, may_fail: bool = False) -> str:
    if shutil.which(command[0]) is None:
        raise NeedsPerson(f"This computer has no {command[0]}.", next_step="Choose another --kind.")
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode and not may_fail:
        raise NeedsPerson(
            f"{' '.join(command[:3])} refused: {(done.stderr or done.stdout).strip()[:300]}", next_step="Install it by hand."
        )
    return done.stdout if not done.returncode else ""


def _show(output: Output, parts: list[Part], kind: Scheduler, job: ScheduledCommand, install: bool) -> None:
    """The texts as they are, so that they can be copied or piped; what to do with them on the error stream."""
    for part in parts:
        if part.file is not None and part.encoding == "utf-8":
            output.raw(f"# {part.file}\n")
        output.raw(part.text.rstrip("\n") + "\n")
    if not install:
        where = {
            Scheduler.CRON: "Put this line into your crontab: crontab -e",
            Scheduler.SYSTEMD: f"Then: systemctl --user daemon-reload && systemctl --user enable --now {job.name}.timer",
            Scheduler.WINDOWS: f"Save it as UTF-16, then: schtasks /Create /TN {job.name} /XML FILE",
        }
        output.hint(f"{where[kind]}   (or run this with --install)")
