"""The shop's orders on their way to Sentos: what is compared of them, which are sent, and what Sentos' own numbers are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from syncdb.connectors.base import Connector
from syncdb.connectors.sentos.catalogue import SentosCatalogue
from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.finding import OrderFinder
from syncdb.connectors.sentos.goods import Product, product_in
from syncdb.connectors.sentos.order_request import CannotBeSent, OrderRequest
from syncdb.connectors.sentos.order_shape import content_of, tracking_text
from syncdb.connectors.sentos.orders import KnownOrder, SentosOrders
from syncdb.connectors.sentos.paging import page_in
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.orders import groups
from syncdb.ledger.pairs import RegisteredPair
from syncdb.model import Action, Field, OnDrift, OnMissing, Operation, Owner, Policy, Record, Rule
from syncdb.orders.order_sync import RowMapping
from syncdb.pairs.shopify_sentos.checked_side import CheckedSide
from syncdb.pairs.shopify_sentos.order_request import request_of
from syncdb.pairs.shopify_sentos.order_wishes import OrderWishes, ordered_at
from syncdb.pairs.shopify_sentos.pair import SHOPIFY_SENTOS
from syncdb.values import Kind, Value, digest

ORDERS = "orders"
OURS = Rule(Owner.LEFT, OnDrift.REPORT)
FIELDS = (
    Field("order_name", "Order", Kind.IDENTIFIER),
    Field("day", "Day", Kind.TEXT),
    Field("total", "Total", Kind.MONEY),
    Field("approved", "Approved", Kind.FLAG),
    Field("cancelled", "Cancelled", Kind.FLAG),
    Field("shipped", "Shipped", Kind.TEXT),
    Field("content", "Items and amounts", Kind.TEXT),
    Field("address", "Address", Kind.TEXT),
)
COMPARED = ("approved", "cancelled", "shipped", "content", "address")


def order_policy(wishes: OrderWishes | None, write: bool) -> Policy:
    """Orders belong to the shop. Without leave to write nothing is made and nothing compared."""
    rules = dict.fromkeys(COMPARED, OURS) if write and wishes else {}
    return Policy(rules, missing_right=OnMissing.RESPECT, create_right=bool(rules))


@dataclass(frozen=True, slots=True)
class OrderRecords:
    """Orders as records of their own, under the order_id that they have in Sentos. `sent` says whether one was sent already.

    What was made before `oldest` is never sent: a ledger may hold the orders of years.
    """

    shop: str
    wishes: OrderWishes | None
    write: bool
    sent: Callable[[str], bool]
    oldest: date
    unsent_names: dict[str, str] = field(default_factory=dict)  # of those that were met and are to be sent, by key

    @property
    def digest(self) -> str:
        """Changes with the settings that say which orders are sent, so that those left out before are looked at again."""
        return digest([self.write, repr(self.wishes)])

    def key(self, snapshot: Mapping[str, Any]) -> str:
        return f"{self.shop}-{snapshot['id']}"

    def takes(self, snapshot: Mapping[str, Any]) -> bool:
        """Every order is looked at: one that is not to be sent has no record."""
        return True

    def records(self, snapshot: Mapping[str, Any]) -> list[Record]:
        """Its record; none for an order that is not to be sent and never was."""
        key = self.key(snapshot)
        if self.wishes is None or not (self._wanted(snapshot, self.wishes) or self.sent(key)):
            return []
        if not self.sent(key):
            self.unsent_names[key] = str(snapshot.get("name") or key)
        return [Record(key, _fields(snapshot, self.wishes))]

    def _wanted(self, snapshot: Mapping[str, Any], wishes: OrderWishes) -> bool:
        return wishes.wants(snapshot) and ordered_at(snapshot).date() >= self.oldest

    def removed_record(self, key: str, last_fields: Mapping[str, Value]) -> Record:
        """An order that the settings no longer name stays in Sentos as it is."""
        return Record(key, last_fields)


def _fields(snapshot: Mapping[str, Any], wishes: OrderWishes) -> dict[str, Value]:
    total = snapshot.get("current_total_price") or ["0"]
    pieces: dict[str, int] = {}
    for line in snapshot.get("line_items") or ():
        sku, count = str(line.get("sku") or ""), int(line.get("current_quantity") or 0)
        pieces |= {sku: pieces.get(sku, 0) + count} if count else {}
    fields: dict[str, Value] = {
        "order_name": str(snapshot.get("name") or ""),
        "day": ordered_at(snapshot).date().isoformat(),
        "total": Decimal(total[0]),
        "approved": (wishes.status(snapshot) or 2) != 1,
        "cancelled": bool(snapshot.get("cancelled_at")),
        "shipped": shipped_in(snapshot),
    }
    if not snapshot.get("cancelled_at"):  # what an order came to once it is cancelled is nobody's news
        fields["content"] = content_of(pieces, Decimal(total[0]))
    if address := snapshot.get("shipping_address"):  # one that was redacted is not seen
        fields["address"] = digest(address)[:16]
    return fields


def shipped_in(snapshot: Mapping[str, Any]) -> str | None:
    """Carrier, number and address of the tracking, once all of it is on its way."""
    if snapshot.get("display_fulfillment_status") != "FULFILLED":
        return None
    for fulfillment in snapshot.get("fulfillments") or ():
        for tracking in fulfillment.get("tracking_info") or ():
            if fulfillment.get("status") == "SUCCESS" and tracking.get("number"):
                return tracking_text(tracking.get("company"), tracking["number"], tracking.get("url"))
    return None


@dataclass(slots=True)
class OrdersToSentos:
    """Sentos as the destination of the orders' run. `catalogue` answers for SKUs once it was read."""

    ledger: Ledger
    client: SentosClient
    catalogue: SentosCatalogue
    shop: str
    wishes: OrderWishes | None
    write: bool
    since: date
    pair: str = field(init=False)
    records: OrderRecords = field(init=False)
    connector: SentosOrders = field(init=False)
    heard: CheckedSide = field(init=False)
    _products: dict[str, Product | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pair = registered(self.ledger, self.client.host, ORDERS)
        self.records = OrderRecords(self.shop, self.wishes, self.write, self._sent, self.since)
        self.connector = SentosOrders(
            self.client, self._finder(), self._request, self._completed, f"{self.shop}-", self._known, self.since
        )
        self.heard = CheckedSide(self.connector)

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        return self.heard, self.records

    def remember(self) -> None:
        """Nothing ties the ledger to a place beside the order_ids."""

    def changed(self) -> Sequence[str] | None:
        """What Sentos did with an order on its own is looked at once a day."""
        return ()

    def put_back(self, seen: str) -> str:
        """Sentos tells of no states."""
        return ""

    def held(self) -> Mapping[str, str]:
        """Every field is read."""
        return {}

    def without_key(self) -> Mapping[str, Mapping[str, Value]]:
        """Sentos has no rows that people could empty."""
        return {}

    def settled(self) -> None:
        """Nothing was named."""

    def tidy(self, tokens: Sequence[int]) -> None:
        """Writes leave no traces in Sentos."""

    def close(self) -> None:
        """The client is closed by whoever opened it."""

    def _finder(self) -> OrderFinder:
        name = state_keys.proven(self.client.base_url)
        known = self.ledger.runs.get(name)

        def keep(in_body: bool) -> None:
            with self.ledger.transaction():
                self.ledger.runs.put(name, {"in_body": in_body})

        return OrderFinder(self.client, known is not None, bool(known and known["in_body"]), keep)

    def _sent(self, key: str) -> bool:
        return bool(self.ledger.records(self.pair).agreed([key]))

    def _known(self) -> Iterator[KnownOrder]:
        records = self.ledger.records(self.pair)
        for block in groups(key for key, _ in records.all_keys()):
            for key, known in records.known(block).items():
                if known.base is not None:
                    day = known.base.fields.get("day")
                    yield KnownOrder(key, date.fromisoformat(str(day)) if day else None)

    def _request(self, key: str) -> OrderRequest:
        snapshot = self.ledger.orders.snapshot(key.removeprefix(f"{self.shop}-"))
        if snapshot is None or self.wishes is None:
            raise CannotBeSent(f"Order {key} is not in the ledger.", "Run with --full to read it again.")
        return request_of(snapshot, key, self.wishes)

    def why_not(self, operation: Operation) -> str:
        """Why an order cannot be made, as far as that can be told before; empty where nothing is known against it."""
        if operation.action is not Action.CREATE:
            return ""
        try:
            self._completed(self._request(operation.key))
        except CannotBeSent as why:
            return str(why)
        return ""

    # --- Sentos' own numbers

    def _completed(self, request: OrderRequest) -> dict[str, Any]:
        """The body, with the number of the product that each SKU is of. Raises CannotBeSent for an SKU that Sentos has not."""
        lines = []
        assert self.wishes is not None
        for line in request.lines:
            product = self._product(line.sku)
            if product is None:
                raise CannotBeSent(
                    f"Order {request.name}: the SKU {line.sku} is in no product of Sentos.",
                    "Make it there, or correct the SKU; the next run sends the order.",
                )
            rate = line.vat_rate if line.vat_rate is not None else product.vat_rate
            made = {"warehouse_id": self.wishes.warehouse, "product_id": product.number, "sku": line.sku, "name": line.name}
            made |= {"quantity": line.quantity, "price": line.price} | ({} if rate is None else {"vat_rate": rate})
            lines.append(made)
        return {**request.head, "lines": lines}

    def _product(self, sku: str) -> Product | None:
        """The product of exactly this SKU; None where there is none. Each is asked for once a run."""
        if sku not in self._products:
            self._products[sku] = self.catalogue.product_of(sku) if self.catalogue.was_read else self._asked(sku)
        return self._products[sku]

    def _asked(self, sku: str) -> Product | None:
        """Only an exact SKU counts. Where the filter lets others through, only the whole listing tells that there is none."""
        page = page_in(self.client.get("/products", {"sku": sku, "page": 1, "size": 100}))
        found = [product_in(one, None) for one in page.items]
        exact = next((one for one in found if any(part.sku == sku for part in one.articles)), None)
        return exact or (self.catalogue.product_of(sku) if found else None)


def registered(ledger: Ledger, account: str, entity: str = "") -> str:
    """The name of an entity's pair in the ledger, or without one that of the runs; the ledger knows it from now on."""
    name = pair_name(account, entity)
    ledger.register(RegisteredPair(name, SHOPIFY_SENTOS.name, entity, tracks_orders=entity == ORDERS))
    return name


def pair_name(account: str, entity: str = "") -> str:
    """What the ledger calls an entity's pair, or without one that of the runs."""
    return f"{SHOPIFY_SENTOS.name}:{account}" + (f":{entity}" if entity else "")


def unsent(ledger: Ledger, pair: str, records: OrderRecords) -> dict[str, int]:
    """By SKU, the pieces of orders that are to go to Sentos but are not there yet: its stock does not count them."""
    pieces: dict[str, int] = {}
    for block in groups(ledger.orders.waiting(pair)):
        for snapshot in ledger.orders.snapshots(block).values():
            if not records.records(snapshot) or records.sent(records.key(snapshot)):
                continue
            for line in snapshot.get("line_items") or ():
                sku = str(line.get("sku") or "").strip()
                pieces[sku] = pieces.get(sku, 0) + int(line.get("current_quantity") or 0)
    return pieces


def listing_begins(now: date, lookback: int) -> date:
    """From which day on the orders of Sentos are listed: a little before what a run reads of the shop."""
    return now - timedelta(days=lookback + 2)
