"""Where the configuration is looked for: what is named, what lies here, what the account has."""

import json
from pathlib import Path

import pytest

from syncdb.config.place import config_place, user_folder
from syncdb.services.ledger_location import find_ledger


def configured(folder: Path, name: str = "config.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("{}" if name.endswith("json") else "", encoding="utf-8")
    return file


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "home"), "APPDATA": str(tmp_path / "home")}


def test_the_first_that_there_is_counts(tmp_path: Path, env: dict[str, str]) -> None:
    here, own = tmp_path / "here", tmp_path / "home" / "syncdb"
    here.mkdir()
    assert config_place(None, env, here).file == here / "config.json", "where nothing is anywhere it would be made here"
    configured(own, ".env")
    found = config_place(None, env, here)
    assert (found.file, found.named_by) == (own / "config.json", "")
    configured(here, ".env")
    assert config_place(None, env, here).file == here / "config.json"
    named = config_place(None, env | {"SYNCDB_CONFIG": str(tmp_path / "tea.json")}, here)
    assert (named.file, named.named_by) == (tmp_path / "tea.json", "SYNCDB_CONFIG")
    option = config_place(tmp_path / "coffee.json", env | {"SYNCDB_CONFIG": "x"}, here)
    assert (option.file, option.named_by) == (tmp_path / "coffee.json", "--config")


@pytest.mark.parametrize("named", [".", ".env"])
def test_a_folder_or_its_env_file_can_be_named_as_well(tmp_path: Path, env: dict[str, str], named: str) -> None:
    shop = configured(tmp_path / "shop", ".env").parent
    found = config_place(shop / named, env, tmp_path)
    assert (found.file, found.named_by, found.elsewhere) == (shop / "config.json", "", True)
    nothing = config_place(tmp_path / "none" / ".env", env, tmp_path)
    assert (nothing.file, nothing.named_by) == (tmp_path / "none" / "config.json", "--config"), "it has to be there"


def test_an_account_without_a_home_has_no_folder_of_its_own() -> None:
    assert user_folder({}) is None and user_folder({"XDG_CONFIG_HOME": "relative", "APPDATA": "relative"}) is None


def test_the_ledger_lies_beside_the_configuration_that_was_found(tmp_path: Path, env: dict[str, str]) -> None:
    own = configured(tmp_path / "home" / "syncdb")
    own.write_text(json.dumps({"db_path": "tea.db"}), encoding="utf-8")
    assert find_ledger(None, None, env).ledger == own.with_name("tea.db")
    other = tmp_path / "other" / "shop.json"
    assert (
        find_ledger(None, None, env | {"SYNCDB_CONFIG": str(configured(other.parent, other.name))}).ledger.parent == other.parent
    )


def test_a_variable_that_names_no_file_is_told(tmp_path: Path, env: dict[str, str]) -> None:
    from syncdb.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="it was given with SYNCDB_CONFIG"):
        find_ledger(None, None, env | {"SYNCDB_CONFIG": str(tmp_path / "none.json")})
