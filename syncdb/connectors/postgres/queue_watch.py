"""A glance at the queue between two runs: does anything wait that nobody has seen yet?

The database could tell it by itself (NOTIFY). But transactions that do so are committed one by one, behind a lock that all
sessions share: at sixteen clients an ERP commits a sixth of what it does without. So it is asked, which costs its writes nothing
and works through every pooler.
"""

import logging

from syncdb.clock import Clock
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.queue import TO_SHOPIFY
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import SyncdbError

log = logging.getLogger("syncdb.erp")
AT_ONCE = ("order", "product", "customer")  # stock goes in batches, with the next run
EVERY, PAUSE, AWAY = 1.0, 5.0, 60.0  # seconds: between glances, after something was found, after the database was away
_DUE = """
select q.id from {queue} q
where q.status = 'pending' and q.direction = %(direction)s and q.entity_type = any(%(types)s::text[])
    and q.next_attempt_at <= clock_timestamp()
order by q.id desc limit 2000
"""


class QueueWatch:
    """What waits, as one process sees it that runs again and again. A row that a run left waiting is news only once."""

    def __init__(self, database: ErpDatabase, tables: ErpTables, clock: Clock) -> None:
        self._database = database
        self._sql = statement(_DUE, queue=name(tables.schema, tables.own["sync_queue"]))
        self._clock = clock
        self._seen: frozenset[int] = frozenset()
        self._next = clock.monotonic()

    def news(self) -> bool:
        """Whether something waits that did not when this was last asked. Asks the database at most once a second."""
        now = self._clock.monotonic()
        if now < self._next:
            return False
        try:
            due = self._due()
        except SyncdbError as away:  # each run asks anew and says so itself
            log.info("The ERP's queue could not be looked at between two runs: %s", away)
            self._next = now + AWAY
            return False
        new = bool(due - self._seen)
        self._seen, self._next = due, now + (PAUSE if new else EVERY)
        return new

    def _due(self) -> frozenset[int]:
        return frozenset(row["id"] for row in self._database.rows(self._sql, {"direction": TO_SHOPIFY, "types": list(AT_ONCE)}))
