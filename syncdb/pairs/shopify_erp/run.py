"""One run between a shop and an ERP: what is switched on is brought into agreement, and the ERP is told how it went."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

from syncdb.clock import Clock
from syncdb.connectors.base import Feed
from syncdb.connectors.order_source import Notice
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.drift import examine
from syncdb.connectors.postgres.feed import ErpFeed
from syncdb.connectors.postgres.rows import update
from syncdb.connectors.postgres.settings_table import ApiSettings, read_settings
from syncdb.connectors.postgres.table import ErpTableConnector
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.catalogue.changes import ChangeFeed
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import STOCK
from syncdb.connectors.shopify.catalogue.entities import VARIANTS as SHOP_VARIANTS
from syncdb.connectors.shopify.catalogue.locations import read_locations
from syncdb.connectors.shopify.catalogue.side import CatalogueSide
from syncdb.connectors.shopify.catalogue.stock import MOVING
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.ordering.side import OrdersSide
from syncdb.connectors.shopify.ordering.variants import VariantFinder
from syncdb.connectors.shopify.shape import bare_id
from syncdb.engine.audit import Audited
from syncdb.engine.links import Joins
from syncdb.engine.match import Matching
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_sync import EntitySync, PairRun, PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.recording import recorded
from syncdb.engine.report import Note, Report
from syncdb.engine.request import RunRequest
from syncdb.errors import NeedsPerson, SyncdbError
from syncdb.ledger import Ledger
from syncdb.ledger.pairs import RegisteredPair
from syncdb.model import Field, OnDrift, OnMissing, Owner, Plan, Policy, Result, Rule, Side, Tie
from syncdb.orders.shop_identity import same_shop
from syncdb.pairs.opening import limits
from syncdb.pairs.shopify_erp import goods, order_rows, stock, switches
from syncdb.pairs.shopify_erp.adopting import OrderAdoption, linked
from syncdb.pairs.shopify_erp.erp_orders import ErpOrders, Source
from syncdb.pairs.shopify_erp.feeds import INVENTORY, ORDERS, PRODUCTS, VARIANTS, ErpChanges, ShopChanges
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_erp.places import Places, places_of
from syncdb.pairs.shopify_erp.queue_work import QueueWork
from syncdb.pairs.shopify_erp.sending import Sending
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.pairs.shopify_erp.shop_orders import ShopOrders
from syncdb.programs import MANAGER
from syncdb.values import Kind, digest, iso

LEFT_ALONE = OnMissing.RESPECT
SHARED = Rule(Owner.BOTH, tie=Tie.ASK)
NAMED_BY_SHOP = Rule(Owner.LEFT, OnDrift.RESTORE)
FIELDS: Mapping[str, tuple[Field, ...]] = {
    PRODUCTS: (
        Field("sku", "SKU", Kind.IDENTIFIER),
        Field("price", "Price", Kind.MONEY),
        Field("compare_at_price", "Compare-at price", Kind.MONEY),
        Field("cost", "Cost", Kind.MONEY),
        Field("barcode", "Barcode", Kind.IDENTIFIER),
        Field("shopify_variant_id", "Variant", Kind.IDENTIFIER),
        Field("shopify_product_id", "Product", Kind.IDENTIFIER),
        Field("shopify_inventory_item_id", "Inventory item", Kind.IDENTIFIER),
    ),
    INVENTORY: (Field("sku", "SKU", Kind.IDENTIFIER), Field("available", "Available", Kind.COUNT)),
    ORDERS: (
        Field("order_name", "Order", Kind.IDENTIFIER),
        Field("shop_id", "Shopify's id", Kind.IDENTIFIER),
        Field("payment", "Payment", Kind.TEXT),
        Field("shipped", "Shipped", Kind.FLAG),
        Field("tracking", "Tracking", Kind.TEXT),
        Field("cancelled", "Cancelled", Kind.FLAG),
        Field("note", "Note", Kind.TEXT),
        Field("email", "E-mail", Kind.IDENTIFIER),
        Field("phone", "Phone", Kind.IDENTIFIER),
        Field("address", "Address", Kind.TEXT),
        Field("content", "Items and amounts", Kind.TEXT),
    ),
}
Refusals = dict[tuple[str, str], str]


@dataclass(slots=True)
class ErpRun:
    """One run. `only` names entities to look at, empty for all that are switched on."""

    settings: ErpSettings
    ledger: Ledger
    shopify: ShopifyClient
    database: ErpDatabase
    tables: ErpTables
    request: RunRequest
    only: tuple[str, ...] = ()
    plans: Mapping[str, Plan] = field(default_factory=dict)
    _queue: QueueWork | None = None
    _notices: list[Notice] = field(default_factory=list)
    _goods: dict[Side, stock.ShownSide] = field(default_factory=dict)
    _stock: dict[Side, stock.ShownSide] = field(default_factory=dict)
    _shown: list[stock.ShopStock | stock.ErpStock] = field(default_factory=list)
    _orders: dict[Side, ShopOrders | ErpOrders] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the ledger calls the runs."""
        return self._registered("")

    def run(self, clock: Clock, rng: random.Random, progress: Progress) -> Report:
        """Do it all and record how it went. What a person can act on is in the report; only defects are raised."""
        try:
            sync = self._sync(clock, rng, progress)
        except SyncdbError as stopped:
            return self._not_begun(stopped, clock)
        report = sync.run()
        self.plans = sync.plans
        if not self.request.dry:
            self._finish(report)
        return report

    def audited(self, clock: Clock, rng: random.Random, progress: Progress) -> list[Audited]:
        """What is kept in step, ready to be read anew. Raises what looking at either side raises."""
        return audited_entities(self._sync(clock, rng, progress), FIELDS)

    def _not_begun(self, stopped: SyncdbError, clock: Clock) -> Report:
        def steps(report: Report) -> None:
            raise stopped

        return recorded(self.ledger, self.name, self.request.dry, clock, steps)

    def _registered(self, entity: str) -> str:
        """The name of an entity's pair in the ledger, or without one that of the runs; the ledger knows it from now on."""
        address = self.settings.erp_database_url
        name = f"{SHOPIFY_ERP.name}:{address.host}/{address.database}/{self.settings.erp_schema}" + (
            f":{entity}" if entity else ""
        )
        self.ledger.register(RegisteredPair(name, SHOPIFY_ERP.name, entity))
        return name

    # --- making it ready

    def _sync(self, clock: Clock, rng: random.Random, progress: Progress) -> PairSync:
        api = read_settings(self.database, self.tables)
        examined = examine(self.database, self.tables)
        if not examined.installed:
            raise NeedsPerson(
                f"The sync is not installed in the schema {self.settings.erp_schema} of the ERP's database. Nothing was written.",
                next_step=f"Install it: {MANAGER} erp install",
            )
        self.tables = examined.tables
        self._notices = list(switches.notices(self.settings, api, examined, fully=self.request.full or self.request.dry))
        chosen = switches.chosen(api, examined, self.only)
        hints: Mapping[str, Sequence[str]] = {}
        if not self.request.dry and not self.request.only_named:
            self._queue = QueueWork(self.database, self.tables, chosen)
            hints = self._queue.begin()
        return PairSync(self.ledger, self._pair_run(api, chosen, hints, clock), self.request, clock, rng, progress)

    def _pair_run(self, api: ApiSettings, chosen: Sequence[str], hints: Mapping[str, Sequence[str]], clock: Clock) -> PairRun:
        conversation = Conversation(self.shopify)
        entities: list[EntitySync] = []
        told = lambda gids: None  # noqa: E731
        if PRODUCTS in chosen:
            entities.append(self._products(conversation))
        if INVENTORY in chosen:
            places = places_of(read_locations(conversation), api.default_location_id)
            entities.append(self._inventory(conversation, places))
        if ORDERS in chosen:
            entity, adoption = self._order_pair(conversation, clock)
            entities.append(entity)
            told = adoption.told
        if chosen:
            same_shop(self.ledger, conversation.shop().facts)
        overlap = timedelta(minutes=self.settings.overlap_minutes)
        read = {PRODUCTS: goods.READ, INVENTORY: stock.READ}
        watched = {VARIANTS if name == PRODUCTS else name: read.get(name, ()) for name in chosen}
        rows = [one for one in ("orders", "order_items", "inventory", "products") if one in self.tables]
        feeds: dict[Side, Feed] = {
            Side.LEFT: ShopChanges(ChangeFeed(conversation, watched, overlap), told),
            Side.RIGHT: ErpChanges(ErpFeed(self.database, self.tables, rows), self.database, self.tables, hints),
        }

        def news() -> list[Notice]:
            found = [*self._notices, *conversation.news(), *(one for side in self._shown for one in side.news())]
            self._notices = []
            return found

        part = bool(self.only)
        return PairRun(self.name, entities, feeds if chosen else {}, lambda: None, news, part)

    def _products(self, conversation: Conversation) -> EntitySync:
        erp = goods.ErpGoods(self.tables["products"])
        variants = CatalogueSide(conversation, SHOP_VARIANTS, (*SHOP_VARIANTS.chosen(goods.READ), goods.ITEM))
        rows = ErpTableConnector(self.database, self.tables, erp.table, erp.kinds, title="the ERP", stamp="shopify_last_sync_at")
        left = stock.ShownSide(variants, "Shopify variants", goods.of_shop, stock.unchanged)
        right = stock.ShownSide(rows, "the ERP", erp, stock.unchanged)
        self._goods = {Side.LEFT: left, Side.RIGHT: right}
        rules = goods.rules(erp.table, self.settings.erp_fields)
        policy = Policy(rules, LEFT_ALONE, LEFT_ALONE, create_left=False, create_right=False, told=("sku",))
        pair = EntityPair(self._registered(PRODUCTS), left, right, policy, limits(self.settings), goods.MATCHING)
        return EntitySync(PRODUCTS, pair, digest([repr(sorted(rules.items()))]), {})

    def _inventory(self, conversation: Conversation, places: Places) -> EntitySync:
        shop, erp = stock.ShopStock(places), stock.ErpStock(self.database, self.tables, places)
        self._shown += [shop, erp]
        levels = CatalogueSide(conversation, STOCK, STOCK.chosen(stock.READ), manner=MOVING)
        table = self.tables["inventory"]
        kinds = {name: kind for name, kind in stock.KINDS.items() if table.has(name)}
        rows = ErpTableConnector(self.database, self.tables, table, kinds, UTC, title="the ERP", stamp="last_shopify_sync")
        left = stock.ShownSide(levels, "Shopify inventory", shop, stock.unchanged)
        right = stock.ShownSide(rows, "the ERP", erp, stock.in_columns)
        self._stock = {Side.LEFT: left, Side.RIGHT: right}
        rules = {stock.AVAILABLE: Rule(Owner.BOTH, tie=Tie.SUM)}
        policy = Policy(rules, LEFT_ALONE, LEFT_ALONE, create_left=False, create_right=False, told=("sku",))
        most = replace(limits(self.settings), live_percent=100, changed_percent=100)  # it moves all day on both sides
        pair = EntityPair(self._registered(INVENTORY), left, right, policy, most, stock.MATCHING)
        return EntitySync(INVENTORY, pair, digest([sorted(places.names), places.usual]), {})

    def _order_pair(self, conversation: Conversation, clock: Clock) -> tuple[EntitySync, OrderAdoption]:
        name, source = self._registered(ORDERS), Source(self.settings.erp_source)
        joins, since = Joins.of(self.ledger, name), clock.now() - self.request.lookback
        erp = ErpOrders(self.database, self.tables, since, source, lambda ids: linked(joins, Side.RIGHT, ids))
        sending = Sending(self.database, self.tables, VariantFinder(conversation), source, conversation.shop().currency)
        inner = OrdersSide(conversation, since, sending, kept=order_rows.amounts_kept(self.tables["orders"]))
        shop = ShopOrders(inner, lambda ids: linked(joins, Side.LEFT, ids), source.origin, erp.old)
        self._orders = {Side.LEFT: shop, Side.RIGHT: erp}
        compared = order_rows.compared(self.tables["orders"])
        rules = dict.fromkeys(compared, SHARED) | {"shop_id": NAMED_BY_SHOP, "order_name": NAMED_BY_SHOP}
        policy = Policy(rules, LEFT_ALONE, LEFT_ALONE, create_left=True, create_right=True)
        pair = EntityPair(name, shop, erp, policy, limits(self.settings), Matching())
        adoption = OrderAdoption(self.ledger, joins, self.database, self.tables, iso(clock.now()))
        return EntitySync(ORDERS, pair, digest([*compared, source.origin, *inner.kept]), {}), adoption

    # --- afterwards

    def _finish(self, report: Report) -> None:
        """Tell the ERP how it went: the queue, and the state of what was written or refused."""
        refused, back = self._refusals()
        try:
            if self._queue is not None:
                self._queue.end(report, refused, back)
            self._mark(refused)
        except SyncdbError as error:
            report.note(Note("marks", f"The ERP could not be told how it went: {error}", error.next_step))
            report.partial = True

    def _refusals(self) -> tuple[Refusals, Refusals]:
        """Why the shop did not take records, by entity and key of the ERP's row; why the ERP did not, by the shop's id."""
        refused: Refusals = {}
        back: Refusals = {}
        shown = {PRODUCTS: self._goods, INVENTORY: self._stock}
        told = {name: {side: one.told for side, one in both.items()} for name, both in shown.items()}
        told[ORDERS] = {side: one.told for side, one in self._orders.items()}
        for entity, both in told.items():
            for side, outcomes in both.items():
                for operation, outcome in outcomes:
                    if outcome.result is not Result.REJECTED:
                        continue
                    key = self._other(entity, side, operation.key)
                    (refused if side is Side.LEFT else back)[entity, key] = outcome.why
        return refused, back

    def _other(self, entity: str, side: Side, id: str) -> str:
        """What the other side calls the record that a write to `side` was about."""
        if id.startswith("gid://") and side is Side.RIGHT:
            return bare_id(id)  # a new record still goes by the shop's id
        if id.startswith("right:"):
            return id.partition(":")[2]
        joins = Joins.of(self.ledger, self._registered(entity))
        key = joins.keys(side, [id])[id]
        other = joins.ids(side.other, [key]).get(key, id)
        return bare_id(other) if side is Side.RIGHT else other

    def _mark(self, refused: Refusals) -> None:
        """Note in the ERP's rows what became of them."""
        orders = dict(self._marked_orders(refused))
        counted = self._counted()
        if not orders and not counted:
            return
        now = self.database.clock.now()

        def work(work: object) -> None:
            for id, why in orders.items():
                known = {"shopify_sync_status": "failed" if why else "synced", "shopify_sync_error": why}
                update(work, self.tables["orders"], id, known | ({} if why else {"shopify_last_sync_at": now}))  # type: ignore[arg-type]
            for id in counted:
                update(work, self.tables["inventory"], id, {"last_shopify_sync": now})  # type: ignore[arg-type]

        self.database.transaction(work)

    def _marked_orders(self, refused: Refusals) -> Iterator[tuple[str, str | None]]:
        shop = self._orders.get(Side.LEFT)
        for operation, outcome in shop.told if shop else ():
            if outcome.result is Result.DONE and not operation.key.startswith("right:"):
                yield self._other(ORDERS, Side.LEFT, operation.key), None
        for (entity, id), why in refused.items():
            if entity == ORDERS:
                yield id, why

    def _counted(self) -> list[str]:
        shop = self._stock.get(Side.LEFT)
        return [self._other(INVENTORY, Side.LEFT, key) for key in stock.done(shop.told)] if shop else []
