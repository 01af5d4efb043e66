"""Which order a person means, or what to tell them when that is not clear."""

from typing import Any

from syncdb.errors import ConfigurationError
from syncdb.ledger.finding import find, nearest
from syncdb.ledger.reading import Reader


def the_order(reader: Reader, typed: str) -> dict[str, Any]:
    """The one order that was named: 1001, #1001, its id, global id or admin address.

    Raises ConfigurationError for none (with the nearest names) or several (with their ids).
    """
    found = find(reader, typed)
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(f"{one['name']} of {str(one['created_at'])[:10]} (id {one['order_id']})" for one in found)
        raise ConfigurationError([f"{typed!r} may mean several orders: {several}."], next_step="Name it by its id.")
    close = nearest(reader, typed)
    hint = f"Did you mean {', '.join(close)}?" if close else "See which orders there are: python sync_manager.py orders"
    raise ConfigurationError([f"The ledger has no order {typed[:60]!r}."], next_step=hint)
