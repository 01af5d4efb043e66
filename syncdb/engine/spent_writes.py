"""What writes leave behind in a system to be told from each other is removed once no copy of them can come late any more."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from syncdb.clock import Clock
from syncdb.ledger import Ledger
from syncdb.values import iso

SPENT_AFTER = timedelta(minutes=10)  # a write may take Google 180 seconds; its token must outlive that by far
TIDY_FROM = 20
MOST = 200


def tidy_spent(ledger: Ledger, pair: str, clock: Clock, tidy: Callable[[Sequence[int]], object]) -> None:
    """Let `tidy` remove the tokens of writes that ended long ago, where there are many."""
    journal = ledger.journal(pair)
    spent = journal.spent(iso(clock.now() - SPENT_AFTER), MOST)
    if len(spent) < TIDY_FROM:
        return
    tidy(spent)
    with ledger.transaction():
        journal.tidied(spent)
