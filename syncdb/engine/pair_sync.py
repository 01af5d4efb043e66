"""A run between two live systems: what changed on either side is compared and brought over, entity by entity.

The story on one page. Orders have a story of their own (`sync`), because the ledger keeps them whole.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from syncdb.clock import Clock
from syncdb.connectors.base import Changes
from syncdb.engine.apply import REFUSED, Applier
from syncdb.engine.belonging import InQuestion
from syncdb.engine.causes import unreadable
from syncdb.engine.held import tell_held
from syncdb.engine.naming import names_in, overtaken_notes, without_id
from syncdb.engine.older_copy import OLDER_COPY, begin_anew, forget_old_base, keep_seen, older_copy, stopped
from syncdb.engine.pair_run import Derived, EntitySync, PairRun
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import Reconciled, Surprised, examine, linked, reconcile, refuse_surprises, refuse_too_many
from syncdb.engine.recording import recorded
from syncdb.engine.report import ORDER_COUNTS, HeldBack, Note, Report
from syncdb.engine.request import RunRequest, begun_as, everything_is_due, mode_of
from syncdb.engine.retention import cut_history
from syncdb.engine.spool import Chained
from syncdb.errors import NeedsPerson, Refused, SyncdbError
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.runs import Problem
from syncdb.model import Action, Conflict, Plan, Side
from syncdb.values import iso
from syncdb.wording import counted

MOST_NAMED = 10  # conflicts that a run tells one by one
MOST_NAMED_DRY = 10_000  # records of a dry run's plan that are told by name, of each entity
MOST = 2000  # changes of one entity beyond which looking at everything is the shorter way
UNREADABLE = "Correct that value where it stands, or choose another field in the settings. Nothing was written over it."


@dataclass(slots=True)
class PairSync:
    """One run. With `request.dry` the ledger must be a copy, and nothing is written anywhere else."""

    ledger: Ledger
    pair_run: PairRun
    request: RunRequest
    clock: Clock
    rng: random.Random
    progress: Progress
    plans: dict[str, Plan] = field(default_factory=dict, init=False)  # by entity, once it ran
    _stopped: list[SyncdbError] = field(default_factory=list, init=False)
    _named: dict[Side, Mapping[str, tuple[str, ...] | None]] = field(default_factory=dict, init=False)

    _in_question: InQuestion = field(init=False)
    _looked: dict[str, tuple[str, ...] | None] = field(default_factory=dict, init=False)  # keys by entity; None: all

    def __post_init__(self) -> None:
        references = {one.pair.name: one.pair.references for one in self.pair_run.entities}
        self._in_question = InQuestion(self.ledger, references)

    def run(self) -> Report:
        """Do it all and record how it went. What a person can act on is in the report; only defects are raised."""
        return recorded(self.ledger, self.pair_run.name, self.request.dry, self.clock, self._steps, begun_as(self.request))

    def _steps(self, report: Report) -> None:
        deep = everything_is_due(self.ledger, self.pair_run.name, self.request, self.clock.now())
        report.mode = mode_of(self.request, deep)
        report.writes = [side for side in Side if any(one.pair.policy.may_write(side) for one in self.pair_run.entities)]
        for name in ORDER_COUNTS:
            report.counts.pop(name, None)  # orders are another run's
        self._say_what_is_kept()
        self._begin_anew_if_asked()
        self.progress.stage("Asking what changed")
        changes = self._changes(deep)
        self._refuse_older_copies(report, changes)
        self._named = self._keys_of_named()
        for entity in self._linked_entities():
            self.progress.stop_if_asked()
            try:
                keys = self._keys(entity, changes, deep)
                self._looked[entity.name] = keys if keys is None else tuple(keys)
                self._one(report, entity, keys)
            except (NeedsPerson, Refused) as stopped:
                # the other entities go on; nothing that changed is forgotten, because the cursors stay
                self._stopped.append(stopped)
                if isinstance(stopped, Surprised):
                    self._question_deleted(entity.pair.name, stopped.plan)
        self._take_plans(report)
        if not self.request.dry:
            pairs = (one.pair.name for one in self.pair_run.entities)
            report.open_conflicts = sum(self.ledger.records(pair).conflict_count() for pair in pairs)
        for news in self.pair_run.news():
            report.note(Note(news.code, news.message, news.next_step))
        if self._stopped:
            raise all_of(self._stopped)
        if not self.request.dry and not report.partial and not self.pair_run.part and changes:
            self._move_on(changes, deep)
        report.partial = report.partial or self.pair_run.lacking
        if not self.request.dry:
            cut_history(self.ledger, self.request.keep, self.clock, self.progress)

    def _say_what_is_kept(self) -> None:
        """Remember which things these runs keep in step: what an earlier shop or document had is not counted among them."""
        name, kept = state_keys.entities(self.pair_run.name), [one.pair.name for one in self.pair_run.entities]
        earlier = self.ledger.runs.get(name)
        silent = self.pair_run.part or self.pair_run.one_of_several
        if not silent and earlier != kept:
            with self.ledger.transaction():
                self.ledger.runs.put(name, kept)
                for left in set(earlier or ()).difference(kept):  # nobody listens for its changes until it is kept again
                    self.ledger.runs.put(state_keys.shown(left), None)

    def _changes(self, deep: bool) -> dict[Side, Changes]:
        """What either side says has changed since it was last asked; with `only_named` that of a side that asked to be asked."""
        asked = {side: feed for side, feed in self.pair_run.feeds.items() if not self.request.only_named or self._asks(side)}
        return {side: feed.changes(None if deep else self._cursor(side)) for side, feed in asked.items()}

    def _asks(self, side: Side) -> bool:
        """Whether the side said that something changed, and not what."""
        naming = self.pair_run.naming.get(side)
        return naming is not None and naming.keys is None and bool(self.request.named.get(naming.system))

    def _keys_of_named(self) -> dict[Side, Mapping[str, tuple[str, ...] | None]]:
        """What was named in the meantime, by the keys of its side."""
        named = {side: (one, self.request.named.get(one.system)) for side, one in self.pair_run.naming.items()}
        return {side: one.keys(things) for side, (one, things) in named.items() if things and one.keys is not None}

    def _begin_anew_if_asked(self) -> None:
        """Only a run that looks at all fields may: the others would keep what was agreed about them."""
        if self.pair_run.part:
            return
        policies = {one.pair.name: one.pair.policy for one in self.pair_run.entities}
        if OLDER_COPY in self.request.accept:
            begin_anew(self.ledger, self.pair_run.name, policies)
        forget_old_base(self.ledger, policies)

    def _refuse_older_copies(self, report: Report, changes: Mapping[Side, Changes]) -> None:
        """Raise NeedsPerson where a side no longer knows the state in which it was last seen."""
        asked = (older_copy(self.ledger, self.pair_run.name, side, feed.put_back) for side, feed in self.pair_run.feeds.items())
        told = [why for why in asked if why]
        if told and not self.request.dry:
            raise stopped(told, self.pair_run.part)
        if told:
            report.would_stop(stopped(told, self.pair_run.part))
        elif not self.request.dry:
            keep_seen(self.ledger, self.pair_run.name, {side: change.cursor for side, change in changes.items()})

    def _linked_entities(self) -> list[EntitySync]:
        """The entities, those whose sides have ids of their own as seen by keys."""
        part = self.pair_run.part
        return [replace(one, pair=replace(linked(one.pair, self.ledger), part=part)) for one in self.pair_run.entities]

    def _one(self, report: Report, entity: EntitySync, keys: list[str] | None) -> None:
        """Settle what earlier runs left open, then bring this entity into agreement."""
        pair = entity.pair
        if self.request.dry:
            self._plan_only(report, entity, keys)
            return
        rules = pair.policy.rules
        applier = Applier(
            self.ledger, pair.name, pair.sides, report.run_id, self.clock, self.rng, self.progress, pair.joins, rules
        )
        if applier.settle_unfinished():
            keys = None
        if keys == []:
            return
        self.pair_run.hold()
        self.progress.stage(f"Comparing {entity.name}")
        for side in Side:
            applier.make_structure(side)
        self.pair_run.remember()
        result = reconcile(
            self.ledger, pair, keys, applier, self.progress, past_guard=self.request.force, in_question=self._in_question
        )
        self.plans[entity.name] = result.plan
        self._question_deleted(pair.name, result.plan)
        report.counts["fetched"] += result.plan.compared
        report.counts.update(result.counts)
        report.counts["quarantined"] += len(result.unsettled | {key for key, _ in self._unreadable(entity)})
        self._tell_held(report, entity)
        report.partial = report.partial or not result.complete
        self._name(report, entity, result)
        self._remember(entity, keys, result.unsettled, result.complete, report.run_id)

    def _name(self, report: Report, entity: EntitySync, result: Reconciled) -> None:
        """What was held back, with the reasons, and what people call it; of conflicts the names of the first."""
        pair = entity.pair.name
        unread = {key: f"{name}: {why}" for (key, name), why in self._unreadable(entity).items()}
        names = names_in(self.ledger, pair, (*result.refused, *unread))
        for reasons, next_step in ((result.refused, REFUSED), (unread, UNREADABLE)):
            for key, why in reasons.items():
                report.held_back.append(HeldBack(key, names[key], without_id(why, key), next_step))
        report.names |= names_in(self.ledger, pair, (one.key for one in result.plan.conflicts[:MOST_NAMED]))
        for note in overtaken_notes(self.ledger, pair, result.overtaken):
            report.note(note)

    def _question_deleted(self, pair: str, plan: Plan) -> None:
        """What is to be deleted is in question: done, it is hidden along with what belongs to it; else it is the one question."""
        self._in_question.note(pair, (one.key for one in plan.operations if one.action is Action.DELETE))

    def _plan_only(self, report: Report, entity: EntitySync, keys: list[str] | None) -> None:
        pair = entity.pair
        open_writes = self.ledger.journal(pair.name).unfinished()
        if open_writes:
            writes = counted(len(open_writes), f"earlier write of {entity.name}", f"earlier writes of {entity.name}")
            told = f"Without a known outcome yet: {writes}; a real run finds that out"
            report.note(Note("unfinished", f"{told} first. Its plan may differ from this one."))
        for side in pair.sides.values():
            if side.structure(self.rng.randrange(1, 2**31)) is not None:
                report.note(Note("structure", f"{side.title}: {side.can.structure} is lacking; a real run makes it first."))
                report.counts["structure"] += 1
        now, looked = iso(self.clock.now()), None if open_writes else keys
        self.progress.stage(f"Comparing {entity.name}")
        plan = examine(self.ledger, pair, looked, report.run_id, now, self.progress, self._in_question)
        self.plans[entity.name] = plan
        self._question_deleted(pair.name, plan)
        report.counts["fetched"] += plan.compared
        self._name_planned(report, pair.name, plan)
        self._tell_held(report, entity)
        report.partial = report.partial or not plan.complete
        try:
            refuse_surprises(self.ledger, pair, plan, full=looked is None)
            refuse_too_many(pair, plan)
        except NeedsPerson as guard:
            report.would_stop(guard, entity.name)

    def _name_planned(self, report: Report, pair: str, plan: Plan) -> None:
        """What people call the first records of a dry run's plan: nobody but its copy of the ledger knows what it saw."""
        planned = (op.key for op in islice(plan.operations, MOST_NAMED_DRY) if op.action is not Action.CREATE)
        named = names_in(self.ledger, pair, chain((one.key for one in plan.conflicts[:MOST_NAMED_DRY]), planned))
        report.names |= {key: name for key, name in named.items() if name != key}

    def _keys(self, entity: EntitySync, changes: Mapping[Side, Changes], deep: bool) -> list[str] | None:
        """What to look at: what either side says has changed, what is still open and what a person decided; None is all."""
        told = [self._as_keys(entity, side, change.keys.get(entity.name, ())) for side, change in changes.items()]
        told += [self._as_keys(entity, side, keys.get(entity.name, ())) for side, keys in self._named.items()]
        other = self.ledger.runs.get(state_keys.shown(entity.pair.name)) != entity.shown
        if self.request.only_named and other:
            return []  # never compared by these rules: an ordinary run looks at all of it
        if deep or any(keys is None for keys in told) or other:
            return None
        again = self.ledger.runs.get(state_keys.again(entity.pair.name)) or []
        decided = self.ledger.verdicts(entity.pair.name).keys()
        following = chain(*(self._following(entity, one) for one in entity.derived))
        keys = list(dict.fromkeys(chain(*(keys or () for keys in told), again, decided, following)))
        return keys if len(keys) <= MOST else None

    def _following(self, entity: EntitySync, one: Derived) -> Iterator[str]:
        """Records whose source was looked at in this run and says something else now, or may: nothing was agreed about it."""
        looked = self._looked.get(one.of, ())
        source = next((other.pair.name for other in self.pair_run.entities if other.name == one.of), "")
        if looked == () or not source:
            return
        doubtful = {key for key, field, *_ in self.ledger.records(source).conflicts() if field in ("", one.source)}
        doubtful |= set(self.ledger.runs.get(state_keys.again(source)) or ())
        found = self.ledger.records(entity.pair.name).referring(one.via, one.name, source, one.source, looked)
        yield from (key for key, other, differs in found if differs or other in doubtful or self.request.dry)

    def _as_keys(self, entity: EntitySync, side: Side, ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """What a side says has changed, by the keys of the pair."""
        if ids is None or entity.pair.joins is None:
            return ids
        return tuple(entity.pair.joins.keys(side, ids).values())

    def _tell_held(self, report: Report, entity: EntitySync) -> None:
        held = [reading.held for reading in entity.readings.values()]
        tell_held(self.ledger, entity.pair.name, entity.name, held, report, iso(self.clock.now()))

    def _unreadable(self, entity: EntitySync) -> dict[tuple[str, str], str]:
        """What either side could not read, by key and field."""
        found: dict[tuple[str, str], str] = {}
        for side, reading in entity.readings.items():
            met = reading.unreadable
            keys = entity.pair.joins.keys(side, {id for id, _ in met}) if entity.pair.joins else {id: id for id, _ in met}
            for (id, name), why in met.items():
                earlier = found.get((keys[id], name))
                found[keys[id], name] = f"{earlier}; {why}" if earlier else why
        return found

    def _remember(self, entity: EntitySync, keys: list[str] | None, unsettled: set[str], complete: bool, run_id: int) -> None:
        """What could not be settled is looked at again; what could be is no longer held against its record."""
        pair, now = entity.pair.name, iso(self.clock.now())
        again = set(self.ledger.runs.get(state_keys.again(pair)) or [])
        earlier, tried = again if self.pair_run.part else set(), again if complete else set()
        unread = self._unreadable(entity)
        with self.ledger.transaction():
            self.ledger.runs.put(state_keys.again(pair), sorted(unsettled | earlier))
            if complete and not self.pair_run.part:
                self.ledger.runs.put(state_keys.shown(pair), entity.shown)
            for (key, name), why in unread.items():
                told = f"{name} of {key}: {why}"
                problem = Problem("read", unreadable(entity.name, name), told, key, "", UNREADABLE, pair)
                self.ledger.problems.add(problem, run_id, now)
            settled = f"settled in run {run_id}"
            self._resolve(entity, "read", keys, {key for key, _ in unread}, settled, now, tried)
            if not self.pair_run.part:  # what was refused may be of a field that was not compared
                self._resolve(entity, "write", keys, unsettled, settled, now, tried)

    def _resolve(
        self, entity: EntitySync, stage: str, keys: list[str] | None, still: set[str], how: str, now: str, tried: set[str]
    ) -> None:
        """Close what was held against records that were looked at and are in order now, or gone: those of this entity that
        are known, and those that were `tried` again.
        """
        pair = entity.pair.name
        problems = self.ledger.problems.quarantined(stage, pair)
        looked = problems if keys is None else set(keys).intersection(problems)
        for key in {*self.ledger.records(pair).known(looked), *tried.intersection(looked)}:
            if key not in still:
                self.ledger.problems.resolve(stage, key, how, now, pair)

    def _take_plans(self, report: Report) -> None:
        operations = Chained([plan.operations for plan in self.plans.values()])
        conflicts: list[Conflict] = [one for plan in self.plans.values() for one in plan.conflicts]
        plan = Plan(operations, tuple(conflicts), all(plan.complete for plan in self.plans.values()))
        report.take(plan, plan.digest)
        for each in self.plans.values():
            removed = (one.side for one in each.operations if one.action is Action.DELETE)
            report.removals.update((side, each.removal.get(side, "deleted")) for side in removed)
        with self.ledger.transaction():
            self.ledger.runs.planned(report.run_id, plan.digest)

    def _cursor(self, side: Side) -> str | None:
        stored: str | None = self.ledger.runs.get(state_keys.cursor(self.pair_run.name, side.value))
        return stored

    def _move_on(self, changes: Mapping[Side, Changes], deep: bool) -> None:
        """Everything that changed up to these cursors is settled, or remembered as open."""
        cursors = {side: self.pair_run.feeds[side].after_own_writes(change.cursor) for side, change in changes.items()}
        with self.ledger.transaction():
            for side, cursor in cursors.items():
                self.ledger.runs.put(state_keys.cursor(self.pair_run.name, side.value), cursor)
                self.ledger.runs.put(state_keys.seen(self.pair_run.name, side.value), cursor)
            if deep:
                self.ledger.runs.put(state_keys.examined(self.pair_run.name), iso(self.clock.now()))
        self.pair_run.remember()


def all_of(stopped: Sequence[SyncdbError]) -> SyncdbError:
    """Why a run did not do all of it: each reason once, with what to do about it. One that a person must look at counts most."""
    first = next((one for one in stopped if isinstance(one, NeedsPerson)), stopped[0])
    reasons = dict.fromkeys(map(str, stopped))
    if len(reasons) == 1:
        return first
    told = " ".join(f"({number}) {one}" for number, one in enumerate(reasons, 1))
    steps = " ".join(dict.fromkeys(one.next_step for one in stopped if one.next_step))
    return NeedsPerson(told, next_step=steps) if isinstance(first, NeedsPerson) else first.in_words(told, steps)
