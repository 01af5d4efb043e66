"""Guards: what a plan must not do unasked. Pure."""

from dataclasses import dataclass

from syncdb.engine.policy import BLANK_FILLED, ROW_RESTORED
from syncdb.model import Action, Operation, Plan
from syncdb.values import canonical


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a run may do to what already exists before a person must look. Additions are never limited.

    `changed_percent` of the known records may be updated, `restored_percent` brought back, `deleted_percent` deleted; below
    `few` records nothing is refused (`few_deletes` for deletions), because small shops do change wholly.
    """

    changed_percent: int = 50
    restored_percent: int = 20
    deleted_percent: int = 10
    few: int = 200
    few_restored: int = 20
    few_deletes: int = 5


@dataclass(frozen=True, slots=True)
class Cause:
    """Why many rows may change now though nobody did anything to them: `what` as a sentence, `consent` the name to let it by."""

    what: str
    consent: str


def guard(plan: Plan, known: int, limits: Limits) -> list[str]:
    """Why this plan must not be applied unasked, as sentences; empty if it may. `known` records were there before."""
    restored = sum(op.action is Action.CREATE and op.reason == ROW_RESTORED for op in plan.operations)
    checks = (
        (sum(map(_overwrites, plan.operations)), limits.changed_percent, limits.few, "would be changed"),
        (restored, limits.restored_percent, limits.few_restored, "are gone and would be added again"),
        (plan.count(Action.DELETE), limits.deleted_percent, limits.few_deletes, "would be deleted"),
    )
    return [
        f"{found} of {known} known rows {what} (more than {percent} %, and more than {few})"
        for found, percent, few, what in checks
        if found > few and found * 100 > known * percent
    ]


def _overwrites(operation: Operation) -> bool:
    """Whether cells that hold something are changed. Filling a new column of every row takes nothing away."""
    if operation.action is not Action.UPDATE or operation.reason == BLANK_FILLED:
        return False
    return any(canonical(value) is not None for value in operation.expected.values())
