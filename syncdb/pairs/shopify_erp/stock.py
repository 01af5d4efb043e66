"""Stock of both sides: one record for each SKU at each location of the shop; the shop's id of the goods counts before the SKU."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.order_source import Notice
from syncdb.connectors.passing import Translated
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.catalogue.answered import words
from syncdb.connectors.shopify.catalogue.fields import ShopField
from syncdb.engine.match import Matching
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Snapshot
from syncdb.pairs.shopify_erp.counterparts import LinkedOf, Lone
from syncdb.pairs.shopify_erp.places import Places
from syncdb.values import Kind, Value
from syncdb.wording import some_of

PLACE, SKU, AVAILABLE = "place", "sku", "available"
ITEM = ShopField("item", Kind.IDENTIFIER, ("item", "id"), lambda answered, zone: words(answered))
MATCHING = Matching((ITEM.name, PLACE), weaker=(Matching((SKU, PLACE)),))
READ = ("available", "sku", "location_id", "location", "tracked")
KINDS = {"product_id": Kind.IDENTIFIER, "location": Kind.TEXT, "shopify_location_id": Kind.IDENTIFIER, "quantity": Kind.COUNT}
MOST_NAMED = 5
Show = Callable[[Snapshot], Snapshot]
Told = tuple[Operation, Outcome]


@dataclass(slots=True)
class ShownSide(Translated):
    """A connector of stock, shown as this pair knows it. `own` gives an operation in the connector's own fields.

    `told` is what became of each write.
    """

    connector: Connector
    title: str
    show: Show
    own: Callable[[Operation], Operation]
    told: list[Told] = field(default_factory=list)
    name: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.can = self.title, self.connector.can
        fits = self.connector.can.fits
        self.can = replace(self.connector.can, create=False, delete=False, fits=lambda operation: fits(self.own(operation)))

    def close(self) -> None:
        """Both systems are closed by whoever opened them."""

    def _shown(self, shown: Snapshot) -> Snapshot:
        return self.show(shown)

    def _own(self, operation: Operation) -> Operation:
        return self.own(operation)

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        self.told += zip(attempt.operations, outcomes, strict=False)
        return outcomes


def unchanged(operation: Operation) -> Operation:
    """The shop's stock has the same fields."""
    return operation


def in_columns(operation: Operation) -> Operation:
    """A write to the ERP's stock, under the names of its table."""
    return replace(operation, expected=_named(operation.expected), changes=_named(operation.changes))


def _named(values: Mapping[str, Value]) -> dict[str, Value]:
    return {"quantity" if name == AVAILABLE else name: value for name, value in values.items()}


@dataclass(slots=True)
class ShopStock:
    """The shop's stock as it is shown: of goods that are counted, under their SKU and place."""

    places: Places
    _untracked: dict[str, None] = field(default_factory=dict)

    def __call__(self, shown: Snapshot) -> Snapshot:
        found = {id: self._shown(one) for id, one in shown.found.items() if self._counts(one)}
        return replace(shown, found=found)

    def _counts(self, found: Found) -> bool:
        fields = found.record.fields
        return bool(fields.get("sku")) and fields.get("location_id") in self.places.names

    def _shown(self, found: Found) -> Found:
        fields = found.record.fields
        kept: dict[str, Value] = {SKU: fields["sku"], PLACE: fields["location_id"], ITEM.name: fields.get(ITEM.name)}
        if fields.get("tracked") is False:
            self._untracked[str(fields["sku"])] = None
        elif AVAILABLE in fields:
            kept[AVAILABLE] = fields[AVAILABLE]
        return replace(found, record=Record(found.record.key, kept))

    def news(self) -> Iterator[Notice]:
        """What a person should know since this was last called."""
        if self._untracked:
            told = f"Not kept in step, because the shop does not count it: {some_of(self._untracked, MOST_NAMED)}."
            yield Notice("untracked", told, "Switch on Track quantity in the Shopify admin if its stock shall be kept in step.")
        self._untracked.clear()


@dataclass(frozen=True, slots=True)
class _Product:
    """`on`: whether it is kept in step; `item` is what the shop calls its goods, `linked` whether its stock should be there."""

    sku: str
    on: bool
    item: str | None
    linked: bool


@dataclass(slots=True)
class ErpStock:
    """The ERP's stock as it is shown: rows with the SKU of their product and the location of the shop that they are.

    A product that is switched off, and one that is gone, are shown without their quantity: nothing is said about it; nor about a
    row whose location is none of the shop's. `products_linked` tells which products have a counterpart, where these are kept in
    step, too: stock of the others is no news of its own.
    """

    database: ErpDatabase
    tables: ErpTables
    places: Places
    lone: Lone
    products_linked: LinkedOf | None = None
    _lost: dict[str, None] = field(default_factory=dict)
    _without_sku: Counter[str] = field(default_factory=Counter)

    def __call__(self, shown: Snapshot) -> Snapshot:
        products = self._products({str(one.record.fields.get("product_id")) for one in shown.found.values()})
        found = {}
        for id, one in shown.found.items():
            product = products.get(str(one.record.fields.get("product_id")))
            place = self._place(one)
            if place is None:
                found[id] = replace(one, record=Record(one.record.key, {}))
            elif product is None or not product.sku:
                self._without_sku[id] += 1
            else:
                found[id] = self._shown(one, product, place)
        return replace(shown, found=found)

    def _products(self, ids: set[str]) -> dict[str, _Product]:
        if not ids:
            return {}
        table = self.tables["products"]
        wanted = [name for name in ("sku", "sync_to_shopify", "shopify_inventory_item_id") if table.has(name)]
        rows = read_rows(self.database, table, {ID: sorted(ids)}, wanted)
        linked = (
            self.products_linked([row[ID] for row in rows]) if self.products_linked is not None else {row[ID] for row in rows}
        )
        return {row[ID]: _product(row, row[ID] in linked) for row in rows}

    def _place(self, found: Found) -> str | None:
        fields = found.record.fields
        at, named = fields.get("shopify_location_id"), fields.get("location")
        place = self.places.of(str(at) if at else None, str(named) if named else None)
        if place is None:
            self._lost[f"{at or named} (row {found.record.key})"] = None
        return place

    def _shown(self, found: Found, product: _Product, place: str) -> Found:
        kept: dict[str, Value] = {SKU: product.sku, PLACE: place, ITEM.name: product.item}
        if product.on:
            kept[AVAILABLE] = found.record.fields.get("quantity")
        if product.on and product.linked:
            self.lone.show(found.record.key, f"{product.sku} at {self.places.names[place]}")
        return replace(found, record=Record(found.record.key, kept))

    def news(self) -> Iterator[Notice]:
        """What a person should know since this was last called."""
        if self._lost:
            names = some_of(self._lost, MOST_NAMED)
            told = f"Stock of the ERP names a location that the shop has not: {names}. It was left alone."
            yield Notice("location", told, f"The shop has {', '.join(self.places.names.values())}. Correct these rows.")
        if self._without_sku:
            names = some_of(self._without_sku, MOST_NAMED)
            told = f"Rows of the ERP's stock that are of products without an SKU: {names}."
            yield Notice("no sku", told, "Give these products an SKU, the same as in the shop.")
        yield from self.lone.news()
        self._lost.clear()
        self._without_sku.clear()


def _product(row: Mapping[str, Any], linked: bool) -> _Product:
    item = row.get("shopify_inventory_item_id")
    gid = f"gid://shopify/InventoryItem/{item}" if item else None
    return _Product(str(row["sku"] or "").strip(), row.get("sync_to_shopify", True) is not False, gid, linked)
