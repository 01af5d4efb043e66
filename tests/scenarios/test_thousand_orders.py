"""The promise at the size of a real shop: 1,000 orders, 50 changes in the shop, 50 edits by a colleague, one run.

Two judges, neither of which reads the ledger: a second, untouched sheet filled by a fresh ledger says what our cells must
hold, and the colleague's cells are compared byte for byte.
"""

import random
from collections.abc import Callable
from typing import Any

from tests.scenarios.world import World

Cells = dict[tuple[str, str], Any]  # (line id, header) -> what is in the cell


def managed(world: World) -> Cells:
    """Our cells by line and header."""
    return {
        (key, header): value
        for key, row in world.rows().items()
        for header, value in row.items()
        if not header.startswith("Team ")
    }


def fresh_sheet(world: World) -> Cells:
    """What a new sheet, filled from the same shop by a fresh ledger, holds."""
    sandbox = world.sandbox
    other = sandbox.google.create("Fresh", sandbox.email)
    twin = World.__new__(World)
    twin.__dict__ |= world.__dict__ | {
        "env": world.env | {"DB_PATH": str(world.folder / "twin.db"), "TARGET_SPREADSHEET": "Fresh"}
    }
    original, sandbox.spreadsheet = sandbox.spreadsheet, other
    try:
        twin.env = dict(twin.env)
        environment = sandbox.environment
        sandbox.environment = lambda: environment() | {"TARGET_SPREADSHEET": "Fresh"}  # type: ignore[method-assign]
        assert twin.at_once().code == 0
        return managed(twin)
    finally:
        sandbox.spreadsheet = original
        sandbox.environment = environment  # type: ignore[method-assign]


class Team:
    """A colleague who knows nothing of us: own columns beside ours, notes, colours, sorting, moving, inserting."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self.written: dict[tuple[str, str], Any] = {}
        self.columns: list[str] = []
        self.acts = 0

    def act(self) -> None:
        acts = [self.sort, self.own_column, self.write, self.write, self.write, self.formula, self.insert_row, self.insert_column]
        acts += [self.move_column, self.move_row, self.note, self.colour, self.hide]
        self.rng.choice(acts)()
        self.acts += 1

    def sort(self) -> None:
        letter = self.world.letter(self.rng.choice(["Order", "SKU", "Total", "Line ID", "Customer"]))
        self.world.colleague.sort(letter, descending=self.rng.random() < 0.5)

    def own_column(self) -> None:
        name = f"Team {len(self.columns)}"
        self.world.colleague.insert_columns(before := self.some_letter())
        self.world.colleague.type(f"{before}1", name)
        self.columns.append(name)

    def write(self) -> None:
        if self.columns:
            self.put(
                self.rng.choice(self.columns), self.rng.choice(["call back", "007", "12.5", "=1+1", "☎ ok", "'=x", "2026-11-20"])
            )

    def formula(self) -> None:
        if self.columns:
            key = self.some_key()
            row = self.world.row_of(key)
            self.put(self.rng.choice(self.columns), f"={self.world.letter('Quantity')}{row}*2", key)

    def put(self, column: str, text: str, key: str | None = None) -> None:
        key = key or self.some_key()
        self.world.colleague.type(f"{self.world.letter(column)}{self.world.row_of(key)}", text)

    def insert_row(self) -> None:
        row = self.rng.randrange(2, len(self.world.packed()))
        self.world.colleague.insert_rows(row)
        if self.columns:
            self.world.colleague.type(f"{self.world.letter(self.columns[0])}{row}", f"--- section {self.acts} ---")

    def insert_column(self) -> None:
        self.world.colleague.insert_columns(self.some_letter())

    def move_column(self) -> None:
        self.world.colleague.move_columns(self.some_letter(), 1, self.some_letter())

    def move_row(self) -> None:
        last = len(self.world.packed())
        source, target = self.rng.randrange(2, last), self.rng.randrange(2, last)
        self.world.colleague.move_rows(source, 1, target)

    def note(self) -> None:
        self.world.colleague.note(f"{self.world.letter('Customer')}{self.world.row_of(self.some_key())}", f"note {self.acts}")

    def colour(self) -> None:
        self.world.colleague.colour(f"{self.world.letter('Order')}{self.world.row_of(self.some_key())}")

    def hide(self) -> None:
        self.world.colleague.hide_rows(self.world.row_of(self.some_key()))

    def some_key(self) -> str:
        return self.rng.choice(sorted(self.world.keys().values()))

    def some_letter(self) -> str:
        return self.world.letter(self.rng.choice([name for name in self.world.header() if name]))


def not_ours(world: World) -> dict[tuple[int, int], Any]:
    """Every cell that is not a managed value: people's columns, rows without a line id, headers, and all notes and formats."""
    names, keys = dict(enumerate(world.header())), world.keys()
    kept: dict[tuple[int, int], Any] = {}
    for (row, column), cell in cells_of(world).items():
        keyed = row + 1 in keys
        ours = keyed and names.get(column) is not None and not str(names.get(column)).startswith("Team ")
        kept[row, column] = (cell.note, cell.format) if ours else cell
    return kept


def last_line_row(world: World) -> int:
    """The row number of the lowest line, as on screen."""
    return max(world.keys())


def cells_of(world: World) -> dict[tuple[int, int], Any]:
    from syncdb.sandbox.google.cells import unpack

    tab = world.sandbox.spreadsheet.titled("Orders")
    assert tab is not None
    return {(row, column): unpack(cell) for row, column, cell in tab.filled()}


def test_after_changes_on_both_sides_exactly_the_needed_cells_change(make: Callable[..., World]) -> None:
    world = make(orders=1000)
    rng = random.Random(20261121)
    first = world.synced()
    assert len(world.rows()) == first.counts["rows_added"] >= len(world.lines()) > 2000
    assert world.synced().writes == 0

    world.pass_time(hours=1)
    for _ in range(50):
        world.shop.random_change(rng)
    team = Team(world, rng)
    for _ in range(50):
        team.act()

    before, theirs, rows_before = managed(world), not_ours(world), len(world.grid())
    bottom = last_line_row(world)
    expected = fresh_sheet(world)
    ran = world.synced()
    after = managed(world)

    assert after == expected
    needed = {place for place in expected if place in before and expected[place] != before[place]}
    assert ran.counts["cells_changed"] == len(needed) > 50
    new_rows = {key for key, _ in expected} - {key for key, _ in before}
    assert ran.counts["rows_added"] == len(new_rows) and len(world.grid()) == rows_before + len(new_rows)
    now = not_ours(world)
    # new rows are inserted below the last line: what stood below that has moved down with all it holds
    moved = {(row + len(new_rows) if row >= bottom else row, column): cell for (row, column), cell in theirs.items()}
    assert {place: now.get(place) for place in moved} == moved, "a colleague's cell changed"
    assert team.acts == 50 and len(team.columns) > 1
    assert world.synced(full=True).writes == 0
