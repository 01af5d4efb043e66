"""Shopify as a system: its settings, and which of two ways to log in counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.config.reading import Reading
from syncdb.config.settings import RunSettings
from syncdb.config.validators import secret, text
from syncdb.systems.base import System
from syncdb.systems.questions import Question, Topic

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*")
_VERSION = re.compile(r"20\d\d-(01|04|07|10)")


def access_token(raw: Any) -> str:
    """An Admin API access token. What begins with shpss_ is an app's client secret (documented by Shopify)."""
    value = secret(raw)
    if value.startswith("shpss_"):
        raise ValueError("must be an Admin API access token (shpat_); this is a client secret: use shopify_client_secret for it")
    return value


def shop_domain(raw: Any) -> str:
    """A shop's name, domain or admin address, as its `*.myshopify.com` domain."""
    value = text(raw).lower()
    host, _, path = re.sub(r"^https?://", "", value).partition("/")
    if host == "admin.shopify.com" and path.startswith("store/"):
        host = path.split("/")[1]
    name = host.removesuffix(".myshopify.com")
    if not _SHOP.fullmatch(name):
        raise ValueError("must be the shop's myshopify name or domain, such as your-store.myshopify.com (not its web address)")
    return f"{name}.myshopify.com"


def api_version(raw: Any) -> str:
    """A version of the Admin API: Shopify releases them in January, April, July and October."""
    value = text(raw)
    if not _VERSION.fullmatch(value):
        raise ValueError("must be a version of Shopify's Admin API, such as 2026-10 (year, then 01, 04, 07 or 10)")
    return value


PUBLIC_ADDRESS = Key(
    "base_url", "BASE_URL", validators.base_url, None,
    "The public address at which webhooks arrive (docs/webhooks.md). Left out: no webhooks; runs ask what changed.",
)  # fmt: skip

# for pairs that may write to a shop
SHOPIFY_WRITES = Key(
    "shopify_writes", "SHOPIFY_WRITES", validators.name_list, None,
    "What may be written to the shop: entities or fields such as `inventory` or `variants.price`, or `all`. Left out: "
    "nothing.",
)  # fmt: skip

SHOPIFY = System(
    name="shopify",
    title="Shopify",
    keys=(
        Key(
            "shopify_store_name", "SHOPIFY_STORE_NAME", shop_domain, None,
            "The shop: `your-store`, `your-store.myshopify.com` or the address of its admin.",
            needed="Give the shop's myshopify name (Shopify admin, Settings, Domains).", template="your-store",
            template_forms=("your-store.myshopify.com",), also_env=("SHOPIFY_STORE_URL",),
        ),
        Key(
            "shopify_access_token", "SHOPIFY_ACCESS_TOKEN", access_token, None,
            "Admin API access token of a custom app made in the Shopify admin before 2026. Instead of client id and secret.",
            template="shpat_...", secret=True, also_env=("SHOPIFY_ADMIN_API_TOKEN",),
        ),
        Key(
            "shopify_client_id", "SHOPIFY_CLIENT_ID", validators.secret, None,
            "Client id of an app made in the Dev Dashboard.", template="your-client-id",
        ),
        Key(
            "shopify_client_secret", "SHOPIFY_CLIENT_SECRET", validators.secret, None,
            "Client secret of that app. Access tokens are fetched with it and kept in memory only.",
            template="your-client-secret", secret=True,
        ),
        Key(
            "shopify_api_version", "SHOPIFY_API_VERSION", api_version, "2026-10",
            "Version of Shopify's Admin API to ask for.",
        ),
        Key(
            "shopify_base_url", "SHOPIFY_BASE_URL", validators.base_url, None,
            "Where requests for Shopify are sent instead (a proxy or a sandbox). https, or http to this computer.",
        ),
        Key(
            "shopify_webhook_secret", "SHOPIFY_WEBHOOK_SECRET", validators.secret, None,
            "What the shop's webhooks are signed with. Left out: the client secret.", template="your-webhook-secret", secret=True,
        ),
        Key(
            "shopify_previous_webhook_secret", "SHOPIFY_PREVIOUS_WEBHOOK_SECRET", validators.secret, None,
            "The secret before that one, for the hour in which webhooks signed with it may still arrive.",
            template="your-webhook-secret", secret=True,
        ),
        PUBLIC_ADDRESS,
    ),
    redirected_by="shopify_base_url",
    topics=(
        Topic(
            "shopify",
            (
                Question(
                    "shopify_store_name", "The shop's name (something.myshopify.com)", option="--shop", metavar="NAME",
                ),
                Question(
                    "shopify_client_id", "Client id (empty: I have an access token)", needed=False,
                    unless="shopify_access_token", option="--client-id", metavar="ID",
                ),
                Question("shopify_client_secret", "Client secret", given="shopify_client_id"),
                Question("shopify_access_token", "Access token", unless="shopify_client_id"),
            ),
            "A way into the shop. Open dev.shopify.com/dashboard with the account that owns the shop: Create app, give it the "
            "scopes read_orders (and read_all_orders, read_customers, read_products, read_locations as you need; for products "
            "and stock read_inventory), Release, Install app on the shop. Its Settings show the client id and the client secret "
            "(shpss_...). An app made in the Shopify admin before 2026 has an access token (shpat_...) instead. docs/set-up.md "
            "has every step.",
            writing="What may be written to the shop needs its write_ scope as well (write_products, write_inventory ...).",
            reading="Nothing is ever written to the shop, so no write_ scope is needed.",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings(RunSettings):
    """How a shop is reached. `repr` hides the secrets.

    Either `shopify_access_token` or both `shopify_client_id` and `shopify_client_secret` are set, never all three.
    """

    shopify_store_name: str  # the *.myshopify.com domain
    shopify_access_token: str | None = field(repr=False)
    shopify_client_id: str | None
    shopify_client_secret: str | None = field(repr=False)
    shopify_api_version: str
    shopify_base_url: str | None
    shopify_webhook_secret: str | None = field(repr=False)
    shopify_previous_webhook_secret: str | None = field(repr=False)
    base_url: str | None

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.shop_secrets

    @property
    def shop_secrets(self) -> tuple[str, ...]:
        """What of a shop must never be shown, for the log's redaction."""
        login = (self.shopify_access_token, self.shopify_client_secret)
        return tuple(dict.fromkeys(value for value in (*login, *self.webhook_secrets, self.web_token) if value))

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """What the shop's webhooks may be signed with, the current secret first."""
        current = self.shopify_webhook_secret or self.shopify_client_secret
        return tuple(value for value in (current, self.shopify_previous_webhook_secret) if value)


def choose_credentials(
    reading: Reading,
    token: str = "shopify_access_token",
    client: tuple[str, str] = ("shopify_client_id", "shopify_client_secret"),
) -> None:
    """Either the token or the client's id and secret, by the names of their settings: whichever stands where it counts first."""
    rank = reading.rank(token)
    parts = [reading.rank(name) for name in client]
    ranks = [one for one in parts if one is not None]
    if len(ranks) == 2 and rank is not None:
        if rank == min(ranks):
            where = f"{reading.where(token)}; {reading.where(client[0])}"
            reading.problems.append(f"Both an access token and a client id with its secret are set ({where}). Keep one.")
        elif rank < min(ranks):
            _drop(reading, *client, used=token)
        else:
            _drop(reading, token, used=client[0])
    elif rank is not None:
        reading.values.update(dict.fromkeys(client))
    elif len(ranks) < 2 and reading.sure:
        absent = [reading.missing(name).rstrip() for name, one in zip(client, parts, strict=True) if one is None]
        reading.problems += absent if ranks else [_no_credentials(reading, token, client)]


def _drop(reading: Reading, *names: str, used: str) -> None:
    reading.notices.append(f"{used} ({reading.where(used)}) is used; {names[0]} ({reading.where(names[0])}) is passed over.")
    reading.values.update(dict.fromkeys(names))


def _no_credentials(reading: Reading, token: str, client: tuple[str, str]) -> str:
    keys = [reading.known.by_name[name] for name in (*client, token)]
    looked = [source.where(key) for key in keys for source in reading.sources if source.kind != "flag"]
    left = " A template's value still stands at some of them." if _templates(reading, keys) else ""
    return (
        f"Nothing to log in to Shopify with is set. Looked for: {'; '.join(looked)}.{left} Give {client[0]} and "
        f"{client[1]} of your Dev Dashboard app, or the {token} of an older custom app."
    )


def _templates(reading: Reading, keys: Sequence[Key]) -> bool:
    values = (source.values.get(key.name) for source in reading.sources for key in keys)
    return any(isinstance(value, str) and value.strip() for value in values)
