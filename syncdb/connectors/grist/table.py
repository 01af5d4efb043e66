"""The Grist connector: one table of one document as the engine sees it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.base import Capabilities
from syncdb.connectors.grist.batch import TableBatch, front, gather
from syncdb.connectors.grist.cells import default_of
from syncdb.connectors.grist.client import Json
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import TableBinding, TableColumn, TableLayout, WantedTable
from syncdb.connectors.grist.lookalike import Likeness
from syncdb.connectors.grist.rows import Row, RowReader, TableRows, by_key, codecs_of, complete_in, keyless_in, known_by
from syncdb.connectors.grist.schema import pure
from syncdb.connectors.grist.standing import Standing
from syncdb.connectors.grist.writing import Writer
from syncdb.connectors.order_source import Notice
from syncdb.errors import ConfigurationError, NeedsPerson, RetryLater
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot
from syncdb.values import Value
from syncdb.wording import counted

BLOCK = 1000
MOST_ASKED = 5000  # keys: beyond that everything is read, because a request holds 1 MB
UNKEYED_NAMED = 3  # rows in a note
PLACE = "the table, or one of its columns,"
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
        widths: Mapping[str, int] | None = None,
    ) -> None:
        """`name` is the entity's, `table` an id or a label, `binding` what the last run left; all of a document share it.

        `changed_at` is the label of a column that notes when people changed a row; changes by `login`
        (our own; by default asked of the server) do not count.
        `like` finds what stands under another name; `rebuild`: that, and a table that is gone, is made anew.
        `take_types`: columns whose type people changed are taken as they are now. `dry`: nothing is made, and what is missing
        counts as empty. `ledger` is the id of the ledger that keeps the table, and whose mark it carries. `widths` is as in
        WantedTable. Raises ConfigurationError where two fields share a column.
        """
        asked = [one.asked.casefold() for one in columns]
        doubled = sorted({one.asked for one in columns if asked.count(one.asked.casefold()) > 1})
        if doubled:
            raise ConfigurationError([f'{name}: the column "{label}" is used twice' for label in doubled])
        self.name, self.entity = f"Grist {name}", name
        self.title = self.name
        self._document = document
        self._wish = WantedTable(table, key_label, tuple(columns), changed_at, ledger, widths or {})
        self._dry = dry
        self._stand = Standing(document, name, self._wish, binding, clock, login, rebuild, take_types, dry, like)
        self._settled: set[int] = set()
        self._unreadable: dict[tuple[str, str], str] = {}
        self._unkeyed: list[str] = []
        self._listed = False
        self.becomes = ""  # what makes a row without a key a record, where anything does
        self.given: Mapping[int, str] = {}  # of a dry run: keys that rows would be given, by row
        document.keep(self._stand)

    @property
    def binding(self) -> TableBinding | None:
        """What to keep for the next run."""
        return self._stand.binding

    @property
    def unreadable(self) -> dict[tuple[str, str], str]:
        """Cells seen that do not hold what their field is, by key and field, with the reason: left alone until a person acts."""
        return dict(self._unreadable)

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

    @property
    def held(self) -> dict[str, str]:
        """Fields of which nothing is read or written because people changed the type of their column, with the reason."""
        return self._stand.held

    def stands_in(self) -> tuple[str, str, str] | None:
        """See Kept.stands_in."""
        return self._stand.stands_in()

    def structure(self, token: int) -> Attempt | None:
        """See Connector.structure. One request where nothing moved since the last run, none if another table asked already."""
        return self._stand.structure(token)

    # --- reading -----------------------------------------------------------------------------------------------------

    def fetch(self) -> Iterator[Snapshot]:
        """See Connector.fetch. One request: everything as it is at one moment, handed on in blocks."""
        self._unreadable.clear()
        rows = self._read(None)
        self._unkeyed, self._listed = rows.unkeyed, True
        found = list(rows.by_key.items())
        doubled = _places(rows)
        if self._stand.layout is None or not found:
            yield Snapshot({}, complete=self._sure(), doubled=doubled)
            return
        reader = self._reader(self._stand.layout)
        for start in range(0, len(found), BLOCK):
            block = {key: self._found(reader, row) for key, row in found[start : start + BLOCK]}
            yield Snapshot(block, complete=self._sure(), doubled=doubled if start == 0 else {})

    def look(self, keys: Iterable[str]) -> Snapshot:
        """See Connector.look. One request."""
        wanted = list(dict.fromkeys(keys))
        rows = self._read(wanted) if wanted else TableRows()
        if self._stand.layout is None or not rows.by_key:
            return Snapshot({}, complete=self._sure(), doubled=_places(rows))
        reader = self._reader(self._stand.layout)
        return Snapshot({key: self._found(reader, row) for key, row in rows.by_key.items()}, self._sure(), _places(rows))

    def keyless(self, mark: str, marks: Sequence[str] | None) -> tuple[TableLayout | None, list[tuple[Found, Json]]]:
        """Rows without a key and those with one of these `marks` (None: with any that begins with `mark`). One request.

        Each comes with cells by which it is known again.
        """
        layout = self._stand.now()
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
        return self._stand.layout is None or self._document.sees_all()

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
            layout = self._stand.now()
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
                    rows = by_key(answered, layout, keys, self.given)
                    cells = (row.cells for row in rows.by_key.values())
                    self._stand.words.read(cells, self._stand.lists(layout), whole=keys is None)
                    return rows
            self._stand.forget()
        raise RetryLater(
            f"The Grist table of the {self.entity} is being rebuilt while it is read. Nothing more was written.",
            next_step="Run it again.",
        )

    def _given(self, keys: Sequence[str]) -> bool:
        """Whether any of these stands in no row yet."""
        return not set(self.given.values()).isdisjoint(keys)

    def _reader(self, layout: TableLayout) -> RowReader:
        lacking = [one for one in self._wish.columns if self._dry and one.name not in layout.places]
        unmade: dict[str, Value] = {one.name: default_of(one.type) for one in lacking}
        return RowReader(layout, codecs_of(self._document, self._wish, layout), self._stand.made, unmade, self.held)

    # --- writing -----------------------------------------------------------------------------------------------------

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """See Connector.prepare. New rows need no look: Grist itself adds a key only where it is not there yet."""
        taken = front(operations)
        new = taken[0].action is Action.CREATE
        rows = TableRows() if new else self._read([one.key for one in taken])
        layout = self._stand.now()
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
            return self._stand.make(attempt)
        batch = TableBatch.from_data(attempt.evidence)
        if attempt.token in self._settled:
            return batch.all(attempt, Result.STALE, SETTLED)
        writer = self._writer()
        if writer is None:
            return batch.all(attempt, Result.STALE, "its table is gone")
        self._stand.words.written((one.fields for one in batch.entries), self._stand.lists(writer.layout))
        outcomes = batch.told(attempt, batch.outcomes(attempt, writer.send(attempt, batch)), writer.unwritable)
        if any(one.result is Result.STALE for one in outcomes):
            self._stand.forget()
        return outcomes

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.settle. Grist has no fence: a copy of a write that is still under way when it is settled may land later.

        What it then does is bounded: it changes only rows that still show the old values, and adds only keys that are not there.
        """
        if attempt.evidence["kind"] == "structure":
            return self._stand.settle(attempt)
        batch = TableBatch.from_data(attempt.evidence)
        self._stand.forget()
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
        layout = self._stand.here()
        return Writer(self._document, layout, self._reader(layout)) if layout else None

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """See Connector.mend. A write never lands in another row: it names the key and the old values of the row it is for."""
        return None


def _places(rows: TableRows) -> dict[str, tuple[str, ...]]:
    return {key: tuple(map(str, ids)) for key, ids in rows.doubled.items()}
