"""From settings to the parts of a run between a shop and a Grist document."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests

from syncdb.clock import Clock
from syncdb.config import GristSettings
from syncdb.connectors.base import Connector, Feed
from syncdb.connectors.grist import GristClient, GristDocument, GristTable, MonthlyCalls, TableBinding, TableColumn
from syncdb.connectors.grist.layout import WantedTable
from syncdb.connectors.grist.target import find_document
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.orders import OrderWriter
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.engine.guards import Limits
from syncdb.engine.pair_sync import EntitySync, PairRun, PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.request import RunRequest
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.ledger.file import damage_told
from syncdb.mapping import SheetMapping
from syncdb.mapping.entities import KEY_LABEL, EntityField, ShownAs
from syncdb.model import Field, OnDrift, OnMissing, Owner, Policy, Record, Rule, Side, Tie
from syncdb.orders.order_sync import OrderSync, RowMapping
from syncdb.orders.shop_identity import one_shop
from syncdb.orders.writable_orders import TAGS, sorted_words
from syncdb.pairs.selection import ORDERS, ChosenEntity, ChosenField, ChosenOrders, Selection
from syncdb.pairs.shopify_sheets.pair import shopify_client
from syncdb.values import Kind, Value, minor_digits

CHANGED_AT = "Changed by people"
KEY = Field("key", KEY_LABEL, Kind.IDENTIFIER)
TYPES = {
    ShownAs.TEXT: "Text",
    ShownAs.NUMBER: "Numeric",
    ShownAs.WHOLE: "Int",
    ShownAs.FLAG: "Bool",
    ShownAs.CHOICE: "Choice",
    ShownAs.WORDS: "ChoiceList",
}
ORDER_TYPES = {Kind.MONEY: "Numeric", Kind.COUNT: "Int", Kind.FLAG: "Bool"}


@dataclass(frozen=True, slots=True)
class Parts:
    """The runs of a pair with Grist, in their order, and the fields by entity."""

    runs: Sequence[PairSync | OrderSync]
    fields: Mapping[str, tuple[Field, ...]]


@dataclass(slots=True)
class Tables:
    """The tables of one document, tied to the ledger by bindings that are kept from run to run."""

    document: GristDocument
    ledger: Ledger
    request: RunRequest
    clock: Clock
    made: dict[str, GristTable] = field(default_factory=dict)  # by the name under which the ledger keeps their binding

    def table(self, name: str, table: str, columns: Sequence[TableColumn], changed_at: str | None = None) -> GristTable:
        kept_as = binding_name(self.document.id, name, table)
        stored = self.ledger.runs.get(kept_as)
        self.made[kept_as] = GristTable(
            self.document,
            name=name,
            table=table,
            columns=columns,
            key_label=KEY_LABEL,
            binding=TableBinding.from_data(stored) if stored else None,
            changed_at=changed_at,
            rebuild=self.request.force,
            dry=self.request.dry,
            clock=self.clock,
        )
        return self.made[kept_as]

    def remember(self) -> None:
        """Keep where everything stands in the ledger."""
        for kept_as, table in self.made.items():
            data = table.binding.as_data() if table.binding else None
            if data is not None and self.ledger.runs.get(kept_as) != data:
                with self.ledger.transaction():
                    self.ledger.runs.put(kept_as, data)


def binding_name(document: str, name: str, table: str) -> str:
    """Under which name the ledger keeps what ties it to a table of a document."""
    return f"binding:grist:{document}|{name}|{table}"


@contextmanager
def assemble(
    settings: GristSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Parts]:
    """Put the parts of a run together and let go of them at the end. `only` names entities or fields to look at, empty for all.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError, RemoteError, and NeedsPerson for another shop's ledger.
    """
    rng = random.SystemRandom()
    selection = settings.selection.only(only)[0] if only else settings.selection
    with damage_told(settings.db_path), ExitStack() as stack:
        now = clock.now()
        ledger = stack.enter_context(Ledger.copy(settings.db_path, now) if request.dry else Ledger.open(settings.db_path, now))
        retrier = Retrier(deadline=settings.deadline_seconds, clock=clock)
        session = stack.enter_context(requests.Session())
        shopify = shopify_client(settings, session, clock, retrier)
        calls = stack.enter_context(_counted(ledger, settings, clock))
        grist = GristClient(settings.grist_server, settings.grist_api_key, None, clock, retrier, calls)
        stack.callback(grist.close)
        document = find_document(grist, settings.grist_document, settings.grist_workspace, make=not request.dry)
        tables = Tables(GristDocument(grist, document), ledger, request, clock)
        runs: list[PairSync | OrderSync] = []
        fields: dict[str, tuple[Field, ...]] = {}
        if selection.entities:
            # all fields are read, also when only some are compared: rows are made whole, and no column is forgotten
            asked = {one.entity.name for one in selection.entities}
            whole = [one for one in settings.selection.entities if one.entity.name in asked]
            names = {one.entity.name: [part.field.name for part in one.fields] for one in whole}
            catalogue = ShopCatalogue(shopify, fields=names, overlap=timedelta(minutes=settings.overlap_minutes))
            pair_run = _pair_run(selection, settings, catalogue, tables, ledger, request, part=bool(only))
            runs.append(PairSync(ledger, pair_run, request, clock, rng, progress))
            fields |= {one.entity.name: _fields(one) for one in selection.entities}
        if selection.orders is not None:
            destination = OrdersTable(selection.orders, tables, document)
            writer = OrderWriter(shopify, selection.orders.from_grist) if selection.orders.from_grist else None
            rows = order_rows(selection.orders, "UTC", "XXX")  # for what does not depend on the shop
            reader = OrderReader(shopify, rows.metafields)
            rules = _order_policy(selection.orders, settings)
            runs.append(OrderSync(ledger, reader, destination, rules, _limits(settings), request, clock, rng, progress, writer))
            fields[ORDERS] = rows.fields
        yield Parts(runs, fields)


def _limits(settings: GristSettings) -> Limits:
    return Limits(changed_percent=settings.max_changed_percent)


@contextmanager
def _counted(ledger: Ledger, settings: GristSettings, clock: Clock) -> Iterator[MonthlyCalls]:
    """The calls of this month as the ledger has counted them, and counted on whatever happens."""
    stored = ledger.runs.get("grist_calls") or {"month": "", "used": 0}
    calls = MonthlyCalls(settings.grist_calls_per_month, stored["month"], stored["used"], clock.now)
    try:
        yield calls
    finally:
        with ledger.transaction():
            ledger.runs.put("grist_calls", {"month": calls.month, "used": calls.used})


def _pair_run(
    selection: Selection,
    settings: GristSettings,
    catalogue: ShopCatalogue,
    tables: Tables,
    ledger: Ledger,
    request: RunRequest,
    *,
    part: bool,
) -> PairRun:
    shop = catalogue.shop()
    one_shop(
        ledger,
        id=shop.shop_id,
        domain=shop.domain,
        name=shop.name,
        zone=shop.zone.key,
        currency=shop.currency,
        version=shop.version,
        scopes=shop.scopes,
    )
    whole = {one.entity.name: one for one in settings.selection.entities}
    wishes_by_name = wanted_tables(settings.selection, shop.zone.key, shop.currency)
    entities = []
    for one in selection.entities:
        wish = wishes_by_name[one.entity.name]
        table = tables.table(one.entity.name, one.table, wish.columns, wish.changed_at)
        pair = EntityPair(
            f"grist:{tables.document.id}:{one.entity.name}",
            catalogue.side(one.entity.name),
            table,
            Policy({part.field.name: part.rule for part in one.fields}, one.gone_in_shop, one.gone_there),
            _limits(settings),
        )
        entities.append(EntitySync(one.entity.name, pair, whole[one.entity.name].digest, table))
    feeds: dict[Side, Feed] = {Side.LEFT: catalogue, Side.RIGHT: tables.document}
    return PairRun(f"grist:{tables.document.id}", entities, feeds, tables.remember, catalogue.news, part)


def wanted_tables(selection: Selection, zone: str, currency: str) -> dict[str, WantedTable]:
    """The tables that a selection needs, by entity. `zone` and `currency` are the shop's."""
    whole = {one.entity.name: one for one in selection.entities}
    wanted = {}
    for name, one in whole.items():
        columns = tuple(_column(part, whole, zone, currency) for part in one.fields)
        wanted[name] = WantedTable(one.table, KEY_LABEL, columns, CHANGED_AT if one.needs_times else None)
    if selection.orders is not None:
        wanted[ORDERS] = WantedTable(
            selection.orders.table, KEY_LABEL, _order_columns(order_rows(selection.orders, zone, currency))
        )
    return wanted


def _order_columns(rows: "OrderRows") -> tuple[TableColumn, ...]:
    zone, digits = rows.mapping.zone, minor_digits(rows.mapping.currency)
    return tuple(
        TableColumn(one.name, one.label, _order_type(one, zone), digits=digits if one.currency else None) for one in rows.fields
    )


def order_rows(chosen: ChosenOrders, zone: str, currency: str) -> "OrderRows":
    """Orders as rows of their table."""
    return OrderRows(SheetMapping(chosen.rows, chosen.columns, zone, currency))


def _fields(chosen: ChosenEntity) -> tuple[Field, ...]:
    return (KEY, *(Field(one.field.name, one.column, one.field.kind) for one in chosen.fields))


def _column(chosen: ChosenField, entities: Mapping[str, ChosenEntity], zone: str, currency: str) -> TableColumn:
    """The column of a field: its type follows from what the field holds."""
    one = chosen.field
    digits = minor_digits(currency) if one.money else None
    return TableColumn(one.name, chosen.column, _type(one, entities, zone), one.choices, digits=digits)


def _type(one: EntityField, entities: Mapping[str, ChosenEntity], zone: str) -> str:
    if one.shown is ShownAs.REFERENCE:
        # without its table there is nothing to refer to: the id itself is shown
        return f"Ref:{entities[one.to].table}" if one.to in entities else "Text"
    return f"DateTime:{zone}" if one.shown is ShownAs.MOMENT else TYPES[one.shown]


@dataclass(slots=True)
class OrdersTable:
    """The orders' table as a destination of the orders' run."""

    chosen: ChosenOrders
    tables: Tables
    document: str
    pair: str = field(init=False)
    _cursor: str | None = None

    def __post_init__(self) -> None:
        self.pair = f"grist:{self.document}:{ORDERS}"

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        rows = order_rows(self.chosen, str(shop["zone"]), str(shop["currency"]))
        return self.tables.table(ORDERS, self.chosen.table, _order_columns(rows)), rows

    def remember(self) -> None:
        self.tables.remember()

    def changed(self) -> Sequence[str] | None:
        found = self.tables.document.changes(self.tables.ledger.runs.get(f"cursor:{self.pair}:right"))
        self._cursor = found.cursor
        return found.keys.get(ORDERS, ())

    def settled(self) -> None:
        if self._cursor is not None:
            with self.tables.ledger.transaction():
                self.tables.ledger.runs.put(f"cursor:{self.pair}:right", self._cursor)

    def tidy(self, tokens: Sequence[int]) -> None:
        """Writes leave no traces in Grist."""

    def close(self) -> None:
        """The document is closed by whoever opened it."""


@dataclass(frozen=True, slots=True)
class OrderRows:
    """Orders as rows of a table: as in a sheet, but the key has a column of its own, and tags have one order."""

    mapping: SheetMapping

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.mapping.fields[1:]

    @property
    def metafields(self) -> tuple[tuple[str, str], ...]:
        return self.mapping.metafields

    @property
    def digest(self) -> str:
        return self.mapping.digest

    def records(self, snapshot: Mapping[str, Any]) -> list[Record]:
        return [_as_row(one) for one in self.mapping.records(snapshot)]

    def removed_record(self, key: str, last_fields: Mapping[str, Value]) -> Record:
        return _as_row(self.mapping.removed_record(key, last_fields))


def _as_row(record: Record) -> Record:
    fields = {name: sorted_words(value) if name == TAGS else value for name, value in record.fields.items() if name != "key"}
    return Record(record.key, fields)


def _order_type(one: Field, zone: str) -> str:
    return f"DateTime:{zone}" if one.kind is Kind.MOMENT else ORDER_TYPES.get(one.kind, "Text")


def _order_policy(chosen: ChosenOrders, settings: GristSettings) -> Policy:
    """Orders belong to the shop, but for what people of the other side were given to write."""
    ours, theirs = Rule(Owner.LEFT, OnDrift(settings.edited_cells)), Rule(Owner.BOTH, tie=Tie.RIGHT)
    rules = {name: theirs if name in chosen.from_grist else ours for name, _ in chosen.columns}
    return Policy(rules, missing_right=OnMissing(settings.deleted_rows))
