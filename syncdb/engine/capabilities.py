"""What the declared capabilities of two systems forbid of a policy. Pure: it is asked before anything is read or written."""

from collections.abc import Iterator

from syncdb.connectors.base import Capabilities
from syncdb.errors import ConfigurationError
from syncdb.model import OnMissing, Owner, Policy, Side

Sides = dict[Side, tuple[str, Capabilities]]


def refuse_forbidden(entity: str, policy: Policy, left: tuple[str, Capabilities], right: tuple[str, Capabilities]) -> None:
    """Raise ConfigurationError where the rules of an entity want of a side what it cannot do. Sides come with what they can do,
    and with their names as messages have them.
    """
    problems = forbidden(policy, left, right)
    if problems:
        raise ConfigurationError(
            [f"{entity}: {problem}" for problem in problems],
            next_step="Choose other rules for these. Nothing was written.",
        )


def forbidden(policy: Policy, left: tuple[str, Capabilities], right: tuple[str, Capabilities]) -> list[str]:
    """What the policy wants of either side that the side cannot do, as sentences; empty if it can do all."""
    sides = {Side.LEFT: left, Side.RIGHT: right}
    return [*_creating(policy, sides), *_deleting(policy, sides), *_updating(policy, sides)]


def _creating(policy: Policy, sides: Sides) -> Iterator[str]:
    wishes = (
        (Side.LEFT, policy.create_left, policy.missing_left),
        (Side.RIGHT, policy.create_right, policy.missing_right),
    )
    for side, create, missing in wishes:
        name, can = sides[side]
        if create and not can.create:
            yield f"what is new in {sides[side.other][0]} would be created in {name}, which cannot create records."
        if missing is OnMissing.RESTORE and not can.create:
            yield f"what is deleted in {name} would be created there again, which {name} cannot do."


def _deleting(policy: Policy, sides: Sides) -> Iterator[str]:
    for gone_from, missing in ((Side.LEFT, policy.missing_left), (Side.RIGHT, policy.missing_right)):
        name, can = sides[gone_from.other]
        if missing is OnMissing.DELETE and not can.delete:
            yield f"what is deleted in {sides[gone_from][0]} would be deleted in {name}, which cannot delete records."


def _updating(policy: Policy, sides: Sides) -> Iterator[str]:
    """A field is written on the side that does not own it, on either side where both do."""
    for side, (name, can) in sides.items():
        owners = {Owner.BOTH, Owner(side.other.value)}
        fields = [field for field, rule in policy.rules.items() if rule.owner in owners]
        if fields and not can.update:
            yield f"{', '.join(fields)} would be changed in {name}, which cannot change records."
