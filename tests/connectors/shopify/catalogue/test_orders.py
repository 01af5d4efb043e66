"""Notes and tags of orders, written back to the local shop."""

from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.orders import OrderWriter
from syncdb.errors import Refused
from syncdb.model import Action, Operation, Result, Side
from syncdb.sandbox.faults import Fault
from tests.connectors.shopify.catalogue.conftest import Shelf
from tests.connectors.shopify.conftest import bare


def changed(order_id: str, expected: dict[str, Any], changes: dict[str, Any]) -> list[Operation]:
    return [Operation(Side.LEFT, Action.UPDATE, order_id, None, expected, changes, "changed")]


def writer(shelf: Shelf) -> OrderWriter:
    return OrderWriter(shelf.world.client(), ["note", "tags"], late=60.0)


def test_note_and_tags_are_written(shelf: Shelf) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    shown = orders.look([bare(gid), "1"])
    assert list(shown) == [bare(gid)]
    expected = {name: shown[bare(gid)][name] for name in ("note", "tags")}
    attempt = orders.prepare(changed(bare(gid), expected, {"note": "Bitte klingeln", "tags": "vip, eilig"}), 1)
    assert orders.write(attempt)[0].result is Result.DONE
    node = shelf.world.shop.orders[gid]
    assert node["note"] == "Bitte klingeln" and sorted(node["tags"]) == ["eilig", "vip"]
    assert orders.look([bare(gid)])[bare(gid)]["tags"] == "eilig, vip"


def test_a_note_alone_leaves_the_tags(shelf: Shelf) -> None:
    gid = shelf.world.order()
    node = shelf.world.shop.orders[gid]
    node["tags"], node["note"] = ["a"], "alt"
    orders = writer(shelf)
    assert orders.write(orders.prepare(changed(bare(gid), {"note": "alt"}, {"note": None}), 2))[0].result is Result.DONE
    assert node["tags"] == ["a"] and not node["note"]


def test_a_note_that_somebody_changed_is_left_alone(shelf: Shelf) -> None:
    gid = shelf.world.order()
    node = shelf.world.shop.orders[gid]
    node["note"] = "alt"
    orders = writer(shelf)
    attempt = orders.prepare(changed(bare(gid), {"note": "alt"}, {"note": "neu"}), 3)
    node["note"] = "von Hand"
    assert orders.write(attempt)[0].result is Result.STALE and node["note"] == "von Hand"
    assert orders.write(orders.prepare(changed("1", {"note": "alt"}, {"note": "neu"}), 4))[0].result is Result.STALE


def test_several_orders_go_in_one_document(shelf: Shelf) -> None:
    gids = [shelf.world.order() for _ in range(5)]
    notes = {gid: shelf.world.shop.orders[gid]["note"] for gid in gids}
    orders = writer(shelf)
    attempt = orders.prepare([changed(bare(gid), {"note": notes[gid]}, {"note": f"n {gid}"})[0] for gid in gids], 8)
    shelf.world.shop.orders[gids[3]]["note"] = "von Hand"
    shelf.world.faults.log.clear()
    results = [one.result for one in orders.write(attempt)]
    assert results == [Result.STALE if place == 3 else Result.DONE for place in range(5)]
    assert shelf.world.faults.count("shopify", "write") == 1
    assert [shelf.world.shop.orders[gid]["note"] for gid in gids] == [
        "von Hand" if place == 3 else f"n {gid}" for place, gid in enumerate(gids)
    ]


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_is_settled(shelf: Shelf, applied: bool) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    shown = orders.look([bare(gid)])[bare(gid)]
    attempt = orders.prepare(changed(bare(gid), {"note": shown["note"]}, {"note": "neu"}), 5)
    shelf.world.faults.add(Fault("apply_then_cut" if applied else "cut_before", "shopify write"))
    assert orders.write(attempt)[0].result is Result.UNKNOWN
    assert writer(shelf).settle(attempt)[0].result is (Result.DONE if applied else Result.STALE)


def test_the_name_of_an_order_is_not_written(shelf: Shelf) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    (outcome,) = orders.write(orders.prepare(changed(bare(gid), {}, {"name": "#1"}), 6))
    assert outcome.result is Result.REJECTED and "name cannot be written" in outcome.why


def test_a_missing_permission_is_named(shelf: Shelf) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    attempt = orders.prepare(changed(bare(gid), {"note": shelf.world.shop.orders[gid]["note"]}, {"note": "neu"}), 7)
    shelf.grant("read_orders")
    with pytest.raises(Refused) as refused:
        orders.write(attempt)
    assert "write_orders" in refused.value.next_step
