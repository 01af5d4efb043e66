"""The fetched result of a bulk operation, page by page, with what bulk leaves out asked for and the unclear read anew."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from msgspec import Raw

from syncdb.connectors.order_source import OrderPage
from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.bulk_file import BulkFile, Chunk
from syncdb.connectors.shopify.bulk_join import Joined, JoinJob, naming, orders_in
from syncdb.connectors.shopify.bulk_query import completion, left_out
from syncdb.connectors.shopify.bulk_trouble import NotInBulk, TooDear
from syncdb.connectors.shopify.bulk_workers import Workers
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.gather import Gatherer
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.shape import bare_id
from syncdb.connectors.shopify.unread import NOTHING, listed, outermost
from syncdb.errors import RetryLater
from syncdb.order_snapshot import OrderSnapshot
from syncdb.values import moment


@dataclass(slots=True)
class ResultReader:
    """Reads results of bulk operations, with the help of `workers`. `page_price` is what a page costs for each order, in points.

    What bulk leaves out is asked for by ids as long as that costs no more than the pages would: that many ids cost as much as
    one is observed for one only.
    """

    asking: Asking
    gatherer: Gatherer
    workers: Workers
    page_price: float = 0.0
    _size: PageSize = field(default_factory=lambda: PageSize(250))
    _judged: bool = False

    @property
    def named(self) -> Callable[[bytes], list[str]]:
        """What finds in an order's line the ids of the refunds and fulfillments of which bulk leaves something out."""
        return naming(tuple(left_out(self.asking.documents.order)))

    def nothing_yet(self) -> OrderPage:
        """An empty page, for whoever waits to look up."""
        return self._page(Joined())

    def pages(self, file: BulkFile, known: Mapping[str, str]) -> Iterator[OrderPage]:
        """The orders of a fetched file, but for those in `known` (global id: time of change). The last page says `last`.

        Raises NotInBulk where the file does not hold together, and Refused.
        """
        latest: datetime | None = None
        passed = {bare_id(gid): moment(changed) for gid, changed in known.items()}
        for found in self.workers.joined(self._jobs(file), file.expected.roots):
            latest = max(filter(None, (latest, found.latest)), default=None)
            found.long = [node for node in found.long if known.get(node["id"]) != node["updatedAt"]]
            page = self._page(found, latest if file.grouped and file.rising else None)
            yield replace(page, orders=tuple(one for one in page.orders if not _is_known(one, passed)))
        yield self._page(Joined(), latest, last=True)

    def _jobs(self, file: BulkFile) -> Iterator[JoinJob]:
        for chunk in file.chunks():
            yield JoinJob(chunk.lines, self._left_out(chunk), self.asking.sight)

    def _page(self, found: Joined, reached: datetime | None = None, last: bool = False) -> OrderPage:
        """A page of what was found; the unclear orders are read anew by their ids (one not found was deleted)."""
        batch = self.gatherer.by_ids(found.unclear)
        more, held = self.gatherer.complete([*found.long, *batch.nodes])
        return OrderPage(
            orders=(*found.orders, *more),
            quarantined=(*found.held, *batch.held, *held),
            notices=self.asking.news(),
            partial=batch.partial or self.asking.other_version,
            last=last,
            reached=reached,
            facts=self.asking.known_facts(),
        )

    def _left_out(self, chunk: Chunk) -> bytes:
        """The refunds and fulfillments of these orders with their lines; what could not be had is not in it."""
        order = self.asking.documents.order
        if not left_out(order):
            return NOTHING
        ids, document, found = list(chunk.named), completion(order), list[Raw]()
        an_order = len(ids) / max(1, orders_in(chunk.lines)) if not self._judged else 0.0
        while ids:
            group = ids[: self._size.size]
            try:
                found += self._answered(document, group, an_order)
            except TooCostly:
                if len(group) > 1:
                    self._size.halve()
                    continue
            del ids[: len(group)]
        return listed(found)

    def _answered(self, document: str, ids: Sequence[str], an_order: float) -> list[Raw]:
        """The list of the parts; none at all where something is wrong with any, for the orders to be read one by one.

        `an_order` is how many of them an order has on average.
        """
        try:
            what = "Reading lines of refunds and fulfillments"
            answer = self.asking.client.ask(document, lambda: {"ids": list(ids)}, what, parse=outermost)
        except RetryLater as error:
            raise NotInBulk(str(error)) from error
        if answer.errors or answer.data is None:
            return []
        self._judge(answer.cost / len(ids) * an_order)
        return [answer.data["nodes"]]

    def _judge(self, price: float) -> None:
        """Raises TooDear where what bulk leaves out of an order costs more than the whole order on a page does."""
        if self._judged:
            return
        self._judged = True
        if 0 < self.page_price < price:
            raise TooDear(
                f"the shop charges {price:.0f} points for the lines of an order's shipments and refunds, and on a page "
                f"{self.page_price:.0f} for the whole order"
            )


def _is_known(order: OrderSnapshot, known: Mapping[str, datetime]) -> bool:
    changed = order.summary.updated_at
    return order.order_id in known and changed is not None and moment(changed) == known[order.order_id]
