"""Write the ledger that each migration leaves, with a synced shop in it: `python -m tests.reliability.schemas`. Files stay."""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from syncdb.ledger import schema

HERE = Path(__file__).parent
AT = "2026-09-02T11:00:00Z"
ROWS = {
    "meta": ("ledger_id", '"5f3759df00000000000000000000cafe"'),
    "order_tracking": (
        "9007199254740993", "#1001", 1001, "h" * 64,
        '{"id": "9007199254740993", "name": "#1001"}', "tracked", "PAID", "FULFILLED",
        None, None, 0, "EUR", "19.90", 1, "Orders!2", "2026-09-01T10:00:00Z", "2026-09-01T10:00:00Z", "2026-09-02T10:00:00Z",
        AT, AT, AT, None,
    ),
    "pending": ("sheets:one", "9007199254740993"),
    "record": ("sheets:one", "9007199254740995", "9007199254740993", '{"order_name": "#1001"}', "Orders!2", AT,
        1,
    ),
    "journal": (77, 1, "sheets:one", "right", "records", "done", None, 1, AT, "2026-09-02T11:00:01Z", 0),
    "sync_history": (
        1, "sheets:one", "full", AT, "2026-09-02T11:00:02Z", 0, "", 0, "{}", "[]", "d" * 64, "0.1.0",
    ),
    "sync_errors": (
        1, "fetch", "9007199254740999", "#1002", "held back", "an order was held back", "", 2, AT,
        "2026-09-03T11:00:00Z", 1, 1, None, None,
    ),
    "order_change": (1, "9007199254740993", 1, AT, "note", None, '"please ring"'),
    "cell_write": (
        1, 1, "sheets:one", "right", "9007199254740995", "9007199254740993", "create", "new", "Orders!2", None, None, None,
        "2026-09-02T11:00:01Z",
    ),
    "conflict": (
        "sheets:one", "9007199254740995", "note", "formula", "9007199254740993", "{}", AT, AT,
    ),
    "pair": ("sheets:one", "sheets", "orders", 1),
    "link": ("grist:one:products", "gid://shopify/Product/1", "gid://shopify/Product/1", "mug"),
    "source": ("shopify", "shopify", '{"domain": "one.myshopify.com", "id": "1"}'),
    "media_digest": ("shopify", "gid://shopify/MediaImage/1", 4096, AT, "d" * 64),
    "media_refusal": ("shopify", "e" * 64, "Image file type is not supported", AT),
    "called": ("grist:one:products", "gid://shopify/Product/2", '{"title": "cup"}'),
    "verdict": (1, "sheets:one", "9007199254740995", "note", "left", '"ours"', '"theirs"', None, AT, None, None),
}  # fmt: skip


def write() -> None:
    """Apply the migrations one after the other and keep each state that is not kept yet."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "made.db", isolation_level=None)) as made,
    ):
        for number, name in enumerate(schema.migrations.names):
            schema.migrations.apply(made, stop_before=_after(number))
            _fill(made)
            file = HERE / f"{name.split('_')[0]}.sql"
            if not file.exists():
                file.write_text("\n".join(made.iterdump()) + "\n", encoding="utf-8")
                sys.stdout.write(f"written: {file.name}\n")


def _after(number: int) -> str | None:
    return next(iter(schema.migrations.names[number + 1 :]), None)


def _fill(made: sqlite3.Connection) -> None:
    """A row into every table that the last migration made."""
    there = {row[0] for row in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, row in ROWS.items():
        if table not in there or made.execute(f"SELECT 1 FROM {table}").fetchone():
            continue
        made.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)


if __name__ == "__main__":
    write()
