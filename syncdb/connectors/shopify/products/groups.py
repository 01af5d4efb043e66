"""What products belong to: the publications that show them, or the collections into which people put them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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
class GroupReader:
    """Reads to which groups of a kind one shop's products belong, by ids. Raises Refused and RetryLater."""

    conversation: Conversation
    kind: GroupKind
    _at_once: PageSize = field(default_factory=lambda: PageSize(50, 100))
    _page: PageSize = field(default_factory=lambda: PageSize(100))

    def many(self, keys: Iterable[str]) -> dict[str, frozenset[str]]:
        """Those of these products that are there, by id."""
        wanted, found = list(dict.fromkeys(keys)), dict[str, frozenset[str]]()
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

    def everything(self) -> Iterator[dict[str, frozenset[str]]]:
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

    def _groups(self, nodes: Iterable[Mapping[str, Any] | None]) -> dict[str, frozenset[str]]:
        return {text_at(node, "id"): frozenset(self._of_one(node)) for node in nodes if node}

    def _of_one(self, node: Mapping[str, Any]) -> Iterator[str]:
        key, page = text_at(node, "id"), page_in(node["groups"])
        while True:
            for one in page.nodes:
                if one is not None and not (self.kind.chosen and one[self.kind.chosen] is not None):
                    yield text_at(one, *self.kind.path)
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
