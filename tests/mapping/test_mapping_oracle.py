"""Every column against values worked out from the local shop's own state, for a few hundred orders of all kinds.

The oracle never sees a snapshot: it reads the shop's database in Shopify's field names and adds up on its own.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncdb.clock import Clock
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.tokens import StaticToken
from syncdb.mapping import CATALOGUE, SheetMapping
from syncdb.mapping.read_along import ALONG
from syncdb.model import Record
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.shop import Shop
from syncdb.values import same

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
Node = dict[str, Any]
SHOWN = {name: one for name, one in CATALOGUE.items() if one.level in ("order", "line")}  # of others see their own tests


def visited(order: Node, *names: str) -> Any:
    found = order["customerJourneySummary"]
    for name in names:
        found = found and found[name]
    return found


def cost(order: Node, line: Node) -> Decimal | None:
    known = line["variant"] and line["variant"].get("inventoryItem")
    return Decimal(known["_cost"]) if known and known["_cost"] else None


def number(gid: str) -> str:
    return gid.split("/")[-1]


def shop_money(bag: Node | None) -> Decimal | None:
    return Decimal(bag["shopMoney"]["amount"]) if bag else None


def buyer_money(bag: Node | None) -> Decimal | None:
    return Decimal(bag["presentmentMoney"]["amount"]) if bag else None


def local(moment: str | None) -> datetime | None:
    if not moment:
        return None
    return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).astimezone(ZONE).replace(tzinfo=None)


def spoken(status: str | None) -> str | None:
    return " ".join(status.split("_")).lower() if status else None


def unique(texts: list[Any], by: str = ", ") -> str | None:
    kept: list[str] = []
    for one in texts:
        if one and one not in kept:
            kept.append(one)
    return by.join(kept) or None


def standing(order: Node) -> list[Node]:
    return [one for one in order["fulfillments"] if one["status"] == "SUCCESS"]


def tracked(shipments: list[Node], name: str) -> str | None:
    return unique([info[name] for one in shipments for info in one["trackingInfo"]])


def paid(order: Node) -> list[Node]:
    return [one for one in order["transactions"] if one["status"] == "SUCCESS" and one["kind"] in ("SALE", "CAPTURE")]


def methods(order: Node) -> str | None:
    good = [one for one in order["transactions"] if one["status"] == "SUCCESS"]
    return unique(
        [one["formattedGateway"] or one["gateway"] for one in good if one["kind"] in ("AUTHORIZATION", "SALE", "CAPTURE")]
    )


def whole_status(order: Node) -> str:
    return "cancelled" if order["cancelledAt"] else "closed" if order["closedAt"] else "open"


def taxes(order: Node) -> set[str]:
    found = set()
    for tax in order["currentTaxLines"]:
        amount = Decimal(tax["priceSet"]["shopMoney"]["amount"])
        found.add(f"{tax['title']} {round(Decimal(str(tax['rate'])) * 100, 4).normalize():f}%: {amount.normalize() + 0:f}")
    return found


def attribute_lines(attributes: list[Node]) -> str | None:
    return "\n".join(f"{one['key']}: {one['value'] or ''}" for one in attributes) or None


def gone(order: Node, line: Node) -> list[Node]:
    return [part for refund in order["refunds"] for part in refund["refundLineItems"] if part["lineItem"]["id"] == line["id"]]


def money_back(refund: Node) -> Decimal:
    through = [one for one in refund["transactions"] if one["kind"] == "REFUND" and one["status"] == "SUCCESS"]
    return sum((Decimal(one["amountSet"]["shopMoney"]["amount"]) for one in through), Decimal(0))


def refunds(order: Node) -> list[Node]:
    return [one for one in order["refunds"] if money_back(one)]


def in_refunds(order: Node, line: Node) -> list[Node]:
    return gone({"refunds": refunds(order)}, line)


def summed(parts: list[Node], *names: str) -> Decimal:
    return sum((Decimal(part[name]["shopMoney"]["amount"]) for part in parts for name in names), Decimal(0))


def covered(refund: Node, order: Node) -> Decimal:
    """The share of a refund's worth that went back, 1 at most."""
    tax = () if order["taxesIncluded"] else ("totalTaxSet",)
    worth = summed(refund["refundLineItems"], "subtotalSet", *tax)
    worth += summed(refund["refundShippingLines"], "subtotalAmountSet", *(("taxAmountSet",) if tax else ()))
    return min(Decimal(1), money_back(refund) / worth) if worth else Decimal(1)


def refunded_for(order: Node, line: Node) -> Decimal:
    return sum(
        (summed(gone({"refunds": [one]}, line), "subtotalSet") * covered(one, order) for one in refunds(order)), Decimal(0)
    )


def left(order: Node, line: Node, whole: Decimal, name: str) -> Decimal:
    return whole - summed(gone(order, line), name)


def line_net(line: Node) -> Decimal:
    return Decimal(line["originalTotalSet"]["shopMoney"]["amount"]) - discount(line)


def line_taxes(line: Node) -> Decimal:
    return summed(line["taxLines"], "priceSet")


def shipping_tax(order: Node) -> Decimal:
    placed = [tax for line in order["shippingLines"] if not line["isRemoved"] for tax in line["taxLines"]]
    back = [one for refund in order["refunds"] for one in refund["refundShippingLines"]]
    return summed(placed, "priceSet") - summed(back, "taxAmountSet")


def in_shipments(order: Node, line: Node) -> int:
    parts = [part for one in standing(order) for part in one["fulfillmentLineItems"]]
    return sum(part["quantity"] for part in parts if part["lineItem"]["id"] == line["id"])


def fate(order: Node, line: Node) -> str:
    if line["currentQuantity"]:
        return "active"
    units = {"refunded": sum(part["quantity"] for part in in_refunds(order, line))}
    free = [part for refund in order["refunds"] if not money_back(refund) for part in gone({"refunds": [refund]}, line)]
    units["returned"] = sum(part["quantity"] for part in free if part["restockType"] == "RETURN")
    units["cancelled" if order["cancelledAt"] else "removed"] = sum(part["quantity"] for part in free) - units["returned"]
    return max(units, key=lambda name: units[name])


def discount(line: Node) -> Decimal:
    return sum((Decimal(one["allocatedAmountSet"]["shopMoney"]["amount"]) for one in line["discountAllocations"]), Decimal(0))


def cash_rounding(order: Node, *kinds: str) -> Decimal:
    rounded = [one for one in order["transactions"] if one["status"] == "SUCCESS" and one["kind"] in kinds]
    return summed([one for one in rounded if one["amountRoundingSet"]], "amountRoundingSet")


def part_of(order: Node, side: str, name: str) -> Any:
    address = order[f"{side}Address"]
    return address[name] if address else None


def arrived(order: Node) -> datetime | None:
    times = [one["deliveredAt"] for one in standing(order)]
    return local(max(times)) if times and all(times) else None


def someone(order: Node) -> Any:
    customer = order["customer"]
    return (customer and customer["displayName"]) or part_of(order, "billing", "name") or part_of(order, "shipping", "name")


def telephone(order: Node) -> Any:
    customer = order["customer"]
    own = customer and customer["defaultPhoneNumber"] and customer["defaultPhoneNumber"]["phoneNumber"]
    return order["phone"] or own or part_of(order, "shipping", "phone") or part_of(order, "billing", "phone")


def mail(order: Node) -> Any:
    customer = order["customer"]
    return order["email"] or (customer and customer["defaultEmailAddress"] and customer["defaultEmailAddress"]["emailAddress"])


def live(order: Node) -> list[Node]:
    return [line for line in order["lineItems"] if line["currentQuantity"]]


ORDER_ORACLE: dict[str, Callable[[Node], Any]] = {
    "order_name": lambda o: o["name"],
    "order_id": lambda o: number(o["id"]),
    "order_number": lambda o: o["number"],
    "confirmation_number": lambda o: o["confirmationNumber"],
    "po_number": lambda o: o["poNumber"],
    "source_identifier": lambda o: o["sourceIdentifier"],
    "admin_link": lambda o: f"https://admin.shopify.com/store/kayra-demo/orders/{number(o['id'])}",
    "created_at": lambda o: local(o["createdAt"]),
    "processed_at": lambda o: local(o["processedAt"]),
    "updated_at": lambda o: local(o["updatedAt"]),
    "closed_at": lambda o: local(o["closedAt"]),
    "cancelled_at": lambda o: local(o["cancelledAt"]),
    "cancel_reason": lambda o: spoken(o["cancelReason"]),
    "order_status": whole_status,
    "financial_status": lambda o: spoken(o["displayFinancialStatus"]),
    "fulfillment_status": lambda o: spoken(o["displayFulfillmentStatus"]),
    "return_status": lambda o: spoken(o["returnStatus"]),
    "confirmed": lambda o: o["confirmed"],
    "edited": lambda o: o["edited"],
    "test": lambda o: o["test"],
    "risk": lambda o: spoken(o["risk"]["recommendation"]),
    "customer_name": someone,
    "customer_id": lambda o: number(o["customer"]["id"]) if o["customer"] else None,
    "customer_email": mail,
    "customer_phone": telephone,
    "customer_first_name": lambda o: o["customer"]["firstName"] if o["customer"] else None,
    "customer_last_name": lambda o: o["customer"]["lastName"] if o["customer"] else None,
    "locale": lambda o: o["customerLocale"],
    "currency": lambda o: o["currencyCode"],
    "discount_codes": lambda o: unique(o["discountCodes"]),
    "discount_names": lambda o: unique([one.get("code") or one.get("title") for one in o["discountApplications"]]),
    "taxes_included": lambda o: o["taxesIncluded"],
    "tax_exempt": lambda o: o["taxExempt"],
    "presentment_currency": lambda o: o["presentmentCurrencyCode"],
    "payment_gateways": lambda o: unique(o["paymentGatewayNames"]),
    "payment_methods": methods,
    "payments_captured": lambda o: sum((Decimal(one["amountSet"]["shopMoney"]["amount"]) for one in paid(o)), Decimal(0)),
    "paid_at": lambda o: local(min((one["processedAt"] for one in paid(o)), default=None)),
    "fully_paid": lambda o: o["fullyPaid"],
    "refunds": lambda o: len(refunds(o)),
    "refunded_at": lambda o: local(max((one["processedAt"] for one in refunds(o)), default=None)),
    "shipping_tax": shipping_tax,
    "fee_names": lambda o: unique([one["name"] for one in o["additionalFees"]]),
    "payment_rounding": lambda o: cash_rounding(o, "SALE", "CAPTURE"),
    "refund_rounding": lambda o: cash_rounding(o, "REFUND"),
    "shipping_discount": lambda o: Decimal(0),
    "refund_notes": lambda o: unique([one["note"] for one in o["refunds"]], "\n"),
    "shipping_method": lambda o: unique([one["title"] for one in o["shippingLines"] if not one["isRemoved"]]),
    "tracking_numbers": lambda o: tracked(standing(o), "number"),
    "tracking_companies": lambda o: tracked(standing(o), "company"),
    "tracking_links": lambda o: tracked(standing(o), "url"),
    "shipments": lambda o: len(standing(o)),
    "shipment_status": lambda o: unique([spoken(one["displayStatus"]) for one in standing(o)]),
    "fulfilled_at": lambda o: local(max((one["createdAt"] for one in standing(o)), default=None)),
    "delivered_at": arrived,
    "fulfilled_from": lambda o: unique([one["location"] and one["location"]["name"] for one in standing(o)]),
    "weight_grams": lambda o: int(o["currentTotalWeight"]),
    "items": lambda o: "\n".join(f"{line['currentQuantity']} × {line['name']}" for line in live(o)) or None,
    "skus": lambda o: unique([line["sku"] for line in live(o)]),
    "items_quantity": lambda o: sum(line["currentQuantity"] for line in o["lineItems"]),
    "tags": lambda o: unique(sorted(o["tags"])),
    "note": lambda o: o["note"],
    "note_attributes": lambda o: attribute_lines(o["customAttributes"]),
    "payment_terms": lambda o: o["paymentTerms"] and o["paymentTerms"]["paymentTermsName"],
    "visit_source": lambda o: visited(o, "lastVisit", "source"),
    "first_visit_source": lambda o: visited(o, "firstVisit", "source"),
    "utm_source": lambda o: visited(o, "lastVisit", "utmParameters", "source"),
    "utm_medium": lambda o: visited(o, "lastVisit", "utmParameters", "medium"),
    "utm_campaign": lambda o: visited(o, "lastVisit", "utmParameters", "campaign"),
    "referrer": lambda o: visited(o, "lastVisit", "referrerUrl"),
    "landing_page": lambda o: visited(o, "lastVisit", "landingPage"),
    "sales_channel": lambda o: o["app"]["name"] if o["app"] else o["sourceName"],
    "source_name": lambda o: o["sourceName"],
    "source_url": lambda o: o["registeredSourceUrl"],
    "retail_location": lambda o: o["retailLocation"]["name"] if o["retailLocation"] else None,
}
ORDER_MONEY = {
    "order_subtotal": "currentSubtotalPriceSet",
    "order_discounts": "currentTotalDiscountsSet",
    "order_shipping": "currentShippingPriceSet",
    "order_tax": "currentTotalTaxSet",
    "order_duties": "currentTotalDutiesSet",
    "original_duties": "originalTotalDutiesSet",
    "order_fees": "currentTotalAdditionalFeesSet",
    "original_fees": "originalTotalAdditionalFeesSet",
    "tips": "totalTipReceivedSet",
    "order_total": "currentTotalPriceSet",
    "original_total": "originalTotalPriceSet",
    "original_subtotal": "subtotalPriceSet",
    "original_discounts": "totalDiscountsSet",
    "original_shipping": "totalShippingPriceSet",
    "original_tax": "totalTaxSet",
    "total_refunded": "totalRefundedSet",
    "shipping_refunded": "totalRefundedShippingSet",
    "total_received": "totalReceivedSet",
    "net_payment": "netPaymentSet",
    "total_outstanding": "totalOutstandingSet",
    "to_capture": "totalCapturableSet",
}
BUYER_MONEY = {
    "presentment_subtotal": "currentSubtotalPriceSet",
    "presentment_shipping": "currentShippingPriceSet",
    "presentment_tax": "currentTotalTaxSet",
    "presentment_total": "currentTotalPriceSet",
    "presentment_refunded": "totalRefundedSet",
}
ADDRESS = {
    "name": "name",
    "first_name": "firstName",
    "last_name": "lastName",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "zip": "zip",
    "province": "province",
    "province_code": "provinceCode",
    "country": "country",
    "country_code": "countryCodeV2",
    "phone": "phone",
}
LINE_ORACLE: dict[str, Callable[[Node, Node], Any]] = {
    "line_id": lambda o, line: number(line["id"]),
    "line_title": lambda o, line: line["title"],
    "variant_title": lambda o, line: line["variantTitle"],
    "line_name": lambda o, line: line["name"],
    "sku": lambda o, line: line["sku"],
    "barcode": lambda o, line: line["variant"] and line["variant"].get("barcode"),
    "line_cost": cost,
    "vendor": lambda o, line: line["vendor"],
    "product_type": lambda o, line: line["product"] and line["product"].get("productType"),
    "product_id": lambda o, line: line["product"] and number(line["product"]["id"]),
    "variant_id": lambda o, line: line["variant"] and number(line["variant"]["id"]),
    "quantity": lambda o, line: line["quantity"],
    "current_quantity": lambda o, line: line["currentQuantity"],
    "refunded_quantity": lambda o, line: sum(part["quantity"] for part in in_refunds(o, line)),
    "fulfilled_quantity": in_shipments,
    "unfulfilled_quantity": lambda o, line: line["unfulfilledQuantity"],
    "line_status": fate,
    "unit_price": lambda o, line: shop_money(line["originalUnitPriceSet"]),
    "line_discount": lambda o, line: discount(line),
    "line_total": lambda o, line: line_net(line),
    "line_tax": lambda o, line: line_taxes(line),
    "current_line_total": lambda o, line: left(o, line, line_net(line), "subtotalSet"),
    "current_line_tax": lambda o, line: left(o, line, line_taxes(line), "totalTaxSet"),
    "current_line_discount": lambda o, line: (
        Decimal(line["originalUnitPriceSet"]["shopMoney"]["amount"]) * line["currentQuantity"]
        - left(o, line, line_net(line), "subtotalSet")
    ),
    "first_line": lambda o, line: line is o["lineItems"][0],
    "line_duties": lambda o, line: sum((Decimal(one["price"]["shopMoney"]["amount"]) for one in line["duties"]), Decimal(0)),
    "line_refunded": refunded_for,
    "presentment_unit_price": lambda o, line: buyer_money(line["originalUnitPriceSet"]),
    "bundle": lambda o, line: line["lineItemGroup"] and line["lineItemGroup"]["title"],
    "bundle_sku": lambda o, line: line["lineItemGroup"] and line["lineItemGroup"]["variantSku"],
    "bundle_id": lambda o, line: line["lineItemGroup"] and number(line["lineItemGroup"]["id"]),
    "selling_plan": lambda o, line: line["sellingPlan"] and line["sellingPlan"]["name"],
    "gift_card": lambda o, line: line["isGiftCard"],
    "requires_shipping": lambda o, line: line["requiresShipping"],
    "taxable": lambda o, line: line["taxable"],
    "line_properties": lambda o, line: attribute_lines(line["customAttributes"]),
    "line_tracking_numbers": lambda o, line: tracked(
        [one for one in standing(o) if any(part["lineItem"]["id"] == line["id"] for part in one["fulfillmentLineItems"])],
        "number",
    ),
}


def expected(name: str, order: Node, line: Node | None) -> Any:
    """What the cell must show; asked of the shop's own state."""
    if name in ORDER_MONEY:
        return shop_money(order[ORDER_MONEY[name]])
    if name in BUYER_MONEY:
        return buyer_money(order[BUYER_MONEY[name]])
    side, _, part = name.partition("_")
    if side in ("shipping", "billing") and part in ADDRESS:
        return part_of(order, side, ADDRESS[part])
    if name in LINE_ORACLE:
        return LINE_ORACLE[name](order, line) if line else (True if name == "first_line" else None)
    return ORDER_ORACLE[name](order)


def read_shop(shop: Shop) -> Iterator[dict[str, Any]]:
    now = [NOON.timestamp()]
    app = ShopifyApp(shop, clock=lambda: now[0])
    app.tokens.add_token("shpat_oracle")
    clock = Clock(lambda: NOON, lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    with Server({"/admin": app}, Faults()) as server:
        client = ShopifyClient("kayra-demo", StaticToken("shpat_oracle"), "2026-07", server.url, clock)
        for page in OrderReader(client, along=ALONG).changed(None, NOON):
            assert not page.quarantined and not page.partial
            yield from (order.snapshot for order in page.orders)
        client.close()


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop(clock=NOON.timestamp)
    generate(shop, 320, 11, NOON, 40.0)
    _fill_the_rest(shop)
    return shop


def _fill_the_rest(shop: Shop) -> None:
    """What the generator leaves empty, so that every column is seen with a value."""
    order = next(
        one for one in shop.orders.values() if standing(one) and one["billingAddress"] and one["lineItems"][0]["variant"]
    )
    order |= {"sourceIdentifier": "0012-1000", "registeredSourceUrl": "https://till.example/12"}
    merchant = Merchant(shop.goods)
    made = merchant.add_product("Shirt", price="9.00", productType="Shirts")
    merchant.edit_variant(made["variants"][0]["id"], barcode="0400638133393")
    merchant.edit_item(made["variants"][0]["id"], cost="12.30")
    order["lineItems"][0] |= {"product": made, "variant": made["variants"][0]}
    shop.change_address(order["id"], address2="Hinterhaus")
    order["billingAddress"] = {**order["billingAddress"], "address2": "3. Stock"}
    for one in standing(order):
        one["deliveredAt"] = "2026-11-19T23:30:00Z"


@pytest.fixture(scope="module")
def snapshots(shop: Shop) -> list[dict[str, Any]]:
    return list(read_shop(shop))


def every_column() -> tuple[tuple[str, str], ...]:
    return tuple((name, one.label) for name, one in SHOWN.items())


def of_shop(shop: Shop, snapshot: dict[str, Any]) -> Node:
    return shop.orders[f"gid://shopify/Order/{snapshot['id']}"]


def differences(record: Record, order: Node, line: Node | None) -> list[str]:
    wrong = []
    for name in SHOWN:
        shown = record.fields[name]
        if name == "tax_details":
            right = set((str(shown) if shown else "").splitlines()) == taxes(order)
            wanted: Any = taxes(order)
        else:
            wanted = expected(name, order, line)
            # a share in proportion may be a cent off where the cents of all shares have to come out even
            right = same(shown, wanted) or (name == "line_refunded" and abs(shown - wanted) < Decimal("0.01"))
        if not right:
            wrong.append(f"{order['name']} {name}: shows {shown!r}, the shop has {wanted!r}")
    return wrong


def test_every_column_of_every_line_shows_what_the_shop_has(shop: Shop, snapshots: list[dict[str, Any]]) -> None:
    mapping = SheetMapping("line", every_column(), "Europe/Berlin", "EUR")
    keys, filled, wrong = [], set[str](), list[str]()
    for snapshot in snapshots:
        order = of_shop(shop, snapshot)
        lines = {number(line["id"]): line for line in order["lineItems"]}
        for record in mapping.records(snapshot):
            keys.append(record.key)
            wrong += differences(record, order, lines.get(record.key))
            filled |= {name for name, value in record.fields.items() if value is not None}
    assert wrong == []
    state = shop.orders.values()
    assert sorted(keys) == sorted(
        [number(line["id"]) for order in state for line in order["lineItems"]]
        + [f"order-{number(order['id'])}" for order in state if not order["lineItems"]]
    )
    assert any(key.startswith("order-") for key in keys), "an order without lines was to be among them"
    assert filled == {*SHOWN, "key"}, "a column that is always empty proves nothing"


def test_one_row_per_order_shows_the_same(shop: Shop, snapshots: list[dict[str, Any]]) -> None:
    columns = tuple((name, one.label) for name, one in CATALOGUE.items() if one.level == "order")
    mapping = SheetMapping("order", columns, "Europe/Berlin", "EUR")
    records = [record for snapshot in snapshots for record in mapping.records(snapshot)]
    assert sorted(record.key for record in records) == sorted(map(number, shop.orders))
    lined = SheetMapping("line", columns, "Europe/Berlin", "EUR")
    for snapshot in snapshots:
        (record,) = mapping.records(snapshot)
        for row in lined.records(snapshot):
            assert {**row.fields, "key": ""} == {**record.fields, "key": ""}


def test_all_columns_have_an_oracle() -> None:
    addresses = {f"{side}_{part}" for side in ("shipping", "billing") for part in ADDRESS}
    covered = {*ORDER_ORACLE, *LINE_ORACLE, *ORDER_MONEY, *BUYER_MONEY, *addresses, "tax_details"}
    assert covered == set(SHOWN)
    assert len(SHOWN) > 90


def test_the_generated_shop_shows_what_matters(shop: Shop) -> None:
    state = list(shop.orders.values())
    assert any(order["refunds"] for order in state) and any(len(order["fulfillments"]) > 1 for order in state)
    assert {order["presentmentCurrencyCode"] for order in state} > {"EUR"}
    assert any(line["quantity"] != line["currentQuantity"] for order in state for line in order["lineItems"])
    assert any(order["cancelledAt"] for order in state) and any(not order["customer"] for order in state)
    assert min(datetime.fromisoformat(order["createdAt"]) for order in state) < NOON - timedelta(days=27), (
        "both sides of a clock change"
    )
