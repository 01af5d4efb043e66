"""The columns that say the same on every row of an order. The order here is the one of the reference in docs/columns.md."""

from decimal import Decimal

import syncdb.mapping.events as events
import syncdb.mapping.present_worth as present_worth
import syncdb.mapping.refunds as refunds
from syncdb.mapping.columns import (
    Line,
    Order,
    OrderColumn,
    Pick,
    as_words,
    buyer_money,
    find,
    joined,
    money,
    pairs,
    shop_amount,
    text,
    words,
)
from syncdb.values import Kind

TEXT, IDENTIFIER, COUNT, MONEY, MOMENT, FLAG = Kind.TEXT, Kind.IDENTIFIER, Kind.COUNT, Kind.MONEY, Kind.MOMENT, Kind.FLAG


def _of(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    return OrderColumn(name, label, kind, "order", pick, meaning, needs)


def _every(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    """A column that is made from all of `needs`: where one of them is withheld it says nothing."""
    return OrderColumn(name, label, kind, "order", pick, meaning, needs, every=True)


def _at(name: str, label: str, kind: Kind, path: str, meaning: str) -> OrderColumn:
    pick = {MONEY: money(path)}.get(kind, text(path))
    return OrderColumn(name, label, kind, "order", pick, meaning, (path,))


def _status(name: str, label: str, path: str, meaning: str) -> OrderColumn:
    return OrderColumn(name, label, TEXT, "order", words(path), meaning, (path,))


def _buyer(name: str, label: str, path: str, meaning: str) -> OrderColumn:
    return OrderColumn(name, label, MONEY, "order", buyer_money(path), meaning, (path,), buyer=True)


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


def _discounts(order: Order, line: Line) -> str | None:
    return joined(one.get("code") or one.get("title") for one in order.get("discount_applications", ()))


def _fee_names(order: Order, line: Line) -> str | None:
    return joined(one.get("name") for one in order.get("additional_fees", ()))


def _taxes(order: Order, line: Line) -> str | None:
    return joined((_tax(one) for one in order.get("current_tax_lines", ())), "\n")


def _tax(tax: Order) -> str:
    amount = shop_amount(tax.get("price")) or Decimal(0)
    rate = f" {format((Decimal(tax['rate']) * 100).normalize(), 'f')}%" if tax.get("rate") else ""
    return f"{tax.get('title', '')}{rate}: {format(amount, 'f')}"


def _items(order: Order, line: Line) -> str | None:
    rows = [one for one in order.get("line_items", ()) if one.get("current_quantity", 0) > 0]
    return "\n".join(f"{one['current_quantity']} × {one.get('name') or one.get('title', '')}" for one in rows) or None


def _skus(order: Order, line: Line) -> str | None:
    return joined(one.get("sku") for one in order.get("line_items", ()) if one.get("current_quantity", 0) > 0)


JOURNEY = (
    _at(
        "visit_source",
        "Visit source",
        TEXT,
        "customer_journey_summary.last_visit.source",
        "Where the last visit before the order came from, such as Google, e-mail or direct. Read only with such a column.",
    ),
    _at(
        "first_visit_source",
        "First visit source",
        TEXT,
        "customer_journey_summary.first_visit.source",
        "Where the customer's first visit came from.",
    ),
    _at(
        "utm_source",
        "UTM source",
        TEXT,
        "customer_journey_summary.last_visit.utm_parameters.source",
        "What the address of the last visit named as its source.",
    ),
    _at(
        "utm_medium",
        "UTM medium",
        TEXT,
        "customer_journey_summary.last_visit.utm_parameters.medium",
        "The medium that it named.",
    ),
    _at(
        "utm_campaign",
        "UTM campaign",
        TEXT,
        "customer_journey_summary.last_visit.utm_parameters.campaign",
        "The campaign that it named.",
    ),
    _at(
        "referrer",
        "Referrer",
        TEXT,
        "customer_journey_summary.last_visit.referrer_url",
        "The page that led to the last visit.",
    ),
    _at(
        "landing_page",
        "Landing page",
        TEXT,
        "customer_journey_summary.last_visit.landing_page",
        "The page on which it began.",
    ),
)

IDENTITY = (
    _at("order_name", "Order", IDENTIFIER, "name", "The name people see, such as #1001. Unique by convention only."),
    _at("order_id", "Order ID", IDENTIFIER, "id", "Shopify's own id of the order, as text."),
    _at("order_number", "Order number", COUNT, "number", "The counter behind the name. Gaps are normal."),
    _at(
        "confirmation_number",
        "Confirmation number",
        IDENTIFIER,
        "confirmation_number",
        "What the customer was given on the thank-you page.",
    ),
    _at("po_number", "PO number", IDENTIFIER, "po_number", "The purchase order number the buyer gave."),
    _at(
        "source_identifier",
        "Source ID",
        IDENTIFIER,
        "source_identifier",
        "The number of a till or another system that made the order.",
    ),
    _of("admin_link", "Admin link", TEXT, _admin_link, "The order's page in the Shopify admin."),
)

DATES = (
    _at("created_at", "Created", MOMENT, "created_at", "When the order was made in Shopify."),
    _at(
        "processed_at", "Date", MOMENT, "processed_at", "When the order was placed; for imported orders the date they were given."
    ),
    _at("updated_at", "Updated", MOMENT, "updated_at", "When Shopify last changed the order."),
    _at("closed_at", "Closed", MOMENT, "closed_at", "When the order was archived."),
    _at("cancelled_at", "Cancelled", MOMENT, "cancelled_at", "When the order was cancelled."),
    _status("cancel_reason", "Cancel reason", "cancel_reason", "Why the order was cancelled."),
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
    _status("financial_status", "Payment status", "display_financial_status", "Where the payment stands, as the admin shows it."),
    _status(
        "fulfillment_status", "Fulfillment status", "display_fulfillment_status", "Where shipping stands, as the admin shows it."
    ),
    _status("return_status", "Return status", "return_status", "Where returns stand."),
    _at("confirmed", "Confirmed", FLAG, "confirmed", "Whether stock is reserved for the order."),
    _at("edited", "Edited", FLAG, "edited", "Whether the order was edited after it was placed."),
    _at("test", "Test", FLAG, "test", "Whether it is a test order."),
    _status("risk", "Risk", "risk", "What Shopify's risk analysis recommends."),
)

CUSTOMER = (
    _of(
        "customer_name",
        "Customer",
        TEXT,
        _customer_name,
        "The customer's name; where there is no customer, the name of the billing or shipping address.",
        "customer.display_name",
        "billing_address.name",
        "shipping_address.name",
    ),
    _at("customer_id", "Customer ID", IDENTIFIER, "customer.id", "Shopify's id of the customer."),
    _of(
        "customer_email",
        "Email",
        TEXT,
        lambda order, line: first(order, "email", "customer.default_email_address"),
        "The order's email address, else the customer's.",
        "email",
        "customer.default_email_address",
    ),
    _of(
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
    _at("customer_first_name", "First name", TEXT, "customer.first_name", "The customer's first name."),
    _at("customer_last_name", "Last name", TEXT, "customer.last_name", "The customer's last name."),
    _at("locale", "Language", TEXT, "customer_locale", "The language and region the customer used."),
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
    _at(f"{side}_{name}", f"{side.capitalize()} {label}", kind, f"{side}_address.{path}", f"{meaning} of the {side} address.")
    for side in ("shipping", "billing")
    for name, label, path, kind, meaning in _ADDRESS_PARTS
)

AMOUNTS = (
    _at("currency", "Currency", TEXT, "currency_code", "The shop's currency, in which all amounts are unless said otherwise."),
    _at("order_subtotal", "Subtotal", MONEY, "current_subtotal_price", "Items after discounts, refunds and edits."),
    _at("order_discounts", "Discounts", MONEY, "current_total_discounts", "All discounts, after refunds and edits."),
    _of(
        "discount_codes",
        "Discount codes",
        TEXT,
        lambda order, line: joined(order.get("discount_codes", ())),
        "Codes used.",
        "discount_codes",
    ),
    _of("discount_names", "Discount names", TEXT, _discounts, "Codes and titles of all discounts.", "discount_applications"),
    _at("order_shipping", "Shipping", MONEY, "current_shipping_price", "Shipping after discounts, refunds and edits."),
    _at("order_tax", "Tax", MONEY, "current_total_tax", "Taxes after refunds and edits."),
    _every(
        "shipping_tax",
        "Shipping tax",
        MONEY,
        present_worth.tax_on_no_line,
        "Taxes after refunds and edits that are on no line item: those on shipping.",
        "current_total_tax",
        "line_items.tax_lines",
        *present_worth.LEFT,
    ),
    _every(
        "shipping_discount",
        "Shipping discount",
        MONEY,
        present_worth.discount_on_no_line,
        "Discounts after refunds and edits that are on no line item: those on shipping.",
        "current_total_discounts",
        "line_items.original_unit_price",
        *present_worth.LEFT_OF_TOTAL,
    ),
    _of(
        "tax_details",
        "Tax details",
        TEXT,
        _taxes,
        "Each tax with its rate and amount after refunds and edits, one a line.",
        "current_tax_lines",
    ),
    _at("taxes_included", "Taxes included", FLAG, "taxes_included", "Whether prices include taxes."),
    _at("tax_exempt", "Tax exempt", FLAG, "tax_exempt", "Whether the order is free of taxes."),
    _at("order_duties", "Duties", MONEY, "current_total_duties", "Import duties after refunds and edits."),
    _at(
        "order_fees",
        "Additional fees",
        MONEY,
        "current_total_additional_fees",
        "Fees beside the price, such as deposits or import fees, after refunds and edits.",
    ),
    _of("fee_names", "Fee names", TEXT, _fee_names, "What the additional fees are for.", "additional_fees"),
    _at("tips", "Tips", MONEY, "total_tip_received", "All tips received."),
    _at("order_total", "Total", MONEY, "current_total_price", "What the order is worth after refunds of items and edits."),
    _at("original_total", "Original total", MONEY, "original_total_price", "What the order was worth when it was placed."),
    _at("original_subtotal", "Original subtotal", MONEY, "subtotal_price", "Items after discounts, before returns."),
    _at("original_discounts", "Original discounts", MONEY, "total_discounts", "All discounts, before returns."),
    _at("original_shipping", "Original shipping", MONEY, "total_shipping_price", "Shipping before returns."),
    _at("original_tax", "Original tax", MONEY, "total_tax", "Taxes before returns."),
    _at("original_duties", "Original duties", MONEY, "original_total_duties", "Import duties when the order was placed."),
    _at("original_fees", "Original fees", MONEY, "original_total_additional_fees", "Additional fees when it was placed."),
    _at("total_refunded", "Refunded", MONEY, "total_refunded", "All money paid back."),
    _at("shipping_refunded", "Shipping refunded", MONEY, "total_refunded_shipping", "Shipping costs paid back."),
    _at("total_received", "Received", MONEY, "total_received", "Money received, before returns."),
    _at(
        "payment_rounding",
        "Payment rounding",
        MONEY,
        "total_cash_rounding_adjustment.payment",
        "What was paid more, or less, because cash is rounded. It is not in Received.",
    ),
    _at(
        "refund_rounding",
        "Refund rounding",
        MONEY,
        "total_cash_rounding_adjustment.refund",
        "The same of money paid back. It is not in Refunded.",
    ),
    _at("net_payment", "Net payment", MONEY, "net_payment", "Money received less money paid back."),
    _at("total_outstanding", "Outstanding", MONEY, "total_outstanding", "Still to be paid; negative where the customer is owed."),
    _at("presentment_currency", "Buyer currency", TEXT, "presentment_currency_code", "The currency the buyer saw and paid in."),
    _buyer("presentment_subtotal", "Subtotal (buyer)", "current_subtotal_price", "Items now, in the buyer's currency."),
    _buyer("presentment_shipping", "Shipping (buyer)", "current_shipping_price", "Shipping now, in the buyer's currency."),
    _buyer("presentment_tax", "Tax (buyer)", "current_total_tax", "Taxes now, in the buyer's currency."),
    _buyer("presentment_total", "Total (buyer)", "current_total_price", "Worth now, in the buyer's currency."),
    _buyer("presentment_refunded", "Refunded (buyer)", "total_refunded", "Paid back, in the buyer's currency."),
)

PAYMENTS = (
    _of(
        "payment_gateways",
        "Payment gateways",
        TEXT,
        lambda order, line: joined(order.get("payment_gateway_names", ())),
        "The payment providers used.",
        "payment_gateway_names",
    ),
    _of(
        "payment_methods",
        "Payment methods",
        TEXT,
        events.payment_methods,
        "Providers of the payments that went through.",
        "transactions",
    ),
    _of("payments_captured", "Captured", MONEY, events.captured, "Sales and captures that went through.", "transactions"),
    _at("to_capture", "To capture", MONEY, "total_capturable", "Authorised and not captured yet."),
    _of("paid_at", "Paid", MOMENT, events.paid_at, "When the first payment went through.", "transactions"),
    _at(
        "payment_terms",
        "Payment terms",
        TEXT,
        "payment_terms",
        "The terms of payment that were agreed, such as Net 30. Read only with this column.",
    ),
    _at("fully_paid", "Fully paid", FLAG, "fully_paid", "Whether nothing is left to be paid."),
    _every("refunds", "Refunds", COUNT, refunds.count, "How many refunds paid money back.", "refunds.id", "refunds.transactions"),
    _every(
        "refunded_at",
        "Last refund",
        MOMENT,
        refunds.last,
        "When the last refund that paid money back was made.",
        "refunds.processed_at",
        "refunds.transactions",
    ),
    _of(
        "refund_notes",
        "Refund notes",
        TEXT,
        lambda order, line: joined((one.get("note") for one in order.get("refunds", ())), "\n"),
        "The reasons noted with refunds, one a line.",
        "refunds",
    ),
)

SHIPPING = (
    _of("shipping_method", "Shipping method", TEXT, _shipping_methods, "The shipping methods chosen.", "shipping_lines"),
    _of(
        "tracking_numbers",
        "Tracking numbers",
        IDENTIFIER,
        lambda order, line: events.tracking(events.shipments(order), "number"),
        "Of all shipments that stand.",
        "fulfillments",
    ),
    _of(
        "tracking_companies",
        "Carriers",
        TEXT,
        lambda order, line: events.tracking(events.shipments(order), "company"),
        "The carriers of all shipments that stand.",
        "fulfillments",
    ),
    _of(
        "tracking_links",
        "Tracking links",
        TEXT,
        lambda order, line: events.tracking(events.shipments(order), "url"),
        "Of all shipments that stand.",
        "fulfillments",
    ),
    _of(
        "shipments",
        "Shipments",
        COUNT,
        lambda order, line: len(events.shipments(order)),
        "How many shipments stand.",
        "fulfillments",
    ),
    _of("shipment_status", "Shipment status", TEXT, events.shipment_statuses, "What carriers report.", "fulfillments"),
    _of(
        "fulfilled_at",
        "Fulfilled",
        MOMENT,
        lambda order, line: events.latest(events.shipments(order), "created_at"),
        "When the last shipment was made.",
        "fulfillments",
    ),
    _of(
        "delivered_at", "Delivered", MOMENT, events.delivered_at, "When the last shipment arrived, once all have.", "fulfillments"
    ),
    _of(
        "fulfilled_from",
        "Fulfilled from",
        TEXT,
        lambda order, line: joined(find(one, "location.name") for one in events.shipments(order)),
        "The places shipments left from.",
        "fulfillments.location",
    ),
    _at("weight_grams", "Weight (g)", COUNT, "current_total_weight", "Weight of the items now, in grams."),
)

REST = (
    _of("items", "Items", TEXT, _items, "What is on the order now, one line each.", "line_items"),
    _of("skus", "SKUs", IDENTIFIER, _skus, "The SKUs on the order now.", "line_items"),
    _at("items_quantity", "Units", COUNT, "current_subtotal_line_items_quantity", "How many units are on the order now."),
    _of("tags", "Tags", TEXT, lambda order, line: joined(order.get("tags", ())), "The order's tags.", "tags"),
    _at("note", "Note", TEXT, "note", "The order's note."),
    _of(
        "note_attributes",
        "Note attributes",
        TEXT,
        lambda order, line: pairs(order.get("custom_attributes")),
        "Additional details of the order, one a line. attribute:KEY shows one of them.",
        "custom_attributes",
    ),
    _of(
        "sales_channel",
        "Sales channel",
        TEXT,
        lambda order, line: first(order, "app") or as_words(order.get("source_name")),
        "The app that made the order, such as Online Store or Point of Sale, else its source.",
        "app",
        "source_name",
    ),
    *JOURNEY,
    _at("source_name", "Source", TEXT, "source_name", "Where the order came from, as Shopify names it (web, pos …)."),
    _at("source_url", "Source link", TEXT, "registered_source_url", "The page in the system the order came from."),
    _at("retail_location", "Retail location", TEXT, "retail_location.name", "The shop in which it was sold."),
)

ORDER_COLUMNS = IDENTITY + DATES + STATUSES + CUSTOMER + ADDRESSES + AMOUNTS + PAYMENTS + SHIPPING + REST
