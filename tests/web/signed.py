"""Webhooks as Shopify signs them, for requests to the receiver."""

import json
from pathlib import Path
from typing import Any

from syncdb.sandbox.shopify.webhooks.delivery import signature

DOMAIN = "kayra-demo.myshopify.com"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
ENV = {"SHOPIFY_STORE_NAME": DOMAIN, "SHOPIFY_CLIENT_ID": "client-1", "SHOPIFY_CLIENT_SECRET": SECRET}


def environment(folder: Path) -> dict[str, str]:
    """A configured pair: a shop whose client secret is SECRET, and a Grist document."""
    place = {"GRIST_SERVER": "http://127.0.0.1:9", "GRIST_API_KEY": "key-of-grist", "GRIST_DOCUMENT": "abcdef123456"}
    return ENV | place | {"DB_PATH": str(folder / "shopify_sync.db"), "LOG_FILE": str(folder / "log.txt")}


def order(number: int = 1) -> bytes:
    return json.dumps({"id": 820982911946154508 + number, "email": "jane@example.com", "note": "Ring twice"}).encode()


def headers(body: bytes, secret: str = SECRET, **more: Any) -> dict[str, str]:
    """The headers of a delivery; `more` replaces some, None leaves one out (`Webhook_Id` is X-Shopify-Webhook-Id)."""
    told = {
        "Topic": "orders/updated",
        "Hmac-SHA256": signature(secret, body),
        "Shop-Domain": DOMAIN,
        "API-Version": "2026-10",
        "Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "Triggered-At": "2026-11-20T12:00:00.123456789Z",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    return {f"X-Shopify-{name}": value for name, value in told.items() if value is not None}
