"""The page of a table and the sections that show it, each with a field for every column that is not hidden."""

from __future__ import annotations

from collections.abc import Iterable

from syncdb.sandbox.grist.bundle import Bundle
from syncdb.sandbox.grist.own_tables import FIELDS, PAGES, SECTIONS, TABS, VIEWS, Own, Rows, rows_with
from syncdb.sandbox.grist.table import Column, Table
from syncdb.sandbox.grist.wire import Json

GRID, CARD = "record", "single"
USUAL_WIDTH = 100  # pixels, where a field has none of its own


def add_views(bundle: Bundle, table: Table, title: str) -> None:
    """A new table's page, raw data and card. The raw data has a title only where it is not the table's id (observed)."""
    view = bundle.add_own(VIEWS, {"name": title, "type": "raw_data"})
    bundle.add_own(TABS, {"viewRef": view, "tabPos": _last(bundle.own[TABS], "tabPos") + 1})
    bundle.add_own(PAGES, {"viewRef": view, "indentation": 0, "pagePos": _last(bundle.own[PAGES], "pagePos") + 1})
    _add_section(bundle, table, {"parentId": view, "parentKey": GRID, "title": "", "sortColRefs": "[]"})
    raw = _add_section(bundle, table, {"parentKey": GRID, "title": "" if title == table.id else title})
    card = _add_section(bundle, table, {"parentKey": CARD, "title": ""})
    bundle.change_table(table, view=view, raw=raw, card=card)


def _add_section(bundle: Bundle, table: Table, given: Json) -> int:
    section = bundle.add_own(SECTIONS, {"tableRef": table.number, "borderWidth": 1, "defaultWidth": USUAL_WIDTH} | given)
    for column in table.ordered():
        if not column.hidden:
            _add_field(bundle, section, column)
    return section


def _add_field(bundle: Bundle, section: int, column: Column) -> None:
    place = _last(bundle.own[FIELDS], "parentPos") + 1
    bundle.add_own(FIELDS, {"parentId": section, "parentPos": place, "colRef": column.number})


def _last(rows: Rows, place: str) -> float:
    return max((row[place] for row in rows.values()), default=0)


def page_fields(own: Own, table: Table) -> dict[int, int]:
    """The fields of a table on its page by the numbers of their columns, in order; none where somebody deleted the page."""
    sections = rows_with(own[SECTIONS], tableRef=table.number, parentId=table.view) if table.view else []
    fields = [one for section in sections[:1] for one in rows_with(own[FIELDS], parentId=section)]
    return {own[FIELDS][one]["colRef"]: one for one in sorted(fields, key=lambda one: float(own[FIELDS][one]["parentPos"]))}


def page_name(own: Own, table: Table) -> str:
    """What the page of a table is called; the table's own id where somebody deleted the page."""
    return str(own[VIEWS][table.view].get("name", "")) if table.view else table.id


def show(bundle: Bundle, table: Table, column: Column, *, on_pages: bool) -> None:
    """A new column comes into the raw data and the card; where it is to be seen, into the grids of pages as well (observed)."""
    sections = [one for one in (table.raw, table.card) if one]
    grids = rows_with(bundle.own[SECTIONS], tableRef=table.number, parentKey=GRID)
    for section in [*sections, *(one for one in grids if on_pages and one != table.raw)]:
        _add_field(bundle, section, column)


def forget_column(bundle: Bundle, column: Column) -> None:
    bundle.remove_own(FIELDS, rows_with(bundle.own[FIELDS], colRef=column.number))


def forget_table(bundle: Bundle, table: Table) -> None:
    """What shows a table goes, and pages that show nothing any more (observed)."""
    remove_sections(bundle, rows_with(bundle.own[SECTIONS], tableRef=table.number))
    used = {row.get("parentId", 0) for row in bundle.own[SECTIONS].values()}
    remove_views(bundle, [view for view in bundle.own[VIEWS] if view not in used])


def remove_sections(bundle: Bundle, sections: Iterable[int]) -> None:
    for section in sections:
        bundle.remove_own(FIELDS, rows_with(bundle.own[FIELDS], parentId=section))
        bundle.remove_own(SECTIONS, [section])


def remove_views(bundle: Bundle, views: Iterable[int]) -> None:
    for view in views:
        remove_sections(bundle, rows_with(bundle.own[SECTIONS], parentId=view))
        for name in (TABS, PAGES):
            bundle.remove_own(name, rows_with(bundle.own[name], viewRef=view))
        bundle.remove_own(VIEWS, [view])
        for table in [one for one in bundle.tables.values() if one.view == view]:
            bundle.change_table(table, view=0)
