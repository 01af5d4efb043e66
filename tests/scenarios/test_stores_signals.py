"""What webhooks of two stores bring about within seconds."""

from pathlib import Path

import pytest

from syncdb.pairs.shopify_stores.implementation import IMPLEMENTATION
from syncdb.pairs.shopify_stores.settings import load
from syncdb.sandbox.shopify.webhooks.delivery import Weather
from syncdb.systems.shopify.subscribing import wanted
from tests.sandbox.shopify.placed import placed
from tests.scenarios.listening import Listening
from tests.scenarios.stores_world import StoresWorld


@pytest.mark.parametrize("heard", [True, False])
def test_an_order_is_a_hint_to_look_at_what_it_sold_where_that_is_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: bool
) -> None:
    """The webhook of the stock itself is lost."""
    monkeypatch.chdir(tmp_path)
    world = StoresWorld(tmp_path, products=0, env={"STORES_ORDER_WEBHOOKS": str(heard).lower()})
    mug, other = [
        store.merchant.add_product("Mug", sku="MUG", stock=10, vendor="K")["variants"][0] for store in (world.taf, world.afl)
    ]
    world.synced()

    def sale() -> None:
        world.taf.app.webhooks.weather = Weather(lost=1.0)
        world.taf.merchant.sell(mug["id"], 2, world.taf.shop.location["id"])
        world.taf.app.webhooks.weather = Weather()
        order = placed(world.taf.shop, ("10.00", 2))
        order["lineItems"][0]["variant"] = {"id": mug["id"]}

    with Listening(world, "stores", stores=(world.taf, world.afl)) as listening:
        series = listening.series(60, {5: sale})
    assert series.code == 0, series.text + series.errors
    assert world.stock(other, world.afl) == (8 if heard else 10)
    asked = {one.event for one in wanted(IMPLEMENTATION.hearing.kinds(load({}, world.env, tmp_path)), "https://x.example")}
    assert ("orders/create" in asked) is heard and {"products/delete", "inventory_levels/update"} < asked
    world.close()
