"""What is shown of the people who buy in a shop: customers, and draft orders made for somebody. Only Shopify sets it."""

from collections.abc import Mapping

from syncdb.mapping.entities import Entity, EntityField, ShownAs
from syncdb.values import Kind

_SHOWN = {
    Kind.COUNT: ShownAs.WHOLE,
    Kind.MONEY: ShownAs.NUMBER,
    Kind.FLAG: ShownAs.FLAG,
    Kind.MOMENT: ShownAs.MOMENT,
}
_TEXT, _ID, _MONEY = Kind.TEXT, Kind.IDENTIFIER, Kind.MONEY


def _seen(name: str, label: str, kind: Kind, meaning: str, *, default: bool = True) -> EntityField:
    shown = ShownAs.WORDS if name == "tags" else _SHOWN.get(kind, ShownAs.TEXT)
    return EntityField(name, label, kind, shown, meaning, writable=False, default=default, money=kind is _MONEY)


CUSTOMERS = Entity(
    "customers", "Customers", "customer",
    (
        _seen("name", "Customer", _TEXT, "The name as the shop shows it."),
        _seen("first_name", "First name", _TEXT, "The first name.", default=False),
        _seen("last_name", "Last name", _TEXT, "The last name.", default=False),
        _seen("email", "Email", _TEXT, "The e-mail address."),
        _seen("email_marketing", "Email marketing", _TEXT, "Whether e-mails for marketing are agreed to."),
        _seen("phone", "Phone", _ID, "The phone number."),
        _seen("orders", "Orders", Kind.COUNT, "How many orders there are."),
        _seen("spent", "Spent", _MONEY, "What was spent in all, in the currency beside it."),
        _seen("currency", "Currency", _TEXT, "The currency of what was spent."),
        _seen("state", "Account", _TEXT, "The state of the customer's account.", default=False),
        _seen("tags", "Tags", _TEXT, "The tags."),
        _seen("note", "Note", _TEXT, "The note about the customer.", default=False),
        _seen("company", "Company", _TEXT, "The company of the usual address.", default=False),
        _seen("address", "Address", _TEXT, "The street of the usual address.", default=False),
        _seen("postcode", "Postcode", _ID, "The postcode of the usual address.", default=False),
        _seen("city", "City", _TEXT, "The city of the usual address."),
        _seen("country", "Country", _TEXT, "The country of the usual address, as two letters."),
        _seen("language", "Language", _TEXT, "The language.", default=False),
        _seen("tax_exempt", "Tax exempt", Kind.FLAG, "Whether no tax is charged.", default=False),
        _seen("verified_email", "Email verified", Kind.FLAG, "Whether the address was verified.", default=False),
        _seen("created_at", "Created", Kind.MOMENT, "Since when the shop knows the customer, in the shop's time zone."),
    ),
)  # fmt: skip

DRAFT_ORDERS = Entity(
    "draft_orders", "Draft orders", "draft order",
    (
        _seen("name", "Draft order", _TEXT, "Its number, such as #D12."),
        _seen("status", "Status", _TEXT, "open, invoice sent or completed."),
        EntityField("customer", "Customer", _ID, ShownAs.REFERENCE, "The customer it is for.", writable=False, to="customers"),
        _seen("email", "Email", _TEXT, "The e-mail address it is for."),
        _seen("phone", "Phone", _ID, "The phone number it is for.", default=False),
        _seen("total", "Total", _MONEY, "What is to be paid in all, in the shop's currency."),
        _seen("tax", "Tax", _MONEY, "The tax in it.", default=False),
        _seen("shipping", "Shipping", _MONEY, "What shipping costs.", default=False),
        _seen("discounts", "Discounts", _MONEY, "All discounts together.", default=False),
        _seen("pieces", "Pieces", Kind.COUNT, "How many pieces are in it."),
        _seen("tags", "Tags", _TEXT, "The tags."),
        _seen("note", "Note", _TEXT, "The note.", default=False),
        _seen("order", "Order", _TEXT, "The order it became."),
        _seen("invoice_url", "Invoice", _TEXT, "Where the customer pays it.", default=False),
        _seen("invoice_sent_at", "Invoice sent", Kind.MOMENT, "When the invoice was sent.", default=False),
        _seen("completed_at", "Completed", Kind.MOMENT, "When it became an order."),
        _seen("created_at", "Created", Kind.MOMENT, "When it was made, in the shop's time zone."),
    ),
)  # fmt: skip

PEOPLE: Mapping[str, Entity] = {one.name: one for one in (CUSTOMERS, DRAFT_ORDERS)}
