"""Rows of ours whose key somebody emptied or spoilt: what is left of them, so that a record does not come to stand twice."""

from collections.abc import Iterable, Mapping

from syncdb.connectors.tabular.entries import Entry, value_in
from syncdb.model import Operation
from syncdb.values import Kind, Value, canonical


class KeylessRows:
    """Rows without a key, as row -> field -> entry; cells that are blank say nothing."""

    def __init__(self, lines: Mapping[int, Mapping[str, Entry]], key: str, kinds: Mapping[str, Kind]) -> None:
        rows = ((row, _filled(_values(line, kinds), key)) for row, line in sorted(lines.items(), reverse=True))
        self._rows = {row: values for row, values in rows if values}
        self._whole = {frozenset(values.items()): row for row, values in self._rows.items()}
        self._key = key

    @property
    def rows(self) -> Mapping[int, Mapping[str, Value]]:
        """What they show, by row (from zero), without blank cells."""
        return self._rows

    def left_of(self, operation: Operation) -> int | None:
        """The row that shows just what is to be made; of a record that was there before, also what is left of it.

        A row is left of it that shows nothing but what was agreed last, and most of that: who empties a key may empty more.
        """
        whole = self._whole.get(frozenset(_filled(operation.changes.items(), self._key).items()))
        if whole is not None or not operation.last:
            return whole
        last = _filled(operation.last.items(), self._key)
        left = (row for row, values in self._rows.items() if 2 * len(values) >= len(last) and values.items() <= last.items())
        return next(left, None)


def _filled(values: Iterable[tuple[str, Value]], key: str) -> dict[str, Value]:
    plain = ((name, canonical(value)) for name, value in values if name != key)
    return {name: value for name, value in plain if value is not None}


def _values(line: Mapping[str, Entry], kinds: Mapping[str, Kind]) -> Iterable[tuple[str, Value]]:
    return ((name, value_in(entry, kinds[name])) for name, entry in line.items() if name in kinds)


def lost(row: int, header: str, key: str) -> str:
    """Why a record is not made, and what a person can do; `row` counts from zero."""
    return f"row {row + 1} shows just that and has no {header} any more: put {key} there, or delete the row"
