"""The Grist connector: one table of one document as the engine sees it."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.base import Capabilities
from syncdb.connectors.grist.batch import TableBatch, front, gather
from syncdb.connectors.grist.cells import alike, can_hold, default_of
from syncdb.connectors.grist.client import Json
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import ColumnPlace, TableBinding, TableColumn, TableLayout, TableState, WantedTable
from syncdb.connectors.grist.lookalike import Likeness, refuse_lookalikes
from syncdb.connectors.grist.marking import marked, refuse_another_ledger
from syncdb.connectors.grist.rows import Row, RowReader, TableRows, by_key, codecs_of, complete_in, keyless_in, known_by
from syncdb.connectors.grist.schema import pure
from syncdb.connectors.grist.showing import THEIRS, Showing, Shown, as_known, is_settled, to_show
from syncdb.connectors.grist.structure import Call, as_evidence, made_by, next_call, survey
from syncdb.connectors.grist.writing import Writer
from syncdb.connectors.order_source import Notice
from syncdb.errors import ConfigurationError, NeedsPerson, OutcomeUnknown, RetryLater
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot
from syncdb.values import Value
from syncdb.wording import counted

log = logging.getLogger("syncdb.grist")

BLOCK = 1000
MOST_ASKED = 5000  # keys: beyond that everything is read, because a request holds 1 MB
UNKEYED_NAMED = 3  # rows in a note
PLACE = "the table, or one of its columns,"
CALLS = 6  # making a table takes three at most
SETTLE_AFTER = 2.0  # seconds before what a lost call was to make is looked for: calls that make tables were answered in 0.1 s
SETTLED = "it was settled before, and is not sent again"


class GristTable:
    """Records as rows of a table: found by key, written in atomic batches, only where a row still shows what was seen."""

    can = Capabilities(create=True, update=True, delete=True, atomic_batches=True, compare_and_set=True, structure=PLACE)

    def __init__(
        self,
        document: GristDocument,
        *,
        name: str,
        table: str,
        columns: Sequence[TableColumn],
        key_label: str = "Shopify ID",
        binding: TableBinding | None = None,
        changed_at: str | None = None,
        login: str | None = None,
        rebuild: bool = False,
        take_types: bool = False,
        dry: bool = False,
        clock: Clock = SYSTEM,
        like: Likeness | None = None,
        ledger: str = "",
    ) -> None:
        """`name` is the entity's, `table` an id or a label, `binding` what the last run left; all of a document share it.

        `changed_at` is the label of a column that notes when people changed a row; changes by `login`
        (our own; by default asked of the server) do not count.
        `like` finds what stands under another name; `rebuild`: that, and a table that is gone, is made anew.
        `take_types`: columns whose type people changed are taken as they are now. `dry`: nothing is made, and what is missing
        counts as empty. `ledger` is the id of the ledger that keeps the table, and whose mark it carries. Raises
        ConfigurationError where two fields share a column.
        """
        asked = [one.asked.casefold() for one in columns]
        doubled = sorted({one.asked for one in columns if asked.count(one.asked.casefold()) > 1})
        if doubled:
            raise ConfigurationError([f'{name}: the column "{label}" is used twice' for label in doubled])
        self.name, self.entity = f"Grist {name}", name
        self.title = self.name
        self._document = document
        self._wish = WantedTable(table, key_label, tuple(columns), changed_at, ledger)
        fits = binding is not None and binding.document == document.id
        self._binding = binding if fits else None
        self._made = self._binding.made if self._binding else frozenset[str]()
        self._marked = self._binding.marked if self._binding else ""
        self._shown: Mapping[str, str] = self._binding.shown if self._binding else {}
        self._login = login
        self._rebuild = rebuild
        self._take_types = take_types
        self._taken: frozenset[str] = frozenset()
        self._dry = dry
        self._clock = clock
        self._like = like
        self._layout: TableLayout | None = None
        self._looked = False
        self._settled: set[int] = set()
        self._unreadable: dict[tuple[str, str], str] = {}
        self._unkeyed: list[str] = []
        self._listed = False
        self.becomes = ""  # what makes a row without a key a record, where anything does
        self.given: Mapping[int, str] = {}  # of a dry run: keys that rows would be given, by row
        document.keep(self)

    @property
    def binding(self) -> TableBinding | None:
        """What to keep for the next run."""
        return self._binding

    @property
    def unreadable(self) -> dict[tuple[str, str], str]:
        """Cells seen that do not hold what their field is, by key and field, with the reason: left alone until a person acts."""
        return dict(self._unreadable)

    @property
    def held(self) -> dict[str, str]:
        """Fields of which nothing is read or written because people changed the type of their column, with the reason."""
        layout = self._layout
        if layout is None:
            return {}
        found = ((one, layout.places[one.name]) for one in self._wish.columns if one.name in layout.places)
        return {one.name: _retyped(one, place, layout.table) for one, place in found if place.held_for(one)}

    def _to_take(self) -> list[str]:
        """Fields whose columns are taken as they are: by consent where they can hold them, and those that have their type again.

        What came of the cells in between may not be what stood there, so that nothing is agreed about these fields any more.
        """
        if self._dry or self._layout is None:
            return []
        wanted = {one.name: one.type for one in self._wish.columns}
        places = {name: self._layout.places[name] for name in self.held}
        again = {name for name, place in places.items() if alike(place.accepted, pure(place.type))}
        fit = {name for name, place in places.items() if self._take_types and can_hold(wanted[name], place.type)}
        return sorted(again | fit)

    def close(self) -> None:
        """See Connector.close."""
        self._document.close()

    def news(self) -> list[Notice]:
        """What a person should know of the table since this was last called: rows that are nobody's record."""
        shown, self._unkeyed = self._unkeyed, []
        added = self._document.unkeyed(self.entity)
        count, place = len(shown) if self._listed else added, self.stands_in()
        if not count or place is None:
            return []
        first = ", ".join(shown[:UNKEYED_NAMED]) + (" ..." if len(shown) > UNKEYED_NAMED else "")
        return [
            Notice(
                f"unkeyed:{self.entity}",
                f'{counted(count, "row")} of the Grist table "{place[1]}" {"has" if count == 1 else "have"} no '
                f"{self._wish.key_label}"
                f"{f' ({first})' if first else ''}: left alone, and nothing is made of that in the shop.",
                f"{self.becomes or 'Make it in the shop: its row comes by itself.'} Rows for people's own use can stay.",
            )
        ]

    def stands_in(self) -> tuple[str, str, str] | None:
        """See Kept.stands_in."""
        layout = self._layout or (self._binding.layout if self._binding and self._binding.table == self._wish.table else None)
        return (self._wish.table, layout.table, layout.key.id) if layout else None

    def place_of(self, field: str) -> ColumnPlace | None:
        """See Kept.place_of."""
        bound = self._binding.layout if self._binding and self._binding.table == self._wish.table else None
        layout = self._layout or bound
        return layout.places.get(field) if layout else None

    def shown_of(self, field: str) -> Shown | None:
        """See Kept.shown_of."""
        return next((self._shown_column(one) for one in self._wish.columns if one.name == field), None)

    def moved_on(self, since: str, state: str) -> None:
        """See Kept.moved_on. A table that was looked at in this run stands as it was seen: only own writes came after."""
        known = self._binding
        if known is not None and known.state and (known.state == since or self._looked):
            self._binding = replace(known, state=state)

    # --- structure ---------------------------------------------------------------------------------------------------

    def structure(self, token: int) -> Attempt | None:
        """See Connector.structure. One request where nothing moved since the last run, none if another table asked already."""
        if self._unmoved() and not self._to_take():
            return None
        standing = self._survey()
        if self._like is not None and not self._rebuild and not standing.whole(self._wish):
            refuse_lookalikes(self._document, self._wish, standing, self._like, self._binding is not None)
        if self._wish.ledger and standing.table is not None and not self._rebuild:
            refuse_another_ledger(standing.key, self._wish.ledger, standing.table.id)
        if self._dry:  # what a new table refers to may not stand yet, either: a real run makes one after the other
            return None if standing.whole(self._wish) else Attempt(token, (), {})
        taken = self._to_take()
        if self._next_call(standing) is None and not taken:
            return None
        return Attempt(token, (), as_evidence(standing, self._wish, taken))

    def _next_call(self, standing: TableState) -> Call | None:
        shows = to_show(self._wish, standing.references, self._made, self._shown, self._shown_column)
        return next_call(self._document, self._wish, standing, self._own_login, shows)

    def _shown_column(self, column: TableColumn) -> Shown | None:
        """What a reference is to show; None where that does not stand."""
        return self._document.shown_as(column.type.partition(":")[2], column.shows) if column.shows else None

    def _own_login(self) -> str | None:
        return self._login or self._document.login()

    def _unmoved(self) -> bool:
        """Whether everything stands where the last run saw it: then the binding tells all."""
        known = self._binding
        if known is None or not known.state or known.table != self._wish.table or known.asked != self._wish.asked:
            return False
        if bool(self._wish.changed_at) != bool(known.layout.changed) or self._lacks_mark(known):
            return False
        if not is_settled(self._wish, known.layout.places, self._made, self._shown, self._shown_column):
            return False
        if not self._looked:
            if self._document.since(known.state).schema_moved:
                return False
            self._bind(known.layout, known.left, known.types)
        return self._layout is not None

    def _lacks_mark(self, known: TableBinding) -> bool:
        return bool(self._wish.ledger) and known.marked != self._wish.ledger

    def _survey(self) -> TableState:
        state = self._document.head()  # asked before the look, so that what moves after it is seen the next time
        standing = survey(self._document, self._wish, self._binding, self._rebuild, self._taken)
        self._looked = True
        self._layout = standing.layout
        if standing.layout is not None and standing.whole(self._wish):
            self._marked = self._wish.ledger if marked(standing.key, self._wish.ledger) else ""
            self._shown = as_known(self._wish, standing.references, self._made, self._shown, self._shown_column)
            self._bind(standing.layout, standing.left, standing.types, state)
        return standing

    def _bind(
        self, layout: TableLayout, left: Mapping[str, tuple[str, int]], types: Mapping[str, str], state: str | None = None
    ) -> None:
        self._layout, self._looked = layout, True
        state = state or self._document.head()
        asked = dict(self._wish.asked)
        self._binding = TableBinding(
            self._document.id, self._wish.table, asked, layout, state, self._made, left, types, self._marked, self._shown
        )

    def _make(self, attempt: Attempt) -> list[Outcome]:
        self._begun(attempt)
        for _ in range(CALLS):
            call = self._next_call(self._survey())
            if call is None:
                return []
            try:
                self._document.call(call.method, call.path, call.body, call.params)
            except OutcomeUnknown as lost:
                log.info("%s", lost)
                return self._settle_structure()
            except Declined as declined:
                if call.shows:
                    self._leave(call.shows, declined)
                elif not declined.schema_moved:
                    raise self._document.explained(declined) from declined
            finally:
                self._document.forget()
        return [Outcome(Result.STALE, why="the table changes while it is made")]

    def _leave(self, shows: Sequence[Showing], declined: Declined) -> None:
        """What references show is of use to people alone: that it may not be set stops nothing."""
        names = ", ".join(f'"{one.reference.label}"' for one in shows)
        log.warning(
            "Grist does not let syncdb choose what %s of the %s shows (%s): pick it in Grist, in the column's options "
            '("Show column")',
            names,
            self.entity,
            declined.text,
        )
        self._shown = {**self._shown, **{one.field: THEIRS for one in shows}}

    def _begun(self, attempt: Attempt) -> None:
        """What an attempt makes or takes, whether its answer comes or not."""
        taken: Any = attempt.evidence.get("taken", ())
        made = made_by(attempt.evidence, self._wish)
        self._made |= made
        self._shown = {name: column for name, column in self._shown.items() if name not in made}
        self._taken |= set(taken)

    def _settle_structure(self) -> list[Outcome]:
        self._clock.sleep(SETTLE_AFTER)
        self._document.forget()
        whole = self._survey().whole(self._wish)
        return [] if whole else [Outcome(Result.STALE, why="the answer was lost, and not all of it stands")]

    # --- reading -----------------------------------------------------------------------------------------------------

    def fetch(self) -> Iterator[Snapshot]:
        """See Connector.fetch. One request: everything as it is at one moment, handed on in blocks."""
        self._unreadable.clear()
        rows = self._read(None)
        self._unkeyed, self._listed = rows.unkeyed, True
        found = list(rows.by_key.items())
        doubled = _places(rows)
        if self._layout is None or not found:
            yield Snapshot({}, complete=self._sure(), doubled=doubled)
            return
        reader = self._reader(self._layout)
        for start in range(0, len(found), BLOCK):
            block = {key: self._found(reader, row) for key, row in found[start : start + BLOCK]}
            yield Snapshot(block, complete=self._sure(), doubled=doubled if start == 0 else {})

    def look(self, keys: Iterable[str]) -> Snapshot:
        """See Connector.look. One request."""
        wanted = list(dict.fromkeys(keys))
        rows = self._read(wanted) if wanted else TableRows()
        if self._layout is None or not rows.by_key:
            return Snapshot({}, complete=self._sure(), doubled=_places(rows))
        reader = self._reader(self._layout)
        return Snapshot({key: self._found(reader, row) for key, row in rows.by_key.items()}, self._sure(), _places(rows))

    def keyless(self, mark: str, marks: Sequence[str] | None) -> tuple[TableLayout | None, list[tuple[Found, Json]]]:
        """Rows without a key and those with one of these `marks` (None: with any that begins with `mark`). One request.

        Each comes with cells by which it is known again.
        """
        layout = self._standing_layout()
        if layout is None:
            return None, []
        try:
            answered = self._document.rows(layout.table, None if marks is None else {layout.key.id: ["", *marks]})
        except Declined as declined:
            raise self._document.explained(declined) from declined
        reader = self._reader(layout)
        rows = keyless_in(answered, layout, mark) if complete_in(answered, layout) else []
        return layout, [(reader.found(row), known_by(row, layout)) for row in rows]

    def _sure(self) -> bool:
        """Whether what is not shown is not there: access rules hide rows without a word."""
        return self._layout is None or self._document.sees_all()

    def _found(self, reader: RowReader, row: Row) -> Found:
        found = reader.found(row)
        for name, why in found.frozen.items():
            if name not in found.record.fields and name not in reader.held:
                self._unreadable[row.key, name] = why
        if not self._dry:
            return found
        # columns that are still to be made hold nothing, as they will when they have been made
        empty: dict[str, Value] = {one.name: None for one in self._wish.columns if one.name not in reader.layout.places}
        return replace(found, record=Record(row.key, {**empty, **found.record.fields}))

    def _read(self, keys: Sequence[str] | None) -> TableRows:
        """Rows by key. What was renamed meanwhile is looked for again, once."""
        for _ in range(2):
            layout = self._standing_layout()
            if layout is None:
                return TableRows()
            wanted = None if keys is None or len(keys) > MOST_ASKED or self._given(keys) else {layout.key.id: keys}
            try:
                answered: list[Json] = self._document.rows(layout.table, wanted)
            except Declined as declined:
                if not declined.schema_moved:
                    raise self._document.explained(declined) from declined
            else:
                if complete_in(answered, layout):
                    return by_key(answered, layout, keys, self.given)
            self._forget()
        raise RetryLater(
            f"The Grist table of the {self.entity} is being rebuilt while it is read. Nothing more was written.",
            next_step="Run it again.",
        )

    def _given(self, keys: Sequence[str]) -> bool:
        """Whether any of these stands in no row yet."""
        return not set(self.given.values()).isdisjoint(keys)

    def _standing_layout(self) -> TableLayout | None:
        """Where things stand; None only where nothing has been made yet and nothing shall be. Raises NeedsPerson."""
        if not self._looked and not self._unmoved():
            self._survey()
        if self._layout is None and not self._dry:
            raise NeedsPerson(
                f'The Grist table "{self._wish.table}" of the {self.entity} or its column "{self._wish.key_label}" '
                "does not stand. Nothing more was written.",
                next_step="Run it again: what is missing is made at the start of a run.",
            )
        return self._layout

    def _reader(self, layout: TableLayout) -> RowReader:
        lacking = [one for one in self._wish.columns if self._dry and one.name not in layout.places]
        unmade: dict[str, Value] = {one.name: default_of(one.type) for one in lacking}
        return RowReader(layout, codecs_of(self._document, self._wish, layout), self._made, unmade, self.held)

    def _forget(self) -> None:
        self._document.forget()
        self._layout, self._looked = None, False
        if self._binding is not None:  # the binding's numbers stay true, its ids may not
            self._binding = replace(self._binding, state="")

    # --- writing -----------------------------------------------------------------------------------------------------

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """See Connector.prepare. New rows need no look: Grist itself adds a key only where it is not there yet."""
        taken = front(operations)
        new = taken[0].action is Action.CREATE
        rows = TableRows() if new else self._read([one.key for one in taken])
        layout = self._standing_layout()
        if layout is None:
            raise NeedsPerson(f"The Grist table for the {self.entity} does not stand, and a dry run makes none.")
        self._refresh_references(taken, layout)
        operations_taken, batch = gather(taken, layout, self._reader(layout), rows)
        return Attempt(token, tuple(operations_taken), batch.as_data())

    def _refresh_references(self, operations: Sequence[Operation], layout: TableLayout) -> None:
        """Rows that are referred to may have been added by others since their keys were asked for."""
        codecs = codecs_of(self._document, self._wish, layout)
        for name, codec in codecs.items():
            if pure(codec.real) != "Ref":
                continue
            wanted = {one.changes[name] for one in operations if one.changes.get(name)}
            if not wanted <= codec.known:
                self._document.wrote(codec.real.partition(":")[2])

    def write(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.write."""
        if attempt.evidence["kind"] == "structure":
            return self._make(attempt)
        batch = TableBatch.from_data(attempt.evidence)
        if attempt.token in self._settled:
            return batch.all(attempt, Result.STALE, SETTLED)
        writer = self._writer()
        if writer is None:
            return batch.all(attempt, Result.STALE, "its table is gone")
        outcomes = batch.told(attempt, batch.outcomes(attempt, writer.send(attempt, batch)), writer.unwritable)
        if any(one.result is Result.STALE for one in outcomes):
            self._forget()
        return outcomes

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.settle. Grist has no fence: a copy of a write that is still under way when it is settled may land later.

        What it then does is bounded: it changes only rows that still show the old values, and adds only keys that are not there.
        """
        if attempt.evidence["kind"] == "structure":
            self._begun(attempt)
            return self._settle_structure()
        batch = TableBatch.from_data(attempt.evidence)
        self._forget()
        try:
            writer = self._writer()
            settled = writer.settle(attempt, batch) if writer else {}
        except Declined as declined:
            raise self._document.explained(declined) from declined
        if writer is None:
            outcomes = batch.all(attempt, Result.STALE, "its table is gone")
        else:
            outcomes = batch.told(attempt, batch.outcomes(attempt, settled), writer.unwritable)
        if not any(one.result is Result.UNKNOWN for one in outcomes):
            self._settled.add(attempt.token)
        return outcomes

    def _writer(self) -> Writer | None:
        if not self._looked and not self._unmoved():
            self._survey()
        return Writer(self._document, self._layout, self._reader(self._layout)) if self._layout else None

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """See Connector.mend. A write never lands in another row: it names the key and the old values of the row it is for."""
        return None


def _retyped(column: TableColumn, place: ColumnPlace, table: str) -> str:
    changed = (
        f"from {place.accepted} to {pure(place.type)}{'' if can_hold(column.type, place.type) else ', which cannot hold it'}"
    )
    return f'the type of its column "{place.id}" in the Grist table "{table}" was changed {changed}'


def _places(rows: TableRows) -> dict[str, tuple[str, ...]]:
    return {key: tuple(map(str, ids)) for key, ids in rows.doubled.items()}
