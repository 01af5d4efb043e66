"""One table of an ERP as a connector: records by key, written with what was expected, settled by a token in the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.postgres.database import ErpDatabase, Row, Work
from syncdb.connectors.postgres.failures import RowRefused
from syncdb.connectors.postgres.install.writing import name, raw, statement
from syncdb.connectors.postgres.row_values import Codec
from syncdb.connectors.postgres.rows import ID, conditions, insert, once, place, read_rows, selected, update
from syncdb.connectors.postgres.tables import ErpTable, ErpTables
from syncdb.errors import OutcomeUnknown, RetryLater
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Kind, Value, canonical_json, decode_fields, digest, encode_fields, iso, same

BLOCK = 1000
BATCH = 250


class ErpTableConnector:
    """The records of one table. Their key is the row's own, or the value of the field `keyed_by` (an SKU, an id of the shop).

    `kinds` are the fields that records have, `only` what rows must show to count (a switch), `stamp` a field that is set to
    the present moment with every write, `digits` how many decimals of an amount count. Writes are no news for the ERP's triggers.
    """

    can = Capabilities(atomic_batches=True, compare_and_set=True, fence=True)

    def __init__(
        self,
        database: ErpDatabase,
        tables: ErpTables,
        table: ErpTable,
        kinds: Mapping[str, Kind],
        zone: tzinfo = UTC,
        *,
        title: str = "the ERP",
        keyed_by: str = ID,
        only: Mapping[str, Any] | None = None,
        stamp: str = "",
        digits: Mapping[str, int] | None = None,
    ) -> None:
        self.name, self.title = table.entity, title
        self._database, self._tables, self._table = database, tables, table
        self._codec = Codec(kinds, zone, digits or {})
        self._fields = tuple(kinds)
        self._keyed_by = keyed_by
        self._only = dict(only or {})
        self._stamp = stamp if table.has(stamp) else ""
        self._read = dict.fromkeys([*self._fields, *([] if keyed_by == ID else [keyed_by]), *_changed(table)])

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """All rows in blocks, in the order of their own keys."""
        doubled = self._doubled()
        after: Any = None
        while rows := self._block(after):
            after = rows[-1]["_key"]
            yield self._snapshot(rows, doubled)
            doubled = {}
        if after is None:
            yield Snapshot({}, complete=True)

    def look(self, keys: Iterable[str]) -> Snapshot:
        """The rows of these keys, in one statement."""
        wanted = list(keys)
        if not wanted:
            return Snapshot({}, complete=True)
        rows = self._rows(self._database, wanted)
        places: dict[str, list[str]] = {}
        for row in rows:
            places.setdefault(self._key(row), []).append(row[ID])
        return self._snapshot(rows, {key: tuple(ids) for key, ids in places.items() if len(ids) > 1})

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Attempt(token, tuple(operations[:BATCH]), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        """One transaction, without the rows that the database refuses. Raises RemoteError: nothing was written."""
        try:
            return self._database.transaction(lambda work: self._apply(work, attempt, careful=False))
        except RowRefused:
            return self._database.transaction(lambda work: self._apply(work, attempt, careful=True))
        except OutcomeUnknown as lost:
            return [Outcome(Result.UNKNOWN, why=str(lost)) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """What the database remembers of the write; where that is nothing, it is kept from ever counting."""
        try:
            return self._database.transaction(
                lambda work: self._remembered(work, attempt, fence=once(work, self._tables, attempt.token))
            )
        except (OutcomeUnknown, RetryLater) as lost:  # it may still be under way: the lock on its token is not let go
            return [Outcome(Result.UNKNOWN, why=str(lost)) for _ in attempt.operations or (None,)]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        self._database.close()

    def _apply(self, work: Work, attempt: Attempt, *, careful: bool) -> list[Outcome]:
        if not once(work, self._tables, attempt.token):
            return self._remembered(work, attempt, fence=False)
        standing = {self._key(row): row for row in self._rows(work, self._known(attempt.operations), lock=True)}
        outcomes = [self._one(work, operation, standing.get(operation.key), careful) for operation in attempt.operations]
        outcomes = self._kept(work, attempt.operations, outcomes)
        sql = statement("update {writes} set outcome = %s::jsonb where token = %s", writes=self._writes)
        work.run(sql, [canonical_json({"told": _told(outcomes)}), attempt.token])
        return outcomes

    def _known(self, operations: Sequence[Operation]) -> list[str]:
        """The keys that rows may have already: not those of new rows, where the ERP gives the keys itself."""
        return [one.key for one in operations if one.action is not Action.CREATE or self._keyed_by != ID]

    def _one(self, work: Work, operation: Operation, row: Row | None, careful: bool) -> Outcome:
        if operation.action is Action.CREATE:
            if row is not None and self._keyed_by != ID:
                return Outcome(Result.STALE, row[ID], "it is there already")
        elif row is None or not agrees(operation.expected, self._shown(row)):
            return Outcome(Result.STALE, row[ID] if row else None, "it changed meanwhile")
        if not careful:
            return self._written(work, operation, row)
        try:
            return work.alone(operation.key, lambda: self._written(work, operation, row))
        except RowRefused as refused:
            return Outcome(Result.REJECTED, row[ID] if row else None, str(refused))

    def _written(self, work: Work, operation: Operation, row: Row | None) -> Outcome:
        values = {
            field: self._codec.written(field, value) for field, value in operation.changes.items() if self._table.has(field)
        }
        if self._stamp:
            values[self._stamp] = self._database.clock.now()
        if operation.action is Action.CREATE:
            if self._keyed_by != ID:
                values.setdefault(self._keyed_by, operation.key)
            made = insert(work, self._table, values)
            return Outcome(Result.DONE, made, id=made if self._keyed_by == ID else None)
        assert row is not None
        update(work, self._table, row[ID], values)
        return Outcome(Result.DONE, row[ID])

    def _kept(self, work: Work, operations: Sequence[Operation], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes with what the ERP keeps in place of what was written (it rounds, a trigger of its own sets something)."""
        refs = [one.ref for one in outcomes if one.result is Result.DONE and one.ref]
        now = {row[ID]: self._shown(row) for row in read_rows(work, self._table, {ID: refs}, self._read)} if refs else {}
        return [_with_kept(operation, one, now.get(one.ref or "")) for operation, one in zip(operations, outcomes, strict=True)]

    def _remembered(self, work: Work, attempt: Attempt, *, fence: bool) -> list[Outcome]:
        """The outcomes that were written down with the write itself; all stale where it was fenced off."""
        sql = statement("select outcome from {writes} where token = %s", writes=self._writes)
        found = None if fence else work.rows(sql, [attempt.token])[0]["outcome"]
        if found is None:
            return [Outcome(Result.STALE, why="it was never applied") for _ in attempt.operations or (None,)]
        return [_outcome(one) for one in found["told"]]

    def _rows(self, asked: ErpDatabase | Work, keys: Sequence[str], *, lock: bool = False) -> list[Row]:
        return read_rows(asked, self._table, {self._keyed_by: list(keys)} | self._only, self._read, lock=lock)

    def _block(self, after: Any) -> list[Row]:
        where, values = conditions(self._table, self._only)
        sql = statement(
            "select t.{key} as _key, {fields} from {table} as t where {where} and {after} order by t.{key} limit %s",
            fields=selected(self._table, self._read),
            table=place(self._table),
            where=where,
            after=raw("true") if after is None else _after(self._table),
            key=name(self._table.key),
        )
        return self._database.rows(sql, [*values, *([] if after is None else [after]), BLOCK])

    def _doubled(self) -> dict[str, tuple[str, ...]]:
        """Keys that several rows have, with these rows."""
        if self._keyed_by == ID:
            return {}
        where, values = conditions(self._table, self._only)
        sql = statement(
            "select {field}::text as doubled, array_agg({key}::text order by {key}) as ids from {table} "
            "where {where} and {field} is not null group by {field} having count(*) > 1",
            field=name(self._table.columns[self._keyed_by]),
            key=name(self._table.key),
            table=place(self._table),
            where=where,
        )
        return {row["doubled"]: tuple(row["ids"]) for row in self._database.rows(sql, values)}

    def _snapshot(self, rows: Iterable[Row], doubled: Mapping[str, tuple[str, ...]]) -> Snapshot:
        """The rows as records; one without a key (not linked yet) is no record."""
        found = {key: self._found(key, row) for row in rows if (key := self._key(row))}
        return Snapshot(found, complete=True, doubled=doubled)

    def _found(self, key: str, row: Row) -> Found:
        fields = self._shown(row)
        moment = next((row[field] for field in _changed(self._table)), None)
        changed = iso(moment) if isinstance(moment, datetime) and moment.tzinfo else None
        return Found(row[ID], digest(encode_fields(fields)), Record(key, fields), changed_at=changed)

    def _key(self, row: Row) -> str:
        stored = row[self._keyed_by]
        return "" if stored is None else str(stored)

    def _shown(self, row: Row) -> dict[str, Value]:
        return {field: self._codec.read(field, row[field]) for field in self._fields}

    @property
    def _writes(self) -> Any:
        return name(self._tables.schema, self._tables.own["sync_writes"])


def _after(table: ErpTable) -> Any:
    """The condition that a row comes after the one whose key is sent."""
    from psycopg.sql import SQL

    return SQL("{} > %s").format(name(table.key))


def _changed(table: ErpTable) -> tuple[str, ...]:
    return ("updated_at",) if table.has("updated_at") else ()


def _with_kept(operation: Operation, outcome: Outcome, shown: Mapping[str, Value] | None) -> Outcome:
    if shown is None:
        return outcome
    instead = {
        field: shown[field] for field, value in operation.changes.items() if field in shown and not same(shown[field], value)
    }
    return Outcome(outcome.result, outcome.ref, outcome.why, id=outcome.id, instead=instead) if instead else outcome


def _told(outcomes: Sequence[Outcome]) -> Any:
    return [[one.result.value, one.ref, one.why, one.id, encode_fields(one.instead)] for one in outcomes]


def _outcome(told: Sequence[Any]) -> Outcome:
    result, ref, why, id, instead = told
    return Outcome(Result(result), ref, why, id=id, instead=decode_fields(instead))
