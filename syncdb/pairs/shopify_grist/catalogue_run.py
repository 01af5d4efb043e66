"""The run of products, variants, stock, collections and what else there is beside orders: each with its table."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from syncdb.connectors.base import Connector, Feed
from syncdb.connectors.grist import GristTable, TableColumn
from syncdb.connectors.grist.keying import KeyingTable
from syncdb.connectors.grist.lookalike import Likeness
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.side import CatalogueSide
from syncdb.connectors.shopify.client import LOOPBACK
from syncdb.connectors.shopify.products.added_pictures import FIELD
from syncdb.connectors.shopify.products.contents import Contents, safe
from syncdb.connectors.shopify.products.public_address import public
from syncdb.engine.capabilities import refuse_forbidden
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_run import Derived, EntitySync, Naming, PairRun
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.reconcile import EntityPair
from syncdb.http import Retrier
from syncdb.mapping.entities import PRICES
from syncdb.model import Field, OnMissing, Owner, Policy, Rule, Side
from syncdb.orders.shop_identity import same_shop
from syncdb.pairs.base import Run
from syncdb.pairs.chosen import PICTURES, ChosenEntity, Selection
from syncdb.pairs.opening import limits
from syncdb.pairs.record_choice import LEFT
from syncdb.pairs.shopify_grist.choosing import Choosing
from syncdb.pairs.shopify_grist.let_go import LetGo, WithoutLetGo
from syncdb.pairs.shopify_grist.new_products import ORIGIN, NewProducts
from syncdb.pairs.shopify_grist.new_products import whole as product_of_row
from syncdb.pairs.shopify_grist.new_rows import MARK, RowKeys, RowsFeed, whole_product, whole_variant
from syncdb.pairs.shopify_grist.new_variants import NewVariants
from syncdb.pairs.shopify_grist.opened import Opened
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_grist.people import KEPT, EmptiedOfRedacted
from syncdb.pairs.shopify_grist.pictures import PATIENCE, RowsWithLinks, TypedLinks, picture_side
from syncdb.pairs.shopify_grist.selected import read_for
from syncdb.pairs.shopify_grist.tables import (
    KEY,
    pair_name,
    registered,
    shown_fields,
    wanted_tables,
    with_empty,
)
from syncdb.pairs.shopify_grist.whole_amounts import WholeAmounts
from syncdb.systems.grist.keys import GRIST
from syncdb.systems.shopify.deliveries import SHOP
from syncdb.values import Kind, digest, minor_digits

PRODUCTS = "products"
WHOLE = {PRODUCTS: whole_product, "variants": whole_variant}  # whether a row says enough to be made one
BECOMES = {
    PRODUCTS: "A row with a title is made a product.",
    "variants": "A row that names its product, the values of its options and a price above 0 is made a variant.",
}
ARCHIVED = {"status": "ARCHIVED"}


def catalogue_run(opened: Opened, selection: Selection, *, part: bool) -> Run:
    """Products, variants, stock and collections."""
    settings = opened.settings
    # all fields are read, also when only some are compared: rows are made whole, and no column is forgotten
    asked = {one.entity.name for one in selection.entities}
    whole = [one for one in settings.selection.entities if one.entity.name in asked]
    names = {one.entity.name: [*shop_fields(one), *read_for(one)] for one in whole}
    typed = with_empty(opened.types)
    types = {one.entity.name: {name: typed[one.entity.name].get(name, "") for name in one.metafields} for one in whole}
    overlap = timedelta(minutes=settings.overlap_minutes)
    conversation = Conversation(opened.shopify)
    catalogue = ShopCatalogue(
        opened.shopify,
        fields=names,
        overlap=overlap,
        types=types,
        conversation=conversation,
        origin=ORIGIN if any(one.makes_new for one in whole) else None,
        new=[one.entity.name for one in whole if one.makes_new],
        whole=product_of_row(types.get(PRODUCTS, {}), conversation),
    )
    pair_run = _pair_run(opened, selection, catalogue, part=part)
    sync = PairSync(opened.ledger, pair_run, opened.request, opened.clock, opened.rng, opened.progress)
    shown = {one.entity.name: shown_fields(one) for one in selection.entities}
    if selection.pictures:
        shown[PICTURES] = (KEY, Field(FIELD, selection.pictures, Kind.TEXT))
    return Run(
        "products",
        f"{settings.shopify_store_name} and the Grist document {settings.grist_document}",
        SHOPIFY_GRIST.words,
        shown,
        tracks_orders=False,
        start=sync.run,
        plans=lambda: sync.plans,
        audit=lambda period: nullcontext(audited_entities(sync, shown)),
    )


def shop_fields(one: ChosenEntity) -> list[str]:
    """The fields that the shop itself is asked for."""
    return [part.field.name for part in one.fields if part.field is not LEFT]


def _pair_run(opened: Opened, selection: Selection, catalogue: ShopCatalogue, *, part: bool) -> PairRun:
    settings, tables = opened.settings, opened.tables
    shop = catalogue.shop()
    same_shop(opened.ledger, shop.facts, opened.shopify.shop)
    whole = {one.entity.name: one for one in settings.selection.entities}
    wanted = wanted_tables(settings.selection, shop.zone.key, shop.currency, opened.types)
    entities = []
    chosen = Choosing(opened.tables, catalogue.conversation)
    for one in selection.entities:
        wish = wanted[one.entity.name]
        side = catalogue.side(one.entity.name)
        table = tables.table(one.entity.name, one.table, wish.columns, wish.changed_at, _likeness(side))
        name = registered(opened.ledger, tables.document.id, one.entity.name)
        left, right = _with_new_rows(opened, whole[one.entity.name], name, side, table)
        left = chosen.shown(whole[one.entity.name], name, left)
        if one.entity.name in KEPT:
            left = EmptiedOfRedacted(left, KEPT[one.entity.name], opened.ledger.redacted)
        left = _without_let_go(opened, whole, whole[one.entity.name], left)
        pair = EntityPair(name, left, right, _policy(one), replace(limits(settings), most_new=one.most_new))
        refuse_forbidden(one.entity.name, pair.policy, (pair.left.name, pair.left.can), (pair.right.name, pair.right.can))
        derived = _derived(one, whole)
        entities.append(EntitySync(one.entity.name, pair, whole[one.entity.name].digest, {Side.RIGHT: table}, derived))
    if selection.pictures:
        entities.append(_pictures(opened, selection.pictures, whole[PRODUCTS], catalogue.conversation))
    making = [one.entity.name for one in whole.values() if one.makes_new]
    feeds: dict[Side, Feed] = {Side.LEFT: chosen.feed(whole, catalogue), Side.RIGHT: RowsFeed(tables.document, making)}

    def news() -> Iterator[Notice]:
        yield from catalogue.news()
        for table in tables.made.values():
            if table.entity != PICTURES:  # the rows are those of products
                yield from table.news()

    naming = {Side.LEFT: Naming(SHOP, catalogue.named), Side.RIGHT: Naming(GRIST.name, None)}
    return PairRun(registered(opened.ledger, tables.document.id), entities, feeds, tables.remember, news, part, naming)


def _pictures(opened: Opened, column: str, products: ChosenEntity, conversation: Conversation) -> EntitySync:
    """The links that people type into the products' table, and what products of the shop show of them."""
    tables, ledger, settings = opened.tables, opened.ledger, opened.settings
    name = registered(ledger, tables.document.id, PICTURES)
    table = tables.table(PICTURES, products.table, (TableColumn(FIELD, column, guarded=True),))
    records, now = ledger.records(name), opened.clock.now()
    here = urlsplit(settings.shopify_base_url or "").hostname in LOOPBACK  # a shop on this computer shows what stands on it
    trying = Retrier(min(PATIENCE, settings.deadline_seconds), clock=opened.clock)
    contents = Contents(opened.session, trying, lasting=True, may=safe if here else public)
    memory, request = ledger.media(f"grist:{tables.document.id}", now), opened.request
    links = TypedLinks(table, records, contents, memory, anew=request.full, dry=request.dry)
    media = ledger.media(f"shopify:{conversation.shop().shop_id}", now)
    left = picture_side(conversation, opened.session, trying, links, media)
    policy = Policy({FIELD: Rule(Owner.RIGHT)}, OnMissing.RESPECT, OnMissing.RESPECT, create_left=False, create_right=False)
    few = max(limits(settings).few_live, ledger.records(pair_name(tables.document.id, PRODUCTS)).agreed_count())
    most = replace(limits(settings), few_live=few, few=max(few, limits(settings).few))  # nothing is taken off by emptying cells
    pair = EntityPair(name, left, RowsWithLinks(table, records), policy, most)
    return EntitySync(PICTURES, pair, digest([products.table, column]), {Side.RIGHT: table})


def _policy(one: ChosenEntity) -> Policy:
    rules = {part.field.name: part.rule for part in one.fields}
    farewell = ARCHIVED if one.archives else {}
    return Policy(
        rules,
        one.gone_in_shop,
        one.gone_there,
        create_left=one.makes_new,
        marks_new=MARK if one.makes_new else "",
        farewell=farewell,
    )


def _with_new_rows(
    opened: Opened, one: ChosenEntity, pair: str, side: CatalogueSide, table: GristTable
) -> tuple[Connector, KeyingTable]:
    """The sides of an entity: the table gives its rows the keys that they lack, the shop makes what people added."""
    document, records, request = opened.tables.document, opened.ledger.records(pair), opened.request
    ledger = opened.ledger
    keys = RowKeys(records, ledger.runs)
    left: Connector = side
    if PRICES & {part.field.name for part in one.fields}:
        left = WholeAmounts(side, lambda: minor_digits(side.conversation.shop().currency))
    if one.makes_new and side.creator is not None:
        name, made = one.entity.name, side.creator.custom.found
        table.becomes = BECOMES[name]
        keys = RowKeys(records, ledger.runs, WHOLE[name], True, made, ledger.transaction)
        allowed = frozenset(part.field.name for part in one.fields if part.rule.owner is not Owner.LEFT)
        types = with_empty(opened.types).get(name, {})
        new = keys.known.__setitem__
        left = NewProducts(side, allowed, types, new) if name == PRODUCTS else NewVariants(left, allowed, new)
    return left, KeyingTable(table, document, keys.keys, MARK, keys.marks, request.dry, opened.clock)


def _without_let_go(opened: Opened, whole: Mapping[str, ChosenEntity], one: ChosenEntity, left: Connector) -> Connector:
    """A side whose references to rows that people deleted for good are empty."""
    references = {
        part.field.name: _let_go(opened, whole[part.field.to])
        for part in one.fields
        if part.field.to in whole and _may_lack_rows(whole[part.field.to])
    }
    return WithoutLetGo(left, references) if references else left


def _may_lack_rows(one: ChosenEntity) -> bool:
    return one.gone_there is not OnMissing.RESTORE or not one.only.everything


def _let_go(opened: Opened, one: ChosenEntity) -> LetGo:
    document, entity = opened.tables.document, one.entity.name
    records = opened.ledger.records(pair_name(document.id, entity))

    def let_go(ids: Collection[str]) -> Collection[str]:
        place = next((one.stands_in() for one in opened.tables.made.values() if one.entity == entity), None)
        standing = document.keys_of(place[1], place[2])[1] if place else frozenset(ids)
        lacking = sorted(set(ids) - standing)
        return lacking if not one.only.everything else records.agreed(lacking)

    return let_go


def _derived(one: ChosenEntity, whole: Mapping[str, ChosenEntity]) -> tuple[Derived, ...]:
    """The fields of an entity that show one of a record it refers to, where both are kept in step."""
    kept = {name: {part.field.name for part in other.fields} for name, other in whole.items()}
    via = {part.field.to: part.field.name for part in one.fields if part.field.to in kept}
    return tuple(
        Derived(part.field.name, name, of, part.field.source)
        for part in one.fields
        for of, name in via.items()
        if part.field.source in kept[of]
    )


def _likeness(side: CatalogueSide) -> Likeness:
    """What tells rows and columns of an entity from people's: the shop's ids, and what it shows under them."""
    return Likeness(side.entity.is_key, lambda keys: {key: one.record.fields for key, one in side.look(keys).found.items()})
