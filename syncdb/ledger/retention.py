"""How much history is kept: what is older than wanted goes, a little at a time, and never what something unsettled refers to."""

import sqlite3
from dataclasses import dataclass

# orders of which something is open: a person or a later run may need to know what happened to them
_UNSETTLED = """SELECT order_id FROM pending WHERE pair IN (SELECT pair FROM sync_history WHERE started_at >= :before)
                UNION SELECT order_id FROM conflict UNION SELECT order_id FROM sync_errors WHERE resolved_at IS NULL"""

_CHANGES = f"""DELETE FROM order_change WHERE change_id IN (
                 SELECT change_id FROM order_change WHERE seen_at < :before AND order_id NOT IN ({_UNSETTLED}) LIMIT :most)"""
_WRITES = f"""DELETE FROM cell_write WHERE write_id IN (
                SELECT write_id FROM cell_write
                WHERE write_id < :write AND written_at < :before AND order_id NOT IN ({_UNSETTLED}) LIMIT :most)"""
# the token of a write of orders may still lie where it was sent until it is tidied away
_INTENTS = """DELETE FROM journal WHERE token IN (
                SELECT token FROM journal WHERE state <> 'open' AND ended_at < :before
                AND (tidied = 1 OR pair NOT IN (SELECT id FROM pair WHERE tracks_orders)) LIMIT :most)"""
_ERRORS = """DELETE FROM sync_errors WHERE error_id IN (
               SELECT error_id FROM sync_errors WHERE resolved_at < :before LIMIT :most)"""
# a run stays while anything that is kept came of it, and so does the last one of each pair and kind
_RUNS = """DELETE FROM sync_history WHERE run_id IN (
             SELECT run_id FROM sync_history WHERE ended_at < :before
             AND run_id NOT IN (SELECT run_id FROM order_change WHERE seen_at < :before)
             AND run_id NOT IN (SELECT run_id FROM cell_write WHERE write_id < :write)
             AND run_id NOT IN (SELECT run_id FROM journal)
             AND run_id NOT IN (SELECT first_run FROM sync_errors UNION SELECT last_run FROM sync_errors)
             AND run_id NOT IN (SELECT max(run_id) FROM sync_history GROUP BY pair, mode) LIMIT :most)"""
STEPS = (_CHANGES, _WRITES, _INTENTS, _ERRORS, _RUNS)


@dataclass(frozen=True, slots=True)
class Retention:
    """Forgets what ended before `before` (ISO, UTC)."""

    connection: sqlite3.Connection
    before: str

    def forget(self, step: int, most: int) -> int:
        """Remove up to `most` lines of one kind (a number below `len(STEPS)`, in that order); how many.

        Callers bring the transaction. Runs come last: a line that is kept keeps its run.
        """
        values = {"before": self.before, "most": most, "write": self._first_kept_write()}
        return self.connection.execute(STEPS[step], values).rowcount

    def _first_kept_write(self) -> int:
        """The first line of the write log that is not too old, found by halving: it has no index by time, but grows in time."""
        bounds = "SELECT coalesce(min(write_id), 1), coalesce(max(write_id), 0) + 1 FROM cell_write"
        low, high = self.connection.execute(bounds).fetchone()
        while low < high:
            middle = (low + high) // 2
            query = "SELECT write_id, written_at FROM cell_write WHERE write_id >= ? ORDER BY write_id LIMIT 1"
            row = self.connection.execute(query, (middle,)).fetchone()
            if row is not None and row[1] < self.before:
                low = row[0] + 1
            else:
                high = middle
        return int(low)


def free_bytes(connection: sqlite3.Connection) -> int:
    """The room inside the file that nothing uses. New lines go there first; a rebuilt file gives it back to the disk."""
    (pages,), (size,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_size"))
    return int(pages) * int(size)
