"""Power that fails at each moment of a real piece of work, and what the product makes of the disk that is found afterwards.

The work is done once, under strace. Then for a moment of it the disk is made as it may be found, the spreadsheet is as it was at
that moment (what was sent had arrived), and the next run has to end right.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.ledger import Ledger, file
from syncdb.ledger.backup import back_up, restore
from syncdb.ledger.queries.reader import reading
from syncdb.orders.redaction import catch_up
from syncdb.sandbox.faults import Seen
from tests.reliability.judged import Judged
from tests.reliability.oracle import examined
from tests.reliability.power.disk import LOSSES, Folder, Loss
from tests.reliability.power.recording import Step, recorded, steps
from tests.reliability.test_crash import Start, changes_and_restores, first_load, new_column, write_pending

Work = Callable[[Judged], object]
BACKUP = "backup.db"


@dataclass(frozen=True, slots=True)
class Moment:
    """Power fails after so many steps, with that loss."""

    step: int
    loss: Loss


class Recorded:
    """A piece of work that was done once, and what it did to the files of a folder."""

    def __init__(self, folder: Path, work: Callable[[], object], trace: Path) -> None:
        self.folder, self.files = folder, _content(folder)
        with recorded(trace):
            work()
        self.steps: list[Step] = steps(trace, folder)
        made = {name: one.content() for name, one in self._disk(len(self.steps)).names.items()}
        # what SQLite keeps in shared memory is not written, and made anew by whoever opens the ledger first
        assert {name: one for name, one in made.items() if not name.endswith("-shm")} == {
            name: one for name, one in _content(folder).items() if not name.endswith("-shm")
        }, "not all was recorded"

    def _disk(self, count: int) -> Folder:
        made = Folder.of(self.files)
        for step in self.steps[:count]:
            step.do(made)
        return made

    def moments(self) -> list[Moment]:
        """Every moment at which something may be lost, with each kind of loss; and the others once."""
        made, disk = [], Folder.of(self.files)
        for count, step in enumerate(self.steps, 1):
            step.do(disk)
            made += [Moment(count, loss) for loss in (LOSSES if disk.unsafe() else LOSSES[:1])]
        return made

    def fails(self, moment: Moment, rng: random.Random) -> str:
        """Put into the folder what is found after the power failed at a moment. The same in words."""
        found = self._disk(moment.step).after_power_loss(moment.loss, rng)
        for one in self.folder.iterdir():
            one.unlink()
        for name, content in found.items():
            (self.folder / name).write_bytes(content)
        sizes = ", ".join(f"{name} {len(content)}" for name, content in sorted(found.items()))
        step = self.steps[moment.step - 1]
        return f"power fails after step {moment.step} ({step.told}), lost: {moment.loss}; found: {sizes or 'nothing'}"


def _content(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


@dataclass(frozen=True, slots=True)
class Remote:
    """The spreadsheet once it had taken in one more request: when (seconds since 1970), and the requests by then."""

    at: float
    book: Any
    received: tuple[Seen, ...]


class RecordedRun:
    """A piece of work that talks to the spreadsheet, too."""

    def __init__(self, judged: Judged, work: Work) -> None:
        self.judged, self.start = judged, Start.of(judged)
        with _remembering(judged) as self.remotes:
            self.local = Recorded(judged.world.ledger.parent, lambda: work(judged), judged.world.folder / "trace.txt")
        self.time = judged.world.time

    def tried(self, moment: Moment, rng: random.Random, *, replaced: bool) -> None:
        """Power fails at a moment of the work: the next run makes all good, and what the ledger tells is true.

        `replaced`: the work puts another ledger in place, which knows less of what was written.
        """
        judged = self.judged
        self._remote_at(self.local.steps[moment.step - 1].at)
        judged.told.append(self.local.fails(moment, rng))
        judged.other_ledger = replaced
        judged.drifted = judged.hidden = judged.uneasy = True
        judged.agree(runs=1)
        backup = judged.world.ledger.with_name(BACKUP)
        if backup.exists():
            _look_through(backup)
        examined["power losses"] += 1

    def _remote_at(self, at: float) -> None:
        self.start.again(self.judged, ledger=False)
        self.judged.world.time = self.time
        past = [one for one in self.remotes if one.at <= at]
        if past:
            self.judged.world.sandbox.spreadsheet.come_back(past[-1].book.kept())
            self.judged.world.received += past[-1].received


@contextmanager
def _remembering(judged: Judged) -> Iterator[list[Remote]]:
    """Note what the spreadsheet is like after each request that was served."""
    faults, book = judged.world.faults, judged.world.sandbox.spreadsheet
    usual, remotes, received = faults.served, list[Remote](), list[Seen]()

    def served(seen: Seen, status: int | None, applied: bool) -> None:
        usual(seen, status, applied)
        received.append(faults.log[-1])
        remotes.append(Remote(time.time(), book.kept(), tuple(received)))

    faults.served = served
    try:
        yield remotes
    finally:
        del faults.served


def _look_through(ledger: Path) -> None:
    with reading(ledger) as reader:
        file.check(reader.connection, ledger)
    examined["ledgers looked through"] += 1


# --- what is being done when the power fails


def full_run(judged: Judged) -> None:
    judged.run(judged=False, full=True)


def backing_up(judged: Judged) -> None:
    """A backup over an earlier one."""
    back_up(judged.world.ledger, judged.world.ledger.with_name(BACKUP))


def restoring(judged: Judged) -> None:
    judged.world.pass_time(hours=1)
    restore(judged.world.ledger.with_name(BACKUP), judged.world.ledger, judged.world.clock.now(), catch_up)


def with_backup(judged: Judged) -> None:
    """A backup, and runs since."""
    judged.run()
    backing_up(judged)
    changes_and_restores(judged)
    judged.run(full=True)


WORKS: dict[str, tuple[Work, Work]] = {
    "first load": (first_load, full_run),
    "changes": (changes_and_restores, full_run),
    "new column": (new_column, full_run),
    "open write": (write_pending, full_run),
    "backup": (with_backup, backing_up),
    "restore": (with_backup, restoring),
}


def recorded_run(judged: Judged, name: str) -> RecordedRun:
    situation, work = WORKS[name]
    situation(judged)
    return RecordedRun(judged, work)


class RecordedMigration:
    """An older ledger that is opened for writing, and so becomes a current one."""

    def __init__(self, schema: Path, folder: Path, now: Any) -> None:
        (folder / "disk").mkdir()
        self.path, self.now = folder / "disk" / "ledger.db", now
        with closing(sqlite3.connect(self.path)) as made:
            made.executescript(schema.read_text(encoding="utf-8"))
        self.before = self._rows()
        self.local = Recorded(self.path.parent, self._open, folder / "trace.txt")
        self.after = self._rows()

    def _open(self) -> None:
        with Ledger.open(self.path, self.now):
            pass

    def _rows(self) -> dict[str, int]:
        with closing(sqlite3.connect(self.path)) as made:
            tables = made.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite_%'").fetchall()
            return {name: made.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables}

    def tried(self, moment: Moment, rng: random.Random) -> None:
        """Power fails at a moment: the next opening completes it, and nothing of what the ledger held is gone."""
        told = self.local.fails(moment, rng)
        self._open()
        _look_through(self.path)
        assert self._rows() == self.after and self.before.items() <= (self.after | {"meta": self.before["meta"]}).items(), told
        examined["power losses"] += 1
