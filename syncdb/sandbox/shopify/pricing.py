"""Everything of an order that follows from something else: totals, quantities and statuses.

The facts are lines (unit price, quantity, discount allocations, tax rates), shipping, tip, transactions, refunds and
fulfillments. `settle` derives the rest, so that after any change the figures agree with each other to the cent. What an order
is now is what it was less what refunds say of it, as at Shopify (recorded: an edit leaves a line's taxes and the order's subtotal
as they were and moves only the current ones).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from syncdb.sandbox.shopify.money import ZERO, Amount, Currencies, Node, currencies_of, read, total

RECEIVED = frozenset({"SALE", "CAPTURE"})
PENDING_DISCREPANCY = "PENDING_REFUND_DISCREPANCY"


def settle(order: Node) -> None:
    """Bring every derived field of an order in line with its facts."""
    money = currencies_of(order)
    for line in order["lineItems"]:
        _settle_line(order, line, money)
    _settle_totals(order, money)
    _settle_payments(order, money)
    _settle_statuses(order)


def net(line: Node, units: int, money: Currencies) -> Amount:
    """What `units` of a line cost after all discounts, before taxes are added."""
    whole = total(read(one["allocatedAmountSet"]) for one in line["discountAllocations"])
    share = money.rounded(whole * (Decimal(units) / line["quantity"])) if line["quantity"] else ZERO
    return read(line["originalUnitPriceSet"]) * units - share


def tax(line: Node, units: int, order: Node, money: Currencies) -> Amount:
    """The tax on `units` of a line, over all its tax lines."""
    return total(_one_tax(line, one, units, order, money) for one in line["taxLines"])


def _one_tax(line: Node, one: Node, units: int, order: Node, money: Currencies) -> Amount:
    """One of a line's taxes on some of its units: by its rate, or the share of what an app said that it comes to (observed)."""
    if given := one.get("_given"):
        return money.rounded(read(given) * (Decimal(units) / line["quantity"])) if line["quantity"] else ZERO
    return taxed(net(line, units, money), one["rate"], order["taxesIncluded"], money)


def taxed(amount: Amount, rate: float, included: bool, money: Currencies) -> Amount:
    share = Decimal(str(rate))
    return money.rounded(amount * (share / (1 + share) if included else share))


def usual_rates(order: Node) -> list[tuple[str, float]]:
    """The taxes, by title and rate, of what is added to an order: those of its first taxed line, whatever shipping has."""
    taxed_lines = (line["taxLines"] for line in order["lineItems"] if line["taxLines"])
    return [(one["title"], one["rate"]) for one in next(taxed_lines, order["taxLines"])]


def taken_off(order: Node, line: Node) -> list[Node]:
    """What refunds, edits and cancelling took off a line: each leaves a refund with a part for it, with or without money."""
    return [one for made in order["refunds"] for one in made["refundLineItems"] if one["lineItem"] is line]


def worth_of(order: Node, line: Node, units: int, money: Currencies) -> tuple[Amount, list[Amount]]:
    """What `units` that are taken off a line now are worth, and the tax on them for each of its taxes.

    The last ones take whatever is left, so that nothing stays behind of rounding.
    """
    before, parts = line["currentQuantity"], taken_off(order, line)
    if units == before:
        whole = net(line, line["quantity"], money) - total(read(one["subtotalSet"]) for one in parts)
        return whole, [_tax_left(order, line, place, money) for place in range(len(line["taxLines"]))]
    taxes = [
        _one_tax(line, one, before, order, money) - _one_tax(line, one, before - units, order, money) for one in line["taxLines"]
    ]
    return net(line, before, money) - net(line, before - units, money), taxes


def _tax_left(order: Node, line: Node, place: int, money: Currencies) -> Amount:
    """What one of a line's taxes comes to for the units that are left."""
    whole = _one_tax(line, line["taxLines"][place], line["quantity"], order, money)
    return whole - total(one["_taxes"][place] for one in taken_off(order, line))


def _settle_line(order: Node, line: Node, money: Currencies) -> None:
    quantity, unit = line["quantity"], read(line["originalUnitPriceSet"])
    shipped = _units((one for one in order["fulfillments"] if one["status"] == "SUCCESS"), "fulfillmentLineItems", line)
    current = quantity - _units(order["refunds"], "refundLineItems", line)
    line["currentQuantity"] = line["refundableQuantity"] = current
    line["unfulfilledQuantity"] = max(0, current - shipped)
    line["nonFulfillableQuantity"] = quantity - current if not shipped else 0
    direct = total(read(one["allocatedAmountSet"]) for one in line["discountAllocations"] if not _by_code(one))
    line["originalTotalSet"] = money.bag(unit * quantity)
    line["totalDiscountSet"] = money.bag(direct)
    line["discountedTotalSet"] = money.bag(unit * quantity - direct)
    line["_discountedTotalWithCodes"] = money.bag(net(line, quantity, money))
    line["discountedUnitPriceSet"] = money.bag(_per_unit(unit * quantity - direct, quantity, money))
    line["discountedUnitPriceAfterAllDiscountsSet"] = money.bag(_per_unit(net(line, quantity, money), quantity, money))
    line["unfulfilledOriginalTotalSet"] = money.bag(unit * line["unfulfilledQuantity"])
    line["unfulfilledDiscountedTotalSet"] = money.bag(net(line, line["unfulfilledQuantity"], money))
    for one in line["taxLines"]:
        one["priceSet"] = money.bag(_one_tax(line, one, quantity, order, money))


def _by_code(allocation: Node) -> bool:
    return bool(allocation["discountApplication"]["__typename"] == "DiscountCodeApplication")


def _per_unit(amount: Amount, quantity: int, money: Currencies) -> Amount:
    return money.rounded(amount * (Decimal(1) / quantity)) if quantity else ZERO


def _units(owners: Iterable[Node], connection: str, line: Node) -> int:
    return sum(one["quantity"] for owner in owners for one in owner[connection] if one["lineItem"] is line)


def _settle_totals(order: Node, money: Currencies) -> None:
    sums = _sums(order, money)
    order.setdefault("originalTotalPriceSet", money.bag(sums["totalPriceSet"]))
    for field, amount in sums.items():
        order[field] = money.bag(amount)
    duties = _duties(order)
    order["originalTotalDutiesSet"] = order["currentTotalDutiesSet"] = money.bag(duties) if duties.shop else None
    fees = money.bag(_fees(order)) if order["additionalFees"] else None
    order["originalTotalAdditionalFeesSet"] = order["currentTotalAdditionalFeesSet"] = fees
    lines = order["lineItems"]
    order["subtotalLineItemsQuantity"] = sum(line["quantity"] for line in lines)
    order["currentSubtotalLineItemsQuantity"] = sum(line["currentQuantity"] for line in lines)
    order["totalWeight"] = str(sum(line["_grams"] * line["quantity"] for line in lines))
    order["currentTotalWeight"] = str(sum(line["_grams"] * line["currentQuantity"] for line in lines))
    order["taxLines"] = _tax_lines(order, money)
    order["currentTaxLines"] = _current_tax_lines(order, money)


def _sums(order: Node, money: Currencies) -> dict[str, Amount]:
    """The order's totals, as placed and edited, and as they stand after refunds and removals."""
    lines, included = order["lineItems"], order["taxesIncluded"]
    kept = [line for line in order["shippingLines"] if not line["isRemoved"]]
    returned = [one for refund in order["refunds"] for one in refund["refundShippingLines"]]
    shipping = total(read(line["discountedPriceSet"]) for line in kept)
    shipping_tax = total(read(one["priceSet"]) for line in kept for one in line["taxLines"])
    back = total(read(one["subtotalAmountSet"]) for one in returned)
    back_tax = total(read(one["taxAmountSet"]) for one in returned)
    subtotal = total(net(line, line["quantity"], money) for line in lines)
    gone = [one for refund in order["refunds"] for one in refund["refundLineItems"]]
    current = subtotal - total(read(one["subtotalSet"]) for one in gone)
    all_tax = total(tax(line, line["quantity"], order, money) for line in lines) + shipping_tax
    left_tax = all_tax - total(read(one["totalTaxSet"]) for one in gone) - back_tax
    free_shipping = total(read(line["originalPriceSet"]) - read(line["discountedPriceSet"]) for line in kept)
    extra = read(order["totalTipReceivedSet"]) + _duties(order) + _fees(order)
    return {
        "subtotalPriceSet": subtotal,
        "totalShippingPriceSet": shipping,
        "totalTaxSet": all_tax,
        "totalPriceSet": subtotal + shipping + extra + (ZERO if included else all_tax),
        "totalDiscountsSet": _worth(lines, "quantity") - subtotal + free_shipping,
        "cartDiscountAmountSet": _cart_discount(lines),
        "currentCartDiscountAmountSet": _cart_discount(lines),
        "currentSubtotalPriceSet": current,
        "currentShippingPriceSet": shipping - back,
        "currentTotalTaxSet": left_tax,
        "currentTotalPriceSet": current + shipping - back + extra + (ZERO if included else left_tax),
        "currentTotalDiscountsSet": _worth(lines, "currentQuantity") - current + free_shipping,
        "totalRefundedShippingSet": back,
    }


def _worth(lines: list[Node], quantity: str) -> Amount:
    """Lines at their full price."""
    return total(read(line["originalUnitPriceSet"]) * line[quantity] for line in lines)


def _duties(order: Node) -> Amount:
    return total(read(duty["price"]) for line in order["lineItems"] for duty in line["duties"])


def _fees(order: Node) -> Amount:
    return total(read(one["price"]) for one in order["additionalFees"])


def _cart_discount(lines: list[Node]) -> Amount:
    return total(
        read(one["allocatedAmountSet"])
        for line in lines
        for one in line["discountAllocations"]
        if one["discountApplication"]["allocationMethod"] == "ACROSS"
    )


Kinds = dict[tuple[str, float], Amount]


def _taxes_placed(order: Node, money: Currencies) -> Kinds:
    """The order's taxes by title and rate, as placed and edited."""
    sums: Kinds = {}
    for line in order["lineItems"]:
        for one in line["taxLines"]:
            _count(sums, one, _one_tax(line, one, line["quantity"], order, money))
    for line in order["shippingLines"]:
        for one in line["taxLines"] if not line["isRemoved"] else ():
            _count(sums, one, read(one["priceSet"]))
    return sums


def _count(sums: Kinds, kind: Node, amount: Amount) -> None:
    named = (kind["title"], kind["rate"])
    sums[named] = sums.get(named, ZERO) + amount


def _tax_lines(order: Node, money: Currencies) -> list[Node]:
    sums = _taxes_placed(order, money)
    return [tax_line(title, rate, money.bag(amount)) for (title, rate), amount in sums.items()]


def _current_tax_lines(order: Node, money: Currencies) -> list[Node]:
    """The order's taxes without those of what was taken off and of shipping that was paid back."""
    sums = _taxes_placed(order, money)
    for made in order["refunds"]:
        for part in made["refundLineItems"]:
            for one, amount in zip(part["lineItem"]["taxLines"], part["_taxes"], strict=True):
                _count(sums, one, -amount)
        for returned in made["refundShippingLines"]:
            for one in returned["shippingLine"]["taxLines"]:
                _count(sums, one, -read(one["priceSet"]))
    return [tax_line(title, rate, money.bag(amount)) for (title, rate), amount in sums.items()]


def tax_line(title: str, rate: float, price: Node) -> Node:
    percent = float(Decimal(str(rate)) * 100)
    return {
        "title": title,
        "rate": rate,
        "ratePercentage": percent,
        "priceSet": price,
        "source": "shopify",
        "channelLiable": False,
    }


def _settle_payments(order: Node, money: Currencies) -> None:
    good = [one for one in order["transactions"] if one["status"] == "SUCCESS"]
    received = total(read(one["amountSet"]) for one in good if one["kind"] in RECEIVED)
    refunded = total(read(one["amountSet"]) for one in good if one["kind"] == "REFUND")
    adjustments = [one for refund in order["refunds"] for one in refund["orderAdjustments"]]
    # what is still to be paid back for an edit is owed, not given away
    final = [one for one in adjustments if one["reason"] != PENDING_DISCREPANCY]
    adjusted = total(read(one["amountSet"]) + read(one["taxAmountSet"]) for one in final)
    held = total(read(one["amountSet"]) for one in good if one["kind"] == "AUTHORIZATION" and one["_open"])
    owed = read(order["currentTotalPriceSet"]) + adjusted - (received - refunded)
    order["totalReceivedSet"] = money.bag(received)
    order["totalRefundedSet"] = money.bag(refunded)
    order["netPaymentSet"] = money.bag(received - refunded)
    order["refundDiscrepancySet"] = money.bag(adjusted)
    order["totalCapturableSet"] = money.bag(held)
    order["totalOutstandingSet"] = money.bag(ZERO if order["cancelledAt"] else owed)
    order["totalCashRoundingAdjustment"] = {
        "paymentSet": money.bag(_rounding(good, RECEIVED)),
        "refundSet": money.bag(_rounding(good, frozenset({"REFUND"}))),
    }
    order["capturable"] = held.shop > 0
    order["fullyPaid"] = received.shop > 0 and owed.shop <= 0
    order["unpaid"] = received.shop == 0 and read(order["totalPriceSet"]).shop > 0
    order["canMarkAsPaid"] = order["unpaid"] and not order["cancelledAt"]
    order["refundable"] = (received - refunded).shop > 0
    stated = order["transactions"] or not order.get("_unstated")
    order["displayFinancialStatus"] = _financial_status(order, received, refunded, owed, held) if stated else None
    order["paymentGatewayNames"] = list(dict.fromkeys(one["gateway"] for one in order["transactions"]))
    order["transactionsCount"] = {"count": len(order["transactions"]), "precision": "EXACT"}


def _rounding(transactions: list[Node], kinds: frozenset[str]) -> Amount:
    """What cash was rounded by: it is in no other amount of the order."""
    return total(
        read(one["amountRoundingSet"]) for one in transactions if one["amountRoundingSet"] is not None and one["kind"] in kinds
    )


def _financial_status(order: Node, received: Amount, refunded: Amount, owed: Amount, held: Amount) -> str:
    if refunded.shop > 0:
        return "REFUNDED" if refunded.shop >= received.shop else "PARTIALLY_REFUNDED"
    if held.shop > 0:
        return "AUTHORIZED"
    if received.shop == 0 and read(order["totalPriceSet"]).shop > 0:
        return "VOIDED" if order["cancelledAt"] else "PENDING"
    return "PARTIALLY_PAID" if owed.shop > 0 and not order["cancelledAt"] else "PAID"


def _settle_statuses(order: Node) -> None:
    wanted = [line for line in order["lineItems"] if line["currentQuantity"] > 0]
    left = sum(line["unfulfilledQuantity"] for line in wanted)
    shipped = any(one["status"] == "SUCCESS" for one in order["fulfillments"])
    if shipped:
        order["displayFulfillmentStatus"] = "PARTIALLY_FULFILLED" if left else "FULFILLED"
    else:
        order["displayFulfillmentStatus"] = "UNFULFILLED"
    order["_nothingToFulfil"] = not wanted and not shipped
    order["fulfillable"] = left > 0 and not order["cancelledAt"]
    order["requiresShipping"] = any(line["requiresShipping"] for line in order["lineItems"])
    order["restockable"] = bool(wanted)
    order["fulfillmentsCount"] = {"count": len(order["fulfillments"]), "precision": "EXACT"}
    order["nonFulfillableLineItems"] = [line for line in order["lineItems"] if not line["currentQuantity"]]
    order["closed"] = order["closedAt"] is not None
    order["shippingLine"] = next((one for one in order["shippingLines"] if not one["isRemoved"]), None)
