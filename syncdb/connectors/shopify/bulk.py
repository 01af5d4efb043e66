"""Many orders at once: a bulk operation instead of hundreds of pages, with the very same snapshots as result.

It is a faster way to what the pages bring, never a condition: where it fails, or its result does not add up, pages are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.bulk_file import BulkFile
from syncdb.connectors.shopify.bulk_operation import NotInBulk, Operations
from syncdb.connectors.shopify.bulk_query import bulk_query
from syncdb.connectors.shopify.bulk_result import ResultReader
from syncdb.connectors.shopify.facts import Notice
from syncdb.connectors.shopify.gather import Gatherer
from syncdb.connectors.shopify.pages import Page

ATTEMPTS = 2


@dataclass(slots=True)
class BulkReader:
    """Reads all orders of a search by a bulk operation."""

    asking: Asking
    gatherer: Gatherer
    operations: Operations = field(init=False)
    _result: ResultReader = field(init=False)

    def __post_init__(self) -> None:
        self.operations = Operations(self.asking.client)
        self._result = ResultReader(self.asking, self.gatherer)

    def pages(self, search: str | None, least: int, known: Mapping[str, str]) -> Iterator[Page]:
        """Pages of all orders of `search`, if there are more than `least`. Empty pages come while there is nothing but waiting.

        Orders in `known` (global id: time of change) are passed over. It was a success if the last page says `last`; if not,
        nothing is known of the orders that did not come, and what came is good.
        Raises Refused, and RetryLater where the shop cannot be reached.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                yield from self._attempt(search, least, known)
            except (NotInBulk, OSError) as why:
                if attempt < ATTEMPTS and isinstance(why, NotInBulk) and why.again:
                    continue
                self.asking.tell(Notice("bulk", f"Orders are read page by page: a bulk operation did not bring them ({why})."))
            return

    def _attempt(self, search: str | None, least: int, known: Mapping[str, str]) -> Iterator[Page]:
        counted = self.operations.count(search)
        if counted <= least:
            return
        query = bulk_query(self.asking.documents.order, search)
        for state in self.operations.waited(self.operations.submit(query)):
            if state is None:
                yield self._result.nothing_yet()
        assert state is not None
        if state.orders < counted and state.orders < self.operations.count(search):
            raise NotInBulk(f"it found {state.orders} orders where there are {counted}", again=True)
        with BulkFile(state) as file:
            for _ in file.fetch(self.asking.client):
                yield self._result.nothing_yet()
            yield from self._result.pages(file, known)
