"""The metafields of the products of one store, as far as they mean the same in both."""

from collections.abc import Mapping
from dataclasses import dataclass

from syncdb.connectors.shopify.products.own_metafields import MetafieldWriter, Standing
from syncdb.model import Operation, Outcome, Result
from syncdb.pairs.shopify_stores.copying import is_portable
from syncdb.pairs.shopify_stores.metafields_entity import metafields_in, metafields_text
from syncdb.pairs.shopify_stores.product_parts import PartSide
from syncdb.values import Value


@dataclass(slots=True)
class MetafieldSide(PartSide[Mapping[str, Standing]]):
    """`apart` are names of metafields that are kept in step as fields of products, each by a rule of its own."""

    writer: MetafieldWriter
    apart: frozenset[str]

    def values(self, shown: dict[str, Mapping[str, Standing]]) -> dict[str, Value]:
        return {id: metafields_text(one.metafield for one in self._shared(all).values()) for id, all in shown.items()}

    def brought(self, operation: Operation, now: Mapping[str, Standing]) -> Outcome:
        try:
            wanted = metafields_in(_text(operation.changes[self.entity]))
        except ValueError as why:
            return Outcome(Result.REJECTED, operation.key, str(why))
        return self.writer.change(operation.key, self._shared(now), wanted)

    def otherwise(self, operation: Operation, after: Value) -> Outcome:
        """A shop writes values in its own way (5.0 as 5), which counts from now on."""
        if metafields_in(_text(after)).keys() != metafields_in(_text(operation.changes[self.entity])).keys():
            return Outcome(Result.STALE, operation.key, "the store shows others than were sent")
        return Outcome(Result.DONE, operation.key, instead={self.entity: after})

    def _shared(self, all: Mapping[str, Standing]) -> dict[str, Standing]:
        return {name: one for name, one in all.items() if name not in self.apart and is_portable(one.metafield)}


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
