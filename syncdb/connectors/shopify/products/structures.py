"""Options and variants of a shop's products by ids and values alone, for many products in few questions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import RecordPage, found_at, objects, page_in, text_at, words
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.products.selections import PAGE_INFO, Listing, listed
from syncdb.decoding import listed as entries
from syncdb.decoding import mapping, understood
from syncdb.errors import RetryLater

VARIANT = "id selectedOptions { name value }"
LEVELS_OF = 40  # variants whose levels are asked for at once
FEW = 20  # variants that are read with their product; the rest is read on
OF_PRODUCT = f"id title options {{ name optionValues {{ name }} }} {listed('variants', FEW, VARIANT)}"
MANY = f"query Structures($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Product {{ {OF_PRODUCT} }} }} }}"
ALL = f"""query AllStructures($first: Int!, $after: String) {{
  products(first: $first, after: $after, sortKey: ID) {{ nodes {{ {OF_PRODUCT} }} {PAGE_INFO} }} }}"""
VARIANTS = Listing("Product", "variants", VARIANT)
LEVELS = f"""query LevelsOf($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on ProductVariant {{ id
  inventoryItem {{ {listed("inventoryLevels", FEW, "id")} }} }} }} }}"""
HANDLE = "query ProductByHandle($handle: String!) { productByIdentifier(identifier: {handle: $handle}) { id } }"
WHAT = "Reading options"


@dataclass(frozen=True, slots=True)
class Structure:
    """A product's options, the values of each, and its variants (by id, a value for each option), all in their order."""

    ref: str
    title: str
    options: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    variants: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class StructureReader:
    """Reads structures of one shop's products. Raises Refused and RetryLater."""

    conversation: Conversation
    _at_once: PageSize = field(default_factory=lambda: PageSize(50, 100))
    _page: PageSize = field(default_factory=lambda: PageSize(100))
    _rest: PageSize = field(default_factory=lambda: PageSize(250))

    def many(self, keys: Iterable[str]) -> dict[str, Structure]:
        """Those of these products that are there, by id."""
        wanted, found = list(dict.fromkeys(keys)), dict[str, Structure]()
        while wanted:
            some = wanted[: self._at_once.size]
            try:
                answer = self.conversation.ask(MANY, lambda ids=some: {"ids": ids}, WHAT)  # type: ignore[misc]
            except TooCostly:
                if len(some) == 1:
                    raise RetryLater(f"{WHAT} costs more than one question may.", next_step="Please report this.") from None
                self._at_once.halve()
                continue
            found |= self._structures(objects(whole(answer, WHAT).get("nodes")))
            wanted = wanted[len(some) :]
        return found

    def levels(self, variants: Iterable[str]) -> list[str]:
        """Where these variants lie: the ids of their first levels (20 of each)."""
        wanted, found = list(dict.fromkeys(variants)), list[str]()
        for start in range(0, len(wanted), LEVELS_OF):
            some = wanted[start : start + LEVELS_OF]
            answer = self.conversation.ask(LEVELS, lambda ids=some: {"ids": ids}, WHAT)  # type: ignore[misc]
            for node in objects(whole(answer, WHAT).get("nodes")):
                item = found_at(node, "inventoryItem")
                found += [text_at(one, "id") for one in page_in(item["inventoryLevels"]).nodes if one] if item else []
        return found

    def by_handles(self, handles: Iterable[str]) -> list[str]:
        """The ids of the products that have these handles now, whatever the search index knows."""
        found = []
        for handle in dict.fromkeys(handles):
            answer = self.conversation.ask(HANDLE, lambda one=handle: {"handle": one}, WHAT)  # type: ignore[misc]
            product = found_at(whole(answer, WHAT), "productByIdentifier")
            found += [] if product is None else [text_at(product, "id")]
        return found

    def everything(self) -> Iterator[dict[str, Structure]]:
        """Those of all products, in blocks."""
        cursor: str | None = None
        while True:
            answer = self.conversation.sized(ALL, {"after": cursor}, self._page, WHAT)
            page = page_in(whole(answer, WHAT).get("products"))
            yield self._structures(page.nodes)
            if not page.more or page.cursor == cursor:
                return
            cursor = page.cursor

    def _structures(self, nodes: Sequence[Mapping[str, Any] | None]) -> dict[str, Structure]:
        return {text_at(node, "id"): self._structure(node) for node in nodes if node}

    def _structure(self, node: Mapping[str, Any]) -> Structure:
        page = page_in(node["variants"])
        variants = [one for one in page.nodes if one is not None]
        while page.more:
            page = self._onward(text_at(node, "id"), page)
            variants += [one for one in page.nodes if one is not None]
        return structure_in(node, variants)

    def _onward(self, key: str, page: RecordPage) -> RecordPage:
        answer = self.conversation.sized(VARIANTS.rest, {"id": key, "after": page.cursor}, self._rest, WHAT)
        there = whole(answer, WHAT).get("node")
        onward = page_in(there["variants"]) if there else RecordPage(())
        if onward.more and onward.cursor == page.cursor:
            raise RetryLater(f"{WHAT}: Shopify's pages go round in a circle.", next_step="The next run reads it again.")
        return onward


@understood("Shopify")
def structure_in(node: Mapping[str, Any], variants: Iterable[Mapping[str, Any]]) -> Structure:
    """The structure in an answered product all of whose variants are given. Raises NotUnderstood."""
    options = [mapping(one) for one in entries(node["options"])]
    names = tuple(words(one["name"]) for one in options)
    values = tuple(tuple(words(mapping(value)["name"]) for value in entries(one["optionValues"])) for one in options)
    shown = {}
    for variant in variants:
        chosen = {words(one["name"]): words(one["value"]) for one in entries(variant["selectedOptions"])}
        shown[words(variant["id"])] = tuple(chosen[name] for name in names)
    return Structure(words(node["id"]), words(node["title"]), names, values, shown)
