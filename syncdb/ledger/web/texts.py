"""Taking somebody's texts out of what web.db tells of runs and troubles, so that no byte of them is left."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from syncdb.ledger.beside import told
from syncdb.ledger.web.file import WebBusy, connected, unusable, writing

_TOLD = {
    "job": ("command", "stages", "said"),
    "trouble": ("message", "remedy"),
    "message": ("subject", "body", "data"),
    "delivery": ("error",),
    "remembered": ("value",),
}


def rewrite(path: Path, removed: Callable[[str], str]) -> None:
    """Have every text told as `removed` gives it, and rebuild the file. Raises WebBusy and LedgerUnusable."""
    with writing(path) as connection:
        connection.create_function("removed", 1, removed, deterministic=True)
        for table, columns in _TOLD.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = removed({column}) WHERE {column} <> removed({column})")
    with told(path, WebBusy, unusable), closing(connected(path, "rw")) as connection:
        connection.execute("VACUUM")
