"""A local Sentos over real HTTP, in simulated time: waiting costs nothing and is counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from syncdb.clock import Clock
from syncdb.connectors.sentos.budget import RequestBudget
from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.finding import OrderFinder
from syncdb.connectors.sentos.order_request import CannotBeSent, OrderLine, OrderRequest
from syncdb.connectors.sentos.orders import KnownOrder, SentosOrders
from syncdb.http import Retrier
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.sentos.app import PLACE, SentosApp
from syncdb.sandbox.sentos.clerk import Clerk
from syncdb.sandbox.server import Server

NOON = datetime(2026, 11, 20, 9, tzinfo=UTC)
PERSON = {"name": "Ayşe Örnek", "phone": "905321234567", "address": "Örnek Sok. 1", "city": "İstanbul", "district": "Kadıköy"}


@dataclass
class Account:
    """An account of Sentos and everything that reaches it. `limits` off: questions of the tests themselves do not count."""

    seconds: float = NOON.timestamp()
    slept: list[float] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)
    known: list[KnownOrder] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app, self.faults = SentosApp(lambda: self.seconds), Faults()
        self.clerk = Clerk(self.app)
        self.server = Server({PLACE: self.app}, self.faults)
        self.clerk.add_product("Kupa", "MUG", "89.90", stock={1: 100})

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(lambda: datetime.fromtimestamp(self.seconds, UTC), lambda: self.seconds, self.sleep)

    def client(self, scheme: str = "basic", secret: str = "", budget: RequestBudget | None = None) -> SentosClient:
        clock = self.clock()
        return SentosClient(
            f"{self.server.url}{PLACE}/api",
            self.app.key,
            secret or self.app.secret,
            scheme,
            clock=clock,
            retrier=Retrier(deadline=300.0, clock=clock, jitter=lambda: 0.5),
            budget=budget or RequestBudget(clock=clock),
        )

    def orders(self, client: SentosClient | None = None) -> SentosOrders:
        client = client or self.client()
        finder = OrderFinder(client)
        return SentosOrders(client, finder, self.request, self.completed, "shop-", lambda: self.known, date(2026, 11, 1))

    def request(self, key: str) -> OrderRequest:
        if key in self.lacking:
            raise CannotBeSent(f"Order {key} has no telephone number.", "Add it.")
        line = OrderLine("MUG", "Kupa", 2, Decimal("89.90"), 20)
        head: dict[str, Any] = {"order_id": key, "order_code": f"#{key}", "status": 2, "channel_id": 3, "currency": "TL"}
        head |= {"payment_method": "NAKIT", "shipping_total": Decimal("10"), "customer": PERSON}
        head |= {"invoice_address": PERSON, "shipment_address": PERSON, "order_date": "2026-11-20 10:00:00"}
        return OrderRequest(key, f"#{key}", head, (line,), Decimal("189.80"))

    def completed(self, request: OrderRequest) -> dict[str, Any]:
        lines = [{"warehouse_id": 1, "sku": one.sku, "quantity": one.quantity, "price": one.price} for one in request.lines]
        return {**request.head, "lines": lines}

    def made(self, key: str) -> int:
        """How many orders of that order_id there are."""
        return len(self.app.books.with_order_id(key))


@pytest.fixture
def account() -> Iterator[Account]:
    made = Account()
    yield made
    made.server.close()
