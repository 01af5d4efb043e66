"""The page of a dry run as data: what would happen to each order, product ... under the name that people know it by."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from syncdb.engine.policy import CHANGED, FIRST_FILL, NEW, RESTORED, ROW_RESTORED
from syncdb.errors import LedgerUnusable
from syncdb.ledger.queries.catalogue import Thing, Things, called
from syncdb.ledger.queries.order_presence import order_names_of_rows
from syncdb.ledger.queries.reader import reading
from syncdb.model import Action, Conflict, Field, Operation, Plan, Side
from syncdb.services.display import shown

MOST_OPERATIONS = 10_000  # on the page; the files beside it have all
ORDER_NAME = "order_name"
# why something is written, in words
REASONS = {
    CHANGED: "changed on the other side",
    RESTORED: "was overwritten",
    FIRST_FILL: "new column",
    ROW_RESTORED: "the row was deleted",
    NEW: "new",
}


@dataclass(slots=True)
class Group:
    """What would happen to the rows of one order, or to one product: rows to add, cells to change, what is left for a person."""

    name: str
    key: str = ""
    rows: list[list[str]] = field(default_factory=list)
    changes: list[tuple[str, ...]] = field(default_factory=list)
    gone: list[tuple[str, ...]] = field(default_factory=list)
    left: list[tuple[str, ...]] = field(default_factory=list)

    def as_data(self) -> dict[str, object]:
        """For the page's script; what is empty is left out."""
        parts = {"rows": self.rows, "changes": self.changes, "gone": self.gone, "left": self.left}
        return {"name": self.name, "key": self.key} | {name: part for name, part in parts.items() if part}


def grouped(
    operations: Iterable[Operation],
    conflicts: Iterable[Conflict],
    fields: Sequence[Field],
    names: Mapping[str, str],
    systems: Mapping[Side, str],
    why: Callable[[Conflict], str],
    *,
    by_order: bool,
) -> list[Group]:
    """The first operations and all conflicts by what they are about, in the order of the plan; what changes comes first.

    `systems` names the sides where both may be written, `why` says why something was left. `by_order`: the rows of an order
    belong together; else each record stands alone.
    """
    groups: dict[str, Group] = {}
    labels = {one.name: one.label for one in fields}

    def group_of(key: str, name: str) -> Group:
        own = "" if by_order or name == key else key
        return groups.setdefault(name if by_order else key, Group(name, own))

    for op in islice(operations, MOST_OPERATIONS):
        name = str(op.changes.get(ORDER_NAME) or "") if op.action is Action.CREATE else ""
        group = group_of(op.key, name or names.get(op.key) or op.key)
        _take(group, op, fields, labels, _place(op, systems))
    for one in conflicts:
        what = labels.get(one.field, one.field) if one.field else ""
        group_of(one.key, names.get(one.key) or one.key).left.append((what, why(one), ", ".join(one.where), one.key))
    return sorted(groups.values(), key=lambda group: not (group.changes or group.gone or group.left))


def _place(op: Operation, systems: Mapping[Side, str]) -> str:
    """Where it is done; an id that is the record's own says nothing more."""
    ref = "" if op.ref == op.key else op.ref
    return " ".join(part for part in (systems.get(op.side, "row"), ref) if part)


def _take(group: Group, op: Operation, fields: Sequence[Field], labels: Mapping[str, str], place: str) -> None:
    why = ", ".join(REASONS.get(one, one) for one in op.reason.split("+"))
    if op.action is Action.CREATE:
        group.rows.append([shown(op.changes.get(one.name)) for one in fields])
    elif op.action is Action.UPDATE:
        for name, value in op.changes.items():
            group.changes.append((labels.get(name, name), shown(op.expected.get(name)), shown(value), why, place, op.key))
    else:
        group.gone.append((why, place, op.key))


def names_of(path: Path, plans: Iterable[tuple[str, Plan]]) -> dict[str, str]:
    """What people call the records of plans, given with their entities: as the ledger knows them, or as they are to be made."""
    made: dict[str, Thing] = {}
    keys: dict[str, None] = {}
    for entity, plan in plans:
        keys |= dict.fromkeys(one.key for one in plan.conflicts)
        for op in islice(plan.operations, MOST_OPERATIONS):
            keys[op.key] = None
            if op.action is Action.CREATE:
                made[op.key] = Thing(entity, op.key, op.changes)
    known = dict(_known(path, keys)) if path.exists() else {}
    return {key: name for key, thing in made.items() if (name := called(thing, made))} | known


def _known(path: Path, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    try:
        with reading(path, traceless=True) as reader:
            yield from Things(reader).names(keys).items()
            yield from order_names_of_rows(reader, keys).items()
    except LedgerUnusable:  # the run has planned on a copy of it; names are only for reading more easily
        return
