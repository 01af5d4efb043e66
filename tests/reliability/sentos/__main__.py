"""Many random histories between a shop and Sentos: `python -m tests.reliability.sentos --histories 2000 [--first SEED]`.

Each is told by its seed; the first that fails is printed with all that happened, and the command ends with 1.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.reliability.sentos.world import history


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.sentos", description="Random histories with Sentos.")
    parser.add_argument("--histories", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    asked = parser.parse_args(arguments)
    begun = time.monotonic()
    for seed in range(asked.first, asked.first + asked.histories):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                history(Path(folder), seed)
            except AssertionError as wrong:
                sys.stdout.write(f"history {seed} does not hold: {wrong}\n")
                return 1
            finally:
                os.chdir("/")
    sys.stdout.write(f"{asked.histories} histories held in {time.monotonic() - begun:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
