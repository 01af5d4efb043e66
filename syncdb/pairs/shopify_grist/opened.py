"""What the runs of one opening share: the ledger, the shop, the document and its tables."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from syncdb.clock import Clock
from syncdb.connectors.grist import GristClient, GristDocument
from syncdb.connectors.grist.target import find_document
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.products.contents import ByteSession, byte_session
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest, everything_is_due
from syncdb.ledger import Ledger
from syncdb.pairs.chosen import ORDERS
from syncdb.pairs.metafield_types import Types, learned_types
from syncdb.pairs.opening import retrier
from syncdb.pairs.shopify_grist.settings import GristSettings
from syncdb.pairs.shopify_grist.tables import (
    Tables,
    order_rows_shape,
    pair_name,
)
from syncdb.systems.grist.connecting import counted_calls
from syncdb.systems.shopify.connecting import connected_shop


@dataclass(frozen=True, slots=True)
class Opened:
    """What the runs of one opening share."""

    settings: GristSettings
    request: RunRequest
    clock: Clock
    progress: Progress
    rng: random.Random
    ledger: Ledger
    shopify: ShopifyClient
    tables: Tables
    session: ByteSession  # for the bytes of pictures
    types: Types = field(default_factory=dict)


def typed(opened: Opened) -> Opened:
    """The same, once it is known of which types the chosen metafields are. Raises Refused and RetryLater."""
    selection, ledger = opened.settings.selection, opened.ledger
    wanted: dict[str, Sequence[str]] = {one.entity.name: one.metafields for one in selection.entities}
    if selection.orders is not None:
        wanted[ORDERS] = [".".join(name) for name in order_rows_shape(selection.orders).metafields]
    due = everything_is_due(ledger, pair_name(opened.tables.document.id), opened.request, opened.clock.now())
    types = learned_types(ledger, opened.shopify, wanted, due=due)
    return replace(opened, settings=replace(opened.settings, selection=selection.typed(types)), types=types)


@contextmanager
def opening(
    settings: GristSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress, *, make: bool
) -> Iterator[Opened]:
    with ExitStack() as stack:
        trying = retrier(settings, clock)
        shopify = stack.enter_context(connected_shop(settings, clock, trying))
        calls = stack.enter_context(counted_calls(ledger, settings, clock))
        grist = GristClient(settings.grist_server, settings.grist_api_key, None, clock, trying, calls)
        stack.callback(grist.close)
        document = find_document(grist, settings.grist_document, settings.grist_workspace, make=make)
        tables = Tables(GristDocument(grist, document), ledger, request, clock)
        session = stack.enter_context(byte_session())
        yield Opened(settings, request, clock, progress, random.SystemRandom(), ledger, shopify, tables, session)
