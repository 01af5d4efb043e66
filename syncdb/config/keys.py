"""Every setting, in one table: what it is called in each place, what it may hold and what it means."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import syncdb.config.validators as checks
from syncdb.config.validators import Check


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `name` is its key in JSON, `env` its name in the environment and in `.env`.

    `default` is None where there is none; `needed` then says what to do. `template` is the value that the templates carry in
    its place and that means "not filled in". A `secret` is never shown. `serves` are the pairs that it is for.
    """

    name: str
    env: str
    check: Check
    default: Any
    meaning: str
    needed: str = ""
    template: str = ""
    secret: bool = False
    serves: tuple[str, ...] = ("sheets", "grist")

    @property
    def option(self) -> str:
        """The command-line option, where a command has one for it."""
        return "--" + self.name.replace("_", "-")

    def unfilled(self, raw: Any) -> bool:
        """Whether the value is empty or still that of a template."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return True
        if not isinstance(raw, str) or not self.template:
            return False
        value = raw.strip().lower()
        return value in (self.template, f"{self.template}.myshopify.com") or bool(_BLANK.fullmatch(value))


# what people and templates write where a value is still to come
_BLANK = re.compile(r"<.*>|x{4,}|shp[a-z]{2}_(x+|\.\.\.|…)|\.\.\.|…|change-?me|todo")


KEYS: tuple[Key, ...] = (
    Key(
        "shopify_store_name", "SHOPIFY_STORE_NAME", checks.shop, None,
        "The shop: `your-store`, `your-store.myshopify.com` or the address of its admin.",
        needed="Give the shop's myshopify name (Shopify admin, Settings, Domains).", template="your-store",
    ),
    Key(
        "shopify_access_token", "SHOPIFY_ACCESS_TOKEN", checks.access_token, None,
        "Admin API access token of a custom app made in the Shopify admin before 2026. Instead of client id and secret.",
        template="shpat_...", secret=True,
    ),
    Key(
        "shopify_client_id", "SHOPIFY_CLIENT_ID", checks.secret, None,
        "Client id of an app made in the Dev Dashboard.", template="your-client-id",
    ),
    Key(
        "shopify_client_secret", "SHOPIFY_CLIENT_SECRET", checks.secret, None,
        "Client secret of that app. Access tokens are fetched with it and kept in memory only.",
        template="your-client-secret", secret=True,
    ),
    Key(
        "shopify_api_version", "SHOPIFY_API_VERSION", checks.version, "2026-10",
        "Version of Shopify's Admin API to ask for.",
    ),
    Key(
        "google_service_account_file", "GOOGLE_SERVICE_ACCOUNT_FILE", checks.path, None,
        "The key file (JSON) of the Google service account.",
        needed="Give the path of the JSON key file of your Google service account.", serves=("sheets",),
    ),
    Key(
        "target_spreadsheet", "TARGET_SPREADSHEET", checks.spreadsheet, None,
        "The spreadsheet: its title, its key or its address. Key or address are surer; a title can stand for several.",
        needed="Give the title, key or address of the Google spreadsheet.", template="your-spreadsheet", serves=("sheets",),
    ),
    Key(
        "target_worksheet", "TARGET_WORKSHEET", checks.text, "Orders", "The tab that holds the orders; made if it is not there.",
        serves=("sheets",),
    ),
    Key(
        "tabs_by", "TABS_BY", checks.one_of("one", "year", "quarter", "month"), "one",
        "`one` tab for all orders, or one for each `year`, `quarter` or `month` in which orders were created: `Orders 2026`, "
        "`Orders 2026-Q4`, `Orders 2026-11`.",
        serves=("sheets",),
    ),
    Key(
        "period_spreadsheets", "PERIOD_SPREADSHEETS", checks.spreadsheets, None,
        "Other spreadsheets for the tabs of some years, quarters or months, by period. Left out: all tabs are in "
        "`target_spreadsheet`.",
        serves=("sheets",),
    ),
    Key(
        "lookback_days", "LOOKBACK_DAYS", checks.whole(1, 3650), 30,
        "How many days back the first run and a full run look, by the time an order last changed.",
    ),
    Key(
        "columns", "SHEET_COLUMNS", checks.column_list, None,
        "The columns, in the order in which new ones are made. Left out: the default set.",
        serves=("sheets",),
    ),
    Key(
        "rows", "SHEET_ROWS", checks.one_of("line", "order"), "line",
        "`line`: one row for each line item. `order`: one row for each order.",
        serves=("sheets",),
    ),
    Key(
        "deleted_rows", "DELETED_ROWS", checks.one_of("restore", "respect"), "restore",
        "A row that a person deleted: `restore` brings it back, `respect` leaves it gone.",
    ),
    Key(
        "edited_cells", "EDITED_CELLS", checks.one_of("restore", "report"), "restore",
        "A cell of ours that a person overwrote: `restore` puts the shop's value back, `report` leaves it and says so.",
    ),
    Key("db_path", "DB_PATH", checks.path, Path("shopify_sync.db"), "The ledger (an SQLite file)."),
    Key("log_file", "LOG_FILE", checks.path, Path("shopify_sync.log"), "The log, rotated: six files of 1 MB at most."),
    Key(
        "log_customer_data", "LOG_CUSTOMER_DATA", checks.flag, False,
        "Whether e-mail addresses may appear in the log. By default they are masked.",
    ),
    Key(
        "drift_check_hours", "DRIFT_CHECK_HOURS", checks.whole(1, 720), 24,
        "After how many hours a run reads the whole sheet again to find rows and cells that people changed.",
    ),
    Key(
        "history_days", "HISTORY_DAYS", checks.whole(7, 3650), None,
        "For how many days the ledger keeps what changed, what was written, runs and resolved errors. Left out: for ever.",
    ),
    Key(
        "overlap_minutes", "OVERLAP_MINUTES", checks.whole(1, 1440), 15,
        "How far each run reaches back behind the last one, because Shopify's search lags behind.",
    ),
    Key(
        "max_changed_percent", "MAX_CHANGED_PERCENT", checks.whole(1, 100), 50,
        "A run that would change more than this share of the known rows, and over 200 rows, stops for a person to look.",
    ),
    Key(
        "deadline_seconds", "DEADLINE_SECONDS", checks.whole(1, 3600), 300,
        "How long one request is tried again while Shopify or Google are busy or away.",
    ),
    Key(
        "shopify_base_url", "SHOPIFY_BASE_URL", checks.base_url, None,
        "Where requests for Shopify are sent instead (a proxy or a sandbox). https, or http to this computer.",
    ),
    Key(
        "google_api_base_url", "GOOGLE_API_BASE_URL", checks.base_url, None,
        "Where requests for Sheets and Drive are sent instead. The token is still asked for at the key file's `token_uri`.",
        serves=("sheets",),
    ),
    Key(
        "grist_server", "GRIST_SERVER", checks.base_url, "https://docs.getgrist.com",
        "The Grist server: the hosted one, a team's own address there, or your own. https, or http to this computer.",
        serves=("grist",),
    ),
    Key(
        "grist_api_key", "GRIST_API_KEY", checks.secret, None,
        "API key of the Grist account (Profile settings, API) or service account that works in the document.",
        needed="Make one in Grist: Profile settings, API.", template="your-grist-key", secret=True, serves=("grist",),
    ),
    Key(
        "grist_document", "GRIST_DOCUMENT", checks.grist_document, None,
        "The document: its id or its address; with `grist_workspace` its name.",
        needed="Open the document in Grist and copy its address.", template="your-document", serves=("grist",),
    ),
    Key(
        "grist_workspace", "GRIST_WORKSPACE", checks.whole(1, 2**31), None,
        "The number of the workspace in which a document of that name is looked for, and made if there is none.",
        serves=("grist",),
    ),
    Key(
        "grist_sync", "GRIST_SYNC", checks.json_object, None,
        "What is kept in step, in which tables and columns, by which rules (docs/grist.md). Left out: products, variants, stock "
        "and collections with their usual fields.", serves=("grist",),
    ),
    Key(
        "shopify_writes", "SHOPIFY_WRITES", checks.name_list, None,
        "What may be written to the shop: entities or fields such as `inventory` or `variants.price`, or `all`. Left out: "
        "nothing.",
        serves=("grist",),
    ),
    Key(
        "grist_calls_per_month", "GRIST_CALLS_PER_MONTH", checks.whole(100, 10_000_000), None,
        "How many requests a calendar month (UTC) Grist may be sent; hosted plans have a limit. Left out: no limit.",
        serves=("grist",),
    ),
)  # fmt: skip

BY_NAME = {key.name: key for key in KEYS}
BY_ENV = {key.env: key for key in KEYS}
