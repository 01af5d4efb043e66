"""Finding an order in the ledger by what people call it. Every question is answered by an index, also among a million orders."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_COLUMNS = "order_id, name, number, status, created_at"
_LARGEST = 2**63 - 1
MOST = 1000  # orders of the names asked for; only a shop that gives all its orders one name has more


@dataclass(frozen=True, slots=True)
class Named:
    """A tracked order as people tell it apart. `status` is tracked, missing or deleted; `created_at` is ISO UTC."""

    order_id: str
    name: str
    number: int | None
    status: str
    created_at: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """The orders of a ledger by name, number and id."""

    connection: sqlite3.Connection

    def by_id(self, order_id: str) -> list[Named]:
        return self._found("order_id = ?", (order_id,))

    def by_names(self, names: Sequence[str]) -> list[Named]:
        """Orders with exactly one of these names (at most 900), in the order of these. Names are unique only by convention."""
        found = self._found(f"name IN ({','.join('?' * len(names))}) LIMIT {MOST:d}", names)
        rank = {name: place for place, name in reversed(list(enumerate(names)))}
        return sorted(found, key=lambda one: rank[one.name])

    def by_number(self, number: int, most: int = 20) -> list[Named]:
        """Orders with this number, whatever is written around it in their names."""
        return self._found(f"number = ? LIMIT {most:d}", (number,)) if number <= _LARGEST else []

    def beside(self, number: int, each_way: int = 2) -> list[Named]:
        """The tracked orders whose numbers come just before and just after, the nearest first."""
        number = min(number, _LARGEST)
        below = self._found(f"number < ? ORDER BY number DESC LIMIT {each_way:d}", (number,))
        above = self._found(f"number > ? ORDER BY number LIMIT {each_way:d}", (number,))
        return sorted([*below, *above], key=lambda one: abs((one.number or 0) - number))

    def beginning(self, starts: Iterable[str], most: int = 3) -> list[Named]:
        """Orders whose names begin with one of these texts, those of the first text first."""
        found: list[Named] = []
        for start in starts:
            found += self._found(f"name >= ? AND name < ? ORDER BY name LIMIT {most:d}", (start, start + chr(0x10FFFF)))
        return found[:most]

    def _found(self, condition: str, parameters: Sequence[object]) -> list[Named]:
        query = f"SELECT {_COLUMNS} FROM order_tracking WHERE {condition}"
        return [Named(*row) for row in self.connection.execute(query, parameters)]
