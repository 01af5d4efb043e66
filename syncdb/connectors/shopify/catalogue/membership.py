"""Which collections a product joins and leaves, so that it is in just those that are wanted of the ones chosen by hand.

Only what is named is touched: a collection that somebody adds in that moment stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import found_at, objects, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.fields import split
from syncdb.connectors.shopify.catalogue.inputs import UnfitInput
from syncdb.connectors.shopify.shape import Path

FIND = """query CollectionToJoin($handle: String!) {
  collectionByIdentifier(identifier: {handle: $handle}) { id ruleSet { appliedDisjunctively } } }"""
WHAT = "Looking for a collection"
COLLECTIONS = "collections"
JOIN, LEAVE = ("collectionsToJoin",), ("collectionsToLeave",)


@dataclass(slots=True)
class Membership:
    """Collections of one shop by their handles, each asked for once."""

    conversation: Conversation
    _known: dict[str, str] = field(default_factory=dict)

    def moves(self, node: Mapping[str, Any], wanted: str) -> dict[Path, list[str]]:
        """By path in the input, the collections to join and to leave. Raises UnfitInput where one cannot be joined."""
        listed = objects(node[COLLECTIONS]["nodes"])
        there = {text_at(one, "handle"): text_at(one, "id") for one in listed if one is not None and one["ruleSet"] is None}
        meant = {handle.casefold() for handle in split(wanted)}
        join = [self._id(handle) for handle in sorted(meant - there.keys())]
        return {JOIN: join, LEAVE: [id for handle, id in sorted(there.items()) if handle not in meant]}

    def _id(self, handle: str) -> str:
        if handle not in self._known:
            answered = whole(self.conversation.ask(FIND, lambda: {"handle": handle}, WHAT), WHAT)
            found = found_at(answered, "collectionByIdentifier")
            if found is None:
                raise UnfitInput(f"the shop has no collection with the handle {handle!r}")
            if found["ruleSet"] is not None:
                raise UnfitInput(f"the collection {handle!r} is filled by its rules: no product can be put into it by hand")
            self._known[handle] = text_at(found, "id")
        return self._known[handle]
