"""What products belong to: the publications that show them, or the collections into which people put them.

The same way reads any list that stands below products: some products by their ids, or all of them in blocks.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from syncdb.connectors.shopify.busy import Meaning, Patience, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError, objects, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.client import Answer, TooCostly, code_of, message_of
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.products.selections import PAGE_INFO
from syncdb.errors import RetryLater
from syncdb.model import Outcome, Result

T = TypeVar("T")  # what is read of a product
SOME = 20  # groups that are read with a product; the rest is read on
COLLECT = """mutation Collect($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id } userErrors { field message } } }"""


@dataclass(frozen=True, slots=True)
class GroupKind:
    """Groups of one kind: how those of a product are asked for, and the path to a group's id in an entry of the answer.

    `chosen` names a field that is null in groups into which people put products, "" where all are such.
    """

    what: str
    scope: str
    listing: str
    entry: str
    path: tuple[str, ...]
    arguments: str = ""
    chosen: str = ""

    def page(self, after: str = "") -> str:
        """The selection of a page of a product's groups."""
        return f"groups: {self.listing}(first: {SOME}{self.arguments}{after}) {{ nodes {{ {self.entry} }} {PAGE_INFO} }}"

    @property
    def many(self) -> str:
        return f"query GroupsOf($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Product {{ id {self.page()} }} }} }}"

    @property
    def all(self) -> str:
        given = "first: $first, after: $after, sortKey: ID"
        return f"""query AllGroups($first: Int!, $after: String) {{
  products({given}) {{ nodes {{ id {self.page()} }} {PAGE_INFO} }} }}"""

    @property
    def rest(self) -> str:
        after = ", after: $after"
        return f"query RestOfGroups($id: ID!, $after: String) {{ product(id: $id) {{ id {self.page(after)} }} }}"


PUBLICATIONS = GroupKind(
    "where products are published",
    "read_publications",
    "resourcePublicationsV2",
    "publication { id }",
    ("publication", "id"),
    ", onlyPublished: false",
)
COLLECTIONS = GroupKind(
    "the collections of products",
    "read_products",
    "collections",
    "id ruleSet { appliedDisjunctively }",
    ("id",),
    chosen="ruleSet",
)


@dataclass(slots=True)
class BelowProducts(ABC, Generic[T]):
    """Reads one list below each of a shop's products, by ids of products. Raises Refused and RetryLater."""

    conversation: Conversation
    kind: GroupKind
    _at_once: PageSize = field(default_factory=lambda: PageSize(50, 100))
    _page: PageSize = field(default_factory=lambda: PageSize(100))

    @abstractmethod
    def of_entries(self, entries: Iterable[Mapping[str, Any]]) -> T:
        """What a product's entries say together."""

    def many(self, keys: Iterable[str]) -> dict[str, T]:
        """Those of these products that are there, by id."""
        wanted, found = list(dict.fromkeys(keys)), dict[str, T]()
        while wanted:
            some = wanted[: self._at_once.size]
            try:
                answer = self.conversation.ask(self.kind.many, lambda ids=some: {"ids": ids}, self._what)  # type: ignore[misc]
            except TooCostly:
                if len(some) == 1:
                    raise RetryLater(f"{self._what} costs more than one question may.", next_step="Please report it.") from None
                self._at_once.halve()
                continue
            found |= self._groups(objects(self._all_of(answer).get("nodes")))
            wanted = wanted[len(some) :]
        return found

    def everything(self) -> Iterator[dict[str, T]]:
        """Those of all products, in blocks."""
        cursor: str | None = None
        while True:
            answer = self.conversation.sized(self.kind.all, {"after": cursor}, self._page, self._what)
            page = page_in(self._all_of(answer).get("products"))
            yield self._groups(page.nodes)
            if not page.more or page.cursor == cursor:
                return
            cursor = page.cursor

    @property
    def _what(self) -> str:
        return f"Reading {self.kind.what}"

    def _groups(self, nodes: Iterable[Mapping[str, Any] | None]) -> dict[str, T]:
        return {text_at(node, "id"): self.of_entries(self._of_one(node)) for node in nodes if node}

    def _of_one(self, node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        key, page = text_at(node, "id"), page_in(node["groups"])
        while True:
            yield from (one for one in page.nodes if one is not None)
            if not page.more:
                return
            answer = self.conversation.ask(self.kind.rest, lambda at=page.cursor: {"id": key, "after": at}, self._what)  # type: ignore[misc]
            there = self._all_of(answer).get("product")
            if there is None:
                return
            page = page_in(there["groups"])

    def _all_of(self, answer: Answer) -> Mapping[str, Any]:
        for error in answer.errors:
            if code_of(error) == "ACCESS_DENIED":
                raise missing_scope(f"see {self.kind.what}", self.kind.scope, message_of((error,)))
        return whole(answer, self._what)


@dataclass(slots=True)
class GroupReader(BelowProducts[frozenset[str]]):
    """Reads to which groups of a kind one shop's products belong, by ids."""

    def of_entries(self, entries: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        kind = self.kind
        return frozenset(text_at(one, *kind.path) for one in entries if not (kind.chosen and one[kind.chosen] is not None))


def collect(conversation: Conversation, key: str, joined: Iterable[str], left: Iterable[str]) -> Outcome:
    """Put a product into some collections and take it out of others. Raises OutcomeUnknown, Refused and RetryLater."""
    given = {"id": key, "collectionsToJoin": sorted(joined), "collectionsToLeave": sorted(left)}
    sender = Sender(conversation)

    def ask() -> tuple[UserError, ...]:
        try:
            answer = sender.send(COLLECT, {"product": given}, "Putting a product into collections")
            return payload(answer, "productUpdate", PRODUCTS).errors
        except NotRun as reason:
            return (UserError(str(reason)),)

    errors = Patience(conversation.client.clock).through(ask)
    if not errors:
        return Outcome(Result.DONE, key)
    result = Result.REJECTED if meaning(errors) is Meaning.REFUSED else Result.STALE
    return Outcome(result, key, f"product {key}: Shopify refused it: {said(errors)}")
