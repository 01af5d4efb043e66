"""A run between two live systems: what changed on either side is compared and brought over, entity by entity.

The story on one page. Orders have a story of their own (`sync`), because the ledger keeps them whole.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from syncdb.clock import Clock
from syncdb.connectors.base import Changes, Feed
from syncdb.engine.apply import Applier
from syncdb.engine.progress import Watch
from syncdb.engine.reconcile import Pair, examine, reconcile, refuse_surprises
from syncdb.engine.recording import recorded
from syncdb.engine.report import Note, Report
from syncdb.engine.retention import cut_history
from syncdb.engine.spool import Chained
from syncdb.errors import NeedsPerson, Refused, SyncdbError
from syncdb.ledger import Ledger
from syncdb.ledger.runs import Problem
from syncdb.model import Conflict, Plan, Side
from syncdb.orders.order_sync import Wishes, everything_is_due
from syncdb.values import iso

MOST = 2000  # changes of one entity beyond which looking at everything is the shorter way
UNREADABLE = "Put a value of the right kind into that cell, or choose another column. Nothing was written over it."


class Reading(Protocol):
    """A side that may meet values which are not what their field holds (a word where a number belongs)."""

    @property
    def unreadable(self) -> Mapping[tuple[str, str], str]:
        """By key and field, why; they were left alone."""


class News(Protocol):
    """Something a side noticed that a person should know."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def next_step(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of thing that is kept in step (products, inventory ...). `shown` changes with its fields and rules.

    `reading` tells what it could not read.
    """

    name: str
    pair: Pair
    shown: str
    reading: "Reading"


@dataclass(frozen=True, slots=True)
class Between:
    """Two systems. `name` stands for them in the ledger; `remember` keeps there what ties us to a place in them.

    `news` tells what a side noticed since it was last asked. `part`: only some of what is configured is looked at this time, so
    that what changed otherwise must not be forgotten.
    """

    name: str
    entities: Sequence[Entity]
    feeds: Mapping[Side, Feed]
    remember: Callable[[], None]
    news: Callable[[], Iterable[News]]
    part: bool = False


@dataclass(slots=True)
class LiveSync:
    """One run. With `wishes.dry` the ledger must be a copy, and nothing is written anywhere else."""

    ledger: Ledger
    between: Between
    wishes: Wishes
    clock: Clock
    rng: random.Random
    watch: Watch
    plans: dict[str, Plan] = field(default_factory=dict, init=False)  # by entity, once it ran
    _stopped: list[SyncdbError] = field(default_factory=list, init=False)

    def run(self) -> Report:
        """Do it all and record how it went. What a person can act on is in the report; only defects are raised."""
        return recorded(self.ledger, self.between.name, self.wishes.dry, self.clock, self._steps)

    def _steps(self, report: Report) -> None:
        deep = everything_is_due(self.ledger, self.between.name, self.wishes, self.clock.now())
        report.mode = "test" if self.wishes.dry else "full" if deep else "incremental"
        self.watch.stage("Asking what changed")
        changes = {side: feed.changes(None if deep else self._cursor(side)) for side, feed in self.between.feeds.items()}
        for entity in self.between.entities:
            self.watch.stop_if_asked()
            try:
                self._one(report, entity, self._keys(entity, changes, deep))
            except (NeedsPerson, Refused) as stopped:
                # the other entities go on; nothing that changed is forgotten, because the cursors stay
                self._stopped.append(stopped)
        self._take_plans(report)
        for news in self.between.news():
            report.note(Note(news.code, news.message, news.next_step))
        if self._stopped:
            raise self._stopped[0]
        if not self.wishes.dry and not report.partial and not self.between.part:
            self._move_on(changes, deep)
        if not self.wishes.dry:
            cut_history(self.ledger, self.wishes.keep, self.clock, self.watch)

    def _one(self, report: Report, entity: Entity, keys: list[str] | None) -> None:
        """Settle what earlier runs left open, then bring this entity into agreement."""
        pair = entity.pair
        applier = Applier(self.ledger, pair.name, pair.sides, report.run_id, self.clock, self.rng, self.watch)
        if self.wishes.dry:
            self._plan_only(report, entity, keys)
            return
        if applier.settle_unfinished():
            keys = None
        if keys == []:
            return
        self.watch.stage(f"Comparing {entity.name}")
        applier.make_structure(Side.RIGHT)
        self.between.remember()
        result = reconcile(self.ledger, pair, keys, applier, self.watch, past_guard=self.wishes.force)
        self.plans[entity.name] = result.plan
        report.counts.update(result.counts)
        report.counts["quarantined"] += len(result.unsettled | {key for key, _ in entity.reading.unreadable})
        report.partial = report.partial or not result.complete
        self._remember(entity, keys, result.unsettled, result.complete, report.run_id)

    def _plan_only(self, report: Report, entity: Entity, keys: list[str] | None) -> None:
        pair = entity.pair
        open_writes = self.ledger.journal(pair.name).unfinished()
        if open_writes:
            told = f"{len(open_writes)} earlier write(s) of {entity.name} have no known outcome yet; a real run finds that out"
            report.note(Note("unfinished", f"{told} first. Its plan may differ from this one."))
        if pair.right.structure(self.rng.randrange(1, 2**31)) is not None:
            told = f"The table of {entity.name} or some of its columns do not exist yet; a real run makes them first."
            report.note(Note("structure", told))
            report.counts["structure"] += 1
        plan = examine(self.ledger, pair, None if open_writes else keys, report.run_id, iso(self.clock.now()), self.watch)
        self.plans[entity.name] = plan
        report.partial = report.partial or not plan.complete
        try:
            refuse_surprises(self.ledger, pair, plan)
        except NeedsPerson as guard:
            report.note(Note("guard", f"A real run would stop here ({entity.name}): {guard}", guard.next_step))

    def _keys(self, entity: Entity, changes: Mapping[Side, Changes], deep: bool) -> list[str] | None:
        """What to look at: what either side says has changed, what is still open and what a person decided; None is all."""
        told = [change.keys.get(entity.name, ()) for change in changes.values()]
        if deep or any(keys is None for keys in told) or self.ledger.runs.get(f"shown:{entity.pair.name}") != entity.shown:
            return None
        again = self.ledger.runs.get(f"again:{entity.pair.name}") or []
        decided = self.ledger.verdicts(entity.pair.name).keys()
        keys = list(dict.fromkeys(chain(*(keys or () for keys in told), again, decided)))
        return keys if len(keys) <= MOST else None

    def _remember(self, entity: Entity, keys: list[str] | None, unsettled: set[str], complete: bool, run_id: int) -> None:
        """What could not be settled is looked at again; what could be is no longer held against its record."""
        pair, now = entity.pair.name, iso(self.clock.now())
        earlier = set(self.ledger.runs.get(f"again:{pair}") or []) if self.between.part else set()
        unreadable = entity.reading.unreadable
        with self.ledger.transaction():
            self.ledger.runs.put(f"again:{pair}", sorted(unsettled | earlier))
            if complete and not self.between.part:
                self.ledger.runs.put(f"shown:{pair}", entity.shown)
            for (key, name), why in unreadable.items():
                problem = Problem("read", f"{entity.name}: {name}", f"{name} of {key}: {why}", key, "", UNREADABLE)
                self.ledger.problems.add(problem, run_id, now)
            for stage, still in (("write", unsettled), ("read", {key for key, _ in unreadable})):
                self._resolve(entity, stage, keys, still, f"settled in run {run_id}", now)

    def _resolve(self, entity: Entity, stage: str, keys: list[str] | None, still: set[str], how: str, now: str) -> None:
        """Close what was held against records that were looked at and are in order now."""
        problems = self.ledger.problems.quarantined(stage)
        looked = problems if keys is None else set(keys).intersection(problems)
        for key in self.ledger.records(entity.pair.name).known(looked):
            if key not in still:
                self.ledger.problems.resolve(stage, key, how, now)

    def _take_plans(self, report: Report) -> None:
        operations = Chained([plan.operations for plan in self.plans.values()])
        conflicts: list[Conflict] = [one for plan in self.plans.values() for one in plan.conflicts]
        plan = Plan(operations, tuple(conflicts), all(plan.complete for plan in self.plans.values()))
        report.take(plan, plan.digest)
        with self.ledger.transaction():
            self.ledger.runs.planned(report.run_id, plan.digest)

    def _cursor(self, side: Side) -> str | None:
        stored: str | None = self.ledger.runs.get(f"cursor:{self.between.name}:{side.value}")
        return stored

    def _move_on(self, changes: Mapping[Side, Changes], deep: bool) -> None:
        """Everything that changed up to these cursors is settled, or remembered as open."""
        cursors = {side: feed.after_own_writes(changes[side].cursor) for side, feed in self.between.feeds.items()}
        with self.ledger.transaction():
            for side, cursor in cursors.items():
                self.ledger.runs.put(f"cursor:{self.between.name}:{side.value}", cursor)
            if deep:
                self.ledger.runs.put(f"examined:{self.between.name}", iso(self.clock.now()))
        self.between.remember()
