"""Finding an order by its source identifier, so that none is made twice.

Nothing in Shopify keeps two orders from having the same one. A search knows an order only after a lag (more than half an hour is
reported), a listing without a filter comes from the database (inferred from recorded cursors): both are asked, in one question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import page_in, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.errors import RetryLater
from syncdb.values import moment

INDEX_LAG = timedelta(hours=2)  # how far back the database is looked through, beyond what the search index may not know yet
NODES = "nodes { id sourceIdentifier createdAt } pageInfo { hasNextPage endCursor }"
FIND = f"""query BySource($query: String!) {{
  found: orders(first: 10, query: $query) {{ {NODES} }}
  recent: orders(first: 100, sortKey: CREATED_AT, reverse: true) {{ {NODES} }}
}}"""
MORE = f"""query MoreRecent($after: String) {{
  recent: orders(first: 100, sortKey: CREATED_AT, reverse: true, after: $after) {{ {NODES} }}
}}"""
ATTRIBUTES = "query OrderAttributes($id: ID!) { order(id: $id) { name customAttributes { key value } } }"
WHAT = "Looking for an order by its source identifier"


@dataclass(frozen=True, slots=True)
class OrderFinder:
    """Finds orders of one shop."""

    conversation: Conversation

    def made(self, source: str, since: datetime | None = None) -> str | None:
        """The global id of the order under this source identifier, the oldest where there are several; None where there is none.

        The database is looked through back to `since`, or as far as the index may lag. Raises Refused and RetryLater.
        """
        now = self.conversation.client.clock.now()
        horizon = min(since or now, now - INDEX_LAG)
        query = f"source_identifier:'{_quoted(source)}'"
        data = whole(self.conversation.ask(FIND, lambda: {"query": query}, WHAT), WHAT)
        there = [node for node in page_in(data.get("found")).nodes if node is not None]
        there += self._recent(data, horizon)
        known = {text_at(one, "id"): text_at(one, "createdAt") for one in there if _source(one) == source}
        return min(known, key=lambda id: (known[id], id)) if known else None

    def attributes(self, id: str) -> tuple[str, dict[str, str]]:
        """What an order is called, and its additional details by name. Raises Refused and RetryLater."""
        data = whole(self.conversation.ask(ATTRIBUTES, lambda: {"id": id}, WHAT), WHAT)
        if (order := data.get("order")) is None:
            return id, {}
        told = {text_at(one, "key"): text_or_none_at(one, "value") or "" for one in order["customAttributes"]}
        return text_at(order, "name"), told

    def _recent(self, data: Mapping[str, Any], horizon: datetime) -> Iterator[Mapping[str, Any]]:
        """What was made since the horizon, newest first."""
        while True:
            page = page_in(data.get("recent"))
            for node in page.nodes:
                if node is None or moment(text_at(node, "createdAt")) < horizon:
                    return
                yield node
            if not page.more:
                return
            if not page.nodes or not page.cursor:
                raise RetryLater("Shopify's orders go round in a circle.", next_step="Run it again later.")
            variables = {"after": page.cursor}
            data = whole(self.conversation.ask(MORE, lambda given=variables: given, WHAT), WHAT)  # type: ignore[misc]


def _source(node: Mapping[str, Any]) -> str | None:
    return text_or_none_at(node, "sourceIdentifier")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
