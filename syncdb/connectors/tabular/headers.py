"""Where the managed columns are: found by their header text, freshly each time, wherever people moved them."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.tabular.entries import Entry
from syncdb.errors import NeedsPerson
from syncdb.wording import some_of

HEAD_ROWS = 20  # the header row is looked for among this many
MOST_NAMED = 5  # headers of people in a message


@dataclass(frozen=True, slots=True)
class TabWords:
    """How messages speak of a tab: what is said behind its title, the setting that lists its columns, how it is brought back.

    `lent` are its columns, as the setting would hold them, where it has them from another tab and `setting` is not there yet.
    """

    title: str
    behind: str = ""
    setting: str = "columns"
    bring_back: str = "Put an earlier version of it back."
    lent: tuple[object, ...] = ()

    def __str__(self) -> str:
        return f'"{self.title}"{self.behind}'

    def renaming(self, field: str, header: str) -> str:
        """What the setting must hold for a column to be known by that header, and every other one as it is."""
        item: dict[str, str] = {"field": field, "header": header}
        if self.lent:
            kept = [one for one in self.lent if field not in (one, one.get("field") if isinstance(one, dict) else one)]
            at = next((at for at, one in enumerate(self.lent) if one not in kept), len(kept))
            whole = json.dumps([*kept[:at], item, *kept[at:]], ensure_ascii=False)
            return f"{whole} (so far its columns are those of the first sheet)."
        told = json.dumps(item, ensure_ascii=False)
        return f'{told} in its list (in place of "{field}" where that is listed), or ["default", {told}] where there is none.'


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


def match(row: Sequence[Entry], header_row: int, wanted: Mapping[str, str], tab: TabWords) -> dict[str, int]:
    """The column of each field whose header stands in the row. Raises NeedsPerson where one stands twice."""
    places: dict[str, list[int]] = {}
    for column, entry in enumerate(row):
        places.setdefault(header_text(entry), []).append(column)
    for text in wanted.values():
        if len(places.get(text, ())) > 1:
            cells = " and ".join(a1.cell(header_row, column) for column in places[text])
            raise NeedsPerson(
                f'The header "{text}" stands {len(places[text])} times in the tab {tab}: in {cells}. Nothing was written.',
                next_step="Rename or delete the one that does not belong to syncdb's column.",
            )
    return {name: places[text][0] for name, text in wanted.items() if text in places}


def header_gone(missing: Mapping[str, str], row: Sequence[Entry], tab: TabWords, ours: Collection[str]) -> NeedsPerson:
    """The failure for headers that were made or adopted before and are not there now. `missing`: field -> header.

    `ours` are the headers of all fields: a lost one may stand there now as one of those that are not among them.
    """
    field, text = next(iter(missing.items()))
    others = _others(row, ours)
    step = f'Rename it back to "{text}"; or, if it was renamed on purpose, say so in `{tab.setting}` of the configuration: '
    return _gone(missing, row, tab, others, step + tab.renaming(field, others[0] if len(others) == 1 else "Article"))


def key_gone(text: str, row: Sequence[Entry], tab: TabWords, ours: Collection[str]) -> NeedsPerson:
    """The same for the header of the key, which no setting changes."""
    step = f'Rename it back to "{text}": rows are found by it, so it keeps its name.'
    return _gone({"": text}, row, tab, _others(row, ours), step)


def refuse_low_header(rows: Iterable[tuple[int, Sequence[Entry]]], names: Collection[str], tab: TabWords) -> None:
    """Raise NeedsPerson where the key's header (under any of these names) stands in one of these rows, below the head rows."""
    for row, line in rows:
        found = next((text for entry in line if (text := header_text(entry)) in names), None)
        if found is not None:
            raise NeedsPerson(
                f'The header "{found}" of the tab {tab} stands in row {row + 1}; it is looked for in the first {HEAD_ROWS} rows. '
                "Nothing was written.",
                next_step=f"Delete rows above it, or move them, so that it stands in one of the first {HEAD_ROWS} rows.",
            )


def _others(row: Sequence[Entry], ours: Collection[str]) -> list[str]:
    return [found for entry in row if (found := header_text(entry)) and found not in ours]


def _gone(missing: Mapping[str, str], row: Sequence[Entry], tab: TabWords, others: Sequence[str], renamed: str) -> NeedsPerson:
    """`renamed`: what to do where it may have been renamed to one of the `others`."""
    text = next(iter(missing.values()))
    lost = ", ".join(f'"{one}"' for one in missing.values())
    if others:
        told = "Headers there that are none of syncdb's: " + some_of([f'"{one}"' for one in others], MOST_NAMED) + "."
        step = renamed
    elif not any(header_text(entry) for entry in row):
        told = "No header stands there at all: it was emptied, most likely."
        step = tab.bring_back
    else:
        told = "No other header stands in its place: its column was deleted, most likely."
        step = f'Undo that, or put the header "{text}" above an empty column; a run with --full fills it.'
    return NeedsPerson(f"The tab {tab} lacks the header {lost}. {told} Nothing was written.", next_step=step)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of the wished columns: the header row, the column of each field that has one, and those to be renamed."""

    header_row: int
    columns: Mapping[str, int]
    renamed: Mapping[str, int]

    def lacking(self, wanted: Mapping[str, str]) -> list[str]:
        """The fields that have no column yet."""
        return [name for name in wanted if name not in self.columns]


def standing_headers(
    head: Sequence[Sequence[Entry]], wanted: Mapping[str, str], known: Mapping[str, str], key: str, tab: TabWords
) -> Standing | None:
    """Head rows compared with the wished headers (field -> text); None if no header of ours stands there and none is known.

    `known` are the headers made or adopted before. Raises NeedsPerson where one of those is gone, or any stands twice.
    """
    names, ours = (wanted[key], known.get(key, wanted[key])), {*wanted.values(), *known.values()}
    header_row = next((row for row in (find_header_row(head, name) for name in names) if row is not None), None)
    if header_row is None:
        if known:
            shown = next((row for row in head if any(header_text(entry) for entry in row)), [])
            raise key_gone(known.get(key, wanted[key]), shown, tab, ours)
        return None
    row = head[header_row]
    columns = match(row, header_row, wanted, tab)
    renamed = _renamed(row, header_row, columns, known, tab, wanted)
    columns |= renamed
    lost = {name: text for name, text in known.items() if name in wanted and name not in columns}
    if lost:
        raise header_gone(lost, row, tab, ours)
    return Standing(header_row, columns, renamed)


def _renamed(
    row: Sequence[Entry],
    header_row: int,
    columns: Mapping[str, int],
    known: Mapping[str, str],
    tab: TabWords,
    wanted: Mapping[str, str],
) -> dict[str, int]:
    """Fields whose header the configuration renamed while the tab still shows the old one."""
    before = {name: text for name, text in known.items() if name in wanted and name not in columns and text != wanted[name]}
    return match(row, header_row, before, tab)
