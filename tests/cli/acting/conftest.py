"""The commands as a person runs them, against the sandbox over real HTTP."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, manage
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.world import World

Manage = Callable[..., Answer]


@pytest.fixture
def worlds() -> list[World]:
    return []


@pytest.fixture
def made(tmp_path: Path, worlds: list[World], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., World]]:
    """Worlds whose settings are in the environment, so that the commands find them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEADLINE_SECONDS", "10")

    def make(orders: int = 0, **more: Any) -> World:
        world = World(tmp_path, orders, **more)
        worlds.append(world)
        for name, value in (world.sandbox.environment() | world.env).items():
            if not name.startswith("SENTOS"):
                monkeypatch.setenv(name, value)
        return world

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(made: Callable[[int], World]) -> World:
    """Twenty orders, in the sheet already."""
    world = made(20)
    assert world.at_once().code == 0
    return world


@pytest.fixture
def run(worlds: list[World], monkeypatch: pytest.MonkeyPatch) -> Manage:
    def command(*arguments: str, typed: str | None = None) -> Answer:
        for world in worlds:  # its clock stands still; a minute later the quotas are full again
            world.pass_time(61)
        if typed is not None:
            terminal = io.StringIO(typed)
            terminal.isatty = lambda: True  # type: ignore[method-assign]
            monkeypatch.setattr("sys.stdin", terminal)
        else:
            monkeypatch.setattr("sys.stdin", io.StringIO(""))
        return manage(*arguments)

    return command


ORDER_COLUMNS = ["order_name", "order_total", "tags", "customer_name", "customer_email", "shipping_city", "note"]


@pytest.fixture
def in_grist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., GristWorld]]:
    """Worlds whose settings are in the environment; only Grist is configured, with the orders' table as asked for."""
    made: list[GristWorld] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEADLINE_SECONDS", "10")

    def make(orders: dict[str, Any] | None = None, **options: Any) -> GristWorld:
        chosen = {"orders": {"columns": ORDER_COLUMNS} if orders is None else orders}
        made.append(GristWorld(tmp_path, **{"products": 0, "orders": 20, "env": {"GRIST_SYNC": json.dumps(chosen)}} | options))
        for name, value in (made[-1].sandbox.environment() | made[-1].env).items():
            if not name.startswith(("GOOGLE", "TARGET", "SENTOS")):
                monkeypatch.setenv(name, value)
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def grist_orders(in_grist: Callable[..., GristWorld]) -> GristWorld:
    """Twenty orders, in Grist's table already, one row each."""
    world = in_grist()
    world.synced()
    return world
