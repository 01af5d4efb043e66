"""Rows that show what an order has and hold no key: nobody's records to a run, but a person's sum over the column counts them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncdb.model import Record
from syncdb.values import Value, canonical, same

MOST = 0.8  # of what such a row shows, so much is the record's: the rest changed since, or on that line only


@dataclass(slots=True)
class RowsWithoutKey:
    """`rows` are the values of such rows by their places; blank cells are not among them."""

    rows: Mapping[str, Mapping[str, Value]]
    _names: dict[str, str] = field(default_factory=dict)

    def see(self, record: Record, name: str) -> None:
        """Take in a record, which people call `name`."""
        for place, values in self.rows.items():
            if place not in self._names and _shows(values, record):
                self._names[place] = name

    def problems(self) -> list[str]:
        """What a person has to know of each."""
        return [
            f"Row {place} has no key, yet shows what {name} has: no sum here counts it, a sum over the column does. "
            "Delete it, or put its key back."
            for place, name in self._names.items()
        ]


def _shows(values: Mapping[str, Value], record: Record) -> bool:
    filled = sum(canonical(value) is not None for value in record.fields.values()) - 1  # the key
    if 2 * len(values) < filled or not values:
        return False
    return sum(same(value, record.fields.get(name)) for name, value in values.items()) >= MOST * len(values)
