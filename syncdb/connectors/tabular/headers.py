"""Where the managed columns are: found by their header text, freshly each time, wherever people moved them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.tabular.entries import Entry
from syncdb.errors import NeedsPerson

HEAD_ROWS = 20  # the header row is looked for among this many


@dataclass(frozen=True, slots=True)
class TabLayout:
    """The header row and, for each field, its zero-based column."""

    header_row: int
    columns: Mapping[str, int]
    headers: Mapping[str, str]

    def in_order(self) -> list[str]:
        """The fields from left to right."""
        return sorted(self.columns, key=lambda name: self.columns[name])


def header_text(entry: Entry) -> str:
    """The text of a header cell, trimmed; a formula is nobody's header."""
    return entry.strip() if isinstance(entry, str) else ""


def find_header_row(rows: Sequence[Sequence[Entry]], key_header: str) -> int | None:
    """The first of the head rows that contains the key field's header."""
    for number, row in enumerate(rows[:HEAD_ROWS]):
        if any(header_text(entry) == key_header for entry in row):
            return number
    return None


def match(row: Sequence[Entry], header_row: int, wanted: Mapping[str, str], tab: str) -> dict[str, int]:
    """The column of each field whose header stands in the row. Raises NeedsPerson where one stands twice."""
    places: dict[str, list[int]] = {}
    for column, entry in enumerate(row):
        places.setdefault(header_text(entry), []).append(column)
    for text in wanted.values():
        if len(places.get(text, ())) > 1:
            cells = " and ".join(a1.cell(header_row, column) for column in places[text])
            raise NeedsPerson(
                f'The header "{text}" stands {len(places[text])} times in the tab "{tab}": in {cells}. Nothing was written.',
                next_step="Rename or delete the one that does not belong to syncdb's column.",
            )
    return {name: places[text][0] for name, text in wanted.items() if text in places}


def header_gone(missing: Mapping[str, str], row: Sequence[Entry], tab: str) -> NeedsPerson:
    """The failure for headers that were made or adopted before and are not there now. `missing`: field -> header."""
    field, text = next(iter(missing.items()))
    lost = ", ".join(f'"{one}"' for one in missing.values())
    standing = ", ".join(f'"{header_text(entry)}"' for entry in row if header_text(entry)) or "none"
    return NeedsPerson(
        f'The tab "{tab}" lacks the header {lost}. Headers that stand there now: {standing}. Nothing was written.',
        next_step=f'Rename it back to "{text}"; or, if it was renamed on purpose, say so in `columns` of the configuration, '
        f'for example {{"field": "{field}", "header": "Article"}}.',
    )
