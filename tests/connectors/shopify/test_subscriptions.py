"""Subscriptions are made as they are wanted, and no more than that is done."""

import itertools
import random

import pytest
from graphql import parse, validate

from syncdb.connectors.shopify.subscriptions import CREATE, DELETE, LIST, UPDATE, Plan, Subscription, Subscriptions, difference
from syncdb.sandbox.shopify.documents import schema
from tests.connectors.shopify.catalogue.test_documents import admin_schema
from tests.connectors.shopify.conftest import World

HERE, ELSEWHERE = "https://hooks.example/webhooks/shopify", "https://other.example/webhooks/shopify"
FIELDS = frozenset({"id", "updated_at"})
WANTED = tuple(Subscription(topic, HERE, FIELDS) for topic in ("ORDERS_CREATE", "ORDERS_UPDATED", "PRODUCTS_UPDATE"))


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_documents_fit_shopifys_schema(version: str) -> None:
    found = [validate(admin_schema(version), parse(document)) for document in (LIST, CREATE, UPDATE, DELETE)]
    assert found == [[], [], [], []]


def test_documents_fit_the_sandbox() -> None:
    assert [validate(schema(), parse(document)) for document in (LIST, CREATE, UPDATE, DELETE)] == [[], [], [], []]


def test_nothing_is_done_where_all_is_as_wanted() -> None:
    found = {str(number): one for number, one in enumerate(WANTED)} | {"x": Subscription("ORDERS_CREATE", ELSEWHERE, FIELDS)}
    assert difference(WANTED, found) == Plan() and difference(WANTED, found).empty


def test_what_differs_is_changed_what_is_double_goes_and_others_stay() -> None:
    found = {
        "1": Subscription("ORDERS_CREATE", HERE, frozenset()),
        "2": Subscription("ORDERS_UPDATED", HERE, FIELDS),
        "3": Subscription("ORDERS_UPDATED", HERE, FIELDS, "XML"),
        "4": Subscription("ORDERS_UPDATED", HERE, FIELDS, filter="id:1"),
        "5": Subscription("ORDERS_PAID", HERE, FIELDS),
        "6": Subscription("ORDERS_PAID", ELSEWHERE, FIELDS),
    }
    plan = difference(WANTED, found)
    assert plan.create == (WANTED[2],) and plan.update == (("1", WANTED[0]),)
    assert [id for id, _ in plan.delete] == ["3", "4", "5"]


def test_from_any_state_it_comes_to_what_is_wanted_in_one_go(world: World) -> None:
    rng = random.Random(3)
    desk = world.app.webhooks.subscriptions
    shop = Subscriptions(world.client())
    topics = ("ORDERS_CREATE", "ORDERS_UPDATED", "PRODUCTS_UPDATE", "PRODUCTS_DELETE")
    for _ in range(25):
        desk.by_id.clear()
        for topic, uri, kind in itertools.product(topics, (HERE, ELSEWHERE), ("JSON", "XML")):
            fields, filter = rng.choice(([], ["id"], sorted(FIELDS))), rng.choice(("", "id:1"))
            if rng.random() < 0.5:
                desk.create(topic, {"uri": uri, "format": kind, "includeFields": fields, "filter": filter})
        others = {id for id, one in desk.by_id.items() if one["uri"] == ELSEWHERE}
        assert shop.carry_out(difference(WANTED, shop.all())) == []
        assert difference(WANTED, shop.all()).empty
        assert {id for id, one in desk.by_id.items() if one["uri"] == ELSEWHERE} == others
        assert sum(one["uri"] == HERE for one in desk.by_id.values()) == len(WANTED)


def test_refusals_are_told_by_topic_and_the_rest_is_done(world: World) -> None:
    from tests.connectors.shopify.conftest import TOKEN

    world.app.tokens.add_token(TOKEN, frozenset({"read_orders"}))
    shop = Subscriptions(world.client())
    told = shop.carry_out(difference(WANTED, shop.all()))
    assert len(told) == 1 and told[0].startswith("products/update: ") and "read_products" in told[0]
    assert [one.event for one in shop.all().values()] == ["orders/create", "orders/updated"]
    plain = (Subscription("ORDERS_CREATE", "http://127.0.0.1/webhooks/shopify", FIELDS),)
    assert "protocol http:// is not supported" in shop.carry_out(difference(plain, {}))[0]
