"""Another process on the same computer, as of an overlapping cron job: started once, it runs the real command when told to.

Starting Python for each run would take a hundred times as long as the run that has to leave at once.
"""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock

ROOT = Path(__file__).resolve().parents[2]


class Neighbour:
    """The other process. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.neighbour"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        )

    def runs(self, environment: dict[str, str], time: float) -> tuple[int, str]:
        """One run of the command at that time (epoch seconds), in the other process: its exit code and what it wrote."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([environment, time]) + "\n")
        self._process.stdin.flush()
        code, said = json.loads(self._process.stdout.readline())
        return int(code), str(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)


def _one(environment: dict[str, str], time: float) -> tuple[int, str]:
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    clock = Clock(lambda: datetime.fromtimestamp(time + passed[0], UTC), lambda: passed[0], sleep)
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = run("sheets", RunOptions(full=True, as_json=True), environment, clock)
    return code, out.getvalue()


def main() -> None:
    """Read one run a line, answer in one line each, until nobody asks any more."""
    for line in sys.stdin:
        asked: list[Any] = json.loads(line)
        sys.stdout.write(json.dumps(_one(*asked)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
