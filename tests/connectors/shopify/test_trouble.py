"""What goes wrong between a reader and a shop: each kind is waited out, told, or held to the one order it concerns."""

from datetime import timedelta
from typing import Any

import pytest

from syncdb.connectors.shopify.client import base_address, shop_domain
from syncdb.connectors.shopify.normalise import merge_withheld
from syncdb.connectors.shopify.tokens import ClientCredentials, StaticToken
from syncdb.errors import ConfigurationError, Refused, RetryLater
from syncdb.order_snapshot import snapshot_hash
from syncdb.sandbox.faults import Fault, Kind
from syncdb.sandbox.shopify.tokens import Client
from tests.connectors.shopify.conftest import NOON, TOKEN, World, bare, orders_of

SECRET = "shpss_canary00secret"


@pytest.mark.parametrize(
    "kind", ["refuse", "unavailable", "too_many", "cut_before", "apply_then_cut", "html_200", "apply_then_error"]
)
def test_what_may_pass_is_tried_again(world: World, kind: Kind) -> None:
    ids = world.fill(30)
    world.faults.add(Fault(kind, "shopify read", times=3))
    pages = world.read()
    assert {order["id"] for order in orders_of(pages)} == set(map(bare, ids))
    assert not any(page.partial for page in pages)
    assert world.time.slept, "it waited in between"


@pytest.mark.parametrize("kind", ["refuse", "cut_before", "html_200", "too_many"])
def test_what_does_not_pass_ends_within_the_deadline(world: World, kind: Kind) -> None:
    world.faults.add(Fault(kind, "shopify read", times=None))
    with pytest.raises(RetryLater, match="within 120 seconds"):
        world.read(reader=world.reader(deadline=120.0))
    assert sum(world.time.slept) <= 120


def test_a_heavy_page_is_asked_for_in_halves(world: World) -> None:
    ids = world.fill(40)

    def heavy(seen: Any) -> bool:
        return bool(seen.body_json["variables"]["first"] > 12)

    world.faults.add(Fault("unavailable", heavy, times=None))
    assert {order["id"] for order in orders_of(world.read())} == set(map(bare, ids))


def test_throttling_is_waited_for_and_mostly_foreseen(world: World) -> None:
    ids = world.fill(120)
    world.app.bucket.maximum, world.app.bucket.rate = 1000.0, 50.0
    world.app.bucket.spend(950)
    assert {order["id"] for order in orders_of(world.read())} == set(map(bare, ids))
    assert sum(world.time.slept) > 5


def test_a_page_that_costs_too_much_is_halved(world: World) -> None:
    ids = world.fill(60)
    assert {order["id"] for order in orders_of(world.read(reader=world.reader(size=250)))} == set(map(bare, ids))
    asked = [seen.body_json["variables"]["first"] for seen in world.faults.log]  # type: ignore[index]
    assert asked[0] == 250 and asked[1] == 125, "the first was refused for its cost"


def test_pages_grow_while_the_cost_allows(world: World) -> None:
    world.fill(60)
    world.read(reader=world.reader(size=2))
    asked = [seen.body_json["variables"]["first"] for seen in world.faults.log if "after" in seen.body_json["variables"]]  # type: ignore[index]
    assert asked[0] == 2 and max(asked) > 10


def test_one_order_that_cannot_be_answered_for_is_held_back_alone(world: World) -> None:
    ids = world.fill(60)
    world.shop.fail_order(ids[20])
    pages = world.read(NOON - timedelta(days=40))
    assert {one.order_id for page in pages for one in page.quarantined} == {bare(ids[20])}
    assert {order["id"] for order in orders_of(pages)} == set(map(bare, ids)) - {bare(ids[20])}
    assert not any(page.partial for page in pages)
    looked = world.reader().by_ids([bare(ids[20]), bare(ids[21])])
    assert [one.order_id for one in looked.quarantined] == [bare(ids[20])] and len(looked.orders) == 1
    world.shop.heal(ids[20])
    assert [order.order_id for order in world.reader().by_ids([bare(ids[20])]).orders] == [bare(ids[20])]


def test_a_field_that_fails_holds_its_order_back(world: World) -> None:
    bad, good = world.order(), world.order(days_ago=2)
    world.shop.withhold(bad, "note")
    pages = world.read()
    (held,) = [one for page in pages for one in page.quarantined]
    assert (held.order_id, held.name) == (bare(bad), world.shop.orders[bad]["name"])
    assert [order["id"] for order in orders_of(pages)] == [bare(good)]


def test_fields_an_app_may_not_see_are_withheld_and_told(world: World) -> None:
    gid = world.order()
    (whole,) = orders_of(world.read())
    assert whole["customer"] and whole["email"] and whole["line_items"][0]["product"]
    world.app.tokens.add_token(TOKEN, frozenset({"read_orders", "read_all_orders"}))
    world.app.unapproved = frozenset({"email", "address"})
    pages = world.read()
    (order,) = orders_of(pages)
    assert set(order["withheld"]) >= {"customer", "email", "shipping_address", "billing_address", "line_items.product"}
    assert not {"customer", "email", "shipping_address"} & order.keys()
    assert not pages[0].partial and not pages[0].quarantined
    told = {notice.code: notice.next_step for notice in pages[0].notices}
    assert "read_customers" in told["withheld:customer"] and "read_products" in told["withheld:line_items.product"]
    assert merge_withheld(order, None) == order
    merged = merge_withheld(order, whole)
    assert merged == whole and snapshot_hash(merged) == snapshot_hash(whole)
    world.time.sleep(60)
    world.shop.set_note(gid, "changed")
    (order,) = orders_of(world.read())
    merged = merge_withheld(order, whole)
    assert merged["note"] == "changed" and merged["email"] == whole["email"] and "withheld" not in merged
    assert merged["line_items"] == whole["line_items"]


def test_never_seen_stays_withheld(world: World) -> None:
    world.order()
    world.app.unapproved = frozenset({"email"})
    (first,) = orders_of(world.read())
    (second,) = orders_of(world.read())
    assert "email" in first["withheld"] and merge_withheld(second, first)["withheld"] == first["withheld"]


def test_another_version_makes_the_run_partial(world: World) -> None:
    world.order()
    world.app.answer_version = "2027-01"
    (page,) = world.read()
    assert page.partial and len(page.orders) == 1
    assert [notice.code for notice in page.notices] == ["api_version"]
    assert "2027-01" in page.notices[0].message


def test_a_filter_that_is_not_understood_makes_the_run_partial(world: World) -> None:
    world.order()
    warning = {"field": "updated_at", "message": "Invalid value", "code": "invalid_value"}
    world.app.tamper = lambda body: body["extensions"].update(search=[{"path": ["orders"], "warnings": [warning]}])
    (page,) = world.read(NOON - timedelta(days=5))
    assert page.partial and page.notices[0].code == "search" and "updated_at" in page.notices[0].message
    assert len(page.orders) == 1


def test_a_refused_cursor_begins_the_window_again(world: World) -> None:
    ids = world.fill(30)
    spoilt: list[Any] = []

    def spoil(body: dict[str, Any]) -> None:
        info = body["data"]["orders"]["pageInfo"] if body["data"] else {"hasNextPage": False}
        if info["hasNextPage"] and not spoilt:
            spoilt.append(info["endCursor"])
            info["endCursor"] = "bm90IGEgY3Vyc29y"

    world.app.tamper = spoil
    found = orders_of(world.read(NOON - timedelta(days=40), world.reader(size=10)))
    assert spoilt and sorted(order["id"] for order in found) == sorted(map(bare, ids))


def test_cursors_that_are_always_refused_end_the_run(world: World) -> None:
    world.fill(200)

    def spoil(body: dict[str, Any]) -> None:
        if body["data"]:
            body["data"]["orders"]["pageInfo"]["endCursor"] = "xx"

    world.app.tamper = spoil
    with pytest.raises(RetryLater, match="refusing to read on"):
        world.read(NOON - timedelta(days=40), world.reader(size=10))


def test_pages_that_go_round_in_a_circle_end(world: World) -> None:
    world.fill(60)
    pages_seen: list[Any] = []

    def turn_back(body: dict[str, Any]) -> None:
        pages_seen.append(body["data"]["orders"]["pageInfo"])
        pages_seen[-1].update(pages_seen[0])

    world.app.tamper = turn_back
    pages = world.read(NOON - timedelta(days=40), world.reader(size=10))
    assert pages[-1].last and pages[-1].partial
    assert pages[-1].notices[-1].code == "circle"
    assert len(pages) == 2


def test_an_error_that_belongs_to_no_order_makes_the_page_partial(world: World) -> None:
    world.fill(5)
    error = {"message": "Something timed out", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    world.app.tamper = lambda body: body.update(errors=[error])
    (page,) = world.read()
    assert page.partial and len(page.orders) == 5
    assert [(notice.code, "timed out" in notice.message) for notice in page.notices] == [("partial", True)]


@pytest.mark.parametrize("position", [2, "2"])
def test_an_error_inside_one_order_holds_back_just_that(world: World, position: int | str) -> None:
    world.fill(5)
    error = {"message": "Oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}, "path": ["orders", "nodes", position, "note"]}
    world.app.tamper = lambda body: body.update(errors=[error])
    (page,) = world.read()
    assert (len(page.orders), len(page.quarantined), page.partial) == (4, 1, False)
    assert "INTERNAL_SERVER_ERROR: Oops" in page.quarantined[0].why


def test_an_order_of_another_shape_is_held_back(world: World) -> None:
    world.fill(5)

    def spoil(body: dict[str, Any]) -> None:
        body["data"]["orders"]["nodes"][1]["ctoPri"]["s"]["a"] = "a lot"
        body["data"]["orders"]["nodes"][3]["createdAt"] = "yesterday"

    world.app.tamper = spoil
    (page,) = world.read()
    assert (len(page.orders), len(page.quarantined)) == (3, 2)
    assert "a lot" in page.quarantined[0].why


def test_a_shop_that_answers_for_no_order_keeps_the_watermark(world: World) -> None:
    for gid in world.fill(6):
        world.shop.fail_order(gid)
    (page,) = world.read(NOON - timedelta(days=40))
    assert page.partial and not page.orders and len(page.quarantined) == 6


def test_a_field_the_version_does_not_know_is_a_refusal(world: World) -> None:
    error = {
        "message": "Field 'poNumber' doesn't exist on type 'Order'",
        "path": ["query ChangedOrders", "orders", "nodes", "poNumber"],
        "extensions": {"code": "undefinedField", "typeName": "Order", "fieldName": "poNumber"},
    }

    def refuse(body: dict[str, Any]) -> None:
        body.clear()
        body["errors"] = [error]

    world.app.tamper = refuse
    with pytest.raises(Refused, match="does not know what is asked"):
        world.read()


def test_unknown_statuses_pass_through(world: World) -> None:
    world.order()
    world.app.tamper = lambda body: body["data"]["orders"]["nodes"][0].update(dfiSta="PAID_IN_KIND")
    (order,) = orders_of(world.read())
    assert order["display_financial_status"] == "PAID_IN_KIND"


@pytest.mark.parametrize(("status", "kind"), [(401, "unauthorized"), (403, "forbidden")])
def test_refusals_are_told_without_the_token(world: World, status: int, kind: Kind) -> None:
    world.faults.add(Fault(kind, "shopify read", times=None))
    with pytest.raises(Refused, match=f"HTTP {status}") as refused:
        world.read()
    assert TOKEN not in str(refused.value) and refused.value.next_step
    assert world.faults.count("shopify") == 1, "what cannot pass is not tried again"


def test_a_redirect_is_not_followed(world: World) -> None:
    world.app.moved_to = f"{world.server.url}/admin/api/2026-10/graphql.json"
    with pytest.raises(Refused, match="another address"):
        world.read()
    assert world.faults.count("shopify") == 1


def test_a_version_that_is_not_there_is_told(world: World) -> None:
    with pytest.raises(Refused, match="HTTP 404"):
        world.read(reader=world.reader(version="x"))


def credentials(world: World, secret: str = SECRET) -> ClientCredentials:
    client = world.client()
    return ClientCredentials(world.server.url, "app-id", secret, client.session, client.clock, client.retrier)


def test_a_granted_token_is_used_until_it_ends_and_renewed_once_when_refused(world: World) -> None:
    world.app.tokens.add_client("app-id", Client(SECRET))
    world.order()
    tokens = credentials(world)
    reader = world.reader(tokens=tokens)
    world.read(reader=reader)
    world.read(reader=reader)
    assert (world.faults.count("token"), world.faults.count("read")) == (1, 2)
    world.app.tokens.expire()
    assert len(orders_of(world.read(reader=reader))) == 1
    assert (world.faults.count("token"), world.faults.count("read")) == (2, 4)
    world.time.sleep(86_399 - 200)
    world.read(reader=reader)
    assert (world.faults.count("token"), world.faults.count("read")) == (3, 5), "renewed before its end"
    assert SECRET not in repr(tokens) and "shpat" not in repr(tokens) and "shpat" not in repr(reader)


def test_wrong_credentials_are_refused_without_being_told(world: World) -> None:
    world.app.tokens.add_client("app-id", Client(SECRET))
    with pytest.raises(Refused, match="client id and secret") as refused:
        world.read(reader=world.reader(tokens=credentials(world, "wrong-canary")))
    assert "wrong-canary" not in f"{refused.value}{refused.value.next_step}"


def test_a_renewed_token_that_is_refused_too_is_not_renewed_for_ever(world: World) -> None:
    world.app.tokens.add_client("app-id", Client(SECRET))
    world.faults.add(Fault("unauthorized", "shopify read", times=None))
    with pytest.raises(Refused, match="401"):
        world.read(reader=world.reader(tokens=credentials(world)))
    assert (world.faults.count("token"), world.faults.count("read")) == (2, 2)


@pytest.mark.parametrize(
    "name", ["my-shop", "MY-SHOP.myshopify.com", "https://my-shop.myshopify.com/admin", "https://admin.shopify.com/store/my-shop"]
)
def test_shop_names(name: str) -> None:
    assert shop_domain(name) == "my-shop.myshopify.com"


@pytest.mark.parametrize(
    "name", ["", "my shop", "-shop", "shop.example.com", "my-shop.myshopify.com.evil.com", "https://evil.com/my-shop"]
)
def test_names_that_are_no_shop(name: str) -> None:
    with pytest.raises(ConfigurationError):
        shop_domain(name)


def test_a_token_never_travels_in_clear() -> None:
    assert base_address("a.myshopify.com", None) == "https://a.myshopify.com"
    with pytest.raises(ConfigurationError):
        base_address("a.myshopify.com", "http://proxy.example.com")
    assert TOKEN not in repr(StaticToken(TOKEN))
