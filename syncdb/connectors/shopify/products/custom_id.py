"""Custom ids: under which key of ours a product or variant was made, in a metafield of type `id`, of which no two may be alike.

By its custom id it is found at once, whatever the search index knows; `productSet` changes the product there is instead of making
another, and a second variant is refused. Without its definition Shopify refuses both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import found_at, objects, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.client import code_of
from syncdb.errors import NeedsPerson

FIND = """query ByCustomId($who: ProductIdentifierInput!) { productByIdentifier(identifier: $who) { id } }"""
FIND_VARIANT = """query VariantByCustomId($who: ProductVariantIdentifierInput!) {
  productVariantByIdentifier(identifier: $who) { id }
}"""
DEFINED = """query Definitions($owner: MetafieldOwnerType!, $namespace: String!, $key: String!) {
  metafieldDefinitions(ownerType: $owner, namespace: $namespace, key: $key, first: 2) { nodes { id type { name } } }
}"""
DEFINE = """mutation Define($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { createdDefinition { id } userErrors { field message code } }
}"""
TAKEN, UNDEFINED = "TAKEN", "NOT_FOUND"  # observed


@dataclass(frozen=True, slots=True)
class Kind:
    """What has custom ids: Shopify's word for such owners of metafields, how one is asked for, what people call several."""

    owner: str
    document: str
    root: str
    several: str


PRODUCT = Kind("PRODUCT", FIND, "productByIdentifier", "products")
VARIANT = Kind("PRODUCTVARIANT", FIND_VARIANT, "productVariantByIdentifier", "variants")


@dataclass(frozen=True, slots=True)
class CustomIds:
    """The custom ids of products, or of variants, under one namespace and key of a shop."""

    conversation: Conversation
    namespace: str = "sync"
    key: str = "origin"
    kind: Kind = PRODUCT

    @property
    def name(self) -> str:
        return f"{self.namespace}.{self.key}"

    def identifier(self, value: str) -> Mapping[str, Any]:
        """How a mutation is told which product is meant."""
        return {"customId": {"namespace": self.namespace, "key": self.key, "value": value}}

    def metafield(self, value: str) -> Mapping[str, Any]:
        """The metafield that holds it: it must be among the metafields wherever those are given (documented)."""
        return {"namespace": self.namespace, "key": self.key, "type": "id", "value": value}

    def found(self, value: str) -> str | None:
        """The id of what was made under this custom id, None where there is none.

        Raises NeedsPerson where the shop has no definition of it, Refused and RetryLater.
        """
        who = self.identifier(value)
        what = f"Looking for one of the {self.kind.several} by its custom id"
        answer = self.conversation.ask(self.kind.document, lambda: {"who": who}, what)
        if any(code_of(error) == UNDEFINED for error in answer.errors):
            raise NeedsPerson(
                f"The shop has no definition of the metafield {self.name} of {self.kind.several} with the type id.",
                next_step="Run it again: it is made before anything is written.",
            )
        found = found_at(whole(answer, what), self.kind.root)
        return None if found is None else text_at(found, "id")

    def defined(self) -> bool:
        """Whether the definition is there. Raises NeedsPerson where one of another type is in its place."""
        given = {"owner": self.kind.owner, "namespace": self.namespace, "key": self.key}
        what = "Asking for the definition of the custom id"
        found = whole(self.conversation.ask(DEFINED, lambda: given, what), what)
        nodes = objects((found_at(found, "metafieldDefinitions") or {}).get("nodes"))
        types = [text_at(node, "type", "name") for node in nodes if node is not None]
        if types and types != ["id"]:
            raise NeedsPerson(
                f"The shop defines the metafield {self.name} of {self.kind.several} as {types[0]}, and it must be of type id.",
                next_step=f"Delete that definition in the Shopify admin ({self._settings}), then run it again.",
            )
        return bool(types)

    def define(self, sender: Sender) -> None:
        """Make the definition; one that is there already is as good. Raises NeedsPerson where Shopify refuses it."""
        place = {"ownerType": self.kind.owner, "namespace": self.namespace, "key": self.key}
        answer = sender.send(DEFINE, {"definition": place | {"type": "id", "name": "syncdb origin"}}, "Defining the custom id")
        errors = payload(answer, "metafieldDefinitionCreate", PRODUCTS).errors
        if errors and not all(error.code == TAKEN for error in errors):
            raise NeedsPerson(
                f"Shopify does not define the metafield {self.name}: {said(errors)}",
                next_step=f"Define it in the Shopify admin ({self._settings}) with the type ID.",
            )

    @property
    def _settings(self) -> str:
        return f"Settings, Custom data, {self.kind.several.title()}"
