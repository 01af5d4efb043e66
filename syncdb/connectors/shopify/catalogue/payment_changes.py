"""What changed of a shop's payouts and balance transactions, neither of which says when it last changed.

The newest payouts are listed each time with their status: a payout is issued, is on its way, and is paid or fails. What is in a
payout is asked for when that payout is new or has moved on, what was processed lately always. One request where there is no
news. Everything else is left to the daily look at everything.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syncdb.connectors.base import Changes
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.answered import RecordPage, found_at, page_in, text_at
from syncdb.connectors.shopify.catalogue.changes import MOST, Untold, onward, server_time
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import PAYMENTS_ACCOUNT, PAYOUT_TRANSACTIONS, PAYOUTS, no_payments
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.client import Answer, code_of, message_of
from syncdb.connectors.shopify.documents import SHOP
from syncdb.values import iso, moment

SEEN = 50  # payouts listed each time: there is one a day at most (documented schedules)
PAGE = 250
LATELY = timedelta(hours=2)  # on trust: how late a balance transaction may be listed after it was processed

_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_NEWEST = f"payouts(first: {SEEN}, sortKey: ISSUED_AT, reverse: true) {{ nodes {{ id status }} {_PAGE_INFO} }}"
_BALANCE = (
    f"balanceTransactions(first: {PAGE}, after: $after, query: $query, sortKey: PROCESSED_AT, hideTransfers: true) "
    f"{{ nodes {{ id }} {_PAGE_INFO} }}"
)
FIRST = f"query Payments {{ {SHOP} {PAYMENTS_ACCOUNT} {{ {_NEWEST} }} }}"
FIRST_OF_BOTH = (
    f"query PaymentsAndBalance($query: String!, $after: String) {{ {SHOP} {PAYMENTS_ACCOUNT} {{ {_NEWEST} {_BALANCE} }} }}"
)
BALANCE = f"query Balance($query: String!, $after: String) {{ {PAYMENTS_ACCOUNT} {{ {_BALANCE} }} }}"


@dataclass(slots=True)
class PaymentsFeed:
    """Tells what changed of the chosen ones of payouts and balance transactions."""

    conversation: Conversation
    chosen: Collection[str]

    def changes(self, cursor: str | None) -> Changes:
        """See ChangeFeed.changes. Raises Refused without the permission, or where the shop has no Shopify Payments."""
        since, known = _read(cursor)
        balance = PAYOUT_TRANSACTIONS.name in self.chosen
        query = f"processed_at:>='{iso(since)}'" if since else ""
        clock = self.conversation.client.clock
        asked, ticks = clock.now(), clock.monotonic()
        both = balance and since is not None
        answer = self._ask(FIRST_OF_BOTH if both else FIRST, {"query": query} if both else {})
        begun = min(asked, server_time(answer, clock.monotonic() - ticks, asked))
        keys: dict[str, tuple[str, ...] | None] = dict.fromkeys(self.chosen)
        try:
            newest = _page(answer, "payouts")
            statuses = {text_at(node, "id"): text_at(node, "status") for node in newest.nodes}
            moved = [one for one, status in statuses.items() if known.get(one) != status]
            if since is not None and not (newest.more and len(moved) == len(statuses)):
                keys = self._keys(moved, answer, query)
        except Untold as reason:
            told = f"What changed of the shop's payouts cannot be told ({reason}): all of them are looked at."
            self.conversation.tell(Notice("untold:payouts", told))
            statuses = {}
        return Changes(keys, json.dumps({"since": iso(begun - LATELY), "payouts": statuses}))

    def _keys(self, moved: Sequence[str], answer: Answer, query: str) -> dict[str, tuple[str, ...] | None]:
        keys: dict[str, tuple[str, ...] | None] = {}
        if PAYOUTS.name in self.chosen and moved:
            keys[PAYOUTS.name] = tuple(moved)
        if PAYOUT_TRANSACTIONS.name in self.chosen:
            found = dict.fromkeys(self._balance(_page(answer, "balanceTransactions"), query))
            for payout in moved:
                within = f"payments_transfer_id:{payout.rsplit('/', 1)[-1]}"
                found |= dict.fromkeys(self._balance(None, within))
                if len(found) > MOST:
                    return {**keys, PAYOUT_TRANSACTIONS.name: None}
            if found:
                keys[PAYOUT_TRANSACTIONS.name] = tuple(found)
        return keys

    def _balance(self, page: RecordPage | None, query: str) -> Iterator[str]:
        """The ids of the balance transactions that a search finds; `page` is its first page where that was answered already."""
        page = page or self._more(query, None)
        while True:
            yield from (text_at(node, "id") for node in page.nodes)
            if not page.more:
                return
            page = self._more(query, onward(page))

    def _more(self, query: str, after: str | None) -> RecordPage:
        return _page(self._ask(BALANCE, {"query": query, "after": after}), "balanceTransactions")

    def _ask(self, document: str, variables: Mapping[str, Any]) -> Answer:
        answer = self.conversation.ask(document, lambda: variables, "Asking what changed of the payouts")
        for error in answer.errors:
            if code_of(error) == "ACCESS_DENIED" and (error.get("path") or [""])[0] == PAYMENTS_ACCOUNT:
                raise missing_scope("read the shop's payouts", " and ".join(PAYOUTS.read_scopes), message_of((error,)))
        if not answer.errors and answer.data is not None and answer.data.get(PAYMENTS_ACCOUNT) is None:
            raise no_payments()
        return answer


def _page(answer: Answer, name: str) -> RecordPage:
    """A page of a listing. Raises Untold where it was not answered, or not as it was asked."""
    if answer.warnings:
        raise Untold("a filter was not understood")
    listing = found_at(answer.data, PAYMENTS_ACCOUNT, name)
    if listing is None:
        raise Untold(message_of(answer.errors) or "Shopify did not answer")
    return page_in(listing)


def _read(cursor: str | None) -> tuple[datetime | None, Mapping[str, str]]:
    """The moment and the known statuses of a cursor; what is no cursor of ours is none."""
    try:
        found = json.loads(cursor) if cursor else {}
        return moment(found["since"]).astimezone(UTC), dict(found["payouts"])
    except (ValueError, KeyError, TypeError):
        return None, {}
