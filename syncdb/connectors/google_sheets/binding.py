"""What ties a ledger to one tab: kept from run to run, so that a renamed tab is followed and a vanished one noticed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TabBinding:
    """`target` and `wanted_tab` as configured when it was made; `tab` is the tab's title when last seen.

    `headers` holds the header text of each field whose column was made or adopted: one of these missing later is damage.
    """

    target: str
    wanted_tab: str
    spreadsheet_id: str
    sheet_id: int
    tab: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The binding as JSON data; `from_data` is the inverse."""
        return {
            "target": self.target,
            "wanted_tab": self.wanted_tab,
            "spreadsheet_id": self.spreadsheet_id,
            "sheet_id": self.sheet_id,
            "tab": self.tab,
            "headers": dict(self.headers),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "TabBinding":
        """The binding that `as_data` gave. Raises KeyError where a part is missing."""
        return cls(
            str(data["target"]),
            str(data["wanted_tab"]),
            str(data["spreadsheet_id"]),
            int(data["sheet_id"]),
            str(data["tab"]),
            {str(name): str(text) for name, text in data["headers"].items()},
        )
