"""Judges shop and sheet without ever reading the ledger that is on trial.

What a managed cell must hold is worked out from the shop's own state in Shopify's field names; what people hold is compared
cell by cell, notes, formats and rules included, before and after a run. All is counted,
so that a proof that looked at nothing fails.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from syncdb.sandbox.shopify.index import milliseconds
from tests.mapping.test_mapping_oracle import expected, number
from tests.reliability.world import ProofWorld

EPOCH = datetime(1899, 12, 30)
PROTECTED = {"customer_name", "shipping_zip", "shipping_city"}  # what a person is told by may be withheld from the app
Row = dict[str, Any]
examined: Counter[str] = Counter()  # over all proofs of a process


def entered_as(value: Any) -> Any:
    """What stands in a cell that shows a value: numbers as doubles, moments as days since 1899-12-30, nothing for empty text.

    Line ends are those of a sheet, whichever the shop has.
    """
    if isinstance(value, datetime):
        return round((value - EPOCH).total_seconds() / 86400, 8)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")
    return None if value == "" else value


def as_shown(entry: Any) -> Any:
    """A cell's entry in the same form."""
    if isinstance(entry, float):
        return int(entry) if entry == int(entry) else round(entry, 8)
    return None if entry == "" else entry


def alike(shown: Any, wanted: Any) -> bool:
    if isinstance(shown, bool) or isinstance(wanted, bool):
        return shown is wanted
    return bool(as_shown(shown) == as_shown(wanted))


@dataclass
class Oracle:
    """What the shop ever had, line by line. Tell it (`hear`) after each change of the shop and before each run.

    `veiled` are lines that were there while something was withheld from the app. `reached` (epoch seconds) is how far back the
    first run looked that ended well: whatever has not changed since then need not be in the sheet.
    """

    world: ProofWorld
    past: dict[str, list[Row]] = field(default_factory=dict)
    order_of: dict[str, str] = field(default_factory=dict)
    veiled: set[str] = field(default_factory=set)
    reached: float | None = None

    def hear(self) -> None:
        """Take note of the shop as it is now."""
        veiled = self.world.veiled()
        for gid, order in self.world.shop.orders.items():
            for key, line in _keys(order).items():
                self.order_of[key] = gid
                self.veiled |= {key} if veiled else set()
                row = {name: entered_as(expected(name, order, line)) for name in self.world.columns}
                seen = self.past.setdefault(key, [])
                if not seen or seen[-1] != row:
                    seen.append(row)

    def wrong(self, excused: frozenset[str] = frozenset(), frozen: frozenset[tuple[str, str]] = frozenset()) -> list[str]:
        """Where sheet and shop differ, as sentences. `excused` keys and `frozen` (key, column) are not looked at."""
        self.hear()
        rows, problems = self._rows(excused)
        for key in self._wanted() - set(rows) - excused:
            problems.append(f"lost: line {key}")
        for key, row in rows.items():
            if key in excused:
                continue
            if key not in self.past:
                problems.append(f"unexpected: a row with the key {key!r}")
                continue
            problems += self._compare(key, row, frozen)
        return problems

    def _wanted(self) -> set[str]:
        orders = self.world.shop.orders.values()
        return {key for order in orders if milliseconds(order["updatedAt"]) >= 1000 * (self.reached or 0) for key in _keys(order)}

    def _rows(self, copied: frozenset[str]) -> tuple[dict[str, Row], list[str]]:
        world, found, problems = self.world, dict[str, Row](), list[str]()
        grid, header = world.grid(), world.header()
        places = {name: header.index(label) for name, label in world.labels().items() if label in header}
        problems += [f"no column {name}" for name in world.columns if name not in places]
        at = header.index("Line ID")
        for row in grid[grid.index(header) + 1 :]:
            key = _key(row[at] if at < len(row) else None)
            if key is None or key.startswith("MINE"):
                continue
            if key in found and key not in copied:
                problems.append(f"doubled: line {key}")
            found[key] = {name: row[place] if place < len(row) else None for name, place in places.items()}
        return found, problems

    def _compare(self, key: str, row: Row, frozen: frozenset[tuple[str, str]]) -> list[str]:
        names = [name for name in row if (key, name) not in frozen]
        examined["managed cells"] += len(names)
        gone = self.order_of[key] not in self.world.shop.orders
        wanted = [self.past[key][-1]] if not gone else self.past[key][-1:]
        if gone:
            names = [name for name in names if name not in ("order_status", "line_status")]
            wanted = self.past[key]  # a deleted order stays as it was last seen, at whichever time that was
            if key in self.veiled:  # and what was withheld while it was there is not known
                names = [name for name in names if name not in PROTECTED or as_shown(row[name]) is not None]
            if row["order_status"] != "deleted":
                return [f"{key} order_status: shows {row['order_status']!r}, the order was deleted"]
        tries = [
            [
                f"{key} {name}: shows {row[name]!r}, the shop has {one.get(name)!r}"
                for name in names
                if name in one and not alike(row[name], one[name])
            ]
            for one in wanted
        ]
        return min(tries, key=len)


def _keys(order: dict[str, Any]) -> dict[str, Any]:
    """The keys of an order's rows, with their lines."""
    if not order["lineItems"]:
        return {f"order-{number(order['id'])}": None}
    return {number(line["id"]): line for line in order["lineItems"]}


def _key(entry: Any) -> str | None:
    if isinstance(entry, str):
        return entry.strip() or None
    return str(entry) if entry is not None else None


# --- people's cells


@dataclass(frozen=True, slots=True)
class People:
    """What is not ours in a tab: whole rows without a key of ours, and of our rows all but the contents of managed cells."""

    rows: tuple[tuple[str | None, tuple[tuple[int, str], ...]], ...]
    width: int
    managed: tuple[tuple[str, int], ...]

    @classmethod
    def now(cls, world: ProofWorld, ours: set[str]) -> "People | None":
        """People's cells as they stand; None while there is no tab or no header of ours."""
        grid = world.grid_or_none()
        if grid is None or not any("Line ID" in row for row in grid):
            return None
        header = world.header()
        head, at = grid.index(header), header.index("Line ID")
        places = {label: header.index(label) for label in ("Line ID", *world.labels().values()) if label in header}
        managed = set(places.values())
        cells: dict[int, list[tuple[int, str]]] = {}
        keys = {n: key for n, row in enumerate(grid) if n > head and (key := _key(row[at] if at < len(row) else None)) in ours}
        for (row, column), cell in sorted(world.colleague.snapshot().items()):
            if row in keys and column in managed and "formulaValue" not in cell.get("userEnteredValue", {}):
                cell = {name: one for name, one in cell.items() if name != "userEnteredValue"}
            if cell:
                cells.setdefault(row, []).append((column, _plain(cell)))
        rows = tuple((keys.get(n), tuple(cells.get(n, ()))) for n in range(len(grid)))
        return cls(rows, max((len(row) for row in grid), default=0), tuple(places.items()))

    def changed_by(self, after: "People") -> list[str]:
        """What a run did to them that it must not, given how they are afterwards: rows may only have come in between."""
        left = list(self.rows)
        while left and left[-1] == (None, ()):
            left.pop()
        here, problems = 0, list[str]()
        known = {key for key, _ in self.rows}
        examined["people's cells"] += sum(len(cells) for _, cells in left)
        made = {column for label, column in after.managed if label not in dict(self.managed)}
        for key, cells in after.rows:
            stood = ((column - sum(one < column for one in made), cell) for column, cell in cells if column not in made)
            cells = tuple(cell for cell in stood if cell[0] < self.width)
            if here < len(left) and (key, cells) == left[here]:
                here += 1
            elif key is None or key in known:
                expected_row = left[here] if here < len(left) else None
                if (key, cells) == (None, ()) and expected_row is None:
                    continue
                was = set(expected_row[1]) if expected_row else set()
                problems.append(
                    f"row {here + 1} of people (key {expected_row and expected_row[0]}, now {key}): gone or changed "
                    f"{sorted(was - set(cells))}, instead {sorted(set(cells) - was)}"
                )
                break
        if not problems and here < len(left):
            problems.append(f"rows of people are gone: {left[here:][:3]}")
        return problems


def _plain(cell: dict[str, Any]) -> str:
    # the sheet moves the references of formulas itself when rows and columns come in between
    shown = repr(cell)
    return re.sub(r"\$?[A-Z]+\$?\d+", "#", shown) if "formulaValue" in shown else shown
