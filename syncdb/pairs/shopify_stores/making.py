"""From two opened shops to the sides of a run between them."""

from collections.abc import Mapping
from datetime import timedelta

from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.stock import MOVING
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.definitions import Definition
from syncdb.connectors.shopify.products.media_side import MediaSide
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.structures import StructureReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Side
from syncdb.pairs.shopify_stores.copying import Copier
from syncdb.pairs.shopify_stores.definitions import NAMESPACE, ORIGIN, link_field, link_key
from syncdb.pairs.shopify_stores.entity_sides import EntitySides
from syncdb.pairs.shopify_stores.mirror import LinkMirror
from syncdb.pairs.shopify_stores.options import OptionsSide, Told, both_options
from syncdb.pairs.shopify_stores.options_entity import OPTIONS
from syncdb.pairs.shopify_stores.places import Places, pair_locations
from syncdb.pairs.shopify_stores.products import Kept
from syncdb.pairs.shopify_stores.selection import ALWAYS, OF_THE_PAIR, StoresSelection
from syncdb.pairs.shopify_stores.settings import StoresSettings
from syncdb.pairs.shopify_stores.shops import Shops


def entity_sides(
    settings: StoresSettings, ledger: Ledger, shops: Shops, media: Mapping[Side, MediaSide], full: bool = False
) -> EntitySides:
    """What the sides of a run over these shops are made of. Raises ConfigurationError for locations that there are not."""
    names = (shops.left.store.name, shops.right.store.name)
    places = _places(settings, shops)
    copiers = {side: copier_to(side, ledger, shops, places) for side in Side}
    catalogues = {
        side: ShopCatalogue(
            shop.conversation.client,
            fields=_read(settings.selection, names),
            overlap=timedelta(minutes=settings.overlap_minutes),
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
    options = both_options(*(options_of(side, ledger, shops) for side in Side))
    return EntitySides(settings, ledger, shops, places, catalogues, copiers, mirrors, media, options)


def _places(settings: StoresSettings, shops: Shops) -> Places:
    names = (shops.left.store.name, shops.right.store.name)
    wanted = settings.location_pairs
    if wanted is not None and names[0] != settings.stores[0].name:  # the configuration names the stores the other way round
        wanted = {right: left for left, right in wanted.items()}
    return pair_locations(names, shops.left.locations, shops.right.locations, wanted)


def options_of(side: Side, ledger: Ledger, shops: Shops) -> OptionsSide:
    """The options of the products of a side, without the other side yet."""
    shop = shops.by_side[side]
    told = Told(ledger, *(Joins.of(ledger, shops.pair_name(entity)) for entity in ("products", "variants", OPTIONS.name)))
    reader = ProductReader(shop.conversation)
    writer = VariantsWriter(Sender(shop.conversation), reader)
    title = f"{shop.store.name} {OPTIONS.name}"
    return OptionsSide(side, title, told, StructureReader(shop.conversation), reader, writer)


def mirror_on(side: Side, ledger: Ledger, shops: Shops) -> LinkMirror:
    """Shows in the products of a side which of the other they belong to."""
    here, there = shops.by_side[side], shops.by_side[side.other].store.name
    definition = Definition(NAMESPACE, link_key(there), "id", f"Product in {there}")
    joins = Joins.of(ledger, shops.pair_name("products"))
    return LinkMirror(here.store.name, here.conversation, joins, side, definition)


def copier_to(side: Side, ledger: Ledger, shops: Shops, places: Places) -> Copier:
    """Says what belongs to products that are to be made on a side, from the other one."""
    joins, variants = (Joins.of(ledger, shops.pair_name(entity)) for entity in ("products", "variants"))
    there = shops.by_side[side.other]
    own, theirs = (places.left, places.right) if side is Side.LEFT else (places.right, places.left)
    here = {place: location for location, place in own.items()}
    return Copier(
        there.store.name,
        ProductReader(there.conversation),
        lambda operation: joins.ids(side.other, [operation.key])[operation.key],
        Kept(ledger, shops.pair_name("products"), side.other),
        {location: here[place] for location, place in theirs.items()},
        lambda ids: tuple(variants.ids(side, variants.keys(side.other, ids).values()).values()),
    )


def _read(selection: StoresSelection, stores: tuple[str, str]) -> dict[str, list[str]]:
    """The fields that are read of each entity; of variants always, since products are told to be the same by them."""
    names = {one.entity.name: one.read for one in selection.entities if one.entity.name not in OF_THE_PAIR}
    names["products"] += [link_field(store) for store in stores]
    return {"variants": list(ALWAYS["variants"]), **names}
