"""One pair of systems brought into agreement: look, decide, guard, apply, and look again where something moved meanwhile.

One-way and two-way pairs run through here alike; they differ in their policy only.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Connector, Limited
from syncdb.engine.apply import Applier
from syncdb.engine.belonging import InQuestion
from syncdb.engine.guards import Cause, Change, Limits, Surprise, guard
from syncdb.engine.linked_triples import LinkedChanges, LinkedListing
from syncdb.engine.links import Joins, LinkedSide
from syncdb.engine.match import Matching
from syncdb.engine.naming import names_in
from syncdb.engine.older_copy import OLDER_COPY, values_return
from syncdb.engine.policy import Decision, Triple, decide
from syncdb.engine.progress import Progress
from syncdb.engine.references import referring
from syncdb.engine.spool import Spool
from syncdb.engine.triples import of_everything, of_keys
from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger
from syncdb.model import Action, Conflict, Plan, Policy, Side, Tie, Why
from syncdb.values import Value, canonical
from syncdb.wording import apart, counted

ROUNDS = 4
MOST_NEW = 100  # records that no other is known for, beyond which listing everything is the shorter way


@dataclass(frozen=True, slots=True)
class EntityPair:
    """Two connectors, the rules between them, and how much a run may do unasked.

    `matching` where the two have ids of their own; `linked` then puts keys in their place, with `joins`. `references` are fields
    that hold the id of another entity's record, each with the name of that entity's pair. `part`: the rules are those of some
    fields only, and nothing is said about the others.
    """

    name: str
    left: Connector
    right: Connector
    policy: Policy
    limits: Limits = field(default_factory=Limits)
    matching: Matching | None = None
    joins: Joins | None = None
    cause: Cause | None = None
    part: bool = False
    references: Mapping[str, str] = field(default_factory=dict)

    @property
    def compared(self) -> Collection[str] | None:
        """The fields that are compared where these are not all that are kept in step."""
        return self.policy.rules.keys() if self.part else None

    @property
    def sides(self) -> dict[Side, Connector]:
        return {Side.LEFT: self.left, Side.RIGHT: self.right}


def linked(pair: EntityPair, ledger: Ledger) -> EntityPair:
    """The pair as seen by keys. One whose sides have the same ids is returned as it is: it needs no links."""
    if pair.matching is None or pair.joins is not None:
        return pair
    joins = Joins.of(ledger, pair.name)
    to = {name: Joins.of(ledger, other) for name, other in pair.references.items()}
    left, right = (LinkedSide(referring(one, side, to), side, joins) for side, one in pair.sides.items())
    return replace(pair, left=left, right=right, joins=joins)


@dataclass(slots=True)
class Reconciled:
    """What a reconciliation came to. `unsettled` keys could not be brought into agreement and shall be looked at again.

    `refused` says by key why a side did not take a write, `overtaken` which decisions of people do not count any more.
    """

    plan: Plan
    digest: str
    counts: Counter[str] = field(default_factory=Counter)
    unsettled: set[str] = field(default_factory=set)
    refused: Mapping[str, str] = field(default_factory=dict)
    overtaken: tuple[tuple[str, str | None], ...] = ()
    complete: bool = True


class Surprised(NeedsPerson):
    """A guard stopped a plan, which is here for those whose plans go on."""

    def __init__(self, message: str, plan: Plan, *, next_step: str) -> None:
        super().__init__(message, next_step=next_step)
        self.plan = plan


def examine(
    ledger: Ledger,
    pair: EntityPair,
    keys: Sequence[str] | None,
    run_id: int,
    now: str,
    progress: Progress,
    in_question: InQuestion | None = None,
) -> Plan:
    """Compare just these keys, or everything if None, and plan what follows. Writes to no remote.

    What both sides already show alike joins the base on the way. Of what belongs to a record `in_question` nothing is asked.
    """
    operations = Spool()
    conflicts: list[Conflict] = []
    overtaken: list[tuple[str, str | None]] = []
    complete, compared = True, 0
    late = ledger.late_writes(pair.name).fields()
    for found in _triples(ledger, pair, keys, now):
        progress.stop_if_asked()
        block = _with_disputes(ledger, pair, _with_verdicts(ledger, pair, _with_doubts(found, late)))
        decisions = [decide(triple, pair.policy) for triple in block]
        if in_question is not None:
            decisions = in_question.settle(pair.name, block, decisions)
        overtaken += _record_agreement(ledger, pair, block, decisions, run_id, now)
        for decision in decisions:
            for operation in decision.operations:
                operations.append(operation)
            conflicts.extend(decision.conflicts)
        complete = complete and all(triple.sure_left and triple.sure_right for triple in block)
        compared += len(block)
        progress.advance(len(block))
    removal = {side: connector.can.removal for side, connector in pair.sides.items()}
    return Plan(operations, tuple(conflicts), complete, tuple(overtaken), removal, compared)


def _triples(ledger: Ledger, pair: EntityPair, keys: Sequence[str] | None, now: str) -> Iterator[list[Triple]]:
    records = ledger.records(pair.name)
    if keys is not None and not _may_match(pair, keys):
        return of_keys(keys, records, pair.left, pair.right)
    if pair.joins is None or pair.matching is None:
        return of_everything(records, pair.left, pair.right)
    joins = pair.joins

    def adopt(same: Sequence[tuple[str, str]]) -> list[str]:
        with ledger.transaction():
            return [joins.adopt(left, right, now) for left, right in same]

    if keys is not None and pair.matching.near is not None and len(joins.alone(keys)) <= MOST_NEW:
        return LinkedChanges(joins, pair.matching, pair.left, pair.right, adopt, keys).triples()
    return LinkedListing(joins, pair.matching, pair.left, pair.right, adopt).triples()


def _may_match(pair: EntityPair, keys: Sequence[str]) -> bool:
    """Whether some record that no other is known for could be the same thing as one that did not change: all must be seen."""
    return pair.joins is not None and bool(pair.matching and pair.matching.fields) and bool(pair.joins.alone(keys))


def refuse_too_many(pair: EntityPair, plan: Plan) -> None:
    """Raise NeedsPerson where a side has no room for what the plan would make there."""
    for side, connector in pair.sides.items():
        if isinstance(connector, Limited):
            connector.refuse_too_many([op.key for op in plan.operations if op.side is side and op.action is Action.CREATE])


def refuse_surprises(
    ledger: Ledger, pair: EntityPair, plan: Plan, written: Mapping[str, int] | None = None, *, full: bool = False
) -> None:
    """Raise NeedsPerson where the plan does more to what exists than the limits allow.

    `written` counts what earlier rounds of this run wrote: that stands, and the message says so. `full`: everything was compared,
    which a dry run does only if told to.
    """
    live = {side: connector.can.fits for side, connector in pair.sides.items() if connector.can.live}
    returns = [one for side in live if (one := _values_return(ledger, pair, plan, side)) is not None]
    if not returns and not guard(plan, {}, pair.limits, live):
        return  # known records, of which a large shop has millions, are counted only where there is so much to hold against them
    homes = ledger.records(pair.name).homes(op.key for op in plan.operations if op.action is Action.UPDATE)
    reasons = [*returns, *guard(plan, _known(ledger, pair, plan), pair.limits, live, homes)]
    if reasons:
        told = "; ".join(_told_with_changes(ledger, pair, one) for one in reasons)
        older = f" If it was put back to an older copy, run once with --accept {OLDER_COPY}: every difference is asked then."
        raise Surprised(
            f"Stopped before writing to {_written_to(pair, plan)}: {told}. "
            f"{f'{pair.cause.what} ' if pair.cause else ''}{_left_standing(written or {})}",
            plan,
            next_step=f"Look at what a run would do with --test{' --full' if full else ''}. "
            f"If that is what you want, run once with {_consent(pair)}."
            f"{older if returns else ''}",
        )


def _values_return(ledger: Ledger, pair: EntityPair, plan: Plan, to: Side) -> Surprise | None:
    title = pair.sides[to.other].title
    return values_return(ledger, pair.name, pair.policy, plan, to, title, pair.limits)


def _consent(pair: EntityPair) -> str:
    return f"--accept {pair.cause.consent}" if pair.cause else "--force"


def _known(ledger: Ledger, pair: EntityPair, plan: Plan) -> dict[Side, int]:
    """How many records stood on each side before: those with a base, and those that are changed though nothing was agreed yet."""
    records = ledger.records(pair.name)
    agreed = records.agreed_count()
    return {side: agreed + records.not_agreed(_updated(plan, side)) for side in Side}


def _updated(plan: Plan, side: Side) -> Iterator[str]:
    return (op.key for op in plan.operations if op.side is side and op.action is Action.UPDATE)


def _told_with_changes(ledger: Ledger, pair: EntityPair, surprise: Surprise) -> str:
    """The sentence of a surprise with the first changes, each named as people call the record."""
    names = names_in(ledger, pair.name, (one.key for one in surprise.first))
    first = dict.fromkeys(_told_change(one.name or names[one.key], one) for one in surprise.first)  # an order's lines share it
    return f"{surprise.told}, first {'; '.join(first)}" if first else surprise.told


def _told_change(name: str, change: Change) -> str:
    before, after = apart(_shown(change.before), _shown(change.after))
    return f"{name}: {change.field} {before} -> {after}" if change.field else name


def _shown(value: Value) -> str:
    """A value as people read it: the parts of an address one after the other."""
    text = "nothing" if canonical(value) is None else str(value)
    if not text.startswith("{"):
        return text
    with suppress(ValueError):
        parts = json.loads(text)
        return ", ".join(str(part) for part in parts.values()) if all(isinstance(one, str) for one in parts.values()) else text
    return text


def _written_to(pair: EntityPair, plan: Plan) -> str:
    """The systems that a plan writes to, as people call them."""
    sides = {operation.side for operation in plan.operations}
    return " and ".join(connector.title for side, connector in pair.sides.items() if side in sides)


def _left_standing(written: Mapping[str, int]) -> str:
    """What a refused plan left as it was. Only its own writes: a run may have written before it found more to do."""
    count = sum(written.get(f"written_{side.value}", 0) for side in Side)
    if not count:
        return "No record was changed."
    stand = "stands and is" if count == 1 else "stand and are"
    return f"None of that was done; {counted(count, 'record')} written before in this run {stand} recorded."


def reconcile(
    ledger: Ledger,
    pair: EntityPair,
    keys: Sequence[str] | None,
    applier: Applier,
    progress: Progress,
    *,
    past_guard: bool = False,
    in_question: InQuestion | None = None,
) -> Reconciled:
    """Examine, guard and apply; where something moved between look and write, look again and finish.

    Looked at again is everything, or just what moved where both sides know it by ids of their own.
    """
    result: Reconciled | None = None
    moved: set[str] = set()
    for _ in range(ROUNDS):
        plan = examine(ledger, pair, keys, applier.run_id, applier.now(), progress, in_question)
        if result is None:
            result = Reconciled(plan, plan.digest)
            with ledger.transaction():
                ledger.runs.planned(applier.run_id, result.digest)
        else:
            result.plan = _with_later_conflicts(result.plan, plan, moved)
        if not past_guard:
            refuse_surprises(ledger, pair, plan, result.counts, full=keys is None)
        if plan.operations:
            progress.stage("Writing", len(plan.operations))
        tally = applier.apply(plan)
        if tally.counts["rows_added_left"] and pair.joins is None:
            applier.make_structure(Side.RIGHT)  # new records have ids now, by which that side is to know them
        result.counts.update(tally.counts)
        result.unsettled, result.refused = tally.stale | tally.rejected.keys(), tally.rejected
        result.complete = plan.complete and (keys is None or result.complete)
        result.overtaken += plan.overtaken
        moved = tally.stale
        if not moved:
            return result
        keys = sorted(moved) if pair.joins is not None and moved <= ledger.records(pair.name).known(list(moved)).keys() else None
        progress.stage("Looking again at what moved meanwhile")
    assert result is not None
    return result


def _with_later_conflicts(first: Plan, later: Plan, moved: Collection[str]) -> Plan:
    """The plan that was made first, with what came of the records that moved while it was carried out."""
    kept = [one for one in first.conflicts if one.key not in moved]
    return replace(first, conflicts=(*kept, *(one for one in later.conflicts if one.key in moved)))


def _record_agreement(
    ledger: Ledger, pair: EntityPair, block: Sequence[Triple], decisions: Sequence[Decision], run_id: int, now: str
) -> list[tuple[str, str | None]]:
    """Keep what follows of a comparison without any write. Returns the decisions of people that were overtaken."""
    records = ledger.records(pair.name)
    overtaken: list[tuple[str, str | None]] = []
    with ledger.transaction():
        for triple, decision in zip(block, decisions, strict=True):
            if decision.agreed:
                records.agree(decision.key, decision.agreed, run_id, now, triple.right.ref if triple.right else None)
            if decision.forget:
                records.forget(decision.key)
                if pair.joins is not None:
                    pair.joins.forget(decision.key)
            if triple.verdicts:
                overtaken += _end_verdicts(ledger, pair, triple, decision, now)
        for triple, decision in zip(block, decisions, strict=True):
            asked = any(_told([decision])) or triple.ambiguous  # an ambiguous one is asked about under the first of its like
            if (there := triple.left or triple.right) is not None and asked:
                records.call(triple.key, there.record.fields)  # people must be told which record it is
        records.conflicts_are([triple.key for triple in block], _told(decisions), now, pair.compared)
    return overtaken


def _with_verdicts(ledger: Ledger, pair: EntityPair, block: Sequence[Triple]) -> Sequence[Triple]:
    """The triples with what people decided about their conflicts."""
    verdicts = ledger.verdicts(pair.name).open(triple.key for triple in block)
    return [replace(one, verdicts=verdicts[one.key]) if one.key in verdicts else one for one in block] if verdicts else block


def _with_disputes(ledger: Ledger, pair: EntityPair, block: Sequence[Triple]) -> Sequence[Triple]:
    """The triples with what is in conflict already, where a rule goes by times: those do not tell of single fields."""
    if all(rule.tie is not Tie.NEWEST for rule in pair.policy.rules.values()):
        return block
    disputed = ledger.records(pair.name).disputed(triple.key for triple in block)
    return [replace(one, disputed=disputed[one.key]) if one.key in disputed else one for one in block] if disputed else block


def _with_doubts(block: Sequence[Triple], late: Mapping[str, frozenset[str]]) -> Sequence[Triple]:
    """The triples with the fields that a late write of ours may have changed."""
    return [replace(one, late=late[one.key]) if one.key in late else one for one in block] if late else block


def _end_verdicts(
    ledger: Ledger, pair: EntityPair, triple: Triple, decision: Decision, now: str
) -> Iterator[tuple[str, str | None]]:
    """A decision is done with where nothing is left to write for it: the sides agree, or they changed and it does not fit.

    Yields those that do not fit any more.
    """
    if not (triple.sure_left and triple.sure_right):
        return
    disputed = {conflict.field for conflict in decision.conflicts}
    written = {name for operation in decision.operations for name in operation.changes}
    whole = any(operation.action is not Action.UPDATE for operation in decision.operations)
    for field_name in triple.verdicts:
        if field_name in written or (field_name is None and whole):
            continue
        if field_name is not None and pair.compared is not None and field_name not in pair.compared:
            continue
        how = "overtaken: something changed after it was made" if field_name in disputed else "carried out"
        ledger.verdicts(pair.name).end([(triple.key, field_name)], how, now)
        if field_name in disputed:
            yield triple.key, field_name


def _told(decisions: Sequence[Decision]) -> Iterator[Conflict]:
    """The conflicts worth keeping. A key that is not ours is somebody else's business."""
    for decision in decisions:
        yield from (conflict for conflict in decision.conflicts if conflict.why is not Why.UNKNOWN_KEY)
