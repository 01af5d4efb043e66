"""The mark of the ledger that keeps a table: a sentence in the description of its key column, which the API writes and reads.

Two ledgers that keep one table would each take the other's writes for edits of people, and bring them back.
"""

import re

from syncdb.connectors.grist.schema import ColumnInfo
from syncdb.errors import NeedsPerson

_MARK = re.compile(r"Kept by syncdb, ledger ([0-9A-Za-z-]+)\.")


def mark_of(ledger: str) -> str:
    return f"Kept by syncdb, ledger {ledger}."


def marked(key: ColumnInfo | None, ledger: str) -> bool:
    """Whether the key column carries this ledger's mark. One that is not there yet lacks it."""
    return key is not None and _keeper(key) == ledger


def with_mark(key: ColumnInfo, ledger: str) -> str:
    """The description with this ledger's mark in place of another one; what people wrote there stays."""
    theirs = _MARK.sub("", key.description).strip()
    return f"{theirs}\n{mark_of(ledger)}" if theirs else mark_of(ledger)


def refuse_another_ledger(key: ColumnInfo | None, ledger: str, table: str) -> None:
    """Raise NeedsPerson where another ledger keeps the table."""
    keeper = _keeper(key) if key is not None else None
    if keeper is not None and keeper != ledger:
        raise NeedsPerson(
            f'The Grist table "{table}" is kept by another ledger of syncdb ({keeper}). Nothing was written to it.',
            next_step="Run with that ledger (db_path), or name another document or table. If that ledger is gone for good, run "
            "once with --force: this one then keeps the table.",
        )


def _keeper(key: ColumnInfo) -> str | None:
    found = _MARK.search(key.description)
    return found[1] if found else None
