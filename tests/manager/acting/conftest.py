"""The commands as a person runs them, against the sandbox over real HTTP."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncdb.manager.app import main
from tests.scenarios.world import World


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def all(self) -> str:
        return self.out + self.err


Manage = Callable[..., Said]


def manage(arguments: Sequence[str]) -> Said:
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
    said = Said(code, out.getvalue(), err.getvalue())
    assert "Traceback" not in said.all, said.all
    return said


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
    def command(*arguments: str, typed: str | None = None) -> Said:
        for world in worlds:  # its clock stands still; a minute later the quotas are full again
            world.pass_time(61)
        if typed is not None:
            terminal = io.StringIO(typed)
            terminal.isatty = lambda: True  # type: ignore[method-assign]
            monkeypatch.setattr("sys.stdin", terminal)
        else:
            monkeypatch.setattr("sys.stdin", io.StringIO(""))
        return manage(arguments)

    return command
