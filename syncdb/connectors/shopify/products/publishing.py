"""Where products are shown: the shop's publications (Online Store, Point of Sale ...), and publishing where that is asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncdb.connectors.shopify.busy import Meaning, Patience, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError, found_at, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.client import Answer, code_of, message_of
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.products.selections import PAGE_INFO
from syncdb.model import Outcome, Result
from syncdb.values import iso

PAGE = "first: $first, after: $after"
ALL = f"query Publications($first: Int!, $after: String) {{ publications({PAGE}) {{ nodes {{ id name }} {PAGE_INFO} }} }}"
SHOWN = f"""query PublishedIn($id: ID!, $first: Int!, $after: String) {{ product(id: $id) {{
  resourcePublicationsV2({PAGE}, onlyPublished: false) {{ nodes {{ publication {{ id }} }} {PAGE_INFO} }} }} }}"""
PUBLISH = """mutation Publish($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) { publishable { __typename } userErrors { field message } } }"""
HIDE = PUBLISH.replace("mutation Publish(", "mutation Unpublish(").replace("publishablePublish(", "publishableUnpublish(")


@dataclass(slots=True)
class Publisher:
    """Publishes products of one shop. Raises Refused (also naming a missing right), RetryLater and OutcomeUnknown."""

    conversation: Conversation
    patience: Patience = field(init=False)
    _size: PageSize = field(default_factory=lambda: PageSize(50))

    def __post_init__(self) -> None:
        self.patience = Patience(self.conversation.client.clock)

    def publications(self) -> Mapping[str, str]:
        """The shop's publications: their names by their ids, which each shop has of its own."""
        found: dict[str, str] = {}
        cursor: str | None = None
        while True:
            answer = self.conversation.sized(ALL, {"after": cursor}, self._size, "Listing publications")
            page = page_in(_all_of(answer, "Listing publications").get("publications"))
            found |= {text_at(node, "id"): text_at(node, "name") for node in page.nodes}
            if not page.more or page.cursor == cursor:
                return found
            cursor = page.cursor

    def shown_in(self, key: str) -> frozenset[str] | None:
        """The publications that show a product, or will; None where there is no such product."""
        found: set[str] = set()
        cursor: str | None = None
        while True:
            what = "Asking where a product is published"
            answer = self.conversation.sized(SHOWN, {"id": key, "after": cursor}, self._size, what)
            product = found_at(_all_of(answer, what), "product")
            if product is None:
                return None
            page = page_in(product.get("resourcePublicationsV2"))
            found |= {text_at(node, "publication", "id") for node in page.nodes}
            if not page.more or page.cursor == cursor:
                return frozenset(found)
            cursor = page.cursor

    def publish(self, key: str, publications: Iterable[str], since: datetime | None = None) -> Outcome:
        """Show a product in these publications, from now or from a moment on. Published twice it is published once."""
        when = {"publishDate": iso(since)} if since else {}
        return self._sent(PUBLISH, "publishablePublish", key, [{"publicationId": one, **when} for one in publications])

    def hide(self, key: str, publications: Iterable[str]) -> Outcome:
        """Take a product out of these publications."""
        return self._sent(HIDE, "publishableUnpublish", key, [{"publicationId": one} for one in publications])

    def _sent(self, document: str, name: str, key: str, given: list[dict[str, str]]) -> Outcome:
        if not given:
            return Outcome(Result.DONE, key)
        sender = Sender(self.conversation)

        def ask() -> tuple[UserError, ...]:
            try:
                return payload(sender.send(document, {"id": key, "input": given}, "Publishing a product"), name, PRODUCTS).errors
            except NotRun as reason:
                return (UserError(str(reason)),)

        errors = self.patience.through(ask)
        if not errors:
            return Outcome(Result.DONE, key)
        result = Result.REJECTED if meaning(errors) is Meaning.REFUSED else Result.STALE
        return Outcome(result, key, f"product {key}: Shopify refused to publish it: {said(errors)}")


def _all_of(answer: Answer, what: str) -> Mapping[str, object]:
    for error in answer.errors:
        if code_of(error) == "ACCESS_DENIED":
            raise missing_scope("see where products are published", "read_publications", message_of((error,)))
    return whole(answer, what)
