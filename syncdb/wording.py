"""How lists are said in messages."""

from collections.abc import Collection
from itertools import islice


def some_of(names: Collection[str], most: int) -> str:
    """The first of some names, and how many more there are: `#1001, #1002 and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(islice(names, most)) + more
