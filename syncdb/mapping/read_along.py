"""What is read of an order only where a column shows it: it needs a permission of its own, or makes every page dearer.

Each is named by where it stands in a snapshot. The connector that reads orders knows them by the same names.
"""

from collections.abc import Iterable

from syncdb.mapping.choice import METAFIELDS, column

PAYMENT_TERMS = "payment_terms"
JOURNEY = "customer_journey_summary"
COST = "line_items.variant.inventory_item"
ALONG = (PAYMENT_TERMS, JOURNEY, COST)


def with_more_to_read(columns: Iterable[str]) -> tuple[str, ...]:
    """Those of these columns for which more is read than of every order, each once: of metafields, and of parts along."""
    return tuple(dict.fromkeys(name for name in columns if name.startswith(METAFIELDS) or along_of((name,))))


def along_of(columns: Iterable[str]) -> tuple[str, ...]:
    """Which of them these columns need, in a settled order."""
    needs = {need for name in columns if (known := column(name)) for need in known.needs}
    return tuple(one for one in ALONG if any(need == one or need.startswith(f"{one}.") for need in needs))
