"""The table and its columns: what is missing, and the calls that make it.

POST /tables makes a second table when it is sent twice, POST /columns a second column; PUT /columns with ids that are already
valid does not (observed). So what stands is looked at before each call, and a call whose answer was lost is settled by looking.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.grist.client import Json
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.layout import TableBinding, TableColumn, TableState, WantedTable, find_table, stand
from syncdb.connectors.grist.marking import marked, with_mark
from syncdb.connectors.grist.schema import (
    TRIGGER_ON_EDIT,
    ColumnInfo,
    TableInfo,
    identifier,
    identifier_made,
    pure,
    table_identifier,
)
from syncdb.connectors.grist.showing import COLUMNS, Showing
from syncdb.errors import NeedsPerson


@dataclass(frozen=True, slots=True)
class Call:
    """One call that makes a part of what is missing. `shows`: references of which it sets what they show, `widens`: it sets how
    wide columns are shown; nothing needs either.
    """

    method: str
    path: str
    body: Json | list[Any]
    params: Mapping[str, Any]
    shows: tuple[Showing, ...] = ()
    widens: bool = False


def survey(
    document: GristDocument, wish: WantedTable, binding: TableBinding | None, rebuild: bool, taken: Collection[str] = ()
) -> TableState:
    """Look how things stand. Two requests, and one for each table that columns refer to and that is not kept in step.

    `taken` are fields whose columns are taken with the type that they have now.
    """
    table = find_table(document.tables(), wish, binding, rebuild)
    if table is None:
        return TableState(None, missing=tuple(wish.asked))
    columns = document.columns(table.id)
    return stand(table, columns, wish, binding, _targets(document, columns, wish), taken)


def _targets(document: GristDocument, columns: list[ColumnInfo], wish: WantedTable) -> dict[str, tuple[str, str]]:
    ours = {asked.casefold() for asked in wish.asked.values()}
    found = {}
    for one in columns:
        named = {one.id.casefold(), one.label.casefold()} & ours
        if pure(one.type) == "Ref" and (named or one.computed is False):
            other = one.type.partition(":")[2]
            if other not in found:
                found[other] = (other, document.key_column(other, wish.key_label))
    return found


Login = Callable[[], str | None]
Widening = Callable[[], list[Any] | None]  # the user action that sets widths, where any are to be set


def next_call(
    document: GristDocument,
    wish: WantedTable,
    standing: TableState,
    login: Login,
    shows: Sequence[Showing],
    widening: Widening,
) -> Call | None:
    """The next call towards what is wanted; None where all of it stands. `login` tells our own, asked for only where needed.

    `shows` are references that are to show something else, `widening` is asked for once every column stands.
    """
    if standing.table is None:
        return Call("POST", "/tables", {"tables": [_new_table(document, wish)]}, {})
    path = f"/tables/{standing.table.id}/columns"
    if standing.missing:
        new = [_new_column(document, wish, name) for name in standing.missing]
        return Call("PUT", path, {"columns": new}, {"noupdate": "1"})
    if standing.empty:
        woken = [{"id": one.id, "fields": _settings(document, wish, name)} for name, one in standing.empty.items()]
        return Call("PATCH", path, {"columns": woken}, {})
    return _changed_call(path, standing.changed, wish, login) or _finishing_call(path, standing, wish, shows, widening())


def _finishing_call(
    path: str, standing: TableState, wish: WantedTable, shows: Sequence[Showing], widening: list[Any] | None
) -> Call | None:
    """The mark, what references show, and how wide columns are: one call for all."""
    assert standing.table is not None
    key, mark = standing.key, _mark(standing.key, wish)
    if shows or widening:
        actions = [action for one in shows for action in one.actions(standing.table.id)]
        marking = [["UpdateRecord", COLUMNS, key.ref, mark]] if key is not None and mark else []
        return Call("POST", "/apply", [*marking, *actions, *filter(None, [widening])], {}, tuple(shows), bool(widening))
    if key is None or not mark:
        return None
    return Call("PATCH", path, {"columns": [{"id": key.id, "fields": mark}]}, {})


def _mark(key: ColumnInfo | None, wish: WantedTable) -> Json:
    lacks = wish.ledger and key is not None and not marked(key, wish.ledger)
    return {"description": with_mark(key, wish.ledger)} if lacks and key is not None else {}


def _changed_call(path: str, found: ColumnInfo | None, wish: WantedTable, login: Login) -> Call | None:
    """The column that tells when people changed a row. One that holds a formula already is theirs and stays as it is."""
    if not wish.changed_at or (found is not None and found.formula.strip() and not _ours_unready(found)):
        return None
    fields = {"formula": formula(login()), "recalcWhen": TRIGGER_ON_EDIT, "isFormula": False}
    if found is None:
        new = {"id": identifier(wish.changed_at), "fields": {"label": wish.changed_at, "type": "DateTime:UTC", **fields}}
        return Call("PUT", path, {"columns": [new]}, {"noupdate": "1"})
    return Call("PATCH", path, {"columns": [{"id": found.id, "fields": fields}]}, {})


def _ours_unready(found: ColumnInfo) -> bool:
    """Whether our formula stands but does not run on edits: that setting was seen to be honoured, older servers may not."""
    ours = found.formula == "NOW()" or found.formula.startswith("IF(user.Email ==")
    return ours and not found.is_formula and found.recalc_when != TRIGGER_ON_EDIT


def formula(login: str | None) -> str:
    """A trigger formula that notes the moment of each change, but not of those made by `login`."""
    return f"IF(user.Email == {json.dumps(login)}, value, NOW())" if login else "NOW()"


def _new_table(document: GristDocument, wish: WantedTable) -> Json:
    """It is asked for by its name, and not by an id: then its page and its raw data are called so (observed)."""
    return {
        "id": wish.table if identifier_made(wish.table) else table_identifier(wish.table),
        "columns": [_new_column(document, wish, name) for name in _own_columns(wish)],
    }


def _own_columns(wish: WantedTable) -> Iterator[str]:
    """Every field once; one that is the key itself has the key's column, which comes last: ids are of no use to people, and what
    they make refer to the table shows the first column.
    """
    yield from (one.name for one in wish.columns if one.asked != wish.key_label)
    yield ""


def _new_column(document: GristDocument, wish: WantedTable, name: str) -> Json:
    column = _column(wish, name)
    return {"id": identifier(column.asked), "fields": {"label": column.label} | _settings(document, wish, name)}


def _column(wish: WantedTable, name: str) -> TableColumn:
    if not name:
        return TableColumn("", wish.key_label)
    return next(one for one in wish.columns if one.name == name)


def _settings(document: GristDocument, wish: WantedTable, name: str) -> Json:
    """What a column of ours is: without isFormula false Grist makes an empty one whose type may change by itself (observed)."""
    column = _column(wish, name)
    fields: Json = {"type": _real_type(document, column), "isFormula": False}
    if column.choices and pure(column.type) in ("Choice", "ChoiceList"):
        fields["widgetOptions"] = json.dumps({"choices": list(column.choices)})
    if column.least is not None and pure(column.type) == "Numeric":  # 41.00, not 41
        currency = {"numMode": "currency", "currency": column.currency} if column.currency else {"numMode": "decimal"}
        fields["widgetOptions"] = json.dumps({**currency, "decimals": column.least})
    return fields


def _real_type(document: GristDocument, column: TableColumn) -> str:
    if pure(column.type) != "Ref":
        return column.type
    wanted = column.type.partition(":")[2]
    table = document.table_called(wanted)
    if table is None:
        raise NeedsPerson(
            f'The column "{column.label}" refers to the Grist table "{wanted}", which does not stand. Nothing was made.',
            next_step="Keep that table in step, too, or choose a Text column for this field.",
        )
    return f"Ref:{table}"


def as_evidence(standing: TableState, wish: WantedTable, taken: Collection[str] = ()) -> dict[str, Any]:
    """What is missing, as JSON data, for the journal. `unseen` are the fields about which nothing counts as agreed: rows cannot
    show them yet, or another type of their column is `taken`.
    """
    fields = [*standing.missing, *standing.empty]
    lacking = [wish.asked[name] for name in fields]
    made: TableInfo | None = standing.table
    unseen = [name for name in fields if name] if standing.layout else []
    told: dict[str, Any] = {"kind": "structure", "table": made.id if made else None, "wanted": wish.table}
    told["changed"] = bool(wish.changed_at) and standing.changed is None
    return told | {"columns": lacking, "unseen": [*unseen, *taken], "taken": list(taken)}


def made_by(evidence: Mapping[str, Any], wish: WantedTable) -> frozenset[str]:
    """The fields whose columns such an attempt makes: all of a new table, otherwise those that were lacking."""
    lacking = set(evidence["columns"])
    return frozenset(name for name, asked in wish.asked.items() if evidence["table"] is None or asked in lacking)
