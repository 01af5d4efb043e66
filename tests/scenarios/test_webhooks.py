"""What the shop tells of its own accord is where it belongs within seconds; what it does not tell is found all the same."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from syncdb.ledger.inbox.event import Event, Thing
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.local import PERSON
from syncdb.sandbox.shopify.tokens import Client
from syncdb.sandbox.shopify.webhooks.delivery import Weather
from syncdb.services.subscriptions import repair
from tests.cli.conftest import manage
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.listening import Listening
from tests.scenarios.stores_world import StoresWorld
from tests.scenarios.world import World


@pytest.fixture
def goods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GristWorld]:
    """A shop whose goods stand in a Grist document."""
    monkeypatch.chdir(tmp_path)
    made = GristWorld(tmp_path)
    made.synced()
    made.synced()
    yield made
    made.close()


def waiting(world: Any, reader: str = "sheets") -> int:
    path = inbox_path(Path(world.env["DB_PATH"]))
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM waiting WHERE reader = ?", (reader,)).fetchone()
    connection.close()
    return int(count)


def notes(world: World, order_id: str) -> set[Any]:
    name = world.shop.orders[order_id]["name"]
    return {row["Note"] for row in world.rows().values() if row["Order"] == name}


def test_a_changed_order_is_in_the_sheet_within_seconds_and_nothing_else_is_asked(make: Callable[..., World]) -> None:
    world = make(orders=12, env={"SHEET_COLUMNS": "line_id,order_name,note"})
    world.synced()
    world.synced()
    order_id = next(iter(world.shop.orders))
    with Listening(world, "sheets") as listening:
        shown: list[set[Any]] = []
        at: dict[float, Callable[[], object]] = {
            10: lambda: world.shop.set_note(order_id, "first"),
            11: lambda: world.shop.set_note(order_id, "Ring twice"),
            13: lambda: shown.append(notes(world, order_id)),
            16: lambda: shown.append(notes(world, order_id)),
        }
        ran = listening.series(20, at)
    assert ran.code == 0 and shown[1] == {"Ring twice"} and "Ring twice" not in shown[0]
    assert ran.asked == ["query OrdersByIdAndShop"]
    assert waiting(world) == 0


def test_an_order_that_the_index_hides_arrives_by_its_webhook(make: Callable[..., World]) -> None:
    world = make(orders=5, env={"SHEET_COLUMNS": "line_id,order_name,note"})
    world.synced()
    order_id = next(iter(world.shop.orders))
    with Listening(world, "sheets") as listening:
        world.shop.index.hide(order_id, world.time + 86_400)
        world.shop.set_note(order_id, "hidden")
        listening.desk.deliver_due()
        world.pass_time(5)
        assert world.at_once().code == 0  # an ordinary run takes along what was named
    assert notes(world, order_id) == {"hidden"}
    assert waiting(world) == 0


def test_a_damaged_inbox_holds_up_no_run_and_is_told(make: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    world = make(orders=3, env={"BASE_URL": "https://hooks.example", "SHEET_COLUMNS": "line_id,order_name,note"})
    world.synced()
    inbox_path(Path(world.env["DB_PATH"])).write_bytes(b"not a database, but long enough to be taken for one at first" * 40)
    order_id = next(iter(world.shop.orders))
    world.shop.set_note(order_id, "all the same")
    world.synced()
    assert notes(world, order_id) == {"all the same"}
    told = manage("status", "--db", world.env["DB_PATH"])
    assert told.code == 5 and "delete it" in told.err


def test_a_deleted_order_is_marked_as_missing_at_once(make: Callable[..., World]) -> None:
    world = make(orders=5)
    world.synced()
    world.synced()
    with Listening(world, "sheets") as listening:
        order_id = next(iter(world.shop.orders))
        ran = listening.series(20, {5: lambda: world.shop.delete(order_id)})
    assert ran.code == 0
    connection = sqlite3.connect(world.env["DB_PATH"])
    states = dict(connection.execute("SELECT order_id, status FROM order_tracking"))
    connection.close()
    assert states[order_id.rpartition("/")[2]] in ("missing", "deleted")


def test_without_any_delivery_the_next_run_finds_it(make: Callable[..., World]) -> None:
    world = make(orders=5, env={"SHEET_COLUMNS": "line_id,order_name,note"})
    world.synced()
    with Listening(world, "sheets") as listening:
        listening.desk.weather = Weather(lost=1.0)
        order_id = next(iter(world.shop.orders))
        world.shop.set_note(order_id, "silent")
        listening.series(5, {})
    assert notes(world, order_id) == {"silent"}


def test_in_bad_weather_the_sheet_ends_as_the_shop_is(make: Callable[..., World]) -> None:
    world = make(orders=8, env={"SHEET_COLUMNS": "line_id,order_name,note,tags"})
    world.synced()
    ids = list(world.shop.orders)
    with Listening(world, "sheets") as listening:
        listening.desk.weather = Weather(lost=0.2, doubled=0.4, delay=8)
        at: dict[float, Callable[[], object]] = {
            5.0 + number: (lambda number=number: world.shop.set_note(ids[number % 5], f"note {number}")) for number in range(25)
        }
        ran = listening.series(75, at)
        assert ran.code == 0
    world.synced()
    for order_id in ids:
        assert notes(world, order_id) == {world.shop.orders[order_id]["note"]}


def test_a_shop_that_is_away_is_asked_again_and_nothing_is_forgotten(make: Callable[..., World]) -> None:
    world = make(orders=5, env={"SHEET_COLUMNS": "line_id,order_name,note", "DEADLINE_SECONDS": "2"})
    world.synced()
    world.synced()
    order_id = next(iter(world.shop.orders))
    with Listening(world, "sheets") as listening:
        at: dict[float, Callable[[], object]] = {
            5: lambda: (world.shop.set_note(order_id, "late"), world.faults.add(Fault("unavailable", "shopify", times=None))),
            12: lambda: world.faults.clear(),
        }
        ran = listening.series(40, at)
    assert ran.code == 0 and "did not succeed within 2 seconds" in ran.text
    assert notes(world, order_id) == {"late"} and waiting(world) == 0


def test_a_ledger_that_another_run_holds_is_waited_for(make: Callable[..., World]) -> None:
    world = make(orders=5, env={"SHEET_COLUMNS": "line_id,order_name,note"})
    world.synced()
    world.synced()
    order_id = next(iter(world.shop.orders))
    from syncdb.ledger.file import lock

    held: list[Any] = []
    with Listening(world, "sheets") as listening:
        at: dict[float, Callable[[], object]] = {
            5: lambda: (world.shop.set_note(order_id, "patience"), held.append(lock(Path(world.env["DB_PATH"])))),
            12: lambda: held[0].release(),
        }
        ran = listening.series(30, at)
    assert ran.code == 0 and "Traceback" not in ran.errors
    assert notes(world, order_id) == {"patience"}


def test_a_changed_product_and_moved_stock_come_over_within_seconds_and_people_are_left_alone(goods: GristWorld) -> None:
    product = next(iter(goods.goods.products.values()))
    variant = product["variants"][0]
    with Listening(goods, "grist") as listening:
        at: dict[float, Callable[[], object]] = {
            5: lambda: goods.merchant.edit_product(product["id"], title="Green tea"),
            6: lambda: goods.merchant.edit_variant(variant["id"], price="19.90"),
            7: lambda: goods.merchant.receive(variant["id"], 7),
        }
        ran = listening.series(25, at)
    assert ran.code == 0, ran.text
    assert not [name for name in ran.asked if "CatalogueChanges" in name], ran.asked
    assert "query NamedProducts" in ran.asked
    goods.agreed()
    assert waiting(goods, "grist") == 0


def test_what_one_store_tells_is_in_the_other_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = StoresWorld(tmp_path, products=0)
    try:
        for store in (world.taf, world.afl):
            store.merchant.add_product("Mug", sku="MUG", price="10.00", stock=10, vendor="Kayra")
        world.synced()
        world.synced()
        mug, other = (next(iter(store.goods.products.values())) for store in (world.taf, world.afl))
        with Listening(world, "stores", stores=(world.taf, world.afl)) as listening:
            at: dict[float, Callable[[], object]] = {
                5: lambda: world.taf.merchant.edit_product(mug["id"], title="Large mug"),
                6: lambda: world.afl.merchant.edit_variant(other["variants"][0]["id"], price="12.00"),
                7: lambda: world.taf.merchant.sell(mug["variants"][0]["id"], 2),
                8: lambda: world.afl.merchant.sell(other["variants"][0]["id"], 3),
            }
            ran = listening.series(60, at)
        assert ran.code == 0, ran.text
        assert not [name for name in ran.asked if "CatalogueChanges" in name], ran.asked
        assert (mug["title"], other["title"]) == ("Large mug", "Large mug")
        assert [one["variants"][0]["price"] for one in (mug, other)] == ["12.00", "12.00"]
        assert [world.stock(one["variants"][0], store) for one, store in ((mug, world.taf), (other, world.afl))] == [5, 5]
        writes = [name for name in ran.asked if name.startswith("mutation")]
        assert len(writes) <= 5, writes  # our own writes are told as well, and change nothing
        assert waiting(world, "stores") == 0
        assert world.synced().written == 0
    finally:
        world.close()


def test_named_runs_are_told_apart_and_disturb_no_rhythm(make: Callable[..., World]) -> None:
    world = make(orders=5)
    for _ in range(4):
        world.synced()
    order_id = next(iter(world.shop.orders))
    with Listening(world, "sheets") as listening:
        listening.series(20, {5: lambda: world.shop.add_tag(order_id, "vip")})
    connection = sqlite3.connect(world.env["DB_PATH"])
    modes = [row[0] for row in connection.execute("SELECT mode FROM sync_history ORDER BY run_id")]
    connection.close()
    assert modes == ["sync"] * 5 + ["named"]


def test_what_concerns_another_pair_only_costs_no_run(make: Callable[..., World]) -> None:
    world = make(orders=5)
    world.synced()
    with Listening(world, "sheets") as listening:
        inbox = Inbox.open(inbox_path(Path(world.env["DB_PATH"])))
        now = int(world.time * 1000)
        inbox.take([Event("shopify", "x", "products/update", Thing("products", "7"), None, now)], {"shopify": ("sheets",)})
        inbox.close()
        ran = listening.series(10, {})
    assert ran.code == 0 and ran.asked == [] and waiting(world) == 0


def test_the_command_makes_subscriptions_and_shows_what_arrives(
    make: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(orders=3, env={"BASE_URL": "https://hooks.example"})
    world.synced()
    for name, value in (world.sandbox.environment() | world.env).items():
        if not name.startswith("GRIST_"):
            monkeypatch.setenv(name, value)
    desk = world.sandbox.shopify.webhooks
    before = manage("webhooks", "status", "--json")
    assert before.code == 3 and before.data["shops"][0]["missing"] == [
        *("orders/create", "orders/updated", "orders/cancelled", "orders/delete"),
    ]
    assert "webhooks register" in manage("webhooks", "status").out and desk.subscriptions.by_id == {}
    monkeypatch.delenv("BASE_URL")
    told = manage("webhooks", "status")
    assert told.code == 0 and "base_url is not set" in told.out and manage("webhooks", "register").code == 2
    monkeypatch.setenv("BASE_URL", "https://hooks.example")
    made = manage("webhooks", "register")
    assert made.code == 0 and made.out.count("as wanted") == 4
    assert {one["uri"] for one in desk.subscriptions.by_id.values()} == {"https://hooks.example/webhooks/shopify"}
    assert all(set(one["includeFields"]) <= {"id", "updated_at"} for one in desk.subscriptions.by_id.values())
    stamps = {id: one["updatedAt"] for id, one in desk.subscriptions.by_id.items()}
    assert manage("webhooks", "register", "--store", "shopify").code == 0
    assert {id: one["updatedAt"] for id, one in desk.subscriptions.by_id.items()} == stamps
    assert "there is no such shop" in manage("webhooks", "register", "--store", "taf").err


def test_lost_subscriptions_are_put_back_once_a_day_and_told_where_that_fails(
    make: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(orders=3, env={"BASE_URL": "https://hooks.example"})
    world.synced()
    env = {name: value for name, value in (world.sandbox.environment() | world.env).items() if not name.startswith("GRIST_")}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert manage("webhooks", "register").code == 0
    desk = world.sandbox.shopify.webhooks
    gone = next(iter(desk.subscriptions.by_id.values()))
    del desk.subscriptions.by_id[gone["id"]]
    repair(None, env, world.folder, world.clock)
    assert len(desk.subscriptions.by_id) == 3  # it was looked at today already
    world.pass_time(hours=25)
    with Listening(world, "sheets", subscribed=False) as listening:
        listening.series(2, {})
    assert gone["topic"] in {one["topic"] for one in desk.subscriptions.by_id.values()}
    world.pass_time(hours=25)
    desk.subscriptions.by_id.clear()
    world.sandbox.shopify.tokens.clients[world.sandbox.client_id] = Client(
        world.sandbox.client_secret, frozenset({"read_products"})
    )
    world.sandbox.shopify.tokens.expire()
    repair(None, env, world.folder, world.clock)
    told = manage("status", "--json").data["attention"]
    assert "webhooks_lost" in [one["code"] for one in told], told


def test_status_tells_that_all_webhooks_are_turned_away(make: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    world = make(orders=3)
    world.synced()
    with Listening(world, "sheets") as listening:
        order_id = next(iter(world.shop.orders))
        world.shop.set_note(order_id, "fits")
        listening.desk.deliver_due()
        listening.desk.secret = "shpss_changed_at_shopify"
        world.pass_time(20)
        world.shop.set_note(order_id, "does not fit")
        listening.desk.deliver_due()
        world.pass_time(20)
        world.shop.set_note(order_id, "nor this")
        listening.desk.deliver_due()
    assert [one.status for one in listening.desk.sent] == [200, 401, 401]
    told = manage("status", "--json", "--db", world.env["DB_PATH"]).data["attention"]
    assert "webhooks_refused" in [one["code"] for one in told], told


def test_an_edit_in_the_document_is_in_the_shop_within_seconds(goods: GristWorld) -> None:
    goods.env["GRIST_WEBHOOK_TOKEN"] = token = "a-word-that-both-know-42"
    variant = next(iter(goods.goods.variants.values()))
    with Listening(goods, "grist") as listening:
        address = f"http://localhost:{listening.server.port}/webhooks/grist"
        hook = {"url": address, "authorization": token, "eventTypes": ["add", "update"], "tableId": "Variants"}
        for one in (hook, hook | {"authorization": "another", "tableId": "Products"}):
            owner = {"Authorization": f"Bearer {goods.sandbox.grist.keys.key(PERSON)}"}
            place = f"{goods.sandbox.server.url}/api/docs/{goods.sandbox.grist_document.id}/webhooks"
            requests.post(place, json={"webhooks": [{"fields": one}]}, headers=owner, timeout=10).raise_for_status()
        at: dict[float, Callable[[], object]] = {
            5: lambda: (goods.edit("variants", variant["id"], "Price", 45.5), goods.sandbox.grist.webhooks.settle()),
        }
        ran = listening.series(30, at)
    assert ran.code == 0 and variant["price"] == "45.50", ran.text
    assert not [name for name in ran.asked if "CatalogueChanges" in name], ran.asked
    assert waiting(goods, "grist") == 0
    assert goods.synced().written == 0
