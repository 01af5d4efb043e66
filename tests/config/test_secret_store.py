"""Stored secrets: encrypted, counted in their place, rotated without loss, and merely not set where their key is gone."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from syncdb.config.files import UnreadableFile
from syncdb.config.secret_keys import own_file
from syncdb.config.secret_store import SecretStore
from syncdb.errors import ConfigurationError
from syncdb.pairs.shopify_sheets.settings import load
from syncdb.services.ledger_location import find_ledger
from syncdb.services.secrets_overview import checked_secret, secrets_overview
from tests.config.test_config import basics, write_config

NOW = datetime(2026, 11, 29, 7, 0, tzinfo=UTC)
TOKEN = "shpat_0123456789abcdef0123456789abcdef"
POSIX = pytest.mark.skipif(os.name != "posix", reason="rights of files are a matter of POSIX")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    return {"HOME": str(home), "LOCALAPPDATA": str(home)}


@pytest.fixture
def store(tmp_path: Path, env: dict[str, str]) -> SecretStore:
    folder = tmp_path / "shop"
    folder.mkdir()
    return SecretStore.of(folder / "config.json", env)


def key_file(env: dict[str, str]) -> Path:
    found = own_file(env)
    assert found is not None
    return found


def test_what_is_stored_comes_back_and_stands_nowhere_readable(store: SecretStore, env: dict[str, str], tmp_path: Path) -> None:
    assert not store.file.exists() and store.opened().values == {} and store.listed() == []
    store.put("shopify_access_token", TOKEN, NOW)
    store.put("web_token", "short word of 20 letters", NOW + timedelta(days=1))
    store.put("alert_smtp_password", "abc", NOW)
    assert store.opened().values["shopify_access_token"] == TOKEN
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert TOKEN.encode() not in everything and b"short word" not in everything
    shown = {one.name: one for one in store.listed()}
    assert (shown["shopify_access_token"].last4, shown["shopify_access_token"].set_at) == ("cdef", NOW)
    assert shown["alert_smtp_password"].last4 is None and shown["web_token"].set_at == NOW + timedelta(days=1)
    assert store.remove("web_token") and not store.remove("web_token")


@POSIX
def test_both_files_are_their_owners_alone_under_any_umask(store: SecretStore, env: dict[str, str]) -> None:
    before = os.umask(0)
    try:
        store.put("web_token", "a" * 20, NOW)
    finally:
        os.umask(before)
    for file in (store.file, key_file(env)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file(env).parent.stat().st_mode) & 0o022 == 0


def test_a_new_key_loses_nothing_and_keeps_ages(store: SecretStore, env: dict[str, str]) -> None:
    store.put("shopify_access_token", TOKEN, NOW)
    before, old_key = store.file.read_bytes(), key_file(env).read_bytes()
    assert store.rotate()[0] == 1
    assert store.opened().values == {"shopify_access_token": TOKEN} and store.listed()[0].set_at == NOW
    assert key_file(env).read_bytes() != old_key and len(key_file(env).read_bytes().split()) == 1
    store.file.write_bytes(before)  # a copy from before is of no use any more
    assert store.opened().values == {} and store.opened().lost == ("shopify_access_token",)


def test_a_rotation_that_was_cut_off_leaves_everything_readable(store: SecretStore, env: dict[str, str]) -> None:
    store.put("shopify_access_token", TOKEN, NOW)
    key_file(env).write_bytes(Fernet.generate_key() + b"\n" + key_file(env).read_bytes())
    assert store.opened().values == {"shopify_access_token": TOKEN}
    store.rotate()
    assert store.opened().values == {"shopify_access_token": TOKEN} and len(key_file(env).read_bytes().split()) == 1


@pytest.mark.parametrize("loss", ["gone", "another", "nonsense", "damaged value"])
def test_a_lost_key_means_entering_it_again(loss: str, store: SecretStore, env: dict[str, str]) -> None:
    folder = store.file.parent
    write_config(folder, {name: value for name, value in basics(folder).items() if name != "shopify_access_token"})
    store.put("shopify_access_token", TOKEN, NOW)
    assert load({}, env, folder).shopify_access_token == TOKEN
    if loss == "gone":
        key_file(env).unlink()
    elif loss == "damaged value":
        data = json.loads(store.file.read_text(encoding="utf-8"))
        data["secrets"]["shopify_access_token"]["value"] = "gAAAA*"
        store.file.write_text(json.dumps(data), encoding="utf-8")
    else:
        key_file(env).write_bytes(Fernet.generate_key() if loss == "another" else b"nonsense")
    with pytest.raises(ConfigurationError) as told:
        load({}, env, folder)
    assert "its key is gone" in str(told.value) and "secrets set shopify_access_token" in str(told.value)
    (shown,) = [one for one in secrets_overview(folder / "config.json", env) if one.name == "shopify_access_token"]
    assert shown.lost and shown.last4 is None
    with pytest.raises(ConfigurationError):
        store.rotate()
    assert load({}, env | {"SHOPIFY_ACCESS_TOKEN": TOKEN}, folder).shopify_access_token == TOKEN
    if loss == "nonsense":
        key_file(env).unlink()
    store.put("shopify_access_token", TOKEN, NOW)
    assert load({}, env, folder).shopify_access_token == TOKEN


def test_the_environment_counts_before_it_and_the_files_after(store: SecretStore, env: dict[str, str]) -> None:
    folder = store.file.parent
    write_config(folder, basics(folder) | {"shopify_access_token": f"{TOKEN[:-4]}json"})
    (folder / ".env").write_text(f"SHOPIFY_ACCESS_TOKEN={TOKEN[:-4]}file\n", encoding="utf-8")
    assert load({}, env, folder).shopify_access_token == f"{TOKEN[:-4]}file"
    store.put("shopify_access_token", TOKEN, NOW)
    assert load({}, env, folder).shopify_access_token == TOKEN
    variable = env | {"SHOPIFY_ACCESS_TOKEN": f"{TOKEN[:-4]}envi"}
    assert load({}, variable, folder).shopify_access_token == f"{TOKEN[:-4]}envi"
    config = folder / "config.json"
    (here,) = [one for one in secrets_overview(config, env) if one.name == "shopify_access_token"]
    assert (here.last4, here.set_at, len(here.also)) == ("cdef", NOW, 2) and str(store.file) in here.where
    (there,) = [one for one in secrets_overview(config, variable) if one.name == "shopify_access_token"]
    assert there.last4 == "envi" and there.where == "environment variable SHOPIFY_ACCESS_TOKEN" and len(there.also) == 3
    assert find_ledger(config, None, env).login_file == store.file


@pytest.mark.parametrize("content", ["", "[]", "{", '{"secrets": 1}', '{"secrets": {"web_token": "plain"}}', "\xff"])
def test_a_damaged_store_is_told_and_left_as_it_is(content: str, store: SecretStore, env: dict[str, str]) -> None:
    store.file.write_text(content, encoding="latin-1")
    folder = store.file.parent
    write_config(folder, basics(folder))
    with pytest.raises(ConfigurationError) as told:
        load({}, env, folder)
    assert "secrets.json" in str(told.value)
    with pytest.raises(UnreadableFile):
        store.put("web_token", "a" * 20, NOW)
    assert store.file.read_text(encoding="latin-1") == content


def test_a_credential_of_systemd_counts_first_and_is_not_written(store: SecretStore, env: dict[str, str], tmp_path: Path) -> None:
    store.put("web_token", "a" * 20, NOW)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    old = Fernet.generate_key()
    (credentials / "syncdb-key").write_bytes(old)
    given = SecretStore(store.file, env | {"CREDENTIALS_DIRECTORY": str(credentials)})
    assert given.opened().lost == ("web_token",)
    given.put("web_token", "b" * 20, NOW)
    assert given.opened().values == {"web_token": "b" * 20} and store.opened().lost == ("web_token",)
    (credentials / "syncdb-key").write_bytes(Fernet.generate_key() + b"\n" + old)
    assert given.rotate()[0] == 1
    (credentials / "syncdb-key").write_bytes((credentials / "syncdb-key").read_bytes().split()[0])
    assert given.opened().values == {"web_token": "b" * 20}
    (credentials / "syncdb-key").unlink()
    assert given.opened().lost == ("web_token",)


def test_a_named_key_file_is_used_but_not_beside_what_it_encrypts(store: SecretStore, tmp_path: Path) -> None:
    named = SecretStore(store.file, {"SYNCDB_KEY_FILE": str(tmp_path / "elsewhere" / "key")})
    named.put("web_token", "a" * 20, NOW)
    assert (tmp_path / "elsewhere" / "key").exists() and named.opened().values
    beside = SecretStore(store.file, {"SYNCDB_KEY_FILE": str(store.file.with_name("key"))})
    with pytest.raises(ConfigurationError, match="beside what it encrypts"):
        beside.put("web_token", "a" * 20, NOW)
    nowhere = SecretStore(store.file.with_name("other.json"), {})
    if os.name == "posix":
        with pytest.raises(ConfigurationError, match="no home folder|keyring"):
            nowhere.put("web_token", "a" * 20, NOW)


@POSIX
@pytest.mark.parametrize("harm", ["open to others", "a link"])
def test_a_key_file_that_others_could_change_is_not_used(harm: str, store: SecretStore, env: dict[str, str]) -> None:
    store.put("web_token", "a" * 20, NOW)
    key = key_file(env)
    if harm == "a link":
        key.rename(key.with_name("real"))
        key.symlink_to(key.with_name("real"))
    else:
        key.chmod(0o640)
    opened = store.opened()
    assert opened.lost == ("web_token",) and str(key) in opened.problem


@pytest.mark.parametrize("wrong", ["shopify_store_name", "shopify_acess_token", "web_tokens"])
def test_only_secrets_are_stored(wrong: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        checked_secret(wrong, TOKEN)
    assert TOKEN not in str(told.value)


def test_a_secret_that_cannot_be_one_is_not_repeated() -> None:
    assert checked_secret("SHOPIFY_ACCESS_TOKEN", f" {TOKEN}\n") == TOKEN
    with pytest.raises(ConfigurationError) as told:
        checked_secret("web_token", "too short")
    assert "too short" not in str(told.value) + told.value.next_step
