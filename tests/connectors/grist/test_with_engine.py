"""The real engine and ledger between a system in memory and a Grist table: dying at any step, and random histories."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from syncdb.connectors.grist import TableBinding, TableColumn
from syncdb.engine.apply import Applier
from syncdb.engine.guards import Limits
from syncdb.engine.progress import Silent
from syncdb.engine.reconcile import EntityPair, Reconciled, reconcile
from syncdb.errors import RetryLater
from syncdb.ledger import Ledger
from syncdb.model import OnMissing, Owner, Policy, Rule, Side, Tie
from tests.connectors.grist.conftest import Bench, Line
from tests.engine.hostile import Crash, Steps, World
from tests.sandbox.grist.places import Place, place

COLUMNS = (TableColumn("title", "Title"), TableColumn("count", "Count", "Int"))
TWO_WAY = Policy(
    {"title": Rule(Owner.BOTH, tie=Tie.ASK), "count": Rule(Owner.BOTH, tie=Tie.SUM)},
    create_left=True,
    create_right=True,
    missing_left=OnMissing.DELETE,
    missing_right=OnMissing.DELETE,
)


class Stepping(Line):
    """Marks the boundaries before and after each call; loses answers to writes by chance."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = Steps()
        self.rng: random.Random | None = None

    def request(self, method: str, url: str, *args: Any, **keywords: Any) -> requests.Response:  # type: ignore[override]
        self.steps.here()
        if self.rng and not self.lose and self.rng.random() < 0.15:
            self.lose = [self.rng.random() < 0.5] if method in ("PUT", "POST") and not url.endswith(("/sql", "/list")) else []
        answer = super().request(method, url, *args, **keywords)
        self.steps.here()
        return answer


class GristWorld(World):
    """Memory on the left, Grist on the right; each run is a process of its own."""

    def __init__(self, folder: Path, policy: Policy, bench: Bench, line: Stepping, seed: int = 0) -> None:
        super().__init__(folder, policy, seed)
        self.bench, self.line = bench, line
        self.binding: TableBinding | None = None

    def sync(self, steps: Steps | None = None) -> Reconciled:
        self.line.steps = steps = steps or Steps()
        return super().sync(steps)

    def _sync(self, ledger: Ledger) -> Reconciled:
        table = self.bench.table(columns=COLUMNS, binding=self.binding)
        limits = Limits(few=10**6, few_restored=10**6, few_deletes=10**6, few_live=10**6)
        pair = EntityPair("test", self.left, table, self.policy, limits)
        with ledger.transaction():
            run_id = ledger.runs.start("test", "full", "2026-11-21T07:00:00Z")
        applier = Applier(ledger, pair.name, pair.sides, run_id, self.clock, self.rng, Silent())
        applier.settle_unfinished()
        applier.make_structure(Side.RIGHT)
        self.binding = table.binding
        result = reconcile(ledger, pair, None, applier, Silent())
        with ledger.transaction():
            ledger.runs.end(run_id, "2026-11-21T07:00:01Z", 0, "", result.counts, [], False)
        return result

    def there(self) -> dict[str, dict[str, Any]]:
        rows = [row for row in self.bench.rows() if row["Shopify_ID"]]
        return {row["Shopify_ID"]: {"title": row["Title"], "count": row["Count"]} for row in rows}


@contextmanager
def a_world(server: Place, folder: Path, policy: Policy, seed: int = 0) -> Iterator[GristWorld]:
    """A world with a document of its own."""
    with server.document() as doc, Stepping() as line:
        yield GristWorld(folder, policy, Bench(doc, line), line, seed)


def moved_both_ways(world: GristWorld) -> None:
    world.left.rows = {f"k{n}": {"title": f"Thing {n}", "count": 10} for n in range(5)}
    world.sync()
    world.left.rows["k0"]["count"] = 8  # two sold here
    world.bench.types("k0", Count=15)  # five received there
    world.left.rows["k1"]["title"] = "left's"
    world.bench.types("k2", Title="right's")
    born = {"Shopify_ID": "r", "Title": "born", "Count": 1}
    world.bench.doc.ok("POST", "/tables/Products/records", {"records": [{"fields": born}]})
    del world.left.rows["k3"]
    world.left.rows["new"] = {"title": "fresh", "count": 1}


def is_right(world: GristWorld) -> None:
    assert world.there() == world.left.rows
    assert world.left.rows["k0"]["count"] == 13
    assert (world.left.rows["k1"]["title"], world.left.rows["k2"]["title"]) == ("left's", "right's")
    assert set(world.left.rows) == {"k0", "k1", "k2", "k4", "r", "new"}


def test_dying_at_any_step_is_made_good(tmp_path: Path) -> None:
    with place("local") as server:
        at = 1
        while dies_and_is_made_good(server, tmp_path / str(at), at):
            at += 1
    assert at > 30, "too few steps were examined to mean anything"


def dies_and_is_made_good(server: Place, folder: Path, at: int) -> bool:
    """A run that dies at a step and the clean run after it; whether there was such a step."""
    folder.mkdir()
    with a_world(server, folder, TWO_WAY) as world:
        moved_both_ways(world)
        try:
            world.sync(Steps(die_at=at))
        except Crash:
            world.sync()
            is_right(world)
            assert not world.sync().plan.operations, f"after dying at step {at}, a third run still found something to do"
            return True
        is_right(world)
        return False


@pytest.mark.parametrize("seed", range(8))
def test_random_histories_end_in_agreement_and_lose_no_edit(tmp_path: Path, seed: int) -> None:
    with place("local") as server:
        a_random_history(server, tmp_path, seed)


def test_a_random_history_ends_in_agreement_on_every_server(server: Place, tmp_path: Path) -> None:
    a_random_history(server, tmp_path, seed=100)


def a_random_history(server: Place, folder: Path, seed: int) -> None:
    """Edits on both sides, renames, new records, and answers that are lost at any time."""
    rng = random.Random(seed)
    with a_world(server, folder, TWO_WAY, seed) as world:
        world.left.rows = {f"k{n}": {"title": f"Thing {n}", "count": n} for n in range(4)}
        world.sync()
        movement = {key: int(str(row["count"])) for key, row in world.left.rows.items()}
        for _ in range(8):
            for _ in range(rng.randrange(4)):
                something_happens(world, rng, movement)
            run_with_trouble(world, rng)
        world.sync()
        assert not world.sync().plan.operations
        assert {key: row["count"] for key, row in world.there().items()} == movement
        assert {key: row["count"] for key, row in world.left.rows.items()} == movement


def run_with_trouble(world: GristWorld, rng: random.Random) -> None:
    """A run whose writes may lose their answers; one that gives up leaves the rest to the next."""
    world.line.rng = rng if rng.random() < 0.6 else None
    try:
        world.sync()
    except RetryLater as later:
        assert world.line.rng is not None, later
    world.line.rng = None
    world.line.lose.clear()


def something_happens(world: GristWorld, rng: random.Random, movement: dict[str, int]) -> None:
    key = rng.choice(sorted(movement))
    more = rng.randrange(1, 50)
    match rng.randrange(6):
        case 0:
            world.left.rows[key]["count"] += more  # type: ignore[operator]
            movement[key] += more
        case 1:
            shown = world.there()[key]["count"] if key in world.there() else None
            if shown is not None:
                world.bench.types(key, Count=shown + more)
                movement[key] += more
        case 2:
            world.left.rows[key]["title"] = f"left {more}"
        case 3:
            if key in world.there():
                world.bench.types(key, Title=f"right {more}")
        case 4:
            new = f"n{len(movement)}"
            world.left.rows[new] = {"title": new, "count": more}
            movement[new] = more
        case 5:
            label = rng.choice(["Name", "Titel", "Title"])
            ref = world.binding.layout.places["title"].ref  # type: ignore[union-attr]
            world.bench.doc.ok("POST", "/apply", [["UpdateRecord", "_grist_Tables_column", ref, {"label": label}]])
            world.bench.doc.ok("POST", "/apply", [["UpdateRecord", "_grist_Tables_column", ref, {"label": "Title"}]])
