"""Which records of the shop are kept in step with a document, where not all are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from syncdb.connectors.base import Connector, Feed
from syncdb.connectors.shopify.catalogue.choosing import ChosenProducts, ProductChoice
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.mapping.entities import PRODUCTS
from syncdb.pairs.chosen import ChosenEntity
from syncdb.pairs.shopify_grist.selected import Among, Selected, SelectedFeed, Standing, moving
from syncdb.pairs.shopify_grist.tables import Tables, pair_name

OF_PRODUCTS = ("status", "vendor", "type", "tag", "collection")


@dataclass(slots=True)
class Choosing:
    """Puts what was chosen in the place of the shop's sides and its feed."""

    tables: Tables
    conversation: Conversation
    products: dict[ProductChoice, ChosenProducts] = field(default_factory=dict)

    def shown(self, one: ChosenEntity, pair: str, left: Connector) -> Connector:
        """A side without what was not chosen."""
        return left if one.only.everything else Selected(left, one, self._among(one), self._standing(one.entity.name, pair))

    def feed(self, whole: Mapping[str, ChosenEntity], feed: Feed) -> Feed:
        """A feed that notices which products came into the selection or left it."""
        one = whole.get(PRODUCTS.name)
        belonging = [name for name, other in whole.items() if name != PRODUCTS.name and other.only.of_products]
        if one is None or not one.only.of_products or not belonging:
            return feed
        pair = pair_name(self.tables.document.id, PRODUCTS.name)
        standing, records = self._standing(PRODUCTS.name, pair), self.tables.ledger.records(pair)
        return SelectedFeed(feed, moving(one.leaving, self._among(one), standing, records), belonging)

    def _among(self, one: ChosenEntity) -> Among:
        words = one.only.wanted
        statuses, vendors, types, tags, collections = (words.get(name, ()) for name in OF_PRODUCTS)
        choice = ProductChoice(statuses, vendors, types, tags, collections, one.only.search)
        return self.products.setdefault(choice, ChosenProducts(self.conversation, choice)).among

    def _standing(self, entity: str, pair: str) -> Standing:
        document, made = self.tables.document, self.tables.made
        records = self.tables.ledger.records(pair)

        def standing(keys: Collection[str]) -> set[str]:
            agreed = set(records.agreed(sorted(keys)))
            place = next((one.stands_in() for one in made.values() if one.entity == entity), None) if agreed else None
            return agreed & document.keys_of(place[1], place[2])[1] if place else set()

        return standing
