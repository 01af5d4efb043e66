"""A tab as the API describes it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab as the API describes it; `elsewhere` counts the cells of the spreadsheet's other tabs."""

    sheet_id: int
    title: str
    rows: int
    columns: int
    elsewhere: int
    markers: Mapping[int, str]  # metadata id -> the ledger that claims the tab

    @property
    def cells(self) -> int:
        return self.rows * self.columns + self.elsewhere
