"""What the shop says of itself, and what this app may do in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncdb.connectors.order_source import Facts
from syncdb.connectors.shopify.catalogue.answered import words
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.shape import bare_id
from syncdb.decoding import understood
from syncdb.errors import Refused


@dataclass(frozen=True, slots=True)
class ShopDescription:
    """The shop as it described itself. `scopes` is None where the app may not even see its own permissions."""

    shop_id: str
    domain: str
    name: str
    zone: ZoneInfo
    currency: str
    scopes: frozenset[str] | None
    version: str

    @property
    def facts(self) -> Facts:
        """The same as a reader of orders tells it."""
        return Facts(self.shop_id, self.domain, self.name, self.zone.key, self.currency, self.scopes, self.version)

    def lacks(self, entities: Iterable[ShopEntity], writing: bool) -> tuple[str, ...]:
        """The permissions that these entities need and the app has not, as far as that can be known."""
        if self.scopes is None:
            return ()
        wanted = {scope for one in entities for scope in (*one.read_scopes, *([one.write_scope] if writing else ()))}
        return tuple(sorted(scope for scope in wanted if not self._may(scope)))

    def may(self, scope: str) -> bool:
        """Whether a permission is held, as far as that can be known."""
        return self.scopes is None or self._may(scope)

    def _may(self, scope: str) -> bool:
        """Whether a permission is held: that to write includes that to read (documented)."""
        scopes = self.scopes or frozenset()
        return scope in scopes or scope.replace("read_", "write_", 1) in scopes


@understood("Shopify")
def shop_from(data: Mapping[str, Any], version: str) -> ShopDescription:
    """The shop in an answer that asked for it. Raises Refused where it says nothing of itself or names an unknown time zone."""
    shop = data.get("shop")
    if not shop:
        raise Refused("Shopify did not say which shop this is.", next_step="Check the app's permissions in the Shopify admin.")
    try:
        zone = ZoneInfo(words(shop["ianaTimezone"]))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(f"The shop's time zone {shop['ianaTimezone']!r} is not known here.", next_step="Update tzdata.") from error
    installation = data.get("currentAppInstallation")
    scopes = frozenset(words(scope["handle"]) for scope in installation["accessScopes"]) if installation else None
    return ShopDescription(
        bare_id(words(shop["id"])),
        words(shop["myshopifyDomain"]),
        words(shop["name"]),
        zone,
        words(shop["currencyCode"]),
        scopes,
        version,
    )


def missing_scope(what: str, scope: str, said: str) -> Refused:
    """The refusal to go on without a permission; `said` is Shopify's own reason."""
    return Refused(
        f"This app may not {what}: {said}",
        next_step=f"Give the app the access scope {scope} in the Shopify admin and install it anew.",
    )
