"""Customers found or made: `customerSet` under an e-mail address or phone number changes the one who has it, or makes one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.answered import found_at, text_at
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.ordering.asking import OrderDesk, made_of
from syncdb.model import Outcome

FIND = "query FindCustomer($who: CustomerIdentifierInput!) { customerByIdentifier(identifier: $who) { id } }"
SET = """mutation SetCustomer($who: CustomerSetIdentifiers, $given: CustomerSetInput!) {
  customerSet(identifier: $who, input: $given) { customer { id } userErrors { field message code } } }"""
CUSTOMERS = ShopEntity(
    "customers", "Customer", "customer", "customers", (), ("read_customers",), "write_customers", metafields=False
)


@dataclass(slots=True)
class CustomerMaker:
    """Finds and makes customers of one shop. Repeating it makes none twice: the address itself is the key."""

    desk: OrderDesk

    def find(self, email: str | None, phone: str | None = None) -> str | None:
        """The global id of the customer with this address, or this number; None where there is none."""
        for who in ({"emailAddress": email} if email else None, {"phoneNumber": phone} if phone else None):
            if who is None:
                continue
            what = "Looking for a customer"
            data = whole(self.desk.conversation.ask(FIND, lambda asked=who: {"who": asked}, what), what)  # type: ignore[misc]
            if (found := found_at(data, "customerByIdentifier")) is not None:
                return text_at(found, "id")
        return None

    def set(self, fields: Mapping[str, str | None], id: str | None = None, tags: Sequence[str] | None = None) -> Outcome:
        """Give the customer `id`, or the one with the e-mail address or phone in `fields`, these; make it if there is none.

        `fields` go by Shopify's names (email, phone, firstName, lastName, note). Addresses are left as they are.
        """
        given: dict[str, object] = dict(fields)
        given |= {"tags": list(tags)} if tags is not None else {}
        who = {"id": id} if id else {name: fields[name] for name in ("email", "phone") if fields.get(name)}
        if not id:
            who = dict(list(who.items())[:1])
        answered = self.desk.send(SET, {"who": who or None, "given": given}, "customerSet", "Writing a customer", CUSTOMERS)
        return made_of(answered, "customer", "Shopify did not say which customer it wrote.")
