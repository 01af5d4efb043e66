"""Answers of Grist and of a catalogue that make no sense, and settings: told as such, nothing wrong is written, all agrees."""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

import syncdb.connectors.grist.rows as rows
from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.connectors.shopify.catalogue.shop import shop_from
from syncdb.connectors.shopify.facts import facts_from
from syncdb.errors import Exit, NotUnderstood
from syncdb.sandbox.grist.app import GristApp
from syncdb.sandbox.shopify.app import ShopifyApp
from tests.reliability.oracle import examined
from tests.reliability.test_bad_input import CODES, SCRAPS, Mutating, mutated
from tests.scenarios.grist_world import GristWorld

ROUNDS = 14  # misshapen answers of each system, each followed by a clean run
WILD = 12
SETTINGS = 60
COLUMNS = {"products": ("Title", "Status", "Vendor"), "variants": ("Price", "SKU"), "inventory": ("Available",)}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GristWorld]:
    """A shop whose goods stand in a document already."""
    monkeypatch.chdir(tmp_path)
    made = GristWorld(tmp_path, products=3)
    made.synced()
    yield made
    made.close()


# --- what is done to answers


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def misshapen(value: Any, rng: random.Random, of: str = "") -> Any:
    """The same JSON with one thing in it dropped, renamed or replaced by one of another kind: never what might be meant.

    Cells of rows stay as they are, because anything may stand in a cell; null stays, because it may stand for anything.
    """
    inner = [name for name in value if value[name] is not None] if isinstance(value, dict) else []
    if inner and rng.random() < 0.9:
        made = dict(value)
        name = rng.choice(inner)
        match rng.randrange(8):
            case 0 if of != "records":
                del made[name]
            case 1 if of != "records":
                made[rng.choice(("extra", "", name.upper() + "_"))] = made.pop(name)
            case _ if not (of == "records" and name == "fields"):
                made[name] = misshapen(made[name], rng, name)
        return made
    if isinstance(value, list) and any(item is not None for item in value) and rng.random() < 0.9:
        at = rng.choice([number for number, item in enumerate(value) if item is not None])
        return [*value[:at], misshapen(value[at], rng, of), *value[at + 1 :]]
    return rng.choice([scrap for scrap in SCRAPS if scrap is not None and _kind(scrap) != _kind(value)])


def _between(world: GristWorld, system: str, change: Callable[[Any, random.Random], Any], seed: int) -> Mutating:
    server = world.sandbox.server
    app = next(app for _, app in server._routes if app.system == system)
    made = Mutating(app, change, random.Random(seed), 3)
    server._routes = [(prefix, made if one is app else one) for prefix, one in server._routes]
    server._locks[id(made)] = server._locks[id(app)]
    return made


# --- what people do, and what stands where


def _act(world: GristWorld, number: int) -> None:
    """The shop renames and counts, and somebody in Grist sets a price: work in both directions for the next run."""
    world.merchant.edit_product(world.product(number % 3)["id"], title=f"Tea {number}")
    world.merchant.count(world.variant(number % 3)["id"], 20 + number)
    world.edit("variants", world.variant((number + 1) % 3)["id"], "Price", 50.5 + number)


def _in_shop(world: GristWorld) -> dict[tuple[str, str], Any]:
    goods = world.goods
    found = {(gid, name): one[name.lower()] for gid, one in goods.products.items() for name in COLUMNS["products"]}
    found |= {(gid, "Price"): Decimal(one["price"]) for gid, one in goods.variants.items()}
    found |= {(gid, "SKU"): one["sku"] or None for gid, one in goods.variants.items()}
    return found | {(one["id"], "Available"): one["_counts"]["available"] for one in goods.levels.values()}


def _in_grist(world: GristWorld) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for entity, names in COLUMNS.items():
        for key, row in world.rows(entity).items():
            found |= {(key, name): Decimal(str(row[name])) if name == "Price" else row[name] or None for name in names}
    return found


def _nothing_else_stands(world: GristWorld, before: tuple[dict[Any, Any], dict[Any, Any]]) -> None:
    """On either side each value is what stood there, or what stood on the other side; no row came or went."""
    for now in (_in_shop(world), _in_grist(world)):
        assert now.keys() == before[0].keys() == before[1].keys() and now
        assert [(place, value) for place, value in now.items() if value not in (before[0][place], before[1][place])] == []


# --- answers


@pytest.mark.parametrize("system", ["shopify", "grist"])
def test_misshapen_answers_lead_to_no_wrong_write_and_the_next_run_agrees(world: GristWorld, system: str) -> None:
    between = _between(world, system, misshapen, 21)
    told = 0
    for number in range(ROUNDS):
        _act(world, number)
        before = _in_shop(world), _in_grist(world)
        between.on = True
        ran = world.sync(full=bool(number % 2))  # the world refuses tracebacks
        between.on = False
        assert ran.code in CODES, ran.text + ran.errors
        told += ran.code in (Exit.PARTIAL, Exit.REMOTE)
        _nothing_else_stands(world, before)
        world.synced(full=True)
        world.agreed()
        examined["bad inputs"] += 1
    assert between.changed >= ROUNDS and told > ROUNDS // 2


@pytest.mark.parametrize("system", ["shopify", "grist"])
def test_any_answer_is_no_defect_and_doubles_no_row(world: GristWorld, system: str) -> None:
    """What was replaced by something that makes sense is believed: nobody could know better."""
    between = _between(world, system, mutated, 22)
    for number in range(WILD):
        _act(world, number)
        between.on = True
        ran = world.sync(full=bool(number % 2), force=number % 4 == 3)
        between.on = False
        assert ran.code in CODES, ran.text + ran.errors
        assert world.rows("products") and world.rows("variants") and world.rows("inventory")
        examined["bad inputs"] += 1
    assert between.changed >= WILD
    assert world.sync(full=True, force=True).code in CODES


def _states(world: GristWorld) -> list[str]:
    with closing(sqlite3.connect(world.ledger)) as ledger:
        return [row[0] for row in ledger.execute("SELECT state FROM journal ORDER BY begun_at")]


NONSENSE: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "grist": (GristApp, "PUT", lambda body: {"recordIds": 7}),
    "shopify": (ShopifyApp, "POST", lambda body: {"data": {name: {"userErrors": [[]]} for name in body["data"]}}),
}


@pytest.mark.parametrize("system", NONSENSE)
def test_a_write_answered_with_nonsense_is_settled_by_looking(
    world: GristWorld, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was applied: calling it refused would be a lie, and so would calling it done without a look."""
    app, method, made = NONSENSE[system]
    plain: Any = app.respond
    garbled = []

    def respond(self: Any, request: Request) -> Response:
        answer: Response = plain(self, request)
        writes = request.path.endswith("/records") if system == "grist" else b"mutation " in request.get_data()
        if request.method != method or not writes or answer.status_code != 200:
            return answer
        garbled.append(request.path)
        return Response(json.dumps(made(answer.get_json())), 200, headers=answer.headers, mimetype="application/json")

    _act(world, 1)
    with monkeypatch.context() as patched:
        patched.setattr(app, "respond", respond)
        ran = world.sync()
    assert garbled and ran.code == 0, ran.text + ran.errors
    assert "refused" not in _states(world) and "open" not in _states(world)
    world.agreed()
    world.synced(full=True)
    assert world.synced(full=True).written == 0


def test_a_defect_of_ours_beside_the_reading_of_answers_is_told_as_one(
    world: GristWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(*_: object, **__: object) -> object:
        raise KeyError("a mistake of ours")

    _act(world, 2)
    with monkeypatch.context() as patched:
        patched.setattr(rows, "canonical", careless)
        ran = world.sync(full=True)
    assert ran.code == Exit.DEFECT and "could not be understood" not in ran.text
    assert "careless" in Path(world.env["LOG_FILE"]).read_text(encoding="utf-8")
    world.synced(full=True)
    world.agreed()


@pytest.mark.parametrize("read", [shop_from, facts_from])
@pytest.mark.parametrize("spoil", [{"id": 7}, {"name": []}, {"ianaTimezone": True}, {"currencyCode": {}}, {"scope": 1.5}])
def test_a_shop_that_describes_itself_in_other_kinds_is_not_understood(read: Callable[..., Any], spoil: dict[str, Any]) -> None:
    shop = {"id": "gid://shopify/Shop/1", "myshopifyDomain": "a.myshopify.com", "name": "A", "currencyCode": "EUR"}
    shop |= {"ianaTimezone": "Europe/Berlin"}
    scopes = [{"handle": "read_orders"}, {"handle": spoil.get("scope", "read_products")}]
    data = {"shop": shop | spoil, "currentAppInstallation": {"accessScopes": scopes}}
    with pytest.raises(NotUnderstood):
        read(data, "2026-10")
    scopes[1] = {"handle": "read_products"}
    assert read(data | {"shop": shop}, "2026-10").currency == "EUR"


# --- settings


def test_any_settings_of_the_pair_are_refused_with_their_names(world: GristWorld, capsys: pytest.CaptureFixture[str]) -> None:
    rng, refused = random.Random(23), 0
    rules = {"price": {"rule": "grist-wins"}, "sku": {"column": "SKU"}, "cost": {"rule": "shopify"}}
    good: dict[str, Any] = {
        "grist_sync": {"products": True, "variants": {"table": "Variants", "fields": rules, "gone_in_shop": "keep"}},
        "shopify_writes": ["variants.price", "inventory", "products"],
    }
    file = world.folder / "config.json"
    environment = world.sandbox.environment() | {name: text for name, text in world.env.items() if name != "SHOPIFY_WRITES"}
    before = _in_shop(world), _in_grist(world)
    for number in range(SETTINGS):
        name = ("grist_sync", "shopify_writes")[number % 2]
        made = mutated(good[name], rng) if number > 1 else good[name]
        file.write_text(json.dumps(good | {name: made}), encoding="utf-8")
        code = run("grist", RunOptions(config=file, test=True), environment, world.clock)
        told = capsys.readouterr()
        assert code in CODES, (file.read_bytes()[:2000], told.out, told.err)
        assert "Traceback" not in told.out + told.err, file.read_bytes()[:2000]
        assert number > 1 or code == Exit.DONE, told.out + told.err
        if code == Exit.CONFIGURATION:  # what may not be written may make a rule impossible
            assert any(one in told.out for one in good), (file.read_bytes()[:2000], told.out, told.err)
        refused += code == Exit.CONFIGURATION
        examined["bad inputs"] += 1
        world.pass_time(60)
    assert refused > SETTINGS // 3
    assert (_in_shop(world), _in_grist(world)) == before
