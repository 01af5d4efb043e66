"""Loss of power at many moments: `python -m tests.reliability.power [HOW_MANY [SEED]]`.

So many moments, drawn by chance, of each kind of work alike: a first load, a run with changes, one with a new column, one that
finds an open write, a backup, a restore, three kinds of runs with Grist, and the migration of each older ledger. Needs strace. A
wrong one is told, and the next follows.
"""

import argparse
import logging
import os
import random
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import read_keys_once
from tests.reliability.grist.world import ProofWorld
from tests.reliability.judged import Judged
from tests.reliability.power.trials import WORKS, Moment, Recorded, RecordedMigration, recorded_run
from tests.reliability.power.with_grist import SITUATIONS, RecordedGristRun
from tests.reliability.test_disk import SCHEMAS
from tests.reliability.world import BEGIN

Try = Callable[[Moment, random.Random], None]


@contextmanager
def _of_a_run(name: str, folder: Path) -> Iterator[tuple[Recorded, Try]]:
    judged = Judged(folder, 3, BEGIN)
    try:
        work = recorded_run(judged, name)
        yield work.local, lambda moment, rng: work.tried(moment, rng, replaced=name == "restore")
    finally:
        judged.close()


@contextmanager
def _with_grist(name: str, folder: Path) -> Iterator[tuple[Recorded, Try]]:
    world = ProofWorld(folder)
    try:
        work = RecordedGristRun(world, name)
        yield work.local, work.tried
    finally:
        world.close()


@contextmanager
def _of_a_migration(schema: Path, folder: Path) -> Iterator[tuple[Recorded, Try]]:
    work = RecordedMigration(schema, folder, datetime.fromtimestamp(BEGIN, UTC))
    yield work.local, work.tried


def wrong_of(name: str, how_many: int, rng: random.Random) -> tuple[int, int]:
    """Try so many moments of a kind of work: how many were tried, and how many were wrong."""
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        with _work(name, Path(place)) as (local, tried):
            moments = local.moments()
            chosen = rng.sample(moments, min(how_many, len(moments)))
            wrong = sum(not _right(tried, moment, rng) for moment in chosen)
        os.chdir("/")
    sys.stdout.write(f"{name}: {len(chosen)} of {len(moments)} moments, {wrong} wrong\n")
    sys.stdout.flush()
    return len(chosen), wrong


def _work(name: str, folder: Path) -> AbstractContextManager[tuple[Recorded, Try]]:
    if name in WORKS:
        return _of_a_run(name, folder)
    return _with_grist(name, folder) if name in SITUATIONS else _of_a_migration(_schema(name), folder)


def _schema(name: str) -> Path:
    return next(one for one in SCHEMAS if one.stem == name.split()[-1])


def _right(tried: Try, moment: Moment, rng: random.Random) -> bool:
    try:
        tried(moment, rng)
    except Exception:  # noqa: BLE001 - whatever it is, it is told, and the next moment is tried
        sys.stdout.write(f"WRONG: {moment}\n{traceback.format_exc()}\n")
        return False
    return True


def main() -> int:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("how_many", type=int, nargs="?", default=400)
    made.add_argument("seed", type=int, nargs="?", default=1)
    made.add_argument("--only", choices=[*WORKS, *SITUATIONS, "Grist", "migration"])
    given = made.parse_args()
    logging.disable(logging.CRITICAL)
    names = [*WORKS, *SITUATIONS, *(f"migration of {one.stem}" for one in SCHEMAS[:-1])]
    names = [one for one in names if not given.only or one.startswith(given.only)]
    counted = [0, 0]
    with read_keys_once():
        for number, name in enumerate(names):
            share = -(-(given.how_many - counted[0]) // (len(names) - number))
            tried, wrong = wrong_of(name, share, random.Random(f"{given.seed} {name}"))
            counted = [counted[0] + tried, counted[1] + wrong]
    sys.stdout.write(f"{counted[0]} losses of power, {counted[1]} wrong (seed {given.seed})\n")
    return 1 if counted[1] or counted[0] < given.how_many else 0


if __name__ == "__main__":
    sys.exit(main())
