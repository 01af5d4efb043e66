"""A local shop over real HTTP, with a clock that only moves when somebody sleeps or the test says so."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug import Request, Response

from syncdb.clock import Clock
from syncdb.connectors.order_source import OrderPage
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.tokens import StaticToken, TokenSource
from syncdb.http import Retrier
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.generate import generate, new_order
from syncdb.sandbox.shopify.shop import Shop

TOKEN = "shpat_0123456789abcdef0123456789abcdef"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class StoppedClock:
    """Seconds since the epoch that move by sleeping only. `slept` lists the naps."""

    seconds: float = NOON.timestamp()
    slept: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(lambda: datetime.fromtimestamp(self.seconds, UTC), self.read, self.sleep)


class TamperedApp(ShopifyApp):
    """The local shop with something in between that may change its answers."""

    tamper: Callable[[dict[str, Any]], object] | None = None
    moved_to: str | None = None

    def respond(self, request: Request) -> Response:
        if self.moved_to is not None:
            return Response(status=301, headers={"Location": self.moved_to})
        response = super().respond(request)
        if self.tamper is not None and response.is_json:
            body = response.get_json()
            self.tamper(body)
            response.set_data(json.dumps(body))
        return response


@dataclass
class World:
    """A shop, its server, and readers of it."""

    time: StoppedClock
    shop: Shop
    app: TamperedApp
    faults: Faults
    server: Server
    clients: list[ShopifyClient] = field(default_factory=list)

    def client(self, tokens: TokenSource | None = None, version: str = "2026-10", deadline: float = 300.0) -> ShopifyClient:
        clock = self.time.clock()
        retrier = Retrier(deadline=deadline, clock=clock, jitter=lambda: 0.5)
        client = ShopifyClient("kayra-demo", tokens or StaticToken(TOKEN), version, self.server.url, clock, retrier)
        self.clients.append(client)
        return client

    def reader(self, size: int = 50, metafields: tuple[tuple[str, str], ...] = (), **kind: Any) -> OrderReader:
        return OrderReader(self.client(**kind), metafields, size)

    def read(self, since: datetime | None = None, reader: OrderReader | None = None) -> list[OrderPage]:
        return list((reader or self.reader()).changed(since, self.now()))

    def now(self) -> datetime:
        return self.shop.now()

    def fill(self, n: int, seed: int = 1, days: float = 30.0) -> list[str]:
        return generate(self.shop, n, seed, self.now(), days)

    def order(self, lines: int = 1, days_ago: float = 1.0) -> str:
        """One plain order; `lines` lines are added to what it has by an edit."""
        at = self.now() - timedelta(days=days_ago)
        gid = str(new_order(self.shop, random.Random(3), at, 1)["id"])
        if lines > 1:
            self.shop.edit_order(gid, add=[(Item(f"Thing {n}", "1.00", sku=f"{n:04}"), 1) for n in range(lines - 1)], at=at)
        return gid


@pytest.fixture
def world() -> Iterator[World]:
    time = StoppedClock()
    shop = Shop(clock=time.read)
    app = TamperedApp(shop)
    app.tokens.add_token(TOKEN)
    faults = Faults(clock=time.read)
    with Server({"/admin": app}, faults) as server:
        world = World(time, shop, app, faults, server)
        yield world
        for client in world.clients:
            client.close()


def bare(gid: str) -> str:
    return gid.rpartition("/")[2]


def orders_of(pages: list[OrderPage]) -> list[dict[str, Any]]:
    return [order.snapshot for page in pages for order in page.orders]
