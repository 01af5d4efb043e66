"""Gaps in the order numbers, as people and scripts are told of them."""

from typing import Any

from syncdb.orders.number_gaps import Gap


def numbers(gap: Gap) -> str:
    """The first missing number as a name, and up to which: #1006 to 1007."""
    first = gap.names(1)[0]
    return first if gap.count == 1 else f"{first} to {gap.last}"


def as_data(gap: Gap) -> dict[str, Any]:
    """What both `status` and `missing` say of a gap in JSON; what is known of it they add."""
    return {
        "first": gap.first,
        "last": gap.last,
        "count": gap.count,
        "names": gap.names(),
        "after": gap.after.name,
        "before": gap.before.name,
    }


def with_reason(gap: Gap) -> dict[str, Any]:
    """A gap as the ledger alone explains it."""
    return as_data(gap) | {"reason": gap.reason.value}
