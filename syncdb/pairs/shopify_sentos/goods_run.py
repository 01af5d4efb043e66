"""The run of products, variants and stock, from Sentos into the shop."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from syncdb.clock import Clock
from syncdb.connectors.base import Connector, Feed
from syncdb.connectors.order_source import Notice
from syncdb.connectors.sentos.catalogue import GONE_AFTER, GoodsFeed, GoodsSide, SentosCatalogue, Shown, Unread, nothing_unread
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.locations import read_locations
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.products.contents import ByteSession, Contents
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.engine.audit import Audited
from syncdb.engine.guards import Limits
from syncdb.engine.match import Matching
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_run import EntitySync, PairRun
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.recording import recorded
from syncdb.engine.report import Report
from syncdb.engine.request import RunRequest
from syncdb.errors import SyncdbError
from syncdb.http import Retrier
from syncdb.ledger import Ledger, state_keys
from syncdb.model import Action, Field, OnMissing, Plan, Policy, Result, Side
from syncdb.orders.shop_identity import same_shop
from syncdb.pairs.base import RunResults
from syncdb.pairs.opening import limits
from syncdb.pairs.shopify_sentos.checked_side import CheckedSide, Refusal, fallen, nothing_against
from syncdb.pairs.shopify_sentos.goods_notes import notes_on_drafted, notes_on_products, notes_on_variants
from syncdb.pairs.shopify_sentos.goods_records import CLEAR, LIRA, ROOM, Goods, Place, WholeSide
from syncdb.pairs.shopify_sentos.goods_results import GoodsResults
from syncdb.pairs.shopify_sentos.identity import PRODUCTS, STOCK, VARIANTS, ShopIndex, ShopVariant
from syncdb.pairs.shopify_sentos.new_variants import VariantAdder
from syncdb.pairs.shopify_sentos.orders import OrdersToSentos, registered, unsent
from syncdb.pairs.shopify_sentos.pictures import IMAGES, PATIENCE, SENDING, SentosPictures, picture_side
from syncdb.pairs.shopify_sentos.places import pair_places
from syncdb.pairs.shopify_sentos.results import planned
from syncdb.pairs.shopify_sentos.rules import FIELDS, STATUS, GoodsRules
from syncdb.pairs.shopify_sentos.settings import SentosSettings
from syncdb.values import Kind, digest

MOST_STOCK = 60  # percent of all counts that may change in one run
ORIGIN = ("syncdb", "sentos_id")  # the metafield that a new product is made under, so that none is made twice
READ: Mapping[str, tuple[str, ...]] = {
    "products": ("title", "description_html", "vendor", "product_type", "status"),
    "variants": ("product", "sku", "barcode", "price", "compare_at_price", "option1", "option2", "option3"),
    "inventory": ("variant", "sku", "location", "available"),
}
SHOWN = {
    "title": Field("title", "Title", Kind.TEXT),
    "description_html": Field("description_html", "Description", Kind.TEXT),
    "vendor": Field("vendor", "Vendor", Kind.TEXT),
    "product_type": Field("product_type", "Type", Kind.TEXT),
    "status": Field("status", "Status", Kind.TEXT),
    "barcode": Field("barcode", "Barcode", Kind.IDENTIFIER),
    "price": Field("price", "Price", Kind.MONEY),
    "compare_at_price": Field("compare_at_price", "Compare-at price", Kind.MONEY),
    "available": Field("available", "Available", Kind.COUNT),
    "images": Field("images", "Images", Kind.TEXT),
}
GOODS = tuple(READ)  # what the shop's catalogue tells of; pictures are looked at by themselves
SHOWN_OF = {**FIELDS, "products": (*FIELDS["products"], "status")}
# what is gone on one side is told and left alone on the other; a product gone from Sentos is taken off sale by its status
LEFT_ALONE = OnMissing.RESPECT
TOLD: Mapping[str, tuple[str, ...]] = {  # what people know a record by
    "products": ("title",),
    "variants": ("sku", "product"),
    "inventory": ("sku", "variant", "location"),
}
NEEDED: Mapping[str, frozenset[str]] = {  # without which none is made in the shop
    "products": frozenset({CLEAR}),
    "variants": frozenset({ROOM, "sku", "price"}),
}
MATCHING: Mapping[str, Matching] = {"products": PRODUCTS, "variants": VARIANTS, "inventory": STOCK}


@dataclass(slots=True)
class GoodsRun:
    """One run. `only` names entities or fields to look at, empty for all."""

    settings: SentosSettings
    ledger: Ledger
    shopify: ShopifyClient
    catalogue: SentosCatalogue
    request: RunRequest
    session: ByteSession
    only: tuple[str, ...] = ()
    plans: Mapping[str, Plan] = field(default_factory=dict)
    _sides: dict[str, CheckedSide] = field(default_factory=dict)
    _goods: Goods | None = None
    _notices: list[Notice] = field(default_factory=list)

    @property
    def rules(self) -> GoodsRules:
        return self.settings.rules.only(self.only) if self.only else self.settings.rules

    @property
    def entities(self) -> list[str]:
        """What is looked at: stock needs the links of variants, these those of products; a link alone is no field."""
        return [name for name in FIELDS if not self.only or self.rules.written.get(name) or name in self.only]

    def fields(self) -> Mapping[str, tuple[Field, ...]]:
        """What is shown of each entity."""
        return {name: tuple(SHOWN[one] for one in names) for name, names in SHOWN_OF.items()}

    def run(self, clock: Clock, rng: random.Random, progress: Progress, orders: OrdersToSentos) -> Report:
        """Do it all and record how it went. What a person can act on is in the report; only defects are raised."""
        try:
            pair_run = self._pair_run(orders, clock)
        except SyncdbError as stopped:
            return self._not_begun(stopped, clock)
        sync = PairSync(self.ledger, pair_run, self.request, clock, rng, progress)
        report = sync.run()
        self.plans = sync.plans
        if report.failure is None and self._goods is not None:
            emptied = self._goods.draft_gone and bool(self.rules.written.get("inventory"))
            for note in notes_on_variants(self._goods, self._not_added(), emptied):
                report.note(note)
            for note in notes_on_drafted(self._goods, self._sides["products"].told if "products" in self._sides else ()):
                report.note(note)
            if self._goods.currency == LIRA:
                for note in notes_on_products(self._goods, self._makes(self._goods)):
                    report.note(note)
        return report

    def _not_added(self) -> set[str]:
        """The ids of variants that were refused, which is told with the reason."""
        told = self._sides["variants"].told if "variants" in self._sides else []
        return {one.key.rpartition(":")[2] for one, outcome in told if outcome.result is Result.REJECTED}

    def audited(self, clock: Clock, rng: random.Random, progress: Progress, orders: OrdersToSentos) -> list[Audited]:
        """What is kept in step, ready to be read anew. Raises what looking at either side raises."""
        sync = PairSync(self.ledger, self._pair_run(orders, clock), self.request, clock, rng, progress)
        return audited_entities(sync, self.fields())

    def _not_begun(self, stopped: SyncdbError, clock: Clock) -> Report:
        def steps(report: Report) -> None:
            raise stopped

        name = registered(self.ledger, self.catalogue.client.host)
        return recorded(self.ledger, name, self.request.dry, clock, steps)

    def _pair_run(self, orders: OrdersToSentos, clock: Clock) -> PairRun:
        conversation = Conversation(self.shopify)
        places = pair_places(self.settings.sentos_warehouses, read_locations(conversation))
        goods = self._goods = self._read_goods(conversation, places)
        if self.settings.orders is not None and self.settings.sentos_write:
            goods.unsent = unsent(self.ledger, orders.pair, orders.records)
        goods.most = self.request.limit
        overlap = timedelta(minutes=self.settings.overlap_minutes)
        origin = ORIGIN if self._makes(goods) else None
        shop = ShopCatalogue(
            self.shopify, fields=READ, overlap=overlap, origin=origin, whole=goods.whole, conversation=conversation
        )
        goods.index = lambda: _index_of(shop)
        names, pictures = self.entities, None
        if IMAGES in names and (pictures := self._pictures(conversation, goods, clock)) is None:
            names.remove(IMAGES)
        entities = [self._entity(name, shop, goods) for name in names if name != IMAGES]
        entities += [] if pictures is None else [self._images(conversation, pictures, goods, clock)]
        told = (IMAGES, pictures.keys_of) if pictures else None
        feeds: dict[Side, Feed] = {
            Side.LEFT: shop,
            Side.RIGHT: GoodsFeed(self.catalogue, goods.keys_of, GOODS, lambda: _once(goods.gone_before), told),
        }
        self._tell_held(goods.currency)

        def news() -> list[Notice]:
            told, self._notices = [*self._notices, *shop.news(), *self.catalogue.news()], []
            return told

        part = bool(self.only) and not set(FIELDS) <= set(self.only) or self.request.limit is not None
        return PairRun(registered(self.ledger, self.catalogue.client.host), entities, feeds, self._remember, news, part)

    def _read_goods(self, conversation: Conversation, places: list[Place]) -> Goods:
        shop = conversation.shop()
        same_shop(self.ledger, shop.facts, conversation.client.shop)
        settings, host = self.settings, self.catalogue.client.host
        return Goods(
            self.ledger,
            self.catalogue,
            {name: registered(self.ledger, host, name) for name in FIELDS},
            places,
            shop.currency,
            settings.sentos_gone == "draft" and self.rules.may_draft,
            settings.sentos_new.upper() if settings.sentos_new != "skip" else "",
            ShopIndex,
            "product_type" in self.rules.written.get("products", ()),
            gone_before=self.ledger.runs.get(state_keys.absent(registered(self.ledger, host, "variants"))) or {},
        )

    def _entity(self, name: str, shop: ShopCatalogue, goods: Goods) -> EntitySync:
        shown_by: dict[str, tuple[Shown, Unread]] = {
            "products": (goods.products, nothing_unread),
            "variants": (goods.variants, goods.unreadable_variants),
            "inventory": (goods.stock, goods.unreadable_stock),
        }
        side = WholeSide(name, self.catalogue, *shown_by[name], goods=goods)
        connector: Connector = shop.side(name)
        adds = name == "variants" and self._adds(goods)
        if adds:
            reader = ProductReader(shop.conversation)
            goods.standing = lambda keys: {key: one for key, one in reader.many(keys) if one is not None}
            connector = VariantAdder(connector, reader, VariantsWriter(Sender(shop.conversation), reader), goods.newcomer)
        left = self._sides[name] = CheckedSide(connector, self._refusal(name, goods))
        matching = MATCHING[name]
        if name == "products":
            matching = Matching(matching.fields, weaker=matching.weaker, evidence=goods.evidence)
        makes = name == "products" and self._makes(goods)
        policy = Policy(
            self.rules.rules(name),
            LEFT_ALONE,
            LEFT_ALONE,
            create_left=makes or adds,
            create_right=False,
            told=TOLD[name],
            new_needs=NEEDED.get(name, frozenset()),
        )
        pair = EntityPair(goods.pairs[name], left, side, policy, self._most(name, goods), matching)
        shown = digest([self.settings.rules.digest, [place.name for place in goods.places], self.settings.sentos_price_list])
        return EntitySync(name, pair, shown, {Side.RIGHT: side})

    def _pictures(self, conversation: Conversation, goods: Goods, clock: Clock) -> SentosPictures | None:
        """What Sentos shows of pictures; None where they cannot or may not be brought."""
        if not self.rules.written.get(IMAGES):
            return None
        if not conversation.shop().may(SENDING):
            told = f"Images are not brought over: the app may not send any (access scope {SENDING})."
            self._notices.append(Notice(IMAGES, told, 'Give it that scope, or set sentos_fields to {"images": "shop"}.'))
            return None
        retrier = Retrier(min(PATIENCE, self.settings.deadline_seconds), clock=clock)
        host, now = self.catalogue.client.host, clock.now()
        return SentosPictures(
            goods,
            self.catalogue,
            self.ledger,
            registered(self.ledger, host, IMAGES),
            Contents(self.session, retrier, lasting=True),
            self.ledger.media(f"sentos:{host}", now),
            anew=self.request.full,
            dry=self.request.dry,
        )

    def _images(self, conversation: Conversation, pictures: SentosPictures, goods: Goods, clock: Clock) -> EntitySync:
        memory = self.ledger.media(f"shopify:{conversation.shop().shop_id}", clock.now())
        left = CheckedSide(picture_side(conversation, self.session, pictures.contents.retrier, pictures, memory))
        self._sides[IMAGES] = left
        side = GoodsSide(IMAGES, self.catalogue, pictures.records)
        policy = Policy(self.rules.rules(IMAGES), LEFT_ALONE, LEFT_ALONE, create_left=False, create_right=False)
        pair = EntityPair(pictures.pair, left, side, policy, self._most(IMAGES, goods))
        return EntitySync(IMAGES, pair, self.settings.rules.digest, {Side.RIGHT: side})

    def _most(self, name: str, goods: Goods) -> Limits:
        """How much may change unasked. Prices are guarded record by record, so that one that falls does not stop all others.

        Until most records are in step the first look changes nearly everything, and it was agreed to by `shopify_writes`. Stock
        changes all day: only where nearly all of it would, something is amiss.
        """
        most = replace(limits(self.settings), prices=frozenset())
        things = len(self.catalogue.read().products if name in ("products", IMAGES) else self.catalogue.articles)
        if self.ledger.records(goods.pairs[name]).agreed_count() * 2 < things:
            all_of_it = things * len(goods.places) * 2
            return replace(most, few_live=all_of_it, few=all_of_it)
        if name == "inventory":
            return replace(
                most, live_percent=max(most.live_percent, MOST_STOCK), changed_percent=max(most.changed_percent, MOST_STOCK)
            )
        return most

    def _makes(self, goods: Goods) -> bool:
        """Whether new products may be made in the shop."""
        return self.rules.may_create and bool(goods.new_status)

    def _adds(self, goods: Goods) -> bool:
        """Whether new variants may be added to products of the shop."""
        return self.rules.may_add and bool(goods.new_status)

    def _refusal(self, name: str, goods: Goods) -> Refusal:
        if name == "products":
            return lambda operation: goods.why_not_new(operation) if operation.action is Action.CREATE else ""
        if name != "variants":
            return nothing_against
        most = self.settings.max_price_fall_percent
        against = nothing_against if self.request.force else fallen(most, goods.variant_called)
        return lambda operation: goods.why_not_added(operation) if operation.action is Action.CREATE else against(operation)

    def _remember(self) -> None:
        """How many complete listings in a row did not show what was there before."""
        if self.catalogue.was_read and self.catalogue.complete and not self.only and self.request.limit is None:
            host, absent = self.catalogue.client.host, self.catalogue.absent()
            name = state_keys.absent(registered(self.ledger, host))
            before: Mapping[str, int] = self.ledger.runs.get(name) or {}
            if before != absent:
                with self.ledger.transaction():
                    self.ledger.runs.put(name, absent)
                    if before.keys() - absent.keys():  # one is back: whether it is for sale is the shop's to say again
                        self.ledger.records(registered(self.ledger, host, "products")).unlearn([STATUS])
            self._remember_variants(host)

    def _remember_variants(self, host: str) -> None:
        name = state_keys.absent(registered(self.ledger, host, "variants"))
        counts = self._goods.gone.counts() if self._goods is not None else None
        if counts is not None and counts != (self.ledger.runs.get(name) or {}):
            with self.ledger.transaction():
                self.ledger.runs.put(name, counts)

    def _tell_held(self, currency: str) -> None:
        if held := self.settings.rules.held:
            told = f"Not written to the shop, because shopify_writes does not name it: {', '.join(held)}."
            self._notices.append(Notice("held", told))
        if currency != LIRA:
            told = f"The shop's currency is {currency}, Sentos' prices are in lira: no price is written and no product made."
            self._notices.append(Notice("currency", told))

    def results(self) -> RunResults:
        """What became of the products of Sentos, each counted once whichever of its parts was written."""
        told = {
            name: planned(self.plans[name].operations, side.why_not) if self.request.dry and name in self.plans else side.told
            for name, side in self._sides.items()
        }
        return GoodsResults(self.ledger, self.catalogue).of(told)


def _once(absent: Mapping[str, int]) -> bool:
    """Whether something was lacking, and not often enough to count as gone."""
    return any(times < GONE_AFTER for times in absent.values())


def _index_of(shop: ShopCatalogue) -> ShopIndex:
    """Every variant of the shop, by what it can be found by."""
    variants: list[ShopVariant] = []
    whole = True
    for shown in shop.side("variants").fetch():
        whole = whole and shown.complete
        for one in shown.found.values():
            fields = one.record.fields
            told = (str(fields.get(name) or "").strip() for name in ("product", "sku", "barcode"))
            product, sku, barcode = told
            variants.append(ShopVariant(product, sku, barcode, one.record.key))
    return ShopIndex.of(variants, whole)
