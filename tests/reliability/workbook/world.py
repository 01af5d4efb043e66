"""A shop and its workbook for proofs: people work in the tab as they do in a sheet's, and the file is saved before each run."""

import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.google.grid import Tab
from tests.reliability.workbook import mirror
from tests.reliability.world import ProofWorld
from tests.scenarios.world import Ran

waiting: list[Callable[[], None]] = []  # what happens the next time that a file is about to be put in its place
listening: list[bool] = []


def _heard(event: str, given: tuple[Any, ...]) -> None:
    """The interpreter tells of each file that is opened: of the one that a run writes beside the workbook, before it does."""
    if waiting and event == "open" and Path(str(given[0])).name == f".orders.xlsx.{os.getpid()}.part":
        waiting.pop()()


@dataclass(frozen=True, slots=True)
class Reader(Colleague):
    """`ours` are the headers of our columns. A cell there that held nothing at all gets the format of its kind with its value."""

    ours: frozenset[str] = frozenset()

    def snapshot(self) -> dict[tuple[int, int], Any]:
        seen = Colleague.snapshot(self)
        titles = {(row, cell.get("userEnteredValue", {}).get("stringValue")): column for (row, column), cell in seen.items()}
        head = next((row for row, title in titles if title == "Line ID"), None)
        managed = {column for (row, title), column in titles.items() if row == head and title in self.ours}
        found = {place: _unnumbered(cell) if place[1] in managed else cell for place, cell in seen.items()}
        return {place: cell for place, cell in found.items() if _unnumbered(cell)}  # a format without a value is nothing yet


def _unnumbered(cell: dict[str, Any]) -> dict[str, Any]:
    form = {name: one for name, one in cell.get("userEnteredFormat", {}).items() if name != "numberFormat"}
    rest = {name: one for name, one in cell.items() if name != "userEnteredFormat"}
    return rest | ({"userEnteredFormat": form} if form else {})


@dataclass
class BookWorld(ProofWorld):
    """`stood` is the tab as the file held it last."""

    PAIR = "workbook"
    stood: object = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.env["WORKBOOK"] = str((self.quick or self.folder) / "orders.xlsx")
        self.load()

    @property
    def path(self) -> Path:
        return Path(self.env["WORKBOOK"])

    @property
    def colleague(self) -> Colleague:
        return Reader(self.sandbox.spreadsheet, mirror.TAB, frozenset({"Line ID", *self.labels().values()}))

    @property
    def tab(self) -> Tab | None:
        return self.sandbox.spreadsheet.titled(mirror.TAB)

    def at_once(self, **asked: Any) -> Ran:
        self.env["WORKBOOK_COLUMNS"] = ",".join(self.columns)
        self.save()
        before = self.content()
        ran = super().at_once(**asked)
        self.load()
        return replace(ran, writes=int(self.content() != before))

    def content(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path.exists() else ""

    def load(self) -> None:
        """See the file as it is now."""
        if self.path.exists() and mirror.holds_tab(self.path):
            if self.tab is None:
                Colleague(self.sandbox.spreadsheet).add_tab(mirror.TAB)
            assert self.tab is not None
            mirror.read(self.path, self.tab)
        self.stood = self._shown()

    def save(self) -> None:
        """Somebody saves the file, if anything was done to the tab, and sees it as the file holds it."""
        if self._shown() != self.stood:
            mirror.write(self.path, self.tab)
            self.load()

    def during(self, match: str, act: Callable[[Colleague], object], skip: int = 0) -> None:
        """Let a colleague act, and save, between a run's look at the file and its write; other requests as ever."""
        if "write" not in match.split():
            super().during(match, act, skip)
            return

        def action() -> None:
            self.load()
            with suppress(LookupError, ValueError):
                act(self.colleague)
            self.save()

        if not listening:
            sys.addaudithook(_heard)
            listening.append(True)
        waiting[:] = [action]

    def _shown(self) -> object:
        tab = self.tab
        if tab is None:
            return None
        hidden = {row: one.get("hiddenByUser") for row, one in tab.dimensions["ROWS"].items()}
        return self.colleague.snapshot(), hidden, tab.basic_filter is not None
