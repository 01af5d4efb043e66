"""A local shop with goods in it, and what reads and writes whole products of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.custom_id import CustomIds
from syncdb.connectors.shopify.products.making import ProductMaker
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.ledger import Ledger
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.definitions import define
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.shop import Shop
from tests.connectors.shopify.conftest import TOKEN, TamperedApp, World


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

    def picture(self, product: Node, shade: int, alt: str = "", kind: str = "IMAGE", content: bytes | None = None) -> Node:
        """A medium that somebody put there a while ago: a picture of one shade, or of other content."""
        made = png(4, 3, shade) if content is None else content
        ending = {"IMAGE": "png", "VIDEO": "mp4", "MODEL_3D": "glb"}[kind]
        node = ready(kind, self.goods.new_id(), made, alt, f"bild-{shade}.{ending}", 1, self.goods.stamp())
        product["media"].append(self.goods.files.keep(node))
        return node

    def named(self, title: str) -> list[Node]:
        """The products of this title."""
        return [one for one in self.goods.products.values() if one["title"] == title]

    def grant(self, *scopes: str) -> None:
        """The app has just these scopes from now on."""
        self.world.app.tokens.add_token(TOKEN, frozenset(scopes))

    def requests(self, kind: str = "any") -> int:
        return self.world.faults.count("shopify", kind)


@pytest.fixture
def ledger(tmp_path: Path, world: World) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db", world.now()) as opened:
        yield opened


@pytest.fixture
def other(world: World) -> Iterator[Shelf]:
    """A second shop, on a server of its own, that goes by the same clock."""
    time = world.time
    shop = Shop("other-demo.myshopify.com", clock=time.read)
    app = TamperedApp(shop)
    app.tokens.add_token(TOKEN)
    faults = Faults(clock=time.read)
    with Server({"/admin": app}, faults) as server:
        second = World(time, shop, app, faults, server)
        yield Shelf(second)
        for client in second.clients:
            client.close()


@pytest.fixture
def shelf(world: World) -> Shelf:
    return Shelf(world)
