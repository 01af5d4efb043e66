"""Reading products as wholes: one at a time to the end of every list, or several in one question.

A product with long lists is read in several questions. If it changed in between it is read again, so that what is handed on was
so at one moment, as far as the shop's `updatedAt` tells.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import objects, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.client import Answer, TooCostly, code_of, message_of
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.products.answered import media_in, product_in
from syncdb.connectors.shopify.products.selections import (
    CODES,
    LEVELS,
    MANY,
    MEDIA,
    METAFIELDS,
    MOMENT,
    OF_MEDIA,
    ONE,
    VARIANT_METAFIELDS,
    VARIANTS,
    Listing,
)
from syncdb.connectors.shopify.products.whole import Medium, Product
from syncdb.errors import RetryLater

AT_ONCE = 10  # products in one question
MEDIA_AT_ONCE = 20  # products in one question about their media alone
MOST_VARIANTS = 2000  # documented: so many of a single product can be asked for at once
TRIES = 3  # how often a product that changes while it is read is read again
SCOPES = "read_products, read_inventory and read_locations"


class Moved(Exception):
    """The product changed while it was being read."""


@dataclass(slots=True)
class ProductReader:
    """Reads whole products of one shop. What it learns of bearable sizes serves every later question."""

    conversation: Conversation
    _variants: PageSize = field(default_factory=lambda: PageSize(100, MOST_VARIANTS))
    _rest: PageSize = field(default_factory=lambda: PageSize(100))
    _at_once: PageSize = field(default_factory=lambda: PageSize(AT_ONCE, AT_ONCE))

    def one(self, key: str) -> Product | None:
        """The product as the shop's database shows it now, None where there is none of this id.

        Raises Refused where the app may not read all of it, RetryLater where it cannot be read now or keeps changing.
        """
        for _ in range(TRIES):
            try:
                return self._one(key)
            except Moved:
                continue
        raise RetryLater(f"Product {key} keeps changing while it is read.", next_step="The next run reads it again.")

    def many(self, keys: Sequence[str]) -> Iterator[tuple[str, Product | None]]:
        """These products, each with its id and in this order; None where there is none. Raises as `one`."""
        start = 0
        while start < len(keys):
            some = keys[start : start + self._at_once.size]
            try:
                answer = self.conversation.ask(MANY, lambda ids=some: {"ids": list(ids)}, "Reading products")  # type: ignore[misc]
            except TooCostly:
                self._fewer(len(some))
                continue
            nodes = objects(_all_of(answer, "Reading products").get("nodes"))
            for key, node in zip(some, nodes, strict=True):
                yield key, self._whole(node) if node is None or _ends(node) else self.one(key)
            start += len(some)

    def media(self, keys: Sequence[str]) -> Iterator[tuple[str, tuple[Medium, ...] | None]]:
        """The media of these products, each with its id and in this order; None for no product. Raises as `one`."""
        for start in range(0, len(keys), MEDIA_AT_ONCE):
            some = keys[start : start + MEDIA_AT_ONCE]
            answer = self.conversation.ask(OF_MEDIA, lambda ids=some: {"ids": list(ids)}, "Reading media")  # type: ignore[misc]
            for key, node in zip(some, objects(_all_of(answer, "Reading media").get("nodes")), strict=True):
                yield key, media_in(self._drained(node, MEDIA)["nodes"]) if node else None

    def _fewer(self, count: int) -> None:
        """Ask for fewer at once, down to one by one, which is read in parts."""
        if count == 1:
            raise RetryLater("Reading a product costs more than one question may.", next_step="Please report this.")
        self._at_once.size = min(self._at_once.size, count)
        self._at_once.halve()

    def _one(self, key: str) -> Product | None:
        answer = self.conversation.sized(ONE, {"id": key}, self._variants, "Reading a product")
        found = _all_of(answer, "Reading a product").get("product")
        if found is None or _ends(found):
            return self._whole(found)
        moved = text_at(found, "updatedAt")
        read = {**found, **{one.name: self._drained(found, one, moved) for one in (VARIANTS, MEDIA, METAFIELDS)}}
        read["variants"] = {"nodes": [self._variant(one) for one in objects(read["variants"]["nodes"]) if one]}
        now = _all_of(self.conversation.ask(MOMENT, lambda: {"id": key}, "Reading a product"), "Reading a product").get("product")
        if now is None or text_at(now, "updatedAt") != moved:
            raise Moved
        return self._whole(read)

    def _variant(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        item = node["inventoryItem"]
        inner = {one.name: self._drained(item, one) for one in (LEVELS, CODES)}
        return {**node, "metafields": self._drained(node, VARIANT_METAFIELDS), "inventoryItem": {**item, **inner}}

    def _drained(self, owner: Mapping[str, Any], listing: Listing, moved: str = "") -> Mapping[str, Any]:
        """All of a list, from the page that was answered on. Raises Moved where its product is gone or changed since `moved`."""
        page = page_in(owner[listing.name])
        nodes = list(page.nodes)
        key, what = text_at(owner, "id"), f"Reading the {listing.name} of {text_at(owner, 'id')}"
        while page.more:
            answer = self.conversation.sized(listing.rest, {"id": key, "after": page.cursor}, self._rest, what)
            there = _all_of(answer, what).get("node")
            if not there or (moved and text_at(there, "updatedAt") != moved):
                raise Moved
            onward = page_in(there[listing.name])
            if onward.more and (onward.cursor == page.cursor or not onward.nodes):
                raise RetryLater(f"{what}: Shopify's pages go round in a circle.", next_step="The next run reads it again.")
            page = onward
            nodes += page.nodes
        return {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}

    def _whole(self, node: Mapping[str, Any] | None) -> Product | None:
        return product_in(node, self.conversation.shop().currency) if node else None


def _ends(node: Mapping[str, Any]) -> bool:
    """Whether every list of an answered product was answered to its end."""
    return not any(page_in(inner).more for inner in _lists(node))


def _lists(node: Mapping[str, Any]) -> Iterator[object]:
    yield from (node[one.name] for one in (VARIANTS, MEDIA, METAFIELDS))
    for variant in page_in(node["variants"]).nodes:
        assert variant is not None, "an answer of which nothing is lacking"
        yield variant["metafields"]
        yield from (variant["inventoryItem"][one.name] for one in (LEVELS, CODES))


def _all_of(answer: Answer, what: str) -> Mapping[str, Any]:
    """The data of an answer of which nothing may be lacking: a product read in part must never be handed on."""
    for error in answer.errors:
        if code_of(error) == "ACCESS_DENIED":
            raise missing_scope("read whole products", SCOPES, message_of((error,)))
    return whole(answer, what)
