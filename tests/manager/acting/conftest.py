"""The commands as a person runs them, against the sandbox over real HTTP."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.manager.conftest import Answer, manage
from tests.scenarios.world import World

Manage = Callable[..., Answer]


@pytest.fixture
def worlds() -> list[World]:
    return []


@pytest.fixture
def made(tmp_path: Path, worlds: list[World], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], World]]:
    """Worlds whose settings are in the environment, so that the commands find them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEADLINE_SECONDS", "10")

    def make(orders: int = 0) -> World:
        world = World(tmp_path, orders)
        worlds.append(world)
        for name, value in (world.sandbox.environment() | world.env).items():
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
