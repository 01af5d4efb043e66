"""The installed command, killed for real at random moments and in the middle of requests; then a clean run and the oracle."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from syncdb.sandbox.faults import Fault
from tests import seeds
from tests.reliability.judged import Judged
from tests.reliability.oracle import examined

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, str(ROOT / "shopify_sheets_sync.py"), "--full"]
DEFAULT_KILLS, LONG_KILLS = 8, 1000
WHOLE = 1.5  # seconds: about how long a run takes with its start; only where the random moments fall hangs on it


def test_killed_at_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _kill(tmp_path, DEFAULT_KILLS, seed=1)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_killed_a_thousand_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """SYNCDB_KILLS sets another number, SYNCDB_SEED the seed, which is told."""
    monkeypatch.chdir(tmp_path)
    _kill(tmp_path, int(os.environ.get("SYNCDB_KILLS", LONG_KILLS)), seeds.told(request.node))


def _kill(folder: Path, kills: int, seed: int) -> None:
    rng = random.Random(seed)
    judged = Judged(folder, 3, float(int(time.time())), in_memory=False)
    killed = 0
    try:
        for round_ in range(kills):
            # one change of the shop and one at the sheet, so that each run has something to write
            judged.shop(rng.choice((0, 1, 1)), rng.randrange(10_000))
            if round_ % 2:
                judged.person(rng.choice((2, 6, 8)), rng.randrange(20), rng.randrange(20))
            killed += _run_and_kill(judged, rng)
            judged.world.pass_time(seconds=120)
            if round_ % 4 == 3:
                judged.agree(runs=1)
            if round_ % 100 == 99:
                sys.stderr.write(f"{round_ + 1} runs, {killed} of them killed, all made good\n")
        judged.agree()
    finally:
        judged.close()
    examined["kills"] += killed
    assert killed > kills // 2, f"only {killed} of {kills} runs were still alive to be killed"


def _run_and_kill(judged: Judged, rng: random.Random) -> bool:
    """Start the command and kill it: at a random moment, or while a request of it is on its way. Whether it was still alive."""
    world = judged.world
    environment = os.environ | world.sandbox.environment() | world.env | {"SHEET_COLUMNS": ",".join(world.columns)}
    with subprocess.Popen(
        COMMAND, env=environment, cwd=world.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        if rng.random() < 0.75:
            # the request is applied although its sender is dead by then
            where, skip = rng.choice((("sheets write", 0), ("sheets write", 1), ("any", rng.randrange(9))))
            world.faults.add(Fault("meanwhile", where, skip=skip, action=process.kill))
            judged.told.append(f"killed at request {skip} ({where})")
            process.communicate(timeout=120)
        else:
            moment = rng.uniform(0.4, WHOLE)
            judged.told.append(f"killed after {moment:.3f} s")
            try:
                process.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
    world.faults.clear()
    assert process.returncode in (0, 3, -9, 1) if os.name == "nt" else process.returncode in (0, 3, -9), process.returncode
    return process.returncode not in (0, 3)
