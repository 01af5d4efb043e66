"""Orders compressed by a setting: runs, questions and exports are what they were, and it can be switched off again."""

import csv
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from syncdb.orders import packing
from tests.cli.conftest import manage
from tests.scenarios.test_everyday import first_order
from tests.scenarios.world import World


def packed(world: World) -> tuple[int, int]:
    """How many orders are packed, of how many."""
    with closing(sqlite3.connect(world.env["DB_PATH"])) as opened:
        found: tuple[int, int] = opened.execute("SELECT count(packed), count(*) FROM order_tracking").fetchone()
        return found


def exported(world: World, folder: Path) -> list[list[str]]:
    file = folder / "lines.csv"
    done = manage("export", "--what", "lines", "--output", str(file), "--overwrite", "--db", world.env["DB_PATH"])
    assert done.code == 0, done.out + done.err
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))


def test_a_shop_with_compressed_orders_is_kept_as_ever(
    make: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "LEAST", 15)
    world = make(orders=20)
    world.synced()
    before, lines = packed(world), exported(world, tmp_path)
    world.env["COMPRESS_SNAPSHOTS"] = "true"
    world.synced(full=True)
    assert (before, packed(world)) == ((0, 20), (20, 20)) and exported(world, tmp_path) == lines and len(lines) > 20
    world.shop.set_note(first_order(world)[0], "please ring")
    world.synced()
    told = manage("history", "1001", "--db", world.env["DB_PATH"])
    assert "please ring" in told.out and packed(world) == (20, 20)
    world.env["COMPRESS_SNAPSHOTS"] = "false"
    assert manage("check", "--vacuum", "--db", world.env["DB_PATH"]).code == 0
    assert packed(world) == (20, 20)  # the last run was told to compress
    world.synced(full=True)
    assert packed(world) == (0, 20) and manage("check", "--db", world.env["DB_PATH"]).code == 0
