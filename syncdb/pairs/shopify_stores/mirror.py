"""The links of the ledger, shown in metafields of the products: a mirror for people, which nothing here rests on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.metafields import AT_ONCE, SET
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.products.definitions import Definition, lacking
from syncdb.engine.links import Joins
from syncdb.model import Side, Snapshot
from syncdb.pairs.shopify_stores.definitions import NAMESPACE
from syncdb.pairs.shopify_stores.matching import bare
from syncdb.programs import MANAGER

MAKE = f"Make them with {MANAGER} setup --pair stores, or leave it: the ledger knows the links."


@dataclass(slots=True)
class LinkMirror:
    """The links of one store's products. `key` is the metafield's, `field` what it is called among the fields of a product.

    What a run has seen of the products is compared with the ledger's links; only what differs is written.
    """

    store: str
    conversation: Conversation
    joins: Joins
    side: Side
    definition: Definition
    _seen: dict[str, str | None] = field(default_factory=dict, init=False)
    _news: list[Notice] = field(default_factory=list, init=False)

    @property
    def field(self) -> str:
        return f"metafields.{self.definition.namespace}.{self.definition.key}"

    def saw(self, shown: Snapshot) -> None:
        """Take note of what the products show."""
        for id, one in shown.found.items():
            value = one.record.fields.get(self.field)
            self._seen[id] = None if value is None else str(value)

    def wrong(self) -> dict[str, str]:
        """By id of a product, the link that it should show and does not."""
        keys = self.joins.keys(self.side, self._seen)
        alone = self.joins.alone(list(keys.values()))
        others = self.joins.ids(self.side.other, [key for key in keys.values() if key not in alone])
        right = {id: bare(others[key]) for id, key in keys.items() if key in others and key not in alone}
        return {id: value for id, value in right.items() if self._seen[id] != value}

    def write(self) -> int:
        """Write what is wrong, if the metafield is defined; how many products. Raises RemoteError."""
        wrong = list(self.wrong().items())
        self._seen.clear()
        if not wrong:
            return 0
        if lacking(self.conversation, [self.definition]):
            told = f"{self.store} has no definition of the metafield {self.definition.name}, so links are not shown there."
            self._news.append(Notice(f"not defined:{self.store}", told, MAKE))
            return 0
        return sum(self._set(wrong[start : start + AT_ONCE]) for start in range(0, len(wrong), AT_ONCE))

    def _set(self, links: Sequence[tuple[str, str]]) -> int:
        given = [self._entry(id, value) for id, value in links]
        try:
            answer = Sender(self.conversation).send(SET, {"metafields": given}, f"Showing links in {self.store}")
            errors = payload(answer, "metafieldsSet", PRODUCTS).errors
        except NotRun as reason:
            self._refused(str(reason))
            return 0
        if not errors:
            return len(links)
        if len(links) == 1:
            self._refused(f"{links[0][0]}: {said(errors)}")
            return 0
        return sum(self._set([one]) for one in links)

    def _entry(self, id: str, value: str) -> Mapping[str, str]:
        return {"ownerId": id, "namespace": NAMESPACE, "key": self.definition.key, "type": "id", "value": value}

    def _refused(self, why: str) -> None:
        told = f"{self.store} does not take a link ({why}). The ledger knows it."
        self._news.append(Notice(f"link refused:{self.store}", told, "See that metafield of the product in the Shopify admin."))

    def news(self) -> Iterator[Notice]:
        """What a person should know since this was last called."""
        yield from self._news
        self._news.clear()
