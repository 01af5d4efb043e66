"""`orderCreate`: not idempotent, nothing about it is unique, and a search finds the order only after the lag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item, attributes
from syncdb.sandbox.shopify.customers.writes import EMAIL, PHONE, buyer
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.index import moment
from syncdb.sandbox.shopify.money import ZERO, Amount, Currencies, Node, read
from syncdb.sandbox.shopify.ordering.addresses import address_in
from syncdb.sandbox.shopify.ordering.stock import cannot_claim, claim
from syncdb.sandbox.shopify.pricing import settle, tax_line, taxed
from syncdb.sandbox.shopify.products.entries import variant_title
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.metafield_writes import metafield_problems, put_metafield
from syncdb.sandbox.shopify.products.parts import number_of, tags_of
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal
from syncdb.sandbox.shopify.shop import Shop

TOO_MANY = "Too many attempts. Please try again later."  # recorded; which field and code it comes with is not
MANUAL = "manual"
Where = list[str | int]


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_orders", step.name)
    shop, given = run.context.shop, args["order"]
    behaviour = (args.get("options") or {}).get("inventoryBehaviour") or "BYPASS"
    if not shop.may_make_order():
        return {"order": None, "userErrors": [refusal(None, TOO_MANY)]}
    problems = [*_problems(given, shop), *_metafield_problems(given)]
    problems = problems or list(cannot_claim(given["lineItems"], behaviour, shop.goods))
    if problems:
        return {"order": None, "userErrors": problems}
    order = NewOrder(shop, given).made()
    for one in given.get("metafields") or ():
        put_metafield(goods_of(run), order, one)
    shop.add_order(order)
    claim(order, behaviour, shop.goods)
    if given.get("fulfillmentStatus") == "FULFILLED":
        shop.fulfil(order["id"])
    return {"order": order, "userErrors": []}


def _problems(given: Node, shop: Shop) -> Iterator[Node]:
    if given.get("customerId") and given.get("customer"):
        text = "Only one of `customerId` and `customer` may be given"
        yield refusal(["order"], text, "REDUNDANT_CUSTOMER_FIELDS")
    if given.get("processedAt") and _later(given["processedAt"], shop.now()):
        yield refusal(["order", "processedAt"], "Processed at must not be in the future", "PROCESSED_AT_INVALID")
    if not given.get("lineItems"):
        yield refusal(["order", "lineItems"], "Line items must have at least one line item", "INVALID")
    for name, pattern in (("email", EMAIL), ("phone", PHONE)):
        if given.get(name) and not pattern.fullmatch(given[name]):
            yield refusal(["order", name], f"{name.capitalize()} is invalid", "INVALID")
    currency = given.get("currency") or shop.currency
    for at, line in enumerate(given.get("lineItems") or ()):
        yield from _line_problems(line, ["order", "lineItems", at], currency, shop.goods)


def _later(written: str, now: datetime) -> bool:
    return moment(written[:19] + "Z") > now


def _line_problems(line: Node, where: Where, currency: str, goods: Goods) -> Iterator[Node]:
    if line["quantity"] < 1:
        yield refusal([*where, "quantity"], "Quantity must be greater than 0", "INVALID")
    variant = line.get("variantId")
    if variant and variant not in goods.variants:
        yield refusal([*where, "variantId"], "Variant does not exist", "INVALID")
    if not variant and not line.get("title"):
        yield refusal([*where, "title"], "Title can't be blank", "INVALID")
    if not variant and not line.get("priceSet"):
        yield refusal([*where, "priceSet"], "Price must be given", "INVALID")
    if line.get("priceSet") and line["priceSet"]["shopMoney"]["currencyCode"] != currency:
        yield refusal([*where, "priceSet"], f"Currency must be {currency}", "INVALID")


def _metafield_problems(given: Node) -> Iterator[Node]:
    for at, one in enumerate(given.get("metafields") or ()):
        yield from metafield_problems(one, None, ["order", "metafields", at])


@dataclass(slots=True)
class NewOrder:
    """An order in the making, from an OrderCreateOrderInput that nothing is against."""

    shop: Shop
    given: Node

    def made(self) -> Node:
        shop, given, number = self.shop, self.given, self.shop.next_number()
        money = self._money()
        name = given.get("name") or f"{shop.prefix}{number}"
        order = anatomy.order(shop.new_id(), name, number, money, bool(given.get("taxesIncluded")), shop.stamp())
        order |= self._plain()
        self._parties(order)
        order["lineItems"] = [self._line(one, money) for one in given["lineItems"]]
        order["shippingLines"] = [self._shipping(one, order, money) for one in given.get("shippingLines") or ()]
        self._discount(order, money)
        settle(order)
        self._pay(order, money)
        return order

    def _money(self) -> Currencies:
        """Its currencies, and what one is worth in the other by the first price that is given in both."""
        own = self.given.get("currency") or self.shop.currency
        presented = self.given.get("presentmentCurrency") or own
        both = (one["priceSet"] for one in self.given["lineItems"] if (one.get("priceSet") or {}).get("presentmentMoney"))
        pair = next(((Decimal(str(_amount(one, "presentmentMoney"))), _amount(one, "shopMoney")) for one in both), None)
        rate = pair[0] / pair[1] if pair and pair[1] else Decimal(1)
        return Currencies(own, presented, rate)

    def _plain(self) -> Node:
        given = self.given
        named = {"note": "note", "email": "email", "phone": "phone", "poNumber": "poNumber"}
        named |= {"sourceIdentifier": "sourceIdentifier", "sourceUrl": "registeredSourceUrl"}
        plain = {own: given[name] or None for name, own in named.items() if name in given}
        return plain | {
            "sourceName": given.get("sourceName") or "580111",
            "app": {"id": anatomy.gid("App", 1), "name": "syncdb"},
            "test": bool(given.get("test")),
            "tags": tags_of(given.get("tags") or ()),
            "processedAt": (given.get("processedAt") or self.shop.stamp())[:19].removesuffix("Z") + "Z",
            "closedAt": given.get("closedAt"),
            "customAttributes": attributes([(one["key"], one["value"]) for one in given.get("customAttributes") or ()]),
            "customerAcceptsMarketing": bool(given.get("buyerAcceptsMarketing")),
        }

    def _parties(self, order: Node) -> None:
        given, shop = self.given, self.shop
        for name in ("shippingAddress", "billingAddress"):
            if given.get(name):
                order[name] = address_in(given[name], shop.new_id())
        order["displayAddress"] = order["shippingAddress"] or order["billingAddress"]
        order["billingAddressMatchesShippingAddress"] = order["shippingAddress"] == order["billingAddress"] is not None
        asked = given.get("customer") or {}
        who = asked.get("toAssociate") or asked.get("toUpsert") or {"id": given.get("customerId")}
        order["customer"] = buyer(shop.customers, who, given.get("email"), given.get("phone"))
        if order["email"] is None and order["customer"]:
            order["email"] = order["customer"]["email"]

    def _line(self, given: Node, money: Currencies) -> Node:
        variant = self.shop.goods.variants.get(given.get("variantId") or "")
        prices = given.get("priceSet")
        price = str(_amount(prices, "shopMoney")) if prices else variant["price"] if variant else "0"
        line = anatomy.line_item(self.shop.new_id(), _item(given, variant, price), given["quantity"], money, ())
        line["taxLines"] = [_tax(one, money) for one in given.get("taxLines") or ()]
        if prices and prices.get("presentmentMoney"):
            paid = Amount(_amount(prices, "shopMoney"), _amount(prices, "presentmentMoney"))
            line["originalUnitPriceSet"] = money.bag(money.rounded(paid))
        line["taxable"] = given.get("taxable", True)
        return line

    def _shipping(self, given: Node, order: Node, money: Currencies) -> Node:
        price = money.amount(_amount(given["priceSet"], "shopMoney"))
        line = anatomy.shipping_line(self.shop.new_id(), given["title"], price, money, 0, order["taxesIncluded"])
        line |= {"code": given.get("code") or given["title"], "source": given.get("source") or "shopify"}
        line["taxLines"] = [_tax(one, money) for one in given.get("taxLines") or ()]
        for one in line["taxLines"]:
            by_rate = money.bag(taxed(price, one["rate"], order["taxesIncluded"], money))
            one["priceSet"] = one.get("_given") or by_rate
        return line

    def _discount(self, order: Node, money: Currencies) -> None:
        given: Node = self.given.get("discountCode") or {}
        fixed: Node = given.get("itemFixedDiscountCode") or {}
        percent: Node = given.get("itemPercentageDiscountCode") or {}
        if not (fixed or percent):
            return
        code = (fixed or percent)["code"]
        whole = sum((read(one["originalUnitPriceSet"]).shop * one["quantity"] for one in order["lineItems"]), Decimal(0))
        off = _amount(fixed["amountSet"], "shopMoney") if fixed else whole * Decimal(str(percent["percentage"])) / 100
        value: Node = {"__typename": "MoneyV2", "amount": str(off), "currencyCode": money.shop}
        if percent:
            value = {"__typename": "PricingPercentageValue", "percentage": float(percent["percentage"])}
        one = {"__typename": "DiscountCodeApplication", "code": code, "index": 0, "targetType": "LINE_ITEM", "value": value}
        order["discountApplications"].append(one | {"allocationMethod": "ACROSS", "targetSelection": "ALL"})
        order["discountCode"], order["discountCodes"] = code, [code]
        _spread(order, min(off, whole), whole, money)

    def _pay(self, order: Node, money: Currencies) -> None:
        shop, stated = self.shop, self.given.get("financialStatus")
        given = self.given.get("transactions") or ()
        for one in given:
            amount = money.amount(_amount(one["amountSet"], "shopMoney"))
            kind, gateway = one.get("kind") or "SALE", one.get("gateway") or MANUAL
            paid = anatomy.transaction(shop.new_id(), order, kind, gateway, amount, money, shop.stamp())
            order["transactions"].append(paid | {"status": one.get("status") or "SUCCESS"})
        kind = {"PAID": "SALE", "AUTHORIZED": "AUTHORIZATION"}.get(stated or "")
        if not given and kind and read(order["totalPriceSet"]).shop > 0:
            whole = read(order["totalPriceSet"])
            order["transactions"].append(anatomy.transaction(shop.new_id(), order, kind, MANUAL, whole, money, shop.stamp()))
        order["_unstated"] = not given and stated is None  # its financial status is null until something is paid (observed)


def _amount(bag: Node, name: str) -> Decimal:
    return Decimal(str(bag[name]["amount"]))


def _tax(given: Node, money: Currencies) -> Node:
    """A tax by its rate; an amount that is given counts instead (observed)."""
    line = tax_line(given["title"], float(given["rate"]), money.bag(ZERO))
    said = given.get("priceSet")
    return line | ({"_given": money.bag(money.amount(_amount(said, "shopMoney")))} if said else {})


def _item(given: Node, variant: Node | None, price: str) -> Item:
    product = variant["product"] if variant else None
    shown = variant_title(variant) if variant else None
    return Item(
        given.get("title") or (product["title"] if product else ""),
        price,
        sku=given.get("sku") or (variant["sku"] if variant else None),
        variant_title=given.get("variantTitle") or (None if shown == "Default Title" else shown),
        vendor=given.get("vendor") or (product["vendor"] if product else None),
        product_id=number_of(product["id"]) if product else None,
        variant_id=number_of(variant["id"]) if variant else None,
        ships=given.get("requiresShipping", True),
        attributes=tuple((one["name"], one["value"]) for one in given.get("properties") or ()),
    )


def _spread(order: Node, off: Decimal, whole: Decimal, money: Currencies) -> None:
    """Take an amount off the lines, each by its share; the last takes what rounding left."""
    application, left = order["discountApplications"][0], money.amount(off)
    lines: Iterable[Node] = [one for one in order["lineItems"] if read(one["originalUnitPriceSet"]).shop]
    for place, line in enumerate(lines, 1):
        worth = read(line["originalUnitPriceSet"]).shop * line["quantity"]
        share = left if place == len(list(lines)) else money.amount(off * worth / whole)
        left = left - share
        line["discountAllocations"].append({"allocatedAmountSet": money.bag(share), "discountApplication": application})


CREATION: dict[tuple[str, str], Resolver] = {("Mutation", "orderCreate"): _create}
