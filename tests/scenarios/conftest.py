"""Scenarios run in a folder of their own, in simulated time, against the sandbox over real HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.sentos_world import SentosWorld
from tests.scenarios.world import World


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., World]]:
    made: list[World] = []
    monkeypatch.chdir(tmp_path)

    def world(orders: int = 0, **options: Any) -> World:
        folder = tmp_path / f"world{len(made)}"
        folder.mkdir()
        made.append(World(folder, orders, **options))
        return made[-1]

    yield world
    for one in made:
        one.close()


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """A shop with 30 orders, already in the sheet."""
    made = make(orders=30)
    made.synced()
    return made


@pytest.fixture
def make_sentos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., SentosWorld]]:
    """Shops with a Sentos of their own."""
    made: list[SentosWorld] = []
    monkeypatch.chdir(tmp_path)

    def world(**options: Any) -> SentosWorld:
        folder = tmp_path / f"sentos{len(made)}"
        folder.mkdir()
        made.append(SentosWorld(folder, **options))
        return made[-1]

    yield world
    for one in made:
        one.close()
