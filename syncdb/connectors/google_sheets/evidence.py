"""What a write to rows leaves in the journal: where each operation goes, what stood there, and what was left out and why.

It is JSON data and complete enough for another process, later, to verify the write or take it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.google_sheets.cells import entry_for
from syncdb.connectors.tabular.entries import Entry, keep, kept
from syncdb.connectors.tabular.headers import TabLayout
from syncdb.model import Action, Operation, Outcome, Result

NEIGHBOURS = 3  # rows kept above and below each touched row, so that a row without a key can be recognised later


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the operations of one attempt go. Operations are named by their position in the attempt.

    `rows` holds the row of each update, as it was before the new rows. The creates in `inserted` fill new rows from row `at` on,
    in that order.
    `before` holds whole rows as they stood when they were looked at, `head` the head rows among them.
    """

    spreadsheet_id: str
    sheet_id: int
    tab: str
    grid: tuple[int, int]
    layout: TabLayout
    key_field: str
    rows: Mapping[int, int]
    at: int
    inserted: Sequence[int]
    left_out: Mapping[int, Outcome]
    before: Mapping[int, Sequence[Entry]] = field(default_factory=dict)
    _new: Mapping[int, int] = field(init=False, repr=False, compare=False)  # by operation, as there may be thousands

    def __post_init__(self) -> None:
        object.__setattr__(self, "_new", {number: self.at + place for place, number in enumerate(self.inserted)})

    @property
    def sends(self) -> bool:
        return bool(self.rows or self.inserted)

    @property
    def key_column(self) -> int:
        return self.layout.columns[self.key_field]

    def row_of(self, number: int) -> int | None:
        """The row that an operation was to touch or make, once all is applied; None if it was left out."""
        return self.after(self.rows[number]) if number in self.rows else self._new.get(number)

    def after(self, row: int) -> int:
        """Where a row is once the new ones are there."""
        return row + len(self.inserted) if row >= self.at else row

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": "records",
            "spreadsheet_id": self.spreadsheet_id,
            "sheet_id": self.sheet_id,
            "tab": self.tab,
            "grid": list(self.grid),
            "header_row": self.layout.header_row,
            "columns": dict(self.layout.columns),
            "headers": dict(self.layout.headers),
            "key_field": self.key_field,
            "rows": {str(number): row for number, row in self.rows.items()},
            "at": self.at,
            "inserted": list(self.inserted),
            "left_out": {str(number): [one.result.value, one.why] for number, one in self.left_out.items()},
            "before": {str(row): [keep(entry) for entry in line] for row, line in self.before.items()},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Placement":
        return cls(
            data["spreadsheet_id"],
            data["sheet_id"],
            data["tab"],
            (data["grid"][0], data["grid"][1]),
            TabLayout(data["header_row"], data["columns"], data["headers"]),
            data["key_field"],
            {int(number): row for number, row in data["rows"].items()},
            data["at"],
            data["inserted"],
            {int(number): Outcome(Result(one[0]), why=one[1]) for number, one in data["left_out"].items()},
            {int(row): [kept(stored) for stored in line] for row, line in data["before"].items()},
        )


@dataclass(frozen=True, slots=True)
class Written:
    """The cells one operation writes: by field, in a row that is an update's or, if `new`, was made for it."""

    key: str
    row: int
    new: bool
    entries: Mapping[str, Entry]


def entries_of(operation: Operation, key_field: str) -> dict[str, Entry]:
    """What an operation puts into which field. A new row always gets its key. Raises Unfit where a value does not fit a cell."""
    entries = {name: entry_for(value) for name, value in operation.changes.items()}
    if operation.action is Action.CREATE:
        entries[key_field] = operation.key
    return entries


def written_by(operations: Sequence[Operation], placement: Placement) -> list[Written]:
    """What an attempt writes, update by update and then new row by new row."""
    updates = [(number, row, False) for number, row in placement.rows.items()]
    creates = [(number, placement.at + offset, True) for offset, number in enumerate(placement.inserted)]
    return [
        Written(operations[number].key, row, new, entries_of(operations[number], placement.key_field))
        for number, row, new in (*updates, *creates)
    ]


def written_as_data(written: Sequence[Written]) -> list[Any]:
    """As JSON, for a write that mends this one; `written_from_data` is the inverse."""
    return [[one.key, one.row, one.new, {name: keep(entry) for name, entry in one.entries.items()}] for one in written]


def written_from_data(data: Sequence[Any]) -> list[Written]:
    return [Written(key, row, new, {name: kept(stored) for name, stored in entries.items()}) for key, row, new, entries in data]
