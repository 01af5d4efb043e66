"""The settings that every run has: typed, complete and checked. Systems and pairs add theirs."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """The ledger and how a run goes. Paths are absolute."""

    lookback_days: int
    deleted_rows: str
    edited_cells: str
    db_path: Path
    log_file: Path
    log_customer_data: bool
    drift_check_hours: int
    history_days: int | None
    compress_snapshots: bool
    overlap_minutes: int
    max_changed_percent: int
    max_shop_changed_percent: int
    max_price_fall_percent: int
    deadline_seconds: int
    web_token: str | None = field(repr=False)
    notices: tuple[str, ...] = ()  # worth saying once at the start of a run

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, for the log's redaction."""
        return ()
