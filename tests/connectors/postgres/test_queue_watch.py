"""A glance at the queue between two runs: what is new there is told once, and never more often than is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from syncdb.clock import SYSTEM
from syncdb.connectors.postgres.queue import SyncQueue
from syncdb.connectors.postgres.queue_watch import AWAY, EVERY, PAUSE, QueueWatch
from tests.postgres import Erp


@dataclass
class Waiting:
    """Somebody who waits, in simulated time, and glances at the queue."""

    erp: Erp
    watch: QueueWatch
    now: list[float]

    def later(self, seconds: float) -> bool:
        self.now[0] += seconds
        return self.watch.news()


@pytest.fixture
def waiting(erp: Erp) -> Iterator[Waiting]:
    now = [0.0]
    with erp.database() as database:
        yield Waiting(erp, QueueWatch(database, erp.tables, replace(SYSTEM, monotonic=lambda: now[0])), now)


def test_what_is_new_is_told_once_and_stock_waits_for_the_next_run(waiting: Waiting) -> None:
    assert not waiting.later(0)
    waiting.erp.sql(
        "insert into products (sku) values ('A'); insert into inventory (product_id, quantity) select id, 1 from products"
    )
    assert not waiting.later(EVERY / 2), "asked at most once a second"
    assert waiting.later(EVERY) and not waiting.later(PAUSE), "a run that left it waiting is not begun again for it"
    waiting.erp.sql("update inventory set quantity = 2")
    assert not waiting.later(EVERY)
    waiting.erp.sql("insert into orders (order_number) values ('1')")
    assert waiting.later(EVERY)


def test_what_is_to_be_tried_again_is_news_when_it_is_due(waiting: Waiting) -> None:
    waiting.erp.sql("insert into customers (email) values ('a@b.c')")
    assert waiting.later(EVERY)
    with waiting.erp.database() as database:
        queue = SyncQueue(database, waiting.erp.tables, "worker")
        queue.fail(queue.claim()[0], "the shop is away")
    assert not waiting.later(PAUSE)
    waiting.erp.sql("update sync_queue set next_attempt_at = now()")
    assert waiting.later(EVERY)


def test_a_database_that_is_away_ends_nothing(waiting: Waiting) -> None:
    waiting.erp.sql("alter table sync_queue rename to away; insert into orders (order_number) select '1' where false")
    assert not waiting.later(EVERY)
    waiting.erp.sql("alter table away rename to sync_queue; insert into orders (order_number) values ('1')")
    assert not waiting.later(EVERY) and waiting.later(AWAY)
