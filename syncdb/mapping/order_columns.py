"""The columns that say the same on every row of an order. The order here is the one of the reference in docs/columns.md."""

import syncdb.mapping.events as events
from syncdb.mapping.amount_columns import AMOUNTS, PAYMENTS
from syncdb.mapping.columns import (
    Line,
    Order,
    OrderColumn,
    as_words,
    find,
    joined,
    pairs,
)
from syncdb.mapping.order_cells import COUNT, FLAG, IDENTIFIER, MOMENT, TEXT, at, of, status


def order_status(order: Order, line: Line) -> str:
    """Where the order stands as a whole."""
    if order.get("deleted_at"):
        return "deleted"
    if order.get("cancelled_at"):
        return "cancelled"
    return "closed" if order.get("closed") else "open"


def _admin_link(order: Order, line: Line) -> str | None:
    shop = str(order.get("shop", "")).removesuffix(".myshopify.com")
    return f"https://admin.shopify.com/store/{shop}/orders/{order['id']}" if shop else None


def _customer_name(order: Order, line: Line) -> str | None:
    return first(order, "customer.display_name", "billing_address.name", "shipping_address.name")


def first(order: Order, *paths: str) -> str | None:
    """The first of some texts that is there."""
    return next((str(found) for path in paths if (found := find(order, path))), None)


def _shipping_methods(order: Order, line: Line) -> str | None:
    return joined(one.get("title") for one in order.get("shipping_lines", ()) if not one.get("is_removed"))


def _items(order: Order, line: Line) -> str | None:
    rows = [one for one in order.get("line_items", ()) if one.get("current_quantity", 0) > 0]
    return "\n".join(f"{one['current_quantity']} × {one.get('name') or one.get('title', '')}" for one in rows) or None


def _skus(order: Order, line: Line) -> str | None:
    return joined(one.get("sku") for one in order.get("line_items", ()) if one.get("current_quantity", 0) > 0)


JOURNEY = (
    at(
        "visit_source",
        "Visit source",
        TEXT,
        "customer_journey_summary.last_visit.source",
        "Where the last visit before the order came from, such as Google, e-mail or direct. Read only with such a column.",
    ),
    at(
        "first_visit_source",
        "First visit source",
        TEXT,
        "customer_journey_summary.first_visit.source",
        "Where the customer's first visit came from.",
    ),
    at(
        "utm_source",
        "UTM source",
        TEXT,
        "customer_journey_summary.last_visit.utm_parameters.source",
        "What the address of the last visit named as its source.",
    ),
    at(
        "utm_medium",
        "UTM medium",
        TEXT,
        "customer_journey_summary.last_visit.utm_parameters.medium",
        "The medium that it named.",
    ),
    at(
        "utm_campaign",
        "UTM campaign",
        TEXT,
        "customer_journey_summary.last_visit.utm_parameters.campaign",
        "The campaign that it named.",
    ),
    at(
        "referrer",
        "Referrer",
        TEXT,
        "customer_journey_summary.last_visit.referrer_url",
        "The page that led to the last visit.",
    ),
    at(
        "landing_page",
        "Landing page",
        TEXT,
        "customer_journey_summary.last_visit.landing_page",
        "The page on which it began.",
    ),
)

IDENTITY = (
    at("order_name", "Order", IDENTIFIER, "name", "The name people see, such as #1001. Unique by convention only."),
    at("order_id", "Order ID", IDENTIFIER, "id", "Shopify's own id of the order, as text."),
    at("order_number", "Order number", COUNT, "number", "The counter behind the name. Gaps are normal."),
    at(
        "confirmation_number",
        "Confirmation number",
        IDENTIFIER,
        "confirmation_number",
        "What the customer was given on the thank-you page.",
    ),
    at("po_number", "PO number", IDENTIFIER, "po_number", "The purchase order number the buyer gave."),
    at(
        "source_identifier",
        "Source ID",
        IDENTIFIER,
        "source_identifier",
        "The number of a till or another system that made the order.",
    ),
    of("admin_link", "Admin link", TEXT, _admin_link, "The order's page in the Shopify admin."),
)

DATES = (
    at("created_at", "Created", MOMENT, "created_at", "When the order was made in Shopify."),
    at(
        "processed_at", "Date", MOMENT, "processed_at", "When the order was placed; for imported orders the date they were given."
    ),
    at("updated_at", "Updated", MOMENT, "updated_at", "When Shopify last changed the order."),
    at("closed_at", "Closed", MOMENT, "closed_at", "When the order was archived."),
    at("cancelled_at", "Cancelled", MOMENT, "cancelled_at", "When the order was cancelled."),
    status("cancel_reason", "Cancel reason", "cancel_reason", "Why the order was cancelled."),
)

STATUSES = (
    OrderColumn(
        "order_status",
        "Order status",
        TEXT,
        "order",
        order_status,
        "open, closed (archived), cancelled, or deleted in Shopify.",
        ("cancelled_at", "closed"),
        every=True,
    ),
    status("financial_status", "Payment status", "display_financial_status", "Where the payment stands, as the admin shows it."),
    status(
        "fulfillment_status", "Fulfillment status", "display_fulfillment_status", "Where shipping stands, as the admin shows it."
    ),
    status("return_status", "Return status", "return_status", "Where returns stand."),
    at("confirmed", "Confirmed", FLAG, "confirmed", "Whether stock is reserved for the order."),
    at("edited", "Edited", FLAG, "edited", "Whether the order was edited after it was placed."),
    at("test", "Test", FLAG, "test", "Whether it is a test order."),
    status("risk", "Risk", "risk", "What Shopify's risk analysis recommends."),
)

CUSTOMER = (
    of(
        "customer_name",
        "Customer",
        TEXT,
        _customer_name,
        "The customer's name; where there is no customer, the name of the billing or shipping address.",
        "customer.display_name",
        "billing_address.name",
        "shipping_address.name",
    ),
    at("customer_id", "Customer ID", IDENTIFIER, "customer.id", "Shopify's id of the customer."),
    of(
        "customer_email",
        "Email",
        TEXT,
        lambda order, line: first(order, "email", "customer.default_email_address"),
        "The order's email address, else the customer's.",
        "email",
        "customer.default_email_address",
    ),
    of(
        "customer_phone",
        "Phone",
        IDENTIFIER,
        lambda order, line: first(
            order, "phone", "customer.default_phone_number", "shipping_address.phone", "billing_address.phone"
        ),
        "The order's telephone number, else the customer's or that of an address.",
        "phone",
        "customer.default_phone_number",
        "shipping_address.phone",
        "billing_address.phone",
    ),
    at("customer_first_name", "First name", TEXT, "customer.first_name", "The customer's first name."),
    at("customer_last_name", "Last name", TEXT, "customer.last_name", "The customer's last name."),
    at("locale", "Language", TEXT, "customer_locale", "The language and region the customer used."),
)

_ADDRESS_PARTS = (
    ("name", "name", "name", TEXT, "Name"),
    ("first_name", "first name", "first_name", TEXT, "First name"),
    ("last_name", "last name", "last_name", TEXT, "Last name"),
    ("company", "company", "company", TEXT, "Company"),
    ("address1", "address 1", "address1", TEXT, "Street and number, first line"),
    ("address2", "address 2", "address2", TEXT, "Second line"),
    ("city", "city", "city", TEXT, "City"),
    ("zip", "postcode", "zip", IDENTIFIER, "Postcode, as text"),
    ("province", "province", "province", TEXT, "State or province"),
    ("province_code", "province code", "province_code", TEXT, "Code of the state or province"),
    ("country", "country", "country", TEXT, "Country"),
    ("country_code", "country code", "country_code_v2", TEXT, "Two-letter country code"),
    ("phone", "phone", "phone", IDENTIFIER, "Telephone, as text"),
)

ADDRESSES = tuple(
    at(f"{side}_{name}", f"{side.capitalize()} {label}", kind, f"{side}_address.{path}", f"{meaning} of the {side} address.")
    for side in ("shipping", "billing")
    for name, label, path, kind, meaning in _ADDRESS_PARTS
)

SHIPPING = (
    of("shipping_method", "Shipping method", TEXT, _shipping_methods, "The shipping methods chosen.", "shipping_lines"),
    of(
        "tracking_numbers",
        "Tracking numbers",
        IDENTIFIER,
        lambda order, line: events.tracking(events.shipments(order), "number"),
        "Of all shipments that stand.",
        "fulfillments",
    ),
    of(
        "tracking_companies",
        "Carriers",
        TEXT,
        lambda order, line: events.tracking(events.shipments(order), "company"),
        "The carriers of all shipments that stand.",
        "fulfillments",
    ),
    of(
        "tracking_links",
        "Tracking links",
        TEXT,
        lambda order, line: events.tracking(events.shipments(order), "url"),
        "Of all shipments that stand.",
        "fulfillments",
    ),
    of(
        "shipments",
        "Shipments",
        COUNT,
        lambda order, line: len(events.shipments(order)),
        "How many shipments stand.",
        "fulfillments",
    ),
    of("shipment_status", "Shipment status", TEXT, events.shipment_statuses, "What carriers report.", "fulfillments"),
    of(
        "fulfilled_at",
        "Fulfilled",
        MOMENT,
        lambda order, line: events.latest(events.shipments(order), "created_at"),
        "When the last shipment was made.",
        "fulfillments",
    ),
    of(
        "delivered_at", "Delivered", MOMENT, events.delivered_at, "When the last shipment arrived, once all have.", "fulfillments"
    ),
    of(
        "fulfilled_from",
        "Fulfilled from",
        TEXT,
        lambda order, line: joined(find(one, "location.name") for one in events.shipments(order)),
        "The places shipments left from.",
        "fulfillments.location",
    ),
    at("weight_grams", "Weight (g)", COUNT, "current_total_weight", "Weight of the items now, in grams."),
)

REST = (
    of("items", "Items", TEXT, _items, "What is on the order now, one line each.", "line_items"),
    of("skus", "SKUs", IDENTIFIER, _skus, "The SKUs on the order now.", "line_items"),
    at("items_quantity", "Units", COUNT, "current_subtotal_line_items_quantity", "How many units are on the order now."),
    of("tags", "Tags", TEXT, lambda order, line: joined(order.get("tags", ())), "The order's tags.", "tags"),
    at("note", "Note", TEXT, "note", "The order's note."),
    of(
        "note_attributes",
        "Note attributes",
        TEXT,
        lambda order, line: pairs(order.get("custom_attributes")),
        "Additional details of the order, one a line. attribute:KEY shows one of them.",
        "custom_attributes",
    ),
    of(
        "sales_channel",
        "Sales channel",
        TEXT,
        lambda order, line: first(order, "app") or as_words(order.get("source_name")),
        "The app that made the order, such as Online Store or Point of Sale, else its source.",
        "app",
        "source_name",
    ),
    *JOURNEY,
    at("source_name", "Source", TEXT, "source_name", "Where the order came from, as Shopify names it (web, pos …)."),
    at("source_url", "Source link", TEXT, "registered_source_url", "The page in the system the order came from."),
    at("retail_location", "Retail location", TEXT, "retail_location.name", "The shop in which it was sold."),
)

ORDER_COLUMNS = IDENTITY + DATES + STATUSES + CUSTOMER + ADDRESSES + AMOUNTS + PAYMENTS + SHIPPING + REST
