"""Snapshots: equal for equal orders, exact, without the wire's accidents; held against recorded answers where there are any."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.shopify.keeping import keeping, written
from syncdb.connectors.shopify.leaves import MOMENT, exact
from syncdb.connectors.shopify.normalise import Sight, kept, merge_withheld, snapshot
from syncdb.connectors.shopify.order_shape import FULFILLMENT, ORDER, REFUND, TRANSACTION
from syncdb.connectors.shopify.reading import answered
from syncdb.connectors.shopify.shape import ByIdentity, Parts, bare_id, stored_name
from syncdb.order_snapshot import OrderSnapshot, snapshot_hash, snapshot_of
from syncdb.values import canonical_json
from tests.connectors.shopify.conftest import World, orders_of
from tests.mapping.answering import as_answered

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "shopify" / "recordings"


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ("55.0", "55.00", "55"),
        ("0.0", "-0.00", "0"),
        ("0.10", "0.1", "0.1"),
        ("1E+2", "100", "100"),
        ("12345678901234567.89",) * 2 + ("12345678901234567.89",),
    ],
)
def test_equal_amounts_are_equal_text(one: str, other: str, text: str) -> None:
    assert exact(one) == exact(other) == text


@pytest.mark.parametrize("amount", ["", "NaN", "Infinity", "1,5", "a"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError):
        exact(amount)


def test_names() -> None:
    names = {
        "totalPriceSet": "total_price",
        "isGiftCard": "is_gift_card",
        "countryCodeV2": "country_code_v2",
        "address1": "address1",
    }
    assert {name: stored_name(name) for name in names} == names
    assert bare_id("gid://shopify/Order/820982911946154508?x=1") == "820982911946154508"
    assert len({stored_name(name) for name in ORDER}) == len(ORDER)


def shuffled(data: Any, rng: random.Random) -> Any:
    """The same data with the keys of every object in another order."""
    if isinstance(data, dict):
        items = list(data.items())
        rng.shuffle(items)
        return {key: shuffled(value, rng) for key, value in items}
    return [shuffled(item, rng) for item in data] if isinstance(data, list) else data


def test_the_hash_holds_still_until_the_order_changes(world: World) -> None:
    world.fill(40)
    first = {order["id"]: order for order in orders_of(world.read())}
    world.time.sleep(3600)
    again = {order["id"]: order for order in orders_of(world.read(reader=world.reader(size=7)))}
    assert first == again
    rng = random.Random(1)
    for order in first.values():
        through_json = shuffled(json.loads(json.dumps(order)), rng)
        assert snapshot_hash(through_json) == snapshot_hash(order) == snapshot_hash({**order, "withheld": ["risk"]})
    name, gid = world.shop.random_change(rng)
    last = {order["id"]: order for order in orders_of(world.read())}
    changed = {key for key in first if key not in last or snapshot_hash(first[key]) != snapshot_hash(last[key])}
    assert changed == {bare_id(gid)}, name


def test_a_change_below_an_order_changes_its_hash_also_without_a_newer_time(world: World) -> None:
    gid = world.order()
    (before,) = orders_of(world.read())
    world.shop.touch_child_without_bump(gid)
    (after,) = orders_of(world.read())
    assert before["updated_at"] == after["updated_at"] and snapshot_hash(before) != snapshot_hash(after)


def test_lists_do_not_depend_on_the_order_of_the_answer(world: World) -> None:
    world.fill(60)
    seen: list[str] = []

    def turn(body: dict[str, Any]) -> None:
        for node in body["data"].get("orders", {"nodes": []})["nodes"]:
            for name in ("currentTaxLines", "refunds", "fulfillments", "transactions"):
                node[name].reverse()
                seen.extend([name] * (len(node[name]) > 1))

    straight = [snapshot_hash(order) for order in orders_of(world.read())]
    world.app.tamper = turn
    assert [snapshot_hash(order) for order in orders_of(world.read())] == straight
    assert {"currentTaxLines", "transactions"} <= set(seen)


def test_what_is_missing_from_an_answer_is_not_taken_for_empty() -> None:
    with pytest.raises(ValueError, match="missing required field"):
        answered(ORDER, {"id": "gid://shopify/Order/1", "name": "#1001"})


def with_each(value: Any, data: Any) -> Iterator[Any]:
    """The same data with one value in it replaced by another, at every place in turn."""
    if not isinstance(data, dict | list):
        yield value
        return
    for place in list(data) if isinstance(data, dict) else range(len(data)):
        for other in with_each(value, data[place]):
            made = copy.copy(data)
            made[place] = other
            yield made


def holds_a_float(data: Any) -> bool:
    if isinstance(data, dict | list):
        return any(map(holds_a_float, data.values() if isinstance(data, dict) else data))
    return isinstance(data, float)


def test_no_float_gets_into_a_snapshot(world: World) -> None:
    """Their text depends on who writes it, so hashes would; and a whole number beyond 64 bits may come as one."""
    world.fill(40)
    nodes: list[dict[str, Any]] = []
    world.app.tamper = lambda body: nodes.extend(body["data"].get("orders", {"nodes": []})["nodes"])
    world.read(reader=world.reader(size=40))
    richest = sorted(nodes, key=lambda node: len(json.dumps(node)))[-3:]
    refused = read_on = 0
    for node in richest:
        for spoilt in with_each(1.5e300, node):
            try:
                found = snapshot(answered(ORDER, spoilt), Sight("a.myshopify.com"))
            except ValueError:
                refused += 1
            else:
                read_on += 1
                assert not holds_a_float(found)
    assert refused > 200 and read_on > 0


def says_nothing(data: Any) -> bool:
    """Whether a name in it, at whatever depth, stands for null, an empty text or an empty list or object."""
    if isinstance(data, dict):
        return any(one in (None, "", [], {}) or says_nothing(one) for one in data.values())
    return isinstance(data, list) and any(map(says_nothing, data))


@pytest.mark.parametrize("value", ["", None, 0, False, 2**70, -(2**64), '\x00\x1f\x7f\u2028 \U0001f600 "\\/', [], {}], ids=repr)
def test_the_text_is_the_canonical_one(world: World, value: Any) -> None:
    """Whatever stands at any place of an answer: hashes hold the text to the byte."""
    world.fill(12)
    nodes: list[dict[str, Any]] = []
    world.app.tamper = lambda body: nodes.extend(body["data"].get("orders", {"nodes": []})["nodes"])
    world.read(reader=world.reader(size=40))
    sight, read_on = Sight("a.myshopify.com", withheld=frozenset({("risk",)})), 0
    for altered in with_each(value, max(nodes, key=lambda node: len(json.dumps(node)))):
        try:
            order = kept(answered(sight.parts, altered), sight)
        except ValueError:
            continue
        if isinstance(order, OrderSnapshot):
            read_on += 1
            assert order.text.decode() == canonical_json(order.snapshot)
            assert order == snapshot_of(order.snapshot) and not says_nothing(order.snapshot)
    assert read_on > (20 if isinstance(value, str | int | None) else 0)


@pytest.mark.parametrize(
    ("shown", "stored"),
    [
        ("2026-11-20T07:00:00Z", "2026-11-20T07:00:00Z"),
        ("2026-11-20T10:00:00+03:00", "2026-11-20T07:00:00Z"),
        ("2026-11-20T07:00:00.999Z", "2026-11-20T07:00:00Z"),
        ("2026-W47-5T07:00:00Z", "2026-11-20T07:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_moments_are_kept_in_one_form(shown: str, stored: str) -> None:
    assert MOMENT.read(shown) == stored


@pytest.mark.parametrize(
    "shown", ["2026-11-20T07:00:00", "2026-02-30T07:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T07:60:00Z", ""]
)
def test_what_is_no_moment_is_refused(shown: str) -> None:
    with pytest.raises(ValueError):
        MOMENT.read(shown)


def test_withheld_parts_keep_what_was_seen() -> None:
    stored: dict[str, Any] = {
        "customer": {"id": "1", "email": "a@b"},
        "line_items": [{"id": "5", "product": {"id": "9"}}],
        "note": "x",
    }
    seen = copy.deepcopy(stored)
    new = {"line_items": [{"id": "5", "q": 1}, {"id": "6"}], "withheld": ["customer", "line_items.product", "phone"]}
    merged = merge_withheld(new, stored)
    assert merged == {"customer": stored["customer"], "line_items": [{"id": "5", "q": 1, "product": {"id": "9"}}, {"id": "6"}]}
    assert stored == seen and "withheld" in new, "neither is changed in place"
    half = {"customer": {"id": "1"}, "withheld": ["customer.email"]}
    assert merge_withheld({"withheld": ["customer"]}, half) == half
    assert merge_withheld({"withheld": ["customer.email"]}, {"withheld": ["customer"]}) == {"withheld": ["customer.email"]}


def recorded(fits: Callable[[dict[str, Any]], bool]) -> Iterator[dict[str, Any]]:
    """Every recorded object that fits, at whatever depth."""
    if not RECORDINGS.exists():
        pytest.skip("the recorded answers of real shops are not beside the project")

    def walk(data: Any) -> Iterator[dict[str, Any]]:
        if isinstance(data, dict):
            if fits(data):
                yield data
            data = list(data.values())
        if isinstance(data, list):
            for item in data:
                yield from walk(item)

    for file in sorted(RECORDINGS.glob("20*/*.json")):
        yield from walk(json.loads(file.read_text(encoding="utf-8")))


def read(parts: Parts, node: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written(keeping(ByIdentity(parts)).keep(answered(parts, node))))
    return found


def read_of(parts: Parts, node: dict[str, Any]) -> dict[str, Any]:
    """What our shape makes of the parts that a recording happens to have asked for."""
    whole = {name: shape for name, shape in parts.items() if name in node}
    read_parts: dict[str, Any] = {}
    for name, shape in whole.items():
        try:
            read_parts |= read({name: shape}, as_answered({name: shape}, node))
        except (KeyError, TypeError, ValueError):  # the recording asked for fewer parts of this one
            continue
    return read_parts


def is_a(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda data: str(data.get("id", "")).startswith(f"gid://shopify/{kind}/")


def test_recorded_money_is_read_exactly() -> None:
    examined = 0
    for bag in recorded(lambda data: {"shopMoney", "presentmentMoney"} <= data.keys()):
        if isinstance(bag["shopMoney"], dict) and {"amount", "currencyCode"} <= bag["shopMoney"].keys():
            shape = {"totalRefundedSet": ORDER["totalRefundedSet"]}
            (read_bag,) = read(shape, as_answered(shape, {"totalRefundedSet": bag})).values()
            assert Decimal(read_bag[0]) == Decimal(bag["shopMoney"]["amount"]) and read_bag[1] == bag["shopMoney"]["currencyCode"]
            assert Decimal(read_bag[-2]) == Decimal(bag["presentmentMoney"]["amount"])
            examined += 1
    assert examined > 50


@pytest.mark.parametrize(
    ("kind", "parts", "least"),
    [("Refund", REFUND, 5), ("Fulfillment", FULFILLMENT, 5), ("OrderTransaction", TRANSACTION, 20), ("Order", ORDER, 50)],
)
def test_recorded_objects_are_read(kind: str, parts: Parts, least: int) -> None:
    examined, names = 0, set[str]()
    for node in recorded(is_a(kind)):
        found = read_of(parts, node)
        assert found["id"] == node["id"].rpartition("/")[2]
        names |= found.keys()
        examined += len(found) > 1
    assert examined >= least, f"only {examined} recorded {kind}s"
    assert len(names) >= 4


def test_recorded_refunds_add_up() -> None:
    checked = 0
    for node in recorded(is_a("Refund")):
        lines = (node.get("refundLineItems") or {}).get("nodes")
        if lines and all("quantity" in line and "lineItem" in line for line in lines):
            shape = {"quantity": ORDER["number"]}
            assert [read(shape, line)["quantity"] for line in lines] == [line["quantity"] for line in lines]
            checked += 1
    assert checked
