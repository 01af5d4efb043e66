"""The entities, rules and news of a run between two stores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syncdb.connectors.base import Connector, Feed
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.sold import SoldItems
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.engine.guards import Limits
from syncdb.engine.links import Joins
from syncdb.engine.match import Matching
from syncdb.engine.pair_run import EntitySync, Naming, PairRun
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.report import Note, Report
from syncdb.errors import SyncdbError
from syncdb.ledger import state_keys
from syncdb.ledger.pairs import RegisteredPair
from syncdb.model import OnMissing, Policy, Side
from syncdb.pairs.opening import limits
from syncdb.pairs.shopify_stores.definitions import link_field
from syncdb.pairs.shopify_stores.entity_sides import EntitySides
from syncdb.pairs.shopify_stores.feed import PartsFeed, StoreFeed, with_parts
from syncdb.pairs.shopify_stores.matching import COLLECTIONS, ProductEvidence, of_parts, of_stock, of_variants
from syncdb.pairs.shopify_stores.media import without_right
from syncdb.pairs.shopify_stores.media_entity import MEDIA, SENDING
from syncdb.pairs.shopify_stores.metafields_entity import METAFIELDS
from syncdb.pairs.shopify_stores.pair import SHOPIFY_STORES
from syncdb.pairs.shopify_stores.selection import NAMED_BY, OF_THE_PAIR, SharedEntity, StoresSelection
from syncdb.pairs.shopify_stores.shops import OpenedShop, Shops

ORDERS, ITEMS = "orders", "inventory_items"  # kinds of things that webhooks name


@dataclass(slots=True)
class StoresRun:
    """One run between two stores over its sides."""

    sides: EntitySides

    @property
    def shops(self) -> Shops:
        return self.sides.shops

    @property
    def selected(self) -> StoresSelection:
        """All that is configured, also what this run does not look at."""
        return self.sides.settings.selection

    def pair_run(self, selection: StoresSelection, *, part: bool) -> PairRun:
        """All chosen entities, in the order in which they refer to each other."""
        shops = self.shops
        for entity in ("", *(one.entity.name for one in self.selected.entities)):
            self._register(shops.pair_name(entity), entity)
        whole = {one.entity.name: one for one in self.selected.entities}
        sides = {name: self.sides.of(name) for name in whole}
        chosen = [one for one in selection.entities if one.entity is not MEDIA or not without_right(shops)]
        entities = [self._entity(one, whole[one.entity.name], sides) for one in chosen]
        joins = {name: self.sides.joins(name) for name in whole}
        feeds: dict[Side, Feed] = {side: self._feed(PartsFeed(self.sides.catalogues[side]), side, sides, joins) for side in Side}
        naming = {side: self._naming(side, shop, sides, joins) for side, shop in self.shops.by_side.items()}
        return PairRun(shops.pair_name(), entities, feeds, lambda: None, self._news, part, naming)

    def _register(self, pair: str, entity: str) -> None:
        """Say what the pair is, and what its sides are called."""
        self.sides.ledger.register(RegisteredPair(pair, SHOPIFY_STORES.name, entity))
        names = [one.store.name for one in self.shops.by_side.values()]
        if self.sides.ledger.runs.get(state_keys.sides(pair)) != names:
            with self.sides.ledger.transaction():
                self.sides.ledger.runs.put(state_keys.sides(pair), names)

    def _naming(
        self, side: Side, shop: OpenedShop, sides: Mapping[str, dict[Side, Connector]], joins: Mapping[str, Joins]
    ) -> Naming:
        catalogue = self.sides.catalogues[side]
        feed = self._feed(catalogue, side, sides, joins)

        def keys(named: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...] | None]:
            sold = SoldItems(shop.conversation).of(named.get(ORDERS, ()))
            items = (*named.get(ITEMS, ()), *sold)
            return feed.narrowed(with_parts(catalogue.named({**named, ITEMS: items})))

        return Naming(shop.store.name, keys)

    def _feed(self, feed: Feed, side: Side, sides: Mapping[str, dict[Side, Connector]], joins: Mapping[str, Joins]) -> StoreFeed:
        return StoreFeed(feed, side, {name: both[side] for name, both in sides.items()}, joins, self.sides.options[side].departed)

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

    def _limits(self, entity: str) -> Limits:
        """Stock moves all day in both stores: that many of it moved is no surprise."""
        found = replace(limits(self.sides.settings), listed=frozenset({MEDIA.name, METAFIELDS.name}))
        return replace(found, live_percent=100) if entity == "inventory" else found

    def _policy(self, one: SharedEntity) -> Policy:
        fields = (part for part in one.fields if self.shops.one_currency or not part.field.money)
        rules = {part.field.name: part.rule for part in fields}
        both = one.entity.name in ("products", "variants")
        gone = OnMissing.DELETE if both and self.sides.settings.deleted != "nothing" else OnMissing.RESPECT
        made = both or one.entity.name == "collections"
        return Policy(rules, gone, gone, create_left=made, create_right=made, told=NAMED_BY.get(one.entity.name, ()))

    def _matching(self, entity: str, sides: Mapping[str, dict[Side, Connector]]) -> Matching:
        if entity == "products":
            variants = {side: self.sides.catalogues[side].side("variants") for side in Side}
            left, right = (link_field(shop.store.name) for shop in (self.shops.left, self.shops.right))
            products = {side: self.sides.catalogues[side].side("products") for side in Side}
            readers = {side: ProductReader(shop.conversation) for side, shop in self.shops.by_side.items()}
            links = {Side.LEFT: right, Side.RIGHT: left}
            return ProductEvidence(products, variants, readers, links, self.sides.of_handles).matching()
        if entity == "collections":
            return COLLECTIONS
        made = {"variants": (of_variants, self.sides.variants_of), "inventory": (of_stock, self.sides.levels_of)}
        matching, near = made.get(entity, (of_parts, self.sides.products_of))
        return matching(near)

    def _references(self, entity: str) -> dict[str, str]:
        of_products = ("product", "products")
        of = dict.fromkeys(("variants", *OF_THE_PAIR), of_products)
        to = {**of, "inventory": ("variant", "variants")}.get(entity)
        return {to[0]: self.shops.pair_name(to[1])} if to else {}

    def _news(self) -> list[Notice]:
        own = [] if self.shops.one_currency else [self._currencies()]
        return [*own, *self._told(), *self._of_stock(), *self._of_media()]

    def _of_media(self) -> Iterator[Notice]:
        wanted = any(one.entity is MEDIA for one in self.sides.settings.selection.entities)
        for name in without_right(self.shops) if wanted else ():
            told = f"Media are not kept in step: the app of {name} may not send any there (access scope {SENDING})."
            yield Notice(f"media:{name}", told, 'Give it that scope, or leave media out: {"media": false} in stores_sync.')

    def _told(self) -> Iterator[Notice]:
        for side in Side:
            yield from self.sides.catalogues[side].news()
            yield from self.sides.copiers[side].news()
            yield from self.sides.mirrors[side].news()

    def show_links(self, report: Report) -> None:
        """Mirror the links in the products. What keeps that from being done is told: nothing rests on it."""
        for mirror in self.sides.mirrors.values():
            try:
                mirror.write()
            except SyncdbError as error:
                report.note(Note(f"links:{mirror.store}", f"Links are not shown in {mirror.store}: {error}", error.next_step))
            for one in mirror.news():
                report.note(Note(one.code, one.message, one.next_step))

    def _of_stock(self) -> Iterator[Notice]:
        for one in self.sides.stock:
            yield from one.news()

    def _currencies(self) -> Notice:
        left, right = self.shops.left, self.shops.right
        told = f"{left.store.name} sells in {left.shop.currency} and {right.store.name} in {right.shop.currency}"
        return Notice("currencies", f"{told}: prices and costs are not kept in step.")
