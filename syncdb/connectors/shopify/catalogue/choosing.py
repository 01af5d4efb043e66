"""Which products are among those that somebody chose: by status, vendor, type, tag, collection, or a search saved in the shop.

Told from the products themselves, as the shop's database shows them; only what a saved search finds comes from the search index.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import found_at, objects, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.decoding import flag, listed, text, understood
from syncdb.errors import ConfigurationError, RetryLater

AT_ONCE = 100
SEARCHES = "query SavedSearches { productSavedSearches(first: 250) { nodes { id name } pageInfo { hasNextPage endCursor } } }"
FOUND = """query SavedSearch($id: ID!, $after: String) {
  products(first: 250, savedSearchId: $id, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
COLLECTION = """query CollectionChosen($handle: String!) { collectionByIdentifier(identifier: {handle: $handle}) { id } }"""
WHAT = "Asking which products are chosen"


@dataclass(frozen=True, slots=True)
class ProductChoice:
    """What is wanted: of each kind that is named at all one must fit. Capitals do not count. `collections` are handles."""

    statuses: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    search: str = ""


@dataclass(slots=True)
class ChosenProducts:
    """Tells which products of one shop are chosen. What was asked once in a run is not asked again."""

    conversation: Conversation
    choice: ProductChoice
    _known: dict[str, bool] = field(default_factory=dict)
    _collections: tuple[str, ...] | None = None
    _searched: frozenset[str] | None = None

    def among(self, ids: Iterable[str]) -> set[str]:
        """Those of these products that are chosen and there. Raises ConfigurationError, Refused and RetryLater."""
        wanted = list(dict.fromkeys(ids))
        unknown = [id for id in wanted if id not in self._known]
        for start in range(0, len(unknown), AT_ONCE):
            self._ask(unknown[start : start + AT_ONCE])
        return {id for id in wanted if self._known[id]}

    def _ask(self, ids: Sequence[str]) -> None:
        collections = self._collection_ids()
        document = chosen_document(len(collections))
        variables = {"ids": list(ids), **{f"c{number}": id for number, id in enumerate(collections)}}
        nodes = objects(whole(self.conversation.ask(document, lambda: variables, WHAT), WHAT)["nodes"])
        shown = {text_at(node, "id"): node for node in nodes if node is not None and "vendor" in node}
        searched = self._found_by_search() if self.choice.search else None
        for id in ids:
            node = shown.get(id)
            fits = node is not None and _fits(node, self.choice, len(collections))
            self._known[id] = fits and (searched is None or id in searched)

    def _collection_ids(self) -> tuple[str, ...]:
        if self._collections is None:
            self._collections = tuple(self._collection_id(handle) for handle in self.choice.collections)
        return self._collections

    def _collection_id(self, handle: str) -> str:
        found = found_at(
            whole(self.conversation.ask(COLLECTION, lambda: {"handle": handle}, WHAT), WHAT), "collectionByIdentifier"
        )
        if found is None:
            raise ConfigurationError([f"The shop has no collection with the handle {handle!r} (only.collection)."])
        return text_at(found, "id")

    def _found_by_search(self) -> frozenset[str]:
        if self._searched is None:
            self._searched = frozenset(self._listed(self._search_id()))
        return self._searched

    def _search_id(self) -> str:
        nodes = page_in(whole(self.conversation.ask(SEARCHES, lambda: {}, WHAT), WHAT)["productSavedSearches"]).nodes
        known = {text_at(node, "name").casefold(): text_at(node, "id") for node in nodes if node is not None}
        id = known.get(self.choice.search.casefold())
        if id is None:
            there = f"there are {', '.join(sorted(known))}" if known else "there is none"
            wanted = f"The shop has no saved search of products named {self.choice.search!r} (only.saved_search)"
            raise ConfigurationError([f"{wanted}; {there}."])
        return id

    def _listed(self, id: str) -> Iterator[str]:
        cursor: str | None = None
        while True:
            given = {"id": id, "after": cursor}
            page = page_in(whole(self.conversation.ask(FOUND, lambda asked=given: asked, WHAT), WHAT)["products"])  # type: ignore[misc]
            yield from (text_at(node, "id") for node in page.nodes)
            if not page.more:
                return
            if not page.cursor or page.cursor == cursor:
                raise RetryLater("Shopify's pages go round in a circle.", next_step="Run it again later.")
            cursor = page.cursor


def chosen_document(collections: int) -> str:
    """What asks for products, and whether they are in so many collections."""
    given = "".join(f", $c{number}: ID!" for number in range(collections))
    asked = " ".join(f"in{number}: inCollection(id: $c{number})" for number in range(collections))
    shown = f"... on Product {{ id status vendor productType tags {asked} }}"
    return f"query Chosen($ids: [ID!]!{given}) {{ nodes(ids: $ids) {{ {shown} }} }}"


@understood("Shopify")
def _fits(node: Mapping[str, Any], choice: ProductChoice, collections: int) -> bool:
    tags = {text(tag).casefold() for tag in listed(node["tags"])}
    return (
        _one_of(text(node["status"]), choice.statuses)
        and _one_of(text(node["vendor"]), choice.vendors)
        and _one_of(text(node["productType"]), choice.types)
        and (not choice.tags or any(tag.casefold() in tags for tag in choice.tags))
        and (not collections or any(flag(node[f"in{number}"]) for number in range(collections)))
    )


def _one_of(shown: str, wanted: Collection[str]) -> bool:
    return not wanted or shown.casefold() in {one.casefold() for one in wanted}
