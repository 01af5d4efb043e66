"""The shop's variants as a connector that also makes products of the ERP's rows, and sets to draft what the ERP has no more."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities
from syncdb.connectors.passing import PassedOn
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.side import LATE, CatalogueSide
from syncdb.connectors.shopify.catalogue.unanswered import Unanswered
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.creating import ProductCreator
from syncdb.connectors.shopify.products.custom_id import CustomIds
from syncdb.connectors.shopify.products.making import ProductMaker
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.connectors.shopify.products.whole import Option, Product, Variant
from syncdb.connectors.shopify.shape import bare_id
from syncdb.errors import NotUnderstood, OutcomeUnknown, RemoteError
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Side, Snapshot
from syncdb.pairs.shopify_erp.new_goods import CannotBeMade, NewGoods, NewProduct
from syncdb.pairs.shopify_erp.stock import ShownSide, Told
from syncdb.values import Value, same
from syncdb.wording import counted

log = logging.getLogger("syncdb.shopify")

ORIGIN = ("syncdb", "erp_product")  # the metafield with the custom id under which a product was made
WHOLE = "whole"  # what marks an attempt that is about a whole product
DRAFT = {"status": "DRAFT"}


@dataclass(slots=True)
class ShopGoods(PassedOn):
    """The variants of a shop. With `makes` products are made of the ERP's rows, with `drafts` those that the ERP deleted are
    taken off sale; `row_of` gives the key of the ERP's row of a variant.
    """

    connector: ShownSide
    conversation: Conversation
    wanted: NewGoods
    makes: bool
    drafts: bool
    row_of: Callable[[str], str]
    late: float = LATE
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)
    _creator: ProductCreator = field(init=False)
    _products: CatalogueSide = field(init=False)
    _unanswered: Unanswered = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title = self.connector.name, self.connector.title
        self._creator = ProductCreator(CustomIds(self.conversation, *ORIGIN))
        self._products = CatalogueSide(self.conversation, PRODUCTS, PRODUCTS.chosen(("title", "status")))
        lacking = f"the definition of the metafield {self._creator.custom.name}, by which what is made there is found again,"
        self.can = replace(self.connector.can, create=self.makes, delete=self.drafts, removal="set to draft", structure=lacking)
        self._unanswered = Unanswered(self.conversation.client.clock, self.late)

    @property
    def told(self) -> list[Told]:
        return self.connector.told

    def structure(self, token: int) -> Attempt | None:
        return self._creator.structure(token) if self.makes else None

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self.connector.look(keys)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """One whole product, or all changes before the next that is about one."""
        leading = next((at for at, one in enumerate(operations) if one.action is not Action.UPDATE), len(operations))
        if leading == 0:
            return Attempt(token, (operations[0],), {WHOLE: True})
        return self.connector.prepare(operations[:leading], token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        if not attempt.operations and not attempt.evidence.keys() - {"defines"}:
            self._creator.define()
            return []
        if WHOLE not in attempt.evidence:
            return self.connector.write(attempt)
        if self._unanswered.knows(attempt.token):
            return self.settle(attempt)
        operation, sender = attempt.operations[0], Sender(self.conversation)
        try:
            outcome = (
                self._made(operation, sender) if operation.action is Action.CREATE else self._drafted(operation, attempt.token)
            )
        except (OutcomeUnknown, NotUnderstood) as lost:
            if isinstance(lost, NotUnderstood) and not sender.sent:
                raise
            log.warning("%s: the answer to write %s was lost: %s", self.name, attempt.token, lost)
            self._unanswered.note(attempt.token)
            return [Outcome(Result.UNKNOWN)]
        return self._heard(attempt, [outcome])

    def settle(self, attempt: Attempt) -> list[Outcome]:
        if not attempt.operations and not attempt.evidence.keys() - {"defines"}:
            return self._creator.settled()
        if WHOLE not in attempt.evidence:
            return self.connector.settle(attempt)
        self._unanswered.settling(attempt.token)
        try:
            found = self._stands(attempt.operations[0])
            if found is None:
                self._unanswered.wait(attempt.token)
                found = self._stands(attempt.operations[0])
        except RemoteError as error:
            log.warning("%s: what became of write %s cannot be seen: %s", self.name, attempt.token, error)
            return [Outcome(Result.UNKNOWN)]
        return self._heard(attempt, [found or Outcome(Result.STALE, why="it was not applied")])

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if WHOLE in attempt.evidence or not attempt.operations else self.connector.mend(attempt, token)

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        self.connector.told += zip(attempt.operations, outcomes, strict=False)
        return outcomes

    # --- making

    def _made(self, operation: Operation, sender: Sender) -> Outcome:
        try:
            new = self.wanted.of(row_meant(operation))
        except CannotBeMade as why:
            return Outcome(Result.REJECTED, why=str(why))
        if (there := self._there(new)) is None:
            made = ProductMaker(sender, self._creator.custom).make(new.product, new.made_as)
            if made.result is not Result.DONE or made.id is None:
                return made
            there = made.id
        standing = ProductReader(self.conversation).one(there)
        if standing is None:
            return Outcome(Result.STALE, why="the product is no longer in the shop")
        if (variant := _of_sku(standing, new.sku)) is not None:
            return self._as_it_stands(operation, variant)
        if new.alone:
            return Outcome(Result.REJECTED, why=_another(new, standing))
        return self._added(operation, there, standing, new, sender)

    def _there(self, new: NewProduct) -> str | None:
        """The shop's product of that row: the one in which others of its parent stand, or the one that was made for it."""
        if new.there is not None:
            return f"gid://shopify/Product/{new.there}"
        return self._creator.custom.found(new.made_as)

    def _added(self, operation: Operation, key: str, standing: Product, new: NewProduct, sender: Sender) -> Outcome:
        """Add a row's variant to a product that is there."""
        wanted = next(one for one in new.product.variants or () if one.sku == new.sku)
        names = [option.name for option in standing.options or ()]
        if names != [option.name for option in new.product.options or ()]:
            told = f"the shop's product {standing.title!r} has the options {', '.join(names)}"
            return Outcome(Result.REJECTED, why=f"Product {new.sku}: {told}, and the ERP's rows have others.")
        options = tuple(
            Option(one.name, tuple(dict.fromkeys((*one.values, value))), one.ref, one.value_refs)
            for one, value in zip(standing.options or (), wanted.values, strict=True)
        )
        whole = replace(standing, options=options, variants=(*(standing.variants or ()), wanted))
        brought = VariantsWriter(sender, ProductReader(self.conversation)).bring(key, whole, standing)
        now = ProductReader(self.conversation).one(key) if brought.outcome.result is Result.DONE else None
        variant = _of_sku(now, new.sku) if now is not None else None
        return brought.outcome if variant is None else self._as_it_stands(operation, variant)

    def _as_it_stands(self, operation: Operation, variant: Variant) -> Outcome:
        """The new variant with what the shop calls it, for the ERP to keep."""
        there = self.look([variant.ref]).found.get(variant.ref)
        shown, changes = (there.record.fields if there else {}), operation.changes
        instead = {name: value for name, value in shown.items() if name in changes and not same(value, changes[name])}
        return Outcome(Result.DONE, variant.ref, id=variant.ref, instead=instead)

    # --- taking off sale

    def _drafted(self, operation: Operation, token: int) -> Outcome:
        product = _product(operation)
        rest = self.wanted.others(bare_id(product), self.row_of(operation.key))
        if rest:
            stand = "stands" if rest == 1 else "stand"
            others = counted(rest, "other row")
            why = f"{operation.expected.get('sku')}: {others} of the ERP {stand} in the same product of the shop. "
            return Outcome(Result.REJECTED, why=f"{why}Delete the one variant in the Shopify admin, if nobody needs it.")
        there = self._products.look([product]).found.get(product)
        status = there.record.fields.get("status") if there else None
        if there is not None and status == "ACTIVE":
            change = Operation(
                Side.LEFT, Action.UPDATE, product, None, {"status": status}, dict[str, Value](DRAFT), operation.reason
            )
            (outcome,) = self._products.write(self._products.prepare([change], token))
            if outcome.result is not Result.DONE:
                return outcome
        return Outcome(Result.DONE, operation.key, instead=dict[str, Value](DRAFT))

    def _stands(self, operation: Operation) -> Outcome | None:
        if operation.action is Action.DELETE:
            product = _product(operation)
            there = self._products.look([product]).found.get(product)
            off = there is None or there.record.fields.get("status") != "ACTIVE"
            return Outcome(Result.DONE, operation.key, instead=dict[str, Value](DRAFT)) if off else None
        try:
            new = self.wanted.of(row_meant(operation))
        except CannotBeMade as why:
            return Outcome(Result.REJECTED, why=str(why))
        there_key = self._there(new)
        standing = ProductReader(self.conversation).one(there_key) if there_key else None
        variant = _of_sku(standing, new.sku) if standing is not None else None
        return self._as_it_stands(operation, variant) if variant is not None else None


def row_meant(operation: Operation) -> str:
    """The key of the ERP's row that a new product is made of."""
    return operation.key.partition(":")[2] if operation.key.startswith("right") else operation.key


def _another(new: NewProduct, standing: Product) -> str:
    """Why the shop's product under the key of a row is not this one."""
    skus = ", ".join(one.sku or "" for one in standing.variants or ())
    told = f"Product {new.sku}: under its key {standing.title!r} ({skus}) was made in the shop. "
    return (
        f"{told}If it is the same, give both the same SKU; if the key was given twice, as happens after an older backup was put "
        "back, enter it anew under a new key."
    )


def _product(operation: Operation) -> str:
    return f"gid://shopify/Product/{operation.expected.get('shopify_product_id')}"


def _of_sku(product: Product, sku: str) -> Variant | None:
    found = [one for one in product.variants or () if (one.sku or "").strip() == sku]
    return found[0] if len(found) == 1 else None
