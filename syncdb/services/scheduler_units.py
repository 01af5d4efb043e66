"""What a scheduler needs to run the sync in this folder with this interpreter: texts only, with every path quoted. Pure.

Quoting is each system's own: a shell inside a crontab line, where % means a new line (crontab(5)); systemd's, where %, $ and
backslash are special (systemd.service(5)); XML for Task Scheduler, whose importer wants UTF-16 (documented by Microsoft).
"""

import hashlib
import re
import shlex
from dataclasses import dataclass
from pathlib import PurePath

EVERY = (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440)  # minutes that divide an hour or a day evenly


@dataclass(frozen=True, slots=True)
class ScheduledCommand:
    """The command to run: `python program [--config config]`, started in `folder`, each `every` minutes.

    `program` is a script's path, or words such as `-m syncdb sync`.
    `about` says what it does; `kind` tells jobs of one folder apart and is empty for the first kind that there was.
    """

    python: PurePath
    program: tuple[str, ...]
    folder: PurePath
    every: int
    config: PurePath | None
    about: str
    kind: str = ""

    @property
    def name(self) -> str:
        """A name for it that no other folder's has: several shops can be scheduled on one computer."""
        plain = re.sub(r"[^A-Za-z0-9-]+", "-", self.folder.name).strip("-").lower() or "shop"
        return "-".join(["syncdb", *([self.kind] if self.kind else []), plain[:30], f"{self._mark:06x}"])

    @property
    def minute(self) -> int:
        """When in the hour: always the same for a folder, but not on the hour, when everybody else comes."""
        return 1 + self._mark % 58

    @property
    def arguments(self) -> list[str]:
        """With --quiet: cron mails whatever is written."""
        return [*self.program, "--quiet", *(["--config", str(self.config)] if self.config else [])]

    @property
    def _mark(self) -> int:
        told = f"{self.folder}\0{self.config}" + (f"\0{self.kind}" if self.kind else "")
        return int.from_bytes(hashlib.sha256(told.encode()).digest()[:3], "big")


def every_told(minutes: int) -> str:
    """How often, in words."""
    if minutes == 60:
        return "every hour"
    return f"every {minutes} minutes" if minutes < 60 else "every day" if minutes == 1440 else f"every {minutes // 60} hours"


def cron_line(job: ScheduledCommand) -> str:
    """The line for `crontab -e`. Exit code 7 (another run was still at work) is no failure."""
    command = " ".join(shlex.quote(part) for part in [str(job.python), *job.arguments])
    line = f"cd {shlex.quote(str(job.folder))} && {command} || [ $? -eq 7 ]"
    return f"{cron_times(job)} {line.replace('%', chr(92) + '%')}"


def cron_times(job: ScheduledCommand) -> str:
    """The five fields that say when."""
    if job.every < 60:
        minutes = ",".join(str(minute) for minute in range(job.minute % job.every, 60, job.every))
        return f"{minutes} * * * *"
    if job.every == 60:
        return f"{job.minute} * * * *"
    hours = "4" if job.every == 1440 else f"*/{job.every // 60}"
    return f"{job.minute} {hours} * * *"


def systemd_service(job: ScheduledCommand) -> str:
    """The .service unit."""
    command = " ".join(_systemd_word(part) for part in [str(job.python), *job.arguments])
    return f"""[Unit]
Description={job.about} ({job.name})
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={str(job.folder).replace("%", "%%")}
ExecStart={command}
SuccessExitStatus=7
UMask=0077
TimeoutStartSec=2h
TimeoutStopSec=5min
"""


def systemd_timer(job: ScheduledCommand) -> str:
    """The .timer unit. A run that was due while the computer was off is made up for."""
    return f"""[Unit]
Description={job.about}, every {job.every} minutes ({job.name})

[Timer]
OnCalendar={_calendar(job)}
Persistent=true
RandomizedDelaySec=30

[Install]
WantedBy=timers.target
"""


def _calendar(job: ScheduledCommand) -> str:
    if job.every < 60:
        return f"*:{job.minute % job.every:02}/{job.every}"
    if job.every == 60:
        return f"*:{job.minute:02}"
    hours = "04" if job.every == 1440 else f"00/{job.every // 60}"
    return f"*-*-* {hours}:{job.minute:02}:00"


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def task_xml(job: ScheduledCommand, start: str) -> str:
    """The task for Windows' Task Scheduler. `start` is the first moment it is due, as local ISO 8601 to the second."""
    from xml.sax.saxutils import escape  # it loads what fetches pages, and `status` reads this file

    arguments = " ".join(_windows_word(part) for part in job.arguments)
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>{escape(job.about)} ({escape(job.name)})</Description>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <StartBoundary>{start}</StartBoundary>
      <Repetition><Interval>PT{job.every}M</Interval></Repetition>
    </TimeTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>true</StartWhenAvailable>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT2H</ExecutionTimeLimit>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(str(job.python))}</Command>
      <Arguments>{escape(arguments)}</Arguments>
      <WorkingDirectory>{escape(str(job.folder))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def _windows_word(word: str) -> str:
    """A word as a Windows program's command line is taken apart; a path never holds a quotation mark there."""
    tail = "\\" * (len(word) - len(word.rstrip("\\")))
    return f'"{word}{tail}"'


def with_line(crontab: str, job: ScheduledCommand) -> str:
    """A crontab with the job's line in it: in place of an earlier one of the same folder, else at the end."""
    mark = f"# {job.name}"
    kept: list[str] = []
    skip = False
    for line in crontab.splitlines():
        if skip:
            skip = False
        elif line.strip() == mark:
            skip = True
        else:
            kept.append(line)
    return "\n".join([*kept, mark, cron_line(job)]) + "\n"
