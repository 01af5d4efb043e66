"""Memory connectors that lose answers and die, for proving the engine without any network."""

import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncdb.clock import Clock
from syncdb.connectors.memory import MemoryConnector
from syncdb.engine.apply import Applier
from syncdb.engine.guards import Limits
from syncdb.engine.match import Matching
from syncdb.engine.older_copy import begin_anew, forget_old_base
from syncdb.engine.progress import Silent
from syncdb.engine.reconcile import EntityPair, Reconciled, linked, reconcile
from syncdb.ledger import Ledger
from syncdb.model import Attempt, Outcome, Owner, Policy, Result, Rule, Side, Snapshot
from syncdb.values import Value

NAME = "name"
FREE = Limits(few=10**6, few_restored=10**6, few_deletes=10**6, few_live=10**6)


class Crash(BaseException):
    """The process dies here. Nothing that follows in it runs."""


class Steps:
    """Counts the boundaries a run passes; dies at the one chosen."""

    def __init__(self, die_at: int | None = None) -> None:
        self.passed = 0
        self.die_at = die_at

    def here(self) -> None:
        self.passed += 1
        if self.passed == self.die_at:
            raise Crash


class Hostile(MemoryConnector):
    """Marks the boundaries around each call, and loses answers as told: the next `script` entry decides a write's fate."""

    def __init__(self, name: str, rng: random.Random | None = None, ids: str = "") -> None:
        super().__init__(name, batch=3, ids=ids)
        self.steps = Steps()
        self.rng = rng
        self.late: list[Attempt] = []
        self.partial = False  # it does not show all
        self.unlisted: set[str] = set()  # ids that its listing lacks without a word

    def fetch(self) -> Iterator[Snapshot]:
        for shown in super().fetch():
            found = {id: one for id, one in shown.found.items() if id not in self.unlisted}
            yield replace(shown, found=found, complete=not self.partial)

    def write(self, attempt: Attempt) -> list[Outcome]:
        self.steps.here()
        fate = self.rng.choice(["ok", "ok", "lost", "cut", "late"]) if self.rng else "ok"
        if fate == "late":
            self.late.append(attempt)
        outcomes = super().write(attempt) if fate in ("ok", "lost") else []
        self.steps.here()
        return outcomes if fate == "ok" else [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        self.steps.here()
        outcomes = super().settle(attempt)
        self.steps.here()
        return outcomes

    def land_late(self) -> None:
        """Writes that were delayed on the way arrive now."""
        for attempt in self.late:
            super().write(attempt)
        self.late.clear()


class World:
    """Two systems and a ledger file between them.

    With `matching` both give ids of their own. What a record is, people tell by its name then, which nobody ever changes.
    """

    def __init__(
        self,
        folder: Path,
        policy: Policy,
        seed: int = 0,
        hostile: bool = False,
        matching: Matching | None = None,
        limits: Limits = FREE,
    ) -> None:
        self.path = folder / "ledger.db"
        self.matching, self.limits = matching, limits
        self.policy = policy if matching is None else replace(policy, rules={**policy.rules, NAME: Rule(Owner.LEFT)})
        rng = random.Random(seed)
        ids = ("L", "R") if matching else ("", "")
        self.left = self.system("left", random.Random(rng.random()) if hostile else None, ids[0])
        self.right = self.system("right", random.Random(rng.random()) if hostile else None, ids[1])
        self.rng = rng
        self.keys: list[str] | None = None
        self.time = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
        self.clock = Clock(now=lambda: self.time)

    def system(self, name: str, rng: random.Random | None, ids: str) -> Hostile:
        return Hostile(name, rng, ids)

    def add(self, side: Hostile, thing: str, row: Mapping[str, Value]) -> None:
        """A person makes a record."""
        side.rows[thing if self.matching is None else side.new_id()] = dict(row) | ({NAME: thing} if self.matching else {})

    def ids(self, side: Hostile) -> dict[str, str]:
        """The id of each thing on a side; each must stand there once."""
        if self.matching is None:
            return {key: key for key in side.rows}
        found = {str(row[NAME]): id for id, row in side.rows.items()}
        assert len(found) == len(side.rows), f"something stands twice on the {side.name}: {side.rows}"
        return found

    def things(self, side: Hostile) -> dict[str, dict[str, Value]]:
        """What stands on a side by what it is, as the rows themselves."""
        return {thing: side.rows[id] for thing, id in self.ids(side).items()}

    def sync(
        self,
        steps: Steps | None = None,
        keys: list[str] | None = None,
        *,
        anew: bool = False,
        changed: Mapping[Side, Collection[str]] | None = None,
    ) -> Reconciled:
        """One run as the engine does it, over everything, these keys, or what `changed` names by the ids of each side. `anew`: an
        older copy of one side was consented to.

        Raises Crash where `steps` says so, leaving the ledger as the dead process did.
        """
        self.time += timedelta(hours=1)
        steps = steps or Steps()
        self.left.steps = self.right.steps = steps
        ledger = Ledger.open(self.path, self.time)
        try:
            with _boundaries(ledger, steps):
                self.keys, self.changed = keys, changed
                if anew:
                    begin_anew(ledger, "test", {"test": self.policy})
                forget_old_base(ledger, {"test": self.policy})
                return self._sync(ledger)
        finally:
            ledger.close()

    def _sync(self, ledger: Ledger) -> Reconciled:
        pair = linked(EntityPair("test", self.left, self.right, self.policy, self.limits, self.matching), ledger)
        with ledger.transaction():
            run_id = ledger.runs.start("test", "full", "2026-11-21T07:00:00Z")
        applier = Applier(ledger, pair.name, pair.sides, run_id, self.clock, self.rng, Silent(), pair.joins, pair.policy.rules)
        keys = self.keys
        if self.changed is not None and pair.joins is not None:
            told = (pair.joins.keys(side, ids).values() for side, ids in self.changed.items())
            keys = list(dict.fromkeys(key for some in told for key in some))
        if applier.settle_unfinished():
            keys = self.keys
        result = reconcile(ledger, pair, keys, applier, Silent())
        with ledger.transaction():
            ledger.runs.end(run_id, "2026-11-21T07:00:01Z", 0, "", result.counts, [], False)
        return result


@contextmanager
def _boundaries(ledger: Ledger, steps: Steps) -> Iterator[None]:
    """Let the process die before and after each transaction of the ledger."""
    plain = ledger.transaction

    @contextmanager
    def watched() -> Iterator[None]:
        steps.here()
        with plain():
            yield
            steps.here()
        steps.here()

    ledger.transaction = watched  # type: ignore[method-assign]
    yield
