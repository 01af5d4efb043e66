"""Metafields: written all or none, compared by digest, kept as their type is kept."""

from __future__ import annotations

from typing import Any

import pytest

from syncdb.sandbox.shopify.money import Node
from tests.sandbox.shopify.stocked import Stocked

SET = """mutation($given: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $given) {
    metafields { id namespace key type value compareDigest ownerType } userErrors { field message code } } }"""
READ = """query($id: ID!, $namespace: String, $key: String!) { product(id: $id) { updatedAt
    metafield(namespace: $namespace, key: $key) { value type compareDigest jsonValue } } }"""
DELETE = """mutation($given: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: $given) {
    deletedMetafields { ownerId namespace key } userErrors { field message } } }"""


@pytest.fixture
def shop() -> Stocked:
    return Stocked(products=12, orders=3)


def owner(shop: Stocked) -> str:
    return next(one for one, product in shop.goods.products.items() if not product["metafields"])


def field(owner_id: str, key: str, value: str, kind: str | None = "single_line_text_field", **more: Any) -> Node:
    given: Node = {"ownerId": owner_id, "namespace": "custom", "key": key, "value": value}
    return given | ({"type": kind} if kind else {}) | more


def put(shop: Stocked, *given: Node) -> Node:
    payload: Node = shop.data(SET, given=list(given))["metafieldsSet"]
    return payload


def value(shop: Stocked, gid: str, key: str, namespace: str | None = "custom") -> str | None:
    found = shop.data(READ, id=gid, namespace=namespace, key=key)["product"]["metafield"]
    return found["value"] if found else None


def codes(payload: Node) -> list[str]:
    return [one["code"] for one in payload["userErrors"]]


def test_a_digest_guards_what_somebody_else_wrote(shop: Stocked) -> None:
    gid = owner(shop)
    old = put(shop, field(gid, "material", "Leinen"))["metafields"][0]["compareDigest"]
    put(shop, field(gid, "material", "Wolle"))
    payload = put(shop, field(gid, "pflege", "30 Grad"), field(gid, "material", "Samt", compareDigest=old))
    assert codes(payload) == ["STALE_OBJECT"] and payload["userErrors"][0]["field"] == ["metafields", "1"]
    assert (value(shop, gid, "material"), value(shop, gid, "pflege")) == ("Wolle", None), "all or nothing"
    new = shop.data(READ, id=gid, namespace="custom", key="material")["product"]["metafield"]["compareDigest"]
    assert codes(put(shop, field(gid, "material", "Samt", compareDigest=new))) == []
    assert value(shop, gid, "material") == "Samt"


def test_the_same_value_is_taken_whatever_the_digest_says(shop: Stocked) -> None:
    gid = owner(shop)
    put(shop, field(gid, "material", "Leinen"))
    assert codes(put(shop, field(gid, "material", "Leinen", compareDigest="not-a-hex-digest"))) == []


def test_a_null_digest_only_creates(shop: Stocked) -> None:
    gid = owner(shop)
    assert codes(put(shop, field(gid, "material", "Leinen", compareDigest=None))) == []
    assert codes(put(shop, field(gid, "material", "Wolle", compareDigest=None))) == ["STALE_OBJECT"]
    assert codes(put(shop, field(gid, "neues", "x", compareDigest="0" * 64))) == ["INVALID_COMPARE_DIGEST"]
    assert value(shop, gid, "neues") is None


def test_a_key_without_a_namespace_is_the_app_s(shop: Stocked) -> None:
    gid = owner(shop)
    given = {key: one for key, one in field(gid, "eigenes", "1").items() if key != "namespace"}
    assert put(shop, given)["metafields"][0]["namespace"].startswith("app--")
    assert value(shop, gid, "eigenes", None) == value(shop, gid, "eigenes", "$app") == "1"


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("boolean", " TRUE ", "true"),
        ("boolean", "0", "false"),
        ("number_integer", "5.000", "5"),
        ("number_decimal", "1.1234567891", "1.123456789"),
        ("date_time", "2026-06-25T10:11:12.123+05:30", "2026-06-25T10:11:12+05:30"),
    ],
)
def test_values_are_kept_as_recorded(shop: Stocked, kind: str, sent: str, kept: str) -> None:
    gid = owner(shop)
    assert put(shop, field(gid, "wert", sent, kind))["metafields"][0]["value"] == kept
    assert value(shop, gid, "wert") == kept


@pytest.mark.parametrize(
    ("kind", "sent", "message"),
    [
        ("number_integer", "+5", "Value must be an integer."),
        ("boolean", "yes", "Value must be true or false."),
        ("single_line_text_field", "a\nb", "Value must be a single line text string."),
        ("multi_line_text_field", "   ", "Value can't be blank."),
        ("date", "2026/06/21", "Value must be in YYYY-MM-DD format."),
        ("list.number_integer", '[1,"x"]', "Value must be an integer."),
        ("number_decimal", "10000000000000.1", "Value can't exceed 9999999999999."),
        ("url", "ftp://x", "Value must be one of the following URL schemes: http, https, mailto, sms, tel."),
        ("color", "blue", "Value must be a hex color code."),
    ],
)
def test_values_are_refused_as_recorded(shop: Stocked, kind: str, sent: str, message: str) -> None:
    payload = put(shop, field(owner(shop), "wert", sent, kind))
    assert payload == {
        "metafields": [],
        "userErrors": [{"field": ["metafields", "0", "value"], "message": message, "code": "INVALID_VALUE"}],
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [({"key": "x"}, "TOO_SHORT"), ({"namespace": "ab"}, "TOO_SHORT"), ({"key": "k" * 65}, "TOO_LONG"), ({"type": None}, "BLANK")],
)
def test_keys_and_types(shop: Stocked, given: Node, code: str) -> None:
    assert codes(put(shop, field(owner(shop), "wert", "v") | given)) == [code]


def test_the_type_may_be_left_out_where_it_is_known(shop: Stocked) -> None:
    gid = owner(shop)
    put(shop, field(gid, "zahl", "4", "number_integer"))
    assert put(shop, field(gid, "zahl", "5", None))["metafields"][0]["type"] == "number_integer"


def test_an_unknown_owner_spoils_the_call(shop: Stocked) -> None:
    gid = owner(shop)
    payload = put(shop, field(gid, "wert", "1"), field("gid://shopify/Product/1", "wert", "1"))
    assert payload["userErrors"] == [
        {"field": ["metafields", "1", "ownerId"], "message": "Owner does not exist.", "code": "INVALID_VALUE"}
    ]
    assert value(shop, gid, "wert") is None


def test_owners_of_every_kind_and_what_it_moves(shop: Stocked) -> None:
    product = shop.goods.products[owner(shop)]
    owners = [product, product["variants"][0], next(iter(shop.goods.collections.values())), shop.shop.orders[shop.ids[0]]]
    shop.clock.forward(60)
    payload = put(shop, *(field(one["id"], "wert", "1") for one in owners))
    assert [one["ownerType"] for one in payload["metafields"]] == ["PRODUCT", "PRODUCTVARIANT", "COLLECTION", "ORDER"]
    assert {one["updatedAt"] for one in owners} == {shop.goods.stamp()}
    found = shop.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[one["id"] for one in payload["metafields"]])
    assert [one["id"] for one in found["nodes"]] == [one["id"] for one in payload["metafields"]]


def test_deleting_tells_what_was_there(shop: Stocked) -> None:
    gid = owner(shop)
    put(shop, field(gid, "material", "Leinen"))
    named = [{"ownerId": gid, "namespace": "custom", "key": key} for key in ("material", "missing")]
    payload = shop.data(DELETE, given=named)["metafieldsDelete"]
    assert payload == {"deletedMetafields": [named[0], None], "userErrors": []}
    assert value(shop, gid, "material") is None


def test_orders_need_their_own_scope(shop: Stocked) -> None:
    shop.app.tokens.add_token("shpat_products", frozenset({"write_products", "read_orders"}))
    body = shop.post(SET, token="shpat_products", given=[field(shop.ids[-1], "wert", "1")]).get_json()
    assert "`write_orders` access scope" in body["errors"][0]["message"]
