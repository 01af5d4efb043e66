"""The shop's draft orders: made, changed, invoiced, completed and deleted by the merchant; apps only read them here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from syncdb.sandbox.shopify.anatomy import entity
from syncdb.sandbox.shopify.index import SearchIndex, milliseconds
from syncdb.sandbox.shopify.money import Currencies, Node
from syncdb.sandbox.shopify.products.entries import GoodsEntry

FIRST = 1_150_000_000_000
PAYING = "https://{domain}/invoices/{number}"


class DraftDesk:
    """Draft orders by global id. `clock` gives epoch seconds, `lag` the seconds that searches stay behind."""

    def __init__(
        self, clock: Callable[[], float], lag: Callable[[], float], stamp: Callable[[], str], money: Currencies, apart: int = 0
    ) -> None:
        self.clock, self._lag, self._stamp, self._money = clock, lag, stamp, money
        self.nodes: dict[str, Node] = {}
        self.index: SearchIndex[GoodsEntry] = SearchIndex()
        self._apart, self._made = FIRST + apart, 0

    def add(self, lines: Sequence[tuple[str, int]], *, customer: Node | None = None, **fields: Any) -> Node:
        """A new one of `lines` (price of a piece, pieces), for a customer, with these of the API's fields."""
        self._made += 1
        money, stamp = self._money, self._stamp()
        total = sum((Decimal(price) * pieces for price, pieces in lines), Decimal(0))
        nothing = money.bag(money.amount("0"))
        node = entity(
            "DraftOrder",
            self._apart + self._made,
            name=f"#D{self._made}",
            status="OPEN",
            customer=customer,
            email=customer["email"] if customer else None,
            phone=customer["phone"] if customer else None,
            note2=None,
            tags=[],
            currencyCode=money.shop,
            totalPriceSet=money.bag(money.amount(str(total))),
            totalTaxSet=nothing,
            totalShippingPriceSet=nothing,
            totalDiscountsSet=nothing,
            totalQuantityOfLineItems=sum(pieces for _, pieces in lines),
            order=None,
            invoiceUrl=None,
            invoiceSentAt=None,
            completedAt=None,
            createdAt=stamp,
            updatedAt=stamp,
        )
        self.nodes[node["id"]] = node | fields
        return self._shown(self.nodes[node["id"]])

    def change(self, node: Node, **fields: Any) -> Node:
        """Change fields of one; updatedAt moves."""
        node.update(fields)
        node["updatedAt"] = max(node["updatedAt"], self._stamp())
        return self._shown(node)

    def send_invoice(self, node: Node, domain: str) -> Node:
        paying = PAYING.format(domain=domain, number=node["legacyResourceId"])
        return self.change(node, status="INVOICE_SENT", invoiceSentAt=self._stamp(), invoiceUrl=paying)

    def complete(self, node: Node, order: Node) -> Node:
        """It was paid, and is this order now."""
        return self.change(node, status="COMPLETED", completedAt=self._stamp(), order=order)

    def delete(self, gid: str) -> None:
        del self.nodes[gid]
        self.index.put(gid, None, self.clock() + self._lag(), self.clock())

    def _shown(self, node: Node) -> Node:
        self.index.put(node["id"], entry_of(node), self.clock() + self._lag(), self.clock())
        return node


def entry_of(node: Node) -> GoodsEntry:
    """What searches know of one."""
    words = {"status": {node["status"].casefold()}, "tag": {tag.casefold() for tag in node["tags"]}}
    return GoodsEntry(
        node["id"],
        int(node["legacyResourceId"]),
        milliseconds(node["updatedAt"]),
        node["name"].casefold(),
        {name: frozenset(found) for name, found in words.items()},
        milliseconds(node["createdAt"]),
    )
