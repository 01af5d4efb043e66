"""The queue on a real server: what is noted, who works on it, what becomes of failures."""

from collections.abc import Iterator

import pytest

from syncdb.connectors.postgres.queue import Failed, SyncQueue
from syncdb.connectors.postgres.queue_book import QueueBook
from tests.connectors.postgres.wire import Wire
from tests.postgres import Erp

PRODUCT = "insert into products (sku, name, price) values (%s, %s, 5) returning id"


class Desk:
    """Workers of one queue, each with a connection of its own."""

    def __init__(self, erp: Erp) -> None:
        self.erp = erp
        self._open = [erp.database() for _ in range(3)]
        self.one, self.two = (SyncQueue(self._open[i].__enter__(), erp.tables, f"worker {i}") for i in range(2))
        self.book = QueueBook(self._open[2].__enter__(), erp.tables)

    def close(self) -> None:
        for each in self._open:
            each.__exit__(None, None, None)

    def due(self) -> None:
        """Let the time that a failed row waits be over."""
        self.erp.sql("update sync_queue set next_attempt_at = now() - interval '1 second' where status = 'pending'")

    def expired(self) -> None:
        """Let all leases run out."""
        self.erp.sql("update sync_queue set locked_until = now() - interval '1 second' where status = 'processing'")


@pytest.fixture
def desk(erp: Erp) -> Iterator[Desk]:
    made = Desk(erp)
    yield made
    made.close()


def noted(erp: Erp) -> list[tuple[str, str, str]]:
    rows = erp.sql("select entity_type, action, status from sync_queue order by id")
    return [(row["entity_type"], row["action"], row["status"]) for row in rows]


def new_product(erp: Erp, sku: str = "A") -> str:
    return str(erp.sql(PRODUCT, sku, "Mug")[0]["id"])


def test_several_changes_of_one_thing_are_one_piece_of_work(desk: Desk) -> None:
    id = new_product(desk.erp)
    desk.erp.sql("update products set price = 6; update products set price = 7")
    (row,) = desk.one.claim()
    assert (row.entity_type, row.entity_id, row.action, row.status) == ("product", id, "create", "processing")
    assert desk.two.claim() == []
    assert desk.one.acknowledge([row]) == {row.id}
    assert noted(desk.erp) == [("product", "create", "completed")]


def test_a_change_while_it_is_worked_on_waits_until_that_is_done(desk: Desk) -> None:
    new_product(desk.erp)
    (first,) = desk.one.claim()
    desk.erp.sql("update products set price = 6")
    assert desk.two.claim() == []
    desk.one.acknowledge([first])
    (second,) = desk.two.claim()
    assert (second.action, second.id > first.id) == ("update", True)


def test_what_a_dead_worker_began_is_done_by_another_before_anything_newer(desk: Desk) -> None:
    new_product(desk.erp)
    (begun,) = desk.one.claim()
    desk.erp.sql("update products set price = 6")
    desk.expired()
    (taken,) = desk.two.claim()
    assert (taken.id, taken.locked_by) == (begun.id, "worker 1 #1")
    assert desk.one.claim() == []


def test_a_worker_that_was_given_up_cannot_say_how_it_ended(desk: Desk) -> None:
    new_product(desk.erp)
    (begun,) = desk.one.claim()
    desk.expired()
    (taken,) = desk.two.claim()
    assert desk.one.acknowledge([begun]) == frozenset()
    assert desk.one.fail(begun, "too late") is None
    assert desk.one.renew([begun]) == []
    desk.one.release([begun])
    assert desk.two.acknowledge([taken]) == {taken.id}


def test_nor_can_one_that_took_the_same_row_again(desk: Desk) -> None:
    new_product(desk.erp)
    (begun,) = desk.one.claim()
    desk.expired()
    (again,) = desk.one.claim()
    assert desk.one.acknowledge([begun]) == frozenset()
    (longer,) = desk.one.renew([again], 900)
    assert desk.one.acknowledge([again]) == frozenset()
    assert desk.one.acknowledge([longer]) == {longer.id}


def test_five_tries_each_later_than_the_last_and_one_alert(desk: Desk) -> None:
    new_product(desk.erp)
    outcomes: list[Failed] = []
    for _ in range(5):
        desk.due()
        (row,) = desk.one.claim()
        failed = desk.one.fail(row, "The shop is away.")
        assert failed is not None
        outcomes.append(failed)
    assert [one.row.status for one in outcomes] == ["pending"] * 4 + ["failed"]
    assert [one.alert for one in outcomes] == [False, False, True, False, False]
    waits = [(one.row.next_attempt_at - one.row.updated_at).total_seconds() for one in outcomes[:4]]
    assert all(15 * 2**n <= wait <= 30 * 2**n for n, wait in enumerate(waits))
    desk.due()
    assert desk.one.claim() == []
    assert outcomes[-1].final and outcomes[-1].row.error_message == "The shop is away."


def test_what_will_never_work_fails_at_once_and_is_told_once(desk: Desk) -> None:
    new_product(desk.erp)
    (row,) = desk.one.claim()
    failed = desk.one.fail(row, "It has no SKU.", permanent=True)
    assert failed is not None and (failed.final, failed.alert, failed.row.retry_count) == (True, True, 1)


def test_a_failure_gives_way_to_a_newer_change(desk: Desk) -> None:
    new_product(desk.erp)
    (row,) = desk.one.claim()
    desk.erp.sql("update products set price = 6")
    failed = desk.one.fail(row, "The shop is away.")
    assert failed is not None and (failed.final, failed.alert) == (False, False)
    (newer,) = desk.one.claim()
    assert failed.row.superseded_by == newer.id


def test_what_succeeds_makes_earlier_failures_good(desk: Desk) -> None:
    new_product(desk.erp)
    (row,) = desk.one.claim()
    desk.one.fail(row, "It has no price.", permanent=True)
    assert desk.book.counts().failed == 1
    desk.erp.sql("update products set price = 6")
    desk.one.acknowledge(desk.one.claim())
    assert desk.book.counts().failed == 0 and desk.book.listed(failed=True) == []


def test_a_row_given_back_counts_no_try(desk: Desk) -> None:
    new_product(desk.erp)
    desk.one.release(desk.one.claim())
    (row,) = desk.two.claim()
    assert row.retry_count == 0
    desk.erp.sql("update products set price = 6")
    desk.two.release([row])
    (newer,) = desk.one.claim()
    assert newer.id > row.id
    (given_back,) = desk.erp.sql("select superseded_by from sync_queue where id = %s", row.id)
    assert given_back["superseded_by"] == newer.id and row.id not in [each.id for each in desk.book.listed()]


def test_a_person_has_a_failed_row_tried_again(desk: Desk) -> None:
    new_product(desk.erp)
    (row,) = desk.one.claim()
    assert not desk.book.retry(row.id)
    desk.one.fail(row, "No.", permanent=True)
    assert desk.book.retry(row.id) and not desk.book.retry(row.id)
    (again,) = desk.one.claim()
    assert (again.id, again.retry_count, again.error_message) == (row.id, 0, None)


def test_adding_by_hand_counts_and_tidying_up(desk: Desk) -> None:
    first = desk.book.add("order", "7", "update", "from_shopify", {"shopify_order_id": "450789469"})
    assert desk.book.add("order", "7", "update", "from_shopify") == first
    assert desk.one.claim() == []
    (row,) = desk.one.claim("from_shopify", entity_types=["order"])
    assert row.payload == {"shopify_order_id": "450789469"}
    counts = desk.book.counts()
    assert (counts.pending, counts.processing, counts.failed) == (0, 1, 0)
    desk.one.acknowledge([row])
    assert desk.book.counts().completed_today == 1
    assert desk.book.prune(7) == 0
    desk.erp.sql("update sync_queue set updated_at = now() - interval '8 days'")
    desk.erp.sql("insert into sync_writes (token, at) values (1, now() - interval '8 days'), (2, now())")
    assert desk.book.prune(7) == 1
    assert desk.erp.sql("select token from sync_writes") == [{"token": 2}]


def test_a_run_that_found_all_in_step_closes_what_failed_and_nothing_else(desk: Desk) -> None:
    new_product(desk.erp, "A")
    new_product(desk.erp, "B")
    failed, waiting = desk.one.claim()
    desk.one.fail(failed, "No.", permanent=True)
    desk.one.release([waiting])
    assert desk.book.settled(desk.book.listed()) == {failed.id}
    assert (desk.book.counts().failed, desk.book.counts().pending) == (0, 1)


@pytest.mark.parametrize("applied", [True, False])
def test_a_connection_that_is_lost_at_any_commit_loses_and_doubles_nothing(erp: Erp, applied: bool) -> None:
    new_product(erp, "A")
    wire = Wire(erp.address)
    queue = SyncQueue(wire, erp.tables, "worker")
    wire.breaks = applied
    claimed = queue.claim()
    assert bool(claimed) is applied
    (row,) = claimed or queue.claim()
    wire.breaks = applied
    failed = queue.fail(row, "The shop is away.")
    assert failed is not None and (failed.row.status, failed.row.retry_count) == ("pending", 1)
    erp.sql("update sync_queue set next_attempt_at = now()")
    (again,) = queue.claim()
    wire.breaks = applied
    assert queue.acknowledge([again]) == {again.id}
    assert noted(erp) == [("product", "create", "completed")]
    wire.close()
