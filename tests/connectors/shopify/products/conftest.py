"""A local shop with goods in it, and what reads and writes whole products of it."""

from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.custom_id import CustomIds
from syncdb.connectors.shopify.products.making import ProductMaker
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.definitions import define
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.connectors.shopify.conftest import TOKEN, World


class Shelf:
    """A world with goods, and eyes of its own on them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.goods: Goods = world.shop.goods
        self.merchant = Merchant(self.goods)
        generate_goods(self.goods, 0, 1, world.now())

    def fill(self, n: int, seed: int = 1) -> list[str]:
        return generate_goods(self.goods, n, seed, self.world.now())

    def conversation(self, **kind: Any) -> Conversation:
        return Conversation(self.world.client(**kind))

    def reader(self, **kind: Any) -> ProductReader:
        return ProductReader(self.conversation(**kind))

    def maker(self, **kind: Any) -> ProductMaker:
        """What makes products here; the definition of their custom id is there."""
        if ("PRODUCT", "sync", "origin") not in self.goods.definitions:
            define(self.goods, "PRODUCT", "sync", "origin", "Origin", "id")
        conversation = self.conversation(**kind)
        return ProductMaker(Sender(conversation), CustomIds(conversation))

    def named(self, title: str) -> list[Node]:
        """The products of this title."""
        return [one for one in self.goods.products.values() if one["title"] == title]

    def grant(self, *scopes: str) -> None:
        """The app has just these scopes from now on."""
        self.world.app.tokens.add_token(TOKEN, frozenset(scopes))

    def requests(self, kind: str = "any") -> int:
        return self.world.faults.count("shopify", kind)


@pytest.fixture
def shelf(world: World) -> Shelf:
    return Shelf(world)
