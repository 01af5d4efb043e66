"""What changed in a shop's catalogue since a moment: one question for all chosen kinds of records together.

Asked by `updated_at` (documented filters of products, productVariants, inventoryItems, collections and of a location's
inventoryLevels). A cost or a "stock tracked" belongs to the inventory item, so changed items count as changed variants. A
movement of stock is taken from the level's own `updatedAt`; that it always moves with the quantity is not documented.

Not told, and left to the look at everything: what was deleted, a metafield whose change does not move its owner's `updatedAt`, a
variant's stock that the index shows later than the overlap.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syncdb.connectors.base import Changes
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.answered import RecordPage, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import DRAFT_ORDERS as DRAFT_ENTITY
from syncdb.connectors.shopify.catalogue.entities import ENTITIES, ShopEntity
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.client import Answer, code_of, message_of
from syncdb.connectors.shopify.customers.entity import CUSTOMERS as CUSTOMER_ENTITY
from syncdb.connectors.shopify.documents import SHOP
from syncdb.values import iso, moment

PAGE = 100
LOCATIONS = 50
MOST = 2000  # changes of one entity beyond which looking at everything is the shorter way
ITEM_FIELDS = frozenset({"sku", "cost", "tracked", "requires_shipping", "weight", "weight_unit", "harmonized_code"})
ITEM_FIELDS |= {"country_of_origin", "province_of_origin"}

_DATED = f"first: {PAGE}, query: $since, sortKey: UPDATED_AT"
_BY_ID = f"first: {PAGE}, query: $since, sortKey: ID"  # variants cannot be sorted by change
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"


@dataclass(frozen=True, slots=True)
class Listing:
    """A connection that tells changes of an entity: how it is asked, and where in a node the entity's key stands."""

    entity: str
    name: str
    arguments: str
    node: str = "id"

    def asked(self, after: bool) -> str:
        """The selection that asks for its first page, or for the one after `$<name>`."""
        more = f", after: ${self.name}" if after else ""
        return f"{self.name}({self.arguments}{more}) {{ nodes {{ {self.node} }} {_PAGE_INFO} }}"


PRODUCTS = Listing("products", "products", _DATED)
COLLECTIONS = Listing("collections", "collections", _DATED)
ORDERS = Listing("orders", "orders", _DATED)
CUSTOMERS = Listing("customers", "customers", _DATED)
DRAFT_ORDERS = Listing("draft_orders", "draftOrders", _DATED)
VARIANTS = Listing("variants", "productVariants", _BY_ID)
ITEMS = Listing("variants", "inventoryItems", f"first: {PAGE}, query: $since", "variant { id }")
_LEVELS = f"nodes {{ id inventoryLevels(first: {PAGE}, query: $since) {{ nodes {{ id }} {_PAGE_INFO} }} }} {_PAGE_INFO}"
LEVELS = f"locations(first: {LOCATIONS}, includeLegacy: true) {{ {_LEVELS} }}"
MORE_LOCATIONS = f"""query MoreLocations($since: String!, $after: String) {{
  locations(first: {LOCATIONS}, after: $after, includeLegacy: true) {{ {_LEVELS} }}
}}"""
MORE_LEVELS = f"""query MoreLevels($location: ID!, $since: String!, $after: String) {{
  location(id: $location) {{ inventoryLevels(first: {PAGE}, query: $since, after: $after) {{ nodes {{ id }} {_PAGE_INFO} }} }}
}}"""


TOLD = {**ENTITIES, **{one.name: one for one in (CUSTOMER_ENTITY, DRAFT_ENTITY)}}


class Untold(Exception):
    """What changed of an entity cannot be told, and why."""


@dataclass(slots=True)
class ChangeFeed:
    """Tells what changed. `overlap` is how far back each question reaches again: longer than the search index lags."""

    conversation: Conversation
    fields: Mapping[str, Collection[str]]
    overlap: timedelta = timedelta(minutes=10)

    def changes(self, cursor: str | None) -> Changes:
        """What changed since the cursor, by entity, and the cursor to ask with next. Raises Refused and RetryLater.

        An entity has keys None where the cursor does not know it, where Shopify did not answer for it or did not understand the
        question, where another API version answered, and where too much changed to be listed.
        """
        since, known = _read(cursor)
        told = [name for name in self.fields if name in known] if since else []
        variables = {"since": f"updated_at:>='{iso(since)}'"} if since else {}
        listings = self._listings(told)
        clock = self.conversation.client.clock
        asked, ticks = clock.now(), clock.monotonic()
        answer = self.conversation.ask(
            first_document(listings, "inventory" in told), lambda: variables, "Asking what changed in the catalogue"
        )
        begun = min(asked, server_time(answer, clock.monotonic() - ticks, asked))
        keys: dict[str, tuple[str, ...] | None] = dict.fromkeys(name for name in self.fields if name not in told)
        for name in told:
            found = self._keys(name, [one for one in listings if one.entity == name], answer, variables)
            if found is None or found:
                keys[name] = found
        return Changes(keys, _written(begun - self.overlap, self.fields))

    def _listings(self, entities: Sequence[str]) -> list[Listing]:
        listings = [one for one in (PRODUCTS, VARIANTS, COLLECTIONS, ORDERS, CUSTOMERS, DRAFT_ORDERS) if one.entity in entities]
        if "variants" in entities and ITEM_FIELDS & set(self.fields["variants"]):
            listings.append(ITEMS)
        return listings

    def _keys(
        self, name: str, listings: Sequence[Listing], answer: Answer, variables: Mapping[str, Any]
    ) -> tuple[str, ...] | None:
        found: dict[str, None] = {}
        try:
            self._refuse_untold(answer, TOLD[name], [one.name for one in listings] or ["locations"])
            nodes = self._levels(answer, variables) if name == "inventory" else self._nodes(listings, answer, variables)
            for key in nodes:
                found[key] = None
                if len(found) > MOST:
                    return None
        except Untold as reason:
            text = f"What changed of the shop's {name} cannot be told ({reason}): all of it is looked at."
            self.conversation.tell(Notice(f"untold:{name}", text))
            return None
        return tuple(found)

    def _nodes(self, listings: Sequence[Listing], answer: Answer, variables: Mapping[str, Any]) -> Iterator[str]:
        for one in listings:
            page = _page(answer.data, one.name)
            while True:
                yield from (_key_in(node) for node in page.nodes)
                if not page.more:
                    break
                further = {**variables, one.name: onward(page)}
                page = _page(self._more(more_document(one), one.name, further, one.entity), one.name)

    def _levels(self, answer: Answer, variables: Mapping[str, Any]) -> Iterator[str]:
        locations = _page(answer.data, "locations")
        while True:
            for location in locations.nodes:
                yield from self._levels_at(location, variables)
            if not locations.more:
                return
            further = {**variables, "after": onward(locations)}
            locations = _page(self._more(MORE_LOCATIONS, "locations", further, "inventory"), "locations")

    def _levels_at(self, location: Mapping[str, Any] | None, variables: Mapping[str, Any]) -> Iterator[str]:
        page = _page(location, "inventoryLevels")
        while True:
            yield from (text_at(node, "id") for node in page.nodes)
            if not page.more:
                return
            further = {**variables, "location": text_at(location, "id"), "after": onward(page)}
            there = self._more(MORE_LEVELS, "location", further, "inventory").get("location")
            if there is None:
                raise Untold("a location disappeared meanwhile")
            page = _page(there, "inventoryLevels")

    def _more(self, document: str, root: str, variables: Mapping[str, Any], entity: str) -> Mapping[str, Any]:
        answer = self.conversation.ask(document, lambda: variables, f"Asking what changed of the shop's {entity}")
        self._refuse_untold(answer, TOLD[entity], [root])
        return answer.data or {}

    def _refuse_untold(self, answer: Answer, entity: ShopEntity, roots: Collection[str]) -> None:
        """Raise Untold where the answer does not tell this entity's changes, Refused where the app may not read it."""
        if self.conversation.other_version:
            raise Untold("another API version answered")
        if answer.warnings:
            raise Untold("a filter was not understood")
        for error in answer.errors:
            path = [str(step) for step in error.get("path") or ()]
            if path and path[0] not in roots:
                continue
            said = message_of((error,))
            if code_of(error) == "ACCESS_DENIED":
                raise missing_scope(f"read the shop's {entity.name}", " and ".join(entity.read_scopes), said)
            raise Untold(said)
        if answer.data is None:
            raise Untold("Shopify did not answer")


def first_document(listings: Sequence[Listing], levels: bool) -> str:
    """The one question for all entities, together with the shop itself."""
    asked = [one.asked(after=False) for one in listings] + ([LEVELS] if levels else [])
    given = "($since: String!)" if asked else ""
    return f"query CatalogueChanges{given} {{ {SHOP} {' '.join(asked)} }}"


def more_document(listing: Listing) -> str:
    """The question for a further page of one listing."""
    return f"query MoreChanges($since: String!, ${listing.name}: String) {{ {listing.asked(after=True)} }}"


def server_time(answer: Answer, elapsed: float, asked: datetime) -> datetime:
    """The server's clock when it was asked, as far as its answer tells: `elapsed` seconds before it answered, to the second."""
    return answer.dated - timedelta(seconds=elapsed + 1) if answer.dated else asked


def _page(data: object, name: str) -> RecordPage:
    """The page of a listing in an answered object. Raises Untold where it was not answered."""
    listing = data.get(name) if isinstance(data, Mapping) else None
    if listing is None:
        raise Untold(f"no answer for {name}")
    return page_in(listing)


def onward(page: RecordPage) -> str:
    """The cursor of the next page. Raises Untold where there is none or the page held nothing: that leads round in a circle."""
    if not page.cursor or not page.nodes:
        raise Untold("Shopify's pages go round in a circle")
    return page.cursor


def _key_in(node: Mapping[str, Any] | None) -> str:
    """The record's id: the node's own, or that of the variant an inventory item belongs to."""
    return text_at(node, "variant", "id") if node is not None and "variant" in node else text_at(node, "id")


def _read(cursor: str | None) -> tuple[datetime | None, frozenset[str]]:
    """The moment and the entities of a cursor; what is no cursor of ours is none."""
    try:
        found = json.loads(cursor) if cursor else {}
        return moment(found["since"]).astimezone(UTC), frozenset(found["entities"])
    except (ValueError, KeyError, TypeError):
        return None, frozenset()


def _written(since: datetime, entities: Collection[str]) -> str:
    return json.dumps({"since": iso(since), "entities": sorted(entities)})
