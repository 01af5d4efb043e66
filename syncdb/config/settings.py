"""The settings of one run: typed, complete and checked."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every command runs on. Paths are absolute. `repr` hides the secrets.

    Either `shopify_access_token` or both `shopify_client_id` and `shopify_client_secret` are set, never all three.
    """

    shopify_store_name: str  # the *.myshopify.com domain
    shopify_access_token: str | None = field(repr=False)
    shopify_client_id: str | None
    shopify_client_secret: str | None = field(repr=False)
    shopify_api_version: str
    google_service_account_file: Path
    google_client_email: str  # the service account's address, from its key file: the sheet is shared with it
    target_spreadsheet: str
    target_worksheet: str
    lookback_days: int
    columns: tuple[tuple[str, str], ...] | None  # name and header of each; None is the default set
    rows: str
    deleted_rows: str
    edited_cells: str
    db_path: Path
    log_file: Path
    log_customer_data: bool
    drift_check_hours: int
    overlap_minutes: int
    max_changed_percent: int
    deadline_seconds: int
    shopify_base_url: str | None
    google_api_base_url: str | None
    notices: tuple[str, ...] = ()  # worth saying once at the start of a run

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, for the log's redaction. The private key is not held here."""
        return tuple(value for value in (self.shopify_access_token, self.shopify_client_secret) if value)
