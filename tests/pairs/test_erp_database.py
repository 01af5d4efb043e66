"""`erp install`, `erp test` and `erp queue` as people and scripts use them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncdb.cli import run_pair
from syncdb.pairs import registry
from syncdb.pairs.shopify_sentos.pair import SHOPIFY_SENTOS
from syncdb.systems.postgres.keys import ERP
from tests.postgres import Erp

ONLY_ACTIONS = "tests.pairs.erp_actions"


class Manager:
    """The command in a folder of its own; what it printed and how it left."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            run_pair.main("erp", list(words), prog="sync_manager.py erp")
        return int(str(left.value.code)), self._capsys.readouterr().out

    def data(self, *words: str) -> dict[str, Any]:
        code, out = self(*words, "--json")
        told: dict[str, Any] = json.loads(out)
        assert told["exit_code"] == code
        return told


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Manager]:
    if registry.pair_named("erp") is None:  # where no pair with it is registered yet, its command alone
        left, _ = SHOPIFY_SENTOS.systems
        made = replace(
            SHOPIFY_SENTOS, name="erp", command="erp", systems=(left, ERP), implementation=ONLY_ACTIONS,
            actions=("install", "test", "queue"),
        )  # fmt: skip
        monkeypatch.setattr(registry, "PAIRS", (*registry.PAIRS, made))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("ERP_DATABASE_URL", raising=False)
    yield Manager(capsys)


def at(erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_DATABASE_URL", erp.url)


def test_from_nothing_to_a_database_that_works(manager: Manager, bare: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert manager("install")[0] == 2
    at(bare, monkeypatch)
    told = manager.data("install")
    assert told["exit_code"] == 2 and "--complete" in told["error"]["next_step"]
    assert manager.data("install", "--complete") == {
        "exit_code": 0, "version": 2, "before": None, "left_out": {},
        "entities": ["products", "customers", "orders", "order_items", "inventory"],
    }  # fmt: skip
    code, out = manager("install")
    assert code == 0 and "Installed anew, what was there stays" in out and "in role syncdb_sync" in out
    code, out = manager("test")
    assert code == 0 and "failed" not in out.replace("0 failed", "") and "orders on, inventory on" in out
    assert manager.data("install", "--remove", "--yes") == {"exit_code": 0, "removed": True}
    assert manager.data("test")["exit_code"] == 2


def test_the_printed_sql_is_all_that_is_printed(manager: Manager, bare: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    at(bare, monkeypatch)
    _, complete = manager("install", "--complete", "--print")
    assert complete.startswith("begin;\n") and complete.endswith("commit;\n")
    bare.sql(complete)
    bare.sql("alter table products drop column barcode; drop table inventory cascade")
    code, out = manager("install", "--print")
    assert code == 0 and out.startswith("-- Left out: There is no table public.inventory.\nbegin;") and "'barcode'" not in out
    bare.sql(out)
    _, removal = manager("install", "--print", "--remove")
    bare.sql(removal)
    assert bare.sql("select 1 from pg_tables where tablename = 'sync_queue'") == []


def test_without_a_way_in_the_sql_is_printed_all_the_same(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_DATABASE_URL", "postgresql://erp@/erp?host=/tmp/nobody")
    monkeypatch.setenv("DEADLINE_SECONDS", "1")
    code, out = manager("install", "--print")
    assert code == 0 and out.startswith("-- The database could not be looked at") and "create table if not exists" in out
    assert manager.data("test")["exit_code"] == 4


def test_people_see_why_a_row_failed_and_have_it_tried_again(manager: Manager, erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    at(erp, monkeypatch)
    erp.sql("insert into products (sku) values ('A'), ('B')")
    erp.sql("update sync_queue set status = 'failed', retry_count = 5, error_message = 'It has no price.' where id = 1")
    told = manager.data("queue")
    assert (told["counts"]["pending"], told["counts"]["failed"], told["counts"]["failure_rate"]) == (1, 1, 1.0)
    assert [row["id"] for row in told["rows"]] == [2, 1]
    assert [row["error_message"] for row in manager.data("queue", "--failed")["rows"]] == ["It has no price."]
    code, out = manager("queue", "--failed")
    assert code == 0 and "create product A (1), to_shopify, failed: It has no price." in out
    assert manager.data("test")["exit_code"] == 3
    assert manager.data("queue", "--retry", "1") == {"exit_code": 0, "retried": 1}
    assert manager.data("queue", "--retry", "1")["exit_code"] == 2
    assert [row["id"] for row in manager.data("queue", "--limit", "1")["rows"]] == [2]


def test_what_is_wrong_with_the_settings_is_told(manager: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_DATABASE_URL", "postgresql://erp:s3cret-word@erp.example.com/erp?sslmode=disable")
    code, out = manager("test", "--json")
    assert code == 2 and "passwords would travel readable" in out and "s3cret" not in out
    monkeypatch.setenv("ERP_DATABASE_URL", "postgresql://erp@/erp?host=/tmp/nobody")
    (tmp_path / "mapping.json").write_text('{"product": {}}', encoding="utf-8")
    monkeypatch.setenv("ERP_MAPPING", "mapping.json")
    assert "Was products meant?" in manager.data("install")["error"]["message"]
    (tmp_path / "mapping.json").write_text("{", encoding="utf-8")
    assert "is not valid JSON" in manager.data("install")["error"]["message"]


def test_each_action_tells_its_options(manager: Manager) -> None:
    for action, options in {
        "install": ("--print", "--remove", "--complete", "--yes"),
        "queue": ("--failed", "--retry ID"),
        "test": (),
    }.items():
        code, out = manager(action, "--help")
        assert code == 0 and all(option in out for option in (*options, "--config", "--json"))
    assert manager("queue", "--nothing")[0] == 2
