"""Decide, from what was compared and what the user chose, what shall be written where. Pure: it does nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncdb.engine.compare import compare, edited_besides, edited_since, entries_in, number, words_in
from syncdb.model import (
    Action,
    Conflict,
    Difference,
    Found,
    Moved,
    OnDrift,
    OnMissing,
    Operation,
    Owner,
    Policy,
    Record,
    Rule,
    Side,
    Take,
    Tie,
    Verdict,
    Why,
)
from syncdb.values import Value, canonical, same


@dataclass(frozen=True, slots=True)
class Triple:
    """One key with its base and what both sides show. None means absent; a side that could not be seen whole is not `sure`.

    `verdicts` are a person's decisions about its conflicts, by field, None being the record as a whole. `ambiguous` names the
    records that could be the same thing, this one among them, where that is not clear; people are asked about the first. `late`
    are fields that a write of ours may have changed after all, though it was not seen to take place.
    """

    key: str
    base: Record | None
    left: Found | None
    right: Found | None
    sure_left: bool = True
    sure_right: bool = True
    doubled: tuple[str, ...] = ()
    verdicts: Mapping[str | None, Verdict] = field(default_factory=dict)
    ambiguous: tuple[str, ...] = ()
    late: frozenset[str] = frozenset()
    disputed: Mapping[str, tuple[Value, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows for one key. `agreed` are fields both sides hold alike and the base should; `forget` drops the base."""

    key: str
    operations: tuple[Operation, ...] = ()
    agreed: Mapping[str, Value] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    forget: bool = False


NEW, CHANGED, RESTORED, FIRST_FILL, ROW_RESTORED = "new", "changed", "restored", "first fill", "row restored"
BLANK_FILLED, DECIDED = "blank filled", "decided by a person"
KEPT_SO = "as the other side keeps it"  # what a system made of our own write
WENT_OVER = "went over what was changed there in that moment, and was taken back"


def decide(triple: Triple, policy: Policy) -> Decision:
    """The decision for one key, by the table in docs/reconciliation.md."""
    if triple.doubled:
        return _left_alone(triple, Why.DOUBLED, where=triple.doubled)
    if triple.ambiguous:
        first, *others = triple.ambiguous
        return _left_alone(triple, Why.AMBIGUOUS, where=tuple(others)) if triple.key == first else Decision(triple.key)
    if triple.left is not None and triple.right is not None:
        return _both_there(triple, triple.left, triple.right, policy)
    if triple.left is None and triple.right is None:
        return Decision(triple.key, forget=triple.base is not None and triple.sure_left and triple.sure_right)
    if triple.left is not None:
        return _one_missing(triple, triple.left, Side.RIGHT, policy)
    assert triple.right is not None
    return _one_missing(triple, triple.right, Side.LEFT, policy)


def _one_missing(triple: Triple, there: Found, missing: Side, policy: Policy) -> Decision:
    """The record stands on one side only. Absence counts for nothing unless the other side was seen whole."""
    left = missing is Side.LEFT
    sure, on_missing = (triple.sure_left, policy.missing_left) if left else (triple.sure_right, policy.missing_right)
    may_create = policy.create_left if left else policy.create_right
    if not sure:
        return Decision(triple.key)
    if triple.base is None:
        needed = all(canonical(there.record.fields.get(name)) is not None for name in policy.new_needs)
        if may_create and needed and not (left and not there.record.key.startswith(policy.marks_new)):
            return _create(there, missing, NEW, policy)
        return _left_alone(triple, Why.UNKNOWN_KEY)
    if on_missing is OnMissing.RESTORE:
        return _create(there, missing, ROW_RESTORED, policy, triple.base.fields)
    if on_missing is OnMissing.DELETE and _said_farewell(there, missing.other, policy):
        return Decision(triple.key)
    kept = Why.GONE if on_missing is OnMissing.RESPECT else _kept(triple.base, there, _given_by(missing, policy))
    if kept is None:
        return _delete(there, missing.other, "deleted on the other side", policy)
    verdict = triple.verdicts.get(None)
    if verdict is None or verdict.take is Take.VALUE:
        return _left_alone(triple, kept, there.notes)
    if Side(verdict.take.value) is missing:
        return _delete(there, missing.other, DECIDED, policy)
    return _create(there, missing, DECIDED, policy)


def _kept(base: Record, there: Found, given: frozenset[str]) -> Why | None:
    """Why a record is not deleted although the other side deleted it; None where nothing of a person's would go with it."""
    if edited_since(base, there, given):
        return Why.EDIT_AGAINST_DELETE
    return Why.NOTED if there.notes else None


def _given_by(side: Side, policy: Policy) -> frozenset[str]:
    """The fields that only this side sets."""
    return frozenset(name for name, rule in policy.rules.items() if rule.owner.value == side.value)


def _create(there: Found, side: Side, reason: str, policy: Policy, last: Mapping[str, Value] | None = None) -> Decision:
    key, marks = there.record.key, policy.new_needs - policy.rules.keys() - set(policy.told)
    fields = {name: value for name, value in there.record.fields.items() if name not in marks}
    return Decision(key, (Operation(side, Action.CREATE, key, None, {}, fields, reason, last=last or {}),))


def _said_farewell(there: Found, side: Side, policy: Policy) -> bool:
    shown = there.record.fields
    values = policy.farewell if side is Side.LEFT else {}
    return bool(values) and all(name in shown and same(shown[name], value) for name, value in values.items())


def _delete(there: Found, side: Side, reason: str, policy: Policy) -> Decision:
    key = there.record.key
    if side is Side.LEFT and policy.farewell:
        return Decision(key, (_update(there, side, dict(policy.farewell), {reason}, {}),))
    expected = dict(there.record.fields)
    return Decision(key, (Operation(side, Action.DELETE, key, there.ref, expected, {}, reason),))


def _left_alone(triple: Triple, why: Why, where: tuple[str, ...] = ()) -> Decision:
    left, right = triple.left is not None or None, triple.right is not None or None  # True: it stands there
    return Decision(triple.key, conflicts=(Conflict(triple.key, None, None, left, right, why, where),))


def _both_there(triple: Triple, left: Found, right: Found, policy: Policy) -> Decision:
    differences, agreed = compare(triple.base, left.record, right.record, policy.rules, _counted(policy, left, right))
    agreed |= _told_alike(triple.base, left.record, right.record, policy.told)
    to: dict[Side, dict[str, Value]] = {Side.LEFT: {}, Side.RIGHT: {}}
    shared = {Side.LEFT: dict[str, Value](), Side.RIGHT: dict[str, Value]()}
    reasons: dict[Side, set[str]] = {Side.LEFT: set(), Side.RIGHT: set()}
    conflicts: list[Conflict] = []
    for difference in differences:
        verdict = triple.verdicts.get(difference.field)
        settled, decided = _settle(difference, policy, verdict, triple, left, right)
        if isinstance(settled, Conflict):
            conflicts.append(replace(settled, where=(right.ref,)))
            continue
        if not settled:  # a person said that what both show is right
            agreed[difference.field] = difference.left
        for side, value in settled.items():
            to[side][difference.field] = value
            blank = difference.field in (left if side is Side.LEFT else right).blank
            reasons[side].add(DECIDED if decided else _reason(difference, side, blank))
            if len(settled) == 2:
                shared[side][difference.field] = difference.left if side is Side.RIGHT else difference.right
    operations = tuple(
        _update(there, side, to[side], reasons[side], shared[side])
        for side, there in ((Side.LEFT, left), (Side.RIGHT, right))
        if to[side]
    )
    return Decision(triple.key, operations, agreed, tuple(conflicts))


def _told_alike(base: Record | None, left: Record, right: Record, names: Iterable[str]) -> dict[str, Value]:
    """What both show alike of the fields by which people know the record, where the base does not hold it yet."""
    _, agreed = compare(base, left, right, (name for name in names if name in left.fields and name in right.fields))
    return agreed


def _update(there: Found, side: Side, changes: dict[str, Value], reasons: set[str], opposite: dict[str, Value]) -> Operation:
    expected = {name: there.record.fields.get(name) for name in changes}
    reason = "+".join(sorted(reasons))
    return Operation(side, Action.UPDATE, there.record.key, there.ref, expected, changes, reason, opposite)


def _reason(difference: Difference, side: Side, blank: bool) -> str:
    if difference.moved is Moved.NO_BASE:
        return BLANK_FILLED if blank else FIRST_FILL
    moved_here = Moved.LEFT if side is Side.LEFT else Moved.RIGHT
    return RESTORED if difference.moved is moved_here else CHANGED


def _counted(policy: Policy, left: Found, right: Found) -> set[str]:
    """Fields of which each side's movement counts. What only people may write on one side cannot take in the other's."""
    return {
        name
        for name, rule in policy.rules.items()
        if rule.owner is Owner.BOTH and rule.tie is Tie.SUM and not (_persons_own(name, left) or _persons_own(name, right))
    }


def _settle(
    difference: Difference, policy: Policy, verdict: Verdict | None, triple: Triple, left: Found, right: Found
) -> tuple[dict[Side, Value] | Conflict, bool]:
    """What to write where for one differing field, or why nothing is; and whether a person's decision was needed for it."""
    rule = policy.rules[difference.field]
    if _unread(difference.field, left) or _unread(difference.field, right):
        return _conflict(difference, Why.UNREADABLE), False  # what was agreed stands for it, but is nobody's word
    decided = False
    if rule.owner is Owner.BOTH:
        written = _shared(difference, rule.tie, triple, left, right)
    else:
        written = _owned(difference, Side(rule.owner.value), rule, left, right)
    if verdict is not None and verdict.fits(difference.left, difference.right):  # also where the rule asks nobody any more
        to = _decided(difference, verdict)
        if not any(rule.owner.value == side.value for side in to):  # the owner's word is never written over
            written, decided = to, True
    if isinstance(written, Conflict):
        return written, False
    for side, there in ((Side.LEFT, left), (Side.RIGHT, right)):
        if side in written and _persons_own(difference.field, there):
            return _conflict(difference, Why.FORMULA), False
    return written, decided


def _decided(difference: Difference, verdict: Verdict) -> dict[Side, Value]:
    value = verdict.over(verdict.left, verdict.right)
    shown = {Side.LEFT: difference.left, Side.RIGHT: difference.right}
    return {side: value for side, there in shown.items() if not same(there, value)}


def _unread(name: str, there: Found) -> bool:
    """Whether something stands there that is not a value of the field."""
    return name in there.frozen and name not in there.record.fields


def _persons_own(name: str, there: Found) -> bool:
    """Whether only people may write the field there: whatever it shows, and whatever was agreed."""
    return name in there.computed or name in there.frozen


def _owned(difference: Difference, owner: Side, rule: Rule, left: Found, right: Found) -> dict[Side, Value] | Conflict:
    drifted, shown = (Moved.RIGHT, difference.right) if owner is Side.LEFT else (Moved.LEFT, difference.left)
    blank = difference.field in (right if owner is Side.LEFT else left).blank
    unsure = difference.moved is Moved.NO_BASE and not (blank or canonical(shown) is None)
    reports = rule.on_drift is OnDrift.REPORT
    if reports and difference.moved is drifted:
        return _conflict(difference, Why.EDITED)
    if reports and unsure:
        return _conflict(difference, Why.NO_BASE)  # whether a person put it there is not known: it is not lost on a guess
    if difference.moved is Moved.NO_BASE and difference.field in (left if owner is Side.LEFT else right).blank:
        return _filled(difference, left, right)  # an owner that has said nothing yet empties nothing
    if rule.asks_first and unsure:
        return _conflict(difference, Why.NO_BASE)
    return {owner.other: difference.left if owner is Side.LEFT else difference.right}


def _shared(difference: Difference, tie: Tie, triple: Triple, left: Found, right: Found) -> dict[Side, Value] | Conflict:
    if difference.moved is Moved.LEFT:
        return {Side.RIGHT: difference.left}
    if difference.moved is Moved.RIGHT:
        return {Side.LEFT: difference.right}
    if tie is Tie.EACH:
        return _each(difference)
    if difference.moved is Moved.NO_BASE:
        return _filled(difference, left, right)
    if tie is Tie.NEWEST:
        tie = _newest(difference, triple, left, right)
    if tie is Tie.LEFT:
        return {Side.RIGHT: difference.left}
    if tie is Tie.RIGHT:
        return {Side.LEFT: difference.right}
    if tie is Tie.MERGE:
        return _merged(difference)
    if tie is Tie.SUM:
        return _conflict(difference, Why.ALIKE) if difference.field in triple.late else _summed(difference)
    return _conflict(difference, Why.BOTH_CHANGED)


def _filled(difference: Difference, left: Found, right: Found) -> dict[Side, Value] | Conflict:
    """Nobody knows what was agreed: a side that holds nothing yet is filled, anything else is for a person."""
    blank = [side for side, there in ((Side.LEFT, left), (Side.RIGHT, right)) if difference.field in there.blank]
    if len(blank) != 1:
        return _conflict(difference, Why.NO_BASE)
    return {blank[0]: difference.right if blank[0] is Side.LEFT else difference.left}


def _newest(difference: Difference, triple: Triple, left: Found, right: Found) -> Tie:
    """Who changed last, if both sides say when and the times differ; otherwise a person is asked.

    The times are those of whole records: where something else of the later one changed too, the later time may be that of the
    other thing, also once that was brought over: what is in conflict stays so until the later side says something else. The
    earlier record's field is older in any case.
    """
    if not left.changed_at or not right.changed_at or left.changed_at == right.changed_at:
        return Tie.ASK
    tie = Tie.LEFT if left.changed_at > right.changed_at else Tie.RIGHT
    later, says = (left, difference.left) if tie is Tie.LEFT else (right, difference.right)
    name, base = difference.field, triple.base
    if later.notes or later.frozen or (base is not None and edited_besides(base, later, name)):
        return Tie.ASK
    said = triple.disputed.get(name)
    return Tie.ASK if said is not None and same(said[0] if tie is Tie.LEFT else said[1], says) else tie


def _summed(difference: Difference) -> dict[Side, Value] | Conflict:
    """Base plus both movements, for counts: two sold here and two sold there are four."""
    base, left, right = number(difference.base), number(difference.left), number(difference.right)
    if base is None or left is None or right is None:
        return _conflict(difference, Why.BOTH_CHANGED)
    total = left + right - base
    return {side: total for side, shown in ((Side.LEFT, left), (Side.RIGHT, right)) if total != shown}


def _merged(difference: Difference) -> dict[Side, Value] | Conflict:
    """The words that stay of what was agreed, and those that either side added; of two spellings of one word the left side's."""
    values = (difference.base, difference.left, difference.right)
    if not all(isinstance(value, str | None) for value in values):
        return _conflict(difference, Why.BOTH_CHANGED)
    base, left, right = (words_in(value) for value in values)
    kept = {word for word in base if word in left and word in right} | (left.keys() | right.keys()) - base.keys()
    merged = ", ".join(sorted((right | left)[word] for word in kept)) or None
    shown = {Side.LEFT: difference.left, Side.RIGHT: difference.right}
    return {side: merged for side, value in shown.items() if not same(value, merged)}


def _each(difference: Difference) -> dict[Side, Value] | Conflict:
    """What either side changed of each entry; one that only one side has and nobody agreed on is new. A single one that both
    changed differently is a conflict of the whole text: both sides must be left to show what each of them says."""
    values = (difference.base, difference.left, difference.right)
    why = Why.NO_BASE if difference.moved is Moved.NO_BASE else Why.BOTH_CHANGED
    if not all(isinstance(value, str | None) for value in values):
        return _conflict(difference, why)
    base, left, right = (entries_in(value) for value in values)
    merged: list[str] = []
    for name in sorted(left.keys() | right.keys()):
        agreed, on_left, on_right = base.get(name), left.get(name), right.get(name)
        if on_left != on_right and agreed not in (on_left, on_right):
            return _conflict(difference, why)
        kept = on_left if on_right in (agreed, on_left) else on_right
        merged += [] if kept is None else [kept]
    text = "\n".join(merged) or None
    shown = {Side.LEFT: difference.left, Side.RIGHT: difference.right}
    return {side: text for side, value in shown.items() if not same(value, text)}


def _conflict(difference: Difference, why: Why) -> Conflict:
    return Conflict(difference.key, difference.field, difference.base, difference.left, difference.right, why)
