"""Collections as wholes: read in one shop and made in another, found again by their handle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import found_at, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import entity_named
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.decoding import flag, listed, mapping, understood
from syncdb.model import Outcome, Result

COPIED = ("title", "handle", "descriptionHtml", "sortOrder", "templateSuffix")
ONE = """query WholeCollection($id: ID!) { collection(id: $id) { id title handle descriptionHtml sortOrder templateSuffix
  seo { title description } ruleSet { appliedDisjunctively rules { column relation condition } } } }"""
FIND = """query CollectionByHandle($handle: String!) { collectionByIdentifier(identifier: {handle: $handle}) { id } }"""
MAKE = """mutation MakeCollection($input: CollectionInput!) {
  collectionCreate(input: $input) { collection { id } userErrors { field message } } }"""


@dataclass(frozen=True, slots=True)
class CollectionCopier:
    """Makes collections of one shop in another. Raises Refused, RetryLater, NotUnderstood and OutcomeUnknown."""

    theirs: Conversation
    ours: Conversation

    def copy(self, source: str) -> Outcome:
        """Make the collection of this id there, or take the one here that has its handle; its id here is in the outcome.

        A smart one comes with its rules, one chosen by hand without its products.
        """
        answer = self.theirs.ask(ONE, lambda: {"id": source}, "Reading a collection")
        there = found_at(whole(answer, "Reading a collection"), "collection")
        if there is None:
            return Outcome(Result.STALE, why="the collection is no longer there")
        known = self._known(text_at(there, "handle"))
        if known is not None:
            return Outcome(Result.DONE, known, id=known)
        try:
            answer = Sender(self.ours).send(MAKE, {"input": made_of(there)}, "Making a collection")
            answered = payload(answer, "collectionCreate", entity_named("collections"))
        except NotRun as reason:
            return Outcome(Result.REJECTED, why=f"collection {text_at(there, 'title')!r}: Shopify refused it: {reason}")
        made = found_at(answered.found, "collection")
        if answered.errors or made is None:
            why = f"collection {text_at(there, 'title')!r}: Shopify refused it: {said(answered.errors)}"
            return Outcome(Result.REJECTED, why=why)
        id = text_at(made, "id")
        return Outcome(Result.DONE, id, id=id)

    def _known(self, handle: str) -> str | None:
        what = "Looking for a collection"
        found = found_at(whole(self.ours.ask(FIND, lambda: {"handle": handle}, what), what), "collectionByIdentifier")
        return None if found is None else text_at(found, "id")


@understood("Shopify")
def made_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """The input that makes the collection of an answer. Raises NotUnderstood."""
    given = {name: node[name] for name in COPIED if node[name] is not None}
    seo = {name: text for name, text in mapping(node["seo"]).items() if name in ("title", "description") and text is not None}
    rules = node["ruleSet"]
    if rules is not None:
        rows = [{name: mapping(one)[name] for name in ("column", "relation", "condition")} for one in listed(rules["rules"])]
        given["ruleSet"] = {"appliedDisjunctively": flag(rules["appliedDisjunctively"]), "rules": rows}
    return given | ({"seo": seo} if seo else {})
