"""New orders in a world's shop."""

import random

from syncdb.sandbox.shopify.generate import new_order
from tests.scenarios.world import World


def place(world: World, seed: int = 5) -> str:
    """Place an order now; its global id."""
    number = world.shop.counter
    return str(new_order(world.shop, random.Random(seed + number), world.shop.now(), 1)["id"])
