"""Products that go: taken out of sight or deleted, and how to know that one is gone.

A product counts as gone only where the shop says twice, with some time between, that there is none of its id. A failed question,
a missing right or an answer in part says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from syncdb.connectors.shopify.busy import Meaning, Patience, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError, found_at, objects, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.client import code_of, message_of
from syncdb.errors import OutcomeUnknown
from syncdb.model import Outcome, Result

AT_ONCE = 250  # documented
APART = timedelta(minutes=5)
THERE = "query There($ids: [ID!]!) { nodes(ids: $ids) { ... on Product { id status } } }"
DELETE = """mutation DeleteProduct($input: ProductDeleteInput!) {
  productDelete(input: $input) { deletedProductId userErrors { field message } } }"""
STATUS = """mutation SetStatus($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id status } userErrors { field message } } }"""


class Going(Enum):
    """What happens to a product whose counterpart is gone."""

    DRAFT = "draft"
    ARCHIVE = "archive"
    NOTHING = "nothing"
    DELETE = "delete"


STATUSES = {Going.DRAFT: "DRAFT", Going.ARCHIVE: "ARCHIVED"}


@dataclass(frozen=True, slots=True)
class Absence:
    """A product that the shop did not know when it was asked, with the first and the latest of those moments."""

    key: str
    first: datetime
    last: datetime

    def sure(self, apart: timedelta = APART) -> bool:
        """Whether it was absent twice, with enough time between."""
        return self.last - self.first >= apart


def absences(asked: Iterable[str], there: Iterable[str], before: Iterable[Absence], now: datetime) -> tuple[Absence, ...]:
    """Which of those asked for are absent now, with what was known of them before. One that is there again starts anew."""
    known, present = {one.key: one for one in before}, set(there)
    return tuple(Absence(key, known[key].first if key in known else now, now) for key in asked if key not in present)


@dataclass(slots=True)
class ProductRemover:
    """Takes products of one shop out of sight, deletes them, and asks whether they are there."""

    conversation: Conversation
    patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self.patience = Patience(self.conversation.client.clock)

    def there(self, keys: Iterable[str]) -> frozenset[str]:
        """Which of these products the shop's database knows. Raises Refused and RetryLater where it did not answer for all."""
        wanted, found = list(dict.fromkeys(keys)), set[str]()
        for start in range(0, len(wanted), AT_ONCE):
            ids, what = wanted[start : start + AT_ONCE], "Asking whether products are there"
            answer = self.conversation.ask(THERE, lambda ids=ids: {"ids": ids}, what)  # type: ignore[misc]
            for error in answer.errors:
                if code_of(error) == "ACCESS_DENIED":
                    raise missing_scope("read the shop's products", "read_products", message_of((error,)))
            nodes = objects(whole(answer, what).get("nodes"))
            found |= {text_at(node, "id") for node in nodes if node}
        return frozenset(found)

    def go(self, key: str, how: Going) -> Outcome:
        """Carry out what shall happen to a product: DONE also where it is so already, STALE where it is gone or the shop is busy.

        Raises OutcomeUnknown where the answer was lost: `there` and a later call find out.
        """
        if how is Going.NOTHING:
            return Outcome(Result.DONE, key)
        if how is Going.DELETE:
            return self._sent(key, DELETE, {"input": {"id": key}}, "productDelete", ("deletedProductId",), key)
        given = {"product": {"id": key, "status": STATUSES[how]}}
        return self._sent(key, STATUS, given, "productUpdate", ("product", "status"), STATUSES[how])

    def _sent(
        self, key: str, document: str, variables: Mapping[str, object], name: str, place: tuple[str, ...], wanted: str
    ) -> Outcome:
        shown: str | None = None
        sender = Sender(self.conversation)

        def ask() -> tuple[UserError, ...]:
            nonlocal shown
            try:
                answered = payload(sender.send(document, variables, f"Product {key}"), name, PRODUCTS)
            except NotRun as reason:
                return (UserError(str(reason)),)
            owner = answered.found if len(place) == 1 else found_at(answered.found, *place[:-1])
            shown = text_or_none_at(owner, place[-1]) if owner else None
            return answered.errors

        errors = self.patience.through(ask)
        if not errors and shown != wanted:
            raise OutcomeUnknown(f"Shopify did not say what became of product {key}.", next_step="The next run looks.")
        if not errors:
            return Outcome(Result.DONE, key)
        if any(GONE in error.message.casefold() for error in errors):
            return Outcome(Result.STALE, key, "it is no longer in the shop")
        waits = meaning(errors) is not Meaning.REFUSED
        return Outcome(Result.STALE if waits else Result.REJECTED, key, f"product {key}: Shopify refused it: {said(errors)}")


GONE = "does not exist"  # observed; the errors of these mutations have no codes
