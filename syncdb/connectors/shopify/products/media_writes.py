"""The mutations that change a product's media, each sent until the shop is no longer busy with what it is about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.busy import Meaning, Patience, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError, found_at, objects, text_at
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.products.media_plan import MOST_PAIRS
from syncdb.connectors.shopify.products.uploads import FILES
from syncdb.errors import RetryLater

AT_ONCE = 25  # files changed in one call
APPEND = """mutation AppendMedia($product: ProductUpdateInput!, $media: [CreateMediaInput!]!) {
  productUpdate(product: $product, media: $media) {
    product { id media(first: 250) { nodes { id } } } userErrors { field message } } }"""
UPDATE = """mutation UpdateFiles($files: [FileUpdateInput!]!) {
  fileUpdate(files: $files) { files { id } userErrors { field message code } } }"""
DELETE = (
    """mutation DeleteFiles($ids: [ID!]!) { fileDelete(fileIds: $ids) { deletedFileIds userErrors { field message code } } }"""
)
REORDER = """mutation ReorderMedia($id: ID!, $moves: [MoveInput!]!) {
  productReorderMedia(id: $id, moves: $moves) { job { id } userErrors: mediaUserErrors { field message code } } }"""
SHOW = """mutation ShowMedia($id: ID!, $pairs: [ProductVariantAppendMediaInput!]!) {
  productVariantAppendMedia(productId: $id, variantMedia: $pairs) { product { id } userErrors { field message code } } }"""
HIDE = """mutation HideMedia($id: ID!, $pairs: [ProductVariantDetachMediaInput!]!) {
  productVariantDetachMedia(productId: $id, variantMedia: $pairs) { product { id } userErrors { field message code } } }"""


class MediaRefused(Exception):
    """The shop would not change media as asked, and why."""


@dataclass(slots=True)
class MediaMutations:
    """Changes the media of products of one shop. Every call raises MediaRefused, RetryLater where the shop stays busy or what
    was planned on is no longer so, OutcomeUnknown where the answer was lost, and Refused."""

    sender: Sender
    patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self.patience = Patience(self.sender.conversation.client.clock)

    def append(self, product: str, media: Sequence[Mapping[str, str]], before: Collection[str]) -> list[str]:
        """The ids of media that were appended, in their order: they stand behind those that were there `before` (observed)."""
        found = self._sent(APPEND, {"product": {"id": product}, "media": list(media)}, "productUpdate", "Adding media")
        nodes = objects((found_at(found, "product", "media") or {}).get("nodes"))
        made = [ref for node in nodes if (ref := text_at(node, "id")) not in before]
        if len(made) != len(media):
            text = f"Adding media: {len(made)} are new, and {len(media)} were added: somebody else adds some at this moment."
            raise RetryLater(text, next_step="The next run tells them apart by their bytes.")
        return made

    def rename(self, alts: Mapping[str, str]) -> None:
        """Give media other alt texts."""
        self._update([{"id": ref, "alt": alt} for ref, alt in alts.items()], "Changing alt texts")

    def detach(self, product: str, refs: Sequence[str]) -> None:
        """Take media off a product and its variants; the files stay in the shop, where others may use them."""
        self._update([{"id": ref, "referencesToRemove": [product]} for ref in refs], "Taking media off a product")

    def delete(self, refs: Sequence[str]) -> None:
        """Delete files of our own for good."""
        if refs:
            self._sent(DELETE, {"ids": list(refs)}, "fileDelete", "Deleting files that could not be processed")

    def reorder(self, product: str, moves: Sequence[tuple[str, int]]) -> None:
        """Put a product's media in order; the shop does it in a moment."""
        if moves:
            told = [{"id": ref, "newPosition": str(place)} for ref, place in moves]
            self._sent(REORDER, {"id": product, "moves": told}, "productReorderMedia", "Putting media in order")

    def show(self, product: str, lost: Mapping[str, str], given: Mapping[str, str]) -> None:
        """Take pictures off variants, then give them others."""
        for document, name, pairs in (
            (HIDE, "productVariantDetachMedia", lost),
            (SHOW, "productVariantAppendMedia", given),
        ):
            told = [{"variantId": variant, "mediaIds": [ref]} for variant, ref in pairs.items()]
            for start in range(0, len(told), MOST_PAIRS):
                variables = {"id": product, "pairs": told[start : start + MOST_PAIRS]}
                self._sent(document, variables, name, "Changing the pictures of variants")

    def _update(self, files: Sequence[Mapping[str, Any]], what: str) -> None:
        for start in range(0, len(files), AT_ONCE):
            self._sent(UPDATE, {"files": list(files[start : start + AT_ONCE])}, "fileUpdate", what)

    def _sent(self, document: str, variables: Mapping[str, Any], name: str, what: str) -> Mapping[str, Any]:
        """What a mutation answered, once it was taken."""
        found: Mapping[str, Any] = {}

        def ask() -> tuple[UserError, ...]:
            nonlocal found
            try:
                owner = FILES if name.startswith("file") else PRODUCTS
                answered = payload(self.sender.send(document, variables, what), name, owner)
            except NotRun as reason:
                return (UserError(str(reason)),)
            found = answered.found
            return answered.errors

        errors = self.patience.through(ask)
        if not errors:
            return found
        if meaning(errors) is Meaning.REFUSED:
            raise MediaRefused(f"{what}: Shopify refused it: {said(errors)}")
        raise RetryLater(f"{what}: not now: {said(errors)}", next_step="The next run plans it again.")
