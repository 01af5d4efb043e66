"""When each pair is to run next, kept so that a restart or a sleep of the computer loses nothing, and who switched it off."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncdb.ledger.web.file import reading, writing
from syncdb.values import iso, moment

_ALIVE = "scheduler"  # what is remembered of the process that starts runs


@dataclass(frozen=True, slots=True)
class DueTime:
    """Of a pair: its rhythm in words, when it runs next (None: not reckoned yet), and since when and by whom it is off."""

    pair: str
    rhythm: str
    next_at: datetime | None
    off_at: datetime | None
    off_by: str


def due_times(path: Path) -> dict[str, DueTime]:
    """What is kept, by pair."""
    with reading(path) as connection:
        rows = connection.execute("SELECT pair, rhythm, next_at, off_at, off_by FROM schedule").fetchall()
    return {row[0]: DueTime(row[0], row[1], _moment(row[2]), _moment(row[3]), row[4]) for row in rows}


def move(path: Path, seen: DueTime | None, pair: str, rhythm: str, next_at: datetime) -> bool:
    """Set when a pair runs next; False where somebody else did so since `seen` was read: then the run is theirs."""
    before = iso(seen.next_at) if seen is not None and seen.next_at is not None else None
    with writing(path) as connection:
        changed = connection.execute(
            """INSERT INTO schedule (pair, rhythm, next_at) VALUES (:pair, :rhythm, :next)
               ON CONFLICT (pair) DO UPDATE SET rhythm = :rhythm, next_at = :next WHERE next_at IS :before""",
            {"pair": pair, "rhythm": rhythm, "next": iso(next_at), "before": before},
        )
        return bool(changed.rowcount)


def switch(path: Path, pair: str, on: bool, by: str, now: datetime) -> None:
    """Switch a pair's scheduled runs on or off. One that is switched on again is not caught up."""
    off_at = None if on else iso(now)
    with writing(path) as connection:
        connection.execute(
            """INSERT INTO schedule (pair, rhythm, off_at, off_by) VALUES (:pair, '', :off, :by)
               ON CONFLICT (pair) DO UPDATE SET off_at = :off, off_by = :by, rhythm = ''""",
            {"pair": pair, "off": off_at, "by": "" if on else by},
        )


def alive(path: Path, now: datetime) -> None:
    """A process is there that starts what is due."""
    with writing(path) as connection:
        connection.execute(
            "INSERT INTO remembered VALUES (?, '', ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at", (_ALIVE, iso(now))
        )


def gone(path: Path) -> None:
    """It ends."""
    with writing(path) as connection:
        connection.execute("DELETE FROM remembered WHERE name = ?", (_ALIVE,))


def alive_at(path: Path) -> datetime | None:
    """When one was there last; None where none was, or where it has said that it ends."""
    with reading(path) as connection:
        row = connection.execute("SELECT at FROM remembered WHERE name = ?", (_ALIVE,)).fetchone()
    return None if row is None else moment(str(row[0]))


def _moment(stored: str | None) -> datetime | None:
    return None if stored is None else moment(stored)
