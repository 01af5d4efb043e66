"""The programs compared: how each is installed, told of the shop, started, and how what it brought is counted.

The public ones are installed unmodified from PyPI, each into an environment of its own. They have Shopify's address written into
them; in their processes a `sitecustomize` sends what goes to that host to the shop on this computer, over plain HTTP, and
refuses every other host. Nothing else of them is changed.

Left out: Matatika's tap-shopify and the Shopify source of dlt are published only as Git repositories on GitHub, from where this
command was never run (dlt's library alone is on PyPI).
"""

import json
import os
import sqlite3
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[1]
SHOP, TOKEN = "kayra-demo", "shpat_0123456789abcdef0123456789abcdef"
SINCE = timedelta(days=59)  # before every order; two of tap-shopify's windows of 30 days
REDIRECTED = ROOT / "benchmarks" / "extractors_redirected"


class NotRun(Exception):
    """A program could not be installed or did not come to its end; the text is its last words."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What came out: orders (and how many of them more than once) and line items."""

    orders: int
    twice: int
    line_items: int


@dataclass(frozen=True, slots=True)
class Launch:
    """A command and the environment it runs in."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Program:
    """`takes`: seconds that a bulk operation runs. `once`: too slow to be repeated. `package` is empty for our own."""

    name: str
    package: str
    takes: float
    once: bool
    launch: Callable[[Path, Path, str], Launch]
    read: Callable[[Path, Path], Brought]


def installed(package: str, cache: Path) -> Path:
    """The folder of programs of the package's own environment, made at first use. Raises NotRun."""
    place = cache / package.replace("==", "-")
    programs = place / ("Scripts" if os.name == "nt" else "bin")
    if not (place / "complete").exists():
        print(f"installing {package} into {place}", flush=True)
        venv.create(place, clear=True, with_pip=True)
        _called([str(programs / "python"), "-m", "pip", "install", "--quiet", package], dict(os.environ))
        (place / "complete").write_text(package, encoding="utf-8")
    return programs


def _called(command: list[str], environment: dict[str, str]) -> str:
    """What a preparing command prints. It is not measured."""
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise NotRun((done.stderr or done.stdout)[-2000:])
    return done.stdout


def redirected(url: str) -> dict[str, str]:
    """The environment of a program that takes the shop at this address for its own."""
    return dict(os.environ) | {"PYTHONPATH": str(REDIRECTED), "BENCHMARK_SHOP": url.removeprefix("http://")}


def _written(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def _syncdb(_: Path, folder: Path, url: str) -> Launch:
    command = [sys.executable, "-m", "benchmarks.first_load", "--part", "syncdb", "--url", url, "--folder", str(folder)]
    return Launch(command, dict(os.environ) | {"PYTHONPATH": str(ROOT)})


def _tap(days: int) -> Callable[[Path, Path, str], Launch]:
    """tap-shopify with all fields of its orders; `days` is its own setting of how much one bulk operation asks for."""

    def launch(programs: Path, folder: Path, url: str) -> Launch:
        start = (datetime.now(UTC) - SINCE).strftime("%Y-%m-%dT%H:%M:%SZ")
        settings = {"shop": SHOP, "api_key": TOKEN, "start_date": start, "date_window_size": days}
        config = _written(folder, "config.json", settings)
        environment, program = redirected(url), str(programs / "tap-shopify")
        catalog = json.loads(_called([program, "--config", config, "--discover"], environment))
        streams = [stream for stream in catalog["streams"] if stream["stream"] == "orders"]
        for part in streams[0]["metadata"]:
            part["metadata"]["selected"] = True
        chosen = _written(folder, "catalog.json", {"streams": streams})
        return Launch([program, "--config", config, "--catalog", chosen], environment)

    return launch


def _airbyte(programs: Path, folder: Path, url: str) -> Launch:
    start = (datetime.now(UTC) - SINCE).strftime("%Y-%m-%d")
    credentials = {"auth_method": "api_password", "api_password": TOKEN}
    config = _written(folder, "config.json", {"shop": SHOP, "start_date": start, "credentials": credentials})
    environment, program = redirected(url), str(programs / "source-shopify")
    said = _called([program, "discover", "--config", config], environment)
    found = [json.loads(line) for line in said.splitlines() if '"CATALOG"' in line]
    stream = next(one for one in found[0]["catalog"]["streams"] if one["name"] == "orders")
    chosen = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
    catalog = _written(folder, "catalog.json", {"streams": [chosen]})
    return Launch([program, "read", "--config", config, "--catalog", catalog], environment)


def _ledger(output: Path, folder: Path) -> Brought:
    found = json.loads(output.read_bytes())
    if found["partial"] or found["notes"]:
        raise NotRun(f"the load was not what was to be measured: {found}")
    ledger = sqlite3.connect(folder / "ledger.db")
    orders, lines = ledger.execute("SELECT count(*), sum(line_count) FROM order_tracking").fetchone()
    ledger.close()
    return Brought(orders, 0, lines)


def _counted(records: Iterator[tuple[int, int]]) -> Brought:
    seen, lines = Counter[int](), 0
    for order, count in records:
        seen[order] += 1
        lines += count
    return Brought(len(seen), seen.total() - len(seen), lines)


def _messages(output: Path) -> Iterator[dict[str, Any]]:
    with output.open("rb") as lines:
        for line in lines:
            if line.startswith(b"{"):
                message: dict[str, Any] = orjson.loads(line)
                if message.get("type") == "RECORD":
                    yield message


def singer_records(output: Path, _: Path) -> Brought:
    records = (message["record"] for message in _messages(output))
    return _counted((int(str(one["id"]).rpartition("/")[2]), len(one["lineItems"] or ())) for one in records)


def airbyte_records(output: Path, _: Path) -> Brought:
    records = (message["record"]["data"] for message in _messages(output))
    return _counted((int(one["id"]), len(one["line_items"])) for one in records)


TAP, AIRBYTE = "tap-shopify==3.13.0", "airbyte-source-shopify==4.3.0"
PROGRAMS = (
    Program("syncdb", "", 1.0, False, _syncdb, _ledger),
    Program("airbyte-source-shopify", AIRBYTE, 1.0, False, _airbyte, airbyte_records),
    Program("tap-shopify", TAP, 1.0, True, _tap(30), singer_records),
    Program("tap-shopify (no wait)", TAP, 0.0, False, _tap(90), singer_records),
)
