"""Notes and tags of orders, written back to the local shop."""

import pytest

from syncdb.connectors.shopify.catalogue.orders import OrderWriter
from syncdb.errors import Refused
from syncdb.model import Result
from syncdb.sandbox.faults import Fault
from tests.connectors.shopify.catalogue.conftest import Shelf
from tests.connectors.shopify.conftest import bare


def writer(shelf: Shelf) -> OrderWriter:
    return OrderWriter(shelf.world.client(), ["note", "tags"], late=60.0)


def test_note_and_tags_are_written(shelf: Shelf) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    shown = orders.look([bare(gid), "1"])
    assert list(shown) == [bare(gid)]
    expected = {name: shown[bare(gid)][name] for name in ("note", "tags")}
    attempt = orders.prepare(bare(gid), expected, {"note": "Bitte klingeln", "tags": "vip, eilig"}, 1)
    assert orders.write(attempt).result is Result.DONE
    node = shelf.world.shop.orders[gid]
    assert node["note"] == "Bitte klingeln" and sorted(node["tags"]) == ["eilig", "vip"]
    assert orders.look([bare(gid)])[bare(gid)]["tags"] == "eilig, vip"


def test_a_note_alone_leaves_the_tags(shelf: Shelf) -> None:
    gid = shelf.world.order()
    node = shelf.world.shop.orders[gid]
    node["tags"], node["note"] = ["a"], "alt"
    orders = writer(shelf)
    assert orders.write(orders.prepare(bare(gid), {"note": "alt"}, {"note": None}, 2)).result is Result.DONE
    assert node["tags"] == ["a"] and not node["note"]


def test_a_note_that_somebody_changed_is_left_alone(shelf: Shelf) -> None:
    gid = shelf.world.order()
    node = shelf.world.shop.orders[gid]
    node["note"] = "alt"
    orders = writer(shelf)
    attempt = orders.prepare(bare(gid), {"note": "alt"}, {"note": "neu"}, 3)
    node["note"] = "von Hand"
    assert orders.write(attempt).result is Result.STALE and node["note"] == "von Hand"
    assert orders.write(orders.prepare("1", {"note": "alt"}, {"note": "neu"}, 4)).result is Result.STALE


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_is_settled(shelf: Shelf, applied: bool) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    shown = orders.look([bare(gid)])[bare(gid)]
    attempt = orders.prepare(bare(gid), {"note": shown["note"]}, {"note": "neu"}, 5)
    shelf.world.faults.add(Fault("apply_then_cut" if applied else "cut_before", "shopify write"))
    assert orders.write(attempt).result is Result.UNKNOWN
    assert writer(shelf).settle(attempt).result is (Result.DONE if applied else Result.STALE)


def test_the_name_of_an_order_is_not_written(shelf: Shelf) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    outcome = orders.write(orders.prepare(bare(gid), {}, {"name": "#1"}, 6))
    assert outcome.result is Result.REJECTED and "name cannot be written" in outcome.why


def test_a_missing_permission_is_named(shelf: Shelf) -> None:
    gid = shelf.world.order()
    orders = writer(shelf)
    attempt = orders.prepare(bare(gid), {"note": shelf.world.shop.orders[gid]["note"]}, {"note": "neu"}, 7)
    shelf.grant("read_orders")
    with pytest.raises(Refused) as refused:
        orders.write(attempt)
    assert "write_orders" in refused.value.next_step
