"""Guards: what a plan must not do unasked. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from syncdb.engine.compare import number
from syncdb.engine.policy import BLANK_FILLED, DECIDED, NEW, ROW_RESTORED
from syncdb.model import Action, Operation, Plan, Side
from syncdb.values import Value, canonical

MOST_SHOWN = 5
NAMES = ("title", "sku", "name")  # fields by which people call what is still to be made
Fits = Callable[[Operation], bool]
NOWHERE: Mapping[Side, Fits] = {}
NO_HOMES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a run may do before a person must look. Additions are limited only where customers see them.

    `changed_percent` of the known records may be updated, `restored_percent` brought back, `deleted_percent` deleted; below
    `few` records nothing is refused (`few_deletes` for deletions), because small shops do change wholly, nor are updates of rows
    of `few_homes` orders, because one order may have hundreds of lines. What customers see at once has closer limits: of each
    field `live_percent` may be changed, of which `few_live` always, and a field of `prices` falls neither to nothing nor by more
    than `fall_percent`; those that are `ending` may be emptied one by one. Of records that people of the other side added,
    `most_new` may be made there at once (None: any number). `final` are values by field that cannot be undone: more than
    `few_live` of them are always asked about. `listed` are fields with a line for each of several things: what only adds lines
    replaces nothing.
    """

    changed_percent: int = 50
    restored_percent: int = 20
    deleted_percent: int = 10
    few: int = 200
    few_homes: int = 5
    few_restored: int = 20
    few_deletes: int = 5
    live_percent: int = 25
    few_live: int = 5
    fall_percent: int = 50
    prices: frozenset[str] = frozenset()
    ending: frozenset[str] = frozenset()
    most_new: int | None = None
    final: Mapping[str, frozenset[str]] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why many rows may change now though nobody did anything to them: `what` as a sentence, `consent` the name to let it by."""

    what: str
    consent: str


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a plan would replace; without a field it is about the record as a whole.

    `name` is what people call a record that is still to be made, as far as it says so.
    """

    key: str
    field: str
    before: Value
    after: Value
    name: str = ""


@dataclass(frozen=True, slots=True)
class Surprise:
    """Why a plan must not be applied unasked, as a sentence, with the first changes that it is about."""

    told: str
    first: tuple[Change, ...] = ()


@dataclass(slots=True)
class _Seen:
    """Changes of one kind: how many, and the first of them."""

    count: int = 0
    first: list[Change] = field(default_factory=list)
    homes: set[str] = field(default_factory=set)

    def add(self, change: Change) -> None:
        self.count += 1
        if len(self.first) < MOST_SHOWN:
            self.first.append(change)


def guard(
    plan: Plan,
    known: Mapping[Side, int],
    limits: Limits,
    live: Mapping[Side, Fits] = NOWHERE,
    homes: Mapping[str, str] = NO_HOMES,
) -> list[Surprise]:
    """Why this plan must not be applied unasked; empty if it may.

    `known` records were there before on each side. On a `live` side customers see at once what is written; what does not fit
    there is refused record by record anyway, so that nobody needs to be asked about it. `homes` names what a record is a part of
    (a line's order), where it is a part.
    """
    return [
        surprise
        for side in Side
        for surprise in (
            *_many_records(plan, side, known.get(side, 0), limits, homes),
            *(_many_values(_changes(plan, side, live[side], limits), known.get(side, 0), limits) if side in live else ()),
            *(_many_new(plan, side, limits.most_new) if side in live and limits.most_new is not None else ()),
        )
    ]


def _many_records(plan: Plan, side: Side, known: int, limits: Limits, homes: Mapping[str, str]) -> Iterator[Surprise]:
    changed, restored, deleted = _Seen(), _Seen(), _Seen()
    for op in plan.operations:
        if op.side is not side:
            continue
        if op.action is Action.CREATE and op.reason == ROW_RESTORED:
            restored.add(Change(op.key, "", None, None))
        elif op.action is Action.DELETE:
            deleted.add(Change(op.key, "", None, None))
        elif _overwrites(op, limits):
            changed.add(_first_change(op))
            changed.homes.add(homes.get(op.key) or op.key)
    if len(changed.homes) <= limits.few_homes:
        changed = _Seen()
    checks = (
        (changed, limits.changed_percent, limits.few, "would be changed"),
        (restored, limits.restored_percent, limits.few_restored, "are gone and would be added again"),
        (deleted, limits.deleted_percent, limits.few_deletes, f"would be {plan.removal.get(side, 'deleted')}"),
    )
    for found, percent, few, what in checks:
        if found.count > few and found.count * 100 > known * percent:
            share = f"(more than {percent} %, and more than {few})"
            yield Surprise(f"{found.count} of {known} known records {what} {share}", tuple(found.first))


def _many_new(plan: Plan, side: Side, most: int) -> Iterator[Surprise]:
    new = _Seen()
    for op in plan.operations:
        if op.side is side and op.action is Action.CREATE and op.reason == NEW:
            name = next((str(shown) for one in NAMES if canonical(shown := op.changes.get(one)) is not None), "")
            new.add(Change(op.key, "", None, None, name))
    if new.count > most:
        yield Surprise(f"{new.count} records that people added would be made (more than {most} at once)", tuple(new.first))


def _first_change(operation: Operation) -> Change:
    """The first value of an update that takes the place of another."""
    replaced = (name for name, value in operation.expected.items() if canonical(value) is not None)
    name = next(replaced)
    return Change(operation.key, name, operation.expected[name], operation.changes.get(name))


def _many_values(changes: Iterable[Change], known: int, limits: Limits) -> Iterator[Surprise]:
    changed: dict[str, _Seen] = {}
    fallen: dict[str, _Seen] = {}
    ended: dict[str, _Seen] = {}
    for change in changes:
        changed.setdefault(change.field, _Seen()).add(change)
        if str(change.after).strip().casefold() in limits.final.get(change.field, ()):
            ended.setdefault(change.field, _Seen()).add(change)
        if change.field in limits.prices and _falls(change, limits):
            fallen.setdefault(change.field, _Seen()).add(change)
    for name, seen in ended.items():
        if seen.count > limits.few_live:
            yield Surprise(f"{name} of {seen.count} records would become what cannot be undone", tuple(seen.first))
    for name, seen in fallen.items():
        what = f"{name} of {seen.count} record{'' if seen.count == 1 else 's'} would fall to nothing or by more than"
        yield Surprise(f"{what} {limits.fall_percent} %", tuple(seen.first))
    for name, seen in changed.items():
        if name not in fallen and seen.count > limits.few_live and seen.count * 100 > known * limits.live_percent:
            share = f"(more than {limits.live_percent} %, and more than {limits.few_live})"
            yield Surprise(f"{name} of {seen.count} of {known} known records would be changed {share}", tuple(seen.first))


def _changes(plan: Plan, side: Side, fits: Fits, limits: Limits) -> Iterator[Change]:
    """The values that the plan replaces there, but for those a person decided about one by one; a blank is not replaced."""
    for op in plan.operations:
        if op.side is side and op.action is Action.UPDATE and op.reason not in (DECIDED, BLANK_FILLED) and fits(op):
            for name, value in op.changes.items():
                if _replaces(op, name, limits):
                    yield Change(op.key, name, op.expected.get(name), value)


def _falls(change: Change, limits: Limits) -> bool:
    before, after = number(change.before), number(change.after)
    if before is None or before <= 0:
        return False
    if after is None:
        return change.field not in limits.ending
    return after <= 0 or (before - after) * 100 > before * limits.fall_percent


def _overwrites(operation: Operation, limits: Limits) -> bool:
    """Whether cells that hold something are changed. Filling a new column of every row takes nothing away."""
    if operation.action is not Action.UPDATE or operation.reason == BLANK_FILLED:
        return False
    return any(_replaces(operation, name, limits) for name in operation.expected)


def _replaces(operation: Operation, name: str, limits: Limits) -> bool:
    """Whether something that stands there is gone afterwards."""
    before, after = (canonical(values.get(name)) for values in (operation.expected, operation.changes))
    if before is None or name not in limits.listed or after is None:
        return before is not None
    return not set(str(before).split("\n")) <= set(str(after).split("\n"))
