"""A local shop with goods in it, and catalogues over it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.entities import ENTITIES
from syncdb.connectors.shopify.catalogue.in_bulk import USUAL, ListingSizes
from syncdb.connectors.shopify.catalogue.stock import SETTING, Manner
from syncdb.model import Action, Operation, Outcome, Side
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.values import Value
from tests.connectors.shopify.conftest import TOKEN, World

EVERYTHING = {
    name: [field.name for field in entity.fields] + (["metafields.custom.material"] if entity.metafields else [])
    for name, entity in ENTITIES.items()
    if name != "orders"
}


class Shelf:
    """A world with goods, and catalogues to read and write them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.goods: Goods = world.shop.goods
        self.token = 100

    def fill(self, n: int, seed: int = 1) -> list[str]:
        return generate_goods(self.goods, n, seed, self.world.now())

    def catalogue(
        self,
        fields: Mapping[str, Sequence[str]] | None = None,
        *,
        late: float = 60.0,
        overlap: float = 600.0,
        origin: tuple[str, str] | None = None,
        manner: Manner = SETTING,
        sizes: ListingSizes = USUAL,
        **kind: Any,
    ) -> ShopCatalogue:
        """A catalogue of these fields (default: all there are)."""
        client = self.world.client(**kind)
        span = timedelta(seconds=overlap)
        return ShopCatalogue(
            client, fields=fields or EVERYTHING, late=late, overlap=span, origin=origin, manner=manner, sizes=sizes
        )

    def grant(self, *scopes: str) -> None:
        """The app has just these scopes from now on."""
        self.world.app.tokens.add_token(TOKEN, frozenset(scopes))

    def requests(self, kind: str = "any") -> int:
        return self.world.faults.count("shopify", kind)

    def next_token(self) -> int:
        self.token += 1
        return self.token

    def variant(self, number: int = 0) -> Node:
        return list(self.goods.variants.values())[number]

    def level(self, number: int = 0) -> Node:
        return list(self.goods.levels.values())[number]

    def product(self, number: int = 0) -> Node:
        return list(self.goods.products.values())[number]

    def collection(self, number: int = 0) -> Node:
        return list(self.goods.collections.values())[number]

    def write(self, side: Any, *operations: Operation) -> list[Outcome]:
        """Prepare and write batch by batch, as the engine does."""
        outcomes: list[Outcome] = []
        waiting = list(operations)
        while waiting:
            attempt = side.prepare(waiting, self.next_token())
            assert attempt.operations == tuple(waiting[: len(attempt.operations)]) and attempt.operations
            outcomes += side.write(attempt)
            waiting = waiting[len(attempt.operations) :]
        return outcomes


def update(key: str, expected: Mapping[str, Value], changes: Mapping[str, Value]) -> Operation:
    return Operation(Side.LEFT, Action.UPDATE, key, None, dict(expected), dict(changes), "changed")


@pytest.fixture
def shelf(world: World) -> Shelf:
    return Shelf(world)
