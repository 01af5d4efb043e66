"""From rows to records: which row holds which key, and what a row says."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.tabular.entries import MOST_DIGITS, Entry, Formula, key_in, value_in
from syncdb.model import Field, Found, Record, Snapshot
from syncdb.values import Value

FORMULA = "a formula"


@dataclass(slots=True)
class Index:
    """Which row each key stands in, as the key column showed it. Rows are locations and go out of date; keys do not."""

    header_row: int
    rows: dict[str, int] = field(default_factory=dict)
    doubled: dict[str, list[int]] = field(default_factory=dict)
    last: int = 0
    rounded: list[int] = field(default_factory=list)  # rows whose key is a number that may have lost digits

    def add(self, key: str, row: int) -> None:
        self.last = max(self.last, row)
        if key in self.doubled:
            self.doubled[key].append(row)
        elif key in self.rows:
            self.doubled[key] = [self.rows.pop(key), row]
        else:
            self.rows[key] = row

    @property
    def first(self) -> int:
        """The topmost row with a key; where there is none, the one below the header."""
        rows = (*self.rows.values(), *(row for rows in self.doubled.values() for row in rows))
        return min(rows, default=self.header_row + 1)

    def make_room(self, at: int, count: int) -> None:
        """So many rows were inserted before row `at`."""
        if at > self.last:
            return
        self.rows = {key: row + count if row >= at else row for key, row in self.rows.items()}
        self.doubled = {key: [row + count if row >= at else row for row in rows] for key, rows in self.doubled.items()}
        self.rounded = [row + count if row >= at else row for row in self.rounded]
        self.last += count

    def __contains__(self, key: str) -> bool:
        return key in self.rows or key in self.doubled


def index_of(entries: Iterable[tuple[int, Entry]], header_row: int) -> Index:
    """The index of a key column, given as (row, entry); rows up to the header row are nobody's."""
    index = Index(header_row, last=header_row)
    for row, entry in entries:
        key = readable_key(entry)
        if key is not None and row > header_row:
            index.add(key, row)
            if isinstance(entry, int | float) and abs(entry) >= 10**MOST_DIGITS:
                index.rounded.append(row)
    return index


def readable_key(entry: Entry) -> str | None:
    """The key of a row, however it was read. A formula is not a key: its row belongs to whoever wrote it."""
    key = None if isinstance(entry, Formula) else key_in(entry)
    return None if key is None or key.startswith("=") else key


def found_in(
    line: Mapping[str, Entry], row: int, fields: Sequence[Field], key_field: str, *, exact: bool = False
) -> Found | None:
    """The record of a row (field -> entry); None for a row without a key. What looks like a formula is `frozen`.

    `exact`: entries tell a formula from text that looks like one.
    """
    key = readable_key(line.get(key_field))
    if key is None:
        return None
    values: dict[str, Value] = {one.name: value_in(line[one.name], one.kind) for one in fields if one.name in line}
    frozen = {name: FORMULA for name, entry in line.items() if _is_formula(entry, exact)}
    values[key_field] = key if isinstance(line[key_field], str) and str(line[key_field]) == key else values[key_field]
    return Found(str(row + 1), _version(line), Record(key, values), frozen)


def _is_formula(entry: Entry, exact: bool) -> bool:
    if isinstance(entry, str) and not exact:
        return entry[:1] == "=" and len(entry) > 1
    return isinstance(entry, Formula)


def _version(line: Mapping[str, Entry]) -> str:
    plain = [entry.text if isinstance(entry, Formula) else entry for entry in line.values()]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:32]


def snapshot_of(found: Iterable[Found], index: Index, complete: bool, keys: Iterable[str] | None = None) -> Snapshot:
    """A snapshot without the doubled keys, which are named with all their places."""
    wanted = index.doubled if keys is None else [key for key in keys if key in index.doubled]
    doubled = {key: tuple(f"{row + 1}" for row in index.doubled[key]) for key in wanted}
    return Snapshot({one.record.key: one for one in found if one.record.key not in index.doubled}, complete, doubled)
