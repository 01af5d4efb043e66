"""What a command takes, in a process of its own: wall and CPU seconds, and the most memory it held.

A small process starts the command and asks for the usage of what it started: on Linux, the peak that a process is told of
itself also counts the one that started it.
"""

import compileall
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_STARTER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
memory = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
print(json.dumps([done.returncode, done.stdout, done.stderr, wall, used.ru_utime + used.ru_stime, memory]))
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds from start to end, seconds of user and system time, and MB at the most."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, what it printed, and what it took."""

    code: int
    out: str
    err: str
    spent: Spent


def peak() -> float:
    """The most memory this process held, in MB. On Linux `ru_maxrss` also counts the process that started this one."""
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / (1 << 10)


@cache
def compiled() -> None:
    """Compile the program, as an installation does: else each process that is measured compiles it where the environment says
    PYTHONDONTWRITEBYTECODE.
    """
    for package in ("syncdb", "benchmarks"):
        compileall.compile_dir(ROOT / package, quiet=1)


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Ended:
    """Run this Python with the given arguments in a folder. Not on Windows, which has no `resource`."""
    compiled()
    command = [sys.executable, "-c", _STARTER, sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    code, out, err, wall, cpu, memory = json.loads(done.stdout)
    return Ended(code, out, err, Spent(wall, cpu, memory))
