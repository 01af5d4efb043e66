"""The columns of an order's amounts and payments."""

from decimal import Decimal

import syncdb.mapping.events as events
import syncdb.mapping.present_worth as present_worth
import syncdb.mapping.refunds as refunds
from syncdb.mapping.columns import Line, Order, joined, shop_amount
from syncdb.mapping.order_cells import COUNT, FLAG, MOMENT, MONEY, TEXT, at, buyer, every, of


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


AMOUNTS = (
    at("currency", "Currency", TEXT, "currency_code", "The shop's currency, in which all amounts are unless said otherwise."),
    at("order_subtotal", "Subtotal", MONEY, "current_subtotal_price", "Items after discounts, refunds and edits."),
    at("order_discounts", "Discounts", MONEY, "current_total_discounts", "All discounts, after refunds and edits."),
    of(
        "discount_codes",
        "Discount codes",
        TEXT,
        lambda order, line: joined(order.get("discount_codes", ())),
        "Codes used.",
        "discount_codes",
    ),
    of("discount_names", "Discount names", TEXT, _discounts, "Codes and titles of all discounts.", "discount_applications"),
    at("order_shipping", "Shipping", MONEY, "current_shipping_price", "Shipping after discounts, refunds and edits."),
    at("order_tax", "Tax", MONEY, "current_total_tax", "Taxes after refunds and edits."),
    every(
        "shipping_tax",
        "Shipping tax",
        MONEY,
        present_worth.tax_on_no_line,
        "Taxes after refunds and edits that are on no line item: those on shipping.",
        "current_total_tax",
        "line_items.tax_lines",
        *present_worth.LEFT,
    ),
    every(
        "shipping_discount",
        "Shipping discount",
        MONEY,
        present_worth.discount_on_no_line,
        "Discounts after refunds and edits that are on no line item: those on shipping.",
        "current_total_discounts",
        "line_items.original_unit_price",
        *present_worth.LEFT_OF_TOTAL,
    ),
    of(
        "tax_details",
        "Tax details",
        TEXT,
        _taxes,
        "Each tax with its rate and amount after refunds and edits, one a line.",
        "current_tax_lines",
    ),
    at("taxes_included", "Taxes included", FLAG, "taxes_included", "Whether prices include taxes."),
    at("tax_exempt", "Tax exempt", FLAG, "tax_exempt", "Whether the order is free of taxes."),
    at("order_duties", "Duties", MONEY, "current_total_duties", "Import duties after refunds and edits."),
    at(
        "order_fees",
        "Additional fees",
        MONEY,
        "current_total_additional_fees",
        "Fees beside the price, such as deposits or import fees, after refunds and edits.",
    ),
    of("fee_names", "Fee names", TEXT, _fee_names, "What the additional fees are for.", "additional_fees"),
    at("tips", "Tips", MONEY, "total_tip_received", "All tips received."),
    at("order_total", "Total", MONEY, "current_total_price", "What the order is worth after refunds of items and edits."),
    at("original_total", "Original total", MONEY, "original_total_price", "What the order was worth when it was placed."),
    at("original_subtotal", "Original subtotal", MONEY, "subtotal_price", "Items after discounts, before returns."),
    at("original_discounts", "Original discounts", MONEY, "total_discounts", "All discounts, before returns."),
    at("original_shipping", "Original shipping", MONEY, "total_shipping_price", "Shipping before returns."),
    at("original_tax", "Original tax", MONEY, "total_tax", "Taxes before returns."),
    at("original_duties", "Original duties", MONEY, "original_total_duties", "Import duties when the order was placed."),
    at("original_fees", "Original fees", MONEY, "original_total_additional_fees", "Additional fees when it was placed."),
    at("total_refunded", "Refunded", MONEY, "total_refunded", "All money paid back."),
    at("shipping_refunded", "Shipping refunded", MONEY, "total_refunded_shipping", "Shipping costs paid back."),
    at("total_received", "Received", MONEY, "total_received", "Money received, before returns."),
    at(
        "payment_rounding",
        "Payment rounding",
        MONEY,
        "total_cash_rounding_adjustment.payment",
        "What was paid more, or less, because cash is rounded. It is not in Received.",
    ),
    at(
        "refund_rounding",
        "Refund rounding",
        MONEY,
        "total_cash_rounding_adjustment.refund",
        "The same of money paid back. It is not in Refunded.",
    ),
    at("net_payment", "Net payment", MONEY, "net_payment", "Money received less money paid back."),
    at("total_outstanding", "Outstanding", MONEY, "total_outstanding", "Still to be paid; negative where the customer is owed."),
    at("presentment_currency", "Buyer currency", TEXT, "presentment_currency_code", "The currency the buyer saw and paid in."),
    buyer("presentment_subtotal", "Subtotal (buyer)", "current_subtotal_price", "Items now, in the buyer's currency."),
    buyer("presentment_shipping", "Shipping (buyer)", "current_shipping_price", "Shipping now, in the buyer's currency."),
    buyer("presentment_tax", "Tax (buyer)", "current_total_tax", "Taxes now, in the buyer's currency."),
    buyer("presentment_total", "Total (buyer)", "current_total_price", "Worth now, in the buyer's currency."),
    buyer("presentment_refunded", "Refunded (buyer)", "total_refunded", "Paid back, in the buyer's currency."),
)

PAYMENTS = (
    of(
        "payment_gateways",
        "Payment gateways",
        TEXT,
        lambda order, line: joined(order.get("payment_gateway_names", ())),
        "The payment providers used.",
        "payment_gateway_names",
    ),
    of(
        "payment_methods",
        "Payment methods",
        TEXT,
        events.payment_methods,
        "Providers of the payments that went through.",
        "transactions",
    ),
    of("payments_captured", "Captured", MONEY, events.captured, "Sales and captures that went through.", "transactions"),
    at("to_capture", "To capture", MONEY, "total_capturable", "Authorised and not captured yet."),
    of("paid_at", "Paid", MOMENT, events.paid_at, "When the first payment went through.", "transactions"),
    at(
        "payment_terms",
        "Payment terms",
        TEXT,
        "payment_terms",
        "The terms of payment that were agreed, such as Net 30. Read only with this column.",
    ),
    at("fully_paid", "Fully paid", FLAG, "fully_paid", "Whether nothing is left to be paid."),
    every("refunds", "Refunds", COUNT, refunds.count, "How many refunds paid money back.", "refunds.id", "refunds.transactions"),
    every(
        "refunded_at",
        "Last refund",
        MOMENT,
        refunds.last,
        "When the last refund that paid money back was made.",
        "refunds.processed_at",
        "refunds.transactions",
    ),
    of(
        "refund_notes",
        "Refund notes",
        TEXT,
        lambda order, line: joined((one.get("note") for one in order.get("refunds", ())), "\n"),
        "The reasons noted with refunds, one a line.",
        "refunds",
    ),
)
