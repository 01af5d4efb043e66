"""Trying what a run between a shop and Sentos needs: the shop's permissions, the account, its warehouses and sales channels."""

from collections.abc import Mapping, Sequence
from typing import Any

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import entity_named
from syncdb.connectors.shopify.catalogue.locations import read_locations
from syncdb.connectors.shopify.ordering.shipping import SCOPE as SHIPPING_SCOPE
from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.pairs.filter_places import check_places
from syncdb.pairs.shopify_sentos.goods_records import LIRA
from syncdb.pairs.shopify_sentos.order_wishes import places_asked
from syncdb.pairs.shopify_sentos.pictures import IMAGES, SENDING
from syncdb.pairs.shopify_sentos.places import pair_places
from syncdb.pairs.shopify_sentos.rules import FIELDS, GoodsRules
from syncdb.pairs.shopify_sentos.settings import SentosSettings
from syncdb.pairs.shopify_sentos.shipments import CANCELLED
from syncdb.systems.check import Check, passed, refused
from syncdb.systems.sentos.checks import check_account
from syncdb.systems.sentos.connecting import sentos_of
from syncdb.systems.shopify.checks import check_scopes, check_version, no_access, same_shop, who_answers
from syncdb.systems.shopify.connecting import shop_of


def check(settings: SentosSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """All that a run needs of both systems."""
    return [*check_shop(settings, settings.rules, reader, clock, stock=True), *check_sentos(settings, reader, clock)]


def check_shop(
    settings: Any, rules: GoodsRules, reader: LedgerReader | None, clock: Clock = SYSTEM, *, stock: bool = False
) -> list[Check]:
    """Token, shop, the permissions that the chosen fields need, and the API version, in few requests. `stock`: also where
    stock goes, which is settled last when somebody sets it up.
    """
    try:
        with shop_of(settings, clock) as client:
            conversation = Conversation(client)
            shop = conversation.shop()
            places = [
                *check_places(client, places_asked(getattr(settings, "orders", None))),
                *(check_stock(settings, conversation) if stock else ()),
            ]
    except SyncdbError as error:
        return no_access("shopify", error)
    facts = shop.facts
    needed = needed_scopes(rules, bool(settings.sentos_channel_id), getattr(settings, "back", ()))
    return [
        who_answers("shopify", facts),
        *same_shop(settings, facts, reader),
        check_scopes("shopify", facts, needed, "take that out of shopify_writes"),
        check_version(settings, facts, clock.now()),
        *places,
        *check_currency(facts.currency),
    ]


def check_stock(settings: Any, conversation: Conversation) -> list[Check]:
    """Whether it is clear to which location of the shop the stock of each warehouse goes: a run stops without."""
    scopes = conversation.shop().facts.scopes
    if scopes is not None and "read_locations" not in scopes:
        return []  # told with the permissions
    try:
        places = pair_places(settings.sentos_warehouses, read_locations(conversation))
    except ConfigurationError as error:
        return [refused("sentos", "stock", error)]
    return [passed("sentos", "stock", f"goes to {', '.join(place.name for place in places)}")]


def check_currency(currency: str) -> list[Check]:
    """A word on prices where the shop's currency is not that of Sentos."""
    if currency == LIRA:
        return []
    return [passed("shopify", "currency", f"{currency}; Sentos' prices are in lira: no price is written and no product made")]


def needed_scopes(rules: GoodsRules, orders: bool, back: Sequence[str] = ()) -> Mapping[str, str]:
    """The access scopes that the chosen fields need, each with what for."""
    needs: dict[str, str] = {"read_orders": "to read orders"} if orders else {}
    needs |= {SHIPPING_SCOPE: "to write shipments"} if back else {}
    needs |= {"write_orders": "to cancel orders"} if CANCELLED in back else {}
    if rules.written.get(IMAGES):
        needs[SENDING] = "to write images"
    for name in (one for one in FIELDS if one != IMAGES):
        entity = entity_named(name)
        needs |= dict.fromkeys(entity.read_scopes, f"to read {name}")
        if rules.written.get(name):
            needs[entity.write_scope] = f"to write {name}"
    return needs


def check_sentos(settings: Any, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """Address, login, warehouses and sales channel. Nothing is made or changed."""
    with sentos_of(settings, reader, clock) as client:
        return list(check_account(client, tuple(settings.sentos_warehouses or ()), settings.sentos_channel_id))
