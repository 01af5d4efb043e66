"""What is wrong with a configuration: all of it at once, in words that lead to the place, and never with a secret in them."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncdb.errors import ConfigurationError
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_sheets.settings import SheetsSettings, load
from tests.config.test_config import TOKEN, basics, key_file, problems, write_config

CANARY = "canary-0f9e8d7c6b5a"
ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="file modes mean something on POSIX only")


def test_all_problems_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    write_config(tmp_path, {"shopify_store_nam": "tea", "lookback_days": "soon", "rows": "both"})
    (tmp_path / ".env").write_text("SHOPIFY_ACCES_TOKEN=x\nSHOPIFY_API_VERSION=2026-11\n", encoding="utf-8")
    found = problems(tmp_path, {"SHOPIFY_BASE_URL": "http://example.com"})
    told = "\n".join(found)
    assert len(found) == 10
    for part in (
        f'{tmp_path / "config.json"}: "shopify_store_nam" is not a setting. Did you mean "shopify_store_name"?',
        f"{tmp_path / '.env'}, line 1: SHOPIFY_ACCES_TOKEN is not a setting. Did you mean SHOPIFY_ACCESS_TOKEN?",
        f"lookback_days = 'soon' (\"lookback_days\" in {tmp_path / 'config.json'}): must be a whole number from 1 to 3650.",
        f"shopify_api_version = '2026-11' (SHOPIFY_API_VERSION in {tmp_path / '.env'}): must be a version",
        "shopify_base_url = 'http://example.com' (environment variable SHOPIFY_BASE_URL): must begin with https://",
        "rows = 'both'",
        "shopify_store_name is not set.",
        "Nothing to log in to Shopify with is set.",
        "google_service_account_file is not set.",
        "target_spreadsheet is not set. Looked for: environment variable TARGET_SPREADSHEET; TARGET_SPREADSHEET in ",
    ):
        assert part in told


def test_nothing_at_all_is_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({}, {"PATH": "/bin"}, tmp_path)
    assert len(caught.value.problems) == 1 and f"there is no {tmp_path / 'config.json'}" in str(caught.value)
    assert " init --pair sheets asks" in caught.value.next_step and "SYNCDB_CONFIG" in caught.value.next_step
    (tmp_path / ".env").write_text("SHOPIFY_STORE_NAME=tea\n", encoding="utf-8")
    found = problems(tmp_path)
    assert len(found) == 3 and all("config.json (there is no such file)" in problem for problem in found)


@pytest.mark.parametrize("name", ["PYENV_VERSION", "APP_VERSION", "MY_VERSION", "STORE_URLS"])
def test_what_other_programs_set_is_no_slip_of_somebody_who_has_set_up_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load({}, {name: "3"}, tmp_path)
    assert len(refused.value.problems) == 1 and "Nothing is configured" in refused.value.problems[0]


def test_a_slip_in_the_environment_is_pointed_out(tmp_path: Path) -> None:
    told = problems(tmp_path, {"TARGET_SPREADSHET": "x", "PATH": "/bin"})
    assert any("The environment has TARGET_SPREADSHET: was TARGET_SPREADSHEET meant?" in problem for problem in told)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({}, {}, tmp_path, tmp_path / "shop.json")
    assert caught.value.problems == (f"{tmp_path / 'shop.json'} does not exist (it was given with --config).",)


def test_the_templates_as_they_are_need_filling_in(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((ROOT / "config_template.json").read_bytes())
    (tmp_path / ".env").write_bytes((ROOT / ".env.template").read_bytes())
    told = problems(tmp_path)
    assert any("shopify_store_name is not set" in p and "The template's value still stands at" in p for p in told)
    assert any("Nothing to log in to Shopify with" in p and "template's value" in p for p in told)
    assert any(p.startswith("google_service_account_file = ") and "there is no such file" in p for p in told)
    assert any("target_spreadsheet is not set" in p for p in told)
    assert len(told) == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{\n  "lookback_days": 30,\n}', "line 3, column 1"),
        ('{\n  // days\n  "lookback_days": 30\n}', "line 2, column 3: JSON has no comments"),
        ('{"db_path": "C:\\Users\\x"}', r"write \\ for each \ of a Windows path"),
        ('{"lookback_days" 30}', "line 1, column 18"),
        ('{"lookback_days": 30 "rows": "line"}', "a comma is missing before it"),
        ("{“rows”: 1}", "straight double quotes"),
        ("", "it is empty or ends too early"),
        ("[1]", "must hold one JSON object"),
        ("[" * 100_000, "not usable JSON"),
        ('{"lookback_days": ' + "9" * 5000 + "}", "not usable JSON"),
        ('{"rows": "line", "rows": "order"}', '"rows" stands there twice'),
        ('{"Lookback-Days": 3}', 'Did you mean "lookback_days"?'),
        ('{"TARGET_SPREADSHEET": "x"}', 'Did you mean "target_spreadsheet"?'),
        ('{"zzz": 3}', "See docs/configuration.md"),
    ],
)
def test_a_damaged_file_is_named_with_the_spot(tmp_path: Path, content: str, message: str) -> None:
    file = write_config(tmp_path, content)
    told = "\n".join(problems(tmp_path))
    assert message in told and str(file) in told


def test_what_an_unreadable_file_may_hold_is_not_called_missing(tmp_path: Path) -> None:
    write_config(tmp_path, "{")
    assert len(problems(tmp_path)) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{}".encode("utf-16"), "is saved as UTF-16"),
        (b'{\n"rows": "\xff"}', "is not UTF-8 text (line 2)"),
        (b" " * 1_000_001, "far too large"),
    ],
)
def test_a_file_in_another_encoding(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "config.json").write_bytes(data)
    assert message in "\n".join(problems(tmp_path))


def test_a_byte_order_mark_and_crlf_are_no_problem(tmp_path: Path) -> None:
    content = json.dumps(basics(tmp_path), indent=1).replace("\n", "\r\n")
    (tmp_path / "config.json").write_bytes(b"\xef\xbb\xbf" + content.encode())
    assert load({}, {}, tmp_path).shopify_access_token == TOKEN


def test_a_folder_where_a_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    assert str(tmp_path / "config.json") in problems(tmp_path)[0]


BAD: list[tuple[str, Any]] = [
    ("shopify_store_name", "www.tea.shop"),
    ("shopify_store_name", "tea.myshopify.com.evil.example"),
    ("shopify_store_name", 7),
    ("shopify_api_version", "2026-13"),
    ("shopify_api_version", "unstable"),
    ("target_spreadsheet", "https://drive.google.com/drive/folders/abc"),
    ("target_spreadsheet", "https://docs.google.com/spreadsheets/d/e/2PACX-abc/pubhtml"),
    ("target_worksheet", "a\nb"),
    ("lookback_days", 0),
    ("lookback_days", 3651),
    ("lookback_days", True),
    ("lookback_days", 1.5),
    ("rows", "lines"),
    ("rows", ["line"]),
    ("deleted_rows", "delete"),
    ("edited_cells", "ask"),
    ("db_path", "\u0000"),
    ("db_path", "no/such/folder/x.db"),
    ("log_file", {}),
    ("log_customer_data", "maybe"),
    ("columns", [{"header": "x"}]),
    ("columns", "[not json"),
    ("columns", 5),
    ("drift_check_hours", -1),
    ("overlap_minutes", "15 min"),
    ("max_changed_percent", 101),
    ("deadline_seconds", 0),
    ("shopify_base_url", "ftp://example.com"),
    ("shopify_base_url", "https://user:pw@example.com"),
    ("google_api_base_url", "http://192.168.1.5"),
    ("google_api_base_url", "https://[::bad"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: Any) -> None:
    write_config(tmp_path, basics(tmp_path) | {name: value})
    (only,) = problems(tmp_path)
    assert only.startswith(f"{name} ") and "config.json" in only


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "authorized_user"}, 'has not "type": "service_account"'),
        ({"installed": {}}, "is an OAuth client"),
        ({"client_email": None}, "lacks client_email"),
        ({"private_key": "", "token_uri": 5}, "lacks private_key and token_uri"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\\nabc"}, "private_key is damaged"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "token_uri must begin with https://"),
    ],
)
def test_a_key_file_is_looked_into(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write_config(tmp_path, basics(tmp_path))
    key_file(tmp_path, **changes)
    (only,) = problems(tmp_path)
    assert message in only and str(tmp_path / "key.json") in only


@pytest.mark.parametrize("content", ["", "[]", "{", "\ufeffnull"])
def test_a_key_file_that_is_none(tmp_path: Path, content: str) -> None:
    write_config(tmp_path, basics(tmp_path))
    (tmp_path / "key.json").write_text(content, encoding="utf-8")
    (only,) = problems(tmp_path)
    assert only.startswith("google_service_account_file = ")


@posix
def test_files_with_secrets_open_to_others_are_pointed_out(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path)).chmod(0o644)
    (tmp_path / ".env").write_text(f"SHOPIFY_ACCESS_TOKEN={TOKEN}\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o640)
    (tmp_path / "key.json").chmod(0o604)
    notices = load({}, {}, tmp_path).notices
    assert sum("chmod 600" in notice for notice in notices) == 3


@posix
def test_a_file_without_secrets_may_be_open(tmp_path: Path) -> None:
    data = basics(tmp_path)
    del data["shopify_access_token"]
    write_config(tmp_path, data).chmod(0o644)
    assert load({}, {"SHOPIFY_ACCESS_TOKEN": TOKEN}, tmp_path).notices == ()


def test_lines_of_dotenv_that_say_nothing(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    (tmp_path / ".env").write_text(f"{CANARY}\nROWS='x\nSHEET_ROWS=line\nSHEET_ROWS=order\nCOMPOSE_FILE=a\n", encoding="utf-8")
    found = problems(tmp_path)
    assert ["line 1" in found[0], "line 2" in found[1], "twice" in found[2], len(found)] == [True, True, True, 3]
    assert CANARY not in "\n".join(found)


def test_a_foreign_name_in_dotenv_is_only_pointed_out(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path))
    (tmp_path / ".env").write_text("COMPOSE_FILE=a\n", encoding="utf-8")
    (notice,) = load({}, {}, tmp_path).notices
    assert "COMPOSE_FILE is not a setting of syncdb" in notice


def test_a_client_secret_in_place_of_the_token(tmp_path: Path) -> None:
    write_config(tmp_path, basics(tmp_path) | {"shopify_access_token": f"shpss_{CANARY}"})
    (only,) = problems(tmp_path)
    assert "client secret" in only and CANARY not in only


@pytest.mark.parametrize("secret", ["shopify_access_token", "shopify_client_secret"])
def test_a_secret_is_never_repeated_wherever_it_was_pasted(tmp_path: Path, secret: str) -> None:
    for key in known_keys().all:
        pasted = {"shopify_access_token": None, "lookback_days": 0, secret: CANARY, key.name: f"{CANARY} \n"}
        write_config(tmp_path, basics(tmp_path) | pasted)
        with pytest.raises(ConfigurationError) as caught:
            load({}, {"DRIFT_CHECK_HOURS": "0"}, tmp_path)
        assert CANARY not in str(caught.value) + repr(caught.value.problems), key.name


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([key.name for key in known_keys().all]) | st.text(max_size=12), json_values))
def test_any_json_is_either_settings_or_problems(tmp_path: Path, data: dict[str, Any]) -> None:
    write_config(tmp_path, basics(tmp_path) | data)
    try:
        assert isinstance(load({}, {}, tmp_path), SheetsSettings)
    except ConfigurationError as why:
        assert why.problems and all(problem.strip() for problem in why.problems)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_either_settings_or_problems(tmp_path: Path, config: bytes, dotenv: bytes, key: bytes) -> None:
    (tmp_path / "config.json").write_bytes(config)
    (tmp_path / ".env").write_bytes(dotenv)
    (tmp_path / "key.json").write_bytes(key)
    env = {"GOOGLE_SERVICE_ACCOUNT_FILE": "key.json"}
    with pytest.raises(ConfigurationError) as caught:
        load({}, env, tmp_path)
    assert caught.value.problems


def test_loading_needs_no_network_library() -> None:
    assert "syncdb.config" in sys.modules
    import subprocess

    code = "import sys, syncdb.config; sys.exit(bool({'requests', 'gspread', 'google.auth'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("by", "named", "message"),
    [
        ("one", {"2027": "A"}, "there are no periods while tabs_by is `one`"),
        ("year", {"27": "A"}, "'27' is no year, such as 2026"),
        ("quarter", {"2027-03": "A"}, "'2027-03' is no year and no quarter, such as 2026-Q4"),
        ("month", {"2027-13": "A"}, "'2027-13' is no year and no month, such as 2026-11"),
        ("month", {"2027-11": ""}, "must not be empty"),
    ],
)
def test_spreadsheets_are_named_for_periods_that_there_are(tmp_path: Path, by: str, named: dict[str, str], message: str) -> None:
    write_config(tmp_path, basics(tmp_path) | {"tabs_by": by, "period_spreadsheets": named})
    (only,) = problems(tmp_path)
    assert only.startswith("period_spreadsheets") and message in only
