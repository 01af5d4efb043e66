"""What comes off an order again: refunds, exchanges, items removed by an edit. Each leaves a refund, with or without money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item, gid
from syncdb.sandbox.shopify.money import ZERO, Amount, Currencies, Node, currencies_of, read, total
from syncdb.sandbox.shopify.pricing import PENDING_DISCREPANCY, usual_rates, worth_of
from syncdb.sandbox.shopify.store import Store


class Returns(Store):
    """A shop whose orders can shrink. Orders are named by global id; `at` defaults to the shop's clock."""

    def refund(
        self,
        order_id: str,
        lines: Mapping[str, int] | None = None,
        *,
        shipping: bool = False,
        goodwill: str = "0",
        restock: str = "RETURN",
        note: str | None = None,
        status: str = "SUCCESS",
        at: datetime | None = None,
    ) -> Node:
        """Refund units of lines, the shipping and an amount of goodwill (shop money); the refund made.

        `status` is that of the payment back: PENDING until `settle_refund` says how it ended.
        """
        order = self.orders[order_id]
        money = currencies_of(order)
        made = self._record(order, lines or {}, restock, note, at)
        if shipping:
            made["refundShippingLines"].extend(self._refund_shipping(order, money))
        extra = money.amount(goodwill)
        if extra.shop:
            made["orderAdjustments"].append(self._adjustment(-extra, "REFUND_DISCREPANCY", money))
        self._pay_back(order, made, _worth(made, order) + extra, money, at, status)
        order["refunds"].append(made)
        self.changed(order, at)
        return made

    def settle_refund(self, order_id: str, status: str = "SUCCESS", at: datetime | None = None) -> Node:
        """How the payments back that were pending ended: SUCCESS, FAILURE or ERROR."""
        order = self.orders[order_id]
        for one in order["transactions"]:
            if one["kind"] == "REFUND" and one["status"] == "PENDING":
                one["status"] = status
        return self.changed(order, at)

    def pay_back(self, order_id: str, amount: str | None = None, at: datetime | None = None) -> Node:
        """Pay back what the customer is owed, after an edit, say, or `amount` of it: a refund that names no line.

        Raises ValueError where nothing is owed. (What Shopify adjusts in such a refund is not recorded: nothing here.)
        """
        order = self.orders[order_id]
        money = currencies_of(order)
        owed = -read(order["totalOutstandingSet"])
        if owed.shop <= 0:
            raise ValueError(f"nothing is owed to the customer of {order['name']}")
        made = self._record(order, {}, "NO_RESTOCK", None, at)
        self._pay_back(order, made, money.amount(amount) if amount else owed, money, at)
        order["refunds"].append(made)
        self.changed(order, at)
        return made

    def exchange(
        self,
        order_id: str,
        lines: Mapping[str, int],
        add: Sequence[tuple[Item, int]],
        *,
        settle: bool = True,
        at: datetime | None = None,
    ) -> Node:
        """Take units back and send others instead. With `settle`, what the new ones cost less is paid back; the refund made."""
        order = self.orders[order_id]
        money = currencies_of(order)
        rates = usual_rates(order)
        made = self._record(order, lines, "RETURN", None, at)
        order["refunds"].append(made)
        for item, quantity in add:
            order["lineItems"].append(anatomy.line_item(self.new_id(), item, quantity, money, rates))
        order["returnStatus"] = "RETURNED"
        self.settle(order)
        owed = -read(order["totalOutstandingSet"])
        if settle and owed.shop > 0:
            self._pay_back(order, made, owed, money, at)
        self.changed(order, at)
        return made

    def _take_off(self, order: Node, lines: Mapping[str, int], restock: str, at: datetime | None) -> None:
        """Record units that an edit removed: a refund without money, with what is to be paid back named as pending.

        That a pending discrepancy is negative is reported of real shops.
        """
        money = currencies_of(order)
        made = self._record(order, lines, restock, None, at)
        order["refunds"].append(made)
        self.settle(order)
        owed = -read(order["totalOutstandingSet"])
        if owed.shop > 0:
            made["orderAdjustments"].append(self._adjustment(-owed, PENDING_DISCREPANCY, money))

    def _record(self, order: Node, lines: Mapping[str, int], restock: str, note: str | None, at: datetime | None) -> Node:
        """A refund with a part for each line, not yet in the order."""
        made = anatomy.refund(self.new_id(), order, note, self.stamp(at), currencies_of(order))
        for line in order["lineItems"]:
            if units := lines.get(line["id"], 0):
                made["refundLineItems"].append(self._refund_line(order, line, units, restock))
        return made

    def _refund_line(self, order: Node, line: Node, units: int, restock: str) -> Node:
        if units > line["currentQuantity"]:
            raise ValueError(f"only {line['currentQuantity']} of {line['name']} are left to refund")
        money = currencies_of(order)
        worth, taxes = worth_of(order, line, units, money)
        return {
            "__typename": "RefundLineItem",
            "id": gid("RefundLineItem", self.new_id()),
            "lineItem": line,
            "quantity": units,
            "restockType": restock,
            "restocked": restock != "NO_RESTOCK",
            "location": self.location if restock != "NO_RESTOCK" else None,
            "priceSet": line["originalUnitPriceSet"],
            "subtotalSet": money.bag(worth),
            "totalTaxSet": money.bag(total(taxes)),
            "_taxes": taxes,
        }

    def _refund_shipping(self, order: Node, money: Currencies) -> list[Node]:
        done = {one["shippingLine"]["id"] for refund in order["refunds"] for one in refund["refundShippingLines"]}
        return [
            {
                "__typename": "RefundShippingLine",
                "id": gid("RefundShippingLine", self.new_id()),
                "shippingLine": line,
                "subtotalAmountSet": line["discountedPriceSet"],
                "taxAmountSet": money.bag(total(read(one["priceSet"]) for one in line["taxLines"])),
            }
            for line in order["shippingLines"]
            if line["id"] not in done and not line["isRemoved"]
        ]

    def _adjustment(self, amount: Amount, reason: str, money: Currencies) -> Node:
        return {
            "__typename": "OrderAdjustment",
            "id": gid("OrderAdjustment", self.new_id()),
            "amountSet": money.bag(amount),
            "taxAmountSet": money.bag(ZERO),
            "reason": reason,
        }

    def _pay_back(
        self, order: Node, made: Node, worth: Amount, money: Currencies, at: datetime | None, status: str = "SUCCESS"
    ) -> None:
        """A refund's `totalRefundedSet` counts its payments whatever became of them; the order's counts what went through."""
        paid = read(order["netPaymentSet"])
        amount = worth if worth.shop <= paid.shop else paid
        if amount.shop <= 0:
            return
        gateway = order["paymentGatewayNames"][0]
        back = anatomy.transaction(self.new_id(), order, "REFUND", gateway, amount, money, self.stamp(at))
        back["status"] = status
        back["parentTransaction"] = next((one for one in order["transactions"] if one["kind"] in ("SALE", "CAPTURE")), None)
        made["transactions"].append(back)
        made["totalRefundedSet"] = money.bag(total(read(one["amountSet"]) for one in made["transactions"]))
        order["transactions"].append(back)


def _worth(made: Node, order: Node) -> Amount:
    """What a refund's lines and shipping are worth to the customer."""
    lines = total(read(one["subtotalSet"]) for one in made["refundLineItems"])
    shipping = total(read(one["subtotalAmountSet"]) for one in made["refundShippingLines"])
    if order["taxesIncluded"]:
        return lines + shipping
    taxes = total(read(one["totalTaxSet"]) for one in made["refundLineItems"])
    return lines + shipping + taxes + total(read(one["taxAmountSet"]) for one in made["refundShippingLines"])
