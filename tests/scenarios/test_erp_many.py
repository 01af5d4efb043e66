"""Much that changes in the ERP at once reaches the shop in as few calls as there can be."""

from pathlib import Path

import pytest

from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld


@pytest.mark.long
@pytest.mark.parametrize(("count", "calls"), [(10_000, 40)])
def test_counts_go_in_calls_of_250(tmp_path: Path, erp: Erp, count: int, calls: int) -> None:
    world = ErpWorld(tmp_path, erp)
    for number in range(count):
        world.merchant.add_product(f"Thing {number}", price="5.00", sku=f"S-{number}", stock=10)
    world.erp.sql("insert into products (sku, name, price) select 'S-' || n, 'Thing', 5 from generate_series(0, %s) n", count - 1)
    world.erp.sql("insert into inventory (product_id, quantity) select id, 10 from products")
    world.switch("inventory")
    world.synced()
    world.erp.sql("update inventory set quantity = 7")
    ran = world.synced()
    assert ran.written == count and ran.shop_writes == calls
    assert {world.available(f"S-{number}") for number in range(0, count, 97)} == {7}
    assert world.queue("completed") and world.queue("pending") == world.queue("failed") == []
    assert world.synced().written == 0
