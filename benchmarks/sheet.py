"""What keeping a Google Sheet in step with a shop costs: the first fill, runs with nothing new, a full look, some changed orders.

    python -m benchmarks.sheet [--orders 10000] [--repeat 5] [--changed 1.0]

A shop and Google are local and stay in this process (see `sheet_place`); each run is `shopify_sheets_sync.py` in a process of
its own with its settings in a file, the default columns and a row for each line of an order. CPU is user and system time of that
process, wall counts from its start to its end, starting Python and waiting for Google's quota included. Requests and the bytes of
their bodies are counted by the server. Beside a run with nothing new stands a process that only imports the same libraries.
"""

import argparse
import json
import math
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.goals import Goal, table
from benchmarks.process import ROOT, Spent, run
from benchmarks.sheet_place import SheetPlace

COMMAND = ROOT / "shopify_sheets_sync.py"
PACKED = 2_000_000  # bytes of a request that Google recommends (Sheets API, usage limits)
HEAD_KB = 100.0  # more than its first 20 rows ever have here; the keys alone of 100,000 rows are 2 MB
IDLE_CPU = 0.5  # seconds, imports included
WELL_UNDER = 0.5  # of the second that the goal names
IDLE = "nothing new"
FILL = "first fill"
# what the command imports from files that are neither Python's own nor ours, in the order in which it does
LISTING = """
import sys
sys.path.insert(0, sys.argv[1])
import syncdb.cli.run_pair
from syncdb.pairs.registry import pair_named
pair_named("sheets").load_implementation()
own = {*sys.stdlib_module_names, "syncdb", "__main__"}
for name, module in sys.modules.items():
    if name.partition(".")[0] not in own and getattr(getattr(module, "__spec__", None), "has_location", False):
        print(name)
"""
IMPORTING = """
import sys
from importlib import import_module
for name in sys.argv[1:]:
    import_module(name)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run, or the median of several: what it took, its requests, the bytes of their bodies, and what it wrote."""

    name: str
    spent: Spent
    shopify: int
    reads: int
    writes: int
    tokens: int
    sent: int
    received: int
    written: int  # bytes of the write requests alone
    rows: int
    cells: int

    @property
    def google(self) -> int:
        return self.reads + self.writes + self.tokens


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was measured of a shop and its sheet. `libraries`: a process that only imports what the command imports."""

    orders: int
    rows: int
    runs: tuple[Run, ...]
    libraries: Spent

    def run(self, name: str) -> Run:
        return next(one for one in self.runs if one.name == name)


def measure(orders: int, repeat: int = 5, changed: float = 1.0) -> Sheet:
    """Fill a sheet and run on. `changed` is in percent of the orders. Raises SystemExit where a run does not end well."""
    with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as name, SheetPlace(Path(name), orders) as place:
        fill = _run(FILL, place)
        idle, libraries = _idle(place, repeat)
        full = _run("full look", place, "--full")
        count = place.change(max(1, round(orders * changed / 100)))
        runs = (fill, idle, full, _run(f"{count:,} orders changed", place))
        again = _run("nothing new after that", place)
        if again.rows or again.cells or again.writes:
            raise SystemExit(f"the run after the last wrote again: {again}")
        return Sheet(orders, fill.rows, runs, libraries)


def _run(name: str, place: SheetPlace, *options: str) -> Run:
    before = Counter(place.counts)
    ended = run([str(COMMAND), "--json", *options], place.folder, place.environment())
    if ended.code:
        raise SystemExit(f"{name}: the command ended with {ended.code}\n{ended.out}\n{ended.err}")
    made = Counter(place.counts)
    made.subtract(before)
    report = json.loads(ended.out)
    if report["partial"] or report["notes"]:
        raise SystemExit(f"{name}: the run was not what was to be measured: {report['notes']}")
    kinds = ("read", "write", "token")
    return Run(
        name,
        ended.spent,
        shopify=sum(count for (system, _, what), count in made.items() if (system, what) == ("shopify", "requests")),
        reads=made["google", "read", "requests"],
        writes=made["google", "write", "requests"],
        tokens=made["google", "token", "requests"],
        sent=sum(made["google", kind, "sent"] for kind in kinds),
        received=sum(made["google", kind, "received"] for kind in kinds),
        written=made["google", "write", "sent"],
        rows=report["counts"]["rows_added"],
        cells=report["counts"]["cells_changed"],
    )


def _idle(place: SheetPlace, repeat: int) -> tuple[Run, Spent]:
    """Runs with nothing new, each followed by one of importing only: the medians of what they took."""
    listed = run(["-c", LISTING, str(ROOT)], place.folder).out.split()
    runs, imports = [], []
    for _ in range(repeat):
        runs.append(_run(IDLE, place))
        imports.append(_imported(listed, place.folder))
    alike = {(one.shopify, one.reads, one.writes, one.tokens) for one in runs}
    if len(alike) > 1:
        raise SystemExit(f"runs with nothing new differ in their requests: {alike}")
    return replace(runs[-1], spent=_middle([one.spent for one in runs])), _middle(imports)


def _imported(names: Sequence[str], folder: Path) -> Spent:
    ended = run(["-c", IMPORTING, *names], folder)
    if ended.code:
        raise SystemExit(f"the libraries could not be imported: {ended.err}")
    return ended.spent


def _middle(spent: Sequence[Spent]) -> Spent:
    return Spent(median(one.wall for one in spent), median(one.cpu for one in spent), median(one.memory for one in spent))


def goals(sheet: Sheet) -> list[Goal]:
    """The goals of one size beside what was measured."""
    fill, idle = sheet.run(FILL), sheet.run(IDLE)
    of = f"sheet of {sheet.rows:,} rows"
    return [
        Goal(f"{of}: requests to Shopify with nothing new", 2, idle.shopify),
        Goal(f"{of}: requests to Google with nothing new", 3, idle.google),
        Goal(f"{of}: writes with nothing new", 0, idle.writes),
        Goal(f"{of}: kB from Google with nothing new (its first rows)", HEAD_KB, idle.received / 1e3, " kB"),
        Goal(f"{of}: nothing new, CPU", IDLE_CPU, idle.spent.cpu, " s"),
        Goal(f"{of}: nothing new, wall beside the import of libraries", WELL_UNDER, idle.spent.wall - sheet.libraries.wall, " s"),
        Goal(f"{of}: write requests of the first fill (bytes / 2 MB, + 3)", math.floor(fill.written / PACKED) + 3, fill.writes),
    ]


def shown(sheet: Sheet) -> list[str]:
    """What was measured as lines of text."""
    heads = f"{'':26}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'Shopify':>9}{'reads':>7}{'writes':>8}{'tokens':>8}"
    heads += f"{'kB sent':>11}{'kB received':>13}{'rows added':>12}{'cells changed':>15}"
    lines = [f"{sheet.orders:,} orders, {sheet.rows:,} rows", heads]
    for one in sheet.runs:
        spent = f"{one.spent.wall:>8.2f}{one.spent.cpu:>8.2f}{one.spent.memory:>9.0f}"
        requests = f"{one.shopify:>9}{one.reads:>7}{one.writes:>8}{one.tokens:>8}"
        size = f"{one.sent / 1e3:>11,.1f}{one.received / 1e3:>13,.1f}"
        lines.append(f"{one.name:26}{spent}{requests}{size}{one.rows:>12,}{one.cells:>15,}")
    idle, libraries = sheet.run(IDLE).spent, sheet.libraries
    lines.append(f"{'its libraries, imported':26}{libraries.wall:>8.2f}{libraries.cpu:>8.2f}{libraries.memory:>9.0f}")
    beside = f"{idle.wall - libraries.wall:.2f} s wall, {idle.cpu - libraries.cpu:.2f} s CPU"
    return [*lines, f"{IDLE}, beside the import of its libraries: {beside}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, nargs="+", default=[10_000], help="several sizes are compared")
    parser.add_argument("--repeat", type=int, default=5, help="runs with nothing new, of which the median is shown")
    parser.add_argument("--changed", type=float, default=1.0, help="percent of the orders that change in the shop")
    given = parser.parse_args()
    sheets = []
    for orders in given.orders:
        sheets.append(measure(orders, given.repeat, given.changed))
        print("\n".join(shown(sheets[-1])), flush=True)
    print("\n".join(table(goal for one in sheets for goal in goals(one))))


if __name__ == "__main__":
    main()
