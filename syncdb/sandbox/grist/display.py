"""What references show: a column of the other table (visibleCol), by way of a hidden helper column of formulas (displayCol)."""

from __future__ import annotations

from collections.abc import Iterator

from syncdb.sandbox.grist.bundle import Bundle
from syncdb.sandbox.grist.cells import Cell, target
from syncdb.sandbox.grist.table import Column, Table

HELPER = "gristHelper_Display"


def helpers(table: Table) -> list[Column]:
    return [one for one in table.ordered() if one.id.startswith(HELPER)]


def helper_of(table: Table, column: Column) -> Column | None:
    """The helper that a column shows by; None where it shows row ids."""
    return table.numbered(column.display) if column.display else None


def users(bundle: Bundle, helper: Column) -> int:
    """How many columns show by a helper."""
    return sum(one.display == helper.number for one in _columns(bundle))


def drop_unused(bundle: Bundle) -> None:
    """At the end of each bundle helpers go that no column shows any more, also those somebody made by that name (observed)."""
    used = {one.display for one in _columns(bundle)}
    for table in list(bundle.tables.values()):
        for helper in [one for one in helpers(table) if one.number not in used]:
            bundle.remove_column(table, helper)


def forget(bundle: Bundle, gone: Column) -> None:
    """A column goes: those that show it show row ids again, and nothing shows by it (observed)."""
    for table in bundle.tables.values():
        for one in list(table.columns.values()):
            if one.visible == gone.number:
                bundle.change_column(table, one, visible=0, display=0)
            elif one.display == gone.number:
                bundle.change_column(table, one, display=0)


def kept_by(one: str, other: str) -> bool:
    """Whether a column goes on showing what it shows when its type becomes the other (observed)."""
    return target(one) is not None and target(one) == target(other)


def shown(bundle: Bundle, table: Table, column: Column) -> tuple[str, list[Cell]] | None:
    """The type and the cells that a reference shows in place of row ids; None where it shows those."""
    helper = helper_of(table, column)
    visible = next((one for one in _columns(bundle) if column.visible and one.number == column.visible), None)
    if helper is None or visible is None:
        return None
    return visible.type, [table.get(row, helper) for row in table.ids()]


def _columns(bundle: Bundle) -> Iterator[Column]:
    return (one for table in bundle.tables.values() for one in table.columns.values())
