"""Answers whose data are read where they are used: what is around them is told as ever, and nothing of them is lost."""

import json

import pytest

from syncdb.connectors.shopify.bulk_join import JoinJob, joined
from syncdb.connectors.shopify.bulk_query import left_out
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.normalise import Sight
from syncdb.connectors.shopify.order_shape import order_shape
from syncdb.connectors.shopify.reading import parts_decoder
from syncdb.connectors.shopify.unread import NOTHING, listed, outermost
from syncdb.values import parse_json

LISTS = [name for lists in left_out(order_shape()).values() for name in lists]
PARTS = r'[{"id":"gid://shopify/Refund/1","order":{"id":"x","updatedAt":"then"},"transactions":{"nodes":["a"]}},null,{}]'


@pytest.mark.parametrize("data", [f'{{"nodes": {PARTS}, "other": 12345678901234567890123}}', "null", "{}"])
def test_data_stay_as_they_are_written_and_all_else_is_read(data: str) -> None:
    text = f'{{"extensions": {{"cost": {{"requestedQueryCost": 12}}}}, "data": {data}, "errors": [{{"message": "no"}}]}}'.encode()
    found, read = outermost(text), parse_json(text)
    kept = found.pop("data")
    assert found | {"data": read["data"]} == read
    assert (kept and {name: json.loads(bytes(value)) for name, value in kept.items()}) == json.loads(data)


@pytest.mark.parametrize(
    "text", [b"", b"<html>", b"[]", b'{"data": [1]}', b'{"data": {"nodes": [}', b'{"data": {}, "errors": [}']
)
def test_what_is_no_answer_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        outermost(text)


def test_parts_come_with_their_lists_unread() -> None:
    text = f'{{"data": {{"nodes": {PARTS}}}}}'.encode()
    raw = outermost(text)["data"]["nodes"]
    ((one, gone, empty),) = parts_decoder(LISTS)(listed([raw]))
    assert (one.id, one.order.updatedAt, gone, empty.order) == ("gid://shopify/Refund/1", "then", None, None)
    assert bytes(one.transactions) == b'{"nodes":["a"]}' and not bytes(one.fulfillmentLineItems)
    assert parts_decoder(LISTS)(NOTHING) == []


def test_a_part_with_half_of_a_character_counts_as_not_answered() -> None:
    """So its order is read anew by its id, and held back there."""
    text = rf"""{{"data": {{"nodes": [{{"id":"2","order":{{"updatedAt":"\ud800"}}}}, {PARTS[1:]}}}, "errors": null}}""".encode()
    found = outermost(text)
    ((none, one, *_),) = parts_decoder(LISTS)(listed([found["data"]["nodes"]]))
    assert none is None and one.id == "gid://shopify/Refund/1" and found["errors"] is None


def test_a_part_that_was_not_found_leaves_its_order_to_be_read_anew() -> None:
    """Neither null nor an empty object is what was left out."""
    gid = "gid://shopify/Order/1"
    line = json.dumps({"id": gid, "updatedAt": "2026-11-20T10:00:00Z"}, separators=(",", ":"))
    found = joined(JoinJob(line.encode(), b"[[null,{}]]", Sight("one")))
    assert not found.orders and (found.unclear == [gid] or found.held)


@pytest.mark.parametrize("part", [b'"text"', b'{"id":7}', b'{"id":"a","order":"text"}'])
def test_a_part_of_another_kind_is_a_reason_for_pages(part: bytes) -> None:
    """Pages hold back the one order that it belongs to; a whole reading must not end for it."""
    with pytest.raises(NotInBulk, match="of another kind"):
        joined(JoinJob(b"", b"[[" + part + b"]]", Sight("one")))
