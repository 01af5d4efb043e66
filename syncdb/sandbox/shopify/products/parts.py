"""Products, variants, stock and collections as plain dicts under the API's own field names.

Keys with a leading underscore are the shop's own and never leave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import unescape
from typing import Any

from syncdb.sandbox.shopify.anatomy import entity, gid, hash_text
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from syncdb.sandbox.shopify.money import Node

QUANTITIES = ("available", "on_hand", "committed", "incoming", "reserved", "damaged", "safety_stock", "quality_control")
HELD = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")  # what on_hand consists of
ONLINE_STORE = 268_039_389_490  # the number of its publication
DEFAULT_CHOICE = ("Title", "Default Title")


def number_of(one: str) -> int:
    """The number of a global id."""
    return int(one.rsplit("/", 1)[1].split("?")[0])


def place_number(node: Node) -> int:
    """The number a thing is listed by: its own, or for a level that of its item."""
    return int(node["item"]["legacyResourceId"]) if node["__typename"] == "InventoryLevel" else number_of(node["id"])


def handle_of(title: str) -> str:
    """A title as part of an address: lower case, letters and digits of any script, single dashes (observed)."""
    return re.sub(r"[\W_]+", "-", title.casefold()).strip("-")


def tags_of(given: Iterable[str]) -> list[str]:
    """Tags as kept: commas part them, no two alike but for case, in the order of the alphabet (observed)."""
    found: dict[str, str] = {}
    for one in given:
        for tag in (part.strip() for part in one.split(",")):
            if tag:
                found.setdefault(tag.casefold(), tag)
    return [found[key] for key in sorted(found)]


def money_text(price: Any) -> str:
    """A price as Shopify writes it: two decimals."""
    return f"{Decimal(str(price)).quantize(Decimal('0.01')):f}"


def plain(html: str) -> str:
    """A description without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def product(number: int, title: str, at: str, /, **fields: Any) -> Node:
    """A product without variants, options or pictures; any field may be given."""
    made = {
        "title": title,
        "handle": handle_of(title),
        "status": "ACTIVE",
        "vendor": "",
        "productType": "",
        "tags": [],
        "descriptionHtml": "",
        "templateSuffix": None,
        "seo": {"title": None, "description": None},
        "isGiftCard": False,
        "giftCardTemplateSuffix": None,
        "requiresSellingPlan": False,
        "combinedListingRole": None,
        "category": None,
        "publishedAt": None,
        "createdAt": at,
        "updatedAt": at,
        "variants": [],
        "options": [],
        "media": [],
        "metafields": [],
        "_joined": [],
        "_published": {},
        "_totals": [(0.0, 0)],
        "_micros": number * 7919 % 1_000_000,
    }
    return entity("Product", number, **(made | fields))


def option(number: int, name: str, position: int, values: Sequence[tuple[int, str]]) -> Node:
    """An option with the numbers and names of its values."""
    listed = [{"__typename": "ProductOptionValue", "id": gid("ProductOptionValue", at), "name": one} for at, one in values]
    return {
        "__typename": "ProductOption",
        "id": gid("ProductOption", number),
        "name": name,
        "position": position,
        "linkedMetafield": None,
        "optionValues": listed,
    }


def variant(number: int, item_number: int, owner: Node, chosen: Sequence[tuple[str, str]], at: str, /, **fields: Any) -> Node:
    """A variant with its inventory item; `chosen` is one value for each option of the product.

    `cost`, `tracked`, `requiresShipping` and `grams` go to the inventory item, the rest to the variant.
    """
    item_fields = {name: fields.pop(name) for name in ("cost", "tracked", "requiresShipping", "grams") if name in fields}
    made = {
        "product": owner,
        "price": "0.00",
        "compareAtPrice": None,
        "sku": None,
        "barcode": None,
        "taxable": True,
        "inventoryPolicy": "DENY",
        "taxCode": None,
        "showUnitPrice": False,
        "unitPriceMeasurement": None,
        "requiresComponents": False,
        "media": [],
        "position": len(owner["variants"]) + 1,
        "selectedOptions": [{"name": name, "value": value} for name, value in chosen],
        "createdAt": at,
        "updatedAt": at,
        "metafields": [],
        "_micros": number * 7919 % 1_000_000,
    }
    one = entity("ProductVariant", number, **(made | fields))
    one["inventoryItem"] = _item(item_number, one, at, **item_fields)
    return one


def _item(
    number: int,
    owner: Node,
    at: str,
    cost: str | None = None,
    tracked: bool = True,
    requiresShipping: bool = True,
    grams: int = 0,
) -> Node:
    return entity(
        "InventoryItem",
        number,
        variant=owner,
        tracked=tracked,
        requiresShipping=requiresShipping,
        countryCodeOfOrigin=None,
        provinceCodeOfOrigin=None,
        countryHarmonizedSystemCodes=[],
        harmonizedSystemCode=None,
        measurement={
            "__typename": "InventoryItemMeasurement",
            "id": gid("InventoryItemMeasurement", number),
            "weight": {"value": grams / 1000, "unit": "KILOGRAMS"},
        },
        createdAt=at,
        updatedAt=at,
        inventoryLevels=[],
        _cost=cost,
        _micros=number * 7919 % 1_000_000,
    )


def level(group: int, item: Node, location: Node, at: str, available: int = 0) -> Node:
    """What is kept of an item at a location. `group` is one number for each location (observed in ids)."""
    counts = dict.fromkeys(QUANTITIES, 0) | {"available": available, "on_hand": available}
    return {
        "__typename": "InventoryLevel",
        "id": gid("InventoryLevel", f"{group}?inventory_item_id={item['legacyResourceId']}"),
        "item": item,
        "location": location,
        "canDeactivate": available == 0,
        "createdAt": at,
        "updatedAt": at,
        "_counts": counts,
        "_changed": {"available": at},
        "_group": group,
        "_micros": int(item["legacyResourceId"]) * 7919 % 1_000_000,
    }


def location(number: int, name: str, at: str) -> Node:
    return entity(
        "Location",
        number,
        name=name,
        isActive=True,
        fulfillsOnlineOrders=True,
        shipsInventory=True,
        metafields=[],
        createdAt=at,
        updatedAt=at,
    )


def collection(number: int, title: str, at: str, rules: Node | None = None, /, **fields: Any) -> Node:
    """A collection; with rules it is a smart one, whose products follow from them."""
    made: dict[str, Any] = {
        "title": title,
        "handle": handle_of(title),
        "descriptionHtml": "",
        "sortOrder": "BEST_SELLING" if rules else "MANUAL",
        "templateSuffix": None,
        "seo": {"title": None, "description": None},
        "ruleSet": rules,
        "updatedAt": at,
        "metafields": [],
        "_products": [],
        "_created": at,
        "_micros": number * 7919 % 1_000_000,
    }
    return entity("Collection", number, **(made | fields))


def publication(number: int, name: str) -> Node:
    """Somewhere products are shown. Only the online store takes a moment in the future."""
    online = number == ONLINE_STORE
    return {
        "__typename": "Publication",
        "id": gid("Publication", number),
        "name": name,
        "autoPublish": False,
        "supportsFuturePublishing": online,
    }


def image(number: int, url: str, alt: str | None, at: str) -> Node:
    """A picture of a product that has been there for a while; visitors find it at `url`."""
    content = png(40, 30, number, url.encode())
    return ready("IMAGE", number, content, alt, f"{number}.png", number % 10**9, at) | {"_url": url}


def json_value(kind: str, value: str) -> Any:
    """A metafield's value as JSON: numbers, booleans, lists and objects are what they say, the rest is text."""
    try:
        return json.loads(value) if kind in ("boolean", "number_integer", "json") or kind.startswith("list.") else value
    except ValueError:
        return value


def digest_of(value: str) -> str:
    return hash_text(value)


def unlisted(line: Node) -> tuple[Node | None, Node | None]:
    """The product and the variant that an order's line names, as they were; for goods the catalogue does not list."""
    sold, form = line["product"], line["variant"]
    if sold is None:
        return None, None
    at = "2024-03-01T09:00:00Z"
    known = {name: sold[name] for name in ("vendor", "productType", "handle")}
    made = product(number_of(sold["id"]), sold["title"], at, publishedAt=at, **known)
    if form is not None:
        number = number_of(form["id"])
        made["options"].append(option(number + 500_000, "Title", 1, [(number + 600_000, form["title"])]))
        own = {name: form[name] for name in ("sku", "barcode", "price")}
        made["variants"].append(variant(number, number + 100_000, made, [("Title", form["title"])], at, tracked=False, **own))
    return made, made["variants"][0] if made["variants"] else None
