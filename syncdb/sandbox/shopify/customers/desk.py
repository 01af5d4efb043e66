"""The shop's customers: each stands once, whoever of the orders is theirs, and searches see them after the lag."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.index import SearchIndex, milliseconds
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.entries import GoodsEntry
from syncdb.sandbox.shopify.search import Grammar

FIRST_NEW = 9_400_000_000_000  # those of the generator stand below
CUSTOMERS = Grammar(
    frozenset({"created_at", "updated_at"}), frozenset({"email", "phone", "tag", "first_name", "last_name", "state"})
)


class CustomerDesk:
    """Customers by global id. `clock` gives epoch seconds, `lag` the seconds that searches stay behind."""

    def __init__(
        self,
        clock: Callable[[], float],
        lag: Callable[[], float],
        stamp: Callable[[], str],
        currency: str,
        happened: Callable[[str, Node], None],
        apart: int = 0,
    ) -> None:
        self.clock, self._lag, self._stamp, self._currency, self._happened = clock, lag, stamp, currency, happened
        self.nodes: dict[str, Node] = {}
        self.index: SearchIndex[GoodsEntry] = SearchIndex()
        self._next = FIRST_NEW + apart

    def take(self, node: Node) -> Node:
        """The customer of that id as the shop knows it; one it did not know is taken in."""
        if node["id"] not in self.nodes:
            self.nodes[node["id"]] = node
            self._show(node)
        return self.nodes[node["id"]]

    def add(self, **fields: Any) -> Node:
        """A new customer with these of the API's fields."""
        self._next += 1
        node = anatomy.customer(self._next, self._stamp(), self._currency)
        self.nodes[node["id"]] = node
        apply(node, fields)
        self._show(node)
        self._happened("added", node)
        return node

    def change(self, node: Node, **fields: Any) -> Node:
        """Change fields of a customer; updatedAt moves only where something changed."""
        if apply(node, fields):
            self.touched(node)
        return node

    def subscribe(self, node: Node, state: str = "SUBSCRIBED") -> None:
        """The customer consents to marketing by e-mail, or withdraws that."""
        node["defaultEmailAddress"] = {**node["defaultEmailAddress"], "marketingState": state}
        self.touched(node)

    def live_at(self, node: Node, address: Node, *, default: bool) -> None:
        """Keep an address of a customer, in the place of the one with its id; the first one, and `default`, is the usual one."""
        known = [one for one in addresses_of(node) if one["id"] != address["id"]]
        usual = default or not known or (node["defaultAddress"] or {}).get("id") == address["id"]
        node["_addresses"] = [*known, address]
        if usual:
            node["defaultAddress"] = address
        self.touched(node)

    def touched(self, node: Node) -> None:
        node["updatedAt"] = max(node["updatedAt"], self._stamp())
        self._show(node)
        self._happened("changed", node)

    def delete(self, gid: str) -> None:
        """Delete a customer; orders keep what they know of them."""
        node = self.nodes.pop(gid)
        self.index.put(gid, None, self.clock() + self._lag(), self.clock())
        self._happened("deleted", node)

    def by(self, name: str, value: str) -> Node | None:
        """The customer with this email or phone, straight from the database; addresses know no upper case."""
        wanted = value.casefold()
        return next((one for one in self.nodes.values() if (one[name] or "").casefold() == wanted), None)

    def _show(self, node: Node) -> None:
        now = self.clock()
        self.index.put(node["id"], entry_of(node), now + self._lag(), now)


def addresses_of(node: Node) -> list[Node]:
    """All addresses of a customer."""
    kept: list[Node] = node.get("_addresses") or ([node["defaultAddress"]] if node["defaultAddress"] else [])
    return kept


def apply(node: Node, given: dict[str, Any]) -> bool:
    """Write fields into a customer; whether anything changed. Names and addresses that follow from them follow."""
    before = {name: node.get(name) for name in given}
    node.update(given)
    email, phone = node["email"], node["phone"]
    node["displayName"] = " ".join(part for part in (node["firstName"], node["lastName"]) if part) or email or phone or ""
    consent = (node["defaultEmailAddress"] or {}).get("marketingState", "NOT_SUBSCRIBED")
    node["defaultEmailAddress"] = {"emailAddress": email, "marketingState": consent} if email else None
    node["defaultPhoneNumber"] = {"phoneNumber": phone} if phone else None
    return any(node[name] != value for name, value in before.items())


def entry_of(node: Node) -> GoodsEntry:
    """What the index takes from a customer."""
    words = {
        "email": {node["email"]} if node["email"] else set(),
        "phone": {node["phone"]} if node["phone"] else set(),
        "first_name": {node["firstName"]} if node["firstName"] else set(),
        "last_name": {node["lastName"]} if node["lastName"] else set(),
        "tag": set(node["tags"]),
        "state": {node["state"]},
    }
    spoken = (node["displayName"], node["email"], node["phone"])
    return GoodsEntry(
        gid=node["id"],
        number=int(node["legacyResourceId"]),
        updated_at=milliseconds(node["updatedAt"]),
        text=" ".join(part for part in spoken if part).casefold(),
        words={name: frozenset(one.casefold() for one in some) for name, some in words.items()},
        created_at=milliseconds(node["createdAt"]),
    )
