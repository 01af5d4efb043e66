"""A day between a shop and Sentos, with each doubtful habit of Sentos in turn: the same must come of it."""

from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.scenarios.sentos_world import SentosWorld


@pytest.mark.parametrize(
    "habits",
    [
        {"listing": "bare"},
        {"size_name": "pageSize"},
        {"largest_page": 1},
        {"filters_in": "query"},
        {"filters_in": "body"},
        {"order_filter": "ignored", "sku_filter": "ignored"},
        {"sku_filter": "exact", "order_filter": "contains"},
        {"money": "dot", "stock": "text"},
        {"money": "number", "warehouse": "object"},
        {"no_variants": "null", "no_errors": "object", "warehouse": "number"},
        {"no_variants": "absent", "no_errors": "null", "model": "text"},
        {"refuses_with": 200, "same_order_id": "refused"},
        {"same_order_id": "same", "total_with_shipping": True, "single_order": False},
        {"lag": 30.0, "retry_after": False, "gets_a_second": 1},
    ],
    ids=str,
)
def test_a_day_goes_well_whatever_the_habits_of_sentos(
    habits: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = SentosWorld(tmp_path, habits=habits)
    try:
        _a_day(world)
    finally:
        world.close()


def _a_day(world: SentosWorld) -> None:
    world.stock_up()
    world.synced()
    order, lost = world.till.sell({"MUG": 2}, off="0.01"), world.till.sell({"TS-RED-S": 1})
    world.faults.add(Fault("apply_then_cut", "sentos write"))
    world.clerk.price("MUG", "95.00")
    world.synced()
    for one in (order, lost):
        world.same_to_the_cent(one)
    world.till.cancel(order)
    world.synced()
    world.in_step()
    assert world.sent(order)[0]["status"] == 6 and world.sentos.counter.refused == 0
    assert world.synced(full=True).written == 0
