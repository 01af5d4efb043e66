"""Which table and columns a table's fields stand in: by their lasting numbers once known, by label or id before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncdb.connectors.grist.cells import alike, can_hold
from syncdb.connectors.grist.schema import ColumnInfo, TableInfo, find_named, identifier, pure, same_id
from syncdb.errors import NeedsPerson

CHANGED = "changed by people"  # among fields: the column that tells when people changed a row


@dataclass(frozen=True, slots=True)
class Look:
    """What a reference shows of a row: the column of the `field` of the other table, not the row's number.

    `within` is that table's field that refers to what the row belongs to, which is shown before it; `needless` is a text of
    `field` that says nothing beside that.
    """

    field: str
    within: str = ""
    needless: str = ""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A field as it is wanted: its `name` in records, its column's `label` and `type` (Text, Numeric, Int, Bool, Choice,
    ChoiceList, Date, DateTime:ZONE, Ref:TABLE).

    `column_id` names an existing column outright. `choices` are put into a Choice column that is made. `digits` is how many
    decimals amounts have (None: as they are), `currency` in what they are, where all are in one. `guarded`: what stands in the
    column may be carried elsewhere, so that another type of it is asked about first. `told`: amounts with too many decimals are
    shown so, and not rounded. `least`: how many decimals amounts show at
    least. `shows`: what a reference shows.
    """

    name: str
    label: str
    type: str = "Text"
    choices: tuple[str, ...] = ()
    column_id: str | None = None
    digits: int | None = None
    currency: str = ""
    guarded: bool = True
    told: bool = False
    least: int | None = None
    shows: Look | None = None

    @property
    def asked(self) -> str:
        """What the user called the column."""
        return self.column_id or self.label


@dataclass(frozen=True, slots=True)
class WantedTable:
    """A table as it is wanted. `changed_at` is the label of a column that tells when people last changed a row, `ledger` the id
    of the ledger whose mark it is to carry ("": none). `widths` are how many pixels wide columns are to be once they are made, by
    field, the key's under "", that of `changed_at` under CHANGED; the others stay as Grist makes them.
    """

    table: str
    key_label: str
    columns: tuple[TableColumn, ...]
    changed_at: str | None = None
    ledger: str = ""
    widths: Mapping[str, int] = field(default_factory=dict)

    @property
    def asked(self) -> Mapping[str, str]:
        """What each field's column was called, the key's under ""."""
        return {"": self.key_label} | {one.name: one.asked for one in self.columns}


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """The column a field stands in. `computed`: by a formula; `triggered`: a formula fills it in at times, but it can be written.

    `by` and `target` are, for a reference, the other table and the column of its keys. `accepted` is the type that it had when
    its values were last agreed on, where it has had another one since.
    """

    ref: int
    id: str
    type: str
    computed: bool = False
    triggered: bool = False
    target: str = ""
    by: str = ""
    accepted: str = ""

    def held_for(self, column: TableColumn) -> bool:
        """Whether nothing of the field is read or written, as people changed the type of its column: where the column's word
        counts, and where it cannot hold the field any more.
        """
        return bool(self.accepted) and (column.guarded or not (self.computed or can_hold(column.type, self.type)))


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Where everything stands in a table. `changed` is the id of the column that tells when people changed a row.

    `own` are the ids of people's columns, as far as they hold what somebody put there, not what a formula makes.
    """

    table_ref: int
    table: str
    key: ColumnPlace
    places: Mapping[str, ColumnPlace]
    changed: str | None = None
    own: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The layout as JSON data; `from_data` is the inverse."""
        return {
            "table_ref": self.table_ref,
            "table": self.table,
            "key": _place_data(self.key),
            "places": {name: _place_data(place) for name, place in self.places.items()},
            "changed": self.changed,
            "own": list(self.own),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "TableLayout":
        """The layout that `as_data` gave. Raises KeyError where a part is missing."""
        places = {str(name): ColumnPlace(*place) for name, place in data["places"].items()}
        own = tuple(map(str, data.get("own", ())))
        return cls(int(data["table_ref"]), str(data["table"]), ColumnPlace(*data["key"]), places, data["changed"], own)


def _place_data(place: ColumnPlace) -> list[Any]:
    return [place.ref, place.id, place.type, place.computed, place.triggered, place.target, place.by, place.accepted]


@dataclass(frozen=True, slots=True)
class TableBinding:
    """What ties a ledger to a table: kept from run to run, so that renamed columns are followed and vanished ones noticed.

    `table` and `asked` are as configured when it was made, `state` is the document's state in which the layout was seen, `made`
    are the fields whose columns were made by us. `left` are fields that are not chosen any more: what their column was called
    and its number, so that one which people renamed since is found again when its field is chosen again. `types` are the types of
    columns in which values were agreed on, by field: one that people changed since is not read until somebody consents. `shown`
    are the marks of what references of ours were made to show, "" where people chose. `unsized` are fields whose columns were
    made by us and are to be given their width yet. `words` are words of lists that were made choices of their column once, by
    field.
    """

    document: str
    table: str
    asked: Mapping[str, str]
    layout: TableLayout
    state: str
    made: frozenset[str] = frozenset()
    left: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    marked: str = ""  # the ledger whose mark the table was seen to carry
    shown: Mapping[str, str] = field(default_factory=dict)
    unsized: frozenset[str] = frozenset()
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def known(self, name: str) -> tuple[str, int] | None:
        """What a field's column was called when it was last chosen, and its number."""
        place = self.layout.places.get(name)
        return (self.asked[name], place.ref) if place is not None and name in self.asked else self.left.get(name)

    def as_data(self) -> dict[str, Any]:
        """The binding as JSON data; `from_data` is the inverse."""
        asked, layout = dict(self.asked), self.layout.as_data()
        names = {"document": self.document, "table": self.table, "state": self.state, "made": sorted(self.made)}
        left = {name: list(place) for name, place in self.left.items()}
        more = {"marked": self.marked, "shown": dict(self.shown), "unsized": sorted(self.unsized)}
        more["words"] = {name: sorted(words) for name, words in self.words.items()}
        return names | {"asked": asked, "layout": layout, "left": left, "types": dict(self.types)} | more

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "TableBinding":
        """The binding that `as_data` gave. Raises KeyError where a part is missing."""
        asked = {str(name): str(text) for name, text in data["asked"].items()}
        layout = TableLayout.from_data(data["layout"])
        made = frozenset(map(str, data.get("made", ())))
        left = {str(name): (str(label), int(ref)) for name, (label, ref) in data.get("left", {}).items()}
        state = str(data["state"]) if "own" in data["layout"] else ""  # of a ledger that knows less: look again
        types = data.get("types") or {name: pure(place.type) for name, place in layout.places.items()}
        shown = {str(name): str(mark) for name, mark in data.get("shown", {}).items()}
        marked, unsized = str(data.get("marked", "")), frozenset(map(str, data.get("unsized", ())))
        words = {str(name): frozenset(map(str, found)) for name, found in data.get("words", {}).items()}
        return cls(
            str(data["document"]), str(data["table"]), asked, layout, state, made, left, types, marked, shown, unsized, words
        )


@dataclass(frozen=True, slots=True)
class TableState:
    """A table compared with the wish: what stands, and which fields ("" for the key) lack a column or only have an empty one.

    `layout` is None while the table or its key column is missing. `left` are columns of fields not chosen any more. `types` is as
    in TableBinding. `references` are the columns that refer to rows of other tables, by field.
    """

    table: TableInfo | None
    layout: TableLayout | None = None
    missing: tuple[str, ...] = ()
    empty: Mapping[str, ColumnInfo] = field(default_factory=dict)
    changed: ColumnInfo | None = None
    left: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    key: ColumnInfo | None = None
    references: Mapping[str, ColumnInfo] = field(default_factory=dict)

    def whole(self, wish: WantedTable) -> bool:
        if self.layout is None or self.missing or self.empty:
            return False
        return not wish.changed_at or bool(self.layout.changed)


def find_table(tables: Sequence[TableInfo], wish: WantedTable, binding: TableBinding | None, rebuild: bool) -> TableInfo | None:
    """The table that is ours; None where it must be made. Raises NeedsPerson where the bound one is gone."""
    if binding is not None and binding.table == wish.table:
        bound = next((table for table in tables if table.ref == binding.layout.table_ref), None)
        if bound is not None or not rebuild:
            if bound is None:
                raise _table_gone(binding)
            return bound
    return find_named(tables, wish.table)


def _table_gone(binding: TableBinding) -> NeedsPerson:
    return NeedsPerson(
        f'The Grist table "{binding.layout.table}" is gone from the document. Nothing was written to it.',
        next_step="Bring it back (Undo, or Document history). To have it made anew and filled again, run once with --force.",
    )


def stand(
    table: TableInfo,
    columns: Sequence[ColumnInfo],
    wish: WantedTable,
    binding: TableBinding | None,
    targets: Mapping[str, tuple[str, str]],
    taken: Collection[str] = (),
) -> TableState:
    """The wish held against a table's columns. `targets` gives, for each table that columns refer to, its id and key column.
    `taken` are fields whose columns are taken with the type that they have now.

    Raises NeedsPerson where a bound column is gone, several fit, or one cannot hold what it should.
    """
    bound = binding if binding is not None and binding.layout.table_ref == table.ref else None
    known = {"": bound.layout.key} | dict(bound.layout.places) if bound else {}
    found: dict[str, ColumnInfo] = {}
    for name, asked in wish.asked.items():
        if bound and name in known and bound.asked.get(name) == asked:
            found[name] = _still_there(columns, known[name], asked, table)
    used = {one.ref for name, one in found.items() if name}
    left = _left_out(bound, wish, columns) if bound else {}
    for name, asked in wish.asked.items():
        if name not in found:
            one = _unbound(columns, asked, used, table) or _once(columns, bound, name, asked, used)
            found |= {name: one} if one is not None else {}
    _refuse_shared(found, wish, table)
    agreed = {name: kind for name, one in found.items() if (kind := _agreed_type(bound, name, one)) and name not in taken}
    held = {name for name in agreed if name in known and known[name].accepted}
    asked_about = {name: kind for name, kind in agreed.items() if name in held or not alike(kind, pure(found[name].type))}
    places = {name: _place(one, name, wish, targets, table, asked_about.get(name, "")) for name, one in found.items()}
    changed = _changed_column(columns, wish)
    ready = changed.id if changed is not None and changed.formula.strip() and not changed.is_formula else None
    missing = tuple(name for name in wish.asked if name not in found)
    empty = {name: one for name, one in found.items() if one.empty}
    key = places.pop("", None)
    ours = {one.ref for one in found.values()} | {ref for _, ref in left.values()} | ({changed.ref} if changed else set())
    own = tuple(one.id for one in columns if one.ref not in ours and not one.is_formula and not one.formula.strip())
    layout = TableLayout(table.ref, table.id, key, places, ready, own) if key is not None else None
    types = {name: agreed.get(name) or pure(place.type) for name, place in places.items()}
    types |= {name: bound.types[name] for name in left if bound and name in bound.types}
    references = {name: one for name, one in found.items() if name and pure(one.type) == "Ref"}
    return TableState(table, layout, missing, empty, changed, left, types, found.get(""), references)


def _agreed_type(bound: TableBinding | None, name: str, one: ColumnInfo) -> str:
    """The type that a field's column had when its values were agreed on; "" for a column that the field did not stand in."""
    known = bound.known(name) if bound else None
    return bound.types.get(name, "") if bound and known is not None and known[1] == one.ref else ""


def _changed_column(columns: Sequence[ColumnInfo], wish: WantedTable) -> ColumnInfo | None:
    label = wish.changed_at
    return next((one for one in columns if label and (one.label == label or same_id(one.id, identifier(label)))), None)


def _still_there(columns: Sequence[ColumnInfo], place: ColumnPlace, asked: str, table: TableInfo) -> ColumnInfo:
    for one in columns:
        if one.ref == place.ref:
            return one
    raise NeedsPerson(
        f'The column "{place.id}" (wanted: {asked}) is gone from the Grist table "{table.id}". Nothing was written to it.',
        next_step="Bring it back with Undo, or choose another column (or none) for this field in the settings.",
    )


def _unbound(columns: Sequence[ColumnInfo], asked: str, taken: set[int], table: TableInfo) -> ColumnInfo | None:
    """The column that a person means by a name: the one with that id, else that label, else the id its label would make."""
    free = [one for one in columns if one.ref not in taken]
    exact = [one for one in free if one.id == asked]
    labelled = [one for one in free if one.label.strip().casefold() == asked.strip().casefold()]
    alike = [one for one in free if same_id(one.id, identifier(asked))]
    found = exact or labelled or alike
    if len(found) > 1:
        raise NeedsPerson(
            f'The Grist table "{table.id}" has several columns called "{asked}": {", ".join(one.id for one in found)}.',
            next_step="Rename one of them, or give the column's id in the settings.",
        )
    return found[0] if found else None


def _once(columns: Sequence[ColumnInfo], bound: TableBinding | None, name: str, asked: str, taken: set[int]) -> ColumnInfo | None:
    """The column in which a field stood before it was left out for a while, whatever people call it now."""
    known = bound.left.get(name) if bound else None
    if known is None or known[0] != asked or known[1] in taken:
        return None
    return next((one for one in columns if one.ref == known[1]), None)


def _left_out(bound: TableBinding, wish: WantedTable, columns: Sequence[ColumnInfo]) -> dict[str, tuple[str, int]]:
    """The fields that were chosen once, with their columns. One that is gone is forgotten: Grist gives its number again."""
    standing = {one.ref for one in columns}
    once = {name: bound.known(name) for name in (*bound.left, *bound.layout.places) if name not in wish.asked}
    return {name: known for name, known in once.items() if known is not None and known[1] in standing}


def _refuse_shared(found: Mapping[str, ColumnInfo], wish: WantedTable, table: TableInfo) -> None:
    """Two fields in one column would write over each other; only a field that is the key itself may share its column."""
    users: dict[int, list[str]] = {}
    for name, one in found.items():
        if name:
            users.setdefault(one.ref, []).append(name)
    for ref, names in users.items():
        if len(names) > 1:
            column = next(one for one in found.values() if one.ref == ref)
            raise NeedsPerson(
                f'The column "{column.label}" of the Grist table "{table.id}" would be used for {" and ".join(names)}.',
                next_step="Give each field its own column in the settings.",
            )


def _place(
    one: ColumnInfo, name: str, wish: WantedTable, targets: Mapping[str, tuple[str, str]], table: TableInfo, accepted: str
) -> ColumnPlace:
    column = next((column for column in wish.columns if column.name == name), None)
    wanted = column.type if column is not None else "Text"
    kind = wanted if one.empty else one.type
    place = ColumnPlace(one.ref, one.id, kind, one.computed, one.triggered, accepted=accepted)
    if column is not None and place.held_for(column):
        return place
    if not name and (one.computed or pure(kind) not in ("Text", "Any", "Choice")):
        raise NeedsPerson(
            f'The key column "{one.label}" of the Grist table "{table.id}" must be a Text column without a formula.',
            next_step="Rename that column; a proper one is then made.",
        )
    if not one.computed and not can_hold(wanted, kind):
        raise NeedsPerson(
            f'The column "{one.label}" of the Grist table "{table.id}" is of the type {kind}, which cannot hold {name}.',
            next_step=f"Change the column's type to {pure(wanted)}, or choose another column for this field in the settings.",
        )
    if pure(kind) != "Ref":
        return place
    other, by = targets.get(kind.partition(":")[2], ("", ""))
    if not by:
        raise NeedsPerson(
            f'The column "{one.label}" of the Grist table "{table.id}" refers to "{kind.partition(":")[2]}", which has no column '
            f'"{wish.key_label}" to tell its rows apart.',
            next_step="Let it refer to a table that is kept in step, or choose another column for this field in the settings.",
        )
    return replace(place, target=other, by=by)
