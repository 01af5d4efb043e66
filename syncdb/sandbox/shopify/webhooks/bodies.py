"""What a delivery says: shaped like the REST API's resources, customers and all (documented). Deleted things are an id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncdb.sandbox.shopify.money import Node

MOST_VARIANTS = 100  # documented: the rest stand in `variant_gids` only


def number_of(gid: str) -> int:
    """The number at the end of a global id."""
    return int(gid.rsplit("/", 1)[1].split("?")[0])


def deleted(gid: str) -> dict[str, Any]:
    return {"id": number_of(gid)}


def order(node: Node) -> dict[str, Any]:
    customer = node["customer"] or {}
    return {
        "id": number_of(node["id"]),
        "admin_graphql_api_id": node["id"],
        "name": node["name"],
        "order_number": node["number"],
        "email": node["email"],
        "phone": node["phone"],
        "contact_email": node["email"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "cancelled_at": node["cancelledAt"],
        "closed_at": node["closedAt"],
        "currency": node["currencyCode"],
        "financial_status": (node["displayFinancialStatus"] or "").lower() or None,
        "fulfillment_status": node["displayFulfillmentStatus"].lower(),
        "note": node["note"],
        "tags": ", ".join(node["tags"]),
        "total_price": node["currentTotalPriceSet"]["shopMoney"]["amount"],
        "customer": {"email": customer.get("email"), "first_name": customer.get("firstName")} if customer else None,
        "shipping_address": node["shippingAddress"],
        "line_items": [
            {"id": number_of(line["id"]), "title": line["title"], "quantity": line["quantity"], "sku": line["sku"]}
            for line in node["lineItems"]
        ],
    }


def customer(node: Node) -> dict[str, Any]:
    return {
        "id": number_of(node["id"]),
        "admin_graphql_api_id": node["id"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "email": node["email"],
        "phone": node["phone"],
        "note": node["note"],
        "tags": ", ".join(node["tags"]),
        "state": node["state"].lower(),
    }


def product(node: Node) -> dict[str, Any]:
    return {
        "id": number_of(node["id"]),
        "admin_graphql_api_id": node["id"],
        "title": node["title"],
        "body_html": node["descriptionHtml"],
        "handle": node["handle"],
        "vendor": node["vendor"],
        "product_type": node["productType"],
        "tags": ", ".join(node["tags"]),
        "status": node["status"].lower(),
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "variants": [_variant(one) for one in node["variants"][:MOST_VARIANTS]],
        "variant_gids": [
            {"admin_graphql_api_id": one["id"], "updated_at": one["updatedAt"]} for one in node["variants"]
        ],
    }  # fmt: skip


def _variant(node: Node) -> dict[str, Any]:
    item = node["inventoryItem"]
    return {
        "id": number_of(node["id"]),
        "product_id": number_of(node["product"]["id"]),
        "sku": node["sku"],
        "barcode": node["barcode"],
        "price": node["price"],
        "compare_at_price": node["compareAtPrice"],
        "position": node["position"],
        "inventory_item_id": number_of(item["id"]),
        "updated_at": node["updatedAt"],
    }


def level(node: Node) -> dict[str, Any]:
    return {
        "inventory_item_id": number_of(node["item"]["id"]),
        "location_id": number_of(node["location"]["id"]),
        "available": node["_counts"]["available"],
        "updated_at": node["updatedAt"],
        "admin_graphql_api_id": node["id"],
    }


def chosen(body: dict[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """The body with only these fields, where any are named."""
    wanted = {one.split(".")[0] for one in fields}
    return {name: value for name, value in body.items() if name in wanted} if wanted else body
