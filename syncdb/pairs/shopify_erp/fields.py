"""The fields that this pair keeps in step, by entity, as people are told of them."""

from collections.abc import Mapping

from syncdb.model import Field
from syncdb.pairs.shopify_erp.feeds import CUSTOMERS, INVENTORY, ORDERS, PRODUCTS, TEXTS
from syncdb.values import Kind

FIELDS: Mapping[str, tuple[Field, ...]] = {
    PRODUCTS: (
        Field("sku", "SKU", Kind.IDENTIFIER),
        Field("price", "Price", Kind.MONEY),
        Field("compare_at_price", "Compare-at price", Kind.MONEY),
        Field("cost", "Cost", Kind.MONEY),
        Field("barcode", "Barcode", Kind.IDENTIFIER),
        Field("shopify_variant_id", "Variant", Kind.IDENTIFIER),
        Field("shopify_product_id", "Product", Kind.IDENTIFIER),
        Field("shopify_inventory_item_id", "Inventory item", Kind.IDENTIFIER),
    ),
    TEXTS: (
        Field("title", "Title", Kind.TEXT),
        Field("description_html", "Description", Kind.TEXT),
        Field("vendor", "Vendor", Kind.TEXT),
        Field("product_type", "Product type", Kind.TEXT),
        Field("tags", "Tags", Kind.TEXT),
        Field("shop_id", "Shopify's id", Kind.IDENTIFIER),
    ),
    INVENTORY: (Field("sku", "SKU", Kind.IDENTIFIER), Field("available", "Available", Kind.COUNT)),
    CUSTOMERS: (
        Field("email", "E-mail", Kind.IDENTIFIER),
        Field("phone", "Phone", Kind.IDENTIFIER),
        Field("first_name", "First name", Kind.TEXT),
        Field("last_name", "Last name", Kind.TEXT),
        Field("address", "Address", Kind.TEXT),
        Field("note", "Note", Kind.TEXT),
        Field("tags", "Tags", Kind.TEXT),
        Field("accepts_marketing", "Accepts marketing", Kind.FLAG),
        Field("shop_id", "Shopify's id", Kind.IDENTIFIER),
    ),
    ORDERS: (
        Field("order_name", "Order", Kind.IDENTIFIER),
        Field("shop_id", "Shopify's id", Kind.IDENTIFIER),
        Field("payment", "Payment", Kind.TEXT),
        Field("shipped", "Shipped", Kind.FLAG),
        Field("tracking", "Tracking", Kind.TEXT),
        Field("cancelled", "Cancelled", Kind.FLAG),
        Field("note", "Note", Kind.TEXT),
        Field("email", "E-mail", Kind.IDENTIFIER),
        Field("phone", "Phone", Kind.IDENTIFIER),
        Field("address", "Address", Kind.TEXT),
        Field("content", "Items and amounts", Kind.TEXT),
    ),
}
