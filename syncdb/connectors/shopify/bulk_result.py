"""The fetched result of a bulk operation, page by page, with what bulk leaves out asked for and the unclear read anew."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.bulk_file import BulkFile, Group
from syncdb.connectors.shopify.bulk_join import Joining, children_named, page_of
from syncdb.connectors.shopify.bulk_operation import NotInBulk
from syncdb.connectors.shopify.bulk_query import completion, left_out
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.documents import CHILDREN
from syncdb.connectors.shopify.gather import Gatherer
from syncdb.connectors.shopify.pages import Page, PageSize, Quarantined
from syncdb.errors import RetryLater
from syncdb.sealing import Sealed


@dataclass(slots=True)
class ResultReader:
    """Reads results of bulk operations."""

    asking: Asking
    gatherer: Gatherer
    _size: PageSize = field(default_factory=lambda: PageSize(250))

    def nothing_yet(self) -> Page:
        """An empty page, for whoever waits to look up."""
        return self._page()

    def pages(self, file: BulkFile, known: Mapping[str, str]) -> Iterator[Page]:
        """The orders of a fetched file, but for those in `known` (global id: time of change). The last page says `last`.

        Raises NotInBulk where the file does not hold together, and Refused.
        """
        with _few_collections():
            yield from self._pages(file, known)

    def _pages(self, file: BulkFile, known: Mapping[str, str]) -> Iterator[Page]:
        groups, latest = file.groups(), None
        while some := page_of(groups):
            joining = Joining(self.asking.documents.order, self._left_out(some), known, latest)
            orders, held = self.gatherer.complete(joining.nodes(some))
            latest = joining.latest
            reached = latest if file.grouped and file.rising else None
            yield self._page(orders, held, sorted(joining.unclear), reached)
        yield self._page(reached=latest, last=True)

    def _page(
        self,
        orders: Sequence[Sealed] = (),
        held: Sequence[Quarantined] = (),
        unclear: Sequence[str] = (),
        reached: datetime | None = None,
        last: bool = False,
    ) -> Page:
        """A page of these orders; the unclear ones are read anew by their ids (one not found was deleted)."""
        batch = self.gatherer.by_ids(unclear)
        again, held_again = self.gatherer.complete(batch.nodes)
        return Page(
            orders=(*orders, *again),
            quarantined=(*held, *batch.held, *held_again),
            notices=self.asking.news(),
            partial=batch.partial or self.asking.other_version,
            last=last,
            reached=reached,
            facts=self.asking.known_facts(),
        )

    def _left_out(self, groups: Iterable[Group]) -> dict[str, Mapping[str, Any]]:
        """The lines of refunds and fulfillments of these orders, by the ids of those; what could not be had is not in it."""
        order = self.asking.documents.order
        missing, found = left_out(order), dict[str, Mapping[str, Any]]()
        if not missing:
            return found
        ids, document = children_named(groups, [CHILDREN[name] for name in missing]), completion(order)
        while ids:
            group = ids[: self._size.size]
            try:
                found |= self._answered(document, group)
            except TooCostly:
                if len(group) > 1:
                    self._size.halve()
                    continue
            del ids[: len(group)]
        return found

    def _answered(self, document: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The parts by id; none at all where something is wrong with any, for the orders to be read one by one."""
        try:
            answer = self.asking.client.ask(document, lambda: {"ids": list(ids)}, "Reading lines of refunds and fulfillments")
        except RetryLater as error:
            raise NotInBulk(str(error)) from error
        if answer.errors or answer.data is None:
            return {}
        return {node["id"]: node for node in answer.data["nodes"] if node and node.get("order")}


@contextmanager
def _few_collections() -> Iterator[None]:
    """Parsed orders hold no cycles, but their many objects set off the search for some: a quarter of all time (measured)."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
