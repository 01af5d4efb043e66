"""What a run is made of: for each entity the two sides, and the rules between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial

from syncdb.clock import Clock
from syncdb.connectors.order_source import Notice
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.table import ErpTableConnector
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS as SHOP_PRODUCTS
from syncdb.connectors.shopify.catalogue.entities import STOCK
from syncdb.connectors.shopify.catalogue.entities import VARIANTS as SHOP_VARIANTS
from syncdb.connectors.shopify.catalogue.side import CatalogueSide
from syncdb.connectors.shopify.catalogue.stock import MOVING
from syncdb.connectors.shopify.customers.side import CustomersSide
from syncdb.connectors.shopify.ordering.side import OrdersSide
from syncdb.connectors.shopify.ordering.variants import VariantFinder
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.engine.guards import Limits
from syncdb.engine.links import Joins
from syncdb.engine.match import Matching
from syncdb.engine.pair_run import EntitySync
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.request import RunRequest
from syncdb.ledger import Ledger
from syncdb.model import OnDrift, OnMissing, Operation, Outcome, Owner, Policy, Rule, Side, Tie
from syncdb.pairs.opening import limits
from syncdb.pairs.shopify_erp import customers, goods, order_rows, stock, texts
from syncdb.pairs.shopify_erp.adopting import OrderAdoption, all_linked, linked
from syncdb.pairs.shopify_erp.counterparts import Lone, lone_products, lone_stock
from syncdb.pairs.shopify_erp.erp_goods import ErpGoodsRows
from syncdb.pairs.shopify_erp.erp_orders import ErpOrders, Source
from syncdb.pairs.shopify_erp.feeds import CUSTOMERS, INVENTORY, ORDERS, PRODUCTS, TEXTS
from syncdb.pairs.shopify_erp.foretelling import Making, customer_fits
from syncdb.pairs.shopify_erp.new_goods import NewGoods
from syncdb.pairs.shopify_erp.people import forgetting
from syncdb.pairs.shopify_erp.places import Places
from syncdb.pairs.shopify_erp.sending import Sending
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.pairs.shopify_erp.shop_goods import ShopGoods, row_meant
from syncdb.pairs.shopify_erp.shop_orders import ShopOrders
from syncdb.values import digest, iso, minor_digits

LEFT_ALONE = OnMissing.RESPECT
SHARED = Rule(Owner.BOTH, tie=Tie.ASK)
NAMED_BY_SHOP = Rule(Owner.LEFT, OnDrift.RESTORE)
IN_SHOP, IN_ERP = ("shop", "both"), ("erp", "both")  # settings that say where new records are made
Told = tuple[Operation, Outcome]
WritesTold = Callable[[], Sequence[Told]]


@dataclass(slots=True)
class EntityPairs:
    """Makes them. `registered` gives the name of an entity's pair in the ledger; `told` tells what became of the writes to
    either side, by entity, and `makings` make what is sent to the shop for a new record.
    """

    settings: ErpSettings
    ledger: Ledger
    database: ErpDatabase
    tables: ErpTables
    request: RunRequest
    conversation: Conversation
    registered: Callable[[str], str]
    told: dict[str, dict[Side, WritesTold]] = field(default_factory=dict)
    makings: dict[str, Making] = field(default_factory=dict)
    _shown: list[stock.ShopStock | stock.ErpStock | ErpOrders | Lone] = field(default_factory=list)

    def news(self) -> list[Notice]:
        """What the sides noticed since they were last asked."""
        return [one for side in self._shown for one in side.news()]

    def products(self, places: Places | None) -> EntitySync:
        """Goods. `places` where stock is kept in step, too: new ones are made with what lies there."""
        settings, name = self.settings, self.registered(PRODUCTS)
        joins = Joins.of(self.ledger, name)
        makes = settings.erp_new_products in IN_SHOP
        lone = lone_products(partial(linked, joins, Side.RIGHT))
        erp = goods.ErpGoods(self.tables["products"], None if makes else lone)
        self._shown.append(lone)
        variants = CatalogueSide(self.conversation, SHOP_VARIANTS, (*SHOP_VARIANTS.chosen(goods.READ), goods.ITEM, goods.STATUS))
        rows = ErpTableConnector(
            self.database,
            self.tables,
            erp.table,
            erp.kinds,
            title="the ERP",
            stamp="shopify_last_sync_at",
            digits={"cost": minor_digits(self.conversation.shop().currency)},  # the shop rounds it, and takes no more
        )
        drafts = settings.erp_gone_products == "draft"
        new = NewGoods(self.database, self.tables, places, settings.erp_source)
        self.makings[PRODUCTS] = lambda operation: new.of(row_meant(operation))
        left = ShopGoods(
            stock.ShownSide(variants, "Shopify variants", goods.of_shop, stock.unchanged),
            self.conversation,
            new,
            makes=makes,
            drafts=drafts,
            row_of=lambda id: _row_of(joins, id),
        )
        right = ErpGoodsRows(
            stock.ShownSide(rows, "the ERP", erp, stock.unchanged),
            self.database,
            self.tables,
            ProductReader(self.conversation),
            places,
            makes=settings.erp_new_products in IN_ERP,
            retires=drafts,
        )
        self.told[PRODUCTS] = {Side.LEFT: lambda: left.told, Side.RIGHT: lambda: right.told}
        rules = goods.rules(erp.table, settings.erp_fields)
        gone = OnMissing.DELETE if drafts else LEFT_ALONE
        policy = Policy(
            rules,
            gone,
            gone,
            create_left=left.makes,
            create_right=right.makes,
            told=("sku",),
            new_needs=frozenset({goods.MAKING}),
        )
        pair = EntityPair(name, left, right, policy, self._limits(), goods.MATCHING)
        return EntitySync(PRODUCTS, pair, digest([repr(sorted(rules.items())), settings.erp_new_products, drafts]), {})

    def texts(self) -> EntitySync | None:
        """Texts of products, as far as it is said whose word counts for them; None where that is nothing."""
        table, name = self.tables["products"], self.registered(TEXTS)
        rules = texts.kept(table, self.settings.erp_fields)
        if not rules:
            return None
        shop = CatalogueSide(self.conversation, SHOP_PRODUCTS, SHOP_PRODUCTS.chosen(tuple(rules)))
        kinds = texts.kinds(table, rules)
        rows = ErpTableConnector(self.database, self.tables, table, kinds, title="the ERP", stamp="shopify_last_sync_at")
        left = stock.ShownSide(shop, "Shopify products", texts.of_shop, stock.unchanged)
        shown = texts.ErpTexts(self.database, table, tuple(rules))
        right = stock.ShownSide(rows, "the ERP", shown, shown.own)
        self.told[TEXTS] = {Side.LEFT: lambda: left.told, Side.RIGHT: lambda: right.told}
        policy = Policy(rules, LEFT_ALONE, LEFT_ALONE, create_left=False, create_right=False, told=("title",))
        pair = EntityPair(name, left, right, policy, self._limits(), texts.MATCHING)
        return EntitySync(TEXTS, pair, digest([repr(sorted(rules.items()))]), {})

    def inventory(self, places: Places) -> EntitySync:
        """Stock, by movement on both sides."""
        lone = lone_stock(partial(linked, Joins.of(self.ledger, self.registered(INVENTORY)), Side.RIGHT))
        goods_too = (
            partial(linked, Joins.of(self.ledger, self.registered(PRODUCTS)), Side.RIGHT) if PRODUCTS in self.told else None
        )
        shop, erp = stock.ShopStock(places), stock.ErpStock(self.database, self.tables, places, lone, goods_too)
        self._shown += [shop, erp]
        levels = CatalogueSide(self.conversation, STOCK, (*STOCK.chosen(stock.READ), stock.ITEM), manner=MOVING)
        table = self.tables["inventory"]
        kinds = {name: kind for name, kind in stock.KINDS.items() if table.has(name)}
        rows = ErpTableConnector(self.database, self.tables, table, kinds, UTC, title="the ERP", stamp="last_shopify_sync")
        left = stock.ShownSide(levels, "Shopify inventory", shop, stock.unchanged)
        right = stock.ShownSide(rows, "the ERP", erp, stock.in_columns)
        self.told[INVENTORY] = {Side.LEFT: lambda: left.told, Side.RIGHT: lambda: right.told}
        rules = {stock.AVAILABLE: Rule(Owner.BOTH, tie=Tie.SUM)}
        policy = Policy(rules, LEFT_ALONE, LEFT_ALONE, create_left=False, create_right=False, told=("sku",))
        most = replace(self._limits(), live_percent=100, changed_percent=100)  # it moves all day on both sides
        pair = EntityPair(self.registered(INVENTORY), left, right, policy, most, stock.MATCHING)
        return EntitySync(INVENTORY, pair, digest([sorted(places.names), places.usual]), {})

    def customers(self) -> EntitySync:
        """Customers, field by field."""
        table, settings = self.tables["customers"], self.settings
        kinds = customers.kinds(table)
        rows = ErpTableConnector(self.database, self.tables, table, kinds, title="the ERP", stamp="shopify_last_sync_at")
        left = customers.ShopCustomers(CustomersSide(self.conversation, customers.kept(table), customers.parts(table)))
        right = customers.ErpCustomers(rows, table)
        self.told[CUSTOMERS] = {Side.LEFT: lambda: left.told, Side.RIGHT: lambda: right.told}
        self.makings[CUSTOMERS] = customer_fits
        rules = customers.rules(table, settings.erp_customer_fields)
        policy = Policy(
            rules,
            LEFT_ALONE,
            LEFT_ALONE,
            create_left=settings.erp_new_customers in IN_SHOP,
            create_right=settings.erp_new_customers in IN_ERP,
            told=("email",),
            new_needs=frozenset({customers.WHO}),
        )
        shown = forgetting(self.ledger, self.registered(CUSTOMERS), CUSTOMERS, (left, right))
        pair = EntityPair(self.registered(CUSTOMERS), *shown, policy, self._limits(), customers.MATCHING)
        return EntitySync(
            CUSTOMERS, pair, digest([repr(sorted(rules.items())), settings.erp_new_customers, customers.parts(table)]), {}
        )

    def orders(self, clock: Clock) -> tuple[EntitySync, OrderAdoption]:
        """Orders, and what links those that either side says are the same."""
        name, source = self.registered(ORDERS), Source(self.settings.erp_source)
        joins, since = Joins.of(self.ledger, name), clock.now() - self.request.lookback
        erp = ErpOrders(
            self.database, self.tables, since, source, partial(linked, joins, Side.RIGHT), partial(all_linked, joins, Side.RIGHT)
        )
        self._shown.append(erp)
        currency = self.conversation.shop().currency
        sending = Sending(self.database, self.tables, VariantFinder(self.conversation), source, currency)
        self.makings[ORDERS] = sending
        kept = order_rows.kept(self.tables["orders"], self.tables["order_items"])
        inner = OrdersSide(self.conversation, since, sending, kept=kept)
        shop = ShopOrders(inner, lambda ids: linked(joins, Side.LEFT, ids), source.origin, erp.old)
        self.told[ORDERS] = {Side.LEFT: lambda: shop.told, Side.RIGHT: lambda: erp.told}
        compared = order_rows.compared(self.tables["orders"])
        rules = dict.fromkeys(compared, SHARED) | {"shop_id": NAMED_BY_SHOP, "order_name": NAMED_BY_SHOP}
        policy = Policy(rules, LEFT_ALONE, LEFT_ALONE, create_left=True, create_right=True)
        shown = forgetting(self.ledger, name, ORDERS, (shop, erp))
        pair = EntityPair(name, *shown, policy, self._limits(), Matching())
        adoption = OrderAdoption(self.ledger, joins, self.database, self.tables, iso(clock.now()))
        return EntitySync(ORDERS, pair, digest([*compared, source.origin, repr(kept)]), {}), adoption

    def _limits(self) -> Limits:
        return limits(self.settings)


def _row_of(joins: Joins, id: str) -> str:
    """The key of the ERP's row of a variant of the shop; empty where there is none."""
    key = joins.keys(Side.LEFT, [id])[id]
    return joins.ids(Side.RIGHT, [key]).get(key, "")
