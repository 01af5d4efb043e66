"""Writes to a local shop answered as real stores answered them in recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.shopify.products import parts
from tests.sandbox.shopify.asking import Asking
from tests.sandbox.shopify.recorded import SHARED

SET = """mutation Set($input: InventorySetQuantitiesInput!, $idempotencyKey: String!) {
    inventorySetQuantities(input: $input) @idempotent(key: $idempotencyKey) {
      inventoryAdjustmentGroup { id createdAt reason referenceDocumentUri
        changes { name delta quantityAfterChange item { id } location { id name } } }
      userErrors { field message code } } }"""
ADJUST = SET.replace("InventorySetQuantitiesInput", "InventoryAdjustQuantitiesInput").replace(
    "inventorySetQuantities(", "inventoryAdjustQuantities("
)
METAFIELDS = """mutation($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
    metafields { namespace key type value } userErrors { field message code elementIndex } } }"""


def recording(name: str) -> Any:
    path: Path = SHARED / "recordings" / name
    if not path.exists():
        pytest.skip(f"no recording {name} at hand")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def recorded() -> Any:
    return recording("2026-04/inventory-quantity-contracts-2026-04.json")


def rebuilt(told: Any) -> Asking:
    """A shop with the one item and location of the recording."""
    asking = Asking()
    goods = asking.shop.goods
    known = told["setup"]["product"]
    place = told["setup"]["location"]
    location = goods.add_location(parts.location(parts.number_of(place["id"]), place["name"], goods.stamp()))
    product = parts.product(parts.number_of(known["productId"]), "Ware", goods.stamp())
    numbers = (parts.number_of(known["variantId"]), parts.number_of(known["inventoryItemId"]))
    variant = parts.variant(*numbers, product, [parts.DEFAULT_CHOICE], goods.stamp())
    product["variants"].append(variant)
    goods.add_product(product)
    goods.stock(variant["inventoryItem"], location)
    return asking


def unstamped(value: Any) -> Any:
    """Without what differs from call to call: times, ids of groups, and where in its text a question went wrong."""
    if isinstance(value, dict):
        return {
            key: unstamped(one)
            for key, one in value.items()
            if key not in ("createdAt", "locations", "extensions")
            and not str(one).startswith("gid://shopify/InventoryAdjustmentGroup/")
        }
    return [unstamped(one) for one in value] if isinstance(value, list) else value


def test_quantities_are_set_and_adjusted_as_recorded(recorded: Any) -> None:
    asking = rebuilt(recorded)
    for case, query in (("inventorySetQuantities", SET), ("inventoryAdjustQuantities", ADJUST)):
        told = recorded[case]
        answer = asking.ask(query, "2026-04", **told["variables"])
        assert unstamped(answer["data"]) == unstamped(told["response"]["data"]), case
        mine, theirs = answer["extensions"]["cost"], told["response"]["extensions"]["cost"]
        assert (mine["requestedQueryCost"], mine["actualQueryCost"]) == (theirs["requestedQueryCost"], theirs["actualQueryCost"])


@pytest.mark.parametrize("case", ["missingSetIdempotency", "missingSetChangeFromQuantity", "missingAdjustChangeFromQuantity"])
def test_what_the_version_demands_is_told_as_recorded(recorded: Any, case: str) -> None:
    asking, told = rebuilt(recorded), recorded[case]
    query = SET if "Set" in case else ADJUST
    variables = {"input": told["variables"]["input"]}
    if case != "missingSetChangeFromQuantity":
        query = query.replace(", $idempotencyKey: String!", "").replace(" @idempotent(key: $idempotencyKey)", "")
    else:
        variables["idempotencyKey"] = told["variables"]["idempotencyKey"]
    answer = asking.ask(query, "2026-04", **variables)
    assert answer["data"] == told["response"]["data"]
    wanted = told["response"]["errors"]
    assert [(one["message"], one["path"], one["extensions"]) for one in answer["errors"]] == [
        (one["message"], one["path"], one["extensions"]) for one in wanted
    ]


@pytest.mark.parametrize("case", ["setUnknownInventoryItem", "setUnknownLocation"])
def test_unknown_items_and_locations_are_told_as_recorded(recorded: Any, case: str) -> None:
    asking, told = rebuilt(recorded), recorded["unknownIdValidation"][case]
    answer = asking.ask(SET, "2026-04", **told["variables"])
    assert answer["data"] == told["response"]["data"]


@pytest.mark.parametrize("case", ["stale-digest", "null-create", "over-limit"])
def test_metafields_are_set_as_recorded(case: str) -> None:
    told = recording(f"2025-01/metafields-set-{case}-parity.json")
    asking = Asking()
    goods = asking.shop.goods
    before = told["preconditionRead"]["data"]["product"]
    product = goods.add_product(parts.product(parts.number_of(before["id"]), "Ware", goods.stamp()))
    earlier = [{name: one[name] for name in ("namespace", "key", "type", "value")} for one in before["metafields"]["nodes"]]
    asking.data(METAFIELDS, metafields=[one | {"ownerId": product["id"]} for one in earlier])
    payload = asking.data(METAFIELDS, **told["mutation"]["variables"])["metafieldsSet"]
    wanted = told["mutation"]["response"]["data"]["metafieldsSet"]
    assert payload["userErrors"] == wanted["userErrors"]
    shown = [{name: one[name] for name in ("namespace", "key", "type", "value")} for one in wanted["metafields"] or ()]
    assert (payload["metafields"] or []) == shown
