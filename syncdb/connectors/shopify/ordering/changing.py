"""What orderUpdate takes of an order: note, e-mail, phone and the address it goes to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.work import said
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.inputs import CODE, EMAIL, address_input
from syncdb.connectors.shopify.ordering.shown import ADDRESS
from syncdb.connectors.shopify.ordering.wanted import Address
from syncdb.model import Outcome, Result
from syncdb.values import Value, canonical_json

UPDATE = """mutation ChangeOrder($given: OrderInput!) {
  orderUpdate(input: $given) { order { id } userErrors { field message } } }"""
TAKEN = ("note", "email", "phone", "address")


def unfit(changes: Mapping[str, Value]) -> str:
    """What of these changes Shopify would not take, "" where nothing is known against them."""
    email = changes.get("email")
    if email and not EMAIL.fullmatch(str(email)):
        return f"{email!r} is no e-mail address"
    if "address" in changes:
        country = address_of(changes["address"]).country
        if changes["address"] is None:
            return "the address of an order cannot be taken away in Shopify"
        if country and not CODE.fullmatch(country):
            return f"the country of its address is {country!r}, and must be its two letters, such as TR"
    return ""


def address_of(text: Value) -> Address:
    """The address that `shown.address_text` wrote as text."""
    parts: dict[str, str] = json.loads(str(text)) if text else {}
    first, _, last = parts.get("name", "").rpartition(" ")
    rest = {name: parts.get(name) for name in ("company", "address1", "address2", "city", "postal_code", "country", "phone")}
    return Address(first_name=first or None, last_name=last or None, province=parts.get("province_code"), **rest)


def whole_address(text: Value, ships_to: Value, kept: Iterable[str]) -> str:
    """A changed address with what else the shop shows of it: parts that are not `kept`, and the province within one country."""
    parts: dict[str, str] = json.loads(str(text))
    shown: dict[str, str | None] = json.loads(str(ships_to or "{}"))
    others = set(ADDRESS) - set(kept)
    same_country = parts.get("country", shown.get("country")) == shown.get("country")
    others |= {"province_code"} if same_country else set()
    return canonical_json(parts | {name: told for name in others if (told := shown.get(name))})


@dataclass(slots=True)
class OrderChanger:
    """Changes plain fields of orders of one shop."""

    desk: OrderDesk

    def change(self, order_id: str, changes: Mapping[str, Value]) -> Outcome:
        """Write these fields, among TAKEN. Raises as `OrderDesk.send`."""
        given: dict[str, Any] = {name: str(value or "") for name, value in changes.items() if name != "address"}
        if "address" in changes:
            given["shippingAddress"] = address_input(address_of(changes["address"]))
        answered = self.desk.send(UPDATE, {"given": {"id": order_id, **given}}, "orderUpdate", "Changing an order")
        if answered.errors:
            return Outcome(Result.REJECTED, why=f"Shopify refused it: {said(answered.errors)}")
        return Outcome(Result.DONE)
