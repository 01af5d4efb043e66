"""A change of settings that somebody thinks out: kept until it is saved or thrown away, with what the settings were before."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdb.ledger.web.file import reading, writing
from syncdb.values import iso


@dataclass(frozen=True, slots=True)
class Draft:
    """One setting: its value, and the one that was seen in the file when it was changed first; None is "not there"."""

    setting: str
    value: Any
    seen: Any
    by: str
    at: str


def drafts(path: Path) -> list[Draft]:
    """All that is proposed, by setting."""
    with reading(path) as connection:
        rows = connection.execute("SELECT setting, value, seen, by, at FROM draft ORDER BY setting").fetchall()
    return [Draft(row[0], json.loads(row[1]), json.loads(row[2]), row[3], row[4]) for row in rows]


def propose(path: Path, setting: str, value: Any, seen: Any, by: str, now: datetime) -> None:
    """Propose a value. What was seen first stays what it is held against."""
    with writing(path) as connection:
        connection.execute(
            """INSERT INTO draft (setting, value, seen, by, at) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (setting) DO UPDATE SET value = excluded.value, by = excluded.by, at = excluded.at""",
            (setting, json.dumps(value, ensure_ascii=False), json.dumps(seen, ensure_ascii=False), by, iso(now)),
        )


def forget(path: Path, settings: Iterable[str]) -> None:
    """What was saved, or shall not be."""
    with writing(path) as connection:
        connection.executemany("DELETE FROM draft WHERE setting = ?", [(one,) for one in settings])
