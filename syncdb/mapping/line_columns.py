"""The columns that belong to one line item. On the row of an order without lines they are empty."""

from decimal import Decimal

import syncdb.mapping.events as events
from syncdb.mapping.columns import (
    Line,
    Order,
    OrderColumn,
    Pick,
    line_buyer_money,
    line_money,
    of_line,
    pairs,
    shop_amount,
    total,
)
from syncdb.values import Kind

TEXT, IDENTIFIER, COUNT, MONEY, FLAG = Kind.TEXT, Kind.IDENTIFIER, Kind.COUNT, Kind.MONEY, Kind.FLAG


def _of(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    return OrderColumn(name, label, kind, "line", pick, meaning, needs)


def _at(name: str, label: str, kind: Kind, path: str, meaning: str) -> OrderColumn:
    pick = line_money(path) if kind is MONEY else of_line(path)
    return OrderColumn(name, label, kind, "line", pick, meaning, (f"line_items.{path}",))


def line_discount(order: Order, line: Line) -> Decimal | None:
    """Everything taken off the line, its share of discounts on the whole order included."""
    return total(one.get("allocated_amount") for one in line.get("discount_allocations", ())) if line else None


def line_total(order: Order, line: Line) -> Decimal | None:
    """The line's price for the ordered quantity less all discounts."""
    full = shop_amount(line.get("original_total"))
    return None if full is None else full - (line_discount(order, line) or Decimal(0))


def line_tax(order: Order, line: Line) -> Decimal | None:
    return total(one.get("price") for one in line.get("tax_lines", ())) if line else None


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
    _of(
        "refunded_quantity",
        "Refunded quantity",
        COUNT,
        events.refunded_quantity,
        "Units in refunds.",
        "refunds.refund_line_items",
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
    OrderColumn(
        "line_status",
        "Line status",
        TEXT,
        "line",
        events.line_status,
        "active, refunded (all of it), or removed from the order.",
        ("line_items.current_quantity", "line_items.quantity", "refunds.refund_line_items"),
        every=True,
    ),
    _at("unit_price", "Unit price", MONEY, "original_unit_price", "The price of one before discounts."),
    _of("line_discount", "Line discount", MONEY, line_discount, "All discounts on the line.", "line_items.discount_allocations"),
    OrderColumn(
        "line_total",
        "Line total",
        MONEY,
        "line",
        line_total,
        "Ordered quantity at unit price, less all discounts.",
        ("line_items.original_total", "line_items.discount_allocations"),
        every=True,
    ),
    _of("line_tax", "Line tax", MONEY, line_tax, "Taxes on the ordered quantity.", "line_items.tax_lines"),
    _of("line_duties", "Line duties", MONEY, line_duties, "Import duties of the line.", "line_items.duties"),
    _of(
        "line_refunded",
        "Line refunded",
        MONEY,
        events.refunded_amount,
        "Worth of the refunded units, without taxes where prices exclude them.",
        "refunds.refund_line_items",
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
