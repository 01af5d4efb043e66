"""Reading orders as records: by id, and all that were made since a day, both from the shop's database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.answered import found_at, objects, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import ORDERS
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.client import Answer, TooCostly, code_of, message_of
from syncdb.connectors.shopify.ordering.shown import EVERYTHING, LINE, ORDER, RESTS_ON, Kept, record_fields
from syncdb.errors import NotUnderstood, RetryLater
from syncdb.model import Found, Record, Snapshot
from syncdb.values import digest, encode_fields, iso, moment

BY_IDS = f"query OrdersByIds($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on Order {{ {ORDER} }} }} }}"
RECENT = f"""query RecentOrders($first: Int!, $after: String) {{
  orders(first: $first, after: $after, sortKey: CREATED_AT, reverse: true) {{
    nodes {{ {ORDER} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
MORE_LINES = f"""query MoreLines($id: ID!, $after: String) {{
  order(id: $id) {{ lineItems(first: 100, after: $after) {{ nodes {{ {LINE} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
WHAT = "Reading orders"
AT_ONCE = 10


@dataclass(slots=True)
class OrderRecords:
    """Reads orders of one shop. `kept` is what of them counts, `hidden` parts that this app may not see, as far as answers
    told.
    """

    conversation: Conversation
    kept: Kept = EVERYTHING
    hidden: set[str] = field(default_factory=set)
    _at_once: int = AT_ONCE

    def by_ids(self, gids: Iterable[str]) -> Snapshot:
        """These orders as they are now. Raises Refused and RetryLater."""
        wanted, found, complete = list(dict.fromkeys(gids)), dict[str, Found](), True
        while wanted:
            some = wanted[: self._at_once]
            try:
                answer = self.conversation.ask(BY_IDS, lambda asked=some: {"ids": asked}, WHAT)  # type: ignore[misc]
            except TooCostly:
                self._at_once = max(1, self._at_once // 2)
                continue
            shown, whole_block = self._read(answer, ("nodes",))
            found, complete, wanted = found | shown, complete and whole_block, wanted[len(some) :]
        return Snapshot(found, complete)

    def since(self, day: datetime) -> Iterator[Snapshot]:
        """All orders made since then, newest first. Raises Refused and RetryLater."""
        cursor: str | None = None
        while True:
            given = {"first": self._at_once, "after": cursor}
            try:
                answer = self.conversation.ask(RECENT, lambda asked=given: asked, WHAT)  # type: ignore[misc]
            except TooCostly:
                self._at_once = max(1, self._at_once // 2)
                continue
            shown, complete = self._read(answer, ("orders", "nodes"))
            page = page_in(found_at(answer.data, "orders"))
            oldest = min((moment(text_at(one, "createdAt")) for one in page.nodes if one is not None), default=day)
            young = {id: one for id, one in shown.items() if str(one.record.fields["placed_at"]) >= iso(day)}
            yield Snapshot(young, complete)
            if not page.more or oldest < day:
                return
            if not page.nodes or not page.cursor or page.cursor == cursor:
                raise RetryLater("Shopify's orders go round in a circle.", next_step="Run it again later.")
            cursor = page.cursor

    def _read(self, answer: Answer, place: tuple[str, ...]) -> tuple[dict[str, Found], bool]:
        broken = self._sorted_errors(answer, place)
        listing = found_at(answer.data, *place[:-1]) if len(place) > 1 else answer.data
        if listing is None:
            whole(answer, WHAT)
            raise RetryLater("Shopify did not answer which orders there are.", next_step="Run it again later.")
        found: dict[str, Found] = {}
        complete = not broken
        for node in objects(listing[place[-1]]):
            if node is None or "name" not in node:
                continue  # gone, or told in the errors
            try:
                one = self._found(node)
            except NotUnderstood as error:
                self.conversation.tell(Notice("order", f"Order {node.get('name')}: {error}", "The next run asks again."))
                complete = False
            else:
                found[text_at(node, "id")] = one
        return found, complete

    def _sorted_errors(self, answer: Answer, place: Sequence[str]) -> bool:
        """Note what may not be seen; whether anything else is lacking. Raises Refused where orders may not be read at all."""
        broken = False
        for error in answer.errors:
            steps = [str(step) for step in error.get("path") or ()]
            inside = steps[len(place) + 1 :] if steps[: len(place)] == list(place) else []
            if code_of(error) == "ACCESS_DENIED":
                if not inside or inside[0] not in RESTS_ON:
                    raise missing_scope("read the shop's orders", ORDERS.read_scopes[0], message_of((error,)))
                if inside[0] not in self.hidden:
                    told = f"This app may not see {inside[0]} of orders: {message_of((error,))}"
                    self.conversation.tell(Notice(f"hidden:{inside[0]}", told, "What was there before stays."))
                self.hidden.add(inside[0])
            else:
                broken = True
                self.conversation.tell(Notice("order", f"Shopify could not answer for an order: {message_of((error,))}"))
        return broken

    def _found(self, node: Mapping[str, Any]) -> Found:
        id = text_at(node, "id")
        fields = record_fields(node, self._lines(node), self.hidden, self.kept)
        changed_at = iso(moment(text_at(node, "updatedAt")))
        return Found(id, digest(encode_fields(fields)), Record(id, fields), changed_at=changed_at)

    def _lines(self, node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        page, id = page_in(node["lineItems"]), text_at(node, "id")
        lines = [one for one in page.nodes if one is not None]
        while page.more:
            given = {"id": id, "after": page.cursor}
            data = whole(self.conversation.ask(MORE_LINES, lambda asked=given: asked, WHAT), WHAT)  # type: ignore[misc]
            there = found_at(data, "order")
            if there is None:
                raise NotUnderstood(f"order {id} disappeared while it was read")
            page = page_in(there["lineItems"])
            lines += [one for one in page.nodes if one is not None]
        return lines
