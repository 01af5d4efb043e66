"""What can be told of a shop before a run: whether it is the ledger's, how far back it is visible, its API version."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from syncdb.connectors.order_source import Facts
from syncdb.connectors.shopify.client import shop_domain
from syncdb.errors import Exit, SyncdbError
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.systems.check import Check, failed, passed, refused, skipped
from syncdb.systems.shopify.connecting import ShopAccess
from syncdb.systems.shopify.keys import ShopSettings
from syncdb.systems.shopify.versions import days_left
from syncdb.wording import counted

SOON = 45  # days


def no_access(part: str, error: SyncdbError) -> list[Check]:
    """The checks of a shop that did not let us in."""
    return [refused(part, "token", error), *(skipped(part, name, "no access") for name in ("scopes", "version"))]


def who_answers(part: str, facts: Facts) -> Check:
    """Which shop the token opened."""
    return passed(part, "token", f"{facts.name} ({facts.domain}), {facts.zone}, {facts.currency}")


def check_scopes(part: str, facts: Facts, needs: Mapping[str, str], otherwise: str) -> Check:
    """Whether the app has these permissions, each with what it is for; `otherwise` is what to do instead of giving them."""
    if facts.scopes is None:
        return skipped(part, "scopes", "the app may not see its own permissions")
    # a permission to write includes that to read (documented)
    lacking = {need: why for need, why in needs.items() if not facts.scopes & {need, need.replace("read_", "write_", 1)}}
    if lacking:
        told = "; ".join(f"{scope} is missing ({why})" for scope, why in sorted(lacking.items()))
        remedy = f"Give the app {', '.join(sorted(lacking))} and install it anew, or {otherwise}."
        return failed(part, "scopes", told, remedy, Exit.REMOTE)
    return passed(part, "scopes", ", ".join(sorted(needs)))


def same_shop(settings: ShopAccess, facts: Facts, reader: LedgerReader | None) -> Iterator[Check]:
    """Whether the shop that answers is the one that was asked for, and the ledger's."""
    known = reader.shop if reader else None
    asked = shop_domain(settings.shopify_store_name)
    if known is None and facts.domain != asked:
        told = f"{asked} is configured, but {facts.domain} answered"
        yield failed("shopify", "shop", told, f"If it is the shop, put {facts.domain} into shopify_store_name.", Exit.GUARD)
    if known and known["id"] != facts.shop_id:
        told = f"the ledger belongs to {known['domain']}, but {facts.domain} answered"
        yield failed("shopify", "shop", told, "Use another db_path for another shop.", Exit.GUARD)


def check_horizon(settings: ShopSettings, facts: Facts, now: datetime) -> Check:
    horizon = facts.horizon(now)
    if horizon is None:
        return passed("shopify", "horizon", "orders of any age are visible" if facts.sees_all_orders else "not known")
    if now - timedelta(days=settings.lookback_days) < horizon:
        told = f"lookback_days is {settings.lookback_days}, but only 60 days are visible to this app"
        return failed("shopify", "horizon", told, "Give the app read_all_orders, or set lookback_days to 60.", Exit.REMOTE)
    return passed("shopify", "horizon", f"orders since {horizon.date()} are visible")


def check_version(settings: ShopAccess, facts: Facts, now: datetime) -> Check:
    asked, left = settings.shopify_api_version, days_left(settings.shopify_api_version, now)
    if facts.version and facts.version != asked:
        told = f"{asked} was asked for and {facts.version} answered"
        return failed("shopify", "version", told, f"Set shopify_api_version to {facts.version}.", Exit.REMOTE)
    remedy = "Update syncdb or set a newer shopify_api_version." if left is not None and left <= SOON else ""
    return passed("shopify", "version", f"{asked}, {counted(left, 'day')} left" if left is not None else asked, remedy)
