"""Trying what a run between a shop and an ERP needs: the shop's permissions, the database, what is switched on there."""

from collections.abc import Mapping

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.order_source import Facts
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.errors import Exit, SyncdbError
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.systems.check import Check, failed, passed, refused, skipped
from syncdb.systems.postgres.checks import check_erp
from syncdb.systems.shopify.checks import check_version, same_shop
from syncdb.systems.shopify.connecting import shop_of

NEEDED: Mapping[str, str] = {
    "write_inventory": "to keep stock in step",
    "read_locations": "to know where stock lies",
    "read_products": "to find products by SKU",
    "write_orders": "to make and change orders",
    "write_customers": "to know buyers and make them",
    "write_merchant_managed_fulfillment_orders": "to ship orders",
}


def check(settings: ErpSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """All that a run needs of both systems."""
    return [*_check_shop(settings, reader, clock), *check_erp(settings, clock)]


def _check_shop(settings: ErpSettings, reader: LedgerReader | None, clock: Clock) -> list[Check]:
    try:
        with shop_of(settings, clock) as client:
            shop = Conversation(client).shop()
    except SyncdbError as error:
        return [refused("shopify", "token", error), *(skipped("shopify", name, "no access") for name in ("scopes", "version"))]
    facts = Facts(shop.shop_id, shop.domain, shop.name, shop.zone.key, shop.currency, shop.scopes, shop.version)
    return [
        passed("shopify", "token", f"{facts.name} ({facts.domain}), {facts.zone}, {facts.currency}"),
        *same_shop(settings, facts, reader),
        check_scopes(facts),
        check_version(settings, facts, clock.now()),
    ]


def check_scopes(facts: Facts) -> Check:
    """Whether the app may do all that can be switched on."""
    if facts.scopes is None:
        return skipped("shopify", "scopes", "the app may not see its own permissions")
    # a permission to write includes that to read (documented)
    lacking = {need: why for need, why in NEEDED.items() if not facts.scopes & {need, need.replace("read_", "write_", 1)}}
    if lacking:
        told = "; ".join(f"{scope} is missing ({why})" for scope, why in sorted(lacking.items()))
        remedy = f"Give the app {', '.join(sorted(lacking))} and install it anew, or leave that switched off."
        return failed("shopify", "scopes", told, remedy, Exit.REMOTE)
    return passed("shopify", "scopes", ", ".join(sorted(NEEDED)))
