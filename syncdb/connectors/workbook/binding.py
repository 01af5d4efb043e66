"""What ties a ledger to a file: kept from run to run, so that a vanished file or a renamed header is noticed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FileBinding:
    """The file and the tab as configured when it was made; `headers` holds the text of each header that was made or adopted."""

    path: str
    tab: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The binding as JSON data; `from_data` is the inverse."""
        return {"path": self.path, "tab": self.tab, "headers": dict(self.headers)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "FileBinding":
        """The binding that `as_data` gave. Raises KeyError where a part is missing."""
        return cls(str(data["path"]), str(data["tab"]), {str(name): str(text) for name, text in data["headers"].items()})
