"""What looking for missing orders came to."""

from dataclasses import dataclass, field

from syncdb.engine.report import Report
from syncdb.errors import Exit
from syncdb.orders.completeness import Completeness


@dataclass(slots=True)
class RowCheck:
    """The sheet against the ledger. `lacking` names orders with a row too few, `foreign` counts rows with keys nobody knows."""

    lacking: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    compared: int = 0
    refused: str = ""


@dataclass(slots=True)
class MissingOrders:
    """All that `missing` tells."""

    orders: Completeness
    rows: RowCheck
    fixed: Report | None = None

    @property
    def exit_code(self) -> Exit:
        if self.fixed is not None:
            return self.fixed.exit_code
        return Exit.PARTIAL if self.orders.missed or self.rows.lacking or self.rows.doubled else Exit.DONE
