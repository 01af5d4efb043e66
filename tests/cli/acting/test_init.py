"""Setting up as a new user does it: typing answers, right and wrong ones, or giving options."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from syncdb.config.writing import write_secrets
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_sheets.settings import load
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.cli.acting.conftest import Manage
from tests.scenarios.world import World

OURS = ("SHOPIFY_STORE_NAME", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET", "GOOGLE_SERVICE_ACCOUNT_FILE", "TARGET_SPREADSHEET")

GRIST = ("GRIST_SERVER", "GRIST_API_KEY", "GRIST_DOCUMENT")


@pytest.fixture
def blank(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world, and an empty folder in which nothing is configured but where the two systems are."""
    world: World = made(3)
    for name in (*OURS, "DB_PATH", "LOG_FILE"):
        monkeypatch.delenv(name)
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    return world


def answers(world: World) -> list[str]:
    sandbox = world.sandbox
    return ["", "kayra-demo", sandbox.client_id, sandbox.client_secret, str(sandbox.key_file), "Shop orders", "", "45"]


def test_answers_typed_in_become_a_configuration_that_works(blank: World, run: Manage) -> None:
    said = run("init", typed="\n".join(answers(blank)) + "\n")
    assert said.code == 0, said.all
    assert blank.sandbox.email in said.err and "passed: token" in said.err and "passed: edit" in said.err
    config, secrets = Path("config.json"), Path(".env")
    assert blank.sandbox.client_secret not in config.read_text(encoding="utf-8") + said.all
    if os.name == "posix":
        assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert json.loads(config.read_text(encoding="utf-8"))["lookback_days"] == 45
    settings = load({}, {}, Path.cwd())
    assert settings.shopify_client_secret == blank.sandbox.client_secret and settings.target_worksheet == "Orders"
    assert run("validate").code == 0
    assert run("sync", "--json").data["counts"]["rows_added"] > 0


def test_wrong_answers_are_told_at_once_and_asked_again(blank: World, run: Manage) -> None:
    right = answers(blank)
    typed = ["9", "sheets", "not a shop!", right[1], right[2], "shpss_wrong", "n", *right[1:4], "/no/such/key.json", right[4]]
    typed += ["No such sheet", "n", right[5], "", "many", "30"]
    said = run("init", typed="\n".join(typed) + "\n")
    assert said.code == 0, said.all
    for told in ("is none of them", "myshopify", "failed: token", "no such file", "No such sheet", "whole number"):
        assert told in said.err, told
    assert said.err.count("refused the client id and secret") == 1, "what failed is said once, and then what to do"
    assert load({}, {}, Path.cwd()).shopify_client_secret == right[3]


def test_giving_up_leaves_nothing(blank: World, run: Manage) -> None:
    said = run("init", typed="sheets\nkayra-demo\n")
    assert said.code == 130
    assert list(Path.cwd().iterdir()) == []


def test_by_options_without_anybody(blank: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = blank.sandbox
    missing = run("init", "--shop", "kayra-demo", "--client-id", sandbox.client_id)
    assert missing.code == 2 and "SHOPIFY_CLIENT_SECRET" in missing.err
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", sandbox.client_secret)
    options = ["--shop", "kayra-demo", "--client-id", sandbox.client_id, "--key-file", str(sandbox.key_file)]
    bad = run("init", *options, "--spreadsheet", "No such sheet")
    assert bad.code == 2 and not Path("config.json").exists()
    said = run("init", *options, "--spreadsheet", "Shop orders", "--json")
    assert said.code == 0 and said.data["share_with"] == sandbox.email and said.data["tested"] is True
    again = run("init", *options, "--spreadsheet", "Other")
    assert again.code == 2 and "left as it is" in again.err
    assert load({}, {}, Path.cwd()).target_spreadsheet == "Shop orders"
    replaced = run("init", *options, "--spreadsheet", "Shop orders", "--overwrite", "--no-test", "--json")
    assert replaced.code == 0 and Path(replaced.data["kept"]).exists()


def test_an_old_app_with_a_token(blank: World, run: Manage) -> None:
    token = "shpat_" + "a1" * 16
    blank.sandbox.shopify.tokens.add_token(token)
    right = answers(blank)
    said = run("init", typed="\n".join([*right[:2], "", token, *right[4:]]) + "\n")
    assert said.code == 0, said.all
    settings = load({}, {}, Path.cwd())
    assert settings.shopify_access_token == token and settings.shopify_client_id is None


def test_a_document_is_set_up_and_works_from_the_first_run(blank: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = blank.sandbox
    for name in GRIST:
        monkeypatch.delenv(name)
    Merchant(sandbox.shop.goods).add_product("Green tea")
    address = f"{sandbox.server.url}/doc/{sandbox.grist_document.id}"
    typed = ["kayra-demo", sandbox.client_id, sandbox.client_secret, sandbox.server.url, "wrong-key", "n"]
    typed += [sandbox.server.url, sandbox.grist_key, "many", "", "nosuchdocument", "n", "", address, "inventory, variants.price"]
    said = run("init", "--pair", "grist", typed="\n".join(typed) + "\n")
    assert said.code == 0, said.all
    for told in ("failed: key", "whole number", "failed: document", "passed: edit", "passed: scopes"):
        assert told in said.err, told
    assert "shopify_grist_sync.py --test" in said.out
    kept = json.loads(Path("config.json").read_text(encoding="utf-8"))
    assert kept["shopify_writes"] == ["inventory", "variants.price"] and "target_spreadsheet" not in kept
    assert sandbox.grist_key not in str(kept) and sandbox.grist_key in Path(".env").read_text(encoding="utf-8")
    assert run("validate").code == 0
    assert run("grist", "--json").data["runs"][0]["counts"]["rows_added"] > 0


def test_a_document_by_options_without_anybody(blank: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = blank.sandbox
    for name in GRIST:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", sandbox.client_secret)
    options = ["--shop", "kayra-demo", "--client-id", sandbox.client_id, "--server", sandbox.server.url]
    options += ["--document", sandbox.grist_document.id]  # only one pair has that, so it need not be named
    missing = run("init", *options)
    assert missing.code == 2 and "GRIST_API_KEY" in missing.err
    monkeypatch.setenv("GRIST_API_KEY", sandbox.grist_key)
    strange = run("init", "--pair", "grist", *options, "--worksheet", "Orders")
    assert strange.code == 2 and "--worksheet: grist has no such setting" in strange.err
    said = run("init", *options, "--json")
    assert said.code == 0 and said.data["pair"] == "grist" and said.data["tested"] is True
    untried = run("init", *options, "--overwrite", "--no-test")
    assert untried.code == 0 and "Nothing was tried. Make the API key's owner an Editor" in untried.out


def test_it_asks_before_it_replaces(blank: World, run: Manage) -> None:
    Path("config.json").write_text('{"lookback_days": 9}', encoding="utf-8")
    assert run("init", typed="n\n").code == 130
    assert Path("config.json").read_text(encoding="utf-8") == '{"lookback_days": 9}'


def test_other_lines_of_a_dotenv_stay(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nOTHER=1\nSHOPIFY_CLIENT_SECRET=old\n", encoding="utf-8")
    odd = "a'b\\c#d\"e$f"
    write_secrets(file, {"shopify_client_secret": odd, "shopify_access_token": None}, known_keys())
    from syncdb.config.sources import from_dotenv

    assert from_dotenv(file, known_keys()).values == {"shopify_client_secret": odd}
    assert file.read_text(encoding="utf-8").startswith("# mine\nOTHER=1\n")


def test_all_that_is_missing_is_named_at_once_with_a_way_to_give_it(blank: World, run: Manage) -> None:
    said = run("init", "--pair", "sheets")
    assert said.code == 2 and "--shop or SHOPIFY_STORE_NAME" in said.err and "--spreadsheet or TARGET_SPREADSHEET" in said.err
    assert said.err.count("nobody is there to be asked") >= 3
    assert "init --help" not in said.err and said.err.count("SHOPIFY_STORE_NAME") == 1


def test_where_requests_are_sent_instead_is_kept(blank: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("init", typed="\n".join(answers(blank)) + "\n").code == 0
    kept = json.loads(Path("config.json").read_text(encoding="utf-8"))
    assert kept["shopify_base_url"] == kept["google_api_base_url"] == blank.sandbox.server.url
    for name in ("SHOPIFY_BASE_URL", "GOOGLE_API_BASE_URL"):
        monkeypatch.delenv(name)
    assert run("validate", "--pair", "sheets").code == 0
