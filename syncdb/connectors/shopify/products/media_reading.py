"""Reading products as far as their media need it: their media, and which variants show which.

A product read whole costs several times the points of this, and media are looked at often while the shop works on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import objects, page_in, words
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.products.answered import media_in
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.selections import MEDIUM, listed
from syncdb.connectors.shopify.products.whole import Option, Product, Variant
from syncdb.decoding import listed as entries
from syncdb.decoding import mapping, understood
from syncdb.values import moment

SHOWN = f"id selectedOptions {{ name value }} {listed('media', 1, 'id')}"
PARTS = f"id title updatedAt options {{ name }} {listed('media', 20, MEDIUM)} {listed('variants', 50, SHOWN)}"
MANY = f"query MediaOfProducts($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Product {{ {PARTS} }} }} }}"
AT_ONCE = 20  # products in one question
WHAT = "Reading media"


@dataclass(slots=True)
class MediaReader(ProductReader):
    """Reads products of one shop with their media and what shows them, and nothing else of them. Raises as `ProductReader`."""

    _some: PageSize = field(default_factory=lambda: PageSize(AT_ONCE, AT_ONCE))

    def one(self, key: str) -> Product | None:
        """The product as it is now, None where there is none of this id."""
        ((_, found),) = self.many([key])
        return found

    def many(self, keys: Sequence[str]) -> Iterator[tuple[str, Product | None]]:
        """These products, each with its id and in this order; None where there is none. One with long lists is read whole."""
        start = 0
        while start < len(keys):
            some = list(keys[start : start + self._some.size])
            try:
                answer = self.conversation.ask(MANY, lambda ids=some: {"ids": ids}, WHAT)  # type: ignore[misc]
            except TooCostly:
                if len(some) == 1:
                    yield some[0], ProductReader.one(self, some[0])
                    start += 1
                self._some.halve()
                continue
            for key, node in zip(some, objects(whole(answer, WHAT).get("nodes")), strict=True):
                if node is None:
                    yield key, None
                else:
                    yield key, ProductReader.one(self, key) if _goes_on(node) else media_product_in(node)
            start += len(some)


def _goes_on(node: Mapping[str, Any]) -> bool:
    return page_in(node["media"]).more or page_in(node["variants"]).more


@understood("Shopify")
def media_product_in(node: Mapping[str, Any]) -> Product:
    """The product in an answered object of which both lists were read to their end. Raises NotUnderstood."""
    media = media_in(entries(node["media"]["nodes"]))
    places = {one.ref: place for place, one in enumerate(media)}
    names = tuple(words(mapping(one)["name"]) for one in entries(node["options"]))
    variants = tuple(_variant(mapping(one), names, places) for one in entries(node["variants"]["nodes"]))
    return Product(
        title=words(node["title"]),
        options=tuple(Option(name, ()) for name in names),
        variants=variants,
        media=media,
        ref=words(node["id"]),
        changed_at=moment(words(node["updatedAt"])),
    )


def _variant(node: Mapping[str, Any], names: Sequence[str], places: Mapping[str, int]) -> Variant:
    chosen = {words(one["name"]): words(one["value"]) for one in entries(node["selectedOptions"])}
    shown = [words(one["id"]) for one in entries(node["media"]["nodes"])]
    return Variant(tuple(chosen[name] for name in names), medium=places[shown[0]] if shown else None, ref=words(node["id"]))
