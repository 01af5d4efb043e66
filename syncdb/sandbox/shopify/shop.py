"""What can happen to an order after it was placed. Every change moves updatedAt, as at Shopify, but for one."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item, gid
from syncdb.sandbox.shopify.money import Currencies, Node, currencies_of, read
from syncdb.sandbox.shopify.pricing import net, usual_rates
from syncdb.sandbox.shopify.returns import Returns

Tracking = tuple[str | None, str | None, str | None]


class Shop(Returns):
    """A shop whose orders can be changed. Orders are named by global id; `at` defaults to the shop's clock."""

    def edit_order(
        self,
        order_id: str,
        add: Sequence[tuple[Item, int]] = (),
        quantities: Mapping[str, int] | None = None,
        at: datetime | None = None,
        restock: bool = True,
    ) -> Node:
        """Edit an order's lines: add some, set the current quantity of others (0 removes; the line stays on record).

        What is removed leaves a refund without money, as at Shopify. Raises ValueError for a quantity below what was shipped, or
        above the old one on a discounted line.
        """
        order = self.orders[order_id]
        money = currencies_of(order)
        edited = [(line, quantities[line["id"]]) for line in order["lineItems"] if quantities and line["id"] in quantities]
        for line, wanted in edited:
            _check_quantity(line, wanted)
        for line, wanted in edited:
            line["quantity"] += max(0, wanted - line["currentQuantity"])
        fewer = {line["id"]: line["currentQuantity"] - wanted for line, wanted in edited if wanted < line["currentQuantity"]}
        rates = usual_rates(order)
        for item, quantity in add:
            order["lineItems"].append(anatomy.line_item(self.new_id(), item, quantity, money, rates))
        if fewer:
            self._take_off(order, fewer, "CANCEL" if restock else "NO_RESTOCK", at)
        order["edited"] = True
        return self.changed(order, at)

    def fulfil(
        self,
        order_id: str,
        lines: Mapping[str, int] | None = None,
        tracking: Sequence[Tracking] = (),
        at: datetime | None = None,
    ) -> Node:
        """Ship units of lines (default: everything not yet shipped); the fulfillment made."""
        order = self.orders[order_id]
        wanted = lines or {line["id"]: line["unfulfilledQuantity"] for line in order["lineItems"]}
        name = f"{order['name']}.{len(order['fulfillments']) + 1}"
        infos = [anatomy.tracking_info(*one) for one in tracking]
        made = anatomy.fulfillment(self.new_id(), order, name, infos, self.stamp(at), self.location)
        for line in order["lineItems"]:
            units = wanted.get(line["id"], 0)
            if units > line["unfulfilledQuantity"]:
                raise ValueError(f"only {line['unfulfilledQuantity']} of {line['name']} are left to ship")
            if units:
                made["fulfillmentLineItems"].append(self._shipped(line, units, currencies_of(order)))
        if not made["fulfillmentLineItems"]:
            raise ValueError(f"nothing left to ship in {order['name']}")
        made["totalQuantity"] = sum(one["quantity"] for one in made["fulfillmentLineItems"])
        order["fulfillments"].append(made)
        self.changed(order, at)
        return made

    def _shipped(self, line: Node, units: int, money: Currencies) -> Node:
        return {
            "__typename": "FulfillmentLineItem",
            "id": gid("FulfillmentLineItem", self.new_id()),
            "lineItem": line,
            "quantity": units,
            "originalTotalSet": money.bag(read(line["originalUnitPriceSet"]) * units),
            "discountedTotalSet": money.bag(net(line, units, money)),
        }

    def update_tracking(self, order_id: str, tracking: Sequence[Tracking], at: datetime | None = None) -> Node:
        """Replace the tracking of the newest fulfillment. Raises ValueError where nothing was shipped."""
        order = self.orders[order_id]
        if not order["fulfillments"]:
            raise ValueError(f"{order['name']} has not been shipped")
        newest = order["fulfillments"][-1]
        newest["trackingInfo"] = [anatomy.tracking_info(*one) for one in tracking]
        newest["updatedAt"] = self.stamp(at)
        newest["displayStatus"] = "IN_TRANSIT"
        return self.changed(order, at)

    def add_tag(self, order_id: str, tag: str, at: datetime | None = None) -> Node:
        order = self.orders[order_id]
        order["tags"] = sorted({*order["tags"], tag}, key=str.casefold)
        return self.changed(order, at)

    def set_note(self, order_id: str, note: str | None, at: datetime | None = None) -> Node:
        order = self.orders[order_id]
        order["note"] = note
        return self.changed(order, at)

    def set_tags(self, order_id: str, tags: Sequence[str], at: datetime | None = None) -> Node:
        order = self.orders[order_id]
        order["tags"] = sorted(tags)
        return self.changed(order, at)

    def change_address(self, order_id: str, at: datetime | None = None, **fields: str | None) -> Node:
        """Change fields of the shipping address. Raises ValueError where there is none."""
        order = self.orders[order_id]
        if order["shippingAddress"] is None:
            raise ValueError(f"{order['name']} has no shipping address")
        order["shippingAddress"] = order["displayAddress"] = {**order["shippingAddress"], **fields}
        order["billingAddressMatchesShippingAddress"] = False
        return self.changed(order, at)

    def mark_paid(self, order_id: str, at: datetime | None = None) -> Node:
        """Receive what is owed, by capturing an authorization where there is one."""
        order = self.orders[order_id]
        money = currencies_of(order)
        owed = read(order["totalOutstandingSet"])
        if owed.shop <= 0:
            raise ValueError(f"nothing is owed on {order['name']}")
        held = next((one for one in order["transactions"] if one["_open"]), None)
        gateway = held["gateway"] if held else "manual"
        kind = "CAPTURE" if held else "SALE"
        paid = anatomy.transaction(self.new_id(), order, kind, gateway, owed, money, self.stamp(at))
        if held:
            held["_open"] = held["manuallyCapturable"] = False
            paid["parentTransaction"] = held
        order["transactions"].append(paid)
        return self.changed(order, at)

    def cancel(
        self,
        order_id: str,
        reason: str = "CUSTOMER",
        note: str | None = None,
        at: datetime | None = None,
        pay_back: bool = True,
    ) -> Node:
        """Cancel an unshipped order: void what is held, pay back what was paid, take all units off it."""
        order = self.orders[order_id]
        if order["cancelledAt"] or any(one["status"] == "SUCCESS" for one in order["fulfillments"]):
            raise ValueError(f"{order['name']} cannot be cancelled any more")
        self._void(order, at)
        left = {line["id"]: line["currentQuantity"] for line in order["lineItems"] if line["currentQuantity"]}
        if not pay_back and left:
            self._take_off(order, left, "CANCEL", at)
        elif pay_back and (left or read(order["netPaymentSet"]).shop > 0):
            made = self.refund(order_id, left, shipping=True, restock="CANCEL", at=at)
            self._pay_back_rest(order, made, at)
        order["cancelledAt"] = order["closedAt"] = self.stamp(at)
        order["cancelReason"] = reason
        order["cancellation"] = {"staffNote": note}
        return self.changed(order, at)

    def _void(self, order: Node, at: datetime | None) -> None:
        money = currencies_of(order)
        for held in [one for one in order["transactions"] if one["_open"]]:
            held["_open"] = held["manuallyCapturable"] = False
            void = anatomy.transaction(
                self.new_id(), order, "VOID", held["gateway"], read(held["amountSet"]), money, self.stamp(at)
            )
            void["parentTransaction"] = held
            order["transactions"].append(void)

    def _pay_back_rest(self, order: Node, made: Node, at: datetime | None) -> None:
        """A cancellation returns the tip, too, and whatever earlier rounding left."""
        rest = read(order["netPaymentSet"])
        if rest.shop <= 0:
            return
        money = currencies_of(order)
        made["orderAdjustments"].append(self._adjustment(-rest, "REFUND_DISCREPANCY", money))
        self._pay_back(order, made, rest, money, at)
        self.changed(order, at)

    def close(self, order_id: str, at: datetime | None = None) -> Node:
        """Archive an order."""
        order = self.orders[order_id]
        order["closedAt"] = order["closedAt"] or self.stamp(at)
        return self.changed(order, at)

    def reopen(self, order_id: str, at: datetime | None = None) -> Node:
        """Take an order out of the archive."""
        order = self.orders[order_id]
        order["closedAt"] = None
        return self.changed(order, at)

    def delete(self, order_id: str) -> None:
        """Delete an order for good; afterwards only its id is known (observed)."""
        self.forget(order_id)

    def touch_child_without_bump(self, order_id: str) -> str:
        """Change something below an order without moving its updatedAt (reported in the wild); what was changed."""
        order = self.orders[order_id]
        if order["fulfillments"]:
            newest = order["fulfillments"][-1]
            number = f"LATE{self.new_id()}"
            newest["trackingInfo"] = [anatomy.tracking_info("DHL", number, f"https://dhl.example/{number}")]
            self.settle(order)
            return str(newest["id"])
        if not order["lineItems"]:
            raise ValueError(f"{order['name']} has nothing below it")
        line = order["lineItems"][0]
        line["customAttributes"] = [*line["customAttributes"], {"key": "_late", "value": str(self.new_id())}]
        self.settle(order)
        return str(line["id"])

    def random_change(self, rng: random.Random) -> tuple[str, str]:
        """Make one change that fits a random order; the change's name and the order's global id."""
        changes = list(_changes(self).items())
        while True:
            order_id = rng.choice(list(self.orders))
            name, change = rng.choice(changes)
            try:
                change(order_id, rng)
            except ValueError:  # this change does not fit this order; another may
                continue
            return name, order_id


def _check_quantity(line: Node, wanted: int) -> None:
    if wanted < line["currentQuantity"] - line["unfulfilledQuantity"]:
        raise ValueError(f"{line['name']} has been shipped already")
    if wanted > line["currentQuantity"] and line["discountAllocations"]:
        raise ValueError("a discounted line cannot grow; add a line instead")


def _changes(shop: Shop) -> dict[str, Callable[[str, random.Random], object]]:
    """The changes `random_change` draws from."""

    def some_line(order_id: str, rng: random.Random) -> Node:
        lines = [line for line in shop.orders[order_id]["lineItems"] if line["unfulfilledQuantity"]]
        if not lines or shop.orders[order_id]["cancelledAt"]:
            raise ValueError("no line is open")
        return rng.choice(lines)

    def exchange_one(order_id: str, rng: random.Random) -> None:
        line = some_line(order_id, rng)
        price = str(Decimal(rng.randrange(300, 9900)) / 100)
        shop.exchange(
            order_id, {line["id"]: 1}, [(Item(f"Ersatz {rng.randrange(100)}", price, sku=f"00{rng.randrange(999)}"), 1)]
        )

    def refund_one(order_id: str, rng: random.Random) -> None:
        shop.refund(order_id, {some_line(order_id, rng)["id"]: 1}, note=rng.choice((None, "Kaputt angekommen")))

    def grow(order_id: str, rng: random.Random) -> None:
        line = some_line(order_id, rng)
        shop.edit_order(order_id, quantities={line["id"]: line["currentQuantity"] + 1})

    def drop_line(order_id: str, rng: random.Random) -> None:
        line = some_line(order_id, rng)
        shop.edit_order(order_id, quantities={line["id"]: line["currentQuantity"] - line["unfulfilledQuantity"]})

    def add_line(order_id: str, rng: random.Random) -> None:
        some_line(order_id, rng)
        price = str(Decimal(rng.randrange(300, 9900)) / 100)
        shop.edit_order(order_id, add=[(Item(f"Nachtrag {rng.randrange(100)}", price, sku=f"00{rng.randrange(999)}"), 1)])

    def ship(order_id: str, rng: random.Random) -> None:
        number = f"00340{rng.randrange(10**12):012}"
        line = some_line(order_id, rng)
        shop.fulfil(order_id, {line["id"]: 1}, [("DHL", number, f"https://dhl.example/{number}")])

    def retrack(order_id: str, rng: random.Random) -> None:
        shop.update_tracking(order_id, [("UPS", f"1Z{rng.randrange(10**9):09}", None)])

    return {
        "refund": refund_one,
        "exchange": exchange_one,
        "grow": grow,
        "drop_line": drop_line,
        "add_line": add_line,
        "fulfil": ship,
        "update_tracking": retrack,
        "add_tag": lambda order_id, rng: shop.add_tag(order_id, f"tag-{rng.randrange(50)}"),
        "set_note": lambda order_id, rng: shop.set_note(order_id, rng.choice(("=1+1", "+49", "Bitte klingeln\nDanke", ""))),
        "change_address": lambda order_id, rng: shop.change_address(order_id, zip=f"0{rng.randrange(1000, 9999)}"),
        "cancel": lambda order_id, rng: shop.cancel(order_id, rng.choice(("CUSTOMER", "FRAUD", "INVENTORY"))),
        "mark_paid": lambda order_id, rng: shop.mark_paid(order_id),
        "close": lambda order_id, rng: shop.close(order_id),
    }
