"""Metafields are in Grist and in the sheet what their definitions say, and nobody's spelling of one is a conflict."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from syncdb.sandbox.shopify.metafields import metafield_of
from syncdb.sandbox.shopify.products.definitions import define
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401

# ruff: noqa: F811

VALUES = {
    "width": ("number_decimal", "12.5", 12.5, 13, "13.0"),
    "pieces": ("number_integer", "4", 4, 6, "6"),
    "deposit": ("money", '{"amount":"2.50","currency_code":"EUR"}', 2.5, 3.25, '{"amount": "3.25", "currency_code": "EUR"}'),
    "made_on": ("date", "2026-01-05", 1767571200, 1767657600, "2026-01-06"),
    "vegan": ("boolean", "true", "true", "false", "false"),
    "weight": ("weight", '{"value":2.0,"unit":"kg"}', "2 kg", "2,5 kg", '{"value":2.5,"unit":"kg"}'),
    "woods": ("list.single_line_text_field", '["oak","ash"]', "oak, ash", "oak, elm", '["oak","elm"]'),
    "score": (
        "rating",
        '{"value":"4.5","scale_min":"1.0","scale_max":"5.0"}',
        4.5,
        5,
        '{"value": "5", "scale_min": "1.0", "scale_max": "5.0"}',
    ),
    "code": ("single_line_text_field", "000451", "000451", "1E5", "1E5"),
}


def named(key: str) -> str:
    return f"metafields.custom.{key}"


@pytest.fixture
def world(make: Callable[..., GristWorld]) -> GristWorld:
    fields: dict[str, Any] = {"title": "ask", **{named(key): "ask" for key in VALUES}}
    fields |= {"metafields.other.code": {}, named("plain"): {"as": "text"}}
    world = make(products=2, env={"GRIST_SYNC": json.dumps({"products": {"fields": fields}})})
    for key, (type, raw, *_) in VALUES.items():
        define(world.goods, ownerType="PRODUCT", namespace="custom", key=key, name=key, type=type)
        world.merchant.set_metafield(world.product()["id"], "custom", key, raw, type)
    define(world.goods, ownerType="PRODUCT", namespace="custom", key="plain", name="plain", type="number_integer")
    world.merchant.set_metafield(world.product()["id"], "custom", "plain", "7", "number_integer")
    world.synced()
    return world


def raw(world: GristWorld, key: str) -> str:
    found = metafield_of(world.product(), "custom", key)
    assert found is not None
    return str(found["value"])


def label(key: str) -> str:
    return "custom.code" if key == "code" else key


def test_they_have_the_types_of_their_definitions_and_are_written_as_such(world: GristWorld) -> None:
    product = world.product()["id"]
    for key, (_, _, shown, *_) in VALUES.items():
        assert world.shown("products", product, label(key)) == shown, key
    assert world.shown("products", product, "plain") == "7" and "other.code" in world.rows("products")[product]
    assert world.synced(full=True).written == 0  # nor anything for the product that has none of them
    for key, (*_, typed, _) in VALUES.items():
        world.edit("products", product, label(key), typed)
    ran = world.synced()
    assert ran.conflicts == 0
    for key, (*_, wanted) in VALUES.items():
        assert raw(world, key) == wanted, key
    assert world.synced(full=True).written == 0


def test_one_that_will_not_do_holds_back_no_other(world: GristWorld) -> None:
    product = world.product()["id"]
    world.edit("products", product, "pieces", 6.5)
    world.edit("products", product, "weight", "heavy")
    world.edit("products", product, "vegan", "false")
    world.edit("products", product, "Title", "Stool")
    ran = world.sync()
    assert (raw(world, "vegan"), world.product()["title"], raw(world, "pieces")) == ("false", "Stool", "4")
    assert ran.code == 3 and "whole number" in ran.text and "12.5 cm" in ran.text, ran.text
