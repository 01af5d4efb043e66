"""The queue at the two ends of a run: taken before it, said how it went after it. What the ledger decided counts."""

import os
import platform
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.queue import FROM_SHOPIFY, TO_SHOPIFY, QueueRow, Standing, SyncQueue
from syncdb.connectors.postgres.queue_book import QueueBook
from syncdb.connectors.postgres.tables import ENTITY_TYPES, ErpTables
from syncdb.engine.report import Note, Report
from syncdb.pairs.shopify_erp.queue_names import CALLED, names_of
from syncdb.programs import MANAGER
from syncdb.values import digest
from syncdb.wording import some_of

MOST = 5_000
LEASE = 1_800  # seconds; a run that dies lets go of its rows then, or with the next run of its ledger
NOTHING = Standing(due=False, unsettled=False, left_behind=False)
MOST_NAMED = 5
KEPT_DAYS = 30  # rows that are done, for people to look at
ENTITIES = {kind: entity for entity, kind in ENTITY_TYPES.items()}


def crew_of(ledger: str) -> str:
    """What the ERP's database calls a ledger by its identity."""
    return digest(ledger)[:12]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record was not taken, and what people call it."""

    why: str
    called: str


Refusals = Mapping[tuple[str, str], Refusal]  # by entity and key


@dataclass(slots=True)
class QueueWork:
    """What of the queue one run works off, for these entities. `ledger` is the identity of the ledger that the run holds: no
    other run of it can be at work. `over` are rows whose work is done, or that told of trouble which is over.
    """

    database: ErpDatabase
    tables: ErpTables
    entities: Sequence[str]
    ledger: str
    rows: list[QueueRow] = field(default_factory=list)
    over: list[QueueRow] = field(default_factory=list)
    _unsettled: bool = False
    _told: bool = False
    _queue: SyncQueue = field(init=False)

    def __post_init__(self) -> None:
        crew = crew_of(self.ledger)
        worker = f"{platform.node().replace(':', '-')}:{os.getpid()}:{crew}:{uuid.uuid4().hex[:8]}"
        self._queue = SyncQueue(self.database, self.tables, worker, crew)

    @property
    def kinds(self) -> list[str]:
        return [ENTITY_TYPES[one] for one in self.entities]

    def begin(self, first: Callable[[], None]) -> Mapping[str, list[str]]:
        """Take what is due, where something is, after `first` was done; the keys of the ERP's rows that it names, by entity."""
        stands = self._queue.standing(TO_SHOPIFY, self.kinds) if self.kinds else NOTHING
        self._unsettled = stands.unsettled
        due = stands.due or stands.left_behind
        if due:
            first()
        if stands.left_behind:
            self._queue.take_back()
        self.rows = list(self._due()) if due else []
        named: dict[str, list[str]] = {}
        for row in self.rows:
            named.setdefault(ENTITIES[row.entity_type], []).append(row.entity_id)
        return named

    def _due(self) -> Iterator[QueueRow]:
        """All that is due, some at a time: what would be left waits although this run does its work."""
        while claimed := self._queue.claim(TO_SHOPIFY, MOST, LEASE, self.kinds):
            yield from claimed
            if len(claimed) < MOST:
                return

    def end(self, report: Report, refused: Refusals, back: Refusals) -> None:
        """Say how it went. `refused` are records of the ERP that the shop did not take, by entity and key, each with why;
        `back` those of the shop, by entity and id, that the ERP did not take.
        """
        if report.failure is not None:
            told = list(self._tried_again(str(report.failure)))
        else:
            done = [row for row in self.rows if (ENTITIES[row.entity_type], row.entity_id) not in refused]
            self._queue.acknowledge(done)
            self.over += done
            if done:  # a run with nothing to do asks nothing more of the database
                QueueBook(self.database, self.tables).prune(KEPT_DAYS)
            told = [*self._failed(refused), *self._noted(back, FROM_SHOPIFY)]
            if self._unsettled and not report.partial:
                self._settle(refused.keys(), back.keys())
        self._told = bool(told)
        if told:
            report.note(
                Note(
                    "queue", f"Failed in the ERP's queue: {some_of(told, MOST_NAMED)}.", f"See why: {MANAGER} erp queue --failed"
                )
            )

    def failed(self, known: int) -> int:
        """How many records failed for good; `known` did when the run before ended. Where all is well nobody is asked."""
        if not (known or self._unsettled or self._told):
            return 0
        return QueueBook(self.database, self.tables).counts().failed

    def _settle(self, refused: Collection[tuple[str, str]], back: Collection[tuple[str, str]]) -> None:
        """Close rows that tell of trouble which is over: what is still refused is tried, and refused, by each run."""
        book = QueueBook(self.database, self.tables)
        still = {FROM_SHOPIFY: back, TO_SHOPIFY: refused}
        rows = [
            row for row in book.unsettled(self.kinds) if (ENTITIES[row.entity_type], row.entity_id) not in still[row.direction]
        ]
        book.settled(rows)
        self.over += rows

    def _tried_again(self, why: str) -> Iterator[str]:
        """Nothing is known about the records: all of them wait for another try."""
        for row in self.rows:
            failed = self._queue.fail(row, why)
            if failed is not None and failed.alert:
                names = names_of(self.database, self.tables, [row])
                yield f"{row.entity_type} {names.get(row.id, row.entity_id)}"

    def _failed(self, refused: Refusals) -> Iterator[str]:
        """Records that cannot be taken as they are: failed at once, until somebody changes them."""
        mine = {(ENTITIES[row.entity_type], row.entity_id): row for row in self.rows}
        for place, refusal in refused.items():
            if place in mine:
                failed = self._queue.fail(mine[place], refusal.why, permanent=True)
                if failed is not None and failed.alert:
                    yield self._named(mine[place], refusal)
        yield from self._noted({place: why for place, why in refused.items() if place not in mine}, TO_SHOPIFY)

    def _noted(self, refused: Refusals, direction: str) -> Iterator[str]:
        """Refusals of records that the queue knew nothing of: a failed row for people to see, once."""
        if not refused:
            return
        book, kinds = QueueBook(self.database, self.tables), self.kinds
        told = {(ENTITY_TYPES[entity], id): refusal for (entity, id), refusal in refused.items()}
        failed_rows = [row for row in book.unsettled(kinds) if row.status == "failed" and row.direction == direction]
        known = {(row.entity_type, row.entity_id): row.id for row in failed_rows}
        book.told_anew({known[place]: one.why for place, one in told.items() if place in known})
        new = {place: one for place, one in told.items() if place not in known}
        for (kind, id), one in new.items():
            book.add(kind, id, "update", direction, {CALLED: one.called} if one.called else None)
        for row in self._queue.claim(direction, MOST, LEASE, kinds) if new else ():
            refusal = new.get((row.entity_type, row.entity_id))
            if refusal is None:
                self._queue.release([row])
                continue
            failed = self._queue.fail(row, refusal.why, permanent=True)
            if failed is not None and failed.alert:
                yield self._named(row, refusal)

    def _named(self, row: QueueRow, refusal: Refusal) -> str:
        """What people call what a row is about; of one that goes to the shop the ERP knows it."""
        called = refusal.called or names_of(self.database, self.tables, [row]).get(row.id)
        return f"{row.entity_type} {called or row.entity_id}"
