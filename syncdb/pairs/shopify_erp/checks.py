"""Trying what a run between a shop and an ERP needs: the shop's permissions, the database, what is switched on there."""

from collections.abc import Mapping

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.errors import SyncdbError
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.systems.check import Check
from syncdb.systems.postgres.checks import check_erp
from syncdb.systems.shopify.checks import check_scopes, check_version, no_access, same_shop, who_answers
from syncdb.systems.shopify.connecting import shop_of

NEEDED: Mapping[str, str] = {
    "write_inventory": "to keep stock in step",
    "read_locations": "to know where stock lies",
    "write_products": "to change prices and barcodes, and to make products",
    "write_orders": "to make and change orders",
    "write_customers": "to keep customers in step and make buyers",
    "write_merchant_managed_fulfillment_orders": "to ship orders",
}


def check(settings: ErpSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """All that a run needs of both systems."""
    return [*check_shop(settings, reader, clock), *check_erp(settings, clock)]


def check_shop(settings: ErpSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """The shop's token, permissions and API version."""
    try:
        with shop_of(settings, clock) as client:
            shop = Conversation(client).shop()
    except SyncdbError as error:
        return no_access("shopify", error)
    facts = shop.facts
    return [
        who_answers("shopify", facts),
        *same_shop(settings, facts, reader),
        check_scopes("shopify", facts, NEEDED, "leave that switched off"),
        check_version(settings, facts, clock.now()),
    ]
