"""The manager and the pair with Grist: trying everything, how things stand, the schedule, and what happened to a product."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault, Seen
from syncdb.sandbox.shopify.tokens import Client
from tests.cli.conftest import Answer, asked_on_a_terminal, manage
from tests.scenarios.grist_world import GristWorld


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., GristWorld]]:
    """Worlds whose settings are in the environment; only Grist is configured."""
    worlds: list[GristWorld] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEADLINE_SECONDS", "3")

    def make(**options: Any) -> GristWorld:
        worlds.append(GristWorld(tmp_path, **options))
        for name, value in (worlds[-1].sandbox.environment() | worlds[-1].env).items():
            if not name.startswith(("GOOGLE", "TARGET", "SENTOS")):
                monkeypatch.setenv(name, value)
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(made: Callable[..., GristWorld]) -> GristWorld:
    one = made()
    one.synced()
    return one


def checks(said: Answer) -> dict[str, tuple[str, str, str]]:
    return {f"{one['part']}: {one['name']}": (one["state"], one["told"], one["remedy"]) for one in said.data["checks"]}


def failed(said: Answer) -> set[str]:
    return {name for name, (state, _, _) in checks(said).items() if state == "failed"}


# --- validate


def test_all_is_set_up(world: GristWorld) -> None:
    world.person("variants").make_formula("SKU", '"S-1"')
    before = world.rows("products")
    said = manage("validate", "--json")
    assert said.code == 0, said.all
    told = checks(said)
    names = ("server", "key", "document", "edit", "sight", "calls", "room", "products", "variants", "inventory")
    assert all(told[f"grist: {name}"][0] == "passed" for name in names)
    assert "SKU" in told["grist: variants"][1] and "write_inventory" in told["shopify: scopes"][1]
    rows = sum(len(world.rows(one)) for one in ("products", "variants", "inventory", "collections"))
    assert told["grist: room"][1].startswith(f"{rows} rows")
    assert world.rows("products") == before
    shown = asked_on_a_terminal("validate")
    assert "All is set up." in shown and all(len(line) <= 80 for line in shown if "http" not in line)


def test_before_the_first_run_the_tables_are_still_to_be_made(made: Callable[..., GristWorld]) -> None:
    made()
    said = manage("validate", "--pair", "grist", "--json")
    assert said.code == 0 and checks(said)["grist: products"][0] == "skipped"


def test_offline_contacts_nobody(world: GristWorld) -> None:
    world.faults.log.clear()
    said = manage("validate", "--offline")
    assert said.code == 0 and "Shopify and Grist were not asked" in said.out and world.faults.log == []


@pytest.mark.parametrize(
    ("setting", "value", "check"),
    [
        ("GRIST_API_KEY", "k" * 40, "grist: key"),
        ("GRIST_DOCUMENT", "nosuchdocument12", "grist: document"),
        ("GRIST_SERVER", "http://127.0.0.1:1", "grist: server"),
        ("SHOPIFY_CLIENT_SECRET", "shpss_wrongwrongwrong", "shopify: token"),
    ],
)
def test_one_thing_wrong(world: GristWorld, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, check: str) -> None:
    monkeypatch.setenv(setting, value)
    said = manage("validate", "--json")
    assert said.code == 4 and failed(said) == {check} and checks(said)[check][2]
    assert value not in said.all or "KEY" not in setting and "SECRET" not in setting
    assert setting != "GRIST_SERVER" or "(at 127.0.0.1:1) cannot be reached" in checks(said)[check][1]


def test_a_document_that_may_only_be_looked_at(world: GristWorld) -> None:
    document = world.sandbox.grist_document
    document.access.update(dict.fromkeys([who for who in document.access if who.startswith("syncdb")], "viewers"))
    said = manage("validate", "--json")
    assert said.code == 4 and failed(said) == {"grist: edit"} and "Editor" in checks(said)["grist: edit"][2]


def test_a_missing_permission_is_named_with_what_it_is_for(world: GristWorld) -> None:
    few = frozenset({"read_products", "read_inventory", "read_locations"})
    world.sandbox.shopify.tokens.add_client(world.sandbox.client_id, Client(world.sandbox.client_secret, few))
    said = manage("validate", "--json")
    assert failed(said) == {"shopify: scopes"}
    told = checks(said)["shopify: scopes"][1]
    assert "write_products is missing (to write products, to write variants" in told and "write_inventory" in told


def upserts_into(table: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.method == "PUT" and seen.path.endswith(f"/tables/{table}/records")


@pytest.mark.parametrize("table", ["Variants", ""])
def test_access_rules_are_told_with_how_runs_will_end(world: GristWorld, table: str) -> None:
    """Comparing and, in a table of which rules hide a part, upserts are refused then (observed)."""
    hidden = Fault("forbidden", "/compare", times=None)
    closed = [Fault("forbidden", upserts_into(table), times=None)] if table else []
    world.faults.add(hidden, *closed)
    rows = world.rows("variants")
    said = manage("validate", "--pair", "grist", "--json")
    assert world.rows("variants") == rows and failed(said) == {"grist: sight"}
    state, told, remedy = checks(said)["grist: sight"]
    assert state == "failed" and ("Variants" in told) is bool(table) and "Products" not in told and "Access rules" in remedy
    world.merchant.edit_variant(next(iter(rows)), price="77.00")
    ran = world.sync()
    assert ran.code == said.code == (4 if table else 3) and f"code {ran.code}" in told


def test_a_deleted_column_is_told(world: GristWorld) -> None:
    world.person("variants").delete_column("Price")  # type: ignore[union-attr]
    said = manage("validate", "--json")
    assert said.code == 5 and failed(said) == {"grist: variants"} and "Price" in checks(said)["grist: variants"][1]


def test_both_pairs_are_looked_at_where_both_are_configured(world: GristWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in world.sandbox.environment().items():
        if not name.startswith("SENTOS"):
            monkeypatch.setenv(name, value)
    told = checks(manage("validate", "--json"))
    assert {"google: edit", "grist: edit", "shopify: scopes", "shopify: scopes, grist"} <= set(told)
    assert not any(name.startswith("google") for name in checks(manage("validate", "--pair", "grist", "--json")))


# --- status, schedule


def test_status_tells_of_what_is_kept_in_step_and_names_the_right_command(world: GristWorld) -> None:
    told = manage("status", "--json").data
    assert told["kept_in_step"]["products"] == len(world.goods.products) and told["fine"]
    assert told["grist_calls"]["used"] > 0 and told["grist_calls"]["limit"] is None
    world.person("products").rename_column("Shopify ID", "gone")
    world.person("products").delete_column("gone")  # type: ignore[union-attr]
    assert world.sync(full=True).code == 5
    attention = manage("status", "--json").data["attention"]
    assert attention[0]["code"] == "run_failed"
    assert "Undo" in attention[0]["next_step"], "what the run itself said, not what fits any run"


def test_a_failed_run_with_grist_is_told_though_the_sheet_went_well(world: GristWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from syncdb.ledger import Ledger
    from syncdb.ledger.pairs import RegisteredPair
    from syncdb.values import iso

    now = world.clock.now()
    with Ledger.open(world.ledger, now) as ledger, ledger.transaction():
        ledger.pairs.register(RegisteredPair("grist:doc", "grist", ""))
        ledger.pairs.register(RegisteredPair("sheets:s:Orders:line", "sheets", "orders", tracks_orders=True))
        for pair, code in (("grist:doc", 4), ("sheets:s:Orders:line", 0)):
            ledger.runs.end(ledger.runs.start(pair, "sync", iso(now)), iso(now), code, "No.", {}, [], False)
    monkeypatch.setenv("TARGET_SPREADSHEET", "Shop orders")
    told = manage("status", "--json").data["attention"]
    assert [one["code"] for one in told] == ["run_failed"] and "(Grist)" in told[0]["message"]
    monkeypatch.delenv("GRIST_DOCUMENT")
    assert manage("status", "--json").data["attention"] == []  # nobody runs that any more


def test_a_month_nearly_used_up_needs_a_look(world: GristWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    used = manage("status", "--json").data["grist_calls"]["used"]
    monkeypatch.setenv("GRIST_CALLS_PER_MONTH", str(max(100, used)))
    for _ in range(100):
        if manage("status", "--json").data["grist_calls"]["used"] >= 90:
            break
        world.sync(full=True)
    assert [one["code"] for one in manage("status", "--json").data["attention"]] == ["grist_calls"]


def test_the_schedule_runs_the_pairs_that_are_configured(world: GristWorld) -> None:
    file = world.sandbox.write_settings(world.folder)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("TARGET_")), encoding="utf-8")
    assert [script in manage("schedule").out for script in ("shopify_grist_sync.py", "shopify_sheets_sync.py")] == [True, False]
    file.write_text("".join(lines), encoding="utf-8")
    assert "shopify_sheets_sync.py" in manage("schedule", "--pair", "sheets").out
    assert "shopify_sheets_sync.py" in manage("schedule").out and "shopify_grist_sync.py" in manage("schedule").out
    names = {manage("schedule", "--pair", pair, "--json").data["name"] for pair in ("sheets", "grist")}
    assert len(names) == 2 and any("grist" in name for name in names)
    for kind in ("systemd", "windows"):
        text = manage("schedule", "--pair", "grist", "--kind", kind).out
        assert "shopify_grist_sync.py" in text and "Google" not in text


# --- history, errors


def decided(world: GristWorld) -> str:
    """A variant whose price was in dispute and was decided for Grist; its SKU."""
    variant = next(one for one in world.goods.variants.values() if one["sku"])
    world.merchant.edit_variant(variant["id"], price="21.00", sku="ONLY-ONE")
    world.edit("variants", variant["id"], "Price", 22.5)
    world.sync()
    (one,) = world.manage("conflicts", "--json").data["conflicts"]
    assert variant["product"]["title"] in one["name"]
    assert world.manage("conflicts", one["id"], "--take", "grist").code == 0
    world.synced()
    return str(variant["id"])


def test_history_tells_what_was_written_and_who_decided(world: GristWorld) -> None:
    gid = decided(world)
    title = world.goods.variants[gid]["product"]["title"]
    by_sku = world.manage("history", "only-one", "--json").data
    assert by_sku["about"]["key"] == gid and title in by_sku["about"]["name"]
    told = [(one["who"], one["what"], one["field"]) for one in by_sku["events"] if one["key"] == gid]
    assert sorted(told) == [  # people decide by this computer's clock, the world has its own
        ("grist", "added", ""),
        ("grist", "written", "sku"),
        ("person", "decided", "price"),
        ("person", "decision", "price"),
        ("shop", "written", "price"),
    ]
    written = next(one for one in by_sku["events"] if one["who"] == "shop")
    assert (written["before"], written["after"]) == ("21.00", "22.50")
    number = gid.rpartition("/")[2]
    product = world.goods.variants[gid]["product"]["id"]
    page = f"https://admin.shopify.com/store/kayra-demo/products/{product.rpartition('/')[2]}"
    assert world.manage("history", f"{page}/variants/{number}", "--json").data["about"]["key"] == gid
    whole = world.manage("history", page, "--json").data
    assert whole["about"]["key"] == product and gid in whole["members"]
    text = world.manage("history", product)
    assert "22.50" in text.out and "took the side of Grist" in text.out and "carried out" in text.out
    assert max(map(len, asked_on_a_terminal("history", product, "--db", str(world.ledger)))) <= 80


def test_a_title_that_several_have_is_refused_with_their_ids(world: GristWorld) -> None:
    twins = [world.merchant.add_product("Twin", price="1.00")["id"] for _ in range(2)]
    world.synced()
    said = world.manage("history", "twin")
    assert said.code == 2 and all(gid in said.err for gid in twins)
    near = world.manage("history", "Twi")
    assert near.code == 2 and "Did you mean" in near.err and "Twin" in near.err


def test_errors_name_products_as_people_do(world: GristWorld) -> None:
    variant = world.variant()
    world.edit("variants", variant["id"], "Price", "ask Ann")
    assert world.sync().code == 3
    said = world.manage("errors")
    assert variant["product"]["title"].split()[0] in said.out and variant["id"] in said.out.replace("\n", "").replace(" ", "")
    data = world.manage("errors", "--json").data
    assert data["groups"][0]["errors"][0]["name"].startswith(variant["product"]["title"])
    assert json.dumps(data)
