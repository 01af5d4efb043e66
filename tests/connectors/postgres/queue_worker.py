"""A worker of the queue in a process of its own: takes stock from the ERP's queue to a shop that is another database.

What it does there is what a write to a shop must be: looked up first, and sent once. Ends when nothing is left and it is told so.
"""

import sys
import time
from collections.abc import Callable

from syncdb.connectors.postgres.address import erp_address
from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.queue import QueueRow, SyncQueue
from syncdb.connectors.postgres.tables import default_tables
from syncdb.errors import OutcomeUnknown

READ = "select quantity from inventory where id = %s"
LOOK = "select value from shop where entity = %s"
SEND = "insert into shop (entity, value) values (%s, %s) on conflict (entity) do update set value = excluded.value"
LOG = "insert into arrivals (entity, value, queue_id, worker) values (%s, %s, %s, %s)"
COUNTED = "insert into acknowledged (queue_id, claim) values (%s, %s) on conflict do nothing"


def send(erp: ErpDatabase, shop: ErpDatabase, row: QueueRow, worker: str) -> None:
    """The stock as it is now, unless the shop shows it already."""
    (now,) = erp.rows(READ, [row.entity_id])

    def work(tx: Work) -> None:
        shown = tx.rows(LOOK, [row.entity_id])
        if not shown or shown[0]["value"] != now["quantity"]:
            tx.run(SEND, [row.entity_id, now["quantity"]])
            tx.run(LOG, [row.entity_id, now["quantity"], row.id, worker])

    sure(shop, work)


def sure(database: ErpDatabase, work: Callable[[Work], None]) -> None:
    """Do what may be done twice (it looks first) again where its outcome is not known."""
    try:
        database.transaction(work)
    except OutcomeUnknown:
        sure(database, work)


def main(erp_url: str, shop_url: str, worker: str) -> None:
    erp, shop = ErpDatabase(erp_address(erp_url), deadline=120), ErpDatabase(erp_address(shop_url), deadline=120)
    queue = SyncQueue(erp, default_tables("public"), worker)
    while not erp.rows("select 1 as done from finished"):
        rows = queue.claim(limit=5, lease_seconds=600)
        for row in rows:
            send(erp, shop, row, worker)
        counted = queue.acknowledge(rows)
        told = [(row.id, row.locked_by) for row in rows if row.id in counted]
        sure(shop, lambda tx, told=told: [tx.run(COUNTED, one) for one in told])  # type: ignore[misc]
        if not rows:
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
