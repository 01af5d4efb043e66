"""The year, quarter or month that an order belongs to: the one in which it was created, in the shop's time zone."""

import re
from collections.abc import Iterable, Mapping
from datetime import tzinfo

from syncdb.values import moment

ONE = "one"  # all orders in one tab
BY = (ONE, "year", "quarter", "month")
_EXAMPLES = {"year": "2026", "quarter": "2026-Q4", "month": "2026-11"}
_NAMED = {"year": r"20\d\d", "quarter": r"20\d\d(-Q[1-4])?", "month": r"20\d\d(-(0[1-9]|1[0-2]))?"}


def period_of(created_at: str, by: str, zone: tzinfo) -> str:
    """The period of an order created at `created_at` (ISO 8601): "2026", "2026-Q4" or "2026-11". Later ones sort later."""
    day = moment(created_at).astimezone(zone)
    if by == "year":
        return f"{day.year:04}"
    return f"{day.year:04}-Q{(day.month + 2) // 3}" if by == "quarter" else f"{day.year:04}-{day.month:02}"


def named_for(period: str, named: Mapping[str, str]) -> str | None:
    """What is named for this period, or for the year it lies in; None if nothing is."""
    return named.get(period) or named.get(period[:4])


def misnamed(named: Iterable[str], by: str) -> list[str]:
    """What is wrong with these names of periods: each must be a year or a period of this kind."""
    if by == ONE:
        return [f"there are no periods while tabs_by is `{ONE}`"]
    kinds = "year" if by == "year" else f"year and no {by}"
    return [f"{name!r} is no {kinds}, such as {_EXAMPLES[by]}" for name in named if not re.fullmatch(_NAMED[by], name)]
