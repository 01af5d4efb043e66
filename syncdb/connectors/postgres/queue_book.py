"""The queue as people and runs see it, without being at work on it: what stands there, adding, trying again, tidying up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from syncdb.connectors.postgres.database import ErpDatabase, Row, Work
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.queue import COLUMNS, TO_SHOPIFY, QueueRow, queue_row
from syncdb.connectors.postgres.tables import ErpTables

_COUNTS = """
select
    count(*) filter (where status = 'pending') as pending,
    count(*) filter (where status = 'pending' and retry_count > 0) as retrying,
    count(*) filter (where status = 'processing') as processing,
    count(*) filter (where status = 'processing' and locked_until < clock_timestamp()) as abandoned,
    count(*) filter (where status = 'failed' and superseded_by is null) as failed,
    count(*) filter (where status = 'completed' and completed_at > clock_timestamp() - interval '1 day') as completed_today,
    count(*) filter (
        where status = 'failed' and superseded_by is null and updated_at > clock_timestamp() - interval '1 day'
    ) as failed_today,
    min(created_at) filter (where status = 'pending') as waiting_since
from {queue}
"""
_LISTED = f"""
select {COLUMNS} from {{queue}} q
where q.superseded_by is null and case when %(failed)s then q.status = 'failed' else q.status <> 'completed' end
order by q.id desc limit %(limit)s
"""
# no index is named: that of another version of the tables is as good
_ADD = """
insert into {queue} as q (entity_type, entity_id, action, direction, payload)
values (%(type)s, %(entity)s, %(action)s, %(direction)s, %(payload)s::jsonb)
on conflict do nothing
returning q.id
"""
_ADD_TO = """
update {queue} q
set action = %(action)s, payload = coalesce(%(payload)s::jsonb, q.payload),
    retry_count = 0, error_message = null, alerted_at = null, next_attempt_at = now(), updated_at = now()
where q.entity_type = %(type)s and q.entity_id = %(entity)s and q.direction = %(direction)s and q.status = 'pending'
returning q.id
"""
_RETRY = """
update {queue} q
set status = 'pending', retry_count = 0, error_message = null, alerted_at = null, next_attempt_at = now(), updated_at = now()
where q.id = %(id)s and q.superseded_by is null and (q.status = 'failed' or (q.status = 'pending' and q.retry_count > 0))
    and not exists (
        select from {queue} n where n.entity_type = q.entity_type and n.entity_id = q.entity_id
            and n.direction = q.direction and n.status = 'pending' and n.id <> q.id
    )
returning q.id
"""
_UNSETTLED = f"""
select {COLUMNS} from {{queue}} q
where q.superseded_by is null and q.entity_type = any(%(types)s::text[])
    and (q.status = 'failed' or q.status = 'pending' and q.direction = 'from_shopify')
order by q.id
"""
_SETTLED = """
update {queue} q
set status = 'completed', error_message = null, completed_at = clock_timestamp(), updated_at = clock_timestamp()
where q.id = any(%(ids)s::bigint[]) and (q.status = 'failed' or q.status = 'pending' and q.direction = 'from_shopify')
returning q.id
"""
_TOLD_ANEW = """
update {queue} q set error_message = told.why, retry_count = q.retry_count + 1, updated_at = clock_timestamp()
from unnest(%(ids)s::bigint[], %(whys)s::text[]) as told(id, why)
where q.id = told.id and q.status = 'failed' and q.error_message is distinct from told.why
"""
_MENTIONING = """
select q.id, q.error_message, q.payload::text as payload from {queue} q
where exists (
    select from unnest(%(texts)s::text[]) as told(it)
    where position(told.it in coalesce(q.error_message, '')) > 0 or position(told.it in coalesce(q.payload::text, '')) > 0
)
order by q.id
"""
_REWRITTEN = """
update {queue} q set error_message = told.why, payload = told.payload::jsonb
from unnest(%(ids)s::bigint[], %(whys)s::text[], %(payloads)s::text[]) as told(id, why, payload)
where q.id = told.id
"""
_PRUNE = """
delete from {queue}
where (status = 'completed' or superseded_by is not null) and updated_at < clock_timestamp() - make_interval(days => %(days)s)
"""
# a write is settled within the runs that follow it: after so long nobody asks for its token any more
_PRUNE_WRITES = "delete from {writes} where at < clock_timestamp() - make_interval(days => %(days)s)"


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How the queue stands. `abandoned` rows were begun by a worker that did not end them in time: the next one takes them.

    `waiting_since` is when the oldest pending row was made.
    """

    pending: int
    retrying: int
    processing: int
    abandoned: int
    failed: int
    completed_today: int
    failed_today: int
    waiting_since: datetime | None

    @property
    def failure_rate(self) -> float:
        """The share of the last day's finished rows that failed for good, from 0 to 1."""
        finished = self.completed_today + self.failed_today
        return self.failed_today / finished if finished else 0.0


class QueueBook:
    """The queue to look at and to put in order."""

    def __init__(self, database: ErpDatabase, tables: ErpTables) -> None:
        self._database = database
        self._place = name(tables.schema, tables.own["sync_queue"])
        self._writes = name(tables.schema, tables.own["sync_writes"])

    def counts(self) -> QueueCounts:
        """How many rows there are of each kind."""
        return QueueCounts(**self._database.rows(self._sql(_COUNTS))[0])

    def listed(self, *, failed: bool = False, limit: int = 50) -> list[QueueRow]:
        """The rows that are not done, or only those that failed for good; the newest first."""
        return [queue_row(row) for row in self._database.rows(self._sql(_LISTED), {"failed": failed, "limit": limit})]

    def add(self, entity_type: str, entity_id: str, action: str, direction: str = TO_SHOPIFY, payload: Any = None) -> int:
        """Note work on an entity; one row that waits already is enough. Returns its id."""
        told = {
            "type": entity_type,
            "entity": entity_id,
            "action": action,
            "direction": direction,
            "payload": None if payload is None else orjson.dumps(payload).decode(),
        }

        def work_it(work: Work) -> list[Row]:
            return work.rows(self._sql(_ADD_TO), told) or work.rows(self._sql(_ADD), told)

        while not (found := self._database.transaction(work_it)):  # somebody else added or took it at that moment
            pass
        return int(found[0]["id"])

    def retry(self, id: int) -> bool:
        """Have a row tried again, with all its tries. False where it did not fail, or a newer one does its work."""
        return bool(self._database.transaction(lambda work: work.rows(self._sql(_RETRY), {"id": id})))

    def unsettled(self, entity_types: Sequence[str]) -> list[QueueRow]:
        """Rows of these kinds that failed for good, and those about the shop's own records that wait, which nobody claims."""
        return [queue_row(row) for row in self._database.rows(self._sql(_UNSETTLED), {"types": list(entity_types)})]

    def told_anew(self, whys: Mapping[int, str]) -> None:
        """Rows that failed were refused again, for these reasons, by id."""
        if whys:
            asked = {"ids": list(whys), "whys": [why[:2000] for why in whys.values()]}
            self._database.transaction(lambda work: work.run(self._sql(_TOLD_ANEW), asked))

    def settled(self, rows: Sequence[QueueRow]) -> frozenset[int]:
        """Close rows that failed, because their entities were found in step all the same. What waits is claimed instead."""
        if not rows:
            return frozenset()
        asked = {"ids": [row.id for row in rows]}
        done = self._database.transaction(lambda work: work.rows(self._sql(_SETTLED), asked))
        return frozenset(row["id"] for row in done)

    def mentioning(self, texts: Sequence[str]) -> int:
        """How many rows say any of these texts."""
        return len(self._database.rows(self._sql(_MENTIONING), {"texts": list(texts)}))

    def rewrite(self, texts: Sequence[str], without: Callable[[str], str]) -> int:
        """Let no row say any of these texts: `without` takes them out of what it says. Returns how many rows that were."""

        def work_it(work: Work) -> int:
            rows = work.rows(self._sql(_MENTIONING), {"texts": list(texts)})
            asked = {"ids": [row["id"] for row in rows]}
            asked |= {"whys": [row["error_message"] and without(row["error_message"]) for row in rows]}
            asked |= {"payloads": [row["payload"] and without(row["payload"]) for row in rows]}
            return work.run(self._sql(_REWRITTEN), asked) if rows else 0

        return self._database.transaction(work_it)

    def prune(self, days: int) -> int:
        """Remove what was done more than so many days ago, and tokens of writes. Returns how many rows of the queue that were."""

        def work_it(work: Work) -> int:
            work.run(statement(_PRUNE_WRITES, writes=self._writes), {"days": days})
            return work.run(self._sql(_PRUNE), {"days": days})

        return self._database.transaction(work_it)

    def _sql(self, text: str) -> str:
        return statement(text, queue=self._place)
