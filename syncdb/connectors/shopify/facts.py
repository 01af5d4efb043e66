"""What is known about the shop and about what this app may see of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from syncdb.connectors.order_source import Facts, Notice
from syncdb.connectors.shopify.shape import bare_id
from syncdb.decoding import text, understood
from syncdb.errors import Refused
from syncdb.values import iso

ORDERS_SCOPES = frozenset({"read_orders", "write_orders", "read_all_orders"})


@understood("Shopify")
def facts_from(data: Mapping[str, Any], version: str) -> Facts:
    """The facts in an answer that asked for them. Raises Refused where the shop says nothing of itself or orders are barred."""
    shop = data.get("shop")
    if not shop:
        raise Refused("Shopify did not say which shop this is.", next_step="Check the app's permissions in the Shopify admin.")
    installation = data.get("currentAppInstallation")
    scopes = frozenset(text(scope["handle"]) for scope in installation["accessScopes"]) if installation else None
    if scopes is not None and not scopes & ORDERS_SCOPES:
        raise missing_orders()
    return Facts(
        bare_id(text(shop["id"])),
        text(shop["myshopifyDomain"]),
        text(shop["name"]),
        text(shop["ianaTimezone"]),
        text(shop["currencyCode"]),
        scopes,
        version,
    )


def missing_orders(said: str = "the access scope read_orders is missing") -> Refused:
    """The refusal to go on without the permission everything rests on; `said` is Shopify's own reason."""
    return Refused(
        f"This app may not read the shop's orders: {said}",
        next_step="Give the app the scope read_orders (read_all_orders, too, for orders older than 60 days); install it anew.",
    )


def version_notice(asked: str, answered: str) -> Notice | None:
    """Told when another API version answered: an old version falls forward silently (reported), fields may mean other things."""
    if not answered or answered == asked:
        return None
    return Notice(
        "api_version",
        f"Shopify answered with API version {answered} though {asked} was asked for: {asked} is no longer offered.",
        f"Set shopify_api_version to {answered} after reading what changed, then run it again.",
    )


def horizon_notice(facts: Facts, since: datetime | None, now: datetime) -> Notice | None:
    """Told when the asked window reaches further back than orders are shown."""
    horizon = facts.horizon(now)
    if horizon is None or (since is not None and since >= horizon):
        return None
    return Notice(
        "horizon",
        f"Orders made before {iso(horizon)[:10]} (60 days ago) are not visible to this app.",
        "Give the app the access scope read_all_orders if older orders are needed.",
    )
