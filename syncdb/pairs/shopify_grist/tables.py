"""The tables of a Grist document: what is wanted of them, and what ties them to the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.grist import GristDocument, GristTable, TableBinding, TableColumn
from syncdb.connectors.grist.layout import Look, WantedTable
from syncdb.connectors.grist.lookalike import Likeness
from syncdb.connectors.shopify.products.whole import DEFAULT_VALUE
from syncdb.engine.request import COLUMN_TYPE, RunRequest
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.pairs import RegisteredPair
from syncdb.mapping import SheetMapping
from syncdb.mapping.entities import KEY_LABEL, PRICES, EntityField, ShownAs
from syncdb.metafields import kind_of
from syncdb.model import Field, Owner, Record
from syncdb.orders.writable_orders import TAGS, sorted_words
from syncdb.pairs.chosen import ORDERS, ChosenEntity, ChosenField, ChosenOrders, Selection
from syncdb.pairs.filter_places import Asked, in_filters
from syncdb.pairs.metafield_types import Types
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_grist.widths import widths_of
from syncdb.values import Kind, Value, minor_digits

CHANGED_AT = "Changed by people"
KEY = Field("key", KEY_LABEL, Kind.IDENTIFIER)
TYPES = {
    ShownAs.TEXT: "Text",
    ShownAs.NUMBER: "Numeric",
    ShownAs.WHOLE: "Int",
    ShownAs.FLAG: "Bool",
    ShownAs.DATE: "Date",
    ShownAs.CHOICE: "Choice",
    ShownAs.WORDS: "ChoiceList",
}
CURRENCY = "currency"
KNOWN_BY = ("title", "name", "email", "sku", "handle")
MOST_DIGITS = 3  # decimals of any currency: orders of one shop can be in several
ORDER_TYPES = {Kind.MONEY: "Numeric", Kind.COUNT: "Int", Kind.FLAG: "Bool", Kind.NUMBER: "Numeric", Kind.DATE: "Date"}


@dataclass(slots=True)
class Tables:
    """The tables of one document, tied to the ledger by bindings that are kept from run to run."""

    document: GristDocument
    ledger: Ledger
    request: RunRequest
    clock: Clock
    made: dict[str, GristTable] = field(default_factory=dict)  # by the name under which the ledger keeps their binding

    def table(
        self,
        name: str,
        table: str,
        columns: Sequence[TableColumn],
        changed_at: str | None = None,
        like: Likeness | None = None,
    ) -> GristTable:
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
            take_types=COLUMN_TYPE in self.request.accept,
            dry=self.request.dry,
            clock=self.clock,
            like=like,
            ledger=self.ledger.id,
            widths=widths_of(name, columns, KEY_LABEL, changed_at or ""),
        )
        return self.made[kept_as]

    def remember(self) -> None:
        """Keep where everything stands in the ledger."""
        for kept_as, table in self.made.items():
            data = table.binding.as_data() if table.binding else None
            if data is not None and self.ledger.runs.get(kept_as) != data:
                with self.ledger.transaction():
                    self.ledger.runs.put(kept_as, data)


def registered(ledger: Ledger, document: str, entity: str = "") -> str:
    """The name of an entity's pair in the ledger, or without one that of the runs; the ledger knows it from now on."""
    name = pair_name(document, entity)
    ledger.register(RegisteredPair(name, SHOPIFY_GRIST.name, entity, tracks_orders=entity == ORDERS))
    return name


def pair_name(document: str, entity: str = "") -> str:
    """What the ledger calls an entity's pair, or without one that of the runs."""
    return f"{SHOPIFY_GRIST.name}:{document}" + (f":{entity}" if entity else "")


def binding_name(document: str, name: str, table: str) -> str:
    """Under which name the ledger keeps what ties it to a table of a document."""
    return state_keys.binding(f"{SHOPIFY_GRIST.name}:{document}|{name}|{table}")


def wanted_tables(selection: Selection, zone: str, currency: str, types: Types) -> dict[str, WantedTable]:
    """The tables that a selection needs, by entity. `zone`, `currency` and the `types` of metafields are the shop's."""
    whole = {one.entity.name: one for one in selection.typed(types).entities}
    wanted = {}
    for name, one in whole.items():
        columns = tuple(_column(part, one, whole, zone, currency) for part in one.fields)
        wanted[name] = WantedTable(one.table, KEY_LABEL, columns, CHANGED_AT if one.needs_times else None)
    if selection.orders is not None:
        columns = order_columns(order_rows(selection.orders, zone, currency, types), selection.orders.from_grist)
        wanted[ORDERS] = WantedTable(selection.orders.table, KEY_LABEL, columns)
    return wanted


def order_columns(rows: "OrderRows", shared: Collection[str] = ()) -> tuple[TableColumn, ...]:
    """The columns of the orders' table; `shared` are fields that Grist may change."""
    zone = rows.mapping.zone
    return tuple(
        TableColumn(
            one.name,
            one.label,
            _order_type(one, zone),
            digits=MOST_DIGITS if one.kind is Kind.MONEY else None,
            least=minor_digits(rows.mapping.currency) if one.kind is Kind.MONEY else None,
            guarded=one.name in shared,
        )
        for one in rows.fields
    )


def order_rows_shape(chosen: ChosenOrders) -> "OrderRows":
    """Orders as rows before the shop has said anything of itself: for the columns, which do not depend on it."""
    return order_rows(chosen, "UTC", "XXX")


def order_rows(chosen: ChosenOrders, zone: str, currency: str, types: Types | None = None) -> "OrderRows":
    """Orders as rows of their table."""
    return OrderRows(
        SheetMapping(
            chosen.rows, chosen.columns, zone, currency, wanted=chosen.wanted, types=with_empty(types or {}).get(ORDERS, {})
        )
    )


def places_asked(chosen: ChosenOrders | None) -> Asked:
    """The locations whose orders are wanted, by the setting that names them."""
    return in_filters({"grist_sync.orders.filter": chosen.wanted}) if chosen else {}


def with_empty(types: Types) -> Types:
    """The types whose values are read and written as such: those that a cell of Grist can hold and be empty as well."""
    return {
        entity: {name: type for name, type in named.items() if kind_of(type) is not Kind.FLAG} for entity, named in types.items()
    }


def shown_fields(chosen: ChosenEntity) -> tuple[Field, ...]:
    return (KEY, *(Field(one.field.name, one.column, one.field.kind) for one in chosen.fields))


def _column(
    chosen: ChosenField, entity: ChosenEntity, entities: Mapping[str, ChosenEntity], zone: str, currency: str
) -> TableColumn:
    """The column of a field: its type follows from what the field holds. Amounts with their currency beside them have no sign."""
    one = chosen.field
    digits = minor_digits(currency) if one.money else None
    return TableColumn(
        one.name,
        chosen.column,
        _type(one, entities, zone),
        one.choices,
        digits=digits,
        currency=currency if one.money and CURRENCY not in entity.entity.by_name else "",
        least=digits,
        guarded=chosen.rule.owner is not Owner.LEFT,
        told=chosen.rule.owner is not Owner.LEFT and one.name in PRICES,
        shows=_known_by(entities[one.to], entities) if one.to in entities else None,
    )


def _known_by(entity: ChosenEntity, entities: Mapping[str, ChosenEntity]) -> Look | None:
    """By what people know a record of an entity; None where no such field is chosen."""
    chosen = {one.field.name: one.field for one in entity.fields}
    within = next((name for name, one in chosen.items() if one.shown is ShownAs.REFERENCE and one.to in entities), "")
    known = next((name for name in KNOWN_BY if name in chosen), None)
    return Look(known, within, DEFAULT_VALUE) if known else None


def _type(one: EntityField, entities: Mapping[str, ChosenEntity], zone: str) -> str:
    if one.shown is ShownAs.REFERENCE:
        # without its table there is nothing to refer to: the id itself is shown
        return f"Ref:{entities[one.to].table}" if one.to in entities else "Text"
    return f"DateTime:{zone}" if one.shown is ShownAs.MOMENT else TYPES[one.shown]


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
    def along(self) -> tuple[str, ...]:
        return self.mapping.along

    @property
    def digest(self) -> str:
        return self.mapping.digest

    def takes(self, snapshot: Mapping[str, Any]) -> bool:
        return self.mapping.takes(snapshot)

    def records(self, snapshot: Mapping[str, Any]) -> list[Record]:
        return [_as_row(one) for one in self.mapping.records(snapshot)]

    def removed_record(self, key: str, last_fields: Mapping[str, Value]) -> Record:
        return _as_row(self.mapping.removed_record(key, last_fields))


def _as_row(record: Record) -> Record:
    fields = {name: sorted_words(value) if name == TAGS else value for name, value in record.fields.items() if name != "key"}
    return Record(record.key, fields)


def _order_type(one: Field, zone: str) -> str:
    return f"DateTime:{zone}" if one.kind is Kind.MOMENT else ORDER_TYPES.get(one.kind, "Text")
