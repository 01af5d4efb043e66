"""Removing a customer's data from the ledger file, so that the bytes are gone, too.

Deleted SQLite content stays in the file until its room is used again (sqlite.org, PRAGMA secure_delete). So every connection
zeroes what it deletes, what SQLite leaves all the same is zeroed after a redaction (`unused_room`), and the write-ahead log is
emptied. A ledger in which earlier programs deleted is rebuilt (VACUUM), once. `traces` then looks at the bytes themselves.
What is done for each order is found by an index: a customer may have thousands of orders, and the ledger a million others.
"""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger, file, state_keys
from syncdb.ledger.runs import Runs
from syncdb.ledger.schema import KNOWN_PAIRS
from syncdb.ledger.text_search import Advance, as_json, nobody_listens
from syncdb.ledger.unused_room import can_be_zeroed, path_of, zero_unused
from syncdb.values import canonical_json, canonical_text

IsPersonal = Callable[[str], bool]
MayBe = Callable[[bytes], bool]  # tells from an order's stored text, cheaply, that it need not be looked into
_FREE_TEXTS = (
    ("sync_errors", "error_id", ("order_name", "message", "next_step", "resolution")),
    ("sync_history", "run_id", ("message", "notices")),
)
# the index of records by order begins with the pair
_RECORDS = f"FROM record INDEXED BY record_by_order WHERE order_id = ? AND pair IN ({KNOWN_PAIRS.format(table='record')})"
_LINES_OF_AN_ORDER = (
    "SELECT {text} FROM order_tracking WHERE order_id = ?",
    f"SELECT coalesce(base, '') {_RECORDS}",
    "SELECT coalesce(before, '') || coalesce(after, '') FROM cell_write WHERE order_id = ?",
    "SELECT coalesce(before, '') || coalesce(after, '') FROM order_change WHERE order_id = ?",
    "SELECT detail FROM conflict WHERE order_id = ?",
    "SELECT message || next_step FROM sync_errors WHERE order_id = ?",
)
# decisions of people: few. Of one about a row that is gone nobody knows any more whose it was
_VERDICTS = """SELECT verdict_id, verdict.field, order_id,
                 coalesce(left_shown, '') || coalesce(right_shown, '') || coalesce(verdict.value, '')
               FROM verdict LEFT JOIN record USING (pair, key)"""
_OF_A_PERSON = (
    "UPDATE record SET base = NULL WHERE key = ? AND pair = ?",
    "UPDATE cell_write SET before = NULL, after = NULL WHERE key = ? AND order_id = '' AND pair = ?",
    "DELETE FROM conflict WHERE key = ? AND pair = ?",
    "DELETE FROM called WHERE key = ? AND pair = ?",
)
REMOVED = "[removed]"


@dataclass(frozen=True, slots=True)
class Redaction:
    """Removes personal data from one ledger. `field` tells personal columns of a sheet, `path` personal parts of an order."""

    ledger: Ledger
    field: IsPersonal
    path: IsPersonal

    def orders(self, may_be: MayBe | None = None, advance: Advance = nobody_listens) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every order with its name and snapshot, one at a time; or those whose stored text `may_be` lets pass.

        `advance` hears how many orders were looked at.
        """
        rows = self._all(f"SELECT order_id, name, CAST({self.ledger.packing.text} AS BLOB) FROM order_tracking")
        for count, (order_id, name, text) in enumerate(rows, 1):
            advance(count)
            if may_be is None or may_be(text):
                yield order_id, name, json.loads(text)

    def replace(self, order_id: str, snapshot: Mapping[str, Any], mark: str) -> None:
        """Put the redacted snapshot, with its hash, in place of the stored one. Leaves no line in the order's history."""
        self.ledger.connection.execute(
            "UPDATE order_tracking SET snapshot = CAST(? AS TEXT), packed = ?, hash = ? WHERE order_id = ?",
            (*self.ledger.packing.stored(canonical_text(snapshot)), mark, order_id),
        )

    def packed(self, order_id: str) -> bytes:
        """What is stored of an order where it is packed; nothing where it is plain."""
        row = self.ledger.connection.execute("SELECT packed FROM order_tracking WHERE order_id = ?", (order_id,)).fetchone()
        return bytes(row[0] or b"") if row else b""

    def clean(self, order_ids: Collection[str], values: Collection[str]) -> dict[str, int]:
        """Remove what other tables hold of these orders, and these values from every text. Returns how much was cleaned where.

        The caller brings the transaction.
        """
        counts = {"agreed_rows": 0, "cell_writes": 0, "changes": 0, "conflicts": 0, "messages": 0}
        for order_id in order_ids:
            counts["agreed_rows"] += self._bases(order_id)
            counts["cell_writes"] += self._emptied("cell_write", "write_id", "field", self.field, order_id)
            counts["changes"] += self._emptied("order_change", "change_id", "path", self.path, order_id)
            counts["conflicts"] += self._conflicts(order_id)
        self._verdicts(set(order_ids), values)
        counts["messages"] = self._messages(values)
        return counts

    def people(self, keys: Collection[str], entity: str) -> int:
        """Remove what was agreed and written about these people's own records, which the next run looks at again.

        Returns how many were agreed on. The caller brings the transaction.
        """
        cleaned = 0
        for (pair,) in self._all("SELECT id FROM pair WHERE entity = ?", (entity,)):
            held = self.ledger.records(pair).agreed(keys)
            cleaned += len(held)
            for key in held:
                for statement in _OF_A_PERSON:
                    self.ledger.connection.execute(statement, (key, pair))
            again = state_keys.again(pair)
            self.ledger.runs.put(again, sorted({*(self.ledger.runs.get(again) or ()), *held}))
        return cleaned

    def shown_in(self, order_ids: Iterable[str]) -> set[str]:
        """The pairs on whose other side something personal of these orders was agreed on, by all that the ledger knows."""
        query = f"SELECT pair, base {_RECORDS} AND base IS NOT NULL"
        rows = (row for order_id in order_ids for row in self._all(query, (order_id,)))
        return {pair for pair, base in rows if any(value is not None and self.field(n) for n, value in json.loads(base).items())}

    def left_in(self, order_ids: Collection[str], values: Iterable[str]) -> int:
        """How many stored lines of these orders still hold any of the values, in whatever table."""
        wanted = [as_json(value) for value in values]
        return sum(any(value in text for value in wanted) for text in self._lines(order_ids))

    def mentions(self, value: str) -> bool:
        """Whether any message holds this value."""
        return any(
            value in text
            for table, _, columns in _FREE_TEXTS
            for row in self._all(f"SELECT {', '.join(columns)} FROM {table}")
            for text in row
            if text
        )

    def open_writes(self) -> int:
        """How many writes have no known outcome; what they hold is needed to settle them."""
        return int(self.ledger.connection.execute("SELECT count(*) FROM journal WHERE state = 'open'").fetchone()[0])

    def _lines(self, order_ids: Collection[str]) -> Iterator[str]:
        for order_id in order_ids:
            for query in _LINES_OF_AN_ORDER:
                asked = query.format(text=self.ledger.packing.text)
                yield from (text for (text,) in self._all(asked, (order_id,)))
        own = set(order_ids)
        yield from (text for _, _, order_id, text in self._all(_VERDICTS) if order_id in own)

    def _bases(self, order_id: str) -> int:
        rows = self._all(f"SELECT pair, key, base {_RECORDS} AND base IS NOT NULL", (order_id,))
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

    def _verdicts(self, order_ids: Collection[str], values: Collection[str]) -> None:
        """A decision about a value that is gone can no longer be carried out; that there was one stays known."""
        told = [as_json(value) for value in values]
        found = [
            (number,)
            for number, field, order_id, text in self._all(_VERDICTS)
            if (order_id in order_ids and self.field(field)) or (order_id is None and any(value in text for value in told))
        ]
        self.ledger.connection.executemany(
            """UPDATE verdict SET left_shown = NULL, right_shown = NULL, value = NULL,
                 ended_at = coalesce(ended_at, decided_at), ended_how = coalesce(ended_how, 'redacted') WHERE verdict_id = ?""",
            found,
        )

    def _messages(self, values: Iterable[str]) -> int:
        removed = Remover(values)
        cleaned = 0
        for table, key, columns in _FREE_TEXTS:
            rows = self._all(f"SELECT {key}, {', '.join(columns)} FROM {table}")
            found = [(*texts, row[0]) for row in rows if (texts := [text and removed(text) for text in row[1:]]) != [*row[1:]]]
            cleaned += len(found)
            self.ledger.connection.executemany(
                f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns)} WHERE {key} = ?", found
            )
        return cleaned

    def _all(self, query: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        yield from self.ledger.connection.execute(query, parameters)


def has_to_be_rebuilt(connection: sqlite3.Connection) -> bool:
    """Whether a redaction has to rebuild the file, because it may hold what was deleted from it before."""
    zeroed = connection.execute("SELECT value FROM meta WHERE name = ?", (state_keys.DELETED_IS_ZEROED,)).fetchone()
    return zeroed != ("true",) or not can_be_zeroed(connection)


def refuse_without_room(ledger: Path) -> None:
    """Raise NeedsPerson where the disks cannot take what `rebuild` needs meanwhile: a temporary copy of the ledger and a
    write-ahead log, each as large as the ledger (observed).
    """
    size = sum(one.stat().st_size for one in (ledger, ledger.with_name(ledger.name + "-wal")) if one.exists())
    folders = [ledger.absolute().parent, _temporary()]
    for folder in folders:
        shared = sum(other.stat().st_dev == folder.stat().st_dev for other in folders)
        if (free := shutil.disk_usage(folder).free) < (needed := shared * size):
            raise NeedsPerson(
                f"The ledger's file has to be rebuilt. That needs {needed / 1e9:.1f} GB of room for a while on the disk of "
                f"{folder}, which has {free / 1e9:.1f} GB. Nothing was changed.",
                next_step="Make room there, or let TMPDIR name a folder on another disk for SQLite's temporary file.",
            )


def _temporary() -> Path:
    """Where SQLite puts its temporary files (documented: sqlite.org/tempfiles.html, section 5)."""
    if os.name != "posix":
        return Path(tempfile.gettempdir())
    named = [os.environ.get(name) for name in ("SQLITE_TMPDIR", "TMPDIR")]
    usable = (Path(one) for one in (*named, "/var/tmp", "/usr/tmp", "/tmp") if one and os.access(one, os.W_OK | os.X_OK))
    return next((one for one in usable if one.is_dir()), Path.cwd())


def overwrite(ledger: Ledger) -> bool:
    """See to it that nothing that was deleted or overwritten can be read in the file or the log beside it, and note that; whether
    no other program kept old bytes alive.

    Raises LedgerUnusable where the file has to be rebuilt and the disk is too full for a second copy, or where it is damaged.
    """
    path = path_of(ledger.connection)
    if path is None:  # a dry run's copy, which is gone at its end
        return True
    with ledger.transaction():
        ledger.runs.put(state_keys.REDACTION_REBUILD, True)
    whole = has_to_be_rebuilt(ledger.connection)
    if emptied := rebuild(ledger) if whole else _zero(ledger, path):
        # what the ledger's connection remembers of pages is from before: a commit of another makes it read them anew, as
        # SQLite does whenever somebody else wrote
        with closing(file.another_writer(path)) as other:
            Runs(other).put(state_keys.REDACTION_REBUILD, False)
    return emptied


def _zero(ledger: Ledger, path: Path) -> bool:
    try:
        return zero_unused(ledger.connection, ledger.opened_raw(path), path.with_name(path.name + "-wal"))
    except (sqlite3.DatabaseError, OSError) as error:
        raise file.unusable(ledger.path, error) from error


def rebuild(ledger: Ledger) -> bool:
    """Rebuild the file without its free pages and empty the write-ahead log; whether no reader kept the log from being emptied.

    Raises LedgerUnusable where the disk is too full for a second copy.
    """
    try:
        ledger.connection.execute("VACUUM")
        with ledger.transaction():
            ledger.runs.put(state_keys.DELETED_IS_ZEROED, True)
        busy = ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise file.unusable(ledger.path, error) from error
    return not busy


class Remover:
    """Texts without any of some values, the longest first, also where they stand in JSON."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values for form in (value, as_json(value))}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, REMOVED)
        return text
