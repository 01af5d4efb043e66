"""The columns that belong to one line item. On the row of an order without lines they are empty."""

from decimal import Decimal

import syncdb.mapping.events as events
import syncdb.mapping.present_worth as present_worth
import syncdb.mapping.refunds as refunds
from syncdb.mapping.columns import (
    Line,
    Order,
    OrderColumn,
    Pick,
    line_buyer_money,
    line_money,
    of_line,
    pairs,
    total,
)
from syncdb.values import Kind

TEXT, IDENTIFIER, COUNT, MONEY, FLAG = Kind.TEXT, Kind.IDENTIFIER, Kind.COUNT, Kind.MONEY, Kind.FLAG

MONEY_BACK = ("refunds.refund_line_items", "refunds.transactions")


def _of(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    return OrderColumn(name, label, kind, "line", pick, meaning, needs)


def _every(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    """A column that is made from all of `needs`: where one of them is withheld it says nothing."""
    return OrderColumn(name, label, kind, "line", pick, meaning, needs, every=True)


def _at(name: str, label: str, kind: Kind, path: str, meaning: str) -> OrderColumn:
    pick = line_money(path) if kind is MONEY else of_line(path)
    return OrderColumn(name, label, kind, "line", pick, meaning, (f"line_items.{path}",))


def line_duties(order: Order, line: Line) -> Decimal | None:
    return total(one.get("price") for one in line.get("duties", ())) if line else None


LINE_COLUMNS = (
    _at("line_id", "Line item ID", IDENTIFIER, "id", "Shopify's own id of the line item, as text."),
    _at("line_title", "Product", TEXT, "title", "The product's title when it was ordered."),
    _at("variant_title", "Variant", TEXT, "variant_title", "The variant's title when it was ordered."),
    _at("line_name", "Item", TEXT, "name", "Product and variant in one."),
    _at("sku", "SKU", IDENTIFIER, "sku", "The stock keeping unit, as text."),
    _at("barcode", "Barcode", IDENTIFIER, "variant.barcode", "The variant's barcode now, as text."),
    _at("vendor", "Vendor", TEXT, "vendor", "The vendor when it was ordered."),
    _at("product_type", "Product type", TEXT, "product.product_type", "The product's type now."),
    _at("product_id", "Product ID", IDENTIFIER, "product.id", "Shopify's id of the product; empty where it was deleted."),
    _at("variant_id", "Variant ID", IDENTIFIER, "variant.id", "Shopify's id of the variant; empty where it was deleted."),
    _at("quantity", "Quantity", COUNT, "quantity", "Units ordered, with those refunded or removed since."),
    _at("current_quantity", "Current quantity", COUNT, "current_quantity", "Units ordered less those refunded or removed."),
    _every(
        "refunded_quantity",
        "Refunded quantity",
        COUNT,
        refunds.refunded_quantity,
        "Units for which money went back.",
        *MONEY_BACK,
    ),
    _of(
        "fulfilled_quantity",
        "Fulfilled quantity",
        COUNT,
        events.fulfilled_quantity,
        "Units in shipments that stand.",
        "fulfillments.fulfillment_line_items",
    ),
    _at("unfulfilled_quantity", "Unfulfilled quantity", COUNT, "unfulfilled_quantity", "Units still to be shipped."),
    _every(
        "line_status",
        "Line status",
        TEXT,
        refunds.line_status,
        "active, or what became of its units: refunded, refund pending, returned, cancelled, removed.",
        "line_items.current_quantity",
        "line_items.quantity",
        "cancelled_at",
        *MONEY_BACK,
    ),
    _at("unit_price", "Unit price", MONEY, "original_unit_price", "The price of one before discounts."),
    _of(
        "line_discount",
        "Line discount",
        MONEY,
        present_worth.line_discount,
        "All discounts on the ordered quantity, with the line's share of those on the whole order.",
        "line_items.discount_allocations",
    ),
    _every(
        "line_total",
        "Line total",
        MONEY,
        present_worth.line_total,
        "Ordered quantity at unit price, less all discounts.",
        "line_items.original_total",
        "line_items.discount_allocations",
    ),
    _of("line_tax", "Line tax", MONEY, present_worth.line_tax, "Taxes on the ordered quantity.", "line_items.tax_lines"),
    _every(
        "current_line_discount",
        "Current line discount",
        MONEY,
        present_worth.current_discount,
        "All discounts on the current quantity. Over the lines, with Shipping discount: the order's Discounts.",
        "line_items.original_unit_price",
        *present_worth.LEFT_OF_TOTAL,
    ),
    _every(
        "current_line_total",
        "Current line total",
        MONEY,
        present_worth.current_total,
        "What the current quantity costs after all discounts. Over the lines: the order's Subtotal.",
        *present_worth.LEFT_OF_TOTAL,
    ),
    _every(
        "current_line_tax",
        "Current line tax",
        MONEY,
        present_worth.current_tax,
        "Taxes on the current quantity. Over the lines, with Shipping tax: the order's Tax.",
        "line_items.tax_lines",
        *present_worth.LEFT,
    ),
    _of(
        "first_line",
        "First line",
        FLAG,
        present_worth.is_first,
        "Yes on one row of each order: there amounts of the order may be added up.",
        "line_items.id",
    ),
    _of("line_duties", "Line duties", MONEY, line_duties, "Import duties of the line.", "line_items.duties"),
    _every(
        "line_refunded",
        "Line refunded",
        MONEY,
        refunds.refunded_amount,
        "Money that went back for the line, without taxes where prices exclude them.",
        *MONEY_BACK,
        "refunds.refund_shipping_lines",
        "taxes_included",
        "currency_code",
    ),
    OrderColumn(
        "presentment_unit_price",
        "Unit price (buyer)",
        MONEY,
        "line",
        line_buyer_money("original_unit_price"),
        "The price of one before discounts, in the buyer's currency.",
        ("line_items.original_unit_price",),
        buyer=True,
    ),
    _at("bundle", "Bundle", TEXT, "line_item_group.title", "The bundle that the line was sold as a part of."),
    _at("bundle_sku", "Bundle SKU", IDENTIFIER, "line_item_group.variant_sku", "The bundle's stock keeping unit, as text."),
    _at("bundle_id", "Bundle ID", IDENTIFIER, "line_item_group.id", "The same on all lines of one bundle of an order."),
    _at("selling_plan", "Selling plan", TEXT, "selling_plan", "The subscription or pre-order that it was bought with."),
    _at(
        "line_cost",
        "Unit cost",
        MONEY,
        "variant.inventory_item.unit_cost",
        "What one costs the shop, as the variant has it when the order is read. Read only with this column.",
    ),
    _at("gift_card", "Gift card", FLAG, "is_gift_card", "Whether a gift card was bought."),
    _at("requires_shipping", "Requires shipping", FLAG, "requires_shipping", "Whether it has to be shipped."),
    _at("taxable", "Taxable", FLAG, "taxable", "Whether it is taxed."),
    _of(
        "line_properties",
        "Properties",
        TEXT,
        lambda order, line: pairs(line.get("custom_attributes")),
        "What the customer entered for the line, one a line. property:KEY shows one of them.",
        "line_items.custom_attributes",
    ),
    _of(
        "line_tracking_numbers",
        "Line tracking numbers",
        IDENTIFIER,
        lambda order, line: events.tracking(events.shipments_of(order, line), "number"),
        "Of the shipments that hold this line.",
        "fulfillments",
    ),
)
