"""Writing variants: one `productVariantsBulkUpdate` per product, several products in one document.

All variants of a product are changed or none (documented; partial updates are not asked for). Where Shopify refuses some, those
are settled as refused and the rest of that product is sent again. Nothing compares and sets here: read just before, and in the
moment of the write (by the same mutation without a change, as with products), verified after.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import Payload, UserError, found_at, objects, text_at
from syncdb.connectors.shopify.catalogue.fields import WEIGHT
from syncdb.connectors.shopify.catalogue.inputs import nested, sent
from syncdb.connectors.shopify.catalogue.reading import CatalogueReader
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import GONE, PendingWrite, Sender, pending, refuse, verify
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.shape import selection
from syncdb.decoding import mapping, understood
from syncdb.model import Result

PRODUCTS_AT_ONCE = 25  # each mutation costs 10 points (documented) and what it returns


def document_of(products: int, selected: str, before: str) -> str:
    """The document that changes variants of so many products; before each it answers `before` of them as they stand."""
    type = "[ProductVariantsBulkInput!]!"
    given = ", ".join(f"$p{number}: ID!, $b{number}: {type}, $r{number}: {type}" for number in range(products))
    runs = " ".join(
        f"{letter}{number}: productVariantsBulkUpdate(productId: $p{number}, variants: ${letter}{number})"
        f" {{ productVariants {{ {before if letter == 'b' else selected} }} userErrors {{ field message code }} }}"
        for number in range(products)
        for letter in "br"
    )
    return f"mutation Write({given}) {{ {runs} }}"


@understood("Shopify")
def found_weight(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The weight of an answered variant."""
    return mapping(node["inventoryItem"]["measurement"]["weight"])


@dataclass(slots=True)
class VariantWriter:
    """Writes what works change of variants besides metafields."""

    sender: Sender
    reader: CatalogueReader

    def write(self, works: Sequence[PendingWrite]) -> None:
        """Settle every pending work that changes more than metafields."""
        groups: dict[str, list[PendingWrite]] = {}
        for work in pending(works):
            if work.changed(metafields=False):
                groups.setdefault(text_at(work.node, "product", "id"), []).append(work)
        products = list(groups.items())
        for start in range(0, len(products), PRODUCTS_AT_ONCE):
            self._send(dict(products[start : start + PRODUCTS_AT_ONCE]))

    def _send(self, groups: Mapping[str, list[PendingWrite]]) -> None:
        """Send until nothing is left: each round settles at least one work or splits what is sent together."""
        if not groups:
            return
        variables: dict[str, Any] = {}
        for number, (product, works) in enumerate(groups.items()):
            variables[f"p{number}"] = product
            variables[f"b{number}"] = [{"id": work.key} for work in works]
            variables[f"r{number}"] = [self._input(work) for work in works]
        changed = {one.name for works in groups.values() for work in works for one in work.changed(metafields=False)}
        document = document_of(len(groups), selection(self.reader.parts), selection(self.reader.parts_of(changed)))
        try:
            answer = self.sender.send(document, variables, "Writing variants")
        except TooCostly as reason:
            self._in_parts(groups, str(reason))
            return
        left: dict[str, list[PendingWrite]] = {}
        unrun: dict[str, list[PendingWrite]] = {}
        for number, (product, works) in enumerate(groups.items()):
            self._as_they_stood(works, found_at(answer.data, f"b{number}"), changed)
            try:
                rest = self._settle(works, payload(answer, f"r{number}", self.reader.entity))
            except NotRun as reason:
                if len(works) == 1:
                    refuse(works[0], self.reader.entity, [UserError(str(reason))])
                else:
                    unrun[product] = works
                continue
            if rest:
                left[product] = rest
        self._send(left)
        for product, works in unrun.items():
            self._in_parts({product: works}, "")

    def _settle(self, works: Sequence[PendingWrite], answered: Payload) -> list[PendingWrite]:
        """Settle what the answer settles; the works to be sent again are returned (none of the product's was written)."""
        errors = answered.errors
        if not errors:
            self._verify(works, objects(answered.found.get("productVariants") or []))
            return []
        named = {place for error in errors if (place := error.place(len(works))) is not None}
        if not named and len(works) > 1:
            self._each_alone(works)
            return []
        for place, work in enumerate(works):
            if place in named or len(works) == 1:
                refuse(work, self.reader.entity, [one for one in errors if one.place(len(works)) in (place, None)] or errors)
        return pending(works)

    def _as_they_stood(self, works: Sequence[PendingWrite], answered: Mapping[str, Any] | None, changed: Collection[str]) -> None:
        nodes = objects((answered or {}).get("productVariants") or [])
        stood = {text_at(node, "id"): node for node in nodes if node is not None}
        for work in works:
            work.before = self.reader.in_part(stood.get(work.key), work.key, changed)

    def _each_alone(self, works: Sequence[PendingWrite]) -> None:
        for work in works:
            self._send({text_at(work.node, "product", "id"): [work]})

    def _verify(self, works: Sequence[PendingWrite], answered: Sequence[Mapping[str, Any] | None]) -> None:
        after = {text_at(node, "id"): node for node in answered if node is not None}
        for work in works:
            if work.key in after:
                verify(work, self.reader.seen(after[work.key]), self.reader.entity)
            else:
                work.end(Result.STALE, GONE)

    def _in_parts(self, groups: Mapping[str, list[PendingWrite]], why: str) -> None:
        """Nothing of it ran: send fewer products at once, then fewer variants of one."""
        products = list(groups.items())
        if len(products) > 1:
            for part in (products[: len(products) // 2], products[len(products) // 2 :]):
                self._send(dict(part))
            return
        product, works = products[0]
        if len(works) == 1:
            refuse(works[0], self.reader.entity, [UserError(why)])
            return
        for some in (works[: len(works) // 2], works[len(works) // 2 :]):
            self._send({product: some})

    def _input(self, work: PendingWrite) -> dict[str, Any]:
        currency = self.reader.conversation.shop().currency
        changes = {field.written: sent(field, work.operation.changes[field.name], currency) for field in work.changed(False)}
        if any(path[:-1] == WEIGHT for path in changes):  # number and unit are sent together (schema)
            for name in ("value", "unit"):
                changes.setdefault((*WEIGHT, name), found_weight(work.node)[name])
        return nested({("id",): work.key, **changes})
