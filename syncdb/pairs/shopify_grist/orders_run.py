"""The run of the orders: into their table, and what people may write of them back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from syncdb.clock import Clock
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.orders import OrderWriter
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.statuses import StatusWriter
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest
from syncdb.ledger import Ledger
from syncdb.orders.order_audit import audited_orders
from syncdb.orders.order_sync import OrderSync
from syncdb.pairs.base import Run
from syncdb.pairs.chosen import ORDERS, ChosenOrders
from syncdb.pairs.filter_places import place_notes
from syncdb.pairs.opening import limits
from syncdb.pairs.shopify_grist.opened import Opened, opening
from syncdb.pairs.shopify_grist.orders import OrdersTable, order_policy
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_grist.put_back import with_put_back
from syncdb.pairs.shopify_grist.settings import GristSettings
from syncdb.pairs.shopify_grist.tables import (
    order_rows_shape,
    places_asked,
)

FINAL = {"order_status": frozenset({"cancelled", "canceled"})}  # what cannot be undone


def orders_run(opened: Opened, chosen: ChosenOrders) -> Run:
    """Orders into their table, and what people may write of them back."""
    settings, sync = opened.settings, _order_sync(opened, chosen)
    return Run(
        ORDERS,
        f"orders of {settings.shopify_store_name} in the Grist document {settings.grist_document}",
        replace(SHOPIFY_GRIST.words, record=chosen.rows),
        {ORDERS: order_rows_shape(chosen).fields},
        tracks_orders=True,
        start=lambda: with_put_back(sync.run(), opened.ledger, sync.destination.pair),
        audit=lambda period: audited_orders(sync, period),
    )


def _order_sync(opened: Opened, chosen: ChosenOrders) -> OrderSync:
    settings = opened.settings
    destination = OrdersTable(chosen, opened.tables, opened.tables.document.id)
    plain = [name for name in chosen.from_grist if name not in chosen.statuses]
    writer = OrderWriter(opened.shopify, plain) if chosen.from_grist else None
    statuses = StatusWriter(OrderDesk(Conversation(opened.shopify)), chosen.notify) if chosen.statuses else None
    rows = order_rows_shape(chosen)
    reader = OrderReader(opened.shopify, rows.metafields, along=rows.along)
    return OrderSync(
        opened.ledger,
        reader,
        destination,
        order_policy(chosen, settings),
        replace(limits(settings), final=FINAL),
        opened.request,
        opened.clock,
        opened.rng,
        opened.progress,
        writer,
        statuses=statuses,
        strange=lambda: place_notes(opened.shopify, places_asked(chosen)),
    )


@contextmanager
def order_sync_of(
    settings: GristSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress
) -> Iterator[OrderSync]:
    """The tracking of orders over a ledger that is open already. Raises RemoteError where the document cannot be opened."""
    chosen = settings.selection.orders
    assert chosen is not None, "asked only where orders are chosen"
    with opening(settings, ledger, request, clock, progress, make=False) as opened:
        opened.tables.document.head()  # a wrong key or a document that is not shared is told before anything is changed
        yield _order_sync(opened, chosen)
