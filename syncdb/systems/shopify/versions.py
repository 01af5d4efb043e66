"""How long a version of Shopify's Admin API is served. Pure.

Documented (shopify.dev, API versioning): a version comes out each quarter and is supported for at least twelve months. Observed:
2025-10 ended on 2026-10-16 at 15:00 UTC, and that moment of 2027 is announced for 2026-10. Other versions are taken to follow
the same calendar. What is asked of an ended version is answered by the oldest one still served, silently (reported).
"""

import re
from datetime import UTC, datetime


def end_of_support(version: str) -> datetime | None:
    """When a version stops being served (aware, UTC); None for what is no quarterly version."""
    found = re.fullmatch(r"(20\d\d)-(01|04|07|10)", version)
    return datetime(int(found[1]) + 1, int(found[2]), 16, 15, tzinfo=UTC) if found else None


def days_left(version: str, now: datetime) -> int | None:
    """Whole days until a version ends, negative afterwards; None where its end is not known."""
    end = end_of_support(version)
    return (end - now).days if end else None
