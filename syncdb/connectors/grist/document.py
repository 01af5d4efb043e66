"""One Grist document: its tables and columns, its rows, and what changed in it since a state."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from syncdb.connectors.base import Changes
from syncdb.connectors.grist.answers import has_halves, plain, rows_in, state_in
from syncdb.connectors.grist.client import GristClient, Json
from syncdb.connectors.grist.failures import Declined, explained
from syncdb.connectors.grist.history import Delta, State, delta, is_older, told
from syncdb.connectors.grist.layout import ColumnPlace, Look
from syncdb.connectors.grist.schema import ColumnInfo, TableInfo, columns_in, same_id, tables_in
from syncdb.connectors.grist.showing import Shown
from syncdb.connectors.grist.widths import PLACES, Place, places_in
from syncdb.decoding import listed, understood, whole
from syncdb.errors import RetryLater

log = logging.getLogger("syncdb.grist")

NO_KEY = "syncdb:none"  # no record's key
LONGEST_FILTER = 6000  # bytes of a filter in an address: beyond 16 KB it is refused (observed); POST /records/list is newer


class Kept(Protocol):
    """A table that is kept in step, as the document needs to know it."""

    entity: str

    def stands_in(self) -> tuple[str, str, str] | None:
        """The configured table name, the table's id and its key column's id; None while it does not stand."""

    def place_of(self, field: str) -> ColumnPlace | None:
        """The column of a field; None while it does not stand."""

    def shown_of(self, field: str) -> Shown | None:
        """What the column of a field is to show, if it is a reference and that stands."""

    def finish(self) -> None:
        """All of a run is written: what is of use to people alone is set."""

    def moved_on(self, since: str, state: str) -> None:
        """Up to `state` nothing of the structure moved for a table seen at `since` or in this run: later looks start there."""


class GristDocument:
    """A document seen through one API key. What is asked twice within a run and cannot have changed since is asked once."""

    def __init__(self, client: GristClient, document: str) -> None:
        self.client = client
        self.id = document
        self.path = f"/docs/{document}"
        self.own_writes: int | None = 0  # calls that made a state; None once one of them was lost
        self._kept: dict[str, Kept] = {}
        self._unkeyed: dict[str, int] = {}
        self._touched: set[str] = set()
        self._tables: list[TableInfo] | None = None
        self._deltas: dict[str, Delta] = {}
        self._head: State | None = None
        self._begin: State | None = None  # the first head of this run
        self._states: list[Json] = []  # as last asked for, newest first
        self._earlier: int | None = 0  # own states between that and the present head; None once one of them was lost
        self._keys: dict[tuple[str, str], tuple[dict[int, str], frozenset[str]]] = {}
        self._lists = True
        self._sees_all: bool | None = None
        self._login: str | None = None

    @property
    def what(self) -> str:
        return f"The Grist document {self.id}"

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    def keep(self, table: Kept) -> None:
        """Make a table known, so that changes are told for it and others can refer to it."""
        self._kept[table.entity] = table

    # --- calls -------------------------------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.client.get(f"{self.path}{path}", params)

    def call(
        self, method: str, path: str, body: object, params: Mapping[str, Any] | None = None, *, shapes: bool | None = None
    ) -> Any:
        """A call that writes. One that is answered makes one state; one to /records also where nothing changed (observed).

        `shapes`: whether tables and columns may be others after it; None: as its path says.
        """
        before, self.own_writes = self.own_writes, None
        if shapes is None:
            shapes = not path.endswith(("/records", "/records/delete", "/data/delete"))
        earlier = self._earlier
        if shapes:
            self._earlier = None
        try:
            answer = self.client.call(method, f"{self.path}{path}", body, params)
        except Declined:
            self.own_writes, self._earlier = before, earlier  # a refused call makes none (observed)
            raise
        if shapes:
            self._head = None  # the structure is another now: what follows counts from there
            self._earlier = None if before is None or earlier is None else earlier + before + 1
        elif before is not None:
            self.own_writes = before + 1
        return answer

    def explained(self, answer: Declined) -> Exception:
        return explained(answer, self.what)

    def login(self) -> str | None:
        """The login of the API key's owner; None where the server does not tell. One request."""
        if self._login is None:
            try:
                answer = self.client.get("/profile/user")
            except Declined as declined:
                log.info("Grist does not tell whose the API key is: %s", declined.text)
                return None
            with understood("Grist"):
                self._login = plain(answer["email"])
        return self._login

    def takes_writes(self, table: str, key: str) -> bool:
        """Whether rows of a table may be changed through this key, told by a write that changes nothing.

        For where access rules are in play: what they hide makes Grist refuse upserts (observed). One request.
        """
        body = {"records": [{"require": {key: NO_KEY}, "fields": {}}]}
        try:
            self.call("PUT", f"/tables/{table}/records", body, {"noadd": "1", "noupdate": "1", "noparse": "1"})
        except Declined as declined:
            if declined.status != 403:
                raise self.explained(declined) from declined
            return False
        return True

    # --- schema ------------------------------------------------------------------------------------------------------

    def tables(self) -> Sequence[TableInfo]:
        """The tables, asked for once. Raises Refused where the document cannot be read."""
        if self._tables is None:
            try:
                answer = self.get("/tables")
            except Declined as declined:
                raise self.explained(declined) from declined
            self._tables = tables_in(answer)
        return self._tables

    def columns(self, table: str) -> list[ColumnInfo]:
        """A table's columns as they are now."""
        try:
            return columns_in(self.get(f"/tables/{table}/columns"))
        except Declined as declined:
            if declined.schema_moved:
                raise RetryLater(
                    f'The Grist table "{table}" was renamed or deleted in this moment. Nothing more was written.',
                    next_step="Run it again.",
                ) from declined
            raise self.explained(declined) from declined

    def places_of(self, columns: Iterable[int]) -> list[Place]:
        """Where columns are shown, by their numbers. One request. Raises Declined."""
        return places_in(self.get(f"/tables/{PLACES}/records", {"filter": json.dumps({"colRef": sorted(columns)})}))

    def forget(self) -> None:
        """Something did not stand where it was seen: look again."""
        self._tables = None
        self._keys.clear()

    def table_called(self, wanted: str) -> str | None:
        """The id of the table that another one refers to by its configured name."""
        for kept in self._kept.values():
            place = kept.stands_in()
            if place is not None and same_id(place[0], wanted):
                return place[1]
        return next((table.id for table in self.tables() if same_id(table.id, wanted)), None)

    def shown_as(self, wanted: str, look: Look) -> Shown | None:
        """What references to a table that is kept, by its configured name, are to show; None where that does not stand."""
        for kept in self._kept.values():
            place, column = kept.stands_in(), kept.place_of(look.field)
            if place is not None and column is not None and same_id(place[0], wanted):
                return Shown(place[1], column, _within(kept, look.within), look.needless)
        return None

    def unkeyed(self, entity: str) -> int:
        """How many rows without a key were added to a table since the cursor of this run, as far as `changes` told."""
        return self._unkeyed.get(entity, 0)

    def touched_unkeyed(self, entity: str) -> bool:
        """Whether rows without a key were added or changed since the cursor of this run, as far as `changes` told."""
        return entity in self._touched or self.unkeyed(entity) > 0

    def is_kept(self, table: str) -> bool:
        """Whether a table, by its id, is known to be one that is kept in step."""
        return any(place[1] == table for one in self._kept.values() if (place := one.stands_in()) is not None)

    def key_column(self, table: str, label: str) -> str:
        """The id of the column with a table's keys; "" where it has none."""
        for kept in self._kept.values():
            place = kept.stands_in()
            if place is not None and place[1] == table:
                return place[2]
        if not any(one.id == table for one in self.tables()):
            return ""
        return next((one.id for one in self.columns(table) if one.label == label or one.id == label), "")

    # --- rows --------------------------------------------------------------------------------------------------------

    def rows(self, table: str, wanted: Mapping[str, Sequence[Any]] | None = None) -> list[Json]:
        """The rows of a table in one answer, so that it is of one moment; of those with such values if `wanted` names columns.

        Everything at once, and not by pages: a page of /sql shows cells in SQLite's own forms, needs access to everything, and
        rows move between pages; documents are documented to hold 100,000 rows at most. Raises Declined.
        """
        if not wanted:
            return self._asked_rows(table)
        text = json.dumps(wanted, ensure_ascii=False)
        if len(quote(text)) <= LONGEST_FILTER:
            return self._asked_rows(table, {"filter": text})
        return self._listed(table, wanted)

    def lowest_rows(self, table: str, most: int) -> list[Json]:
        """The lowest rows of a table, where new ones are added. One request. Raises Declined."""
        return self._asked_rows(table, {"limit": most, "sort": "-manualSort"})

    def _asked_rows(self, table: str, params: Mapping[str, Any] | None = None) -> list[Json]:
        answer = self.get(f"/tables/{table}/records", params)
        with understood("Grist"):
            return rows_in(answer)

    def _listed(self, table: str, wanted: Mapping[str, Sequence[Any]]) -> list[Json]:
        if self._lists:
            try:
                answer = self.client.call("POST", f"{self.path}/tables/{table}/records/list", {"filter": wanted})
            except Declined as declined:
                if not declined.no_such_call:
                    raise
                self._lists = False  # an older server: read everything and pick
            else:
                with understood("Grist"):
                    return rows_in(answer)
        sets = {column: set(values) for column, values in wanted.items()}
        found = self._asked_rows(table)
        return [row for row in found if all(_cell(row, column) in values for column, values in sets.items())]

    def keys_of(self, table: str, column: str) -> tuple[dict[int, str], frozenset[str]]:
        """The keys of a table's rows by row id, and all of them, asked for once until the table is written.

        Rows without a key are left out. One request.
        """
        if (table, column) not in self._keys:
            keys = self._ask_keys(table, column)
            self._keys[table, column] = keys, frozenset(keys.values())
        return self._keys[table, column]

    def _ask_keys(self, table: str, column: str) -> dict[int, str]:
        try:
            answer = self.client.call("POST", f"{self.path}/sql", {"sql": f'SELECT id, "{column}" AS k FROM "{table}"'})
        except Declined as declined:
            if declined.status == 404 and not declined.no_such_call:
                raise
            if declined.status == 403:
                self._hidden(declined)
            # access rules hide a part, or the statement took too long: the slower way
            found = [(one["id"], one["fields"].get(column)) for one in self.rows(table)]
        else:
            with understood("Grist"):
                found = [(one["fields"]["id"], one["fields"]["k"]) for one in listed(answer["records"])]
        with understood("Grist"):
            keys = {whole(row): str(key) for row, key in found if key not in (None, "", 0)}
        return {row: key for row, key in keys.items() if not has_halves(key)}

    def wrote(self, table: str) -> None:
        """Rows of a table were written: keys known by row id may not be right any more."""
        for known in [one for one in self._keys if one[0] == table]:
            del self._keys[known]

    # --- history -----------------------------------------------------------------------------------------------------

    def head(self) -> str:
        """The document's state when this run first asked. One request, or none."""
        if self._head is None:
            try:
                newest = self._newest_state()
            except Declined as declined:
                raise self.explained(declined) from declined
            return self._at(newest)
        return self._head.kept

    def _newest_state(self) -> State:
        answer = self.get("/states")
        with understood("Grist"):
            self._states = listed(answer["states"])
            return State(*state_in(self._states[0]))

    def put_back(self, seen: str) -> str:
        """See Feed.put_back. No request where it was asked what changed since then; where that cannot be told, one at most."""
        if self.since(seen).tables is not None:
            return ""
        if not self._states:
            try:
                self._newest_state()
            except Declined as declined:
                raise self.explained(declined) from declined
        with understood("Grist"):
            shown = [State(*state_in(one)) for one in self._states]
        if not is_older(shown, State.of(seen)):
            return ""
        return f"{self.what} no longer knows the state in which the last run saw it: an older copy of it took its place."

    def _at(self, state: State) -> str:
        """The run's head from now on; own writes count from it."""
        self._head, self.own_writes = state, 0
        self._begin = self._begin or self._head
        self._deltas.clear()
        return self._head.kept

    def since(self, state: str | None) -> Delta:
        """What changed between a state and the run's head. One request, which tells the head, too; none where it was asked."""
        if not state:
            return Delta(self.head(), None)
        if self._head is not None and State.of(state).mark == self._head.mark:
            return Delta(self._head.kept)
        if state not in self._deltas:
            self._deltas[state] = self._compared(state)
        return self._deltas[state]

    def _compared(self, state: str) -> Delta:
        right = self._head.mark if self._head else "HEAD"
        try:
            answer = self.get("/compare", {"left": State.of(state).mark, "right": right, "maxRows": "null"})
        except Declined as declined:
            if declined.status in (401, 404):
                raise self.explained(declined) from declined
            if declined.status == 403:
                self._hidden(declined)
            # forgotten by Grist ("Cannot read hash"), or hidden from us by access rules: everything must be looked at
            log.info("what changed in Grist cannot be told (%s): everything is looked at", declined.text)
            return Delta(self.head(), None)
        found = delta(answer)
        self._sees_all = True
        if self._head is None:
            with understood("Grist"):
                self._at(State(*state_in(answer["right"])))
        return found

    def sees_all(self) -> bool:
        """Whether no access rule hides rows or columns from us: comparing states is refused then (observed).

        One request at most, none where a comparison was asked for before.
        """
        if self._sees_all is None:
            self._compared(self.head())
        return bool(self._sees_all)

    def _hidden(self, declined: Declined) -> None:
        if self._sees_all is not False:
            log.warning(
                "Access rules hide a part of the Grist document from the API key's owner (%s): what is not shown counts as not "
                "known, so nothing is added again or deleted because of it",
                declined.text,
            )
        self._sees_all = False

    def changes(self, cursor: str | None) -> Changes:
        """See Feed.changes. Deletions and what formulas made are told, too. Rows without a key are not records.

        One request where nothing changed, one more for each table of which rows changed but not their keys.
        """
        found = self.since(cursor)
        if cursor and found.tables is not None and not found.schema_moved:
            self._move_on(cursor, found.head)
        keys: dict[str, tuple[str, ...] | None] = {}
        for name, table in self._kept.items():
            changed = self._changed(found, table)
            if changed is None or changed:
                keys[name] = changed
        return Changes(keys, found.head)

    def _changed(self, found: Delta, kept: Kept) -> tuple[str, ...] | None:
        if found.tables is None or found.schema_moved:
            return None
        place = kept.stands_in()
        if place is None:
            return None
        said = told(found.tables, place[1], place[2])
        if not said.whole:
            return None
        by_row = self._keys_at(place[1], place[2], said.rows)
        self._unkeyed[kept.entity] = said.unkeyed
        if said.rows - by_row.keys():
            self._touched.add(kept.entity)
        return tuple(sorted(said.keys | {by_row[row] for row in said.rows if row in by_row}))

    def _keys_at(self, table: str, column: str, rows: Iterable[int]) -> dict[int, str]:
        return self.keys_of(table, column)[0] if set(rows) else {}

    def after_own_writes(self, cursor: str) -> str:
        """The cursor to keep when all up to `cursor` is settled: past this run's own writes, if nobody else wrote meanwhile.

        Each call that writes makes exactly one state (observed), so they can be counted. One request if anything was written, and
        two for a table where new words are to be choices.
        """
        for table in self._kept.values():
            table.finish()
        expected = self._expected(cursor)
        if expected is None:
            return cursor
        newest = self._newest_state()
        if newest.number != expected:
            return cursor
        self._move_on(cursor, newest.kept)
        return self._at(newest)

    def _move_on(self, since: str, state: str) -> None:
        """Spare later runs the comparison with a state long ago, which grows with all that was written since."""
        for table in self._kept.values():
            table.moved_on(since, state)

    def _expected(self, cursor: str) -> int | None:
        """The number of the state to which only own writes lead from a cursor; None if there were none or it is not known."""
        if self._head is None or self._head.number is None or self.own_writes is None:
            return None
        if cursor == self._head.kept:
            return self._head.number + self.own_writes if self.own_writes else None
        if self._begin is None or self._begin.number is None or cursor != self._begin.kept or self._earlier is None:
            return None
        return self._begin.number + self._earlier + self.own_writes


def _within(kept: Kept, field: str) -> tuple[ColumnPlace, ColumnPlace] | None:
    """A table's reference to what its rows belong to, and the column shown of that; None where they do not stand."""
    reference, other = kept.place_of(field), kept.shown_of(field)
    if reference is None or other is None or not other.fits(reference.type):
        return None
    return reference, other.column


def _cell(row: Json, name: str) -> Any:
    found = row["id"] if name == "id" else row["fields"].get(name)
    return found if not isinstance(found, list) else None
