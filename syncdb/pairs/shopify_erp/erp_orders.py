"""The ERP's orders as a connector: an order with its lines is one record, written in one transaction."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.order_source import Notice
from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.failures import RowRefused
from syncdb.connectors.postgres.rows import ID, delete, insert, once, read_rows, update
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import OutcomeUnknown, RetryLater
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.pairs.shopify_erp import order_rows
from syncdb.pairs.shopify_erp.order_rows import Row
from syncdb.values import Value, digest, encode_fields, iso
from syncdb.wording import some_of

BLOCK = 500
_NAMED = frozenset({"shop_id", "order_name"})
MOST_NAMED = 5
_AGED = ("ordered_at", "order_number", "cancelled_at", "shopify_order_id", "shopify_sync_status", "shopify_last_sync_at")


@dataclass(slots=True)
class ErpOrders:
    """Orders that the shop knows, and those that wait to be made there; of older ones than `since` nothing is said unless asked.

    `linked` tells which of these keys are linked in the ledger, `all_linked` all that are; `old` are the shop's ids of orders
    that were passed over for their age. `source_of` gives an order's identifier in the shop.
    """

    database: ErpDatabase
    tables: ErpTables
    since: datetime
    source_of: "Source"
    linked: Callable[[Sequence[str]], set[str]]
    all_linked: Callable[[], set[str]]
    name: str = "the ERP's orders"
    title: str = "the ERP"
    can: Capabilities = field(default_factory=lambda: Capabilities(atomic_batches=True, compare_and_set=True, fence=True))
    old: set[str] = field(default_factory=set)
    too_old: dict[str, str] = field(default_factory=dict)
    told: list[tuple[Operation, Outcome]] = field(default_factory=list)

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        table = self.tables["orders"]
        wanted = [name for name in _AGED if table.has(name)]
        rows = read_rows(self.database, table, {"shopify_sync_status": ["pending", "failed", "synced"]}, wanted)
        recent = [row[ID] for row in rows if not order_rows.passed_over(row, self.since)]
        passed = [row for row in rows if order_rows.passed_over(row, self.since) and row.get("shopify_order_id")]
        self._waiting_too_long(rows)
        for start in range(0, len(recent), BLOCK):
            yield self.look(recent[start : start + BLOCK])
        known = self.linked([row[ID] for row in passed])
        self.old |= {str(row["shopify_order_id"]) for row in passed if row[ID] in known}
        yield Snapshot({id: _unsaid(id) for id in known}, complete=True)
        others = sorted(self.all_linked() - {row[ID] for row in rows})  # taken out of the sync, or cut off from it
        for start in range(0, len(others), BLOCK):
            yield self.look(others[start : start + BLOCK])

    def look(self, keys: Iterable[str]) -> Snapshot:
        rows = self._rows(self.database, list(keys))
        known = self.linked(list(rows))
        self._waiting_too_long(row for row, _ in rows.values())
        shown = {id: self._found(id, *both) for id, both in rows.items() if id in known or self._counts(both[0])}
        return Snapshot(shown, complete=True)

    def _rows(self, database: "ErpDatabase | Work", ids: Sequence[str], lock: bool = False) -> dict[str, tuple[Row, list[Row]]]:
        wanted = [one for one in ids if self._can_be(one)]
        if not wanted:
            return {}
        rows = read_rows(database, self.tables["orders"], {ID: wanted}, lock=lock)
        items: dict[str, list[Row]] = {}
        for one in read_rows(database, self.tables["order_items"], {"order_id": wanted}) if rows else ():
            items.setdefault(str(one["order_id"]), []).append(one)
        return {row[ID]: (row, items.get(row[ID], [])) for row in rows}

    def _can_be(self, id: str) -> bool:
        """Whether a text can be the key of a row: anything else would make the database refuse the whole question."""
        return bool(id) and not id.startswith("gid://")

    def _shown(self, row: Row, items: Sequence[Row]) -> dict[str, Value]:
        orders = self.tables["orders"]
        return order_rows.shown(row, items, orders, order_rows.kept(orders, self.tables["order_items"]))

    def _found(self, id: str, row: Row, items: Sequence[Row]) -> Found:
        fields = self._shown(row, items)
        fields["source"] = self.source_of(id)
        if row.get("shopify_sync_status") == "disabled" and row.get("shopify_order_id"):
            return _unsaid(id)  # a person took it out of the sync; one that lost its link, too, is cut off from it
        return Found(id, digest(encode_fields(fields)), Record(id, fields), blank=order_rows.blank(fields))

    def _counts(self, row: Row) -> bool:
        """Whether an order that is not linked is shown: one that the shop knows, or one that waits to be made there."""
        if row.get("shopify_sync_status") == "disabled" or order_rows.passed_over(row, self.since):
            return False
        return bool(row.get("shopify_order_id")) or row.get("cancelled_at") is None

    def _waiting_too_long(self, rows: Iterable[Row]) -> None:
        """Orders that wait for the shop and are older than what is sent unasked: told, so that nobody waits in vain."""
        for row in rows:
            waits = row.get("shopify_sync_status") == "pending" and not row.get("shopify_order_id")
            if waits and row.get("cancelled_at") is None and order_rows.passed_over(row, self.since):
                self.too_old[row[ID]] = str(row.get("order_number") or row[ID])

    def news(self) -> list[Notice]:
        """Orders that are not sent for their age, told once a run."""
        called, self.too_old = sorted(self.too_old.values()), {}
        if not called:
            return []
        told = f"Not sent to the shop, because they were made before {iso(self.since)[:10]}: {some_of(called, MOST_NAMED)}."
        return [Notice("old orders", told, "Let lookback_days reach back to them, or set their shopify_sync_status to disabled.")]

    # --- writing

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Attempt(token, (operations[0],), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        """One transaction. Raises RemoteError: nothing was written."""
        try:
            outcome = self.database.transaction(lambda work: self._apply(work, attempt))
        except RowRefused as refused:
            outcome = Outcome(Result.REJECTED, why=str(refused))
        except OutcomeUnknown as lost:
            outcome = Outcome(Result.UNKNOWN, why=str(lost))
        return self._heard(attempt, outcome)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Whether it counts, by its token; one that does not is kept from ever counting."""
        operation = attempt.operations[0]

        def ask(work: Work) -> Outcome:
            if once(work, self.tables, attempt.token):
                return Outcome(Result.STALE, why="it was not applied")
            if operation.action is not Action.CREATE:
                return Outcome(Result.DONE, operation.key)
            id = self._made(work, operation.changes)
            return Outcome(Result.DONE, id, id=id) if id else Outcome(Result.STALE, why="it was removed again")

        try:
            return self._heard(attempt, self.database.transaction(ask))
        except (OutcomeUnknown, RetryLater) as lost:
            return [Outcome(Result.UNKNOWN, why=str(lost))]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """The database is closed by whoever opened it."""

    def _heard(self, attempt: Attempt, outcome: Outcome) -> list[Outcome]:
        self.told.append((attempt.operations[0], outcome))
        return [outcome]

    def _apply(self, work: Work, attempt: Attempt) -> Outcome:
        operation = attempt.operations[0]
        if operation.action is Action.DELETE:
            return Outcome(Result.REJECTED, why="orders are not deleted in the ERP from here")
        if not once(work, self.tables, attempt.token):
            return Outcome(Result.STALE, why="it was given up before it was carried out")
        if operation.action is not Action.CREATE:
            return self._update(work, operation)
        if id := self._made(work, operation.changes):
            return Outcome(Result.DONE, id, id=id)
        known = self._called_like(work, operation.changes)
        if len(known) > 1:
            why = f"{len(known)} rows of the ERP have the order number {operation.changes['order_name']} and no shopify_order_id"
            return Outcome(Result.REJECTED, why=f"{why}: which one it is, is not clear. Set shopify_order_id in the right one")
        if known:
            self._name(work, known[0], operation.changes)
            return Outcome(Result.DONE, known[0], id=known[0], without=frozenset(operation.changes.keys() - _NAMED))
        id = self._insert(work, operation.changes)
        return Outcome(Result.DONE, id, id=id)

    def _made(self, work: Work, fields: Mapping[str, Value]) -> str | None:
        """The row of that order of the shop, where there is one."""
        rows = read_rows(work, self.tables["orders"], {"shopify_order_id": fields["shop_id"]}, [])
        return str(rows[0][ID]) if rows else None

    def _called_like(self, work: Work, fields: Mapping[str, Value]) -> list[str]:
        """The rows that have the shop's own number of that order, and say of no order that they are it: made before an
        installation that was removed since.
        """
        wanted = {"order_number": fields["order_name"], "shopify_order_id": None}
        return [str(row[ID]) for row in read_rows(work, self.tables["orders"], wanted, [], lock=True)]

    def _name(self, work: Work, id: str, fields: Mapping[str, Value]) -> None:
        """Note in a row which order of the shop it is; nothing else of it is written over."""
        named = {"shopify_order_id": fields["shop_id"], "shopify_order_name": fields["order_name"]}
        now = self.database.clock.now()
        update(work, self.tables["orders"], id, named | {"shopify_sync_status": "synced", "shopify_last_sync_at": now})

    def _insert(self, work: Work, fields: Mapping[str, Value]) -> str:
        values = order_rows.new_columns(fields, self.database.clock.now())
        values["customer_id"] = self._customer(work, fields)
        id = insert(work, self.tables["orders"], {name: value for name, value in values.items() if value is not None})
        items = order_rows.new_items(fields)
        products = self._products(work, [str(one["sku"]) for one in items if one["sku"]])
        for one in items:
            insert(work, self.tables["order_items"], one | {"order_id": id, "product_id": products.get(str(one["sku"]))})
        return id

    def _products(self, work: Work, skus: Sequence[str]) -> dict[str, str]:
        if not skus or "products" not in self.tables:
            return {}
        return {str(row["sku"]): row[ID] for row in read_rows(work, self.tables["products"], {"sku": list(skus)}, ["sku"])}

    def _customer(self, work: Work, fields: Mapping[str, Value]) -> str | None:
        """The row of the buyer, found by the shop's id or by e-mail, or made; None for one of whom nothing is known."""
        if "customers" not in self.tables or not self.tables["orders"].has("customer_id"):
            return None
        buyer, table = json.loads(str(fields.get("buyer") or "{}")), self.tables["customers"]
        email = buyer.get("email") or fields.get("email")
        for name, value in (("shopify_customer_id", buyer.get("id")), ("email", email)):
            rows = read_rows(work, table, {name: value}, []) if value and table.has(name) else []
            if rows:
                return str(rows[0][ID])
        if not email:
            return None
        to = json.loads(str(fields.get("ships_to") or "{}"))
        known = {name: to.get(name) for name in ("company", "address1", "address2", "city", "province", "postal_code", "country")}
        first, _, last = str(to.get("name") or "").rpartition(" ")  # of a guest
        told = {"email": email, "first_name": buyer.get("first_name") or first, "last_name": buyer.get("last_name") or last}
        told |= {"phone": buyer.get("phone") or to.get("phone"), "shopify_customer_id": buyer.get("id")} | known
        return insert(work, table, {name: value for name, value in told.items() if value})

    def _update(self, work: Work, operation: Operation) -> Outcome:
        there = self._rows(work, [operation.key], lock=True).get(operation.key)
        if there is None:
            return Outcome(Result.STALE, why="it is no longer in the ERP")
        row, items = there
        if not agrees(operation.expected, self._shown(row, items)):
            return Outcome(Result.STALE, why="it changed in the ERP meanwhile")
        now = self.database.clock.now()
        values = order_rows.columns(operation.changes, now)
        values |= {"shopify_sync_status": "synced", "shopify_sync_error": None, "shopify_last_sync_at": now}
        update(work, self.tables["orders"], operation.key, values)
        if "content" in operation.changes:
            self._rewrite(work, operation.key, items, json.loads(str(operation.changes["content"]))["lines"])
        return Outcome(Result.DONE, operation.key)

    def _rewrite(self, work: Work, id: str, items: Sequence[Row], lines: Sequence[Sequence[Any]]) -> None:
        """Let an order have just these lines: those that are there are changed, others are added or go."""
        table, left = self.tables["order_items"], list(items)
        products = self._products(work, [str(called) for called, *_ in lines])
        for called, count, price in lines:
            one = next((item for item in left if order_rows.bought(item)[0] == called), None)
            values: dict[str, Any] = {"quantity": count, "unit_price": price}
            if one is not None:
                left.remove(one)
                update(work, table, one[ID], values)
            else:
                known = {"order_id": id, "sku": called, "title": called, "product_id": products.get(str(called))}
                insert(work, table, known | values)
        for item in left:
            delete(work, table, item[ID])


def _unsaid(id: str) -> Found:
    """An order about which nothing is said: it is there."""
    return Found(id, "", Record(id, {}))


class Source:
    """What an order of the ERP is called as the source of one in the shop."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def __call__(self, id: str) -> str:
        return f"{self.origin}:{id}"
