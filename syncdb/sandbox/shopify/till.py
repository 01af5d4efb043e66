"""Somebody buys goods of the shop: an order with their SKUs and prices, and pieces that leave the stock."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.money import Amount, Node, read
from syncdb.sandbox.shopify.pricing import settle
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.products.parts import number_of
from syncdb.sandbox.shopify.shop import Shop

HOME = ("Örnek Sok. 1", "Kadıköy", "34710", "Turkey", "TR", "Istanbul", "TR-34")
PHONE = "+90 532 123 45 67"
VAT = (("KDV", 0.20),)


class Till:
    """Sells the goods of one shop to one buyer in Istanbul."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.merchant = shop, Merchant(shop.goods)

    def sell(
        self,
        pieces: Mapping[str, int],
        *,
        paid: bool = True,
        off: str = "0",
        shipping: str = "49.90",
        phone: str | None = PHONE,
        gateway: str = "shopify_payments",
        included: bool = True,
        **fields: Any,
    ) -> Node:
        """An order of these pieces by SKU. `off` is taken off the first line; `fields` are the API's own (tags, note ...)."""
        shop = self.shop
        money, number = shop.currencies(), shop.next_number()
        made = anatomy.order(shop.new_id(), f"{shop.prefix}{number}", number, money, included, shop.stamp())
        home = anatomy.address(shop.new_id(), "Ayşe", "Örnek", HOME, phone, None)
        made |= {"shippingAddress": home, "billingAddress": home, "displayAddress": home, "email": "ayse@example.com"}
        made |= {"paymentGatewayNames": [gateway]} | fields
        for sku, count in pieces.items():
            made["lineItems"].append(anatomy.line_item(shop.new_id(), self._item(sku), count, money, VAT))
        if Decimal(off):
            self._take_off(made, money.amount(off))
        made["shippingLines"].append(anatomy.shipping_line(shop.new_id(), "Kargo", money.amount(shipping), money, 0.20, included))
        settle(made)
        if paid:
            price = read(made["totalPriceSet"])
            made["transactions"].append(anatomy.transaction(shop.new_id(), made, "SALE", gateway, price, money, shop.stamp()))
        else:
            made["transactions"].append(self._pending(made, gateway))
        made["_claimed"] = True
        shop.add_order(made)
        for sku, count in pieces.items():
            if variant := self.variant(sku):
                self.merchant.sell(variant["id"], count)
        return made

    def variant(self, sku: str) -> Node | None:
        """The variant of that SKU."""
        return next((one for one in self.shop.goods.variants.values() if one["sku"] == sku), None)

    def cancel(self, order: Node) -> None:
        """The order is cancelled, and its pieces lie on the shelf again."""
        left = {line["sku"]: line["currentQuantity"] for line in order["lineItems"]}
        self.shop.cancel(order["id"])
        for sku, count in left.items():
            if (variant := self.variant(sku)) and count:
                self.merchant.sell(variant["id"], -count)

    def _item(self, sku: str) -> Item:
        variant = self.variant(sku)
        if variant is None:
            return Item(f"Thing {sku}", "10.00", sku=sku)
        title = variant["product"]["title"]
        product, own = number_of(variant["product"]["id"]), number_of(variant["id"])
        return Item(title, variant["price"], sku=sku, variant_title=None, product_id=product, variant_id=own)

    def _take_off(self, order: Node, amount: Amount) -> None:
        money = self.shop.currencies()
        code = {"__typename": "DiscountCodeApplication", "code": "INDIRIM", "index": 0, "targetType": "LINE_ITEM"}
        code |= {"allocationMethod": "ACROSS", "targetSelection": "ALL"}
        code["value"] = {"__typename": "MoneyV2", "amount": str(amount.shop), "currencyCode": self.shop.currency}
        order["discountApplications"].append(code)
        line = order["lineItems"][0]
        line["discountAllocations"].append({"allocatedAmountSet": money.bag(amount), "discountApplication": code})

    def _pending(self, order: Node, gateway: str) -> Node:
        shop, money = self.shop, self.shop.currencies()
        price = read(order["totalPriceSet"])
        made = anatomy.transaction(shop.new_id(), order, "SALE", gateway, price, money, shop.stamp())
        return made | {"status": "PENDING"}
