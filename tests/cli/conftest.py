"""The manager's commands as a user calls them, on ledgers that real runs against the sandbox have made."""

import io
import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncdb.cli.app import main
from tests.scenarios.world import World


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left: exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def all(self) -> str:
        return self.out + self.err


def manage(*arguments: str) -> Answer:
    """Run a command in this process. A traceback or an exception that is not ours fails the test."""
    out, err = io.BytesIO(), io.StringIO()
    stream = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    with redirect_stdout(stream), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main(arguments)
    code = left.value.code
    answer = Answer(code if isinstance(code, int) else 0, out.getvalue().decode("utf-8"), err.getvalue())
    assert "Traceback" not in answer.out + answer.err, answer.out + answer.err
    assert "a defect of syncdb:" not in answer.out + answer.err, answer.out + answer.err
    return answer


def on_a_terminal(say: Callable[[], object], columns: int = 80, kind: str = "dumb") -> list[str]:
    """The lines that a terminal of that width shows of what is said meanwhile; a dumb one takes no colours."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with pytest.MonkeyPatch.context() as patch, open(theirs, "w", encoding="utf-8") as stream:
        patch.setenv("COLUMNS", str(columns))
        patch.setenv("TERM", kind)
        with redirect_stdout(stream), redirect_stderr(stream):
            say()
    seen = b""
    with open(ours, "rb", buffering=0) as shown, suppress(OSError):  # its end is an error on Linux
        while more := shown.read(10_000):
            seen += more
    return seen.decode("utf-8").replace("\r\n", "\n").splitlines()


def asked_on_a_terminal(*arguments: str, columns: int = 80) -> list[str]:
    """What a command shows there."""

    def ask() -> None:
        with pytest.raises(SystemExit):
            main(arguments)

    return on_a_terminal(ask, columns)


@dataclass
class Shop:
    """A world whose orders are in its sheet, with a past of some runs that ended ten minutes ago, and the ledger it left."""

    world: World
    path: Path
    tagged: str

    def ask(self, *arguments: str) -> Answer:
        return manage(*arguments, "--db", str(self.path))


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """80 orders brought over, then three rounds of changes, an hour apart. Only to be read."""
    folder = tmp_path_factory.mktemp("past")
    world = World(folder, orders=80, time=float(int(time.time())) - 5 * 3600 - 600)
    world.synced(full=True)
    rng = random.Random(11)
    tagged = next(gid for gid, order in world.shop.orders.items() if len(order["lineItems"]) > 1)
    world.shop.add_tag(tagged, "for the manager")
    for _ in range(3):
        world.synced()
        for _ in range(4):
            world.shop.random_change(rng)
    world.synced()
    yield Shop(world, folder / "ledger.db", tagged)
    world.close()


@pytest.fixture
def copied(past: Shop, tmp_path: Path) -> Callable[[], Path]:
    """A copy of that ledger to do things to."""

    def copy() -> Path:
        path = tmp_path / "copied.db"
        shutil.copy(past.path, path)
        return path

    return copy


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of this computer plays a part."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("DB_PATH", "SHOPIFY_API_VERSION", "SHOPIFY_ACCESS_TOKEN", "SHOPIFY_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["sync_manager.py"])
