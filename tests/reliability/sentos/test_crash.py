"""A run between a shop and Sentos that dies at boundary N, around every request and transaction; then clean runs and a judge.

By default some boundaries are tried (`STRIDE`), in the long form each.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from syncdb.sandbox.sentos.books import Article
from syncdb.sandbox.shopify.files.contents import png
from tests.engine.hostile import Steps
from tests.reliability.crash import dying
from tests.reliability.sentos.world import ProofWorld

STRIDE = 60
GUARDS = {"MAX_PRICE_FALL_PERCENT": "100", "MAX_SHOP_CHANGED_PERCENT": "100"}


def first_run(world: ProofWorld) -> None:
    """Nothing is linked yet; two orders wait, a product is to be made, and a picture to be brought."""
    world.clerk.picture("MUG", "o_0.png", png(3, 3, 1))
    world.clerk.add_product("Yeni", "NEW", "59.90", stock={1: 4})
    world.sold += [world.till.sell({"MUG": 2}), world.till.sell({"TS-RED-S": 1, "MUG": 1}, off="0.01")]


def everything_moves(world: ProofWorld) -> None:
    """Prices and stock changed, an order is new, one is cancelled, one was paid, one was sent out by the shop and one by Sentos,
    which also has a variant more and another picture.
    """
    orders = [world.till.sell({"MUG": 1}), world.till.sell({"MUG": 1}, paid=False), world.till.sell({"TS-RED-S": 1})]
    orders.append(world.till.sell({"MUG": 1}))
    world.clerk.picture("MUG", "o_0.png", png(3, 3, 1))
    world.sync()
    world.till.cancel(orders[0])
    world.shop.mark_paid(orders[1]["id"])
    world.shop.fulfil(orders[2]["id"], tracking=[("Kargo", "123", None)])
    world.clerk.set_status(world.order_id(orders[3]), 5, cargo_company="Kargo", tracking_number="456")
    new = world.sentos.books.new_id()
    world.clerk.product("HOOD-S").variants.append(Article(new, "HOOD-M", color="Siyah", size=("Beden", "M"), stock={1: 2}))
    world.clerk.picture("MUG", "o_1.png", png(3, 3, 2))
    world.clerk.drop_picture("MUG", "o_0.png")
    world.clerk.price("MUG", "95.00")
    world.clerk.receive("TS-RED-S", 5)
    world.sold += [*orders, world.till.sell({"MUG": 3})]


# situation -> how many boundaries its run had when this was written; a tenth fewer would mean that some are no longer tried
SITUATIONS: dict[Callable[[ProofWorld], None], int] = {first_run: 377, everything_moves: 352}


def _made(folder: Path, situation: Callable[[ProofWorld], None]) -> ProofWorld:
    folder.mkdir()
    world = ProofWorld(folder, env=dict(GUARDS))
    situation(world)
    return world


def _length(folder: Path, situation: Callable[[ProofWorld], None]) -> int:
    """How many boundaries the run passes that nobody ends."""
    world, steps = _made(folder / "whole", situation), Steps()
    try:
        with dying(steps):
            world.sync(full=True)
        world.settle()
    finally:
        world.close()
    return steps.passed


def _enumerate(situation: Callable[[ProofWorld], None], folder: Path, stride: int) -> None:
    boundaries, tried = _length(folder, situation), 0
    for at in range(1 + list(SITUATIONS).index(situation) % stride, boundaries + 1, stride):
        world = _made(folder / str(at), situation)
        try:
            assert world.die(at, full=True), f"the run ended before boundary {at}"
            world.settle()
        finally:
            world.close()
        tried += 1
    sys.stderr.write(f"\n{tried} of {boundaries} boundaries: {situation.__name__}\n")
    assert boundaries >= SITUATIONS[situation] * 0.9 and tried >= boundaries // stride, f"only {tried} of {boundaries}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_dying_at_sampled_boundaries_is_made_good(
    situation: Callable[[ProofWorld], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _enumerate(situation, tmp_path, STRIDE)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_dying_at_any_boundary_is_made_good(
    situation: Callable[[ProofWorld], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _enumerate(situation, tmp_path, 1)
