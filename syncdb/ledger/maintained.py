"""What is asked about all orders, kept up to date with each of them, so that no answer takes longer the more there are.

`number_stretch` holds the numbers that stand at least `times` times as unbroken stretches: with `times` 1 all numbers there are,
with 2 those of a second counter, of one that was set back, and single repeats. It depends on the orders alone, not on when each
came. `order_count` holds how many orders are in each state, and how many wait to be shown somewhere.

SQLite's triggers keep both, whoever writes. `STATEMENTS` and `LIGHTER` are released migrations and never edited.
"""

import sqlite3

MOST_TIMES = 100  # orders of one number that are told apart; the counter of a shop that starts anew each month takes eight years

# how many orders have the number; counting ends where more are no longer told apart
_TIMES = f"(SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = {{n}} LIMIT {MOST_TIMES + 1}))"
_NEW = _TIMES.format(n="NEW.number")
_OLD = f"{_TIMES} + 1".format(n="OLD.number")
# every new order pays for this: one row of values is five times as fast as a selection, and most numbers stand once
_COMES = """
    INSERT INTO number_stretch VALUES (
      {times},
      coalesce((SELECT CASE last WHEN NEW.number - 1 THEN first END FROM number_stretch
                WHERE times = {times} AND first < NEW.number ORDER BY first DESC LIMIT 1), NEW.number),
      coalesce((SELECT last FROM number_stretch WHERE times = {times} AND first = NEW.number + 1), NEW.number))
      ON CONFLICT (times, first) DO UPDATE SET last = excluded.last;
    DELETE FROM number_stretch WHERE times = {times} AND first = NEW.number + 1;"""
_GOES = f"""
    INSERT INTO number_stretch
      SELECT times, OLD.number + 1, last FROM number_stretch
      WHERE times = {_OLD} AND last > OLD.number
        AND first = (SELECT max(first) FROM number_stretch WHERE times = {_OLD} AND first <= OLD.number);
    UPDATE number_stretch SET last = OLD.number - 1
      WHERE times = {_OLD} AND last >= OLD.number
        AND first = (SELECT max(first) FROM number_stretch WHERE times = {_OLD} AND first < OLD.number);
    DELETE FROM number_stretch WHERE times = {_OLD} AND first = OLD.number;"""
_FIRST = "NEW.number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 1 OFFSET 1)"
_REPEATED = f"NEW.number IS NOT NULL AND {_NEW} BETWEEN 2 AND {MOST_TIMES}"
_GONE = f"OLD.number IS NOT NULL AND {_OLD} <= {MOST_TIMES}"
_RENUMBERED = "AFTER UPDATE OF number ON order_tracking WHEN NEW.number IS NOT OLD.number AND"

# both tables as the orders say them: what the triggers keep must be the same
STRETCHES = f"""SELECT times, min(number) AS first, max(number) AS last FROM (
      SELECT times, number, number - row_number() OVER (PARTITION BY times ORDER BY number) AS stretch FROM (
        SELECT number, row_number() OVER (PARTITION BY number) AS times FROM order_tracking WHERE number IS NOT NULL)
      WHERE times <= {MOST_TIMES})
    GROUP BY times, stretch"""
COUNTS = """SELECT column1 AS state, (SELECT count(*) FROM order_tracking WHERE status = column1) AS orders
      FROM (VALUES ('tracked'), ('missing'), ('deleted'))
    UNION ALL SELECT 'waiting', (SELECT count(*) FROM pending)"""

STATEMENTS = (
    """CREATE TABLE number_stretch (
        times INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (times, first)
    ) STRICT, WITHOUT ROWID""",
    f"INSERT INTO number_stretch {STRETCHES}",
    "CREATE INDEX stretch_by_first ON number_stretch (first)",
    "CREATE TABLE order_count (state TEXT PRIMARY KEY, orders INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    f"INSERT INTO order_count {COUNTS}",
    f"CREATE TRIGGER number_comes AFTER INSERT ON order_tracking WHEN {_FIRST} BEGIN {_COMES.format(times=1)} END",
    f"CREATE TRIGGER number_repeats AFTER INSERT ON order_tracking WHEN {_REPEATED} BEGIN {_COMES.format(times=_NEW)} END",
    f"CREATE TRIGGER number_goes AFTER DELETE ON order_tracking WHEN {_GONE} BEGIN {_GOES} END",
    f"CREATE TRIGGER number_given_up {_RENUMBERED} {_GONE} BEGIN {_GOES} END",
    f"CREATE TRIGGER number_taken {_RENUMBERED} {_FIRST} BEGIN {_COMES.format(times=1)} END",
    f"CREATE TRIGGER number_shared {_RENUMBERED} {_REPEATED} BEGIN {_COMES.format(times=_NEW)} END",
    """CREATE TRIGGER order_comes AFTER INSERT ON order_tracking BEGIN
        UPDATE order_count SET orders = orders + 1 WHERE state = NEW.status; END""",
    """CREATE TRIGGER order_goes AFTER DELETE ON order_tracking BEGIN
        UPDATE order_count SET orders = orders - 1 WHERE state = OLD.status; END""",
    """CREATE TRIGGER order_turns AFTER UPDATE OF status ON order_tracking WHEN NEW.status <> OLD.status BEGIN
        UPDATE order_count SET orders = orders - 1 WHERE state = OLD.status;
        UPDATE order_count SET orders = orders + 1 WHERE state = NEW.status; END""",
    """CREATE TRIGGER order_waits AFTER INSERT ON pending BEGIN
        UPDATE order_count SET orders = orders + 1 WHERE state = 'waiting'; END""",
    """CREATE TRIGGER order_settled AFTER DELETE ON pending BEGIN
        UPDATE order_count SET orders = orders - 1 WHERE state = 'waiting'; END""",
    "CREATE INDEX history_open ON sync_history (run_id) WHERE ended_at IS NULL",
)

# Undoing one statement alone takes a copy of each page that it changes, some ten for an order and on the disk. SQLite makes none
# where a statement cannot stop half-way: it is told to fail without being undone (the transaction is), and no trigger of it
# inserts what it selects or updates on a conflict. So either of two triggers is for each way a number comes.
_BEFORE = "(SELECT last FROM number_stretch WHERE times = {times} AND first <= NEW.number ORDER BY first DESC LIMIT 1)"
_END = "coalesce((SELECT last FROM number_stretch WHERE times = {times} AND first = NEW.number + 1), NEW.number)"
_JOINED = "DELETE FROM number_stretch WHERE times = {times} AND first = NEW.number + 1;"
_FOLLOWS = f"{_BEFORE} = NEW.number - 1"  # a stretch ends right before it
_BEGINS = f"coalesce({_BEFORE}, NEW.number - 2) < NEW.number - 1"  # it stands in none, nor behind one
_GROW = f"""
    UPDATE number_stretch SET last = {_END} WHERE times = {{times}}
      AND first = (SELECT max(first) FROM number_stretch WHERE times = {{times}} AND first <= NEW.number);
    {_JOINED}"""
_BEGIN = f"""
    INSERT INTO number_stretch VALUES ({{times}}, NEW.number, {_END});
    {_JOINED}"""
_AGAIN = f"""NEW.number IS NOT NULL AND EXISTS (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 1 OFFSET 1)
    AND {_NEW} <= {MOST_TIMES}"""


def _on_coming(name: str, condition: str, body: str, times: str) -> str:
    made = f"CREATE TRIGGER {name} AFTER INSERT ON order_tracking WHEN {condition} BEGIN {body} END"
    return made.format(times=times)


LIGHTER = (
    "DROP TRIGGER number_comes",
    "DROP TRIGGER number_repeats",
    _on_coming("number_follows", _FOLLOWS, _GROW, "1"),
    _on_coming("number_begins", f"NEW.number IS NOT NULL AND {_BEGINS}", _BEGIN, "1"),
    _on_coming("repeat_follows", f"{_AGAIN} AND {_FOLLOWS}", _GROW, _NEW),
    _on_coming("repeat_begins", f"{_AGAIN} AND {_BEGINS}", _BEGIN, _NEW),
)


def stand_in(connection: sqlite3.Connection) -> None:
    """For one connection, where the ledger is from before it had these tables and is only read: worked out when asked."""
    connection.execute(f"CREATE TEMP VIEW number_stretch AS {STRETCHES}")
    connection.execute(f"CREATE TEMP VIEW order_count AS {COUNTS}")
