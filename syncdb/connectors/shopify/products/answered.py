"""A product from an answered object. Raises NotUnderstood where the object has another shape than was asked for."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import words
from syncdb.connectors.shopify.products.whole import (
    Medium,
    MediumKind,
    Metafield,
    Option,
    Product,
    Special,
    Stock,
    UnitPrice,
    Variant,
    Weight,
)
from syncdb.decoding import flag, listed, mapping, understood, whole
from syncdb.values import moment, money

Node = Mapping[str, Any]


@understood("Shopify")
def product_in(node: Node, currency: str) -> Product:
    """The whole product in an answered object of which every list was read to its end; amounts are in the shop's `currency`."""
    media = media_in(_nodes(node["media"]))
    places = {one.ref: place for place, one in enumerate(media)}
    names = [words(one["name"]) for one in listed(node["options"])]
    return Product(
        title=words(node["title"]),
        description_html=words(node["descriptionHtml"]),
        handle=words(node["handle"]),
        vendor=words(node["vendor"]),
        product_type=words(node["productType"]),
        tags=tuple(words(one) for one in listed(node["tags"])),
        status=words(node["status"]),
        category=_text(mapping(node["category"])["id"]) if node["category"] else "",
        seo_title=_text(node["seo"]["title"]) or "",
        seo_description=_text(node["seo"]["description"]) or "",
        template_suffix=_text(node["templateSuffix"]) or "",
        requires_selling_plan=flag(node["requiresSellingPlan"]),
        options=tuple(_option(mapping(one)) for one in listed(node["options"])),
        variants=tuple(_variant(one, names, places) for one in _nodes(node["variants"])),
        metafields=_metafields(node["metafields"]),
        media=media,
        currency=currency,
        special=_special(node),
        ref=words(node["id"]),
        changed_at=moment(words(node["updatedAt"])),
    )


@understood("Shopify")
def media_in(nodes: Iterable[object]) -> tuple[Medium, ...]:
    """The media in answered objects."""
    return tuple(_medium(mapping(one)) for one in nodes)


def _nodes(connection: object) -> list[Node]:
    return [mapping(one) for one in listed(mapping(connection)["nodes"])]


def _text(value: object) -> str | None:
    return None if value is None else words(value)


def _amount(value: object) -> Decimal | None:
    return money(_text(value))


def _special(node: Node) -> frozenset[Special]:
    said = {
        Special.GIFT_CARD: flag(node["isGiftCard"]),
        Special.BUNDLE: flag(node["hasVariantsThatRequiresComponents"]),
        Special.COMBINED_LISTING: node["combinedListingRole"] is not None,
        Special.LINKED_OPTION: any(one["linkedMetafield"] for one in node["options"]),
        Special.SELLING_PLAN: flag(node["requiresSellingPlan"]),
    }
    return frozenset(one for one, so in said.items() if so)


def _option(node: Node) -> Option:
    values = [mapping(one) for one in listed(node["optionValues"])]
    names, refs = (tuple(words(one[key]) for one in values) for key in ("name", "id"))
    return Option(words(node["name"]), names, words(node["id"]), refs)


def _metafields(connection: object) -> tuple[Metafield, ...]:
    keys = ("namespace", "key", "type", "value")
    found = (Metafield(*(words(one[key]) for key in keys)) for one in _nodes(connection))
    return tuple(sorted(found, key=lambda one: one.name))


def _variant(node: Node, names: Iterable[str], places: Mapping[str, int]) -> Variant:
    chosen = {words(one["name"]): words(one["value"]) for one in listed(node["selectedOptions"])}
    shown = [words(one["id"]) for one in _nodes(node["media"])]
    item = mapping(node["inventoryItem"])
    cost = item["unitCost"]
    return Variant(
        values=tuple(chosen[name] for name in names),
        sku=_text(node["sku"]),
        barcode=_text(node["barcode"]),
        price=_amount(node["price"]),
        compare_at_price=_amount(node["compareAtPrice"]),
        cost=None if cost is None else _amount(cost["amount"]),
        inventory_policy=words(node["inventoryPolicy"]),
        taxable=flag(node["taxable"]),
        tax_code=_text(node["taxCode"]),
        tracked=flag(item["tracked"]),
        requires_shipping=flag(item["requiresShipping"]),
        weight=_weight(item["measurement"]["weight"]),
        harmonized_code=_text(item["harmonizedSystemCode"]),
        codes=_codes(item["countryHarmonizedSystemCodes"]),
        country_of_origin=_text(item["countryCodeOfOrigin"]),
        province_of_origin=_text(item["provinceCodeOfOrigin"]),
        unit_price=_unit_price(node["unitPriceMeasurement"]),
        show_unit_price=flag(node["showUnitPrice"]),
        metafields=_metafields(node["metafields"]),
        medium=places[shown[0]] if shown else None,
        stock=tuple(_stock(one) for one in _nodes(item["inventoryLevels"])),
        ref=words(node["id"]),
        item_ref=words(item["id"]),
    )


def _weight(node: Node | None) -> Weight | None:
    return None if node is None else Weight(_decimal(node["value"]), words(node["unit"]))


def _decimal(value: object) -> Decimal:
    """A Float of an answer by its shortest spelling: 0.1 is one tenth."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(f"{type(value).__name__} in place of a number")
    return Decimal(str(value))


def _codes(connection: object) -> tuple[tuple[str, str], ...]:
    found = ((words(one["countryCode"]), words(one["harmonizedSystemCode"])) for one in _nodes(connection))
    return tuple(sorted(found))


def _unit_price(node: Node | None) -> UnitPrice | None:
    """What the price is for; a shop that says nothing may answer with units that are null."""
    if node is None or node["quantityUnit"] is None or node["referenceUnit"] is None:
        return None
    quantity, unit = _decimal(node["quantityValue"]), words(node["quantityUnit"])
    return UnitPrice(quantity, unit, whole(node["referenceValue"]), words(node["referenceUnit"]))


def _stock(node: Node) -> Stock:
    counted = {words(one["name"]): whole(one["quantity"]) for one in listed(node["quantities"])}
    return Stock(words(node["location"]["id"]), counted["available"])


def _medium(node: Node) -> Medium:
    kind = MediumKind(words(node["mediaContentType"]))
    source: Node = node.get("imageSource") or node.get("videoSource") or node.get("modelSource") or {}
    size = source.get("fileSize", source.get("filesize"))
    changed = node.get("updatedAt")
    return Medium(
        kind=kind,
        alt=_text(node["alt"]) or "",
        external=words(node["originUrl"]) if kind is MediumKind.EXTERNAL_VIDEO else "",
        size=None if size is None else whole(size),
        mime_type=_text(node.get("mimeType")) or _text(source.get("mimeType")) or "",
        filename=_text(node.get("filename")) or "",
        address=_text(source.get("url")) or "",
        changed_at=None if changed is None else moment(words(changed)),
        ref=words(node["id"]),
        ready=words(node["status"]) == "READY",
        failed=_failure(node),
    )


def _failure(node: Node) -> str:
    """Why the shop could not process a medium, "" where it could or has not yet."""
    if node["status"] != "FAILED":
        return ""
    told = [mapping(one) for one in listed(node["mediaErrors"])]
    said = "; ".join(f"{words(one['message'])} ({words(one['code'])})" for one in told)
    return said or "Shopify gave no reason"
