"""The balance of a shop with Shopify Payments: charges, refunds and adjustments come in with their fees, payouts take them out.

A payout takes all that is not in one yet, in its currency. It stands among the balance transactions itself, as a transfer of its
net, so that the balance is nil after it; searches and lists can leave transfers out (schema: `hideTransfers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.money import Node

FIRST = 8_100_000_000
RATE, FIXED = Decimal("0.029"), Decimal("0.30")
KINDS = {"SALE": "CHARGE", "CAPTURE": "CHARGE", "REFUND": "REFUND"}
SUMS = {  # type of a balance transaction -> the fields of a payout's summary that it counts in: gross, fee
    "CHARGE": ("chargesGross", "chargesFee"),
    "REFUND": ("refundsFeeGross", "refundsFee"),
    "RESERVED_FUNDS": ("reservedFundsGross", "reservedFundsFee"),
    "ADVANCE": ("advanceGross", "advanceFees"),
}
ADJUSTMENTS = ("adjustmentsGross", "adjustmentsFee")
OTHERS = ("retriedPayoutsGross", "retriedPayoutsFee", "usdcRebateCreditAmount")


class PaymentsDesk:
    """Payouts and balance transactions by global id. `open` says whether the shop has Shopify Payments at all."""

    def __init__(self, stamp: Callable[[], str], orders: Callable[[], Iterable[Node]], currency: str, apart: int = 0) -> None:
        self._stamp, self._orders, self.currency = stamp, orders, currency
        self.open = True
        self.payouts: dict[str, Node] = {}
        self.transactions: dict[str, Node] = {}
        self._taken: set[str] = set()
        self._next = FIRST + apart

    def account(self) -> Node:
        return {
            "__typename": "ShopifyPaymentsAccount",
            "id": gid("ShopifyPaymentsAccount", FIRST - 1),
            "activated": True,
            "country": "DE",
            "defaultCurrency": self.currency,
        }

    def take_in(self) -> list[Node]:
        """What was paid and given back through Shopify Payments since this was last called, as balance transactions."""
        return [self._from(order, one) for order, one in self._news()]

    def _news(self) -> Iterator[tuple[Node, Node]]:
        for order in self._orders():
            for one in order["transactions"]:
                counts = one["status"] == "SUCCESS" and one["kind"] in KINDS and one["gateway"] == "shopify_payments"
                if counts and one["id"] not in self._taken:
                    self._taken.add(one["id"])
                    yield order, one

    def _from(self, order: Node, one: Node) -> Node:
        amount = Decimal(one["amountSet"]["shopMoney"]["amount"])
        back = KINDS[one["kind"]] == "REFUND"
        fee = Decimal(0) if back else (amount * RATE + FIXED).quantize(Decimal("0.01"), ROUND_HALF_UP)
        number = one["id"].rsplit("/", 1)[1]
        return self.add(
            KINDS[one["kind"]],
            -amount if back else amount,
            fee,
            associatedOrder={"__typename": "ShopifyPaymentsAssociatedOrder", "id": order["id"], "name": order["name"]},
            sourceId=number,
            sourceOrderTransactionId=number,
            sourceType=KINDS[one["kind"]],
            transactionDate=one["processedAt"],
            test=order["test"],
        )

    def add(self, kind: str, amount: Decimal, fee: Decimal = Decimal(0), **fields: Any) -> Node:
        """One more balance transaction: an adjustment, a chargeback, reserved funds."""
        self._next += 1
        node: Node = {
            "__typename": "ShopifyPaymentsBalanceTransaction",
            "id": gid("ShopifyPaymentsBalanceTransaction", self._next),
            "type": kind,
            "amount": self._money(amount),
            "fee": self._money(fee),
            "net": self._money(amount - fee),
            "adjustmentReason": None,
            "associatedOrder": None,
            "associatedPayout": self._payout_of(None, "PENDING"),
            "sourceId": None,
            "sourceOrderTransactionId": None,
            "sourceType": "ADJUSTMENT",
            "test": False,
            "transactionDate": self._stamp(),
            "_number": self._next,
            "_payout": None,
        } | fields
        self.transactions[node["id"]] = node
        return node

    def pay_out(self, status: str = "SCHEDULED", at: str | None = None) -> Node | None:
        """A payout of all that is not in one yet; None where there is nothing. What was paid meanwhile is taken in first.

        `at` (ISO, UTC) is when it is issued, of what was processed by then; now by default.
        """
        self.take_in()
        issued = at or self._stamp()
        open_ones = (one for one in self.transactions.values() if one["_payout"] is None and one["type"] != "TRANSFER")
        waiting = [one for one in open_ones if one["transactionDate"] <= issued]
        if not waiting:
            return None
        self._next += 1
        net = sum((_exact(one["net"]) for one in waiting), Decimal(0))
        node: Node = {
            "__typename": "ShopifyPaymentsPayout",
            "id": gid("ShopifyPaymentsPayout", self._next),
            "legacyResourceId": str(self._next),
            "externalTraceId": None,
            "issuedAt": issued,
            "net": self._money(net),
            "status": status,
            "summary": self._summary(waiting),
            "transactionType": "WITHDRAWAL" if net < 0 else "DEPOSIT",
            "_number": self._next,
        }
        self.payouts[node["id"]] = node
        transfer = self.add("TRANSFER", -net, sourceType="TRANSFER", sourceId=str(self._next), transactionDate=issued)
        for one in (*waiting, transfer):
            one["_payout"] = node
            one["associatedPayout"] = self._payout_of(node, status)
        return node

    def settle(self, payout: Node, status: str = "PAID", trace: str | None = None) -> None:
        """The payout goes on: to the bank, into the account, or back."""
        payout["status"], payout["externalTraceId"] = status, trace
        for one in self.transactions.values():
            if one["_payout"] is payout:
                one["associatedPayout"] = self._payout_of(payout, status)

    def find(self, one: str) -> Node | None:
        return self.payouts.get(one) or self.transactions.get(one)

    def _summary(self, parts: Iterable[Node]) -> Node:
        sums = dict.fromkeys((*ADJUSTMENTS, *OTHERS, *(name for pair in SUMS.values() for name in pair)), Decimal(0))
        for one in parts:
            gross, fee = SUMS.get(one["type"], ADJUSTMENTS)
            sums[gross] += _exact(one["amount"])
            sums[fee] += _exact(one["fee"])
        return {"__typename": "ShopifyPaymentsPayoutSummary"} | {name: self._money(value) for name, value in sums.items()}

    def _payout_of(self, payout: Node | None, status: str) -> Node:
        return {
            "__typename": "ShopifyPaymentsBalanceTransactionAssociatedPayout",
            "id": payout["id"] if payout else None,
            "status": status,
        }

    def _money(self, amount: Decimal) -> Node:
        return {"__typename": "MoneyV2", "amount": f"{amount:.2f}", "currencyCode": self.currency}


def _exact(money: Node) -> Decimal:
    return Decimal(money["amount"])
