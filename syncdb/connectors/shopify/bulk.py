"""Many orders at once: bulk operations instead of hundreds of pages, with the very same snapshots as result.

It is a faster way to what the pages bring, never a condition: where it fails, or its result does not add up, pages are read, and
only for the span of time that failed.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from syncdb.connectors.order_source import Notice, OrderPage
from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.bulk_ahead import ReadAhead
from syncdb.connectors.shopify.bulk_convoy import BulkOperations, Task
from syncdb.connectors.shopify.bulk_operation import BulkResultFile, Operations
from syncdb.connectors.shopify.bulk_query import bulk_query
from syncdb.connectors.shopify.bulk_result import ResultReader
from syncdb.connectors.shopify.bulk_spans import ChangeSpan, Cut
from syncdb.connectors.shopify.bulk_trouble import AddressRanOut, NotInBulk, TooDear
from syncdb.connectors.shopify.bulk_workers import Workers
from syncdb.connectors.shopify.gather import Gatherer
from syncdb.values import iso

log = logging.getLogger("syncdb.bulk")
HOPELESS = 3  # spans in a row, and no result in sight, after which the rest is read by pages


@dataclass(slots=True)
class BulkReader:
    """Reads all orders of a window by bulk operations. `by_pages` reads those of a span where they fail.

    `page_price` is what that costs for each order, in points (0: not known).
    """

    asking: Asking
    gatherer: Gatherer
    by_pages: Callable[[ChangeSpan], Iterator[OrderPage]]
    cut: Cut = Cut()
    workers: Workers = field(default_factory=Workers)
    page_price: float = 0.0
    operations: Operations = field(init=False)
    ahead: ReadAhead = field(init=False)
    _result: ResultReader = field(init=False)

    def __post_init__(self) -> None:
        self.operations = Operations(self.asking.client)
        self._result = ResultReader(self.asking, self.gatherer, self.workers, self.page_price)
        self.ahead = ReadAhead(self.asking.client, self._result.named)

    def pages(self, whole: ChangeSpan, least: int, known: Mapping[str, str]) -> Generator[OrderPage, None, None]:
        """Pages of all orders of a window, if there are more than `least`. Empty pages come while there is nothing but waiting.

        Orders in `known` (global id: time of change) are passed over. Either no page comes, or all of them, the oldest changes
        first, and the last page says `last`. Raises Refused, and RetryLater where the shop cannot be reached; operations that run
        then, or when this is closed, are cancelled.
        """
        try:
            tasks = self._tasks(whole, least)
        except NotInBulk as why:
            self._tell_of(whole, whole, why)
            return
        convoy = BulkOperations(self.operations, self._query, tasks)
        with closing(convoy), closing(self.workers), closing(self.ahead), closing(self._in_order(convoy, whole, known)) as pages:
            for page in pages:
                yield page if len(convoy.tasks) == 1 else replace(page, last=False)

    def _tasks(self, whole: ChangeSpan, least: int) -> list[Task]:
        counted = self.operations.count(whole.search)
        if counted <= least:
            return []
        spans = self.cut.spans(replace(whole, orders=counted), lambda span: self.operations.count(span.search))
        log.info("%d orders are read by %d bulk operations", counted, len(spans))
        return [Task(span) for span in spans]

    def _query(self, span: ChangeSpan) -> str:
        return bulk_query(self.asking.documents.order, span.search)

    def _in_order(self, convoy: BulkOperations, whole: ChangeSpan, known: Mapping[str, str]) -> Generator[OrderPage, None, None]:
        """The pages of one span after the other; a span stands first in `convoy` until its last page was taken."""
        in_a_row = 0
        while convoy.tasks:
            for _ in convoy.waited():
                yield self._result.nothing_yet()
            task = convoy.tasks[0]
            if task.failure is None:
                brought = yield from self._brought(convoy, task, known)
                if not brought:
                    continue
                in_a_row = 0
            else:
                in_a_row += 1
                hopeless = in_a_row >= HOPELESS and not any(one.result for one in convoy.tasks)
                if hopeless or isinstance(task.failure, TooDear):
                    task = convoy.give_up()
                self._tell_of(task.span, whole, task.failure)
                yield from self.by_pages(task.span)
            del convoy.tasks[0]

    def _brought(self, convoy: BulkOperations, task: Task, known: Mapping[str, str]) -> Generator[OrderPage, None, bool]:
        """The orders of a span whose operation has ended well; whether these are all of them."""
        try:
            yield from self._checked(convoy, task, known)
        except (NotInBulk, OSError) as why:
            convoy.failed(task, why)
            return False
        return True

    def _checked(self, convoy: BulkOperations, task: Task, known: Mapping[str, str]) -> Iterator[OrderPage]:
        result, span = task.result, task.span
        assert result is not None and task.gid is not None
        if result.roots < span.orders and result.roots < (there := self.operations.count(span.search)):
            raise NotInBulk(f"it found {result.roots} orders where there are {there}", again=True)
        try:
            yield from self._read(convoy, result, known)
        except AddressRanOut:
            # nothing of it was read yet
            yield from self._read(convoy, self.operations.renewed(task.gid, result), known)

    def _read(self, convoy: BulkOperations, result: BulkResultFile, known: Mapping[str, str]) -> Iterator[OrderPage]:
        self.workers.ready(result.roots)  # they load what they need while the file is fetched
        with self.ahead.file(result) as file:
            for _ in self.ahead.fetch(file):
                yield self._result.nothing_yet()
            self.ahead.begin(convoy.next_result)
            yield from self._result.pages(file, known)

    def _tell_of(self, span: ChangeSpan, whole: ChangeSpan, why: Exception | None) -> None:
        times = f" changed {_times(span)}" if span.search != whole.search else ""
        self.asking.tell(Notice("bulk", f"Orders{times} are read page by page: a bulk operation did not bring them ({why})."))


def _times(span: ChangeSpan) -> str:
    since, before = (iso(moment) if moment else "" for moment in (span.since, span.before))
    if since and before:
        return f"between {since} and {before}"
    return f"from {since} on" if since else f"before {before}"
