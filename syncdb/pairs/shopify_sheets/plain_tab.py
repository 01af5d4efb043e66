"""A tab that shows other things of the shop than orders: one way, what changed each time, and all of it in the daily look."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from syncdb.clock import Clock
from syncdb.engine.pair_run import EntitySync, PairRun
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.request import RunRequest, everything_is_due
from syncdb.engine.spent_writes import tidy_spent
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.mapping.plain_rows import IN_SHOP, PLAIN, metafields_in, plain_fields
from syncdb.model import Field, Side
from syncdb.orders.shop_identity import same_shop
from syncdb.pairs.metafield_types import learned_types
from syncdb.pairs.opening import limits
from syncdb.pairs.orders_as_rows import policy
from syncdb.pairs.shopify_sheets.destination import SheetDestination
from syncdb.pairs.shopify_sheets.remaining import KEY, Remaining
from syncdb.pairs.shopify_sheets.settings import SheetsSettings
from syncdb.systems.google_sheets.connecting import google_client
from syncdb.systems.shopify.connecting import connected_shop
from syncdb.values import digest

if TYPE_CHECKING:  # tabs of orders need none of it
    from syncdb.connectors.shopify.catalogue.conversation import Conversation


@dataclass(slots=True)
class SharedShop:
    """One conversation with the shop for all tabs of a run that show other things than orders, begun when it is first needed."""

    settings: SheetsSettings
    clock: Clock
    stack: ExitStack
    trying: Retrier
    _begun: "Conversation | None" = None

    def conversation(self) -> "Conversation":
        """Raises Refused and RetryLater."""
        from syncdb.connectors.shopify.catalogue.conversation import Conversation

        if self._begun is None:
            client = self.stack.enter_context(connected_shop(self.settings, self.clock, self.trying))
            self._begun = Conversation(client)
        return self._begun


@contextmanager
def plain_sync(
    settings: SheetsSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress, shop: SharedShop
) -> Iterator[PairSync]:
    """The run into such a tab, over a ledger that is open. Raises as `SheetDestination` does, Refused and RetryLater."""
    from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue

    rng = random.SystemRandom()
    with ExitStack() as stack:
        google = google_client(settings, clock, shop.trying)
        stack.callback(google.close)
        conversation = shop.conversation()
        destination = SheetDestination(settings, ledger, google, request, clock, rng)
        plain = PLAIN[settings.rows]
        entity = plain.entity.name
        due = everything_is_due(ledger, destination.runs, request, clock.now())
        metafields = metafields_in(settings.columns or ())
        types = learned_types(ledger, conversation.client, {entity: metafields}, due=due).get(entity, {})
        fields = plain_fields(settings.rows, settings.columns, types)
        names = [one.name for one in fields if one.name not in (KEY, IN_SHOP)]
        overlap = timedelta(minutes=settings.overlap_minutes)
        catalogue = ShopCatalogue(
            conversation.client, fields={entity: names}, overlap=overlap, types={entity: types}, conversation=conversation
        )
        same_shop(ledger, catalogue.shop().facts, conversation.client.shop)
        told = any(one.name == IN_SHOP for one in fields)
        side = Remaining(catalogue.side(entity), plain, ledger, destination.pair, told)
        pair = EntityPair(destination.pair, side, destination.connect(fields), policy(settings, fields), limits(settings))
        kept = EntitySync(entity, pair, shown_as(fields), {})
        feeds = {Side.LEFT: catalogue}
        run = PairRun(destination.runs, [kept], feeds, destination.remember, catalogue.news, one_of_several=True)
        yield PairSync(ledger, run, request, clock, rng, progress)
        if not request.dry:
            tidy_spent(ledger, destination.pair, clock, destination.tidy)


def shown_as(fields: tuple[Field, ...]) -> str:
    """Changes whenever what the tab shows does."""
    return digest([[one.name, one.label, one.kind.value] for one in fields])
