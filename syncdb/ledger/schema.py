"""The tables of the ledger and how an older ledger becomes a current one.

Each migration and the note that it was applied are one transaction. A released migration is never edited; a new one is added.
Moments are ISO 8601 text in UTC; money is exact decimal text; ids are text.
"""

import sqlite3
from typing import TYPE_CHECKING

import syncdb.ledger.maintained as maintained
import syncdb.ledger.state_keys as state_keys
from syncdb.ledger.steps import Steps

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Steps("syncdb")

_FIRST = (
    """CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT""",
    """CREATE TABLE order_tracking (
        order_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        number INTEGER,
        hash TEXT NOT NULL,
        snapshot TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('tracked', 'missing', 'deleted')),
        financial_status TEXT,
        fulfillment_status TEXT,
        cancelled_at TEXT,
        closed_at TEXT,
        test INTEGER NOT NULL DEFAULT 0,
        currency TEXT,
        total TEXT,
        line_count INTEGER NOT NULL DEFAULT 0,
        location TEXT,
        created_at TEXT,
        processed_at TEXT,
        updated_at TEXT,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        last_changed_at TEXT NOT NULL,
        missing_since TEXT
    ) STRICT""",
    "CREATE INDEX order_by_name ON order_tracking (name)",
    "CREATE INDEX order_by_number ON order_tracking (number)",
    "CREATE INDEX order_by_created ON order_tracking (created_at)",
    "CREATE INDEX order_by_updated ON order_tracking (updated_at)",
    """CREATE TABLE pending (pair TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY (pair, order_id)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE record (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        order_id TEXT NOT NULL,
        base TEXT,
        location TEXT,
        agreed_at TEXT,
        run_id INTEGER,
        PRIMARY KEY (pair, key)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX record_by_order ON record (pair, order_id)",
    """CREATE TABLE journal (
        token INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        pair TEXT NOT NULL,
        side TEXT NOT NULL,
        purpose TEXT NOT NULL CHECK (purpose IN ('records', 'structure', 'mend')),
        state TEXT NOT NULL CHECK (state IN ('open', 'done', 'void')),
        attempt TEXT,
        operations INTEGER NOT NULL,
        begun_at TEXT NOT NULL,
        ended_at TEXT,
        tidied INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX journal_open ON journal (token) WHERE state = 'open'",
    "CREATE INDEX journal_spent ON journal (ended_at) WHERE tidied = 0 AND state <> 'open'",
    """CREATE TABLE sync_history (
        run_id INTEGER PRIMARY KEY,
        pair TEXT NOT NULL,
        mode TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        exit_code INTEGER,
        message TEXT,
        partial INTEGER NOT NULL DEFAULT 0,
        counts TEXT NOT NULL DEFAULT '{}',
        notices TEXT NOT NULL DEFAULT '[]',
        plan_digest TEXT,
        version TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX history_by_start ON sync_history (started_at)",
    """CREATE TABLE sync_errors (
        error_id INTEGER PRIMARY KEY,
        stage TEXT NOT NULL,
        order_id TEXT NOT NULL DEFAULT '',
        order_name TEXT NOT NULL DEFAULT '',
        cause TEXT NOT NULL,
        message TEXT NOT NULL,
        next_step TEXT NOT NULL DEFAULT '',
        times INTEGER NOT NULL DEFAULT 1,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        first_run INTEGER NOT NULL,
        last_run INTEGER NOT NULL,
        resolved_at TEXT,
        resolution TEXT
    ) STRICT""",
    "CREATE UNIQUE INDEX one_open_error ON sync_errors (stage, order_id, cause) WHERE resolved_at IS NULL",
    """CREATE TABLE order_change (
        change_id INTEGER PRIMARY KEY,
        order_id TEXT NOT NULL,
        run_id INTEGER NOT NULL,
        seen_at TEXT NOT NULL,
        path TEXT NOT NULL,
        before TEXT,
        after TEXT
    ) STRICT""",
    "CREATE INDEX change_by_order ON order_change (order_id, change_id)",
    "CREATE INDEX change_by_time ON order_change (seen_at)",
    """CREATE TABLE cell_write (
        write_id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        pair TEXT NOT NULL,
        side TEXT NOT NULL,
        key TEXT NOT NULL,
        order_id TEXT NOT NULL,
        action TEXT NOT NULL,
        reason TEXT NOT NULL,
        location TEXT,
        field TEXT,
        before TEXT,
        after TEXT,
        written_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX write_by_order ON cell_write (order_id, write_id)",
    """CREATE TABLE conflict (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        field TEXT NOT NULL,
        why TEXT NOT NULL,
        order_id TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        PRIMARY KEY (pair, key, field)
    ) STRICT, WITHOUT ROWID""",
)


@migrations
def m001_orders_and_records(db: "Database") -> None:
    for statement in _FIRST:
        db.conn.execute(statement)


_QUESTIONS = (
    # gaps in the numbers and figures of a period are answered from an index alone: rows are long and a ledger may have a million
    "DROP INDEX order_by_number",
    "CREATE INDEX order_by_number ON order_tracking (number, name, created_at)",
    "DROP INDEX order_by_created",
    """CREATE INDEX order_by_created ON order_tracking
       (created_at, status, financial_status, fulfillment_status, cancelled_at, test, currency, total)""",
    "CREATE INDEX order_missing ON order_tracking (missing_since) WHERE status = 'missing'",
    "CREATE INDEX order_deleted ON order_tracking (last_changed_at) WHERE status = 'deleted'",
    "CREATE INDEX history_by_pair ON sync_history (pair, run_id)",
    "CREATE INDEX error_by_time ON sync_errors (last_at)",
    "CREATE INDEX error_by_order ON sync_errors (order_id)",
    "CREATE INDEX conflict_by_order ON conflict (order_id)",
)


@migrations
def m002_questions(db: "Database") -> None:
    for statement in _QUESTIONS:
        db.conn.execute(statement)


DECISIONS = (
    # what people decided about conflicts; kept after it was carried out, so that history can tell
    """CREATE TABLE verdict (
        verdict_id INTEGER PRIMARY KEY,
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        field TEXT NOT NULL,
        take TEXT NOT NULL CHECK (take IN ('left', 'right', 'value')),
        left_shown TEXT,
        right_shown TEXT,
        value TEXT,
        decided_at TEXT NOT NULL,
        ended_at TEXT,
        ended_how TEXT
    ) STRICT""",
    "CREATE UNIQUE INDEX one_open_verdict ON verdict (pair, key, field) WHERE ended_at IS NULL",
)


@migrations
def m003_decisions(db: "Database") -> None:
    for statement in DECISIONS:
        db.conn.execute(statement)


_READINGS = (
    # which orders of a window a reading did not show is answered from an index alone
    "DROP INDEX order_by_updated",
    "CREATE INDEX order_by_updated ON order_tracking (updated_at, order_id, status)",
)


@migrations
def m004_readings(db: "Database") -> None:
    for statement in _READINGS:
        db.conn.execute(statement)


_THINGS = (
    # what was written of a product, a variant or its stock: they belong to no order
    "CREATE INDEX write_by_key ON cell_write (key, write_id) WHERE order_id = ''",
)


@migrations
def m005_things(db: "Database") -> None:
    for statement in _THINGS:
        db.conn.execute(statement)


PAIRS_AND_LINKS = (
    # what a pair's name stands for: names are only ever compared, never taken apart
    """CREATE TABLE pair (
        id TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        entity TEXT NOT NULL,
        tracks_orders INTEGER NOT NULL CHECK (tracks_orders IN (0, 1))
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX pair_by_type ON pair (type)",
    # a record whose two sides have ids of their own; without a line here it has the same id on both
    """CREATE TABLE link (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        left_id TEXT NOT NULL,
        right_id TEXT NOT NULL,
        PRIMARY KEY (pair, key)
    ) STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX link_by_left ON link (pair, left_id)",
    "CREATE UNIQUE INDEX link_by_right ON link (pair, right_id)",
    # what is known of each shop or other system that the ledger has to do with, by the name that the configuration has for it
    "CREATE TABLE source (name TEXT PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL) STRICT, WITHOUT ROWID",
)
# tables of which an index begins with the pair: from one pair to the next is one step, however many rows each has
_INDEXED_BY_PAIR = ("record", "pending", "conflict", "sync_history")
KNOWN_PAIRS = """WITH RECURSIVE known (pair) AS (
                SELECT min(pair) FROM {table}
                UNION ALL SELECT (SELECT min(pair) FROM {table} WHERE pair > known.pair) FROM known WHERE known.pair IS NOT NULL)
              SELECT pair FROM known WHERE pair IS NOT NULL"""
_SMALL = ("journal", "verdict")
FIRST_SHOP = "INSERT INTO source SELECT 'shopify', 'shopify', value FROM meta WHERE name = 'shop'"


@migrations
def m006_pairs_and_links(db: "Database") -> None:
    for statement in PAIRS_AND_LINKS:
        db.conn.execute(statement)
    fill_pairs(db.conn)
    db.conn.execute(FIRST_SHOP)


def fill_pairs(connection: sqlite3.Connection) -> None:
    """Tell once, from the names that versions up to 0.1 gave to pairs, what each stands for."""
    found: set[str] = set()
    for table in tables(connection).intersection((*_INDEXED_BY_PAIR, *_SMALL)):
        query = KNOWN_PAIRS.format(table=table) if table in _INDEXED_BY_PAIR else f"SELECT DISTINCT pair FROM {table}"
        found.update(row[0] for row in connection.execute(query))
    connection.executemany("INSERT INTO pair VALUES (?, ?, ?, ?)", sorted(map(_meant, found)))


def _meant(pair: str) -> tuple[str, str, str, int]:
    """`sheets:SPREADSHEET:TAB:rows` has orders, `grist:DOCUMENT:orders` too, `grist:DOCUMENT:ENTITY` something else, and under
    `grist:DOCUMENT` there are runs only."""
    kind, _, rest = pair.partition(":")
    entity = "orders" if kind == "sheets" else rest.rpartition(":")[2] if ":" in rest else ""
    return pair, kind, entity, int(entity == "orders")


@migrations
def m007_maintained(db: "Database") -> None:
    for statement in maintained.STATEMENTS:
        db.conn.execute(statement)


MEDIA = (
    """CREATE TABLE media_digest (
        source TEXT NOT NULL,
        ref TEXT NOT NULL,
        size INTEGER,
        changed_at TEXT,
        digest TEXT NOT NULL,
        PRIMARY KEY (source, ref)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE media_refusal (
        source TEXT NOT NULL,
        digest TEXT NOT NULL,
        why TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (source, digest)
    ) STRICT, WITHOUT ROWID""",
)


@migrations
def m008_media(db: "Database") -> None:
    for statement in MEDIA:
        db.conn.execute(statement)


CALLED = (
    # by what people know records that nothing is agreed about (in dispute from the first, or gone): JSON fields
    """CREATE TABLE called (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        fields TEXT NOT NULL,
        PRIMARY KEY (pair, key)
    ) STRICT, WITHOUT ROWID""",
)


@migrations
def m009_called(db: "Database") -> None:
    for statement in CALLED:
        db.conn.execute(statement)


@migrations
def m010_old_snapshots(db: "Database") -> None:
    """Have the snapshots rewritten that an earlier version stored, a few with each run."""
    note = "INSERT OR REPLACE INTO meta (name, value) SELECT ?, ? WHERE EXISTS (SELECT 1 FROM order_tracking)"
    db.conn.execute(note, (state_keys.OLD_SNAPSHOTS_TO, '""'))


_PACKED = (
    "CREATE TABLE snapshot_dictionary (dictionary_id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT",
    "ALTER TABLE order_tracking ADD COLUMN packed BLOB",
)


@migrations
def m011_packed(db: "Database") -> None:
    """Room for snapshots that are packed, and what they are packed by. None is."""
    for statement in _PACKED:
        db.conn.execute(statement)


@migrations
def m012_deleted_is_zeroed(db: "Database") -> None:
    """No table changes. From this version on every connection that writes zeroes what it deletes, and earlier programs, which may
    not, refuse a ledger of this version: so what a ledger says of that (`state_keys.DELETED_IS_ZEROED`) stays true.

    What an older ledger deleted is still in its file. It says so first when it was rebuilt.
    """


@migrations
def m013_errors_by_end(db: "Database") -> None:
    """How many errors were closed in a time is told without going through all that ever were."""
    db.conn.execute("CREATE INDEX error_by_end ON sync_errors (resolved_at) WHERE resolved_at IS NOT NULL")


_ERRORS_OF_PAIRS = (
    # what failed belongs to a pair: an order and a product may both have the key that one of them had before
    "ALTER TABLE sync_errors ADD COLUMN pair TEXT NOT NULL DEFAULT ''",
    # columns that were held back had their pair in the key
    """UPDATE sync_errors SET pair = substr(order_id, 1, instr(order_id, char(10)) - 1),
         order_id = substr(order_id, instr(order_id, char(10)) + 1)
       WHERE stage = 'column' AND instr(order_id, char(10)) > 0""",
    # what could not be read or written was met by a run of that pair, or of the pairs that have its name before theirs
    """UPDATE sync_errors SET pair = coalesce((
         SELECT max(known.id) FROM sync_history AS run JOIN pair AS known
           ON known.id = run.pair OR substr(known.id, 1, length(run.pair) + 1) = run.pair || ':'
         WHERE run.run_id = sync_errors.last_run AND (
           EXISTS (SELECT 1 FROM record WHERE record.pair = known.id AND record.key = sync_errors.order_id)
           OR EXISTS (SELECT 1 FROM record WHERE record.pair = known.id AND record.order_id = sync_errors.order_id))
         HAVING count(*) = 1), '')
       WHERE stage IN ('read', 'write', 'show') AND order_id <> ''""",
    "DROP INDEX one_open_error",
    "CREATE UNIQUE INDEX one_open_error ON sync_errors (stage, order_id, pair, cause) WHERE resolved_at IS NULL",
)


@migrations
def m014_errors_of_pairs(db: "Database") -> None:
    for statement in _ERRORS_OF_PAIRS:
        db.conn.execute(statement)


@migrations
def m015_lighter_triggers(db: "Database") -> None:
    for statement in maintained.LIGHTER:
        db.conn.execute(statement)


_CALLS = (
    # the first of the runs that one call of a command made together, and who wanted them; of earlier ones nobody knows
    "ALTER TABLE sync_history ADD COLUMN round INTEGER",
    "ALTER TABLE sync_history ADD COLUMN wanted_by TEXT NOT NULL DEFAULT ''",
)


@migrations
def m016_calls(db: "Database") -> None:
    for statement in _CALLS:
        db.conn.execute(statement)


def tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
