"""Sending a write and telling what became of it, from its own answer or from the rows."""

import logging
from collections.abc import Collection, Sequence

from syncdb.connectors.grist.answers import rows_of_each
from syncdb.connectors.grist.batch import PARAMS, Entry, TableBatch, gather, has_reference, holds, made_of
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import Declined, full, is_full
from syncdb.connectors.grist.layout import TableLayout
from syncdb.connectors.grist.rows import RowReader, TableRows, by_key
from syncdb.errors import NotUnderstood, OutcomeUnknown, RetryLater
from syncdb.model import Action, Attempt, Operation, Outcome, Result

log = logging.getLogger("syncdb.grist")

BARRIERS = 3
MOVED = "its table or a column was renamed, removed or made a formula in that moment"


class Writer:
    """Writes to one table as its layout says. Made anew for each write."""

    def __init__(self, document: GristDocument, layout: TableLayout, reader: RowReader) -> None:
        self._document = document
        self.layout = layout
        self._reader = reader
        self.unwritable = reader.unwritable

    def rows(self, keys: Sequence[str]) -> TableRows:
        """The rows with these keys, as they are now."""
        key = self.layout.key.id
        return by_key(self._document.rows(self.layout.table, {key: list(keys)}), self.layout, keys)

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(self, attempt: Attempt, batch: TableBatch) -> dict[int, Outcome]:
        """The outcomes of what was to be sent.

        A part that Grist refuses as a whole is sent again in halves, down to the one record that it does not take: a refused
        request changed nothing (bundles are atomic, observed).
        """
        sent: dict[int, Outcome] = {}
        parts = [batch.entries] if batch.entries else []
        while parts:
            part = parts.pop(0)
            try:
                sent |= self._part(attempt, batch, part)
            except OutcomeUnknown as lost:
                unsure = [one for waiting in (part, *parts) for one in waiting]
                return sent | {one.number: Outcome(Result.UNKNOWN, why=str(lost)) for one in unsure}
            except Declined as declined:
                if self._stops_all(declined):
                    raise self._document.explained(declined) from declined
                if declined.schema_moved:
                    self._document.forget()
                    sent |= {one.number: Outcome(Result.STALE, why=MOVED) for one in part}
                elif len(part) > 1:
                    parts[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
                else:
                    sent[part[0].number] = _rejected(attempt.operations[part[0].number], declined)
        return sent

    def _stops_all(self, declined: Declined) -> bool:
        if is_full(declined.text):
            raise full(self._document.what) from declined
        return declined.status in (401, 403) or (declined.status == 404 and not declined.schema_moved)

    def _part(self, attempt: Attempt, batch: TableBatch, part: Sequence[Entry]) -> dict[int, Outcome]:
        self._document.wrote(batch.table)
        if batch.action is Action.DELETE:
            return self._delete(attempt, part)
        body = {"records": [one.record for one in part]}
        answer = self._document.call("PUT", f"/tables/{batch.table}/records", body, PARAMS[batch.action])
        try:
            changed = rows_of_each(answer, len(part))
        except NotUnderstood as nonsense:  # it may stand there all the same
            raise OutcomeUnknown(str(nonsense)) from nonsense
        return self._answered(attempt, batch.action, part, changed)

    def _answered(
        self, attempt: Attempt, action: Action, part: Sequence[Entry], changed: Sequence[Sequence[int] | None]
    ) -> dict[int, Outcome]:
        """What the answer says: for each record the rows that were changed or made, None where the server does not tell."""
        unsure = {place.id for place in self.layout.places.values() if place.triggered}
        outcomes: dict[int, Outcome] = {}
        unclear: list[Entry] = []
        for entry, found in zip(part, changed, strict=True):
            if found is None or has_reference(entry) or unsure & entry.fields.keys() or (action is Action.CREATE and not found):
                unclear.append(entry)
            elif len(found) == 1:
                outcomes[entry.number] = Outcome(Result.DONE, ref=str(found[0]))
            else:
                outcomes[entry.number] = Outcome(Result.STALE, why="it changed in that moment")
        landed = {entry.number for entry, found in zip(part, changed, strict=True) if found is not None and len(found) == 1}
        return outcomes | self._as_shown(attempt, unclear, landed)

    def _as_shown(self, attempt: Attempt, entries: Sequence[Entry], landed: Collection[int] = ()) -> dict[int, Outcome]:
        """The outcomes of adding and changing, as the rows show them; `landed` are known to have been written."""
        if not entries:
            return {}
        operations = {one.number: attempt.operations[one.number] for one in entries}
        try:
            rows = self.rows([one.key for one in operations.values()])
        except RetryLater as away:
            raise OutcomeUnknown(f"Grist took a write but could not be asked what stands there now: {away}") from away
        return {number: self._stands(operation, rows, number in landed) for number, operation in operations.items()}

    def _stands(self, operation: Operation, rows: TableRows, landed: bool) -> Outcome:
        row = rows.by_key.get(operation.key)
        if operation.action is Action.DELETE:
            gone = row is None and operation.key not in rows.doubled
            return Outcome(Result.DONE if gone else Result.STALE, why="" if gone else "it is still there")
        if row is not None and holds(operation, row, self.layout, self._reader):
            return Outcome(Result.DONE, ref=str(row.id))
        made = made_of(operation, row, self._reader) if row is not None and landed else {}
        if made and row is not None:
            return Outcome(Result.DONE, ref=str(row.id), instead=made)
        return Outcome(Result.STALE, ref=str(row.id) if row else None, why="its row shows something else")

    def _delete(self, attempt: Attempt, part: Sequence[Entry]) -> dict[int, Outcome]:
        """Rows are deleted by id, and ids are given again: so each row is held against what is known of it right before."""
        operations = [attempt.operations[one.number] for one in part]
        taken, now = gather(operations, self.layout, self._reader, self.rows([one.key for one in operations]))
        assert len(taken) == len(operations)
        outcomes = {part[number].number: outcome for number, outcome in now.left_out.items()}
        going = [part[one.number] for one in now.entries]
        if not going:
            return outcomes
        self._remove([one.row for one in now.entries if one.row is not None])
        return outcomes | self._as_shown(attempt, going)

    def _remove(self, ids: Sequence[int]) -> None:
        table = f"/tables/{self.layout.table}"
        try:
            self._document.call("POST", f"{table}/records/delete", list(ids))
        except Declined as declined:
            if not declined.no_such_call:
                raise
            self._document.call("POST", f"{table}/data/delete", list(ids))  # servers before 1.7.5

    # --- settling ----------------------------------------------------------------------------------------------------

    def settle(self, attempt: Attempt, batch: TableBatch) -> dict[int, Outcome]:
        """What became of a write whose answer was lost: a write that changes nothing goes through first.

        A document carries writes out one after the other, so that whatever the server had taken in before is done then.
        """
        if not batch.entries:
            return {}
        first = attempt.operations[batch.entries[0].number].key
        body = {"records": [{"require": {self.layout.key.id: first}, "fields": {}}]}
        params = {"noadd": "1", "noupdate": "1", "noparse": "1"}
        for _ in range(BARRIERS):
            try:
                self._document.call("PUT", f"/tables/{self.layout.table}/records", body, params)
                self._document.own_writes = None  # whether the lost write made a state is not known
                return self._as_shown(attempt, batch.entries)
            except OutcomeUnknown as lost:
                log.info("not settled yet: %s", lost)
            except RetryLater as away:
                log.info("not settled: %s", away)
                break
        why = "Grist could not be asked whether the write was applied"
        return {one.number: Outcome(Result.UNKNOWN, why=why) for one in batch.entries}


def _rejected(operation: Operation, declined: Declined) -> Outcome:
    return Outcome(Result.REJECTED, why=f"{operation.key}: Grist does not take it: {declined.text}")
