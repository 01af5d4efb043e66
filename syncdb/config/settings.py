"""The settings of one run: typed, complete and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the catalogue behind it is large and only needed where it is chosen from
    from syncdb.pairs.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """What every pair needs: the shop, the ledger, how a run goes. Paths are absolute. `repr` hides the secrets.

    Either `shopify_access_token` or both `shopify_client_id` and `shopify_client_secret` are set, never all three.
    """

    shopify_store_name: str  # the *.myshopify.com domain
    shopify_access_token: str | None = field(repr=False)
    shopify_client_id: str | None
    shopify_client_secret: str | None = field(repr=False)
    shopify_api_version: str
    lookback_days: int
    deleted_rows: str
    edited_cells: str
    db_path: Path
    log_file: Path
    log_customer_data: bool
    drift_check_hours: int
    history_days: int | None
    overlap_minutes: int
    max_changed_percent: int
    deadline_seconds: int
    shopify_base_url: str | None
    notices: tuple[str, ...] = ()  # worth saying once at the start of a run

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, for the log's redaction. The private key is not held here."""
        return tuple(value for value in (self.shopify_access_token, self.shopify_client_secret) if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ShopSettings):
    """What bringing orders into a Google Sheet runs on."""

    google_service_account_file: Path
    google_client_email: str  # the service account's address, from its key file: the sheet is shared with it
    target_spreadsheet: str
    target_worksheet: str
    tabs_by: str  # one, year, quarter or month
    period_spreadsheets: Mapping[str, str]  # by year or by period of the kind of `tabs_by`
    columns: tuple[tuple[str, str], ...] | None  # name and header of each; None is the default set
    rows: str
    google_api_base_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GristSettings(ShopSettings):
    """What keeping a shop and a Grist document in step runs on. `grist_document` is an id, or a name within `grist_workspace`."""

    grist_server: str
    grist_api_key: str = field(repr=False)
    grist_document: str
    grist_workspace: int | None
    grist_calls_per_month: int | None
    shopify_writes: tuple[str, ...]
    selection: "Selection"

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(value for value in (self.shopify_access_token, self.shopify_client_secret, self.grist_api_key) if value)
