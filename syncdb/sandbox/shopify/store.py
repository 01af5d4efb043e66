"""The shop's database: settings, orders, ids, what searches see, and what has been made to fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.customers.desk import CustomerDesk
from syncdb.sandbox.shopify.drafts.desk import DraftDesk
from syncdb.sandbox.shopify.index import Entry, SearchIndex, entry_of
from syncdb.sandbox.shopify.money import Currencies, Node
from syncdb.sandbox.shopify.payments.desk import PaymentsDesk
from syncdb.sandbox.shopify.pricing import settle
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.parts import ONLINE_STORE, publication

HORIZON = timedelta(days=60)  # documented: what an app without read_all_orders may see
BEYOND_DOUBLES = 2**53 + 1  # ids start where two neighbours become one as a floating-point number
PUBLICATIONS = ((ONLINE_STORE, "Online Store"), (ONLINE_STORE + 32_768, "Point of Sale"))
FIRST_SHOP = 92_891_250_994
CHILDREN = ("lineItems", "refunds", "fulfillments", "transactions", "metafields")


class Store:
    """One shop. `clock` gives epoch seconds; `index_lag` is how many seconds searches lag behind the database.

    `orders` maps global ids to orders as plain dicts in the API's field names. Deleted orders are gone from it.
    `goods` holds products, stock and collections. `number` tells shops apart: each gives ids of its own. `most_new_orders` is how
    many orders apps may make in a minute (documented: 5 in trial and development shops), `cancelling_takes` the seconds until
    an order that an app cancels is cancelled, `contact_pause` those between two changes of one order's email or phone (reported).
    """

    def __init__(
        self,
        domain: str = "kayra-demo.myshopify.com",
        *,
        clock: Callable[[], float] = time.time,
        currency: str = "EUR",
        timezone: str = "Europe/Berlin",
        created_at: str = "2024-03-01T09:00:00Z",
        index_lag: float = 0.0,
        number: int = 0,
    ) -> None:
        self.clock = clock
        self.index_lag = index_lag
        self.index: SearchIndex[Entry] = SearchIndex()
        self.orders: dict[str, Node] = {}
        self.deleted: list[str] = []
        self.failing: set[str] = set()
        self.withheld: dict[str, set[str]] = {}
        self.prefix, self.counter = "#", 1000
        self.currency, self.timezone = currency, timezone
        self.settings = _settings(domain, currency, timezone, created_at)
        self.settings["id"] = gid("Shop", FIRST_SHOP + number)
        apart = number * 10**10  # no two shops ever give the same id
        self.heard: list[Callable[[str, Node], None]] = []  # told what happened ("added", "changed", "deleted"), and to what
        self.goods = Goods(clock, lambda: self.index_lag, currency, domain, self._happened, apart)
        self.location = self.goods.add_location(parts.location(112_829_759_794 + apart, "Lager Kreuzberg", created_at))
        for place, name in PUBLICATIONS:
            one = publication(place + apart, name)
            self.goods.publications[one["id"]] = one
        self.customers = CustomerDesk(clock, lambda: self.index_lag, self.stamp, currency, self._happened, apart)
        self.drafts = DraftDesk(clock, lambda: self.index_lag, self.stamp, self.currencies(), apart)
        self.payments = PaymentsDesk(self.stamp, lambda: self.orders.values(), currency, apart)
        self.groups: dict[str, str] = {}  # the order of each fulfillment order
        self.jobs: dict[str, Node] = {}
        self.most_new_orders: int | None = None
        self.cancelling_takes, self.contact_pause = 1.0, 60.0
        self._made_lately: list[float] = []
        self._ids = count(BEYOND_DOUBLES + apart)
        self._nodes: dict[str, tuple[str, Node]] = {}

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def stamp(self, at: datetime | None = None) -> str:
        """A DateTime scalar: UTC, whole seconds."""
        return (at or self.now()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def new_id(self) -> int:
        return next(self._ids)

    def next_number(self) -> int:
        """The next order number. Orders with a name of their own use one up, too (observed)."""
        self.counter += 1
        return self.counter

    def currencies(self, presented: str | None = None, rate: str = "1") -> Currencies:
        return Currencies(self.currency, presented or self.currency, Decimal(rate))

    def add_order(self, order: Node) -> Node:
        """Take in an order; its derived fields are settled here."""
        if order["customer"] is not None:
            order["customer"] = self.customers.take(order["customer"])
        self.orders[order["id"]] = order
        self._publish(order)
        self._happened("added", order)
        return order

    def changed(self, order: Node, at: datetime | None = None) -> Node:
        """Record a change: updatedAt moves (never backwards), totals follow, searches see it after the lag."""
        order["updatedAt"] = max(order["updatedAt"], self.stamp(at))
        self._publish(order)
        self._happened("changed", order)
        return order

    def may_make_order(self) -> bool:
        """Whether an app may make one more order now; it is counted if so."""
        now = self.clock()
        self._made_lately = [at for at in self._made_lately if at > now - 60]
        if self.most_new_orders is not None and len(self._made_lately) >= self.most_new_orders:
            return False
        self._made_lately.append(now)
        return True

    def _happened(self, what: str, node: Node) -> None:
        for hear in self.heard:
            hear(what, node)

    def _publish(self, order: Node) -> None:
        self.settle(order)
        changed_at = datetime.strptime(order["updatedAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        self.index.put(order["id"], entry_of(order), changed_at + self.index_lag, self.clock())

    def settle(self, order: Node) -> None:
        """Bring totals and the register of nodes in line with an order, without touching updatedAt."""
        settle(order)
        for field in CHILDREN:
            for child in order[field]:
                self._nodes[child["id"]] = (order["id"], child)

    def forget(self, gid: str) -> None:
        """Delete an order. Searches may still name it until the lag has passed; nothing will be found."""
        order = self.orders.pop(gid)
        self.deleted.append(gid)
        now = self.clock()
        self.index.put(gid, None, now + self.index_lag, now)
        self._happened("deleted", order)

    def find(self, gid: str, everything: bool) -> Node | None:
        """An order or one of its parts by global id; None where there is none or it may not be seen."""
        if gid in self.orders:
            return self.visible(gid, everything)
        owner, child = self._nodes.get(gid, ("", {}))
        return child if owner and self.visible(owner, everything) else None

    def visible(self, gid: str, everything: bool) -> Node | None:
        """The order, unless it is gone or, without `everything`, older than 60 days."""
        order = self.orders.get(gid)
        if order is None or everything:
            return order
        return order if order["createdAt"] >= self.stamp(self.now() - HORIZON) else None

    def listed(self, everything: bool) -> Iterator[Node]:
        """Every order an app may see, straight from the database."""
        oldest = "" if everything else self.stamp(self.now() - HORIZON)
        return (order for order in self.orders.values() if order["createdAt"] >= oldest)

    def hide_from_index(self, gid: str, until: float) -> None:
        """Keep an order out of every search until a moment (epoch seconds); reads by id still find it."""
        self.index.hide(gid, until)

    def fail_order(self, gid: str) -> None:
        """From now on any answer with this order in it is an internal error (heal with `heal`)."""
        self.failing.add(gid)

    def withhold(self, gid: str, *fields: str) -> None:
        """From now on these fields of an order come back null with an error beside the data."""
        self.withheld.setdefault(gid, set()).update(fields)

    def heal(self, gid: str) -> None:
        self.failing.discard(gid)
        self.withheld.pop(gid, None)


def _settings(domain: str, currency: str, timezone: str, created_at: str) -> Node:
    name = domain.split(".")[0].replace("-", " ").title()
    return {
        "__typename": "Shop",
        "name": name,
        "myshopifyDomain": domain,
        "url": f"https://{domain}",
        "ianaTimezone": timezone,
        "timezoneAbbreviation": "CET",
        "timezoneOffset": "+0100",
        "timezoneOffsetMinutes": 60,
        "currencyCode": currency,
        "enabledPresentmentCurrencies": [currency, "USD", "GBP", "JPY"],
        "createdAt": created_at,
        "updatedAt": created_at,
        "email": f"hello@{domain}",
        "contactEmail": f"hello@{domain}",
        "shopOwnerName": "Ada Kayra",
        "taxesIncluded": True,
        "taxShipping": True,
        "orderNumberFormatPrefix": "#",
        "orderNumberFormatSuffix": "",
        "weightUnit": "KILOGRAMS",
        "unitSystem": "METRIC_SYSTEM",
        "plan": {"partnerDevelopment": True, "publicDisplayName": "Development", "shopifyPlus": False},
    }
