"""Rows of a table as records: found by key, read by the columns' real types."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from syncdb.connectors.grist.answers import has_halves
from syncdb.connectors.grist.cells import Codec, UnreadableCell, shown
from syncdb.connectors.grist.client import Json
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import sayable
from syncdb.connectors.grist.layout import ColumnPlace, TableColumn, TableLayout, WantedTable
from syncdb.connectors.grist.schema import pure
from syncdb.decoding import understood
from syncdb.model import Found, Record
from syncdb.values import Value, canonical, digest, encode_fields, iso

NONE_GIVEN: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its id (a place, never an identity), its key, its cells by column id and the errors of its formulas."""

    id: int
    key: str
    cells: Mapping[str, Any]
    errors: Mapping[str, str]


@dataclass(slots=True)
class TableRows:
    """Rows by key. `doubled` keys stand in several rows; rows without a key are no records.

    `unkeyed` are those of them that hold something in a column of ours all the same: what they show first there.
    """

    by_key: dict[str, Row] = field(default_factory=dict)
    doubled: dict[str, list[int]] = field(default_factory=dict)
    unkeyed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads a table's rows as its layout says.

    `made` are fields whose columns we made: in rows that were there before, Grist puts a default into them (observed). `unmade`
    are fields whose columns a real run would make, with that default. `held` are fields whose columns are not to be read or
    written, with the reason.
    """

    layout: TableLayout
    codecs: Mapping[str, Codec]
    made: frozenset[str] = frozenset()
    unmade: Mapping[str, Value] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)

    @property
    def unwritable(self) -> frozenset[str]:
        """Fields of which nothing is written: their columns are formulas, or held back."""
        return frozenset(self.held) | {name for name, place in self.layout.places.items() if place.computed}

    def found(self, row: Row) -> Found:
        """The record of a row. A field that cannot be read is left out and frozen, with the reason; formulas are computed."""
        fields: dict[str, Value] = {}
        frozen: dict[str, str] = {}
        for name in self.layout.places:
            if name in self.held:
                frozen[name] = self.held[name]
                continue
            try:
                fields[name] = self.value(row, name)
            except UnreadableCell as why:
                frozen[name] = str(why)
        computed = frozenset(name for name, place in self.layout.places.items() if place.computed)
        fields |= self.unmade
        blank = frozenset(name for name, value in fields.items() if self._is_blank(name, value)) - computed
        version = digest(encode_fields(fields))
        notes = tuple(column for column in self.layout.own if not _nothing(row.cells.get(column)))
        return Found(str(row.id), version, Record(row.key, fields), frozen, self._changed_at(row), computed, blank, notes)

    def _is_blank(self, name: str, value: Value) -> bool:
        return canonical(value) is None or ((name in self.made or name in self.unmade) and value in (0, False))

    def value(self, row: Row, name: str) -> Value:
        """One field of a row. Raises Unreadable."""
        if name in self.held:
            raise UnreadableCell(self.held[name])
        place = self.layout.places[name]
        if place.id in row.errors:
            raise UnreadableCell(f"its formula fails ({sayable(str(row.errors[place.id]))})")
        if place.id not in row.cells:
            raise UnreadableCell(f"its column {place.id} was renamed or removed in this moment")
        return shown(row.cells[place.id], self.codecs[name])

    def _changed_at(self, row: Row) -> str | None:
        seconds = row.cells.get(self.layout.changed) if self.layout.changed else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return None
        try:
            return iso(datetime.fromtimestamp(seconds, UTC))
        except (OverflowError, ValueError, OSError):
            return None


def _nothing(cell: Any) -> bool:
    """Whether a cell holds what Grist itself puts into a new row."""
    return cell in (None, "", 0, False, ["L"])


def codecs_of(document: GristDocument, wish: WantedTable, layout: TableLayout) -> dict[str, Codec]:
    """How each field stands in its column; the keys of tables that are referred to are asked for once."""
    wanted = {one.name: one for one in wish.columns}
    places = layout.places.items()
    return {name: _codec(document, wanted[name], place) for name, place in places if not place.held_for(wanted[name])}


def _codec(document: GristDocument, wanted: TableColumn, place: ColumnPlace) -> Codec:
    if pure(place.type) != "Ref":
        return Codec(wanted.type, place.type, wanted.digits, currency=wanted.currency, told=wanted.told and not place.computed)
    keys, known = document.keys_of(place.target, place.by)
    return Codec(wanted.type, place.type, wanted.digits, keys, known, place.by)


@understood("Grist")
def by_key(
    answered: Iterable[Json], layout: TableLayout, wanted: Sequence[str] | None = None, given: Mapping[int, str] = NONE_GIVEN
) -> TableRows:
    """Answered rows by key; just the wanted ones, or all. `given` are keys, by row, in place of those that stand."""
    rows = TableRows()
    asked = None if wanted is None else set(wanted)
    for one in answered:
        cell = one["fields"][layout.key.id]
        key = given.get(one["id"]) or ("" if cell is None or isinstance(cell, list | bool) else str(cell))
        if not key and asked is None and (shows := _first_shown(one["fields"], layout)):
            rows.unkeyed.append(shows)
        if not key or has_halves(key) or (asked is not None and key not in asked):
            continue
        _add(rows, Row(one["id"], key, one["fields"], one.get("errors") or {}))
    return rows


def keyless_in(answered: Iterable[Json], layout: TableLayout, mark: str) -> list[Row]:
    """Rows without a key that hold something in a column of ours, and those whose key begins with `mark` and stands once."""
    rows = by_key(answered := list(answered), layout)
    blank = (one for one in answered if one["fields"][layout.key.id] in ("", None) and _first_shown(one["fields"], layout))
    marked = [row for key, row in rows.by_key.items() if key.startswith(mark)]
    return [*marked, *(Row(one["id"], "", one["fields"], one.get("errors") or {}) for one in blank)]


def known_by(row: Row, layout: TableLayout) -> Json:
    """The first text of a row in a column of ours, by which it is known again: row ids are used anew."""
    plain = (place.id for place in layout.places.values() if not place.computed and pure(place.type) in ("Text", "Choice"))
    return dict([next(((name, cell) for name in plain if isinstance(cell := row.cells.get(name), str) and cell), ("id", row.id))])


def _first_shown(cells: Mapping[str, Any], layout: TableLayout) -> str:
    """What a row holds in the first column of ours that is not empty; "" where all are. Formulas and references aside."""
    own = (place for place in layout.places.values() if not place.computed and pure(place.type) != "Ref")
    found = (cells.get(place.id) for place in own)
    return next((sayable(str(cell)) for cell in found if not _nothing(cell) and not isinstance(cell, list)), "")


def _add(rows: TableRows, row: Row) -> None:
    if row.key in rows.doubled:
        rows.doubled[row.key].append(row.id)
    elif row.key in rows.by_key:
        rows.doubled[row.key] = [rows.by_key.pop(row.key).id, row.id]
    else:
        rows.by_key[row.key] = row


def complete_in(answered: Sequence[Json], layout: TableLayout) -> bool:
    """Whether the answered rows have every column of the layout: otherwise one was renamed or removed meanwhile."""
    if not answered:
        return True
    cells = answered[0]["fields"]
    wanted = {layout.key.id, *(place.id for place in layout.places.values())} | ({layout.changed} if layout.changed else set())
    return all(name in cells for name in wanted)
