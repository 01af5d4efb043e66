"""Two stores, both ways: from settings to a run."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from syncdb.clock import Clock
from syncdb.connectors.base import Connector, Feed
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.stock import MOVING
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.definitions import Definition
from syncdb.connectors.shopify.products.media_side import MediaSide
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.engine.guards import Limits
from syncdb.engine.links import Joins
from syncdb.engine.match import Matching
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_sync import EntitySync, Naming, PairRun, PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.report import Note, Report
from syncdb.engine.request import RunRequest
from syncdb.errors import SyncdbError
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.pairs import RegisteredPair
from syncdb.model import Field, OnMissing, Operation, Policy, Side
from syncdb.pairs.base import Hearing, Implementation, MadeOnce, Run
from syncdb.pairs.opening import limits, open_ledger
from syncdb.pairs.shopify_stores.attempts import TRIES
from syncdb.pairs.shopify_stores.checks import check
from syncdb.pairs.shopify_stores.copying import Copier
from syncdb.pairs.shopify_stores.definitions import (
    NAMESPACE,
    ORIGIN,
    Lacking,
    link_key,
    make_definitions,
    told,
    wanted_definitions,
)
from syncdb.pairs.shopify_stores.feed import StoreFeed
from syncdb.pairs.shopify_stores.matching import COLLECTIONS, MEDIA_OF_PRODUCT, STOCK, VARIANTS, ProductEvidence
from syncdb.pairs.shopify_stores.media import MediaFeed, opened_media, with_media, without_right
from syncdb.pairs.shopify_stores.media_entity import MEDIA, SENDING
from syncdb.pairs.shopify_stores.mirror import LinkMirror
from syncdb.pairs.shopify_stores.pair import SHOPIFY_STORES
from syncdb.pairs.shopify_stores.pairing import leave_pairing
from syncdb.pairs.shopify_stores.places import Places, pair_locations
from syncdb.pairs.shopify_stores.products import Kept, ProductSide
from syncdb.pairs.shopify_stores.selection import SharedEntity, StoresSelection
from syncdb.pairs.shopify_stores.settings import Store, StoresSettings, load
from syncdb.pairs.shopify_stores.shops import OpenedShop, Shops, opened_shops
from syncdb.pairs.shopify_stores.sides import NarrowedSide, OfLinked, StockInCommon
from syncdb.pairs.shopify_stores.variants import Original, VariantSide
from syncdb.systems.shopify.deliveries import ShopSender, kinds_of

NAMED_BY = {"variants": ("product", "title"), "inventory": ("variant", "sku")}  # beside what is kept in step
UNWRITTEN = Note(
    "write off",
    "stores_write is not switched on: this is what a run would do. Nothing was written, neither to the stores nor to the ledger.",
    "Look at it with --test; then set stores_write to true.",
)


@dataclass(slots=True)
class StoresRun:
    """The making of one run: what its entities are made of, and what they noticed."""

    settings: StoresSettings
    ledger: Ledger
    shops: Shops
    places: Places
    catalogues: Mapping[Side, ShopCatalogue]
    copiers: Mapping[Side, Copier]
    mirrors: Mapping[Side, LinkMirror]
    stock: list[StockInCommon]
    media: Mapping[Side, MediaSide]

    def pair_run(self, selection: StoresSelection, *, part: bool) -> PairRun:
        """All chosen entities, in the order in which they refer to each other."""
        shops = self.shops
        for entity in ("", *(one.entity.name for one in self.settings.selection.entities)):
            self._register(shops.pair_name(entity), entity)
        whole = {one.entity.name: one for one in self.settings.selection.entities}
        sides = {name: self._sides(name) for name in whole}
        chosen = [one for one in selection.entities if one.entity is not MEDIA or not without_right(shops)]
        entities = [self._entity(one, whole[one.entity.name], sides) for one in chosen]
        joins = {name: self._joins(name) for name in whole}
        feeds: dict[Side, Feed] = {
            side: StoreFeed(MediaFeed(self.catalogues[side]), side, {name: both[side] for name, both in sides.items()}, joins)
            for side in Side
        }
        naming = {side: self._naming(side, shop, sides, joins) for side, shop in self.shops.by_side.items()}
        return PairRun(shops.pair_name(), entities, feeds, lambda: None, self._news, part, naming)

    def _register(self, pair: str, entity: str) -> None:
        """Say what the pair is, and what its sides are called."""
        self.ledger.register(RegisteredPair(pair, SHOPIFY_STORES.name, entity))
        names = [one.store.name for one in self.shops.by_side.values()]
        if self.ledger.runs.get(state_keys.sides(pair)) != names:
            with self.ledger.transaction():
                self.ledger.runs.put(state_keys.sides(pair), names)

    def _naming(
        self, side: Side, shop: OpenedShop, sides: Mapping[str, dict[Side, Connector]], joins: Mapping[str, Joins]
    ) -> Naming:
        catalogue = self.catalogues[side]
        feed = StoreFeed(catalogue, side, {name: both[side] for name, both in sides.items()}, joins)
        return Naming(shop.store.name, lambda named: feed.narrowed(with_media(catalogue.named(named))))

    def _joins(self, entity: str) -> Joins:
        return Joins.of(self.ledger, self.shops.pair_name(entity))

    def _sides(self, entity: str) -> dict[Side, Connector]:
        return {side: self._side(entity, side, shop) for side, shop in self.shops.by_side.items()}

    def _side(self, entity: str, side: Side, shop: OpenedShop) -> Connector:
        title = f"{shop.store.name} {entity}"
        if entity == MEDIA.name:
            return NarrowedSide(self.media[side], title, OfLinked(self._joins("products"), side, "product"))
        connector = self.catalogues[side].side(entity)
        if entity == "products":
            kept = Kept(self.ledger, self.shops.pair_name(entity), side)
            links = {link_field(one.store.name) for one in self.shops.by_side.values()}
            return ProductSide(
                connector, title, kept, self.settings.deleted, self.copiers[side].read_ahead, self.mirrors[side].saw, links
            )
        if entity == "variants":
            return self._variants(side, shop, NarrowedSide(connector, title, OfLinked(self._joins("products"), side, "product")))
        if entity == "inventory":
            places = self.places.left if side is Side.LEFT else self.places.right
            common = StockInCommon(shop.store.name, self._joins("variants"), side, places, self._fresh(side))
            self.stock.append(common)
            return NarrowedSide(connector, title, common)
        return NarrowedSide(connector, title, lambda shown: shown)

    def _variants(self, side: Side, shop: OpenedShop, narrowed: Connector) -> VariantSide:
        products, variants = self._joins("products"), self._joins("variants")

        def original(operation: Operation) -> Original | None:
            owner = products.keys(side, [str(operation.changes.get("product"))])
            there = products.ids(side.other, owner.values())
            ids = variants.ids(side.other, [operation.key])
            if not there or operation.key not in ids:
                return None
            return self.copiers[side].original(next(iter(there.values())), ids[operation.key])

        reader = ProductReader(shop.conversation)
        kept = Kept(self.ledger, self.shops.pair_name("products"), side)
        return VariantSide(narrowed, reader, VariantsWriter(Sender(shop.conversation), reader), kept, original)

    def _entity(self, one: SharedEntity, whole: SharedEntity, sides: Mapping[str, dict[Side, Connector]]) -> EntitySync:
        name, own = one.entity.name, sides[one.entity.name]
        pair = EntityPair(
            self.shops.pair_name(name),
            own[Side.LEFT],
            own[Side.RIGHT],
            self._policy(one),
            self._limits(name),
            self._matching(name, sides),
            references=self._references(name),
        )
        return EntitySync(name, pair, whole.digest, {})

    def _fresh(self, side: Side) -> Callable[[Mapping[str, str]], set[str]]:
        """Tells which of some levels of a side belong to products that we made there and whose stock was never agreed."""
        kept, joins = Kept(self.ledger, self.shops.pair_name("products"), side), self._joins("inventory")

        def fresh(levels: Mapping[str, str]) -> set[str]:
            keys = joins.keys(side, levels)
            known = joins.records.known(list(keys.values()))
            # what they lie of may have been agreed already by a run that died before it wrote how many
            agreed = {key for key, one in known.items() if one.base is not None and "available" in one.base.fields}
            open_ones = {id: levels[id] for id, key in keys.items() if key not in agreed}
            shown = self.catalogues[side].side("variants").look(set(open_ones.values())).found if open_ones else {}
            owners = {id: str(one.record.fields.get("product")) for id, one in shown.items()}
            made = {id for id, owner in owners.items() if kept.was_made(id) or kept.was_made(owner)}
            return {id for id, variant in open_ones.items() if variant in made}

        return fresh

    def _limits(self, entity: str) -> Limits:
        """Stock moves all day in both stores: that many of it moved is no surprise."""
        found = limits(self.settings)
        return replace(found, live_percent=100) if entity == "inventory" else found

    def _policy(self, one: SharedEntity) -> Policy:
        fields = (part for part in one.fields if self.shops.one_currency or not part.field.money)
        rules = {part.field.name: part.rule for part in fields}
        products = one.entity.name == "products"
        both = one.entity.name in ("products", "variants")
        gone = OnMissing.DELETE if products and self.settings.deleted != "nothing" else OnMissing.RESPECT
        return Policy(rules, gone, gone, create_left=both, create_right=both, told=NAMED_BY.get(one.entity.name, ()))

    def _matching(self, entity: str, sides: Mapping[str, dict[Side, Connector]]) -> Matching:
        if entity == "products":
            variants = {side: self.catalogues[side].side("variants") for side in Side}
            left, right = (link_field(shop.store.name) for shop in (self.shops.left, self.shops.right))
            products = {side: self.catalogues[side].side("products") for side in Side}
            return ProductEvidence(products, variants, {Side.LEFT: right, Side.RIGHT: left}).matching()
        return {"variants": VARIANTS, "inventory": STOCK, "collections": COLLECTIONS, MEDIA.name: MEDIA_OF_PRODUCT}[entity]

    def _references(self, entity: str) -> dict[str, str]:
        of_products = ("product", "products")
        to = {"variants": of_products, MEDIA.name: of_products, "inventory": ("variant", "variants")}.get(entity)
        return {to[0]: self.shops.pair_name(to[1])} if to else {}

    def _news(self) -> list[Notice]:
        own = [] if self.shops.one_currency else [self._currencies()]
        return [*own, *self._told(), *self._of_stock(), *self._of_media()]

    def _of_media(self) -> Iterator[Notice]:
        wanted = any(one.entity is MEDIA for one in self.settings.selection.entities)
        for name in without_right(self.shops) if wanted else ():
            told = f"Media are not kept in step: the app of {name} may not send any there (access scope {SENDING})."
            yield Notice(f"media:{name}", told, 'Give it that scope, or leave media out: {"media": false} in stores_sync.')

    def _told(self) -> Iterator[Notice]:
        for side in Side:
            yield from self.catalogues[side].news()
            yield from self.copiers[side].news()
            yield from self.mirrors[side].news()

    def show_links(self, report: Report) -> None:
        """Mirror the links in the products. What keeps that from being done is told: nothing rests on it."""
        for mirror in self.mirrors.values():
            try:
                mirror.write()
            except SyncdbError as error:
                report.note(Note(f"links:{mirror.store}", f"Links are not shown in {mirror.store}: {error}", error.next_step))
            for one in mirror.news():
                report.note(Note(one.code, one.message, one.next_step))

    def _of_stock(self) -> Iterator[Notice]:
        for one in self.stock:
            yield from one.news()

    def _currencies(self) -> Notice:
        left, right = self.shops.left, self.shops.right
        told = f"{left.store.name} sells in {left.shop.currency} and {right.store.name} in {right.shop.currency}"
        return Notice("currencies", f"{told}: prices and costs are not kept in step.")


def link_field(store: str) -> str:
    """The metafield of a product that names the product of the store of that name."""
    return f"metafields.{NAMESPACE}.{link_key(store)}"


@contextmanager
def open_runs(
    settings: StoresSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The one run. Where the stores may not be written it only plans, over a copy of the ledger.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError and RemoteError.
    """
    asked = request if settings.write else replace(request, dry=True)
    selection = settings.selection.only(only)[0] if only else settings.selection
    with (
        open_ledger(settings, asked, clock, SHOPIFY_STORES.name) as ledger,
        opened_shops(settings, ledger, clock) as shops,
        opened_media(shops, ledger, clock.now()) as media,
    ):
        run = stores_run(settings, ledger, shops, media, request.full or request.force)
        sync = PairSync(ledger, run.pair_run(selection, part=bool(only)), asked, clock, random.SystemRandom(), progress)
        names = [one.store.name for one in shops.by_side.values()]

        def start() -> Report:
            report = sync.run()
            if request.dry and report.failure is None:
                report.note(leave_pairing(ledger, shops, Path.cwd()))
            if not settings.write:
                report.note(UNWRITTEN)
            elif not asked.dry and report.failure is None:
                run.show_links(report)
            return report

        shown = {one.entity.name: _shown(one) for one in selection.entities}
        words = replace(SHOPIFY_STORES.words, place=names[1], title=names[1])
        yield [
            Run(
                "products",
                " and ".join(names),
                words,
                shown,
                tracks_orders=False,
                start=start,
                plans=lambda: sync.plans,
                audit=lambda period: nullcontext(audited_entities(sync, shown)),
            )
        ]


def stores_run(
    settings: StoresSettings, ledger: Ledger, shops: Shops, media: Mapping[Side, MediaSide], full: bool = False
) -> StoresRun:
    """What a run over these shops is made of. Raises ConfigurationError for locations that there are not."""
    overlap = timedelta(minutes=settings.overlap_minutes)
    names = (shops.left.store.name, shops.right.store.name)
    turned = names[0] != settings.stores[0].name
    wanted = settings.location_pairs
    if wanted is not None and turned:
        wanted = {right: left for left, right in wanted.items()}
    places = pair_locations(names, shops.left.locations, shops.right.locations, wanted)
    copiers = {side: copier_to(side, ledger, shops, places) for side in Side}
    catalogues = {
        side: ShopCatalogue(
            shop.conversation.client,
            fields=_read(settings.selection, names),
            overlap=overlap,
            conversation=shop.conversation,
            manner=MOVING,
            origin=ORIGIN,
            whole=copiers[side].whole,
        )
        for side, shop in shops.by_side.items()
    }
    if full:
        for copier in copiers.values():
            copier.kept.try_again()
    mirrors = {side: mirror_on(side, ledger, shops) for side in Side}
    return StoresRun(settings, ledger, shops, places, catalogues, copiers, mirrors, [], media)


def mirror_on(side: Side, ledger: Ledger, shops: Shops) -> LinkMirror:
    """Shows in the products of a side which of the other they belong to."""
    here, there = shops.by_side[side], shops.by_side[side.other].store.name
    definition = Definition(NAMESPACE, link_key(there), "id", f"Product in {there}")
    joins = Joins.of(ledger, shops.pair_name("products"))
    return LinkMirror(here.store.name, here.conversation, joins, side, definition)


def copier_to(side: Side, ledger: Ledger, shops: Shops, places: Places) -> Copier:
    """Says what belongs to products that are to be made on a side, from the other one."""
    joins = Joins.of(ledger, shops.pair_name("products"))
    there = shops.by_side[side.other]
    own, theirs = (places.left, places.right) if side is Side.LEFT else (places.right, places.left)
    here = {place: location for location, place in own.items()}
    return Copier(
        there.store.name,
        ProductReader(there.conversation),
        lambda operation: joins.ids(side.other, [operation.key])[operation.key],
        Kept(ledger, shops.pair_name("products"), side.other),
        {location: here[place] for location, place in theirs.items()},
    )


def _read(selection: StoresSelection, stores: tuple[str, str]) -> dict[str, list[str]]:
    """The fields that are read of each entity; products and variants always, since all else hangs on them."""
    names = {one.entity.name: one.read for one in selection.entities if one.entity is not MEDIA}
    if "products" in names:
        names["products"] += [link_field(store) for store in stores]
    return names


def _shown(one: SharedEntity) -> tuple[Field, ...]:
    return (Field("key", "ID", one.fields[0].field.kind), *(Field(f.field.name, f.field.label, f.field.kind) for f in one.fields))


def _selected(settings: StoresSettings) -> str:
    chosen = ", ".join(one.entity.name for one in settings.selection.entities)
    between = " and ".join(store.name for store in settings.stores)
    return f"{chosen} of {between}; {'both may be written' if settings.write else 'nothing is written (stores_write)'}"


def _unknown_fields(settings: StoresSettings, names: Sequence[str]) -> list[str]:
    return settings.selection.only(names)[1] if names else []


def _senders(settings: StoresSettings) -> list[ShopSender]:
    return [
        ShopSender(store.name, store.shopify_store_name, store.webhook_secrets, f"{store.name}_webhook_secret")
        for store in settings.stores
    ]


def _heard_kinds(settings: StoresSettings) -> frozenset[str]:
    return kinds_of(one.entity.name for one in settings.selection.entities if one.entity is not MEDIA)


def _stores(settings: StoresSettings) -> dict[str, Store]:
    return {store.name: store for store in settings.stores}


def _address(settings: StoresSettings) -> str | None:
    return settings.public_url


def _wanted(settings: StoresSettings) -> list[str]:
    return told(Lacking(store, tuple(wanted_definitions(settings))) for store in settings.stores)


def _made(settings: StoresSettings, clock: Clock) -> list[str]:
    return told(make_definitions(settings, clock))


IMPLEMENTATION = Implementation(
    load,
    open_runs,
    check,
    _selected,
    _unknown_fields,
    tries=TRIES,
    hearing=Hearing(_senders, _heard_kinds, _address, _stores),
    made_once=MadeOnce(_wanted, _made),
)
