"""Deliveries by HTTP: signed, tried again, and given up as documented.

An answer other than 2xx within five seconds is a failure. A delivery is tried eight more times over four hours with its first
body; the subscription of one that failed them all is removed. How long each wait is isn't documented: here they grow.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import random
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.webhooks.bodies import chosen
from syncdb.sandbox.shopify.webhooks.subscriptions import Subscriptions

WAITS = (60, 120, 300, 600, 1200, 2400, 3600, 6120)  # seconds; together four hours
TIMEOUT = 5.0
VERSION = "2026-10"


@dataclass(slots=True)
class Weather:
    """What goes wrong on the way: shares of deliveries, and the longest delay in seconds. Delays also change the order."""

    lost: float = 0.0
    doubled: float = 0.0
    delay: float = 0.0


@dataclass(slots=True)
class Delivery:
    """One delivery: what is sent and when. `tries` have failed so far."""

    subscription: str
    address: str
    headers: Mapping[str, str]
    body: bytes
    due: float
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one try: the status, or None where there was no answer."""

    topic: str
    webhook_id: str
    status: int | None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A redirect is a failure."""


@dataclass(slots=True)
class WebhookDesk:
    """Sends events to the subscriptions of a shop. `secret` signs: the app's client secret.

    `proxies` says which address really stands behind a public one (as a reverse proxy or a tunnel does). `weather` makes things
    go wrong. `sent` is what was tried. By default nothing is sent before `deliver_due` is called; `start` has a thread do that.
    """

    clock: Callable[[], float]
    domain: str
    subscriptions: Subscriptions
    secret: str = ""
    proxies: dict[str, str] = field(default_factory=dict)
    weather: Weather = field(default_factory=Weather)
    rng: random.Random = field(default_factory=lambda: random.Random(11))
    sent: list[Sent] = field(default_factory=list)
    _queue: list[Delivery] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _busy: bool = False

    def happened(self, topic: str, body: Callable[[], dict[str, Any]]) -> None:
        """Something happened: every subscription to the topic ("orders/updated") gets it, as it is now."""
        name = topic.replace("/", "_").upper()
        event = str(uuid.UUID(int=self.rng.getrandbits(128)))
        for one in [one for one in self.subscriptions.by_id.values() if one["topic"] == name and one["format"] == "JSON"]:
            self._send(one, topic, event, chosen(body(), one["includeFields"]))

    def _send(self, subscription: Node, topic: str, event: str, content: dict[str, Any]) -> None:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-SHA256": signature(self.secret, body),
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": VERSION,
            "X-Shopify-Webhook-Id": str(uuid.UUID(int=self.rng.getrandbits(128))),
            "X-Shopify-Event-Id": event,
            "X-Shopify-Triggered-At": datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z",
        }
        if self.rng.random() < self.weather.lost:
            return
        with self._lock:
            for _ in range(1 + (self.rng.random() < self.weather.doubled)):
                due = self.clock() + self.rng.random() * self.weather.delay
                self._queue.append(Delivery(subscription["id"], subscription["uri"], headers, body, due))

    def deliver_due(self) -> int:
        """Try everything that is due by the clock; how many were tried."""
        with self._lock:
            now = self.clock()
            due = sorted((one for one in self._queue if one.due <= now), key=lambda one: one.due)
            self._queue = [one for one in self._queue if one.due > now]
            self._busy = bool(due)
        for one in due:
            self._try(one)
        self._busy = False
        return len(due)

    def _try(self, one: Delivery) -> None:
        if one.subscription not in self.subscriptions.by_id:
            return
        status = self._post(one)
        self.sent.append(Sent(one.headers["X-Shopify-Topic"], one.headers["X-Shopify-Webhook-Id"], status))
        if status is not None and 200 <= status < 300:
            return
        if one.tries == len(WAITS):
            self.subscriptions.by_id.pop(one.subscription, None)
            return
        one.due, one.tries = self.clock() + WAITS[one.tries], one.tries + 1
        with self._lock:
            self._queue.append(one)

    def _post(self, one: Delivery) -> int | None:
        address = one.address
        for public, behind in self.proxies.items():
            if address.startswith(public):
                address = behind + address.removeprefix(public)
        request = urllib.request.Request(address, one.body, dict(one.headers), method="POST")
        try:
            with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (OSError, http.client.HTTPException):
            return None

    @property
    def waiting(self) -> int:
        """How many deliveries are still to be tried."""
        with self._lock:
            return len(self._queue)

    def start(self) -> None:
        """Deliver by a thread of its own from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is due; whether that came about."""
        until = threading.Event()
        for _ in range(int(timeout * 50)):
            with self._lock:
                idle = not self._busy and not any(one.due <= self.clock() for one in self._queue)
            if idle:
                return True
            until.wait(0.02)
        return False

    def close(self) -> None:
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.02):
            self.deliver_due()


def signature(secret: str, body: bytes) -> str:
    """What X-Shopify-Hmac-SHA256 says: base64 of the HMAC-SHA256 of the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode("ascii")
