"""Telling the ERP how a run went: its queue, and what became of each row that was written or refused."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.queue import TO_SHOPIFY, QueueRow
from syncdb.connectors.postgres.rows import ID, read_rows, update
from syncdb.connectors.postgres.tables import ENTITY_TYPES, ErpTables
from syncdb.connectors.shopify.shape import bare_id
from syncdb.engine.links import Joins
from syncdb.engine.report import HeldBack, Note, Report
from syncdb.errors import SyncdbError
from syncdb.ledger import Ledger, state_keys
from syncdb.model import Operation, Outcome, Result, Side
from syncdb.pairs.shopify_erp.feeds import INVENTORY, ORDERS, PRODUCTS, TEXTS
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_erp.queue_names import name_of
from syncdb.pairs.shopify_erp.queue_work import QueueWork, Refusal, Refusals

Written = Mapping[str, Mapping[Side, Callable[[], Sequence[tuple[Operation, Outcome]]]]]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a run wrote, by entity and side. `registered` gives the name of an entity's pair in the ledger."""

    ledger: Ledger
    database: ErpDatabase
    tables: ErpTables
    written: Written
    registered: Callable[[str], str]

    def tell(self, report: Report, queue: QueueWork | None) -> None:
        """Say it. What cannot be told makes the run partial."""
        refused, back = self._refusals()
        report.held_back[:] = self._named(report.held_back)
        try:
            if queue is not None:
                queue.end(report, refused, back)
                self._remember(queue)
            self._mark(refused, queue.over if queue is not None else ())
        except SyncdbError as error:
            report.note(Note("marks", f"The ERP could not be told how it went: {error}", error.next_step))
            report.partial = True

    def _named(self, held: Sequence[HeldBack]) -> list[HeldBack]:
        """What was held back by the names that only its writes tell: the ledger keeps no address of somebody new."""
        told = (one for both in self.written.values() for side in both.values() for one in side())
        names = {one.key: name_of(one.changes) for one, outcome in told if outcome.result is Result.REJECTED}
        return [replace(one, name=names.get(one.key) or one.name) if one.name == one.key else one for one in held]

    def _remember(self, queue: QueueWork) -> None:
        """How many records wait for a person, for who asks the ledger."""
        known = int((self.ledger.runs.get(state_keys.QUEUE_FAILED) or {}).get("failed", 0))
        failed = queue.failed(known)
        if failed != known:
            with self.ledger.transaction():
                self.ledger.runs.put(state_keys.QUEUE_FAILED, {"pair": SHOPIFY_ERP.name, "failed": failed})

    def _refusals(self) -> tuple[dict[tuple[str, str], Refusal], dict[tuple[str, str], Refusal]]:
        """Why the shop did not take records, by entity and key of the ERP's row; why the ERP did not, by the shop's id."""
        refused: dict[tuple[str, str], Refusal] = {}
        back: dict[tuple[str, str], Refusal] = {}
        for entity, both in self.written.items():
            for side, told in both.items():
                for operation, outcome in told():
                    if outcome.result is Result.REJECTED:
                        key = self._other(entity, side, operation.key)
                        called = name_of({**operation.expected, **operation.changes})
                        said = PRODUCTS if entity == TEXTS else entity  # the queue knows the row of a product only
                        (refused if side is Side.LEFT else back)[said, key] = Refusal(outcome.why, called)
        return refused, back

    def _other(self, entity: str, side: Side, id: str) -> str:
        """What the other side calls the record that a write to `side` was about."""
        if id.startswith("gid://") and side is Side.RIGHT:
            return bare_id(id)  # a new record still goes by the shop's id
        if id.startswith("right:"):
            return id.partition(":")[2]
        joins = Joins.of(self.ledger, self.registered(entity))
        key = joins.keys(side, [id])[id]
        other = joins.ids(side.other, [key]).get(key, id)
        return bare_id(other) if side is Side.RIGHT else other

    def _mark(self, refused: Refusals, over: Sequence[QueueRow]) -> None:
        """Note in the ERP's rows what became of them."""
        orders, counted = dict(self._marked_orders(refused)), self._counted()
        mended = {row.entity_id for row in over if (row.entity_type, row.direction) == (ENTITY_TYPES[ORDERS], TO_SHOPIFY)}
        mended_now = self._no_longer_failed(mended - orders.keys())
        if not orders and not counted and not mended_now:
            return
        now = self.database.clock.now()

        def mark(work: Work) -> None:
            for id, why in orders.items():
                known = {"shopify_sync_status": "failed" if why else "synced", "shopify_sync_error": why}
                update(work, self.tables["orders"], id, known | ({} if why else {"shopify_last_sync_at": now}))
            for id, status in mended_now.items():
                update(work, self.tables["orders"], id, {"shopify_sync_status": status, "shopify_sync_error": None})
            for id in counted:
                update(work, self.tables["inventory"], id, {"last_shopify_sync": now})

        self.database.transaction(mark)

    def _no_longer_failed(self, ids: set[str]) -> dict[str, str]:
        """Of these orders those whose row still says that they failed, with what it is to say."""
        if not ids:
            return {}
        rows = read_rows(
            self.database, self.tables["orders"], {ID: sorted(ids), "shopify_sync_status": "failed"}, ["shopify_order_id"]
        )
        return {row[ID]: "synced" if row["shopify_order_id"] else "pending" for row in rows}

    def _marked_orders(self, refused: Refusals) -> Iterator[tuple[str, str | None]]:
        for operation, outcome in self._told(ORDERS):
            if outcome.result is Result.DONE and not operation.key.startswith("right:"):
                yield self._other(ORDERS, Side.LEFT, operation.key), None
        for (entity, id), refusal in refused.items():
            if entity == ORDERS:
                yield id, refusal.why

    def _counted(self) -> list[str]:
        done = [operation.key for operation, outcome in self._told(INVENTORY) if outcome.result is Result.DONE]
        return [self._other(INVENTORY, Side.LEFT, key) for key in done]

    def _told(self, entity: str) -> Sequence[tuple[Operation, Outcome]]:
        both = self.written.get(entity)
        return both[Side.LEFT]() if both else ()
