"""Many random histories of two stores: `python -m tests.reliability.stores [HOW_MANY [FIRST_SEED]] [--catalogue]`.

Of stock, of which so many are played at once, in rounds that have a seed each; or with `--catalogue` of all else that is kept in
step, one after the other. The seeds are the first one, the next, and so on.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reliability.stores import catalogue, histories

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """`portion` rounds are played in one pair of stores, so that what piles up there is cleared away."""

    at_once: int
    portion: int
    world: Callable[[Path], Any]
    play: Callable[[int, int, Any], Counter[str]]


STOCK = Kind(AT_ONCE, 25, lambda folder: histories.StockWorld(folder, AT_ONCE), histories.play)
CATALOGUE = Kind(1, 10, catalogue.CatalogueWorld, catalogue.play)


def played(kind: Kind, count: int, first: int) -> None:
    """Play at least so many and tell how far it has come. Raises AssertionError with the story of the first that is wrong."""
    begun, met, done, rounds = time.monotonic(), Counter[str](), 0, -(-count // kind.at_once)
    while done < rounds:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            world = kind.world(Path(folder))
            portion = min(kind.portion, rounds - done)
            try:
                met += kind.play(portion, first + done, world)
            finally:
                world.close()
                os.chdir("/")
        done += portion
        told = f"{done * kind.at_once} of {rounds * kind.at_once} histories right, seeds {first} to {first + done - 1}"
        sys.stdout.write(f"{told}, {time.monotonic() - begun:.0f} s; {dict(met)}\n")
        sys.stdout.flush()


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("count", type=int, nargs="?", default=10_000)
    made.add_argument("first", type=int, nargs="?", default=1)
    made.add_argument("--catalogue", action="store_true")
    given = made.parse_args()
    logging.disable(logging.CRITICAL)
    played(CATALOGUE if given.catalogue else STOCK, given.count, given.first)


if __name__ == "__main__":
    main()
