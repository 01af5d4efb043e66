"""Every field of a draft order that is shown. Names and types: Shopify Admin API, 2026-01 to 2026-10. None of them is written."""

from datetime import tzinfo
from typing import Any

from syncdb.connectors.shopify.catalogue.customer_fields import AMOUNT, in_words
from syncdb.connectors.shopify.catalogue.fields import TAGS, ShopField, as_instant, as_money, as_number, as_words
from syncdb.values import Kind, Value

_IN_SHOP = f"{{ shopMoney {AMOUNT} }}"


def _shop_money(answered: Any, zone: tzinfo) -> Value:
    return as_money(answered["shopMoney"], zone)


def _amount(name: str, path: str) -> ShopField:
    return ShopField(name, Kind.MONEY, (path,), _shop_money, _IN_SHOP)


DRAFT_ORDER = (
    ShopField("name", Kind.TEXT, ("name",), as_words),
    ShopField("status", Kind.TEXT, ("status",), in_words),
    ShopField("customer", Kind.IDENTIFIER, ("customer", "id"), as_words),
    ShopField("email", Kind.TEXT, ("email",), as_words),
    ShopField("phone", Kind.IDENTIFIER, ("phone",), as_words),
    _amount("total", "totalPriceSet"),
    _amount("tax", "totalTaxSet"),
    _amount("shipping", "totalShippingPriceSet"),
    _amount("discounts", "totalDiscountsSet"),
    ShopField("pieces", Kind.COUNT, ("totalQuantityOfLineItems",), as_number),
    ShopField("tags", Kind.TEXT, TAGS.path, TAGS.read),
    ShopField("note", Kind.TEXT, ("note2",), as_words),
    ShopField("order", Kind.TEXT, ("order", "name"), as_words),
    ShopField("invoice_url", Kind.TEXT, ("invoiceUrl",), as_words),
    ShopField("invoice_sent_at", Kind.MOMENT, ("invoiceSentAt",), as_instant),
    ShopField("completed_at", Kind.MOMENT, ("completedAt",), as_instant),
    ShopField("created_at", Kind.MOMENT, ("createdAt",), as_instant),
)
