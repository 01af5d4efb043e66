"""A deterministic generator of realistic orders: the same seed gives the same shop, in every process."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from syncdb.sandbox.shopify import anatomy, catalogue
from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.catalogue import Market
from syncdb.sandbox.shopify.money import Amount, Currencies, Node, read, written
from syncdb.sandbox.shopify.pricing import settle
from syncdb.sandbox.shopify.products.parts import publication
from syncdb.sandbox.shopify.shop import Shop


def generate(shop: Shop, n: int, seed: int, until: datetime, days: float = 45.0) -> list[str]:
    """Fill a shop with n orders placed over the `days` before `until`, and let most of them live a little.

    Returns the global ids of the orders still there; deleted ones leave gaps in the numbers (n counts them).
    """
    rng = random.Random(seed)
    step = timedelta(days=days) / max(1, n)
    made = []
    for index in range(n):
        at = until - step * (n - index)
        order = new_order(shop, rng, at, index)
        _live(shop, order, rng, at, until)
        made.append(order["id"])
        if index % 67 == 66:
            shop.delete(order["id"])
    return [one for one in made if one in shop.orders]


def new_order(shop: Shop, rng: random.Random, at: datetime, index: int = 0) -> Node:
    """Place one order at a moment. Every so many `index` is of a rare kind: no lines, very many, duties, a test."""
    market = rng.choices(catalogue.MARKETS, catalogue.MARKET_WEIGHTS)[0]
    money = shop.currencies(market.currency, market.rate)
    number = shop.next_number()
    name = f"WEB-2026-#{number}-A" if index % 53 == 19 else f"{shop.prefix}{number}"
    order = anatomy.order(shop.new_id(), name, number, money, market.included, shop.stamp(at))
    order["test"] = index % 71 == 23
    _add_channel(order, rng)
    _add_customer(shop, order, market, rng)
    _add_lines(shop, order, market, money, rng, index)
    _add_discount(order, money, rng)
    _add_shipping(shop, order, market, money, rng)
    _add_rarities(shop, order, money, index)
    _add_words(shop, order, rng)
    if rng.random() < 0.05:
        order["totalTipReceivedSet"] = money.bag(money.amount(str(Decimal(rng.randrange(50, 900)) / 100)))
    settle(order)
    _pay(shop, order, money, rng, at)
    return shop.add_order(order)


def _add_channel(order: Node, rng: random.Random) -> None:
    source, name, app = rng.choices(catalogue.CHANNELS, catalogue.CHANNEL_WEIGHTS)[0]
    order["sourceName"] = source
    order["app"] = {"id": gid("App", app), "name": name}
    order["publication"] = publication(app + 7, name)
    order["channelInformation"] = {
        "__typename": "ChannelInformation",
        "id": gid("ChannelInformation", app + 3),
        "channelId": gid("Channel", app + 5),
        "displayName": name,
        "app": {"__typename": "App", "id": gid("App", app), "title": name, "handle": source, "developerName": None},
        "channelDefinition": {
            "__typename": "ChannelDefinition",
            "id": gid("ChannelDefinition", app + 9),
            "channelName": name,
            "subChannelName": name,
            "handle": source,
            "isMarketplace": False,
        },
    }


def _add_customer(shop: Shop, order: Node, market: Market, rng: random.Random) -> None:
    order["customerLocale"] = market.locale
    # A customer's number decides who it is, so that one id never has two names.
    number, place = rng.randrange(1, 400), rng.choice(market.places)
    given, family = catalogue.PEOPLE[number % len(catalogue.PEOPLE)]
    phone = catalogue.PHONES[number // len(catalogue.PEOPLE) % len(catalogue.PHONES)]
    if order["sourceName"] == "pos":
        order["retailLocation"] = shop.location
        return  # most walk-in customers stay unknown, and nothing is sent to them
    address = anatomy.address(shop.new_id(), given, family, place, phone, rng.choice(catalogue.COMPANIES))
    order["shippingAddress"] = order["billingAddress"] = order["displayAddress"] = address
    order["billingAddressMatchesShippingAddress"] = True
    order["clientIp"] = f"203.0.113.{number % 250}"
    if rng.random() < 0.06:
        return  # a guest
    order["email"] = f"kunde{number:03}@example.com"
    order["phone"] = phone
    order["customerAcceptsMarketing"] = rng.random() < 0.3
    order["customer"] = _customer(shop, order, number, (given, family), address)


def _customer(shop: Shop, order: Node, number: int, name: tuple[str, str], address: Node) -> Node:
    return anatomy.customer(
        9_100_000_000_000 + number,
        order["createdAt"],
        shop.currency,
        firstName=name[0],
        lastName=name[1] or None,
        displayName=" ".join(name).strip(),
        email=order["email"],
        phone=order["phone"],
        defaultEmailAddress={"emailAddress": order["email"], "marketingState": "NOT_SUBSCRIBED"},
        defaultPhoneNumber={"phoneNumber": order["phone"]} if order["phone"] else None,
        defaultAddress=address,
        locale=order["customerLocale"],
        numberOfOrders="1",
    )


def _add_lines(shop: Shop, order: Node, market: Market, money: Currencies, rng: random.Random, index: int) -> None:
    if index % 89 == 41:
        return
    many = index % 211 == 137
    for _ in range(rng.randrange(105, 180) if many else rng.choices((1, 2, 3, 4, 7), (38, 30, 18, 10, 4))[0]):
        item = catalogue.SAMPLE if many else rng.choice(catalogue.ITEMS)
        rates = (("DE MwSt 7 %", 0.07),) if item.vendor == "Rösterei Süd" and market.currency == "EUR" else market.rates
        quantity = rng.choices((1, 2, 3, 12), (70, 18, 8, 4))[0]
        order["lineItems"].append(anatomy.line_item(shop.new_id(), item, quantity, money, rates))
    if rng.random() < 0.04:
        order["lineItems"].append(anatomy.line_item(shop.new_id(), catalogue.GIFT_CARD, 1, money, ()))
    if index % 97 == 13:
        line = order["lineItems"][0]
        line["duties"] = [_duty(shop, money)]


def _duty(shop: Shop, money: Currencies) -> Node:
    return {
        "__typename": "Duty",
        "id": gid("Duty", shop.new_id()),
        "harmonizedSystemCode": "620520",
        "countryCodeOfOrigin": "TR",
        "price": money.bag(money.amount("4.20")),
        "taxLines": [],
    }


def _add_discount(order: Node, money: Currencies, rng: random.Random) -> None:
    kind = rng.choices((None, "code", "automatic", "manual"), (70, 18, 7, 5))[0]
    lines = [line for line in order["lineItems"] if not line["isGiftCard"]]
    if kind is None or not lines:
        return
    percent = rng.choice((5, 10, 20))
    application = _application(kind, percent, rng)
    order["discountApplications"].append(application)
    if kind == "code":
        order["discountCode"] = application["code"]
        order["discountCodes"] = [application["code"]]
    for line in lines if application["allocationMethod"] == "ACROSS" else lines[:1]:
        whole = read(line["originalUnitPriceSet"]) * line["quantity"]
        share = money.rounded(whole * (Decimal(percent) / 100))
        line["discountAllocations"].append({"allocatedAmountSet": money.bag(share), "discountApplication": application})


def _application(kind: str, percent: int, rng: random.Random) -> Node:
    shared = {
        "index": 0,
        "targetType": "LINE_ITEM",
        "value": {"__typename": "PricingPercentageValue", "percentage": float(percent)},
    }
    if kind == "code":
        across = {"allocationMethod": "ACROSS", "targetSelection": "ALL"}
        return {"__typename": "DiscountCodeApplication", "code": rng.choice(catalogue.CODES), **across, **shared}
    if kind == "automatic":
        each = {"allocationMethod": "EACH", "targetSelection": "ENTITLED"}
        return {"__typename": "AutomaticDiscountApplication", "title": "Mengenrabatt", **each, **shared}
    one = {"allocationMethod": "ONE", "targetSelection": "EXPLICIT", "description": "Kulanz"}
    return {"__typename": "ManualDiscountApplication", "title": "Kulanz", **one, **shared}


def _add_shipping(shop: Shop, order: Node, market: Market, money: Currencies, rng: random.Random) -> None:
    if order["sourceName"] == "pos" or not any(line["requiresShipping"] for line in order["lineItems"]):
        return
    title, price = rng.choice((("Standard", "4.90"), ("Express ⚡", "12.50"), ("Kostenloser Versand", "0.00")))
    line = anatomy.shipping_line(shop.new_id(), title, money.amount(price), money, market.rates[0][1], market.included)
    order["shippingLines"].append(line)


def _add_rarities(shop: Shop, order: Node, money: Currencies, index: int) -> None:
    """A fee beside the price, parts of a bundle, a subscription, terms of payment, how the customer came."""
    lines = order["lineItems"]
    if index % 79 == 29:
        order["additionalFees"] = [anatomy.additional_fee(shop.new_id(), "Pfand", money.bag(money.amount("0.25")))]
    if index % 41 == 17 and len(lines) > 1:
        lines[0]["lineItemGroup"] = lines[1]["lineItemGroup"] = anatomy.bundle(shop.new_id(), "Frühstück", "00-SET", 1)
    if index % 59 == 7:
        order["paymentTerms"] = anatomy.payment_terms(7_700_000 + index, "Net 30", 30)
    if index % 11 == 3 and order["sourceName"] == "web":
        first = anatomy.visit(7_800_000 + index, "instagram", order["createdAt"])
        utm = {"source": "google", "medium": "cpc", "campaign": "Herbst 2026"}
        last = anatomy.visit(7_900_000 + index, "google", order["createdAt"], utm)
        order["customerJourneySummary"] = anatomy.journey(first, last)
    if index % 73 == 5 and lines:
        lines[0]["sellingPlan"] = {"name": "Alle 4 Wochen", "sellingPlanId": gid("SellingPlan", shop.new_id())}


def _add_words(shop: Shop, order: Node, rng: random.Random) -> None:
    if rng.random() < 0.3:
        order["note"] = rng.choice(catalogue.NOTES)
    if rng.random() < 0.35:
        order["tags"] = sorted(rng.sample(catalogue.TAGS, rng.randrange(1, 4)), key=str.casefold)
    if rng.random() < 0.15:
        order["customAttributes"] = anatomy.attributes((("Geschenkpapier", "ja"), ("_utm", "=x"), ("Leer", "")))
    if rng.random() < 0.08:
        order["poNumber"] = f"00{rng.randrange(10_000)}"
    if rng.random() < 0.2:
        at, day = order["createdAt"], f"2026-12-{rng.randrange(1, 29):02}"
        order["metafields"] = [
            anatomy.metafield(shop.new_id(), "custom", "delivery_date", "date", day, day, at),
            anatomy.metafield(shop.new_id(), "custom", "boxes", "number_integer", "3", 3, at),
        ]
    if rng.random() < 0.05:
        provider = None
        order["risk"] = {
            "recommendation": "INVESTIGATE",
            "assessments": [{"riskLevel": "MEDIUM", "provider": provider}],
        }


def _pay(shop: Shop, order: Node, money: Currencies, rng: random.Random, at: datetime) -> None:
    price = read(order["totalPriceSet"])
    if price.shop <= 0:
        return
    written_at, gateway = shop.stamp(at), "cash" if order["sourceName"] == "pos" else "shopify_payments"
    how = rng.choices(("sale", "failed first", "capture", "held", "part", "later"), (58, 6, 14, 7, 3, 12))[0]

    def book(kind: str, amount_of: Decimal = Decimal(1), status: str = "SUCCESS") -> Node:
        amount = price if amount_of == 1 else money.rounded(price * amount_of)
        made = anatomy.transaction(shop.new_id(), order, kind, gateway, amount, money, written_at)
        made["status"] = status
        order["transactions"].append(made)
        return made

    if how == "failed first":
        book("SALE", status="FAILURE")["errorCode"] = "CARD_DECLINED"
    if how in ("sale", "failed first"):
        book("SALE")
    elif how == "part":
        book("SALE", Decimal("0.5"))
    elif how in ("capture", "held"):
        held = book("AUTHORIZATION")
        if how == "capture":
            held["_open"] = held["manuallyCapturable"] = False
            book("CAPTURE")["parentTransaction"] = held
    if gateway == "cash" and how == "sale":
        order["transactions"][-1]["amountRoundingSet"] = money.bag(_cash_rounding(price, money))
        book("CHANGE", Decimal("0.1"))
    elif order["transactions"] and order["transactions"][-1]["kind"] in ("SALE", "CAPTURE"):
        order["transactions"][-1]["fees"] = [_fee(shop, order)]


def _cash_rounding(price: Amount, money: Currencies) -> Amount:
    """What is paid more, or less, because the smallest coin is worth 5 cents."""
    coins = Amount(*((one * 20).to_integral_value() / 20 for one in (price.shop, price.presented)))
    return money.rounded(coins - price)


def _fee(shop: Shop, order: Node) -> Node:
    price = read(order["totalPriceSet"]).shop * Decimal("0.029")

    def money(amount: Decimal) -> Node:
        return {"amount": written(amount.quantize(Decimal("0.01"))), "currencyCode": shop.currency}

    return {
        "__typename": "TransactionFee",
        "id": gid("TransactionFee", shop.new_id()),
        "amount": money(price + Decimal("0.30")),
        "flatFee": money(Decimal("0.30")),
        "flatFeeName": None,
        "rate": "0.029",
        "rateName": None,
        "taxAmount": money(Decimal(0)),
        "type": "processing_fee",
    }


def _live(shop: Shop, order: Node, rng: random.Random, at: datetime, until: datetime) -> None:
    """What happens to an order later: edits, shipping, refunds, cancelling, filing."""

    def later() -> datetime:
        nonlocal at
        at = min(until, at + timedelta(minutes=rng.randrange(3, 4000)))
        return at

    if not order["lineItems"]:
        return
    fate = rng.random()
    if fate < 0.06:
        shop.cancel(order["id"], rng.choice(("CUSTOMER", "FRAUD", "INVENTORY", "OTHER")), "siehe Mail", later())
        return
    if fate < 0.18:
        _edit(shop, order, rng, later())
    if fate < 0.75:
        for _ in range(rng.choices((1, 2, 3), (80, 15, 5))[0]):
            _ship(shop, order, rng, later())
    if 0.3 < fate < 0.42:
        _refund(shop, order, rng, later())
    if 0.5 < fate < 0.6:
        shop.close(order["id"], later())


def _edit(shop: Shop, order: Node, rng: random.Random, at: datetime) -> None:
    line = rng.choice(order["lineItems"])
    removed = {line["id"]: rng.randrange(0, line["currentQuantity"])} if rng.random() < 0.7 else {}
    added = [(rng.choice(catalogue.ITEMS), 1)] if not removed or rng.random() < 0.5 else []
    shop.edit_order(order["id"], add=added, quantities=removed, at=at)


def _ship(shop: Shop, order: Node, rng: random.Random, at: datetime) -> None:
    left = {line["id"]: line["unfulfilledQuantity"] for line in order["lineItems"] if line["unfulfilledQuantity"]}
    if not left:
        return
    if len(left) > 1 and rng.random() < 0.4:
        left.popitem()
    carrier, link = rng.choice(catalogue.CARRIERS)
    numbers = [f"00{rng.randrange(10**16):016}" for _ in range(rng.choices((0, 1, 2), (1, 12, 2))[0])]
    shop.fulfil(order["id"], left, [(carrier, number, link.format(number)) for number in numbers], at)


def _refund(shop: Shop, order: Node, rng: random.Random, at: datetime) -> None:
    lines = [line for line in order["lineItems"] if line["refundableQuantity"]]
    if not lines or read(order["netPaymentSet"]).shop < read(order["currentTotalPriceSet"]).shop:
        return
    units = {line["id"]: rng.randrange(1, line["refundableQuantity"] + 1) for line in rng.sample(lines, 1)}
    if rng.random() < 0.2:
        shop.refund(order["id"], goodwill="1.50", note="Kulanz", at=at)
    else:
        restock = rng.choice(("RETURN", "NO_RESTOCK"))
        shop.refund(order["id"], units, shipping=rng.random() < 0.3, restock=restock, note=None, at=at)
        order["returnStatus"] = "RETURNED" if restock == "RETURN" else "NO_RETURN"
