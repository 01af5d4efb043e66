"""Forgetting what was agreed about one order, so that the next run compares it as if for the first time."""

from syncdb.ledger import Ledger
from syncdb.ledger.queries.order_presence import last_run, pairs_of
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.runs import Problem

FETCH = "fetch"
RESET = "reset"


def forget_agreement(ledger: Ledger, order_id: str, name: str, now: str) -> int:
    """Forget the base of every row of the order and have the next run ask the shop for it; how many rows. `now` is ISO UTC.

    The rows stay known by their keys, so that the next run finds them where they stand and adds none.
    """
    reader = LedgerReader(ledger.connection, ledger.path)
    rows = 0
    with ledger.transaction():
        for pair in pairs_of(reader, order_id):
            records = ledger.records(pair["pair"])
            for key in records.of_orders([order_id]):
                records.forget(key)
                rows += 1
            ledger.orders.wait(pair["pair"], [order_id])
        ledger.problems.add(_note(order_id, name), last_run(reader), now)
    return rows


def _note(order_id: str, name: str) -> Problem:
    """What makes a run ask for the order by its id; it closes by itself."""
    told = f"Order {name} is to be examined anew, as it was asked for."
    return Problem(FETCH, RESET, told, order_id, name, "Nothing to do: the next run does it.")
