"""A local shop with one shirt in it, and a desk that writes orders to it."""

from decimal import Decimal
from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.making import OrderMaker
from syncdb.connectors.shopify.ordering.wanted import Address, NewOrder, OrderLine
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.connectors.shopify.conftest import World

HOME = Address("Ayşe", "Örnek", None, "Örnek Sok. 1", "Kadıköy", "Istanbul", "34", "34710", "TR", "+905321234567")


class Counter:
    """A world whose shop sells a shirt, and what is written to it."""

    def __init__(self, world: World) -> None:
        self.world, self.shop = world, world.shop
        product = Merchant(world.shop.goods).add_product("Shirt", price="20.00", sku="S-1", stock=5)
        self.variant: str = product["variants"][0]["id"]

    def desk(self, **kind: Any) -> OrderDesk:
        return OrderDesk(Conversation(self.world.client(**kind)))

    def order(self, source: str = "erp:1", **more: Any) -> NewOrder:
        line = OrderLine(2, Decimal("20.00"), sku="S-1", variant=self.variant)
        given: dict[str, Any] = {"email": "ayse@example.com", "first_name": "Ayşe", "last_name": "Örnek"}
        return NewOrder(source, "erp", **{"currency": "EUR", "lines": (line,), "shipping_address": HOME} | given | more)

    def made(self, source: str = "erp:1", **more: Any) -> str:
        """The id of an order that is there already."""
        outcome = OrderMaker(self.desk()).make(self.order(source, **more))
        assert outcome.id is not None, outcome.why
        return outcome.id

    def node(self, id: str) -> Node:
        self.shop.goods.catch_up()
        return self.shop.orders[id]

    def writes(self) -> int:
        return self.world.faults.count("shopify", "write")

    def available(self) -> int:
        counts: dict[str, int] = Merchant(self.shop.goods).level(self.variant)["_counts"]
        return counts["available"]


@pytest.fixture
def counter(world: World) -> Counter:
    return Counter(world)
