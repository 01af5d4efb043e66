"""Carry out a plan: journal, write, settle what is unknown, mend what went astray, record. Nothing here decides what to write."""

import logging
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.base import Connector
from syncdb.engine.causes import REFUSAL, refusal_of
from syncdb.engine.links import Joins
from syncdb.engine.policy import DECIDED, KEPT_SO, ROW_RESTORED, WENT_OVER
from syncdb.engine.progress import Progress
from syncdb.errors import NeedsPerson, NotUnderstood, RemoteError, RetryLater
from syncdb.ledger import Ledger
from syncdb.ledger.runs import Problem
from syncdb.model import Action, Attempt, Operation, Outcome, Owner, Plan, Result, Rule, Side
from syncdb.values import Value, iso
from syncdb.wording import counted

log = logging.getLogger("syncdb.apply")

MEND_ROUNDS = 5
ECHOES = 2  # how often what one side made of a write is brought to the other, which may make something of it again
AHEAD = 2_500  # operations looked at for one batch: more than most batches hold, fewer than memory minds
REFUSED = "Correct it where it was put in; the next run tries again. What was refused was not written."
FAR_AHEAD = 10_000  # the same for narrow rows, of which all that were looked at went into one batch
ADDED, CHANGED = "rows_added", "rows_changed"


@dataclass(slots=True)
class Tally:
    """What came of a plan: counts, the keys to be planned again, and those that were refused with the reasons."""

    counts: Counter[str] = field(default_factory=Counter)
    stale: set[str] = field(default_factory=set)
    rejected: dict[str, str] = field(default_factory=dict)
    refused: list[Operation] = field(default_factory=list)  # updates of several fields, of which the others may well be taken
    following: list[Operation] = field(default_factory=list)  # what one side made of a write, for the other one

    def reasons(self, key: str) -> tuple[str, ...]:
        """Why what was written to this record so far was refused."""
        return (self.rejected[key],) if key in self.rejected else ()


@dataclass(frozen=True, slots=True)
class Applier:
    """Writes for one pair. Whether to end is only asked between two writes."""

    ledger: Ledger
    pair: str
    sides: Mapping[Side, Connector]
    run_id: int
    clock: Clock
    rng: random.Random
    progress: Progress
    joins: Joins | None = None  # where the two sides have ids of their own
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def settle_unfinished(self) -> bool:
        """Find out what became of earlier attempts that have no recorded outcome; whether there were any."""
        unfinished = self.ledger.journal(self.pair).unfinished()
        for one in unfinished:
            self.progress.stop_if_asked()
            log.info("settling write %s of run %s (%s)", one.attempt.token, one.run_id, one.purpose)
            tally = Tally()
            self._finish(one.side, one.attempt, self._settled(one.side, one.attempt), tally)
        return bool(unfinished)

    def make_structure(self, side: Side) -> bool:
        """Make what the side lacks before records can stand there (a tab, its headers); whether anything was made."""
        made, failing = False, ""
        for _ in range(MEND_ROUNDS):
            attempt = self.sides[side].structure(self._token())
            if attempt is None:
                return made
            self._begin_structure(side, attempt)
            outcomes = self._write(side, attempt)
            with self.ledger.transaction():
                self.ledger.journal(self.pair).end(attempt.token, took_place(outcomes), self.now())
            made = made or took_place(outcomes)
            failing = next((outcome.why for outcome in outcomes), "")
        if failing:
            raise RetryLater(
                f"{self.sides[side].name}: what is needed there could not be made in {MEND_ROUNDS} attempts: {failing}.",
                next_step="Run it again later: what is missing is looked for, and made then.",
            )
        raise NeedsPerson(
            f"{self.sides[side].name}: what is needed there could not be made; each attempt was undone by somebody else.",
            next_step="See whether another program works on the same place, then run again.",
        )

    def apply(self, plan: Plan) -> Tally:
        """Write every operation of the plan, in batches as the connectors can take them.

        An update that is refused is sent again field by field, so that one field holds back no other. What a side makes of a
        write is brought to the other side, so that it is nobody's edit.
        """
        tally = Tally()
        for side in self.sides:
            self._apply(side, (op for op in plan.operations if op.side is side), tally, planned=True)
            for part in _field_by_field(tally.refused):
                self._apply(side, iter(part), tally)
            tally.refused.clear()
        for _ in range(ECHOES):
            following, tally.following = tally.following, []
            for side in self.sides:
                self._apply(side, (op for op in following if op.side is side), tally)
        tally.stale |= {op.key for op in (*tally.following, *tally.refused)}
        return tally

    def _apply(self, side: Side, coming: Iterator[Operation], tally: Tally, *, planned: bool = False) -> None:
        """Only what was `planned` is a step: what follows of it belongs to the same record."""
        connector = self.sides[side]
        ahead = AHEAD
        waiting = list(islice(coming, ahead))
        while waiting:
            self.progress.stop_if_asked()
            attempt = connector.prepare(waiting, self._token())
            waiting = waiting[len(attempt.operations) :]
            ahead = ahead if waiting else FAR_AHEAD
            waiting += islice(coming, ahead - len(waiting))
            self._begin(side, attempt, "records")
            self._finish(side, attempt, self._write(side, attempt), tally)
            if planned:
                self.progress.advance(len(attempt.operations))

    def _write(self, side: Side, attempt: Attempt) -> list[Outcome]:
        try:
            outcomes = self.sides[side].write(attempt)
        except NotUnderstood:
            raise  # it may well stand there: the next run finds out
        except (RemoteError, NeedsPerson):
            # refused for certain: nothing of it stands there and nothing will
            with self.ledger.transaction():
                self.ledger.journal(self.pair).end(attempt.token, False, self.now())
            raise
        unknown = any(outcome.result is Result.UNKNOWN for outcome in outcomes)
        return self._settled(side, attempt) if unknown else outcomes

    def _settled(self, side: Side, attempt: Attempt) -> list[Outcome]:
        outcomes = self.sides[side].settle(attempt)
        if any(outcome.result is Result.UNKNOWN for outcome in outcomes):
            raise RetryLater(
                f"{self.sides[side].name} did not answer a write of {counted(len(attempt.operations), 'row')}, "
                "nor whether it took place.",
                next_step="Run again later: the next run first finds out what became of that write. Nothing is sent twice.",
            )
        if doubted := _not_applied(attempt, outcomes, self.sides[side].can.fence):
            with self.ledger.transaction():
                self.ledger.late_writes(self.pair).add(doubted)
        return outcomes

    def _begin_structure(self, side: Side, attempt: Attempt) -> None:
        """About fields that have no place there nothing is agreed any more: what a new place shows is nobody's edit."""
        unseen: Any = attempt.evidence.get("unseen", ())
        with self.ledger.transaction():
            self.ledger.journal(self.pair).begin(attempt, side, "structure", self.run_id, self.now())
            if unseen:
                self.ledger.records(self.pair).unlearn(unseen)

    def _begin(self, side: Side, attempt: Attempt, purpose: str) -> None:
        with self.ledger.transaction():
            self.ledger.journal(self.pair).begin(attempt, side, purpose, self.run_id, self.now())

    def _finish(self, side: Side, attempt: Attempt, outcomes: Sequence[Outcome], tally: Tally) -> None:
        """Record the outcomes. If some went astray, the write that takes them back joins the journal in the same transaction."""
        for _ in range(MEND_ROUNDS):
            astray = any(outcome.result is Result.STALE for outcome in outcomes) or not attempt.operations
            mending = self.sides[side].mend(attempt, self._token()) if astray else None
            with self.ledger.transaction():
                self._record(side, attempt, outcomes, tally)
                if mending is not None:
                    self.ledger.journal(self.pair).begin(mending, side, "mend", self.run_id, self.now())
            if mending is None:
                return
            log.warning("%s changed in the moment of a write, which went astray; putting it right", self.sides[side].title)
            tally.counts["mended"] += 1
            attempt, outcomes = mending, self._write(side, mending)
        raise NeedsPerson(
            f"{self.sides[side].title} keeps changing while it is written, and a value of ours may stand in the wrong cell.",
            next_step="Run again when fewer people edit; the next run looks at every row.",
        )

    def _record(self, side: Side, attempt: Attempt, outcomes: Sequence[Outcome], tally: Tally) -> None:
        now = self.now()
        homes = self.ledger.records(self.pair).homes(op.key for op in attempt.operations)
        # an attempt without operations may have an outcome all the same: its own
        for operation, outcome in zip(attempt.operations, outcomes if attempt.operations else (), strict=True):
            self._record_one(operation, outcome, homes.get(operation.key, ""), now, tally)
        self.ledger.journal(self.pair).end(attempt.token, took_place(outcomes), now)

    def _record_one(self, operation: Operation, outcome: Outcome, order_id: str, now: str, tally: Tally) -> None:
        records = self.ledger.records(self.pair)
        if outcome.result is Result.STALE:
            tally.stale.add(operation.key)
            if outcome.overwritten:
                records.written(_went_over(operation, outcome), outcome, order_id, self.run_id, now)
            return
        refused = outcome.why if outcome.result is Result.REJECTED else self._not_joined(operation, outcome)
        if refused is not None and operation.action is Action.UPDATE and len(operation.changes) > 1:
            tally.refused.append(operation)
            return
        if refused is not None:
            tally.rejected[operation.key] = "; ".join(dict.fromkeys((*tally.reasons(operation.key), refused)))
            records.call(operation.key, {**operation.expected, **operation.changes})  # people must be told which record it is
            cause = refusal_of(next(iter(operation.changes))) if operation.action is Action.UPDATE else REFUSAL
            problem = Problem("write", cause, refused, order_id or operation.key, "", REFUSED, self.pair)
            self.ledger.problems.add(problem, self.run_id, now)
            return
        if operation.action is Action.DELETE:
            records.forget(operation.key)
        elif self._given_id(operation, outcome):
            operation = replace(operation, key=str(outcome.id), changes={**operation.changes, **outcome.instead})
            seen = {name: value for name, value in operation.changes.items() if name not in outcome.without}
            records.agree(operation.key, seen, self.run_id, now)
        else:
            agreed = operation.base_after(records.base(operation.key)) if operation.opposite else operation.changes
            followed = {name: value for name, value in outcome.instead.items() if self._may_follow(operation.side.other, name)}
            unlike = outcome.without | (outcome.instead.keys() - followed.keys())
            seen = {name: value for name, value in agreed.items() if name not in unlike}
            records.agree(operation.key, seen, self.run_id, now, outcome.ref)
            if unlike:
                tally.stale.add(operation.key)  # what stands there instead is compared in the same run
            if followed:
                tally.following.append(_followed(operation, followed))
        if DECIDED in operation.reason:
            self._carried_out(operation, now)
        records.written(operation, outcome, order_id, self.run_id, now)
        if order_id and outcome.ref:
            self.ledger.orders.place(order_id, outcome.ref)
        done = {Action.CREATE: ADDED, Action.UPDATE: CHANGED}.get(operation.action) or self._removed(operation.side, outcome)
        tally.counts[done] += 1
        if operation.side is Side.LEFT:
            tally.counts[f"{done}_left"] += 1
        tally.counts[f"written_{operation.side.value}"] += 1
        tally.counts["cells_changed"] += len(operation.changes) if operation.action is Action.UPDATE else 0
        tally.counts["rows_restored"] += operation.reason == ROW_RESTORED

    def _given_id(self, operation: Operation, outcome: Outcome) -> bool:
        """Whether a new record has another key from now on: the id that was given to it, which the other side is to show, too."""
        made = operation.action is Action.CREATE and outcome.id is not None
        return made and self.joins is None and outcome.id != operation.key

    def _removed(self, side: Side, outcome: Outcome) -> str:
        """What a deletion is counted as, by what it came to."""
        word = self.sides[side].can.removal if outcome.instead else "deleted"
        return f"rows_{word.replace(' ', '_')}"

    def _may_follow(self, side: Side, name: str) -> bool:
        """Whether a side may be given what the other made of its value: a shop only where both may change the field."""
        rule = self.rules.get(name)
        return rule is not None and (rule.owner is Owner.BOTH or not self.sides[side].can.live)

    def _not_joined(self, operation: Operation, outcome: Outcome) -> str | None:
        """Keep which id a new record was given, or drop the ids of a deleted one. Why that cannot be, None where it can."""
        if self.joins is None or operation.action is Action.UPDATE:
            return None
        if operation.action is Action.DELETE:
            self.joins.forget(operation.key)
            return None
        id = outcome.id or operation.key
        if self.joins.join(operation.side, operation.key, id):
            return None
        name = self.sides[operation.side].name
        return (
            f"{name} answered the creation of a record with the id {id}, which is another record's. Nothing was agreed about it."
        )

    def _carried_out(self, operation: Operation, now: str) -> None:
        """A decision is carried out; one that is written on both sides only once they are seen to agree."""
        fields = operation.changes if operation.action is Action.UPDATE else (None,)
        done = [(operation.key, name) for name in fields if name is None or name not in operation.opposite]
        self.ledger.verdicts(self.pair).end(done, f"carried out in run {self.run_id}", now)

    def _token(self) -> int:
        """A fresh random number for an attempt; a counter would be used twice after a ledger is restored."""
        journal = self.ledger.journal(self.pair)
        return next(token for token in iter(lambda: self.rng.randrange(1, 2**31), None) if not journal.knows(token))

    def now(self) -> str:
        return iso(self.clock.now())


def _field_by_field(refused: Sequence[Operation]) -> list[list[Operation]]:
    """Refused updates as updates of one field each; in one part each record stands once."""
    most = max((len(op.changes) for op in refused), default=0)
    return [[_only(op, list(op.changes)[number]) for op in refused if number < len(op.changes)] for number in range(most)]


def _only(operation: Operation, name: str) -> Operation:
    opposite = {name: operation.opposite[name]} if name in operation.opposite else {}
    expected = {name: operation.expected.get(name)}
    return replace(operation, expected=expected, changes={name: operation.changes[name]}, opposite=opposite)


def _went_over(operation: Operation, outcome: Outcome) -> Operation:
    """The operation as it took place: on top of what somebody had put there in that moment."""
    return replace(operation, expected={**operation.expected, **outcome.overwritten}, reason=f"{operation.reason}+{WENT_OVER}")


def _followed(operation: Operation, instead: Mapping[str, Value]) -> Operation:
    """What the other side is to show, because this side keeps it so."""
    expected = {name: operation.changes[name] for name in instead}
    return Operation(operation.side.other, Action.UPDATE, operation.key, None, expected, dict(instead), KEPT_SO)


def _not_applied(attempt: Attempt, outcomes: Sequence[Outcome], fenced: bool) -> list[Operation]:
    """Operations that did not take place when it was looked, and may have, or may still: not those that are fenced off."""
    answered = zip(attempt.operations, outcomes if attempt.operations else (), strict=True)
    return [one for one, outcome in answered if outcome.result is Result.STALE and (outcome.doubted or not fenced)]


def took_place(outcomes: Sequence[Outcome]) -> bool:
    """Whether an attempt was applied at all. One without operations that says nothing of itself was."""
    return not outcomes or any(outcome.result is Result.DONE for outcome in outcomes)
