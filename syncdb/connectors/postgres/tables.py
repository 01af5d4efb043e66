"""What an ERP's tables and columns are called. Our names of fields are the names of columns where nothing else is said."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from syncdb.values import Kind


@dataclass(frozen=True, slots=True)
class ErpField:
    """A field of an ERP's rows: what it holds, and its column's type where we add or make it.

    `needed`: without it the table is of no use. `ours`: about the sync itself, never a change that concerns the shop.
    `added`: the column is added to an ERP's table that lacks it.
    """

    name: str
    kind: Kind
    type: str
    needed: bool = False
    ours: bool = False
    added: bool = False


def _fields(kind: Kind, type: str, names: str, **more: bool) -> tuple[ErpField, ...]:
    return tuple(ErpField(name, kind, type, **more) for name in names.split())


def _texts(names: str) -> tuple[ErpField, ...]:
    return _fields(Kind.TEXT, "text", names)


def _ids(names: str, *, needed: bool = False) -> tuple[ErpField, ...]:
    return _fields(Kind.IDENTIFIER, "text", names, needed=needed)


def _amounts(names: str) -> tuple[ErpField, ...]:
    return _fields(Kind.MONEY, "numeric(14,4)", names)


def _links(names: str) -> tuple[ErpField, ...]:
    return _fields(Kind.IDENTIFIER, "text", names, ours=True, added=True)


def _moments(names: str) -> tuple[ErpField, ...]:
    return _fields(Kind.MOMENT, "timestamptz", names)


def _marks(names: str) -> tuple[ErpField, ...]:
    return _fields(Kind.MOMENT, "timestamptz", names, ours=True, added=True)


UPDATED = ErpField("updated_at", Kind.MOMENT, "timestamptz", ours=True)

FIELDS: Mapping[str, tuple[ErpField, ...]] = {
    "products": (
        *_ids("sku", needed=True),
        *_texts("name description"),
        *_amounts("price compare_at_price cost"),
        *_ids("barcode"),
        *_texts("vendor product_type tags status"),
        *_amounts("weight"),
        *_ids("parent_sku"),
        *_texts("option1_name option1_value option2_name option2_value option3_name option3_value"),
        *_links("shopify_product_id shopify_variant_id shopify_inventory_item_id"),
        ErpField("sync_to_shopify", Kind.FLAG, "boolean", added=True),
        *_marks("shopify_last_sync_at"),
        UPDATED,
    ),
    "customers": (
        ErpField("email", Kind.IDENTIFIER, "text", needed=True),
        *_texts("first_name last_name"),
        *_ids("phone"),
        *_texts("company address1 address2 city province"),
        *_ids("postal_code"),
        *_texts("country note tags"),
        ErpField("accepts_marketing", Kind.FLAG, "boolean"),
        *_links("shopify_customer_id"),
        *_marks("shopify_last_sync_at"),
        UPDATED,
    ),
    "orders": (
        *_ids("order_number", needed=True),
        *_ids("customer_id"),
        *_texts("status currency"),
        *_amounts("subtotal discount shipping tax total"),
        *_texts("note"),
        *_ids("email phone"),
        *_texts("shipping_name shipping_company shipping_address1 shipping_address2 shipping_city shipping_province"),
        *_ids("shipping_postal_code"),
        *_texts("shipping_country"),
        *_ids("shipping_phone"),
        *_texts("financial_status fulfillment_status"),
        *_ids("tracking_number"),
        *_texts("tracking_company tracking_url"),
        *_moments("ordered_at cancelled_at"),
        *_texts("cancel_reason"),
        *_links("shopify_order_id shopify_order_name"),
        ErpField("shopify_sync_status", Kind.TEXT, "text", ours=True, added=True),
        ErpField("shopify_sync_error", Kind.TEXT, "text", ours=True, added=True),
        *_marks("shopify_last_sync_at"),
        UPDATED,
    ),
    "order_items": (
        *_ids("order_id", needed=True),
        *_ids("product_id"),
        *_ids("sku", needed=True),
        *_texts("title"),
        ErpField("quantity", Kind.COUNT, "integer", needed=True),
        ErpField("unit_price", Kind.MONEY, "numeric(14,4)", needed=True),
        *_amounts("discount tax total"),
        *_links("shopify_line_item_id"),
    ),
    "inventory": (
        *_ids("product_id", needed=True),
        *_texts("location"),
        ErpField("quantity", Kind.COUNT, "integer", needed=True),
        *_links("shopify_location_id"),
        *_marks("last_shopify_sync"),
        UPDATED,
    ),
}
OWN = ("sync_queue", "api_settings", "shopify_webhook_registry", "sync_writes", "sync_install")
ENTITY_TYPES: Mapping[str, str] = {"products": "product", "customers": "customer", "orders": "order", "inventory": "inventory"}
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f]|\$syncdb\$")
STATUSES = ("pending", "synced", "failed", "disabled")  # of an order


@dataclass(frozen=True, slots=True)
class ErpTable:
    """One table: its `key` column and the column of each of our fields; `types` of these columns, where they were looked at."""

    entity: str
    schema: str
    name: str
    key: str
    columns: Mapping[str, str]
    types: Mapping[str, str] = field(default_factory=dict)

    def has(self, field: str) -> bool:
        return field in self.columns

    @property
    def data(self) -> tuple[str, ...]:
        """The columns whose change concerns the shop."""
        ours = {one.name for one in FIELDS[self.entity] if one.ours}
        return tuple(column for name, column in self.columns.items() if name not in ours)


@dataclass(frozen=True, slots=True)
class ErpTables:
    """All tables by entity. `own` are the names of those that the sync keeps beside them.

    `named` are the fields that a mapping file names itself: each of these columns must be there.
    """

    schema: str
    by_entity: Mapping[str, ErpTable]
    own: Mapping[str, str] = field(default_factory=lambda: {name: name for name in OWN})
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __getitem__(self, entity: str) -> ErpTable:
        return self.by_entity[entity]

    def __contains__(self, entity: object) -> bool:
        return entity in self.by_entity


def default_tables(schema: str) -> ErpTables:
    """An ERP whose tables and columns are called as our fields are."""
    tables = {
        entity: ErpTable(entity, schema, entity, "id", {one.name: one.name for one in fields})
        for entity, fields in FIELDS.items()
    }
    return ErpTables(schema, tables)


def tables_from(data: Any, schema: str) -> ErpTables:
    """The tables as a mapping file describes them; what it does not name is called as our fields are.

    `{"orders": {"table": "sales", "key": "doc_id", "columns": {"order_number": "doc_no", "note": null}}}`. An entity that is null
    is not kept in step; a column that is null does not exist. Raises ValueError with every problem, one a line.
    """
    if not isinstance(data, dict):
        raise ValueError("It must be an object with an entry for each table that is called otherwise.")
    usual = default_tables(schema)
    problems = [_unknown("table", entity, (*FIELDS, *OWN)) for entity in data if entity not in FIELDS and entity not in OWN]
    tables: dict[str, ErpTable] = {}
    named: dict[str, frozenset[str]] = {}
    for entity, table in usual.by_entity.items():
        told = data.get(entity, {})
        if told is None:
            continue
        wrong = _problems(entity, told)
        problems += wrong
        if not wrong:
            tables[entity] = _named(table, told)
            named[entity] = frozenset(name for name, column in told.get("columns", {}).items() if column is not None)
    own = {name: data.get(name, name) for name in OWN}
    problems += [f"{name}: the name of the table must be text." for name in OWN if not _is_name(own[name])]
    if problems:
        raise ValueError("\n".join(problems))
    return replace(usual, by_entity=tables, own=own, named=named)


def _named(table: ErpTable, told: Mapping[str, Any]) -> ErpTable:
    columns = {name: told.get("columns", {}).get(name, column) for name, column in table.columns.items()}
    schema, _, name = str(told.get("table", table.name)).rpartition(".")
    return ErpTable(
        table.entity,
        schema or table.schema,
        name,
        told.get("key", table.key),
        {name: column for name, column in columns.items() if column is not None},
    )


def _problems(entity: str, told: Any) -> list[str]:
    """What is wrong with the entry of one table, in sentences."""
    if not isinstance(told, dict):
        return [f'{entity}: it must be an object such as {{"table": "...", "columns": {{...}}}}.']
    problems = [
        _unknown(f"entry of {entity}", name, ("table", "key", "columns")) for name in told.keys() - {"table", "key", "columns"}
    ]
    problems += [f"{entity}: {name} must be a name." for name in ("table", "key") if not _is_name(told.get(name, "x"))]
    columns = told.get("columns", {})
    if not isinstance(columns, dict):
        return [*problems, f"{entity}: columns must be an object."]
    fields = {one.name: one for one in FIELDS[entity]}
    problems += [_unknown(f"field of {entity}", name, fields) for name in columns if name not in fields]
    problems += [
        f"{entity}: {name} must be the name of a column." for name, column in columns.items() if not _is_name(column, True)
    ]
    needed = [name for name, one in fields.items() if one.needed and columns.get(name, name) is None]
    return problems + [f"{entity}: {name} cannot be left out." for name in needed]


def _is_name(told: Any, may_lack: bool = False) -> bool:
    if told is None:
        return may_lack
    return isinstance(told, str) and bool(told.strip()) and not _NOT_IN_NAMES.search(told) and len(told.encode()) <= 127


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = get_close_matches(str(name), list(known), 1)
    return f"There is no {what} {name!r}." + (f" Was {near[0]} meant?" if near else "")
