"""The command of the pair with Sentos as people and schedulers use it: real processes, looking for the login, validate, costs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncdb.cli.pair_action import act
from syncdb.cli.pair_options import RunOptions
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.sentos.clerk import Clerk
from syncdb.sandbox.shopify.till import Till
from tests.account import account_key
from tests.cli.conftest import manage

ROOT = Path(__file__).parents[3]


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.chdir(tmp_path)
    with Sandbox(tmp_path, key=account_key(), currency="TRY") as made:
        Clerk(made.sentos).add_product("Kupa", "MUG", "89.90", stock={1: 25})
        Till(made.shop).merchant.add_product("Kupa", price="79.90", sku="MUG", stock=3)
        yield made


def environment(sandbox: Sandbox, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SHOPIFY_", "SENTOS_", "GRIST_"))}
    return clean | sandbox.environment() | {"PYTHONUTF8": "1"} | more


def script(
    sandbox: Sandbox, *arguments: str, name: str = "shopify_sentos_sync.py", **more: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / name), *arguments]
    env = environment(sandbox, **more)
    return subprocess.run(
        command, env=env, capture_output=True, text=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL
    )


def test_the_script_brings_goods_in_and_orders_out_in_real_processes(sandbox: Sandbox) -> None:
    Till(sandbox.shop).sell({"MUG": 2})
    allowed = {"SHOPIFY_WRITES": "all", "SENTOS_WRITE": "true", "SENTOS_CHANNEL_ID": "3"}
    first = script(sandbox, "--json", **allowed)
    assert first.returncode == 0, first.stdout + first.stderr
    results = {one["about"]: one["results"] for one in json.loads(first.stdout)["runs"]}
    orders, products = results["orders"], results["products"]
    assert (orders["created"]["count"], products["updated"]["names"]) == (1, ["Kupa (MUG)"])
    second = script(sandbox, "--only", "orders", "--limit", "1", **allowed)
    assert second.returncode == 0 and "Created 0, updated 0, failed 0" in second.stdout, second.stdout + second.stderr
    assert len(sandbox.sentos.books.orders) == 1 and sandbox.sentos.counter.refused == 0


@pytest.mark.parametrize("works", ["basic", "headers", "bearer", "token"])
def test_the_login_that_works_is_found_one_at_a_time(sandbox: Sandbox, capsys: pytest.CaptureFixture[str], works: str) -> None:
    sandbox.sentos.behave(accepts=frozenset({works}))
    assert act("sentos", "detect", RunOptions(), environment(sandbox)) == 0
    told = capsys.readouterr().out
    tried = ["basic", "headers", "bearer", "token"]
    assert sandbox.sentos.logins == tried[: tried.index(works) + 1], "none is tried after the one that works"
    assert f"{works}: sends" in told and sandbox.sentos.secret not in told
    assert "nothing is to be changed" in told if works == "basic" else f"Set sentos_auth to {works}" in told


def test_nothing_else_is_tried_where_the_answer_says_nothing_of_the_login(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    env = environment(sandbox) | {"SENTOS_API_URL": f"{sandbox.server.url}/sentos/nowhere"}
    assert act("sentos", "detect", RunOptions(), env) == 4
    assert "no other way was tried" in capsys.readouterr().out and sandbox.sentos.logins == ["basic"]


def test_a_run_never_tries_another_login(sandbox: Sandbox) -> None:
    sandbox.sentos.behave(accepts=frozenset({"headers"}))
    ran = script(sandbox, "--only", "products")
    assert ran.returncode == 4 and "sentos detect" in ran.stdout and sandbox.sentos.logins == ["basic"]
    assert sandbox.sentos.secret not in ran.stdout + ran.stderr


def test_validate_tells_what_would_stop_a_run(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (environment(sandbox) | {"SENTOS_WAREHOUSES": '{"1": "Mars"}'}).items():
        monkeypatch.setenv(name, value)
    told = manage("validate", "--pair", "sentos")
    assert told.code == 2 and "warehouse 1 goes to 'Mars'" in told.all, told.all
    monkeypatch.setenv("SENTOS_WAREHOUSES", "")
    assert "stock" in manage("validate", "--pair", "sentos").all
    monkeypatch.setenv("SENTOS_ORDER_LOCATIONS", "online,Mars")
    monkeypatch.setenv("SENTOS_CHANNEL_ID", "3")
    told = manage("validate", "--pair", "sentos")
    assert told.code == 2 and 'no location "Mars", which sentos_order_locations names' in told.all, told.all


def test_the_manager_runs_it_and_validates_it(sandbox: Sandbox) -> None:
    ran = script(sandbox, "validate", "--pair", "sentos", name="sync_manager.py", SENTOS_CHANNEL_ID="4", SENTOS_WAREHOUSES="1,7")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "1 Merkez Depo" in ran.stdout and "3 Web" in ran.stdout, "the numbers that there are, are told"
    helped = script(sandbox, "sentos", "--help", name="sync_manager.py")
    assert all(word in helped.stdout for word in ("--only", "--limit", "detect"))


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"SENTOS_WRITE": "true"}, "sentos_channel_id"),
        ({"SENTOS_STATUSES": '{"paid": 7}'}, "sentos_statuses"),
        ({"SENTOS_STATUSES": '{"payed": 2}'}, "no payment status"),
        ({"SENTOS_PAYMENT_METHODS": '{"x": "CREDIT_CARD"}'}, "sentos_payment_methods"),
        ({"SENTOS_FIELDS": '{"titel": "shop"}'}, "did you mean"),
        ({"SENTOS_WAREHOUSES": "main"}, "sentos_warehouses"),
        ({"SENTOS_API_URL": "http://company.sentos.com.tr/api"}, "https"),
        ({"SENTOS_API_KEY": ""}, "sentos_api_key"),
    ],
)
def test_settings_that_will_not_do_are_told_before_anything_is_contacted(
    sandbox: Sandbox, env: dict[str, str], told: str
) -> None:
    ran = script(sandbox, **env)
    assert ran.returncode == 2 and told in ran.stdout, ran.stdout + ran.stderr
    assert sandbox.faults.log == []


def test_an_audit_proves_the_goods_equal_and_names_what_is_not(sandbox: Sandbox) -> None:
    """One audit: Sentos answers the same question twice a minute only."""
    allowed = {"SHOPIFY_WRITES": "products,variants,inventory", "SENTOS_WRITE": "true", "SENTOS_CHANNEL_ID": "3"}
    sold = Till(sandbox.shop).sell({"MUG": 1})
    assert script(sandbox, **allowed).returncode == 0
    later = Till(sandbox.shop).sell({"MUG": 2})
    Clerk(sandbox.sentos).set_status(f"kayra-demo-{sold['legacyResourceId']}", 6)
    told = script(sandbox, "audit", "--pair", "sentos", "--json", name="sync_manager.py", **allowed)
    found = {one["entity"]: one for one in json.loads(told.stdout)["audits"]}
    assert told.returncode == 3 and found["products"]["proven"] and found["variants"]["proven"], told.stdout + told.stderr
    (difference,) = found["inventory"]["differences"]
    assert (difference["left"], difference["right"], difference["cause"]) == ("22", "25", "both_moved")
    assert [(total["left"], total["right"], total["equal"]) for total in found["inventory"]["sums"]] == [("22", "25", False)]
    told_of = {(one["name"], one["field"]) for one in found["orders"]["differences"]}
    assert told_of == {(sold["name"], "cancelled"), (later["name"], None)}, found["orders"]
