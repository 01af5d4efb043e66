"""The command `fleet` as a person uses it, over a real database; and a real shop run and moved by it."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from syncdb import __version__
from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.fleet.decisions import after
from tests.cli.conftest import Answer, manage
from tests.scenarios.workbook_world import WorkbookWorld

Ask = Callable[..., Answer]
SHOPS = "[buckets]\ngoogle = 2\n[shops.mugs]\nbuckets = ['google']\nsettings = {}\n[shops.cups]\nhome = 'beta'\nsettings = {}\n"


@pytest.fixture
def ask(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The answer of `fleet` in a folder, which must end with this code."""
    monkeypatch.setenv("FLEET_DATABASE_URL", database)

    def asked(*words: str, code: int = 0) -> Answer:
        answer = manage("fleet", *words, "--folder", str(tmp_path))
        assert answer.code == code, answer.all
        return answer

    return asked


def test_from_the_first_command_to_a_shop_that_is_forgotten(ask: Ask, tmp_path: Path) -> None:
    assert "sync_manager.py fleet init" in ask("status", code=5).err
    assert "There is no shop in" in ask("init", code=2).err
    (tmp_path / "fleet.toml").write_text(SHOPS, encoding="utf-8")
    assert ask("init", "--json").data["shops"] == ["cups", "mugs"]
    assert ask("init", "--json").data["written"] == []
    assert ask("status", "--json").data["totals"] == {"shops": 2, "paused": 0, "failing": 0, "late": 0, "running": 0}
    ask("pause", "mugs")
    told = ask("status", code=1).out
    assert "2 shops, 1 paused" in told and told.index("mugs") < told.index("cups") and "paused: by a person" in told
    told = ask("status", "--metrics", code=1).out
    assert 'syncdb_fleet_shop_failures{shop="mugs",home="main"} 0' in told
    assert 'syncdb_fleet_shop_paused{shop="mugs",home="main"} 1' in told
    assert "mugs is paused (by a person)" in ask("run-now", "mugs", code=5).err
    ask("resume", "mugs")
    assert "waits for its first run" in ask("status").out
    ask("run-now", "mugs", "cups")
    ask("remove", "cups")
    assert "The fleet has no shop cups" in ask("pause", "cups", code=2).err
    assert (tmp_path / "shops" / "cups" / "config.json").exists()
    again = ask("init", "--json").data
    assert (again["shops"], again["dropped"]) == (["mugs"], ["cups"]) and "fleet add takes one in again" in ask("init").out
    ask("add", "cups")
    assert ask("init", "--json").data["shops"] == ["cups", "mugs"]
    (tmp_path / "fleet.toml").write_text(SHOPS.partition("[shops.cups]")[0], encoding="utf-8")
    assert ask("init", "--json").data["not_in_this_folder"] == ["cups"], "its written config.json is no shop of a person's"
    assert "In the fleet, but not in this folder: cups" in ask("init").out
    (tmp_path / "fleet.toml").write_text(SHOPS, encoding="utf-8")
    assert "There is no shop jars" in ask("add", "jars", code=2).err
    for words in (("pause",), ("worker",), ("move", "mugs")):
        assert ask(*words, code=2).err
    assert (
        "No shop of the fleet lives at betta yet. Homes of shops: beta, main." in ask("worker", "--home", "betta", "--once").err
    )
    assert "Nothing was due" in ask("worker", "--home", "betta", "--once").out


def test_of_many_shops_those_that_are_meant_are_shown_and_resumed(ask: Ask, database: str, tmp_path: Path) -> None:
    many = "".join(f"[shops.{home}{number:02}]\nhome = '{home}'\nsettings = {{}}\n" for home in "ab" for number in range(40))
    (tmp_path / "fleet.toml").write_text(many, encoding="utf-8")
    ask("init")
    with connected(database) as session:
        book = FleetBook(session)
        book.alive("w", "a", 4)
        book.rows("update fleet_shops set paused = 'exit code 2: no', told = 'Client Id refused' where name like '_0_'")
    ask("pause", "a07")
    told = ask("status", code=1).out
    assert f"a: 40 shops, 1 worker, 4 slots, {__version__}" in told and "b: 40 shops, no worker" in told
    assert "b09" in told and "b39" not in told and "... and 30 more; fleet status '*' lists all" in told
    assert "b39" in ask("status", "*", code=1).out
    shown = ask("status", "--home", "b", "--trouble", "--json", code=1).data
    assert [one["name"] for one in shown["shops"]] == [f"b0{number}" for number in range(10)]
    assert shown["homes"] == [{"home": "b", "shops": 40, "workers": 0, "slots": 0, "versions": []}]
    ask("resume", "--only", "exit code 2")
    assert [one["name"] for one in ask("status", "--trouble", "--json", code=1).data["shops"]] == ["a07"], "a person paused it"
    assert "No shop of the fleet is meant" in ask("resume", "c*", code=2).err
    refused = ask("run-now", "a0*", code=5)
    assert "a07 is paused" in refused.err and "a08 runs as soon as" in refused.out and "b01" not in refused.out


def test_a_worker_that_was_started_without_secrets_pauses_not_every_shop(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = "[shops.{0}]\nsettings = {{}}\nsecrets = {{ shopify_access_token = '{1}' }}\n"
    (tmp_path / "fleet.toml").write_text(one.format("mugs", "T_MUGS") + one.format("cups", "T_CUPS"), encoding="utf-8")
    ask("init")
    refused = ask("worker", "--home", "main", "--once", code=2)
    assert "none of the secrets of the shops of main" in refused.err and "T_CUPS for cups" in refused.err
    ask("pause", "mugs", "cups")
    monkeypatch.setenv("T_MUGS", "shpat_1")
    assert "lacks secrets of cups: they are paused when they are due" in ask("worker", "--home", "main", "--once").err


def test_who_pauses_a_shop_while_it_runs_has_the_last_word(ask: Ask, database: str, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(SHOPS, encoding="utf-8")
    ask("init")
    with connected(database) as session:
        book = FleetBook(session)
        assert book.begin("mugs", 1, "main", "w")
        ask("pause", "mugs")
        book.end("mugs", 1, 0, "", after(0, 0, timedelta(hours=1), book.now()))
        assert book.status()[0]["paused"] == "by a person"
        book.change("cups", "failures = 3")
        assert book.begin("cups", 1, "beta", "w")
        book.end("cups", 1, 2, "no token", after(2, 0, timedelta(hours=1), book.now()))
        assert "2" in {row["name"]: row["paused"] for row in book.status()}["cups"]


def test_a_database_that_is_not_there_or_keeps_no_locks_is_told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert "cannot be reached" in ask("status", code=4).err
    monkeypatch.setenv("FLEET_DATABASE_URL", "postgresql://somebody@db.example.com:6543/postgres")
    assert "no lock holds there" in ask("status", code=2).err
    monkeypatch.delenv("FLEET_DATABASE_URL")
    assert "FLEET_DATABASE_URL is not set" in ask("worker", "--home", "main", code=2).err


@pytest.mark.long
def test_a_real_shop_is_run_by_a_worker_and_moved_to_another_home(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "world").mkdir()
    world = WorkbookWorld(tmp_path / "world", orders=5)
    try:
        shop = tmp_path / "shops" / "mugs"
        shop.mkdir(parents=True)
        own = {name: value for name, value in world.env.items() if name not in ("DB_PATH", "LOG_FILE")}
        (shop / ".env").write_text("".join(f"{name}={value}\n" for name, value in own.items()), encoding="utf-8")
        (shop / ".env").chmod(0o600)
        ask("init")
        assert "mugs: passed" in ask("validate").out
        ask("worker", "--home", "main", "--once")
        (state,) = ask("status", "--json").data["shops"]
        assert (state["state"], state["exit_code"], state["runs"]) == ("fine", 0, 1), state
        assert (shop / "orders.xlsx").exists() and (shop / "shopify_sync.db").exists()
        told = ask("report", "--days", "60", "--json").data
        assert told["orders"] == told["shops"][0]["report"]["orders"]["made"] > 0 and list(told["revenue"]) == ["EUR"]
        (tmp_path / "via").mkdir()
        with closing(load_workbook(shop / "orders.xlsx")) as book:
            book["Orders"].cell(1, book["Orders"].max_column + 1, "Ours")
            book["Orders"].cell(2, book["Orders"].max_column, "call back")
            rows_before = book["Orders"].max_row
            book.save(shop / "orders.xlsx")
        monkeypatch.chdir(tmp_path)
        moving = ("move", "mugs", "--via", "via")
        assert "--arrive --home beta" in ask(*moving, "--to", "beta").out
        assert ask("status", "--json", code=1).data["shops"][0]["paused"] == "moving to beta"
        assert not (shop / "shopify_sync.db").exists() and not (shop / "orders.xlsx").exists()
        (shop / "shopify_sync.db.lock").unlink(missing_ok=True)
        (shop / "shopify_sync.db.lock").mkdir()
        assert "restore of mugs ended with exit code" in ask(*moving, "--arrive", "--home", "beta", code=5).err
        (shop / "shopify_sync.db.lock").rmdir()
        ask(*moving, "--arrive", "--home", "beta")
        ask("worker", "--home", "main", "--once")
        assert ask("status", "--json").data["shops"][0]["runs"] == 1
        ask("worker", "--home", "beta", "--once")
        assert [ask("status", "--json").data["shops"][0][name] for name in ("home", "runs", "exit_code")] == ["beta", 2, 0]
        with closing(load_workbook(shop / "orders.xlsx")) as book:
            rows = list(book["Orders"].iter_rows(values_only=True))
        assert len(rows) == rows_before and rows[0][-1] == "Ours" and rows[1][-1] == "call back"
    finally:
        world.close()
