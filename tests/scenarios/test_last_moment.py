"""Somebody changes a thing in the shop in the very moment in which syncdb writes it: nothing of theirs is lost untold."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401

# ruff: noqa: F811

CASES = {
    "products": ("Title", "From Grist", "title", "From the shop"),
    "variants": ("Compare-at price", 917.5, "compareAtPrice", "921.25"),
    "collections": ("Title", "From Grist", "title", "From the shop"),
    "orders": ("Note", "From Grist", "note", "From the shop"),
}
NAMES = {"compareAtPrice": "compare_at_price"}
ORDERS = {"columns": ["order_name", "note"], "from_grist": {"note": "ask"}}


def chosen(rule: str) -> dict[str, str]:
    orders = ORDERS | {"from_grist": {"note": rule}}
    fields = {name: {"fields": {NAMES.get(case[2], case[2]): rule}} for name, case in CASES.items() if name != "orders"}
    return {"GRIST_SYNC": json.dumps(fields | {"orders": orders})}


@pytest.fixture
def meeting(make: Callable[..., GristWorld]) -> Callable[..., tuple[GristWorld, Any]]:
    """A record edited in Grist, and in the shop just when the run writes it there."""

    def met(entity: str, rule: str = "ask") -> tuple[GristWorld, Any]:
        world = make(orders=2, products=3, env=chosen(rule))
        world.synced()
        column, typed, name, meanwhile = CASES[entity]
        nodes = world.shop.orders if entity == "orders" else getattr(world.goods, entity)
        node = list(nodes.values())[0]
        key = node["id"].rsplit("/", 1)[-1] if entity == "orders" else node["id"]
        world.edit(entity, key, column, typed)

        def act() -> None:
            if entity == "orders":
                node[name] = meanwhile
                world.shop.changed(node)
            elif entity == "collections":
                node[name] = meanwhile
            else:
                getattr(world.merchant, f"edit_{entity[:-1]}")(node["id"], **{name: meanwhile})

        world.faults.add(Fault("meanwhile", "shopify write", action=act))
        return world, node

    return met


@pytest.mark.parametrize("entity", CASES)
def test_what_somebody_put_there_meanwhile_stands_and_is_a_conflict(meeting: Any, entity: str) -> None:
    world, node = meeting(entity)
    column, typed, name, meanwhile = CASES[entity]
    ran = world.sync()
    assert ran.conflicts == 1, ran.text
    assert str(node[name]) == meanwhile
    told = world.manage("conflicts").out
    assert meanwhile in told and str(typed) in told, told
    key = node["id"].rsplit("/", 1)[-1] if entity == "orders" else node["id"]
    assert world.shown(entity, key, column) == typed
    assert world.manage("conflicts", "--all", "--take", "shopify").code == 0
    world.synced()
    assert str(world.shown(entity, key, column)) == meanwhile and str(node[name]) == meanwhile


def test_history_tells_what_a_write_went_over(meeting: Any) -> None:
    world, product = meeting("products", "grist-wins")
    world.synced()
    assert product["title"] == "From Grist"  # by the rule, and not by chance
    told = world.manage("history", product["id"]).out
    assert "From the shop" in told and "taken back" in told, told


def test_a_day_without_such_a_moment_leaves_no_trace_of_it(meeting: Any) -> None:
    world, product = meeting("products")
    world.faults.clear()
    assert world.synced().counts["written_left"] == 1 and product["title"] == "From Grist"


@pytest.mark.parametrize("kind", ["cut_before", "apply_then_cut", "unavailable"])
def test_putting_back_is_not_given_up(meeting: Any, kind: Any) -> None:
    world, product = meeting("products")
    world.faults.add(Fault(kind, "shopify write", skip=1))
    world.sync()
    world.sync()
    assert product["title"] == "From the shop" and world.shown("products", product["id"], "Title") == "From Grist"
    assert world.sync(full=True).conflicts == 1
