"""Customers and draft orders as tables: they follow the shop, and nothing of a person who was redacted stays in them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from syncdb.mapping.people import DRAFT_ORDERS
from syncdb.pairs.shopify_grist.pair import PEOPLE
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401

# ruff: noqa: F811

CHOSEN = {
    "customers": True,
    "draft_orders": {"fields": ["name", "status", "customer", "email", "total", "pieces", "note", "order"]},
}


@pytest.fixture
def world(make: Callable[..., GristWorld]) -> GristWorld:
    world = make(products=1, env={"GRIST_SYNC": json.dumps(CHOSEN)})
    ada = world.shop.customers.add(email="ada@shop.example", phone="+4930123456", firstName="Ada", lastName="Vogel", tags=["vip"])
    bo = world.shop.customers.add(email="bo@shop.example", firstName="Bo", lastName="Lind")
    for customer in (ada, bo):
        world.shop.drafts.add([("12.50", 2), ("5.00", 1)], customer=customer, note2=f"for {customer['firstName']}")
    world.synced()
    return world


def customer(world: GristWorld, email: str) -> dict[str, Any]:
    found: dict[str, Any] = world.shop.customers.by("email", email)
    return found


def draft(world: GristWorld, number: int) -> dict[str, Any]:
    return list(world.shop.drafts.nodes.values())[number]


def test_they_follow_the_shop_and_what_people_type_is_put_back(world: GristWorld) -> None:
    ada, first = customer(world, "ada@shop.example"), draft(world, 0)
    row = world.rows("customers")[ada["id"]]
    assert (row["Customer"], row["Email"], row["Orders"], row["Spent"]) == ("Ada Vogel", "ada@shop.example", 0, 0)
    assert "vip" in row["Tags"]
    shown = world.rows("draft_orders")[first["id"]]
    assert (shown["Draft order"], shown["Status"], shown["Total"], shown["Pieces"]) == ("#D1", "open", 30, 3)
    assert shown["Customer"] == row["row"]  # a reference to the customer's row
    world.shop.customers.change(ada, lastName="Vogel-Lind")
    world.shop.drafts.send_invoice(first, "shop.example")
    world.shop.drafts.delete(draft(world, 1)["id"])
    world.edit("customers", ada["id"], "Email", "nobody@shop.example")
    world.synced()
    assert world.shown("customers", ada["id"], "Customer") == "Ada Vogel-Lind"
    assert world.shown("customers", ada["id"], "Email") == "ada@shop.example" == ada["email"]
    assert world.shown("draft_orders", first["id"], "Status") == "invoice sent"
    world.synced(full=True)
    assert list(world.rows("draft_orders")) == [first["id"]] and world.synced(full=True).written == 0


@pytest.mark.parametrize("who", ["customer", "Ada Vogel"])
def test_redacting_reaches_them_though_there_is_no_order(world: GristWorld, who: str) -> None:
    ada, bo, mine = customer(world, "ada@shop.example"), customer(world, "bo@shop.example"), draft(world, 0)
    answer = world.manage("redact", f"customer:{ada['legacyResourceId']}" if who == "customer" else who, "--yes", "--json")
    assert answer.code == 0 and answer.data["customer_records"] == 2 and answer.data["proved"], answer.all
    world.synced()
    for full in (False, True):
        row = world.rows("customers")[ada["id"]]
        assert not [name for name, cell in row.items() if cell and name not in ("Shopify ID", "row", "manualSort")], row
        left = world.rows("draft_orders")[mine["id"]]
        assert (
            (left["Draft order"], left["Total"]) == ("#D1", 30)
            and not left["Email"]
            and not left["Note"]
            and not left["Customer"]
        )
        assert world.shown("customers", bo["id"], "Email") == "bo@shop.example"
        world.shop.drafts.change(mine, note2="Ada asked again")
        world.shop.customers.change(ada, note=f"called {full}")
        world.synced(full=full)
    later = world.shop.drafts.add([("1.00", 1)], customer=ada, note2="Ada, too")
    world.synced()
    assert not world.shown("draft_orders", later["id"], "Email") and not world.shown("draft_orders", later["id"], "Note")


def test_what_of_a_draft_order_tells_nothing_of_a_person_is_settled_for_each_field() -> None:
    (kept,) = (one.plain for one in PEOPLE if one.entity == "draft_orders")
    personal = {"customer", "email", "phone", "note", "invoice_url"}
    assert kept | personal == DRAFT_ORDERS.by_name.keys() and not kept & personal


def test_what_may_not_be_chosen_is_told(make: Callable[..., GristWorld]) -> None:
    world = make(env={"GRIST_SYNC": json.dumps({"customers": {"gone_in_shop": "keep", "only": {"tag": "vip"}}})})
    ran = world.sync(as_json=False)
    assert ran.code == 2 and "customers.gone_in_shop" in ran.text and "one by one" in ran.text, ran.text
