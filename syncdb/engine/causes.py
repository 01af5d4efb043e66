"""What is held against a record, by its cause. Records of several entities may have one key (a product and its parts), so the
cause tells which entity's it is.
"""

from collections.abc import Iterable

from syncdb.model import OnMissing, Policy

REFUSAL = "refused"  # of a record as a whole


def refusal_of(name: str) -> str:
    """The cause where a side does not take a field."""
    return f"{REFUSAL}: {name}"


def unreadable(entity: str, name: str) -> str:
    """The cause where a field of an entity cannot be read."""
    return f"{entity}: {name}"


def causes_of_others(policy: Policy, others: Iterable[tuple[str, Policy]]) -> set[str]:
    """The causes that records compared by `policy` cannot have had, only those of the `others`, by entity."""
    fields = {(entity, name) for entity, one in others for name in one.rules.keys() - policy.rules.keys()}
    makes = policy.create_left or policy.create_right or OnMissing.DELETE in (policy.missing_left, policy.missing_right)
    whole = set() if makes else {REFUSAL}
    return whole | {refusal_of(name) for _, name in fields} | {unreadable(*one) for one in fields}
