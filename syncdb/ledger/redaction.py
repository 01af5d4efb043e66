"""Removing a customer's data from the ledger file, so that the bytes are gone, too.

Deleted SQLite content stays in free pages until they are used again (sqlite.org, PRAGMA secure_delete). So the parts that are
overwritten are zeroed, the file is rebuilt (VACUUM) and its write-ahead log emptied; `traces` then looks at the bytes themselves.
"""

import json
import mmap
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.ledger import Ledger, file
from syncdb.values import canonical_json

IsPersonal = Callable[[str], bool]
_FREE_TEXTS = (
    ("sync_errors", "error_id", ("order_name", "message", "next_step", "resolution")),
    ("sync_history", "run_id", ("message", "notices")),
)
_LINES_OF_AN_ORDER = (
    "SELECT snapshot FROM order_tracking WHERE order_id = ?",
    "SELECT coalesce(base, '') FROM record WHERE order_id = ?",
    "SELECT coalesce(before, '') || coalesce(after, '') FROM cell_write WHERE order_id = ?",
    "SELECT coalesce(before, '') || coalesce(after, '') FROM order_change WHERE order_id = ?",
    "SELECT detail FROM conflict WHERE order_id = ?",
    """SELECT coalesce(left_shown, '') || coalesce(right_shown, '') || coalesce(value, '')
       FROM verdict JOIN record USING (pair, key) WHERE order_id = ?""",
    "SELECT message || next_step FROM sync_errors WHERE order_id = ?",
)
REMOVED = "[removed]"


@dataclass(frozen=True, slots=True)
class Redaction:
    """Removes personal data from one ledger. `field` tells personal columns of a sheet, `path` personal parts of an order."""

    ledger: Ledger
    field: IsPersonal
    path: IsPersonal

    def orders(self, mentions: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every order with its name and snapshot, one at a time; or those whose text mentions something (ASCII: in any case)."""
        query = "SELECT order_id, name, snapshot FROM order_tracking WHERE ? = '' OR instr(lower(snapshot), lower(?)) > 0"
        for order_id, name, text in self._all(query, (mentions, mentions)):
            yield order_id, name, json.loads(text)

    def replace(self, order_id: str, snapshot: Mapping[str, Any], mark: str) -> None:
        """Put the redacted snapshot, with its hash, in place of the stored one. Leaves no line in the order's history."""
        self.ledger.connection.execute(
            "UPDATE order_tracking SET snapshot = ?, hash = ? WHERE order_id = ?", (canonical_json(snapshot), mark, order_id)
        )

    def clean(self, order_ids: Sequence[str], values: Iterable[str]) -> dict[str, int]:
        """Remove what other tables hold of these orders, and these values from every text. Returns how much was cleaned where.

        The caller brings the transaction.
        """
        counts = {"agreed_rows": 0, "cell_writes": 0, "changes": 0, "conflicts": 0, "messages": 0}
        for order_id in order_ids:
            counts["agreed_rows"] += self._bases(order_id)
            counts["cell_writes"] += self._emptied("cell_write", "write_id", "field", self.field, order_id)
            counts["changes"] += self._emptied("order_change", "change_id", "path", self.path, order_id)
            counts["conflicts"] += self._conflicts(order_id)
            self._verdicts(order_id)
        counts["messages"] = self._messages(sorted(values, key=len, reverse=True))
        return counts

    def left_in(self, order_ids: Iterable[str], values: Iterable[str]) -> int:
        """How many stored lines of these orders still hold any of the values, in whatever table."""
        wanted = [_as_json(value) for value in values]
        return sum(
            any(value in text for value in wanted)
            for order_id in order_ids
            for query in _LINES_OF_AN_ORDER
            for (text,) in self._all(query, (order_id,))
        )

    def open_writes(self) -> int:
        """How many writes have no known outcome; what they hold is needed to settle them."""
        return int(self.ledger.connection.execute("SELECT count(*) FROM journal WHERE state = 'open'").fetchone()[0])

    def _bases(self, order_id: str) -> int:
        rows = self._all("SELECT pair, key, base FROM record WHERE order_id = ? AND base IS NOT NULL", (order_id,))
        cleaned = 0
        for pair, key, base in list(rows):
            fields = json.loads(base)
            left = {name: value for name, value in fields.items() if not self.field(name)}
            if left != fields:
                cleaned += 1
                self.ledger.connection.execute(
                    "UPDATE record SET base = ? WHERE pair = ? AND key = ?", (canonical_json(left), pair, key)
                )
        return cleaned

    def _emptied(self, table: str, key: str, column: str, personal: IsPersonal, order_id: str) -> int:
        rows = self._all(
            f"SELECT {key}, {column} FROM {table} WHERE order_id = ? AND (before IS NOT NULL OR after IS NOT NULL)", (order_id,)
        )
        found = [(number,) for number, name in rows if personal(name or "")]
        self.ledger.connection.executemany(f"UPDATE {table} SET before = NULL, after = NULL WHERE {key} = ?", found)
        return len(found)

    def _conflicts(self, order_id: str) -> int:
        empty = canonical_json({"base": None, "left": None, "right": None, "where": []})
        rows = self._all("SELECT pair, key, field FROM conflict WHERE order_id = ?", (order_id,))
        found = [(empty, *row) for row in rows if self.field(row[2])]
        self.ledger.connection.executemany("UPDATE conflict SET detail = ? WHERE pair = ? AND key = ? AND field = ?", found)
        return len(found)

    def _verdicts(self, order_id: str) -> None:
        """A decision about a value that is gone can no longer be carried out; that there was one stays known."""
        rows = self._all("SELECT verdict_id, field FROM verdict JOIN record USING (pair, key) WHERE order_id = ?", (order_id,))
        self.ledger.connection.executemany(
            """UPDATE verdict SET left_shown = NULL, right_shown = NULL, value = NULL,
                 ended_at = coalesce(ended_at, decided_at), ended_how = coalesce(ended_how, 'redacted') WHERE verdict_id = ?""",
            [(number,) for number, field in rows if self.field(field)],
        )

    def _messages(self, values: Sequence[str]) -> int:
        cleaned = 0
        for table, key, columns in _FREE_TEXTS:
            for row in list(self._all(f"SELECT {key}, {', '.join(columns)} FROM {table}")):
                texts = [without(text, values) if text else text for text in row[1:]]
                if texts != list(row[1:]):
                    cleaned += 1
                    self.ledger.connection.execute(
                        f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns)} WHERE {key} = ?", (*texts, row[0])
                    )
        return cleaned

    def _all(self, query: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        yield from self.ledger.connection.execute(query, parameters)


def zero_what_is_overwritten(ledger: Ledger) -> None:
    """From now on this connection overwrites deleted content with zeros."""
    ledger.connection.execute("PRAGMA secure_delete = ON")


def rebuild(ledger: Ledger) -> bool:
    """Rebuild the file without its free pages and empty the write-ahead log; whether no reader kept the log from being emptied.

    Raises LedgerUnusable where the disk is too full for a second copy.
    """
    try:
        ledger.connection.execute("VACUUM")
        busy = ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise file.unusable(ledger.path, error) from error
    return not busy


def still_named(ledger: Ledger, values: Iterable[str]) -> dict[str, int]:
    """How many other orders each of these values stands in: a family's address, a namesake. Without those in none."""
    query = "SELECT count(*) FROM order_tracking WHERE instr(snapshot, ?) > 0"
    counts = {value: int(ledger.connection.execute(query, (_as_json(value),)).fetchone()[0]) for value in values}
    return {value: count for value, count in counts.items() if count}


def traces(paths: Iterable[Path], values: Iterable[str]) -> dict[Path, list[str]]:
    """Which of these values stand in the bytes of which files, plainly or as in JSON. A file that is not there is clean."""
    forms = {value: {value.encode(), _as_json(value).encode(), json.dumps(value)[1:-1].encode()} for value in values}
    found: dict[Path, list[str]] = {}
    for path in paths:
        hits = _hits(path, forms)
        if hits:
            found[path] = hits
    return found


def files_of(ledger: Path) -> list[Path]:
    """The database and the files SQLite keeps beside it."""
    return [ledger, *(ledger.with_name(ledger.name + end) for end in ("-wal", "-shm", "-journal"))]


def without(text: str, values: Iterable[str]) -> str:
    """A text with each of these values, longest first, replaced, also where it stands in JSON."""
    for value in values:
        for form in {value, _as_json(value)}:
            text = text.replace(form, REMOVED)
    return text


def _as_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _hits(path: Path, forms: Mapping[str, set[bytes]]) -> list[str]:
    try:
        with path.open("rb") as stream:
            if not path.stat().st_size:
                return []
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return [value for value, ways in forms.items() if any(content.find(way) >= 0 for way in ways)]
    except FileNotFoundError:
        return []
