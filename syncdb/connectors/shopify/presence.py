"""Asking the shop which orders it has, and nothing else of them: by name, by the time they were made, and how many on a day.

All but `newest` is answered by Shopify's search index, which lags behind by seconds to minutes (reported) and may match a
name loosely: so every name is compared again, and nothing is concluded about the last minutes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncdb.connectors.order_source import Facts, Listed
from syncdb.connectors.shopify.client import Answer, ShopifyClient, code_of, message_of
from syncdb.connectors.shopify.documents import LARGEST_PAGE, SHOP
from syncdb.connectors.shopify.facts import facts_from, missing_orders
from syncdb.connectors.shopify.shape import bare_id
from syncdb.decoding import understood
from syncdb.errors import Refused, RetryLater
from syncdb.values import iso, moment

NAMES_AT_ONCE = 25
DAYS_AT_ONCE = 31  # each count costs 10 of at most 1,000 points (observed)

FOUND = """query OrdersFound($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {
    nodes { id name number createdAt test cancelledAt }
    pageInfo { hasNextPage endCursor }
  }
}"""
NEWEST = """query NewestOrders($first: Int!, $after: String) {
  orders(first: $first, after: $after, sortKey: ID, reverse: true) {
    nodes { id name number createdAt test cancelledAt }
    pageInfo { hasNextPage endCursor }
  }
}"""
ABOUT = f"query AboutShop {{ {SHOP} }}"


def counting(days: int) -> str:
    """The document that counts the orders of so many days."""
    variables = ", ".join(f"$q{number}: String" for number in range(days))
    counts = " ".join(f"d{number}: ordersCount(query: $q{number}, limit: null) {{ count precision }}" for number in range(days))
    return f"query CountOrders({variables}) {{ {counts} }}"


@dataclass(frozen=True, slots=True)
class Presence:
    """Questions to one shop. Each raises Refused, or RetryLater beyond the client's deadline."""

    client: ShopifyClient

    def facts(self) -> Facts:
        """The shop and what this app may see of it."""
        answer = self._ask(ABOUT, {}, "Asking which shop this is")
        return facts_from(answer.data or {}, answer.version)

    @understood("Shopify")
    def named(self, names: Sequence[str]) -> list[Listed]:
        """The orders that have exactly one of these names."""
        wanted = set(names)
        found: list[Listed] = []
        for start in range(0, len(names), NAMES_AT_ONCE):
            query = " OR ".join(f"name:{quoted(name)}" for name in names[start : start + NAMES_AT_ONCE])
            for page in self._pages(query, "Asking for orders by name"):
                found += [one for one in page if one.name in wanted]
        return found

    @understood("Shopify")
    def newest(self, since: datetime, most_pages: int) -> list[Listed]:
        """The orders made from `since` on, newest first, from the database: also those the search index does not show yet."""
        found: list[Listed] = []
        cursor: str | None = None
        for _ in range(most_pages):
            answer = self._ask(NEWEST, {"first": LARGEST_PAGE, "after": cursor}, "Listing the newest orders")
            listing = (answer.data or {})["orders"]
            page = [_listed(node) for node in listing["nodes"]]
            found += [one for one in page if one.created_at >= since]
            if not listing["pageInfo"]["hasNextPage"] or page[-1].created_at < since:
                break
            cursor = listing["pageInfo"]["endCursor"]
        return found

    @understood("Shopify")
    def made(self, since: datetime, until: datetime, most_pages: int) -> tuple[list[Listed], bool]:
        """The orders made from `since` to `until`, both included, and whether that is all of them."""
        query = f"created_at:>={quoted(iso(since))} AND created_at:<={quoted(iso(until))}"
        found: list[Listed] = []
        for number, page in enumerate(self._pages(query, "Listing orders by when they were made"), 1):
            found += page
            if number == most_pages:
                return found, len(page) < LARGEST_PAGE
        return found, True

    @understood("Shopify")
    def counts(self, days: Sequence[tuple[datetime, datetime]]) -> list[int]:
        """How many orders were made from each first moment until before each second one."""
        counts: list[int] = []
        for start in range(0, len(days), DAYS_AT_ONCE):
            block = days[start : start + DAYS_AT_ONCE]
            queries = {
                f"q{number}": f"created_at:>={quoted(iso(since))} AND created_at:<{quoted(iso(until))}"
                for number, (since, until) in enumerate(block)
            }
            answer = self._ask(counting(len(block)), queries, "Counting orders")
            counts += [self._count(answer, f"d{number}") for number in range(len(block))]
        return counts

    def _count(self, answer: Answer, alias: str) -> int:
        counted = (answer.data or {})[alias]
        if counted["precision"] != "EXACT":
            raise Refused("Shopify counts orders only roughly here.", next_step="Leave the count out: missing --days 1.")
        return int(counted["count"])

    def _pages(self, query: str, what: str) -> Iterator[list[Listed]]:
        cursor: str | None = None
        while True:
            answer = self._ask(FOUND, {"first": LARGEST_PAGE, "after": cursor, "query": query}, what)
            listing = (answer.data or {})["orders"]
            yield [_listed(node) for node in listing["nodes"]]
            if not listing["pageInfo"]["hasNextPage"] or listing["pageInfo"]["endCursor"] == cursor:
                return
            cursor = listing["pageInfo"]["endCursor"]

    def _ask(self, document: str, variables: Mapping[str, Any], what: str) -> Answer:
        """An answer that is whole: half of one would make an order look absent."""
        answer = self.client.ask(document, lambda: variables, what)
        if any(code_of(error) == "ACCESS_DENIED" for error in answer.errors):
            raise missing_orders()
        if answer.errors or answer.data is None:
            raise RetryLater(f"{what}: Shopify answered in part only: {message_of(answer.errors)}", next_step="Try again later.")
        if answer.warnings:
            raise Refused(
                f"{what}: Shopify did not understand the question: {answer.warnings[0]}", next_step="Please report this."
            )
        return answer


def quoted(text: str) -> str:
    """A value for Shopify's search: in quotes, without which a time of day is ignored (reported)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _listed(node: Mapping[str, Any]) -> Listed:
    return Listed(
        bare_id(node["id"]),
        str(node["name"]),
        int(node["number"]),
        moment(node["createdAt"]),
        bool(node["test"]),
        node["cancelledAt"] is not None,
    )
