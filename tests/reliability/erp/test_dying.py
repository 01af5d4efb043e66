"""A run of a shop and an ERP that dies at any step loses nothing and does nothing twice. Judged without the ledger."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.engine.hostile import Crash, Steps
from tests.postgres import Erp
from tests.reliability.crash import dying
from tests.reliability.erp.dying import dying_everywhere
from tests.scenarios.erp_world import ErpWorld

MORE = 60  # boundaries of later runs beside those of the first


class Day:
    """What happens on both sides before a run, added up."""

    def __init__(self, world: ErpWorld) -> None:
        self.world, self.pieces, self.made, self.sold, self.shipped = world, 1000, list[str](), 0, list[str]()
        self.row = world.stock_up("SHIRT", self.pieces)
        world.switch("inventory", "orders", "products")
        world.synced(full=True)

    def happens(self) -> None:
        world, number = self.world, len(self.made)
        world.till.sell({"SHIRT": 1})
        world.erp.sql("update inventory set quantity = quantity - 2 where id = %s", self.row)
        for last in self.made[-1:]:
            text = "update orders set fulfillment_status = 'fulfilled', tracking_number = %s where id = %s"
            world.erp.sql(text, f"T{last}", last)
            self.shipped.append(last)
        self.made.append(world.erp_order(f"SO-{number}"))
        self.price, self.sold, self.pieces = Decimal(20 + number), self.sold + 1, self.pieces - 3
        world.erp.sql("update products set price = %s", self.price)

    def calm(self) -> None:
        for _ in range(3):
            self.world.erp.sql("update sync_queue set locked_until = now() - interval '1 second' where status = 'processing'")
            self.world.pass_time(900)
            ran = self.world.sync()
            if ran.code == 0 and ran.written == 0:
                break
        assert ran.code == 0 and ran.written == 0, ran.text

    def judged(self, at: int) -> None:
        world = self.world
        assert (world.available("SHIRT"), world.quantity(self.row)) == (self.pieces, self.pieces), at
        of_erp = {id: [one for one in world.shop.orders.values() if one["sourceIdentifier"] == f"erp:{id}"] for id in self.made}
        assert all(len(found) == 1 for found in of_erp.values()), {id: len(found) for id, found in of_erp.items()}
        assert len(world.shop.orders) == self.sold + len(self.made)
        rows = world.rows()
        assert len(rows) == len(world.shop.orders) == len({row["shopify_order_id"] for row in rows})
        lines = world.erp.sql("select order_id, count(*) as lines from order_items group by order_id")
        assert len(lines) == len(rows) and all(one["lines"] == 1 for one in lines)
        for id in self.shipped:
            (order,) = of_erp[id]
            assert len(order["fulfillments"]) == 1, order["fulfillments"]
        variant = world.till.variant("SHIRT")
        assert variant is not None and Decimal(variant["price"]) == self.price == world.rows("products")[0]["price"]
        assert world.queue() == [] and world.queue("processing") == []


@pytest.mark.parametrize(("first", "stride"), [(11, 31), *(pytest.param(at, 7, marks=pytest.mark.long) for at in range(1, 8))])
def test_a_run_that_dies_at_any_step(tmp_path: Path, erp: Erp, first: int, stride: int) -> None:
    world, whole, died = ErpWorld(tmp_path, erp, {"MAX_CHANGED_PERCENT": "100"}), Steps(), 0
    day = Day(world)
    day.happens()
    with dying_everywhere(whole, dying):
        world.synced()
    for at in range(first, whole.passed + MORE, stride):
        day.happens()
        try:
            with dying_everywhere(Steps(at), dying):
                world.sync()
        except Crash:
            died += 1
        day.happens()
        day.calm()
        day.judged(at)
    assert whole.passed > 150 and died >= whole.passed // stride


def test_an_order_that_was_shipped_before_it_was_sent_is_shipped_in_the_shop(tmp_path: Path, erp: Erp) -> None:
    world = ErpWorld(tmp_path, erp)
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    id = world.erp_order("SO-1", fulfillment_status="fulfilled", tracking_number="T1", tracking_company="PTT")
    world.synced()
    (order,) = world.shop.orders.values()
    assert order["displayFulfillmentStatus"] == "FULFILLED" and world.order_row(id)["fulfillment_status"] == "fulfilled"
    assert world.synced().written == 0
