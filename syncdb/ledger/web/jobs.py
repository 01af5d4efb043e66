"""The jobs: each run that somebody asked for, or that reported itself, from the wish to its end."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdb.ledger.web.file import reading, writing
from syncdb.values import canonical_json, iso

KEPT = 1_000  # jobs; the oldest go
MOST_SAID = 20_000  # characters of a run's own words
_COLUMNS = (
    "id, pair, mode, command, origin, by, wanted_at, started_at, beat_at, ended_at, cancel_at, cancel_by, pid, "
    "stages, exit_code, said, run_ids"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a run, and how far it is. `total` is None where it is not known."""

    name: str
    done: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One run as people asked for it. Moments are ISO 8601 in UTC.

    `pair` is the pair's name, `mode` one of "test", "sync", "full" and "force", `command` what starts the same by hand.
    `origin` is "web", "schedule" or "command"; `by` says who, empty where nobody knows. Of `stages` the last one is under way
    while it lives.
    `said` is what the run itself said of its end; `run_ids` are its runs in the ledger's history.
    """

    id: int
    pair: str
    mode: str
    command: str
    origin: str
    by: str
    wanted_at: str
    started_at: str | None
    beat_at: str | None
    ended_at: str | None
    cancel_at: str | None
    cancel_by: str
    pid: int | None
    stages: tuple[Stage, ...]
    exit_code: int | None
    said: str
    run_ids: tuple[int, ...]

    @property
    def live(self) -> bool:
        """Whether it has not ended, as far as is known."""
        return self.ended_at is None

    @property
    def numbers(self) -> tuple[int, ...]:
        """What its runs are called everywhere: their numbers in the ledger's history. A test has none."""
        return () if self.mode == "test" else self.run_ids

    @property
    def lost(self) -> bool:
        """Whether it ended without a word (killed, or the computer went off)."""
        return self.ended_at is not None and self.exit_code is None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run to be: see Job."""

    pair: str
    mode: str
    command: str
    origin: str
    by: str = ""


def add(path: Path, wanted: Wanted, now: datetime, pid: int | None = None) -> Job:
    """A new job; with a `pid` it has begun already."""
    at = iso(now)
    begun = at if pid is not None else None
    with writing(path) as connection:
        cursor = connection.execute(
            """INSERT INTO job (pair, mode, command, origin, by, wanted_at, started_at, beat_at, pid)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (wanted.pair, wanted.mode, wanted.command, wanted.origin, wanted.by, at, begun, begun, pid),
        )
        made = int(cursor.lastrowid or 0)
        connection.execute("DELETE FROM job WHERE id <= ? AND ended_at IS NOT NULL", (made - KEPT,))
        return _one(connection, made)


def begun(path: Path, job_id: int, pid: int, now: datetime) -> None:
    """Its process runs."""
    with writing(path) as connection:
        connection.execute(
            "UPDATE job SET pid = ?, started_at = coalesce(started_at, ?), beat_at = ? WHERE id = ? AND ended_at IS NULL",
            (pid, iso(now), iso(now), job_id),
        )


def beat(path: Path, job_id: int, stages: Sequence[Stage], now: datetime) -> None:
    """It is alive, and this far. One that was taken for lost is alive again."""
    told = canonical_json([[one.name, one.done, one.total] for one in stages])
    with writing(path) as connection:
        connection.execute(
            "UPDATE job SET beat_at = ?, stages = ?, ended_at = NULL WHERE id = ? AND exit_code IS NULL", (iso(now), told, job_id)
        )


def asked_to_end(path: Path, job_id: int) -> str | None:
    """Who asked for its end; None where nobody did (or the job is not known any more)."""
    with reading(path) as connection:
        row = connection.execute("SELECT cancel_by FROM job WHERE id = ? AND cancel_at IS NOT NULL", (job_id,)).fetchone()
    return None if row is None else str(row[0])


def ask_to_end(path: Path, job_id: int, by: str, now: datetime) -> Job | None:
    """Ask a job to end between two writes; None where there is no such job or it has ended."""
    with writing(path) as connection:
        changed = connection.execute(
            "UPDATE job SET cancel_at = coalesce(cancel_at, ?), cancel_by = iif(cancel_at IS NULL, ?, cancel_by) "
            "WHERE id = ? AND ended_at IS NULL",
            (iso(now), by, job_id),
        )
        return _one(connection, job_id) if changed.rowcount else None


def end(path: Path, job_id: int, exit_code: int | None, said: str, run_ids: Iterable[int], now: datetime) -> bool:
    """How it ended, said once: whether this was the first word of it. Without a code it ended without one."""
    with writing(path) as connection:
        changed = connection.execute(
            "UPDATE job SET ended_at = ?, exit_code = ?, said = ?, run_ids = ? WHERE id = ? AND exit_code IS NULL",
            (iso(now), exit_code, said[:MOST_SAID], canonical_json(list(run_ids)), job_id),
        )
        return bool(changed.rowcount)


def job(path: Path, job_id: int) -> Job | None:
    """One job."""
    with reading(path) as connection:
        row = connection.execute(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job_id,)).fetchone()
    return None if row is None else _job(row)


def of_run(path: Path, run_id: int) -> Job | None:
    """The job that made a run of the ledger's history; None where none is known."""
    of_it = "mode <> 'test' AND EXISTS (SELECT 1 FROM json_each(run_ids) WHERE value = ?)"  # a test's are those of its own copy
    query = f"SELECT {_COLUMNS} FROM job WHERE {of_it} ORDER BY id DESC"
    with reading(path) as connection:
        row = connection.execute(query, (run_id,)).fetchone()
    return None if row is None else _job(row)


def latest(path: Path, most: int, pair: str | None = None) -> list[Job]:
    """The latest jobs, the newest first."""
    wanted, values = ("WHERE pair = ?", (pair, most)) if pair is not None else ("", (most,))
    with reading(path) as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM job {wanted} ORDER BY id DESC LIMIT ?", values).fetchall()
    return [_job(row) for row in rows]


def live(path: Path) -> list[Job]:
    """The jobs that have not ended, the oldest first."""
    with reading(path) as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM job WHERE ended_at IS NULL ORDER BY id").fetchall()
    return [_job(row) for row in rows]


def _one(connection: sqlite3.Connection, job_id: int) -> Job:
    return _job(connection.execute(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job_id,)).fetchone())


def _job(row: Sequence[Any]) -> Job:
    values = list(row)
    values[-4] = tuple(Stage(*one) for one in json.loads(values[-4]))
    values[-1] = tuple(json.loads(values[-1]))
    return Job(*values)
