"""The ERP's products as a connector that also makes rows of the shop's variants, and marks those that the shop has no more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.passing import PassedOn
from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.failures import RowRefused
from syncdb.connectors.postgres.rows import ID, insert, once, read_rows, update
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.whole import Stock, Variant
from syncdb.connectors.shopify.shape import bare_id
from syncdb.errors import OutcomeUnknown, RetryLater
from syncdb.model import Action, Attempt, Operation, Outcome, Result, agrees
from syncdb.pairs.shopify_erp.new_goods import new_row
from syncdb.pairs.shopify_erp.places import Places
from syncdb.pairs.shopify_erp.stock import ShownSide, Told
from syncdb.values import Value

WHOLE = "whole"
GONE: Mapping[str, Value] = {"status": "archived", "sync_to_shopify": False}


@dataclass(slots=True)
class ErpGoodsRows(PassedOn):
    """The ERP's products. With `makes` rows are made of the shop's variants, with their stock at `places`; with `retires` those
    that the shop deleted are archived and switched off.
    """

    connector: ShownSide
    database: ErpDatabase
    tables: ErpTables
    reader: ProductReader
    places: Places | None
    makes: bool
    retires: bool
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title = self.connector.name, self.connector.title
        self.can = replace(self.connector.can, create=self.makes, delete=self.retires, removal="archived")

    @property
    def told(self) -> list[Told]:
        return self.connector.told

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        leading = next((at for at, one in enumerate(operations) if one.action is not Action.UPDATE), len(operations))
        if leading == 0:
            return Attempt(token, (operations[0],), {WHOLE: True})
        return self.connector.prepare(operations[:leading], token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        if WHOLE not in attempt.evidence:
            return self.connector.write(attempt)
        return self._heard(attempt, [self._written(attempt)])

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Whether it counts, by its token; one that does not is kept from ever counting."""
        if WHOLE not in attempt.evidence:
            return self.connector.settle(attempt)
        operation = attempt.operations[0]

        def ask(work: Work) -> Outcome:
            if once(work, self.tables, attempt.token):
                return Outcome(Result.STALE, why="it was not applied")
            if operation.action is Action.DELETE:
                return Outcome(Result.DONE, operation.key, instead=dict(GONE))
            rows = read_rows(work, self.tables["products"], {"sku": operation.changes["sku"]}, [])
            id = str(rows[0][ID]) if rows else None
            return Outcome(Result.DONE, id, id=id) if id else Outcome(Result.STALE, why="it was removed again")

        try:
            return self._heard(attempt, [self.database.transaction(ask)])
        except (OutcomeUnknown, RetryLater) as lost:
            return [Outcome(Result.UNKNOWN, why=str(lost))]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if WHOLE in attempt.evidence else self.connector.mend(attempt, token)

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        self.connector.told += zip(attempt.operations, outcomes, strict=False)
        return outcomes

    def _written(self, attempt: Attempt) -> Outcome:
        operation = attempt.operations[0]
        if operation.action is Action.DELETE:
            there = self.look([operation.key]).found.get(operation.key)
            if there is None or not agrees(operation.expected, there.record.fields):
                return Outcome(Result.STALE, operation.key, "it changed in the ERP meanwhile")
            return self._apply(lambda work: self._retired(work, operation, attempt.token))
        product = self.reader.one(f"gid://shopify/Product/{operation.changes.get('shopify_product_id')}")
        variant = next((one for one in product.variants or () if one.ref == operation.key), None) if product else None
        if product is None or variant is None:
            return Outcome(Result.STALE, why="it is no longer in the shop")
        row = self._without_foreign_words(new_row(product, variant, operation.changes))
        return self._apply(lambda work: self._made(work, row, variant, attempt.token))

    def _without_foreign_words(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Without our word for the status where the ERP keeps it in words or numbers of its own: its default says more."""
        type = self.tables["products"].types.get("status", "text")
        ours = type.startswith(("text", "character")) or type.endswith("citext")
        return {name: value for name, value in values.items() if ours or name != "status"}

    def _apply(self, work: Callable[[Work], Outcome]) -> Outcome:
        try:
            return self.database.transaction(work)
        except RowRefused as refused:
            return Outcome(Result.REJECTED, why=str(refused))
        except OutcomeUnknown as lost:
            return Outcome(Result.UNKNOWN, why=str(lost))

    def _made(self, work: Work, row: dict[str, Any], variant: Variant, token: int) -> Outcome:
        """One transaction: the row, and how many pieces of it the shop has where."""
        if not once(work, self.tables, token):
            return Outcome(Result.STALE, why="it was given up before it was carried out")
        table = self.tables["products"]
        if read_rows(work, table, {"sku": row["sku"]}, []):
            return Outcome(Result.STALE, why="the ERP has a product with this SKU by now")
        id = insert(work, table, row)
        for one in variant.stock or () if "inventory" in self.tables and self.places is not None else ():
            self._stocked(work, id, one, self.places.names.get(one.location) if self.places else None)
        return Outcome(Result.DONE, id, id=id)

    def _stocked(self, work: Work, id: str, stock: Stock, place: str | None) -> None:
        if place is None:
            return
        known = {"product_id": id, "location": place, "quantity": stock.available, "shopify_location_id": bare_id(stock.location)}
        insert(work, self.tables["inventory"], known)

    def _retired(self, work: Work, operation: Operation, token: int) -> Outcome:
        if not once(work, self.tables, token):
            return Outcome(Result.STALE, why="it was given up before it was carried out")
        table = self.tables["products"]
        links = dict.fromkeys(("shopify_variant_id", "shopify_product_id", "shopify_inventory_item_id"))
        values = {name: value for name, value in self._without_foreign_words({**GONE, **links}).items() if table.has(name)}
        update(work, table, operation.key, values)
        return Outcome(Result.DONE, operation.key, instead={name: value for name, value in GONE.items() if table.has(name)})
