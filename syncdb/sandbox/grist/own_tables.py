"""Grist's own tables of pages and of what they show: their columns, and what they hold unless somebody says so (observed)."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.grist.wire import Json

VIEWS, PAGES, TABS = "_grist_Views", "_grist_Pages", "_grist_TabBar"
SECTIONS, FIELDS = "_grist_Views_section", "_grist_Views_section_field"
USUAL: dict[str, Json] = {
    VIEWS: {"name": "", "type": "", "layoutSpec": ""},
    PAGES: {"viewRef": 0, "indentation": 0, "pagePos": 0, "shareRef": 0, "options": ""},
    TABS: {"viewRef": 0, "tabPos": 0},
    SECTIONS: {
        "tableRef": 0, "parentId": 0, "parentKey": "", "title": "", "description": "", "defaultWidth": 0, "borderWidth": 0,
        "theme": "", "options": "", "chartType": "", "layoutSpec": "", "filterSpec": "", "sortColRefs": "",
        "linkSrcSectionRef": 0, "linkSrcColRef": 0, "linkTargetColRef": 0, "embedId": "", "rules": None, "shareOptions": "",
    },
    FIELDS: {
        "parentId": 0, "parentPos": 0, "colRef": 0, "width": 0, "widgetOptions": "", "displayCol": 0, "visibleCol": 0,
        "filter": "", "rules": None,
    },
}  # fmt: skip
Rows = dict[int, Json]  # by row id, each with what is not as usual
Own = dict[str, Rows]


def nothing() -> Own:
    return {name: {} for name in USUAL}


def whole(name: str, row: Json) -> Json:
    """A row with all its columns."""
    return USUAL[name] | row


def rows_with(rows: Rows, **wanted: Any) -> list[int]:
    """The ids of the rows that hold these values."""
    return [number for number, row in rows.items() if all(row.get(name) == value for name, value in wanted.items())]
