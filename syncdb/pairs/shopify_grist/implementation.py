"""A shop and a Grist document, both ways: from settings to runs."""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from syncdb.clock import Clock
from syncdb.connectors.base import Connector, Feed
from syncdb.connectors.grist import GristClient, GristDocument, GristTable, TableColumn
from syncdb.connectors.grist.keying import KeyingTable
from syncdb.connectors.grist.lookalike import Likeness
from syncdb.connectors.grist.target import find_document
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.orders import OrderWriter
from syncdb.connectors.shopify.catalogue.side import CatalogueSide
from syncdb.connectors.shopify.client import LOOPBACK, ShopifyClient
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.statuses import StatusWriter
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.products.added_pictures import FIELD
from syncdb.connectors.shopify.products.contents import ByteSession, Contents, byte_session, safe
from syncdb.connectors.shopify.products.public_address import public
from syncdb.engine.capabilities import refuse_forbidden
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_run import Derived, EntitySync, Naming, PairRun
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.request import RunRequest, everything_is_due
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.mapping.entities import PRICES
from syncdb.model import Field, OnMissing, Owner, Policy, Record, Rule, Side
from syncdb.orders.order_audit import audited_orders
from syncdb.orders.order_sync import OrderSync
from syncdb.orders.redaction import catch_up
from syncdb.orders.shop_identity import same_shop
from syncdb.pairs.base import Hearing, Implementation, Mapped, MappedField, OrderTracking, Run
from syncdb.pairs.chosen import ORDERS, PICTURES, ChosenEntity, ChosenOrders, Selection
from syncdb.pairs.metafield_types import Types, learned_types
from syncdb.pairs.opening import limits, open_ledger, retrier
from syncdb.pairs.record_choice import LEFT
from syncdb.pairs.registry import people_kept
from syncdb.pairs.shopify_grist.attempts import TRIES
from syncdb.pairs.shopify_grist.checks import check
from syncdb.pairs.shopify_grist.choosing import Choosing
from syncdb.pairs.shopify_grist.editing import EDITING
from syncdb.pairs.shopify_grist.known_table import rows_shown
from syncdb.pairs.shopify_grist.let_go import LetGo, WithoutLetGo
from syncdb.pairs.shopify_grist.new_products import ORIGIN, NewProducts
from syncdb.pairs.shopify_grist.new_products import whole as product_of_row
from syncdb.pairs.shopify_grist.new_rows import MARK, RowKeys, RowsFeed, whole_product, whole_variant
from syncdb.pairs.shopify_grist.new_variants import NewVariants
from syncdb.pairs.shopify_grist.orders import OrdersTable, order_policy
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_grist.people import KEPT, EmptiedOfRedacted
from syncdb.pairs.shopify_grist.pictures import PATIENCE, RowsWithLinks, TypedLinks, picture_side
from syncdb.pairs.shopify_grist.put_back import with_put_back
from syncdb.pairs.shopify_grist.selected import read_for
from syncdb.pairs.shopify_grist.settings import GristSettings, load
from syncdb.pairs.shopify_grist.tables import (
    KEY,
    Tables,
    order_rows,
    order_rows_shape,
    pair_name,
    registered,
    shown_fields,
    wanted_tables,
    with_empty,
)
from syncdb.pairs.shopify_grist.whole_amounts import WholeAmounts
from syncdb.systems.grist.connecting import counted_calls
from syncdb.systems.grist.deliveries import DOCUMENT, DocumentSender
from syncdb.systems.grist.keys import GRIST
from syncdb.systems.sender import Sender
from syncdb.systems.shopify.connecting import connected_shop
from syncdb.systems.shopify.deliveries import SHOP, kinds_of, one_shop_by_name, shop_sender
from syncdb.values import Kind, digest, minor_digits

PRODUCTS = "products"
WHOLE = {PRODUCTS: whole_product, "variants": whole_variant}  # whether a row says enough to be made one
BECOMES = {
    PRODUCTS: "A row with a title is made a product.",
    "variants": "A row that names its product, the values of its options and a price above 0 is made a variant.",
}
FINAL = {"order_status": frozenset({"cancelled", "canceled"})}  # what cannot be undone
ARCHIVED = {"status": "ARCHIVED"}


@dataclass(frozen=True, slots=True)
class _Opened:
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


def _with_types(opened: _Opened) -> _Opened:
    """The same, once it is known of which types the chosen metafields are. Raises Refused and RetryLater."""
    selection, ledger = opened.settings.selection, opened.ledger
    wanted: dict[str, Sequence[str]] = {one.entity.name: one.metafields for one in selection.entities}
    if selection.orders is not None:
        wanted[ORDERS] = [".".join(name) for name in order_rows_shape(selection.orders).metafields]
    due = everything_is_due(ledger, pair_name(opened.tables.document.id), opened.request, opened.clock.now())
    types = learned_types(ledger, opened.shopify, wanted, due=due)
    return replace(opened, settings=replace(opened.settings, selection=selection.typed(types)), types=types)


@contextmanager
def open_runs(
    settings: GristSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The runs in their order: the catalogue's, then the orders'. `only` names entities or fields to look at, empty for all.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError, RemoteError, and NeedsPerson for another shop's ledger.
    """
    with (
        open_ledger(settings, request, clock, SHOPIFY_GRIST.name) as ledger,
        _opened(settings, ledger, request, clock, progress, make=not request.dry) as opened,
    ):
        if not request.dry:
            catch_up(ledger, people_kept())
        opened = _with_types(opened)
        selection = opened.settings.selection.only(only)[0] if only else opened.settings.selection
        runs = []
        if selection.entities or selection.pictures:
            runs.append(_catalogue_run(opened, selection, part=bool(only)))
        if selection.orders is not None:
            runs.append(_orders_run(opened, selection.orders))
        yield runs


@contextmanager
def _opened(
    settings: GristSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress, *, make: bool
) -> Iterator[_Opened]:
    with ExitStack() as stack:
        trying = retrier(settings, clock)
        shopify = stack.enter_context(connected_shop(settings, clock, trying))
        calls = stack.enter_context(counted_calls(ledger, settings, clock))
        grist = GristClient(settings.grist_server, settings.grist_api_key, None, clock, trying, calls)
        stack.callback(grist.close)
        document = find_document(grist, settings.grist_document, settings.grist_workspace, make=make)
        tables = Tables(GristDocument(grist, document), ledger, request, clock)
        session = stack.enter_context(byte_session())
        yield _Opened(settings, request, clock, progress, random.SystemRandom(), ledger, shopify, tables, session)


@contextmanager
def _order_sync_of(
    settings: GristSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress
) -> Iterator[OrderSync]:
    """The tracking of orders over a ledger that is open already. Raises RemoteError where the document cannot be opened."""
    chosen = settings.selection.orders
    assert chosen is not None, "asked only where orders are chosen"
    with _opened(settings, ledger, request, clock, progress, make=False) as opened:
        opened.tables.document.head()  # a wrong key or a document that is not shared is told before anything is changed
        yield _order_sync(opened, chosen)


def _catalogue_run(opened: _Opened, selection: Selection, *, part: bool) -> Run:
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


def _orders_run(opened: _Opened, chosen: ChosenOrders) -> Run:
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


def _order_sync(opened: _Opened, chosen: ChosenOrders) -> OrderSync:
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
    )


def _pair_run(opened: _Opened, selection: Selection, catalogue: ShopCatalogue, *, part: bool) -> PairRun:
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


def _pictures(opened: _Opened, column: str, products: ChosenEntity, conversation: Conversation) -> EntitySync:
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
    opened: _Opened, one: ChosenEntity, pair: str, side: CatalogueSide, table: GristTable
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


def _without_let_go(opened: _Opened, whole: Mapping[str, ChosenEntity], one: ChosenEntity, left: Connector) -> Connector:
    """A side whose references to rows that people deleted for good are empty."""
    references = {
        part.field.name: _let_go(opened, whole[part.field.to])
        for part in one.fields
        if part.field.to in whole and _may_lack_rows(whole[part.field.to])
    }
    return WithoutLetGo(left, references) if references else left


def _may_lack_rows(one: ChosenEntity) -> bool:
    return one.gone_there is not OnMissing.RESTORE or not one.only.everything


def _let_go(opened: _Opened, one: ChosenEntity) -> LetGo:
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


def _selected(settings: GristSettings) -> str:
    chosen = [one.entity.name for one in settings.selection.entities] + ([ORDERS] if settings.selection.orders else [])
    return f"{', '.join(chosen)}; to the shop is written: {', '.join(settings.shopify_writes) or 'nothing'}"


def _unknown_fields(settings: GristSettings, names: Sequence[str]) -> list[str]:
    return settings.selection.only(names)[1] if names else []


def _mapped(settings: GristSettings) -> Iterator[Mapped]:
    for one in settings.selection.entities:
        fields = (MappedField(part.field.label, part.column, part.rule, part.field.name) for part in one.fields)
        yield Mapped(one.entity.name, one.table, tuple(fields), id=one.entity.name)
    if orders := settings.selection.orders:
        rules = orders.from_grist
        columns = (MappedField(name, header, rules.get(name, Rule(Owner.LEFT)), name) for name, header in orders.columns)
        yield Mapped(ORDERS, orders.table, tuple(columns), _rows(orders), ORDERS)


def _rows(orders: ChosenOrders) -> Callable[[str, str], Callable[[Mapping[str, Any]], list[Record]]]:
    return lambda zone, currency: order_rows(orders, zone, currency).records


def _senders(settings: GristSettings) -> list[Sender]:
    document = [DocumentSender(GRIST.name, settings.grist_webhook_token)] if settings.grist_webhook_token else []
    return [shop_sender(settings), *document]


def _heard_kinds(settings: GristSettings) -> frozenset[str]:
    chosen = [one.entity.name for one in settings.selection.entities] + ([ORDERS] if settings.selection.orders else [])
    return kinds_of(chosen) | {DOCUMENT.kind}


def _tracks_orders(settings: GristSettings) -> bool:
    return settings.selection.orders is not None


REMAINS = (
    "The document's history (its latest thousand changes or so) still holds what stood there: its owner removes it with "
    'POST /api/docs/DOCUMENT/states/remove and {"keep": 1}, which forgets all older changes for good (the next sync then looks '
    "at everything once). Snapshots (Document history, Snapshots), copies and backups of the document, and whatever its webhooks "
    "told, keep it until they are deleted. Columns and tables that people made are theirs to clear."
)
IMPLEMENTATION = Implementation(
    load,
    open_runs,
    check,
    _selected,
    _unknown_fields,
    OrderTracking(_tracks_orders, _order_sync_of, rows_shown, REMAINS),
    TRIES,
    Hearing(_senders, _heard_kinds, lambda settings: settings.base_url, one_shop_by_name),
    mapped=lambda settings: tuple(_mapped(settings)),
    editing=EDITING,
)
