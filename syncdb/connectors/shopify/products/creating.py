"""Products as new records of a connector: made under the key of the operation as their custom id, and found under it again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.fields import METAFIELD, split
from syncdb.connectors.shopify.catalogue.work import PendingWrite, Sender
from syncdb.connectors.shopify.products.custom_id import CustomIds
from syncdb.connectors.shopify.products.fitness import problems
from syncdb.connectors.shopify.products.making import ProductMaker
from syncdb.connectors.shopify.products.whole import Metafield, Product
from syncdb.model import Action, Attempt, Operation, Outcome, Result
from syncdb.values import Value, canonical

Whole = Callable[[Operation], Product]


def product_of(operation: Operation) -> Product:
    """The product that an operation's fields describe, with the one variant every product has. Tags are one text."""
    given = operation.changes
    tags = _text(given, "tags")
    metafields = [_metafield(name, given) for name in given if METAFIELD.fullmatch(name) and _text(given, name) is not None]
    return Product(
        title=_text(given, "title") or "",
        description_html=_text(given, "description_html"),
        handle=_text(given, "handle"),
        vendor=_text(given, "vendor"),
        product_type=_text(given, "product_type"),
        status=_text(given, "status"),
        category=_text(given, "category"),
        seo_title=_text(given, "seo_title"),
        seo_description=_text(given, "seo_description"),
        template_suffix=_text(given, "template_suffix"),
        tags=None if tags is None else tuple(split(tags)),
        metafields=tuple(metafields) or None,
    )


def _text(given: Mapping[str, Value], name: str) -> str | None:
    found = canonical(given.get(name))
    return None if found is None else str(found)


def _metafield(name: str, given: Mapping[str, Value]) -> Metafield:
    """A metafield whose type Shopify takes from its definition."""
    _, namespace, key = name.split(".")
    return Metafield(namespace, key, "", _text(given, name) or "")


class RecordCreator(ABC):
    """Makes the new records of a connector under custom ids. Raises what `CustomIds` raises."""

    __slots__ = ()
    custom: CustomIds

    def structure(self, token: int) -> Attempt | None:
        """The definition of the custom id, as a write without operations; None where it is there."""
        return None if self.custom.defined() else Attempt(token, (), {"defines": self.custom.name})

    def define(self) -> None:
        """Make the definition."""
        self.custom.define(Sender(self.custom.conversation))

    def settled(self) -> list[Outcome]:
        """What became of an attempt to make the definition: nothing to say where it is there, STALE where it is not."""
        return [] if self.custom.defined() else [Outcome(Result.STALE, why="the definition was not made")]

    def unfit(self, operation: Operation) -> str:
        """Why the record of an operation cannot be made, "" where nothing is known against it."""
        return ""

    @abstractmethod
    def create(self, works: Iterable[PendingWrite], sender: Sender) -> None:
        """Make the records of all pending works, one after the other, and settle each."""

    def look(self, works: Iterable[PendingWrite]) -> None:
        """Settle each by whether there is a record under its custom id."""
        for work in works:
            there = self.custom.found(work.key)
            work.outcome = Outcome(Result.DONE, there, id=there) if there else Outcome(Result.STALE, why="it was not applied")


@dataclass(frozen=True, slots=True)
class ProductCreator(RecordCreator):
    """Makes products. `whole` says what all belongs to the product of an operation. Raises what `ProductMaker` raises."""

    custom: CustomIds
    whole: Whole = product_of

    def unfit(self, operation: Operation) -> str:
        return "; ".join(problems(self.whole(operation), self.custom.conversation.shop().currency))

    def create(self, works: Iterable[PendingWrite], sender: Sender) -> None:
        maker = ProductMaker(sender, self.custom)
        for work in works:
            if work.pending and work.operation.action is Action.CREATE:
                work.outcome = maker.make(self.whole(work.operation), work.key)
