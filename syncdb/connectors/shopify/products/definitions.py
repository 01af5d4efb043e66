"""Definitions of metafields of products: which of some a shop has, and making those that it has not."""

from collections.abc import Iterable
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.answered import found_at, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.products.custom_id import DEFINE, TAKEN
from syncdb.errors import NeedsPerson, RetryLater

LIST = """query ProductDefinitions($namespace: String!, $after: String) {
  metafieldDefinitions(ownerType: PRODUCT, namespace: $namespace, first: 100, after: $after) {
    nodes { id key type { name } } pageInfo { hasNextPage endCursor }
  }
}"""
LISTING = "Asking for definitions of metafields"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metafield of products is to be: `type` is Shopify's word for it, `title` what the admin shows."""

    namespace: str
    key: str
    type: str
    title: str

    @property
    def name(self) -> str:
        return f"{self.namespace}.{self.key}"


def lacking(conversation: Conversation, wanted: Iterable[Definition]) -> list[Definition]:
    """Those that the shop has not. Raises NeedsPerson where one is there with another type, Refused and RetryLater."""
    found: list[Definition] = []
    there: dict[str, dict[str, str]] = {}
    for one in wanted:
        if one.namespace not in there:
            there[one.namespace] = _types(conversation, one.namespace)
        kind = there[one.namespace].get(one.key)
        if kind is None:
            found.append(one)
        elif kind != one.type:
            raise NeedsPerson(
                f"The shop defines the metafield {one.name} of products as {kind}, and it must be of type {one.type}.",
                next_step="Delete that definition in the Shopify admin (Settings, Custom data, Products), then try again.",
            )
    return found


def _types(conversation: Conversation, namespace: str) -> dict[str, str]:
    """The types of a namespace's definitions, by key."""
    types: dict[str, str] = {}
    cursor: str | None = None
    while True:
        given = {"namespace": namespace, "after": cursor}
        found = whole(conversation.ask(LIST, lambda asked=given: asked, LISTING), LISTING)  # type: ignore[misc]
        page = page_in(found_at(found, "metafieldDefinitions"))
        types |= {text_at(node, "key"): text_at(node, "type", "name") for node in page.nodes}
        if not page.more:
            return types
        if not page.cursor or page.cursor == cursor:
            raise RetryLater("Shopify's definitions go round in a circle.", next_step="Try again later.")
        cursor = page.cursor


def define(conversation: Conversation, wanted: Iterable[Definition]) -> None:
    """Make these definitions; one that is there already is as good. Raises NeedsPerson where Shopify refuses one."""
    for one in wanted:
        given = {"ownerType": "PRODUCT", "namespace": one.namespace, "key": one.key, "type": one.type, "name": one.title}
        answer = Sender(conversation).send(DEFINE, {"definition": given}, f"Defining the metafield {one.name}")
        errors = payload(answer, "metafieldDefinitionCreate", PRODUCTS).errors
        if errors and not all(error.code == TAKEN for error in errors):
            raise NeedsPerson(
                f"Shopify does not define the metafield {one.name}: {said(errors)}",
                next_step="Define it in the Shopify admin (Settings, Custom data, Products).",
            )
