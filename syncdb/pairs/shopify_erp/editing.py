"""Which of the ERP's columns stand for which of the shop's fields, and whose word counts for those of products, chosen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.customers.side import SHOP_ID
from syncdb.model import Owner, Rule, Tie
from syncdb.pairs.base import Mapped, MappedField
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished
from syncdb.pairs.shopify_erp import customers, order_rows
from syncdb.pairs.shopify_erp.goods import OWNERS, SHARED, rules
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.systems.postgres.connecting import erp_tables

SETTING, PRODUCTS, INVENTORY, ORDERS, CUSTOMERS = "erp_fields", "products", "inventory", "orders", "customers"
USUAL = "both"
ASKED, SUMMED = Rule(Owner.BOTH, tie=Tie.ASK), Rule(Owner.BOTH, tie=Tie.SUM)


def mapped(settings: ErpSettings) -> Iterator[Mapped]:
    """Products, stock, customers and orders, as the ERP's tables have them. Raises ConfigurationError for a wrong mapping."""
    tables = erp_tables(settings)
    yield _kind(tables, PRODUCTS, rules(tables[PRODUCTS], settings.erp_fields))
    yield _kind(tables, INVENTORY, {"quantity": SUMMED}, {"quantity": "available"})
    if CUSTOMERS in tables:
        own = customers.rules(tables[CUSTOMERS], settings.erp_customer_fields)
        shown = {name: rule for name, rule in own.items() if name != SHOP_ID}
        places = {name: tables[CUSTOMERS].columns.get("address1" if name == customers.ADDRESS else name, "") for name in shown}
        people = (MappedField(_words(name), places[name], rule, name) for name, rule in shown.items())
        yield Mapped(CUSTOMERS, tables[CUSTOMERS].name, tuple(people), id=CUSTOMERS)
    compared = order_rows.compared(tables[ORDERS])
    columns = {name: tables[ORDERS].columns.get(order_rows.NEEDS[name], "") for name in compared}
    fields = (MappedField(_words(name), columns[name], ASKED, name) for name in compared)
    yield Mapped(ORDERS, tables[ORDERS].name, tuple(fields), id=ORDERS)


def _kind(tables: ErpTables, entity: str, rules: Mapping[str, Rule], ours: Mapping[str, str] | None = None) -> Mapped:
    """`ours` is what the ledger calls a field that has another name there."""
    table = tables[entity]
    keys = {name: (ours or {}).get(name, name) for name in rules}
    fields = (MappedField(_words(keys[name]), table.columns.get(name, ""), rule, keys[name]) for name, rule in rules.items())
    return Mapped(entity, table.name, tuple(fields), id=entity)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _offered(settings: ErpSettings) -> Iterator[Offered]:
    table = erp_tables(settings)[PRODUCTS]
    fields = tuple(
        OfferedField(
            name,
            _words(name),
            f"Its column is called {table.columns[name]}.",
            True,
            table.columns[name],
            settings.erp_fields.get(name, USUAL),
            OWNERS,
            always=True,
        )
        for name in SHARED
        if table.has(name)
    )
    yield Offered(PRODUCTS, PRODUCTS, table.name, SETTING, fields)


def _put(settings: ErpSettings, now: Any, id: str, wished: Sequence[Wished]) -> Any:
    return dict(now or {}) | {one.name: one.rule or USUAL for one in wished}


EDITING: Editing[ErpSettings] = Editing(lambda settings: tuple(_offered(settings)), _put)
