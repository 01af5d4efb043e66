"""Customers of both sides: found by the shop's number in the ERP's row, else by exactly one equal e-mail address.

An address is compared as a whole. Texts are shown as Shopify keeps them (e-mail addresses in small letters, tags in their order),
so that a mere way of writing is no difference; what stands in the ERP is expected by a write as it stands there.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.passing import SameName, Translated
from syncdb.connectors.postgres.tables import FIELDS as ERP_FIELDS
from syncdb.connectors.postgres.tables import ErpTable
from syncdb.connectors.shopify.catalogue.fields import joined, split
from syncdb.connectors.shopify.customers.entity import address_text
from syncdb.connectors.shopify.customers.side import SHOP_ID, CustomersSide
from syncdb.connectors.shopify.ordering.shown import PLACE
from syncdb.connectors.shopify.shape import bare_id
from syncdb.engine.match import Matching
from syncdb.model import Attempt, Found, OnDrift, Operation, Outcome, Owner, Record, Rule, Snapshot, Tie
from syncdb.pairs.shopify_erp.goods import OWNERS
from syncdb.values import Kind, Value, same

NAME, WHO, ADDRESS, CONSENT, LINK = "customers", "who", "address", "accepts_marketing", "shopify_customer_id"
MATCHING = Matching((SHOP_ID,), weaker=(Matching((WHO,)),))
TEXTS = ("email", "phone", "first_name", "last_name", "note", "tags")
SHARED = (*TEXTS, ADDRESS)
USUAL = dict.fromkeys(SHARED, OWNERS["both"]) | {"tags": Rule(Owner.BOTH, tie=Tie.MERGE)}
Told = tuple[Operation, Outcome]


def kinds(table: ErpTable) -> dict[str, Kind]:
    """The columns of the ERP's table that are read and written."""
    wanted = {*TEXTS, *PLACE, CONSENT, LINK}
    return {one.name: one.kind for one in ERP_FIELDS[NAME] if one.name in wanted and table.has(one.name)}


def kept(table: ErpTable) -> list[str]:
    """The fields that an ERP with these columns keeps in step."""
    there = [name for name in TEXTS if table.has(name)]
    there += [ADDRESS] if table.has("address1") else []
    return there + ([CONSENT] if table.has(CONSENT) else [])


def parts(table: ErpTable) -> tuple[str, ...]:
    """The parts of an address that an ERP with these columns knows: the shop's others are nobody's business here."""
    return tuple(name for name in PLACE if table.has(name))


def rules(table: ErpTable, wanted: Mapping[str, str]) -> dict[str, Rule]:
    """`wanted` says by field whose word counts (erp, shop, both). Consent to marketing is given in the shop alone."""
    own = {name: OWNERS[wanted[name]] if name in wanted else USUAL[name] for name in kept(table) if name != CONSENT}
    own |= {CONSENT: Rule(Owner.LEFT, OnDrift.REPORT)} if table.has(CONSENT) else {}
    return own | ({SHOP_ID: Rule(Owner.LEFT, OnDrift.RESTORE)} if table.has(LINK) else {})


def who(email: Value) -> Value:
    """By what a customer is told from others."""
    text = str(email or "").strip().casefold()
    return text or None


@dataclass(slots=True)
class ShopCustomers(SameName, Translated):
    """The shop's customers. `told` is what became of each write."""

    connector: CustomersSide
    told: list[Told] = field(default_factory=list)

    def close(self) -> None:
        """The client is closed by whoever opened it."""

    def _shown(self, shown: Snapshot) -> Snapshot:
        return replace(shown, found={id: _shop_customer(one) for id, one in shown.found.items()})

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        self.told += zip(attempt.operations, outcomes, strict=False)
        return outcomes


def _shop_customer(found: Found) -> Found:
    fields = dict(found.record.fields) | {SHOP_ID: bare_id(found.record.key)}
    if "email" in fields:
        fields[WHO] = who(fields["email"])
    return replace(found, record=Record(found.record.key, fields), blank=_blank(fields))


@dataclass(slots=True)
class ErpCustomers(Translated):
    """The ERP's customers over the connector of their table. `told` is what became of each write."""

    connector: Connector
    table: ErpTable
    told: list[Told] = field(default_factory=list)
    name: str = "the ERP's customers"
    title: str = "the ERP"
    can: Capabilities = field(init=False)
    _standing: dict[str, Mapping[str, Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.can = self.connector.can

    def close(self) -> None:
        """The database is closed by whoever opened it."""

    def look(self, keys: Iterable[str]) -> Snapshot:
        """A new record still goes by the shop's id, which no row has."""
        return self._shown(self.connector.look([one for one in keys if not one.startswith("gid://")]))

    def _shown(self, shown: Snapshot) -> Snapshot:
        self._standing |= {id: one.record.fields for id, one in shown.found.items()}
        return replace(shown, found={id: self._customer(one) for id, one in shown.found.items()})

    def _customer(self, found: Found) -> Found:
        fields = shown_as(found.record.fields, kept(self.table))
        return replace(found, record=Record(found.record.key, fields), blank=_blank(fields))

    def _own(self, operation: Operation) -> Operation:
        standing = self._standing.get(operation.key, {})
        expected = as_it_stands(operation.expected, standing)
        return replace(operation, expected=expected, changes=in_columns(operation.changes))

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        """What the ERP keeps of a write, under the names of the fields here."""
        self.told += zip(attempt.operations, outcomes, strict=False)
        return [replace(one, instead=shown_as(one.instead, ()) if one.instead else {}) for one in outcomes]


def shown_as(row: Mapping[str, Value], names: Iterable[str]) -> dict[str, Value]:
    """A row's columns as the fields of a customer; its address as one where `names` hold it."""
    fields: dict[str, Value] = {name: _written(name, row[name]) for name in (*TEXTS, CONSENT) if name in row}
    if LINK in row:
        fields[SHOP_ID] = row[LINK]
    if "email" in row:
        fields[WHO] = who(row["email"])
    if ADDRESS in names:
        told = {**row, "country": str(row.get("country") or "").strip().upper()}
        fields[ADDRESS] = address_text(told, [name for name in PLACE if name in row])
    return fields


def _written(name: str, value: Value) -> Value:
    if name == CONSENT:
        return bool(value)
    if not isinstance(value, str):
        return value
    if name == "tags":
        return joined(split(value)) or None
    return (value.strip().lower() if name == "email" else value) or None


def in_columns(changes: Mapping[str, Value]) -> dict[str, Value]:
    """Fields of a customer as the columns of a row."""
    found = {name: value for name, value in changes.items() if name in (*TEXTS, CONSENT)}
    if SHOP_ID in changes:
        found[LINK] = changes[SHOP_ID]
    return found | (_parts(changes[ADDRESS]) if ADDRESS in changes else {})


def as_it_stands(expected: Mapping[str, Value], row: Mapping[str, Value]) -> dict[str, Value]:
    """What a write expects, in columns and as they were last read, where they mean what is expected."""
    wanted = in_columns(expected)
    shown = shown_as(row, (ADDRESS,))
    alike = {name for name in (*TEXTS, CONSENT) if name in expected and name in row and same(shown[name], expected[name])}
    found = {name: row[name] if name in alike else value for name, value in wanted.items()}
    if ADDRESS in expected and same(shown[ADDRESS], expected[ADDRESS]):
        found |= {name: row[name] for name in PLACE if name in row}
    return found


def _parts(text: Value) -> dict[str, Any]:
    told: dict[str, str] = json.loads(str(text)) if text else {}
    return {name: told.get(name) for name in PLACE}


def _blank(fields: Mapping[str, Value]) -> frozenset[str]:
    return frozenset(name for name, value in fields.items() if value is None or value is False)
