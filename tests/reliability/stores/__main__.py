"""Many random histories of stock in two stores: `python -m tests.reliability.stores [HOW_MANY [FIRST_SEED]]`.

So many of them are played at once, in rounds, each of which has a seed: the first one, the next, and so on.
"""

import logging
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.reliability.stores.histories import StockWorld, play

AT_ONCE = 20
PORTION = 25  # rounds in one pair of stores, so that what piles up there is cleared away


def main() -> None:
    given = [int(one) for one in sys.argv[1:3]]
    count, first = given[0] if given else 10_000, given[1] if len(given) > 1 else 1
    logging.disable(logging.CRITICAL)
    begun, met, done = time.monotonic(), Counter[str](), 0
    rounds = -(-count // AT_ONCE)
    while done < rounds:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            world = StockWorld(Path(folder), AT_ONCE)
            portion = min(PORTION, rounds - done)
            try:
                met += play(portion, first + done, world)
            finally:
                world.close()
                os.chdir("/")
        done += portion
        told = f"{done * AT_ONCE} of {rounds * AT_ONCE} histories right, seeds {first} to {first + done - 1}"
        sys.stdout.write(f"{told}, {time.monotonic() - begun:.0f} s; {dict(met)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
