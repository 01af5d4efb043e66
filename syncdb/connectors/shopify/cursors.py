"""What a cursor tells of the order it points at (observed: base64 JSON of `last_id` and `last_value`; documented nowhere).

Used only where Shopify answers for no order of a page: a cursor names an order without asking anything of it.
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from syncdb.errors import RetryLater
from syncdb.values import iso


def named_by_cursors(listing: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The orders of a page sorted by change, as far as its cursors tell: id and time of change. The names stay unknown.

    Raises RetryLater where the cursors are not of the observed form.
    """
    try:
        return [_named(edge["cursor"]) for edge in listing["edges"]]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise RetryLater(
            "Shopify answers for no order of a page, and its cursors tell nothing.", next_step="Run it again later."
        ) from error


def _named(cursor: str) -> dict[str, Any]:
    told = json.loads(base64.b64decode(cursor))
    changed = told["last_value"]
    # Milliseconds in the search index, text with microseconds in the database (observed).
    when = datetime.fromtimestamp(changed / 1000, UTC) if isinstance(changed, int) else datetime.fromisoformat(changed)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return {"id": f"gid://shopify/Order/{int(told['last_id'])}", "name": "", "updatedAt": iso(when)}
