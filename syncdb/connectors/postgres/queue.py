"""The queue in an ERP's database: what changed, who is at work on it, what failed and why.

Work is claimed with a lease in a transaction of its own, and done outside of any. Only its owner may say how it ended; a worker
that dies loses nothing, since its lease runs out. Of one entity only one row at a time is being worked on: order is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from syncdb.connectors.postgres.database import ErpDatabase, Row, Work
from syncdb.connectors.postgres.failures import RowRefused
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import OutcomeUnknown

T = TypeVar("T")

TO_SHOPIFY, FROM_SHOPIFY = "to_shopify", "from_shopify"
LEASE = 300
ALERT_AFTER = 3
COLUMNS = (
    "q.id, q.entity_type, q.entity_id, q.action, q.direction, q.status, q.payload, q.retry_count, q.max_retries, "
    "q.error_message, q.next_attempt_at, q.locked_by, q.locked_until, q.superseded_by, q.created_at, q.updated_at"
)

# a row that somebody began and did not end is taken first; while it is there, nothing newer of the same entity is
_CLAIM = f"""
with due as (
    select c.id from {{queue}} c
    where c.direction = %(direction)s and (c.status = 'pending' or c.status = 'processing')
        and (cardinality(%(types)s::text[]) = 0 or c.entity_type = any(%(types)s::text[]))
        and case c.status
            when 'processing' then coalesce(c.locked_until, c.updated_at) < clock_timestamp()
            else c.next_attempt_at <= clock_timestamp() and not exists (
                select from {{queue}} other
                where other.entity_type = c.entity_type and other.entity_id = c.entity_id
                    and other.direction = c.direction and other.status = 'processing'
            )
        end
    order by c.id limit %(limit)s for update skip locked
)
update {{queue}} q
set status = 'processing', locked_by = %(claim)s, locked_until = clock_timestamp() + make_interval(secs => %(lease)s),
    updated_at = clock_timestamp()
from due where q.id = due.id
returning {COLUMNS}
"""
# as the claim finds rows, but for those that a transaction holds just now
_STANDING = """
select
    coalesce(bool_or(q.direction = %(direction)s and case q.status
        when 'processing' then coalesce(q.locked_until, q.updated_at) < clock_timestamp()
        when 'pending' then q.next_attempt_at <= clock_timestamp()
        else false
    end), false) as due,
    coalesce(bool_or(q.status = 'failed' or q.status = 'pending' and q.direction <> %(direction)s), false) as unsettled,
    coalesce(bool_or(q.status = 'processing' and split_part(q.locked_by, ':', 3) = %(crew)s), false) as left_behind
from {queue} q
where q.status <> 'completed' and q.superseded_by is null
    and (cardinality(%(types)s::text[]) = 0 or q.entity_type = any(%(types)s::text[]))
"""
_OWNED = "q.id = mine.id and q.status = 'processing' and q.locked_by = mine.by and q.locked_until = mine.until"
_CLAIMED = "unnest(%(ids)s::bigint[], %(by)s::text[], %(until)s::timestamptz[]) as mine(id, by, until)"

_ACKNOWLEDGE = f"""
update {{queue}} q
set status = 'completed', locked_until = null, error_message = null,
    completed_at = clock_timestamp(), updated_at = clock_timestamp()
from {_CLAIMED} where {_OWNED}
returning q.id, q.entity_type, q.entity_id, q.direction
"""
# what failed before is made good by what was done now
_SUPERSEDE = """
update {queue} q set superseded_by = done.id, updated_at = clock_timestamp()
from unnest(%(ids)s::bigint[], %(types)s::text[], %(entities)s::text[], %(directions)s::text[])
    as done(id, type, entity, direction)
where q.status = 'failed' and q.superseded_by is null and q.entity_type = done.type and q.entity_id = done.entity
    and q.direction = done.direction and q.id < done.id
"""
_RENEW = f"""
update {{queue}} q set locked_until = clock_timestamp() + make_interval(secs => %(lease)s), updated_at = clock_timestamp()
from {_CLAIMED} where {_OWNED}
returning {COLUMNS}
"""
# a row cannot wait again where a newer change of the same entity waits already: that one does its work
_NEWER = """(
    select n.id from {queue} n where n.entity_type = q.entity_type and n.entity_id = q.entity_id
        and n.direction = q.direction and n.status = 'pending' and n.id <> q.id
)"""
_FAIL = f"""
update {{queue}} q
set retry_count = q.retry_count + 1,
    status = case when %(permanent)s or q.retry_count + 1 >= q.max_retries or {_NEWER} is not null
        then 'failed' else 'pending' end,
    superseded_by = {_NEWER},
    next_attempt_at = clock_timestamp()
        + make_interval(secs => least(3600, 30 * 2 ^ least(q.retry_count, 20)) * (0.5 + random() / 2)),
    error_message = %(why)s, locked_by = null, locked_until = null, updated_at = clock_timestamp()
from {_CLAIMED} where {_OWNED}
returning {COLUMNS}
"""
_TAKE_BACK = """
update {queue} q set locked_until = clock_timestamp() - interval '1 second', updated_at = clock_timestamp()
where q.status = 'processing' and split_part(q.locked_by, ':', 3) = %(crew)s
"""
_OF_CLAIM = f"select {COLUMNS} from {{queue}} q where q.status = 'processing' and q.locked_by = %(claim)s"
_ENDED = """
select q.id from {queue} q join unnest(%(ids)s::bigint[], %(by)s::text[]) as mine(id, by) on q.id = mine.id
where q.status = 'completed' and q.locked_by = mine.by
"""
_OF_ID = f"select {COLUMNS} from {{queue}} q where q.id = %(id)s"
_ALERT = f"""
update {{queue}} q set alerted_at = clock_timestamp()
where q.id = %(id)s and q.alerted_at is null and q.superseded_by is null
    and (q.retry_count >= {ALERT_AFTER} or q.status = 'failed')
returning q.id
"""
_RELEASE_SUPERSEDED = f"""
update {{queue}} q
set status = 'failed', superseded_by = {_NEWER}, error_message = 'a newer change of the same record waits',
    locked_by = null, locked_until = null, updated_at = clock_timestamp()
from {_CLAIMED} where {_OWNED} and {_NEWER} is not null
"""
_RELEASE = f"""
update {{queue}} q
set status = 'pending', locked_by = null, locked_until = null, updated_at = clock_timestamp()
from {_CLAIMED} where {_OWNED}
"""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One row of the queue. `entity_type` is order, product, customer or inventory; `entity_id` the key of the ERP's row.

    Its status is pending, processing, completed or failed. `superseded_by` is the newer row that does its work.
    """

    id: int
    entity_type: str
    entity_id: str
    action: str
    direction: str
    status: str
    payload: Any
    retry_count: int
    max_retries: int
    error_message: str | None
    next_attempt_at: datetime
    locked_by: str | None
    locked_until: datetime | None
    superseded_by: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """What became of a row whose work failed. `alert`: a person is to be told, which is said once."""

    row: QueueRow
    alert: bool

    @property
    def final(self) -> bool:
        """Whether it is not tried again by itself."""
        return self.row.status == "failed" and self.row.superseded_by is None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether there is anything to claim; rows that failed, or that no claim takes; rows that a worker which died had begun."""

    due: bool
    unsettled: bool
    left_behind: bool


class SyncQueue:
    """The queue as one worker sees it. `worker` must be a name that no other process has, now or later.

    `crew` names those of whom never two are at work at once, as runs of one ledger are; the worker's name is to hold it as its
    third part, between colons.
    """

    def __init__(self, database: ErpDatabase, tables: ErpTables, worker: str, crew: str = "") -> None:
        self._database = database
        self._worker = worker
        self._crew = crew
        self._claims = 0
        self._place = name(tables.schema, tables.own["sync_queue"])

    def claim(
        self,
        direction: str = TO_SHOPIFY,
        limit: int = 250,
        lease_seconds: float = LEASE,
        entity_types: Iterable[str] = (),
    ) -> list[QueueRow]:
        """Take rows that are due, the oldest first, for so many seconds. It is done when this returns: then do the work."""
        self._claims += 1
        asked = {"direction": direction, "limit": limit, "lease": lease_seconds, "types": list(entity_types)}
        claim = {"claim": f"{self._worker} #{self._claims}"}
        try:
            found = self._database.transaction(lambda work: work.rows(self._sql(_CLAIM), asked | claim))
        except OutcomeUnknown:  # each claim has a name of its own, so that it can be asked what became of it
            found = self._database.rows(self._sql(_OF_CLAIM), claim)
        return sorted(map(queue_row, found), key=lambda row: row.id)

    def standing(self, direction: str = TO_SHOPIFY, entity_types: Iterable[str] = ()) -> Standing:
        """How the queue stands for this worker: one statement that changes nothing."""
        asked = {"direction": direction, "types": list(entity_types), "crew": self._crew or None}
        return Standing(**self._database.rows(self._sql(_STANDING), asked)[0])

    def take_back(self) -> None:
        """Let the leases of other workers of the crew be over: they are not at work any more."""
        self._database.transaction(lambda work: work.run(self._sql(_TAKE_BACK), {"crew": self._crew}))

    def acknowledge(self, rows: Sequence[QueueRow]) -> frozenset[int]:
        """The work on these rows is done. Returns which of them counted: somebody else took over the others."""
        if not rows:
            return frozenset()
        try:
            return self._database.transaction(lambda work: self._done(work, rows))
        except OutcomeUnknown:
            ended = {row["id"] for row in self._database.rows(self._sql(_ENDED), self._mine(rows))}
            left = [row for row in rows if row.id not in ended]
            return frozenset(ended) | self._database.transaction(lambda work: self._done(work, left))

    def fail(self, row: QueueRow, why: str, *, permanent: bool = False) -> Failed | None:
        """The work on a row failed. It is tried again later, at most `max_retries` times in all; not at all if `permanent`.

        None where somebody else has taken the row over: then nothing of this counts.
        """
        asked = self._mine([row]) | {"why": why[:2000], "permanent": permanent}

        def work_it(work: Work) -> Failed | None:
            found = work.rows(self._sql(_FAIL), asked)
            if not found:
                return None
            told = work.rows(self._sql(_ALERT), {"id": row.id})
            failed = Failed(queue_row(found[0]), bool(told))
            if failed.final:  # an older one of the same entity tells nothing more
                self._supersede(work, found)
            return failed

        try:
            return self._again(work_it)
        except OutcomeUnknown:
            (now,) = self._database.rows(self._sql(_OF_ID), {"id": row.id})
            counted = now["error_message"] == asked["why"] and now["retry_count"] == row.retry_count + 1
            return Failed(queue_row(now), False) if counted else self._again(work_it)

    def renew(self, rows: Sequence[QueueRow], lease_seconds: float = LEASE) -> list[QueueRow]:
        """Hold rows for longer. Returns those that are still ours, to be used from now on."""
        asked = self._mine(rows) | {"lease": lease_seconds}
        found = self._database.transaction(lambda work: work.rows(self._sql(_RENEW), asked)) if rows else []
        return sorted(map(queue_row, found), key=lambda row: row.id)

    def release(self, rows: Sequence[QueueRow]) -> None:
        """Give rows back that were not worked on; no try is counted."""

        def give_back(work: Work) -> None:
            work.run(self._sql(_RELEASE_SUPERSEDED), self._mine(rows))
            work.run(self._sql(_RELEASE), self._mine(rows))

        if rows:
            self._again(give_back)

    def _again(self, work: Callable[[Work], T]) -> T:
        """Do what puts rows back among those that wait; anew where a newer change of the same entity came in at that moment."""
        for _ in range(3):
            with suppress(RowRefused):
                return self._database.transaction(work)
        return self._database.transaction(work)

    def _done(self, work: Work, rows: Sequence[QueueRow]) -> frozenset[int]:
        found = work.rows(self._sql(_ACKNOWLEDGE), self._mine(rows))
        self._supersede(work, found)
        return frozenset(row["id"] for row in found)

    def _supersede(self, work: Work, found: Sequence[Row]) -> None:
        told = {
            "ids": [row["id"] for row in found],
            "types": [row["entity_type"] for row in found],
            "entities": [row["entity_id"] for row in found],
            "directions": [row["direction"] for row in found],
        }
        work.run(self._sql(_SUPERSEDE), told)

    def _mine(self, rows: Sequence[QueueRow]) -> dict[str, Any]:
        """What tells that rows are still ours: a lease that was claimed anew ends at another moment."""
        return {
            "ids": [row.id for row in rows],
            "by": [row.locked_by for row in rows],
            "until": [row.locked_until for row in rows],
        }

    def _sql(self, text: str) -> str:
        return statement(text, queue=self._place)


def queue_row(found: Mapping[str, Any] | Row) -> QueueRow:
    """A row as the database gave it."""
    return QueueRow(**found)
