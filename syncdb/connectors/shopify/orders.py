"""Reading orders: those changed in a window of time, and single ones by id.

The window is read through Shopify's search index (eventually consistent, observed), single orders from its database. What is
yielded is complete order by order; whatever keeps the whole from being the truth travels with it: notices, quarantine, `partial`.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncdb.connectors.order_source import Absence, Facts, Looked, Notice, OrderPage, Quarantined
from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.bulk_spans import ChangeSpan, Cut, changed_between
from syncdb.connectors.shopify.client import Answer, ShopifyClient, message_of
from syncdb.connectors.shopify.cursors import named_by_cursors
from syncdb.connectors.shopify.facts import horizon_notice
from syncdb.connectors.shopify.gather import GatheredOrders, Gatherer, usable
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.shape import bare_id
from syncdb.connectors.shopify.trouble import OrderErrors, partial_notices
from syncdb.decoding import understood
from syncdb.errors import RetryLater
from syncdb.values import moment

if TYPE_CHECKING:  # most runs read a page
    from syncdb.connectors.shopify.bulk_workers import Workers

RESTARTS = 3  # how often a window is begun again at the last good point
BULK_FROM = 1000  # orders in a window beyond which a bulk operation is worth its while
LATER = "Nothing is lost: run it again later."


@dataclass(slots=True)
class _Window:
    """Where the reading of a window stands."""

    since: datetime | None
    until: datetime
    before: datetime | None = None
    cursor: str | None = None
    reached: datetime | None = None
    restarts: int = 0
    passed: set[str] = field(default_factory=set)
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def search(self) -> str | None:
        return changed_between(self.since, self.before)

    def whole(self, now: datetime | None) -> ChangeSpan:
        """All of it. Changes lie between what the first page has reached and now (by the shop's clock, where that is known)."""
        high = int((now or self.until).timestamp()) + 1
        return ChangeSpan(self.since, self.before, int(self.reached.timestamp()) if self.reached else high, high)

    def part(self, span: ChangeSpan) -> "_Window":
        """The window of a span; reading of the whole one goes on where it was."""
        if (span.since, span.before) == (self.since, self.before):
            return self
        return _Window(span.since, self.until, span.before, seen=dict(self.seen))

    def variables(self) -> dict[str, Any]:
        return {"after": self.cursor, "query": self.search}

    def restart(self) -> None:
        if self.restarts == RESTARTS:
            raise RetryLater("Shopify keeps refusing to read on in its own listing of orders.", next_step=LATER)
        self.restarts += 1
        self.since, self.cursor = self.reached or self.since, None
        self.passed.clear()

    def fresh(self, nodes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The nodes not read before in this state: an order that moves while pages are read turns up twice."""
        found = []
        for node in nodes:
            known = self.seen.get(node["id"])
            if known is None or moment(node["updatedAt"]) > moment(known):
                self.seen[node["id"]] = node["updatedAt"]
                found.append(node)
        return found

    def move_past(self, listing: Mapping[str, Any]) -> bool:
        """Put a page behind; whether there is more to read."""
        times = [moment(node["updatedAt"]) for node in listing["nodes"]]
        self.reached = reached = max(times, default=self.reached)
        if self.cursor and reached:  # not after the first page: a bulk operation is to pass all of its orders over
            # what was changed earlier comes again only if it has changed: a restart begins at what was reached
            self.seen = {gid: at for gid, at in self.seen.items() if moment(at) >= reached}
        self.cursor = listing["pageInfo"]["endCursor"]
        return bool(listing["pageInfo"]["hasNextPage"]) and not (times and times[-1] > self.until)

    def circles(self) -> bool:
        """Whether the way on has been taken before."""
        if not self.cursor or self.cursor in self.passed:
            return True
        self.passed.add(self.cursor)
        return False


@dataclass(slots=True)
class OrderReader:
    """Reads the orders of one shop. `metafields` (namespace, key) and the parts `along` are read with them where wanted.

    `facts` is known after the first answer.

    Windows of more than `bulk_from` orders are read by bulk operations (None: never), as many as `cut` says;
    `workers` help where a result is large (None: as many as are useful).
    """

    client: ShopifyClient
    metafields: Sequence[tuple[str, str]] = ()
    page_size: int = 50
    bulk_from: int | None = BULK_FROM
    cut: Cut = Cut()
    workers: "Workers | None" = None
    along: Sequence[str] = ()
    _asking: Asking = field(init=False)
    _gatherer: Gatherer = field(init=False)
    _size: PageSize = field(init=False)

    def __post_init__(self) -> None:
        self._size = PageSize(self.page_size)
        self.ask_also((), ())

    def ask_also(self, metafields: Iterable[tuple[str, str]], along: Iterable[str]) -> None:
        """Read these with the orders, too. Before anything was read."""
        self.metafields = tuple(dict.fromkeys((*self.metafields, *metafields)))
        self.along = tuple(dict.fromkeys((*self.along, *along)))
        self._asking = Asking(self.client, self.metafields, self.along)
        self._gatherer = Gatherer(self._asking)

    @property
    def facts(self) -> Facts | None:
        return self._asking.facts

    def changed(self, since: datetime | None, until: datetime) -> Generator[OrderPage, None, None]:
        """Pages of the orders changed at or after `since` (None: all that are visible), oldest change first.

        Reading ends with the listing, or with the page that passes `until`: what changed later belongs to the next run. Raises
        Refused and RetryLater; a page that was yielded before stays good. Close it where it is not read to its end: bulk
        operations that run for it are cancelled then.
        """
        with understood("Shopify"):
            yield from self._changed(_Window(since, until), since)

    def _changed(self, window: _Window, since: datetime | None) -> Generator[OrderPage, None, None]:
        bulk = self.bulk_from is not None
        for page in self._listed(window, since):
            yield page
            if bulk and not page.last and not page.partial and (yield from self._in_bulk(window, since)):
                return
            bulk = False

    def _listed(self, window: _Window, since: datetime | None) -> Generator[OrderPage, None, None]:
        """The window page by page, from where its reading stands."""
        last = False
        while not last:
            answer, trouble = self._asking.window(window.variables(), self._size)
            if window.cursor and answer.data is None and "cursor" in message_of(answer.errors).lower():
                window.restart()
                continue
            page = self._page(answer, trouble, window, since)
            last = page.last
            yield page

    def _in_bulk(self, window: _Window, since: datetime | None) -> Generator[OrderPage, None, bool]:
        """The window by bulk operations if it is large; whether all of it was read.

        The first page has shown by now what the shop hides and that it understands the search: neither shows in bulk.
        """
        from syncdb.connectors.shopify.bulk import BulkReader
        from syncdb.connectors.shopify.bulk_workers import Workers

        assert self.bulk_from is not None
        last = False

        def by_pages(span: ChangeSpan) -> Generator[OrderPage, None, None]:
            return self._listed(window.part(span), since)

        reader = BulkReader(self._asking, self._gatherer, by_pages, self.cut, self.workers or Workers(), self._size.each)
        whole = window.whole(self.client.first_dated)
        with closing(reader.pages(whole, self.bulk_from, window.seen)) as pages:
            for page in pages:
                last = page.last
                yield page
        return last

    @understood("Shopify")
    def by_ids(self, ids: Sequence[str], made: Mapping[str, datetime] | None = None) -> Looked:
        """Single orders by id ("1001", without prefix). `made` tells when they were made, so that absence can be judged.

        An absent order is known to be deleted only where it would be visible if it existed. Raises Refused and RetryLater.
        """
        batch = self._gatherer.by_ids([f"gid://shopify/Order/{order_id}" for order_id in ids])
        facts = self._asking.known_facts()
        orders, held_back = self._gatherer.complete(batch.nodes)
        return Looked(
            orders=tuple(orders),
            quarantined=(*batch.held, *held_back),
            absent={bare_id(gid): self._absence((made or {}).get(bare_id(gid)), facts) for gid in batch.absent},
            notices=self._asking.news(),
            partial=batch.partial or self._asking.other_version,
            facts=facts,
        )

    def _absence(self, made: datetime | None, facts: Facts) -> Absence:
        horizon = facts.horizon(self.client.clock.now())
        seen_if_there = facts.sees_all_orders or (made is not None and horizon is not None and made > horizon)
        return Absence.DELETED if seen_if_there else Absence.HIDDEN_OR_DELETED

    def _page(self, answer: Answer, trouble: OrderErrors, window: _Window, since: datetime | None) -> OrderPage:
        listing, batch = self._batch(answer, trouble, window)
        facts = self._asking.known_facts()
        self._asking.tell(horizon_notice(facts, since, self.client.clock.now()))
        orders, held_back = self._gatherer.complete(window.fresh(batch.nodes))
        more = window.move_past(listing)
        if more and window.circles():
            self._asking.tell(Notice("circle", "Shopify's pages of orders go round in a circle; reading stopped there.", LATER))
            more, batch.partial = False, True
        return OrderPage(
            orders=tuple(orders),
            quarantined=(*batch.held, *held_back),
            notices=self._asking.news(),
            partial=batch.partial or self._asking.other_version,
            last=not more,
            reached=window.reached,
            facts=facts,
        )

    def _batch(self, answer: Answer, trouble: OrderErrors, window: _Window) -> tuple[Mapping[str, Any], GatheredOrders]:
        listing = (answer.data or {}).get("orders")
        if not listing:
            return self._salvage(window)
        batch = usable(listing["nodes"], trouble)
        batch.partial = batch.partial or bool(answer.warnings)
        for notice in partial_notices(answer, trouble):
            self._asking.tell(notice)
        return listing, batch

    def _salvage(self, window: _Window) -> tuple[Mapping[str, Any], GatheredOrders]:
        """A page that failed as a whole: list who is on it, then ask for each by id, so that one bad order costs only itself."""
        listing, warned = self._listing(window)
        batch = self._gatherer.by_ids([node["id"] for node in listing["nodes"]])
        batch.held += [Quarantined(bare_id(gid), "", "it is listed but not shown under its id") for gid in batch.absent]
        names = {bare_id(node["id"]): node["name"] for node in listing["nodes"]}
        batch.held = [replace(held, name=names[held.order_id]) for held in batch.held]
        # Where nothing at all can be read the fault is hardly in the orders: the watermark stays.
        batch.partial = batch.partial or warned or (not batch.nodes and len(batch.held) > 1)
        return listing, batch

    def _listing(self, window: _Window) -> tuple[Mapping[str, Any], bool]:
        for ask in (self._asking.index, self._asking.cursors):
            answer = ask(window.variables(), self._size)
            listing = (answer.data or {}).get("orders")
            if listing and not answer.errors:
                return (listing if "nodes" in listing else {**listing, "nodes": named_by_cursors(listing)}), bool(answer.warnings)
        raise RetryLater(f"Shopify could not list the changed orders: {message_of(answer.errors)}", next_step=LATER)
