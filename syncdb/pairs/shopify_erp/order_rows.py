"""An order of the ERP as it is shown, and as its rows are written. Fields are those of the shop's orders."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from syncdb.connectors.postgres.rows import ID
from syncdb.connectors.postgres.tables import ErpTable
from syncdb.connectors.shopify.ordering.shown import AMOUNTS, PENDING, Kept, address_text, content, tracking
from syncdb.values import Value, iso

Row = Mapping[str, Any]
SHIPPED = frozenset({"fulfilled", "shipped", "delivered"})
_TO = {
    "name": "shipping_name",
    "company": "shipping_company",
    "address1": "shipping_address1",
    "address2": "shipping_address2",
    "city": "shipping_city",
    "postal_code": "shipping_postal_code",
    "country": "shipping_country",
    "phone": "shipping_phone",
}
_TRACKED = {"company": "tracking_company", "number": "tracking_number", "url": "tracking_url"}
RULED = ("payment", "shipped", "tracking", "cancelled", "note", "email", "phone", "address", "content")
# which column a field needs; those of content and address are looked for one by one
NEEDS = {
    "payment": "financial_status",
    "shipped": "fulfillment_status",
    "tracking": "tracking_number",
    "cancelled": "cancelled_at",
    "note": "note",
    "email": "email",
    "phone": "phone",
    "address": "shipping_address1",
    "content": "order_number",
}


def compared(table: ErpTable) -> list[str]:
    """The fields that an ERP with these columns keeps in step."""
    return [name for name in RULED if table.has(NEEDS[name])]


def kept(orders: ErpTable, items: ErpTable) -> Kept:
    """What of an order these tables of an ERP have a column for."""
    return Kept(
        tuple(name for name in AMOUNTS if orders.has(name)),
        tuple(name for name, column in _TO.items() if orders.has(column)),
        tuple(name for name, column in _TRACKED.items() if orders.has(column)),
        items.has("title"),
    )


def shown(row: Row, items: Sequence[Row], orders: ErpTable, of: Kept) -> dict[str, Value]:
    """The fields of an order; `of` is what of it these tables keep."""
    cancelled = row.get("cancelled_at") is not None
    fields: dict[str, Value] = {
        "order_number": row["order_number"],
        "shop_id": row.get("shopify_order_id"),
        "order_name": row.get("shopify_order_name"),
        "source": None,
        "payment": _lower(row.get("financial_status")) or PENDING,
        "shipped": _lower(row.get("fulfillment_status")) in SHIPPED,
        "tracking": tracking({name: _text(row.get(column)) for name, column in _TRACKED.items()}, of.tracked),
        "cancelled": cancelled,
        "note": _as_it_is(row.get("note")),
        "email": _text(row.get("email")),
        "phone": _text(row.get("phone")),
        "address": address_text({name: _text(row.get(column)) for name, column in _TO.items()}, of.address),
    }
    if not cancelled:  # what a cancelled order came to is nobody's news
        fields["content"] = content(map(bought, items), amounts(row), of.amounts)
    there = {"order_number", "shop_id", "order_name", "source", *compared(orders)}
    return {name: value for name, value in fields.items() if name in there}


def bought(item: Row) -> tuple[str, Decimal, Decimal]:
    """What an item is called, how many pieces of it (an ERP may have halves), and what one costs."""
    called = _text(item.get("sku")) or _text(item.get("title")) or ""
    return called, Decimal(item["quantity"] or 0), Decimal(item["unit_price"] or 0)


def amounts(row: Row) -> dict[str, Decimal]:
    """The amounts of an order; nothing for those that it does not have."""
    return {name: Decimal(row.get(name) or 0) for name in AMOUNTS}


def blank(fields: Mapping[str, Value]) -> frozenset[str]:
    """Fields that say nothing yet: what the other side knows may be filled in unasked."""
    empty = {name for name, value in fields.items() if value is None or value is False}
    return frozenset(empty | ({"payment"} if fields.get("payment") == PENDING else set()))


def columns(changes: Mapping[str, Value], now: datetime) -> dict[str, Any]:
    """What changes of fields come to in the columns of an order, without its lines."""
    found: dict[str, Any] = {name: changes[name] for name in ("note", "email", "phone") if name in changes}
    if "payment" in changes:
        found["financial_status"] = changes["payment"]
    if "shipped" in changes:
        found["fulfillment_status"] = "fulfilled" if changes["shipped"] else "unfulfilled"
    if "tracking" in changes:
        parts = (str(changes["tracking"]).split("|") if changes["tracking"] else []) + ["", "", ""]
        found |= dict(zip(_TRACKED.values(), (part or None for part in parts[:3]), strict=True))
    if "cancelled" in changes:
        found["cancelled_at"] = now if changes["cancelled"] else None
    if "address" in changes:
        told = json.loads(str(changes["address"])) if changes["address"] else {}
        found |= {column: told.get(name) for name, column in _TO.items()}
    if "content" in changes:
        told = json.loads(str(changes["content"]))
        found |= {name: Decimal(told[name]) for name in AMOUNTS if name in told}
        found["subtotal"] = worth(told["lines"])
    renamed = {"shop_id": "shopify_order_id", "order_name": "shopify_order_name"}
    return found | {column: changes[name] for name, column in renamed.items() if name in changes}


def worth(lines: Sequence[Sequence[Any]]) -> Decimal:
    """What lines of a content come to before anything is taken off."""
    return sum((Decimal(price) * int(count) for _, count, price in lines), Decimal(0))


def new_columns(fields: Mapping[str, Value], now: datetime) -> dict[str, Any]:
    """The columns of an order that is made of one of the shop's."""
    to = json.loads(str(fields.get("ships_to") or "{}"))
    made = columns({name: value for name, value in fields.items() if name in (*RULED, "shop_id", "order_name")}, now)
    return made | {
        "order_number": fields["order_name"],
        "currency": fields.get("currency"),
        "shipping_province": to.get("province"),
        "ordered_at": datetime.fromisoformat(str(fields["placed_at"]).replace("Z", "+00:00")).astimezone(UTC),
        "cancel_reason": fields.get("cancel_reason"),
        "shopify_sync_status": "synced",
        "shopify_last_sync_at": now,
    }


def new_items(fields: Mapping[str, Value]) -> list[dict[str, Any]]:
    """The lines of an order that is made of one of the shop's, without what was taken off it."""
    found = []
    for line in json.loads(str(fields["lines"])):
        if line["quantity"] < 1:
            continue
        price = Decimal(line["price"])
        made = {"sku": line["sku"], "title": line["title"], "quantity": line["quantity"], "unit_price": price}
        found.append(made | {"total": price * line["quantity"], "shopify_line_item_id": line["id"]})
    return found


def passed_over(row: Row, since: datetime) -> bool:
    """Whether an order is too old to be looked at unasked: made before `since`.

    Where nobody knows when it was made, one that the shop knows counts as made when it was last written; one that it does not
    know came after the installation, which set all older ones aside.
    """
    at = row.get("ordered_at") or (row.get("shopify_last_sync_at") if row.get("shopify_order_id") else None)
    if at is None:
        return False
    return iso(at.astimezone(UTC)) < iso(since) if isinstance(at, datetime) and at.tzinfo else str(at) < iso(since)


def own_id(row: Row) -> str:
    return str(row[ID])


def _text(value: Any) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None


def _as_it_is(value: Any) -> str | None:
    """A text with the blanks around it, which the shop keeps too; None for blanks alone."""
    return str(value) if _text(value) else None


def _lower(value: Any) -> str | None:
    text = _text(value)
    return text.lower().replace(" ", "_") if text else None
