"""Webhooks of a shop: held against its secret, and read no further than to what they are about.

The signature covers the body alone (documented: base64 of HMAC-SHA256 with the app's secret), so the headers prove nothing: a
shop that is named wrongly is refused, and what changed is read again from the shop itself.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncdb.ledger.inbox.event import PERSON, Thing
from syncdb.systems.sender import Heard, Senseless, Untrusted
from syncdb.systems.shopify.keys import ShopSettings
from syncdb.values import parse_json

LONGEST = 200  # characters of a header that is kept
# where a topic's body names what it is about, and the kind of that; the kind of others is the topic's first word
ELSEWHERE = {
    "refunds": ("orders", "order_id"),
    "fulfillments": ("orders", "order_id"),
    "order_transactions": ("orders", "order_id"),
    "inventory_levels": ("inventory_items", "inventory_item_id"),
}
SHOP = "shopify"  # what the configuration calls the one shop of a pair
OF_ENTITY = {"variants": "products", "inventory": "inventory_items"}  # an entity that has no events of its own name
KINDS = frozenset({"orders", "products", "collections", "inventory_items", "customers"})
# what a shop passes on of people's rights to their data (documented: the mandatory compliance topics)
DATA_REQUEST, REDACT, SHOP_REDACT = "customers/data_request", "customers/redact", "shop/redact"
DUTIES = frozenset({DATA_REQUEST, REDACT, SHOP_REDACT})
MOST_ORDERS = 200  # of a buyer without an account that are named in one request


@dataclass(frozen=True, slots=True)
class ShopSender:
    """A shop. `domain` is its *.myshopify.com domain, `secrets` what its webhooks may be signed with.

    `secret_setting` is the setting that holds the first of them, for messages.
    """

    name: str
    domain: str
    secrets: Sequence[str] = field(repr=False)
    secret_setting: str = "shopify_webhook_secret"

    @property
    def lacks(self) -> str:
        return "" if self.secrets else self.secret_setting

    def hear(self, headers: Mapping[str, str], body: bytes) -> Heard:
        self._refuse_unsigned(headers.get("x-shopify-hmac-sha256", ""), body)
        if headers.get("x-shopify-shop-domain", "").strip().lower() != self.domain:
            raise Untrusted("shop")
        event_id = headers.get("x-shopify-webhook-id") or headers.get("x-shopify-event-id") or ""
        topic = headers.get("x-shopify-topic", "").lower()
        if not event_id or not topic or max(len(event_id), len(topic)) > LONGEST:
            raise Senseless("headers")
        return Heard(event_id, topic, thing_of(topic, body), _milliseconds(headers.get("x-shopify-triggered-at", "")))

    def _refuse_unsigned(self, signature: str, body: bytes) -> None:
        """Every secret is tried, so that the time taken tells nothing."""
        given = signature.strip().encode("utf-8", "replace")  # bytes: text beyond ASCII cannot be compared (observed)
        fits = [hmac.compare_digest(given, signed(secret, body)) for secret in self.secrets]
        if not any(fits):
            raise Untrusted("signature" if given else "no signature")


def shop_sender(settings: ShopSettings) -> ShopSender:
    """The one shop of a pair."""
    return ShopSender(SHOP, settings.shopify_store_name, settings.webhook_secrets)


def one_shop_by_name(settings: ShopSettings) -> dict[str, ShopSettings]:
    """The same by its name."""
    return {SHOP: settings}


def kinds_of(entities: Iterable[str]) -> frozenset[str]:
    """The kinds of things whose events concern these entities."""
    return frozenset(OF_ENTITY.get(name, name) for name in entities)


def signed(secret: str, body: bytes) -> bytes:
    """The signature of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def thing_of(topic: str, body: bytes) -> Thing | None:
    """What a body is about: nothing else of it is read. None for a topic that concerns nothing kept in step. Raises Senseless."""
    first = topic.partition("/")[0]
    kind, name = ELSEWHERE.get(first, (first, "id"))
    if topic not in DUTIES and kind not in KINDS:
        return None
    try:
        data = parse_json(body)
    except ValueError:
        raise Senseless("body") from None
    if topic in DUTIES:
        return Thing(PERSON, _person(topic, data if isinstance(data, dict) else {}))
    if topic == "orders/edited" and isinstance(data, dict):
        data, name = data.get("order_edit"), "order_id"
    return Thing(kind, _id(data.get(name) if isinstance(data, dict) else None))


def _person(topic: str, data: Mapping[str, Any]) -> str:
    """Whose data it is about: a customer's id, of a buyer without an account `orders:` and theirs; empty for everybody's."""
    if topic == SHOP_REDACT:
        return ""
    customer = data.get("customer")
    if isinstance(customer, dict) and customer.get("id") is not None:
        return _id(customer["id"])
    orders = data.get("orders_to_redact") if topic == REDACT else data.get("orders_requested")
    if not isinstance(orders, list) or not orders:
        raise Senseless("body")
    return f"orders:{','.join(map(_id, orders[:MOST_ORDERS]))}"


def _id(raw: Any) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return str(raw)
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 30:
        return raw
    raise Senseless("body")


def _milliseconds(text: str) -> int | None:
    """A moment such as 2026-11-20T12:00:00.123456789Z; None where it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
        return int(found.timestamp() * 1000) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
