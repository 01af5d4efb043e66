"""The sides of each kind of record of a run between two stores: a shop's connector with all that the pair adds to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from syncdb.connectors.base import Connector
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products import groups
from syncdb.connectors.shopify.products.collections import CollectionCopier
from syncdb.connectors.shopify.products.groups import GroupReader, collect
from syncdb.connectors.shopify.products.media_side import MediaSide
from syncdb.connectors.shopify.products.own_metafields import METAFIELDS as LISTED
from syncdb.connectors.shopify.products.own_metafields import MetafieldReader, MetafieldWriter
from syncdb.connectors.shopify.products.publishing import Publisher
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.engine.links import Joins
from syncdb.engine.match import Fields
from syncdb.ledger import Ledger, state_keys
from syncdb.mapping.entities import metafield_named
from syncdb.model import Operation, Outcome, Result, Side
from syncdb.pairs.shopify_stores.belonging import BelongingSide
from syncdb.pairs.shopify_stores.belonging_entities import MEMBERSHIPS, PUBLICATIONS
from syncdb.pairs.shopify_stores.collections import CollectionSide
from syncdb.pairs.shopify_stores.copying import Copier
from syncdb.pairs.shopify_stores.definitions import link_field
from syncdb.pairs.shopify_stores.media_entity import MEDIA
from syncdb.pairs.shopify_stores.metafields import MetafieldSide
from syncdb.pairs.shopify_stores.metafields_entity import METAFIELDS
from syncdb.pairs.shopify_stores.mirror import LinkMirror
from syncdb.pairs.shopify_stores.options import OptionsSide
from syncdb.pairs.shopify_stores.options_entity import OPTIONS
from syncdb.pairs.shopify_stores.places import Places
from syncdb.pairs.shopify_stores.products import Kept, ProductSide
from syncdb.pairs.shopify_stores.selection import ALWAYS, NAMED_BY
from syncdb.pairs.shopify_stores.settings import StoresSettings
from syncdb.pairs.shopify_stores.shops import OpenedShop, Shops
from syncdb.pairs.shopify_stores.sides import NarrowedSide, OfLinked, StockInCommon
from syncdb.pairs.shopify_stores.standing import Standing
from syncdb.pairs.shopify_stores.variants import Elsewhere, Original, VariantSide


@dataclass(slots=True)
class EntitySides:
    """What the sides of a run are made of. `stock` are those of stock that were made: they have something to tell."""

    settings: StoresSettings
    ledger: Ledger
    shops: Shops
    places: Places
    catalogues: Mapping[Side, ShopCatalogue]
    copiers: Mapping[Side, Copier]
    mirrors: Mapping[Side, LinkMirror]
    media: Mapping[Side, MediaSide]
    options: Mapping[Side, OptionsSide]
    stock: list[StockInCommon] = field(default_factory=list)
    _publications_known: dict[Side, dict[str, str]] = field(default_factory=dict, init=False)

    def joins(self, entity: str) -> Joins:
        """The ids behind the keys of an entity."""
        return Joins.of(self.ledger, self.shops.pair_name(entity))

    def of_handles(self, side: Side, handles: Sequence[str]) -> list[str]:
        """The products of a side that have these handles."""
        return self.options[side].structures.by_handles(handles)

    def products_of(self, side: Side, new: Sequence[Fields]) -> list[str]:
        """The products of a side to which records of the other belong, as far as both have them."""
        keys = dict.fromkeys(str(one["product"]) for one in new if one.get("product"))
        return list(self.joins("products").ids(side, keys).values())

    def variants_of(self, side: Side, new: Sequence[Fields]) -> list[str]:
        """The variants of a side in the products of new ones of the other."""
        shown = self.options[side].structures.many(self.products_of(side, new))
        return [ref for one in shown.values() for ref in one.variants]

    def levels_of(self, side: Side, new: Sequence[Fields]) -> list[str]:
        """The levels of a side at which the variants lie that lie at new ones of the other."""
        keys = dict.fromkeys(str(one["variant"]) for one in new if one.get("variant"))
        return self.options[side].structures.levels(self.joins("variants").ids(side, keys).values())

    def of(self, entity: str) -> dict[Side, Connector]:
        """Both sides of an entity."""
        return {side: self._side(entity, side, shop) for side, shop in self.shops.by_side.items()}

    def _side(self, entity: str, side: Side, shop: OpenedShop) -> Connector:
        title = f"{shop.store.name} {entity}"
        of_linked = OfLinked(self.joins("products"), side, "product")
        if entity == MEDIA.name:
            return NarrowedSide(self.media[side], title, of_linked)
        if entity == OPTIONS.name:
            return self.options[side]
        if entity == METAFIELDS.name:
            return NarrowedSide(self._metafields(shop), title, of_linked)
        if entity == PUBLICATIONS.name:
            return NarrowedSide(self._publications(side, shop), title, of_linked)
        if entity == MEMBERSHIPS.name:
            return NarrowedSide(self._memberships(side, shop), title, of_linked)
        connector = self.catalogues[side].side(entity)
        if entity == "products":
            return self._products(side, connector, title)
        if entity == "variants":
            return self._variants(side, shop, NarrowedSide(connector, title, of_linked))
        if entity == "inventory":
            places = self.places.left if side is Side.LEFT else self.places.right
            negative, uncounted = (self._standing(entity, side, what) for what in ("negative", "uncounted"))
            variants = self.joins("variants")
            common = StockInCommon(shop.store.name, variants, side, places, self._fresh(side), negative, uncounted)
            self.stock.append(common)
            return NarrowedSide(connector, title, common)
        return self._collections(side, shop, connector, title)

    def _standing(self, entity: str, side: Side, what: str) -> Standing:
        return Standing(self.ledger, state_keys.standing(self.shops.pair_name(entity), side.value, what))

    def _kept(self, side: Side) -> Kept:
        return Kept(self.ledger, self.shops.pair_name("products"), side)

    def _products(self, side: Side, connector: Connector, title: str) -> ProductSide:
        links = {link_field(one.store.name) for one in self.shops.by_side.values()}
        ahead, saw = self.copiers[side].read_ahead, self.mirrors[side].saw
        return ProductSide(connector, title, self._kept(side), self.settings.deleted, ahead, saw, links)

    def _metafields(self, shop: OpenedShop) -> MetafieldSide:
        """All but those that are chosen as fields of products, each by a rule of its own."""
        products = (one.fields for one in self.settings.selection.entities if one.entity.name == "products")
        chosen = (metafield_named(part.field.name) for fields in products for part in fields)
        apart = frozenset(".".join(one) for one in chosen if one is not None)
        title, reader = f"{shop.store.name} {METAFIELDS.name}", MetafieldReader(shop.conversation, LISTED)
        return MetafieldSide(METAFIELDS.name, title, reader, MetafieldWriter(shop.conversation), apart)

    def _publications(self, side: Side, shop: OpenedShop) -> BelongingSide:
        """Publications of the same name stand for one another; others are each store's own."""
        publisher = Publisher(shop.conversation)

        def words(ids: Iterable[str]) -> dict[str, str]:
            known = self._published_in_both()[side]
            return {id: known[id] for id in ids if id in known}

        def ids(names: Iterable[str]) -> dict[str, str]:
            known = {name: id for id, name in self._published_in_both()[side].items()}
            return {name: known[name] for name in names if name in known}

        def change(product: str, joined: Iterable[str], left: Iterable[str]) -> Outcome:
            shown = publisher.publish(product, joined)
            return publisher.hide(product, left) if shown.result is Result.DONE else shown

        reader = GroupReader(shop.conversation, groups.PUBLICATIONS)
        title, made = f"{shop.store.name} publications", self._kept(side).was_made
        return BelongingSide(PUBLICATIONS.name, title, reader, words, ids, change, made)

    def _published_in_both(self) -> dict[Side, dict[str, str]]:
        """The publications that both stores have: by side, their names by their ids. Asked for once."""
        if not self._publications_known:
            known = {side: Publisher(shop.conversation).publications() for side, shop in self.shops.by_side.items()}
            named = {side: {id: name.replace(",", ";") for id, name in some.items()} for side, some in known.items()}
            both = set(named[Side.LEFT].values()) & set(named[Side.RIGHT].values())
            self._publications_known |= {side: {id: n for id, n in some.items() if n in both} for side, some in named.items()}
        return self._publications_known

    def _collections(self, side: Side, shop: OpenedShop, connector: Connector, title: str) -> CollectionSide:
        joins = self.joins("collections")

        def source(operation: Operation) -> str:
            return joins.ids(side.other, [operation.key])[operation.key]

        copier = CollectionCopier(self.shops.by_side[side.other].conversation, shop.conversation)
        return CollectionSide(connector, title, copier, source)

    def _memberships(self, side: Side, shop: OpenedShop) -> BelongingSide:
        """Collections that both stores have, by the keys of their links."""
        joins = self.joins("collections")

        def words(ids: Iterable[str]) -> dict[str, str]:
            keys = joins.keys(side, ids)
            alone = joins.alone(list(keys.values()))
            return {id: key for id, key in keys.items() if key not in alone}

        reader, change = GroupReader(shop.conversation, groups.COLLECTIONS), partial(collect, shop.conversation)
        title, made = f"{shop.store.name} memberships", self._kept(side).was_made
        return BelongingSide(MEMBERSHIPS.name, title, reader, words, partial(joins.ids, side), change, made)

    def _variants(self, side: Side, shop: OpenedShop, narrowed: Connector) -> VariantSide:
        reader, options = ProductReader(shop.conversation), self.options[side]
        elsewhere = Elsewhere(self._original(side), options.follow, options.lacking, self._moved(side))
        writer = VariantsWriter(Sender(shop.conversation), reader)
        return VariantSide(narrowed, reader, writer, self._kept(side), elsewhere, self._only_seen("variants"))

    def _only_seen(self, entity: str) -> frozenset[str]:
        """The fields of an entity that are read and never compared."""
        chosen = (one.fields for one in self.settings.selection.entities if one.entity.name == entity)
        shared = {part.field for fields in chosen for part in fields}
        compared = {one.name for one in shared if self.shops.one_currency or not one.money}
        return frozenset({*ALWAYS[entity], *(one.name for one in shared)} - compared - {*NAMED_BY[entity]})

    def _original(self, side: Side) -> Callable[[Operation], Original | None]:
        products, variants = self.joins("products"), self.joins("variants")

        def original(operation: Operation) -> Original | None:
            owner = products.keys(side, [str(operation.changes.get("product"))])
            there = products.ids(side.other, owner.values())
            ids = variants.ids(side.other, [operation.key])
            if not there or operation.key not in ids:
                return None
            return self.copiers[side].original(next(iter(there.values())), ids[operation.key])

        return original

    def _moved(self, side: Side) -> Callable[[Sequence[str]], dict[str, str]]:
        """Tells which of some variants of a side lie there in another number than was agreed, and how many."""
        variants, levels = self.joins("variants"), self.joins("inventory")

        def moved(ids: Sequence[str]) -> dict[str, str]:
            keys = {key: id for id, key in variants.keys(side, ids).items()}
            found = levels.records.referring("variant", "available", self.shops.pair_name("variants"), "sku", keys)
            owner = {level: keys[variant] for level, variant, _ in found}
            there = {id: level for level, id in levels.ids(side, owner).items()}
            shown = self.catalogues[side].side("inventory").look(there).found if there else {}
            told: dict[str, str] = {}
            for id, one in shown.items():
                agreed, now = levels.records.base(there[id]).get("available"), one.record.fields.get("available")
                if now is not None and agreed is not None and now != agreed:
                    told[owner[there[id]]] = f"{agreed} agreed, {now} now"
            return told

        return moved

    def _fresh(self, side: Side) -> Callable[[Mapping[str, str]], set[str]]:
        """Tells which of some levels of a side belong to products that we made there and whose stock was never agreed."""
        kept, joins = self._kept(side), self.joins("inventory")

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
