"""From what was read of a tab to the managed cells of its rows."""

from collections.abc import Iterable

from syncdb.connectors.google_sheets.grid import Patch
from syncdb.connectors.tabular.entries import Entry
from syncdb.connectors.tabular.headers import TabLayout


def lines_in(patches: Iterable[Patch], layout: TabLayout) -> dict[int, dict[str, Entry]]:
    """The managed cells of each row below the header that any patch reaches: row -> field -> entry."""
    lines: dict[int, dict[str, Entry]] = {}
    blank: dict[str, Entry] = dict.fromkeys(layout.in_order())
    places = [(name, layout.columns[name]) for name in layout.in_order()]
    for patch in patches:
        here = [(name, column - patch.column) for name, column in places if column >= patch.column]
        for row, entries in enumerate(patch.lines, patch.row):
            if row <= layout.header_row or not entries:
                continue
            line = lines.setdefault(row, dict(blank))
            width = len(entries)
            for name, offset in here:
                if offset < width and entries[offset] is not None:
                    line[name] = entries[offset]
    return lines
