"""Loss of power: of what was written and not synced, all, nothing or anything is lost; the next run ends right."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.reliability.grist.world import ProofWorld
from tests.reliability.judged import Judged
from tests.reliability.power.disk import Folder, Written
from tests.reliability.power.recording import STRACE
from tests.reliability.power.trials import RecordedMigration, recorded_run
from tests.reliability.power.with_grist import RecordedGristRun
from tests.reliability.test_disk import SCHEMAS
from tests.reliability.world import BEGIN

watched = pytest.mark.skipif(STRACE is None, reason="what a process asks of the disk is seen by strace (Linux, package strace)")
SOME = {"first load": 4, "restore": 3}  # moments of the default run; `python -m tests.reliability.power` tries many


def test_what_was_not_synced_may_be_lost() -> None:
    """The disk itself: bytes are safe by their file's sync, names by their folder's, and pieces of the rest may stay."""
    disk, rng = Folder.of({"a": b"old"}), random.Random(1)
    disk.make("b")
    disk.names["b"].since.append(Written(0, b"x" * 2000))
    disk.names["a"].since.append(Written(0, b"new"))
    assert disk.after_power_loss("everything", rng) == {"a": b"old"}
    assert disk.after_power_loss("bytes", rng) == {"a": b"old", "b": b""}
    assert disk.after_power_loss("names", rng) == {"a": b"new"}
    assert disk.after_power_loss("nothing", rng) == {"a": b"new", "b": b"x" * 2000}
    found = [disk.after_power_loss("by chance", rng) for _ in range(40)]
    assert {one["a"] for one in found} == {b"old", b"new"} and {len(one) for one in found} == {1, 2}
    assert len({one["b"] for one in found if "b" in one}) > 4, "a write is lost in pieces"
    disk.names["b"].sync()
    assert disk.after_power_loss("everything", rng) == {"a": b"old"}, "synced, but nobody finds it by its name"
    disk.sync()
    disk.move("b", "a")
    assert disk.after_power_loss("names", rng) == {"a": b"new", "b": b"x" * 2000}
    disk.sync()
    assert disk.after_power_loss("everything", rng) == {"a": b"x" * 2000}


@watched
@pytest.mark.parametrize("name", SOME)
def test_power_fails_in_the_middle(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    judged, rng = Judged(tmp_path, 3, BEGIN), random.Random(name)
    try:
        work = recorded_run(judged, name)
        for moment in rng.sample(work.local.moments(), SOME[name]):
            work.tried(moment, rng, replaced=name == "restore")
    finally:
        judged.close()


@watched
def test_power_fails_in_the_middle_of_a_migration(tmp_path: Path) -> None:
    rng = random.Random(1)
    work = RecordedMigration(SCHEMAS[0], tmp_path, datetime.fromtimestamp(BEGIN, UTC))
    for moment in rng.sample(work.local.moments(), 8):
        work.tried(moment, rng)


@watched
def test_power_fails_in_the_middle_of_a_run_with_grist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world, rng = ProofWorld(tmp_path), random.Random(1)
    try:
        work = RecordedGristRun(world, "Grist, first fill")
        for moment in rng.sample(work.local.moments(), 3):
            work.tried(moment, rng)
    finally:
        world.close()
