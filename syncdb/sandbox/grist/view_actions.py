"""What users change in Grist's own tables of pages: names, titles, widths, and what goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncdb.sandbox.grist import schema, views
from syncdb.sandbox.grist.bundle import Bundle
from syncdb.sandbox.grist.own_tables import FIELDS, SECTIONS, USUAL, VIEWS, rows_with, whole
from syncdb.sandbox.grist.table import Table
from syncdb.sandbox.grist.wire import EngineError, no_column

RAW, CARD = "raw", "record card"
MAY_CHANGE = {  # of what every table needs; nothing else (observed)
    (SECTIONS, RAW): {"title", "description", "options", "sortColRefs", "rules"},
    (FIELDS, RAW): {"parentPos", "width"},
    (SECTIONS, CARD): {"layoutSpec", "options", "theme"},
    (FIELDS, CARD): {"displayCol", "parentPos", "rules", "visibleCol", "widgetOptions"},
}


def update(bundle: Bundle, name: str, rows: Sequence[int], values: Mapping[str, Sequence[Any]]) -> None:
    """Set cells. Raises EngineError for a row or a column that is not there, and for what a table needs."""
    for column in values:
        if column not in USUAL[name]:
            raise no_column(column)
    _refuse_missing(bundle, name, rows)
    for place, row in enumerate(rows):
        held = whole(name, bundle.own[name][row])
        _refuse_kept(bundle, name, row, {column for column, cells in values.items() if cells[place] != held[column]})
    if name == SECTIONS:
        for row, title in zip(rows, values.get("title", ()), strict=False):
            _titled(bundle, row, title)
    for place, row in enumerate(rows):
        bundle.change_own(name, row, {column: cells[place] for column, cells in values.items()})


def _refuse_kept(bundle: Bundle, name: str, row: int, changing: set[str]) -> None:
    section = bundle.own[name][row]["parentId"] if name == FIELDS else row
    for table in bundle.tables.values():
        for what, own in ((RAW, table.raw), (CARD, table.card)):
            if name in (SECTIONS, FIELDS) and own == section and changing - MAY_CHANGE[name, what]:
                raise EngineError("ValueError", f"Cannot modify {what} view section{' fields' if name == FIELDS else ''}")


def _titled(bundle: Bundle, section: int, title: str) -> None:
    """The raw data's title is the table's name: its id follows, and pages that were called the same (observed)."""
    table = _whose_raw_data(bundle, section)
    if table is None:
        return
    sections = bundle.own[SECTIONS]
    old = sections[section].get("title") or table.id
    pages = {sections[one].get("parentId", 0) for one in rows_with(sections, tableRef=table.number)}
    for page in sorted(pages & bundle.own[VIEWS].keys()):
        if bundle.own[VIEWS][page].get("name") == old:
            bundle.change_own(VIEWS, page, {"name": title})
    schema.rename_table(bundle, table, title)


def _whose_raw_data(bundle: Bundle, section: int) -> Table | None:
    return next((table for table in bundle.tables.values() if table.raw == section), None)


def remove(bundle: Bundle, name: str, rows: Sequence[int]) -> None:
    """Remove rows with what belongs to them. Raises EngineError for rows that are not there, and for what a table needs."""
    _refuse_missing(bundle, name, rows)
    if name == VIEWS:
        views.remove_views(bundle, rows)
    elif name == SECTIONS:
        _refuse_needed(bundle, rows)
        views.remove_sections(bundle, rows)
    else:
        if name == FIELDS and any(_whose_raw_data(bundle, bundle.own[FIELDS][row]["parentId"]) for row in rows):
            raise EngineError("ValueError", "Cannot remove raw view section field")
        bundle.remove_own(name, rows)


def _refuse_needed(bundle: Bundle, sections: Sequence[int]) -> None:
    for table in bundle.tables.values():
        for what, section in ((RAW, table.raw), (CARD, table.card)):
            if section in sections:
                raise EngineError("ValueError", f"Cannot remove {what} view section")


def _refuse_missing(bundle: Bundle, name: str, rows: Sequence[int]) -> None:
    missing = next((row for row in rows if row not in bundle.own[name]), None)
    if missing is not None and name in (SECTIONS, FIELDS):
        raise EngineError("KeyError", "\"'get_record' found no matching record\"")
    if missing is not None:
        raise EngineError("AssertionError", f"docactions.[Bulk]UpdateRecord for non-existent record #{missing}")
