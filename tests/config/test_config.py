"""Where settings come from, which of them counts, and what becomes of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from syncdb.config.keys import GENERAL
from syncdb.errors import ConfigurationError
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_grist.settings import GristSettings
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_sheets.settings import SheetsSettings, load

TOKEN = "shpat_0123456789abcdef0123456789abcdef"


def key_file(folder: Path, **changes: Any) -> Path:
    """A service account's key file as Google writes it, with a key that opens nothing."""
    data = {
        "type": "service_account",
        "project_id": "shop",
        "private_key": "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n",
        "client_email": "orders@shop.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    path = folder / "key.json"
    path.write_text(json.dumps({name: value for name, value in (data | changes).items() if value is not None}), encoding="utf-8")
    path.chmod(0o600)
    return path


def basics(folder: Path) -> dict[str, Any]:
    """The least that a configuration must hold."""
    return {
        "shopify_store_name": "tea-and-more",
        "shopify_access_token": TOKEN,
        "google_service_account_file": key_file(folder).name,
        "target_spreadsheet": "Orders of the shop",
    }


def write_config(folder: Path, data: Any) -> Path:
    path = folder / "config.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    path.chmod(0o600)
    return path


def problems(folder: Path, env: dict[str, str] | None = None, flags: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(flags or {}, env or {}, folder)
    assert caught.value.exit_code == 2
    return list(caught.value.problems)


def test_the_least_configuration_gets_every_default(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    settings = load({}, {}, tmp_path)
    assert settings.shopify_store_name == "tea-and-more.myshopify.com"
    assert settings.google_client_email == "orders@shop.iam.gserviceaccount.com"
    assert (settings.lookback_days, settings.target_worksheet, settings.shopify_api_version) == (30, "Orders", "2026-10")
    assert (settings.rows, settings.deleted_rows, settings.edited_cells) == ("line", "restore", "restore")
    assert settings.db_path == tmp_path / "shopify_sync.db"
    assert settings.log_file == tmp_path / "shopify_sync.log"
    assert (settings.columns, settings.log_customer_data, settings.notices) == (None, False, ())


def test_every_setting_of_the_table_is_a_field_and_the_other_way_round() -> None:
    for pair, kind, made in (
        (SHOPIFY_SHEETS, SheetsSettings, {"google_client_email", "route", "read_columns", "lent"}),
        (SHOPIFY_GRIST, GristSettings, {"selection"}),
    ):
        named = {key.name for key in (*pair.all_keys, *GENERAL)} - {"grist_sync"}
        assert named == set(kind.__dataclass_fields__) - made - {"notices"}
    assert len({key.env for key in known_keys().all}) == len(known_keys().all) > 20


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("json",), 1),
        (("json", ".env"), 2),
        (("json", ".env", "env"), 3),
        (("json", ".env", "env", "flag"), 4),
        (("json", "flag"), 4),
    ],
)
def test_the_first_place_counts(tmp_path: Path, given: tuple[str, ...], expected: int) -> None:
    write_config(tmp_path, basics(tmp_path) | {"lookback_days": 1})
    if ".env" in given:
        (tmp_path / ".env").write_text("LOOKBACK_DAYS=2\n", encoding="utf-8")
    env = {"LOOKBACK_DAYS": "3"} if "env" in given else {}
    flags = {"lookback_days": 4 if "flag" in given else None}
    assert load(flags, env, tmp_path).lookback_days == expected


def test_an_empty_value_leaves_the_word_to_the_next_place(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path) | {"lookback_days": 7})
    (tmp_path / ".env").write_text("LOOKBACK_DAYS=\n", encoding="utf-8")
    assert load({}, {"LOOKBACK_DAYS": " "}, tmp_path).lookback_days == 7


def test_everything_can_come_from_dotenv(tmp_path: Path) -> None:
    lines = [f"{key.env}={basics(tmp_path)[key.name]}" for key in known_keys().all if key.name in basics(tmp_path)]
    (tmp_path / ".env").write_bytes(("\ufeff# ours\r\n" + "\r\n".join(lines) + "\r\n").encode())
    (tmp_path / ".env").chmod(0o600)
    settings = load({}, {}, tmp_path)
    assert (settings.shopify_access_token, settings.target_spreadsheet) == (TOKEN, "Orders of the shop")


def test_a_dollar_in_dotenv_is_a_dollar_and_the_environment_stays_as_it_was(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    (tmp_path / ".env").write_text("TARGET_WORKSHEET=US${HOME}\n", encoding="utf-8")
    env = {"HOME": "no"}
    assert load({}, env, tmp_path).target_worksheet == "US${HOME}"
    assert env == {"HOME": "no"}


def test_relative_paths_count_from_the_folder_of_the_named_file(tmp_path: Path) -> None:
    folder = tmp_path / "shops" / "tea"
    folder.mkdir(parents=True)
    path = write_config(folder, basics(folder) | {"db_path": "tea.db"})
    (folder / ".env").write_text("LOG_FILE=tea.log\n", encoding="utf-8")
    settings = load({}, {}, tmp_path, path)
    assert (settings.db_path, settings.log_file) == (folder / "tea.db", folder / "tea.log")
    assert settings.google_service_account_file == folder / "key.json"


def test_client_id_and_secret_stand_in_for_the_token(tmp_path: Path) -> None:
    client = {"shopify_client_id": "abc123", "shopify_client_secret": "s3cret-value"}
    write_config(tmp_path, basics(tmp_path) | client | {"shopify_access_token": "shpat_..."})
    settings = load({}, {}, tmp_path)
    assert (settings.shopify_access_token, settings.shopify_client_id) == (None, "abc123")
    assert settings.secrets == ("s3cret-value",)


def test_of_two_ways_to_log_in_the_one_that_counts_first_is_used(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    env = {"SHOPIFY_CLIENT_ID": "abc123", "SHOPIFY_CLIENT_SECRET": "s3cret-value"}
    settings = load({}, env, tmp_path)
    assert (settings.shopify_access_token, settings.shopify_client_secret) == (None, "s3cret-value")
    assert any("shopify_access_token" in notice and "passed over" in notice for notice in settings.notices)


def test_two_ways_to_log_in_at_the_same_place_are_refused(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path) | {"shopify_client_id": "abc123", "shopify_client_secret": "s3cret-value"})
    assert "Keep one" in problems(tmp_path)[0]


def test_half_of_a_client_is_missing_its_other_half(tmp_path: Path) -> None:
    data = basics(tmp_path) | {"shopify_client_id": "abc123"}
    del data["shopify_access_token"]
    write_config(tmp_path, data)
    (only,) = problems(tmp_path)
    assert only.startswith("shopify_client_secret is not set")


def test_columns_are_judged_by_the_mapping(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    settings = load({}, {"SHEET_COLUMNS": "sku, quantity"}, tmp_path)
    assert [name for name, _ in settings.columns or ()] == ["sku", "quantity"]
    settings = load({}, {"SHEET_COLUMNS": '["quantity", {"field": "sku", "header": "Article"}]'}, tmp_path)
    assert (settings.columns or ())[1] == ("sku", "Article")
    with pytest.raises(ConfigurationError, match=r"columns \(environment variable SHEET_COLUMNS\): number 2: .*'skuu'.*sku"):
        load({}, {"SHEET_COLUMNS": '["quantity", "skuu"]'}, tmp_path)


def test_a_line_items_column_needs_rows_of_line_items(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path) | {"rows": "order", "columns": ["sku"]})
    assert "one row per order" in problems(tmp_path)[0]


def test_the_shells_own_width_of_the_screen_is_no_setting(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    assert load({}, {"COLUMNS": "80", "LINES": "24", "ROWS": "24"}, tmp_path).columns is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:9", "https://proxy.example.com/shop"]
)
def test_requests_may_go_elsewhere_and_that_is_said(tmp_path: Path, url: str) -> None:
    write_config(tmp_path, basics(tmp_path))
    settings = load({}, {"SHOPIFY_BASE_URL": url}, tmp_path)
    assert settings.shopify_base_url == url.rstrip("/")
    assert any(f"go to {url.rstrip('/')}" in notice for notice in settings.notices)


@pytest.mark.parametrize(
    "given",
    ["tea", " Tea ", "tea.myshopify.com", "https://tea.myshopify.com/admin", "https://admin.shopify.com/store/tea/orders"],
)
def test_a_shop_may_be_named_in_any_of_its_ways(tmp_path: Path, given: str) -> None:
    write_config(tmp_path, basics(tmp_path) | {"shopify_store_name": given})
    assert load({}, {}, tmp_path).shopify_store_name == "tea.myshopify.com"


def test_the_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    settings = load({}, {}, tmp_path)
    assert settings.secrets == (TOKEN,)
    assert TOKEN not in repr(settings) and "BEGIN" not in repr(settings)
