"""Customers found, made and changed: `customerSet` under an e-mail address or phone number changes whoever has it, or makes one.

Repeated, it makes nobody twice. It replaces every list that it is given: addresses are written by mutations of their own, so that
a customer's other addresses stay.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import found_at, text_at
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.catalogue.fields import split
from syncdb.connectors.shopify.customers.entity import CUSTOMERS, SET
from syncdb.connectors.shopify.ordering.asking import OrderDesk, made_of
from syncdb.connectors.shopify.ordering.inputs import CODE, EMAIL
from syncdb.model import Outcome
from syncdb.values import Value

FIND = "query FindCustomer($who: CustomerIdentifierInput!) { customerByIdentifier(identifier: $who) { id } }"
SET_CUSTOMER = """mutation SetCustomer($who: CustomerSetIdentifiers, $given: CustomerSetInput!) {
  customerSet(identifier: $who, input: $given) { customer { id } userErrors { field message code } } }"""
HOME = "query CustomerHome($id: ID!) { customer(id: $id) { defaultAddress { id } } }"
MOVE = """mutation MoveCustomer($customer: ID!, $home: ID!, $given: MailingAddressInput!) {
  customerAddressUpdate(customerId: $customer, addressId: $home, address: $given, setAsDefault: true) {
    address { id } userErrors { field message } } }"""
SETTLE = """mutation SettleCustomer($customer: ID!, $given: MailingAddressInput!) {
  customerAddressCreate(customerId: $customer, address: $given, setAsDefault: true) {
    address { id } userErrors { field message } } }"""
GIVEN = {"postal_code": "zip", "country": "countryCode"}  # where a MailingAddressInput has another name for a part
LOST = "Shopify did not say which customer it wrote."


@dataclass(slots=True)
class CustomerMaker:
    """Finds, makes and changes customers of one shop."""

    desk: OrderDesk

    def find(self, email: str | None, phone: str | None = None) -> str | None:
        """The global id of the customer with this address, or this number; None where there is none."""
        for who in ({"emailAddress": email} if email else None, {"phoneNumber": phone} if phone else None):
            if who is not None and (found := self._found(who)) is not None:
                return found
        return None

    def _found(self, who: Mapping[str, str]) -> str | None:
        what = "Looking for a customer"
        data = whole(self.desk.conversation.ask(FIND, lambda: {"who": who}, what), what)
        found = found_at(data, "customerByIdentifier")
        return None if found is None else text_at(found, "id")

    def set(self, fields: Mapping[str, Any], id: str | None = None, tags: Sequence[str] | None = None) -> Outcome:
        """Give the customer `id`, or the one with the e-mail address or phone in `fields`, these; make it if there is none.

        `fields` go by Shopify's names (email, phone, firstName, lastName, note). Addresses are left as they are.
        """
        given: dict[str, object] = dict(fields)
        given |= {"tags": list(tags)} if tags is not None else {}
        who = {"id": id} if id else {name: fields[name] for name in ("email", "phone") if fields.get(name)}
        if not id:
            who = dict(list(who.items())[:1])
        answered = self.desk.send(
            SET_CUSTOMER, {"who": who or None, "given": given}, "customerSet", "Writing a customer", CUSTOMERS
        )
        return made_of(answered, "customer", LOST)

    def live_at(self, id: str, address: Mapping[str, Any]) -> Outcome:
        """Let this be the customer's usual address: the one there is becomes it, without one it is made."""
        what = "Looking where a customer lives"
        data = whole(self.desk.conversation.ask(HOME, lambda: {"id": id}, what), what)
        home = found_at(data, "customer", "defaultAddress")
        given: dict[str, Any] = {"customer": id, "given": dict(address)}
        if home is None:
            answered = self.desk.send(SETTLE, given, "customerAddressCreate", "Writing an address", CUSTOMERS)
        else:
            given["home"] = text_at(home, "id")
            answered = self.desk.send(MOVE, given, "customerAddressUpdate", "Writing an address", CUSTOMERS)
        return made_of(answered, "address", "Shopify did not say which address it wrote.")


def set_input(changes: Mapping[str, Value]) -> dict[str, Any]:
    """What `customerSet` is given for these fields of a record, without an address."""
    given: dict[str, Any] = {SET[name]: str(value or "") or None for name, value in changes.items() if name in SET}
    if "tags" in changes:
        given["tags"] = split(str(changes["tags"] or ""))
    if "note" in given:
        given["note"] = given["note"] or ""
    return given


def address_input(text: Value, kept: Iterable[str], first_name: Value = None, last_name: Value = None) -> dict[str, Any]:
    """The MailingAddressInput of an address that `address_text` wrote: only the parts that count, all others stay."""
    parts: dict[str, str] = json.loads(str(text)) if text else {}
    names = {"firstName": first_name, "lastName": last_name}
    given: dict[str, Any] = {name: str(value) for name, value in names.items() if value}
    return given | {GIVEN.get(name, name): parts.get(name) or (None if name == "country" else "") for name in kept}


def unfit(changes: Mapping[str, Value]) -> str:
    """What of these fields Shopify would not take, "" where nothing is known against them."""
    email = changes.get("email")
    if email and not EMAIL.fullmatch(str(email)):
        return f"{email!r} is no e-mail address"
    if "accepts_marketing" in changes:
        return "consent to marketing is given by the customer, not from here"
    if "address" not in changes:
        return ""
    if changes["address"] is None:
        return "the address of a customer is not taken away in Shopify from here"
    country = json.loads(str(changes["address"])).get("country")
    if country and not CODE.fullmatch(country):
        return f"the country of the address is {country!r}, and must be its two letters, such as TR"
    return ""
