"""From a whole product to the input of `productSet`. What says nothing (None) is left out: Shopify leaves it as it is."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from syncdb.connectors.shopify.products.whole import Metafield, Option, Product, Stock, UnitPrice, Variant, Weight

Input = dict[str, Any]
LONGEST_LIST = 250  # documented: entries of an input list, other than the variants of productSet


def set_input(product: Product, custom: Mapping[str, Any] | None) -> Input:
    """The input that makes the product, without its media. `custom` is the metafield of its custom id."""
    seo = {"title": product.seo_title, "description": product.seo_description}
    given: Input = {
        "title": product.title,
        "descriptionHtml": product.description_html,
        "handle": product.handle or None,
        "vendor": product.vendor,
        "productType": product.product_type,
        "tags": None if product.tags is None else list(product.tags),
        "status": product.status,
        "category": product.category or None,
        "seo": _told(seo) or None,
        "templateSuffix": product.template_suffix,
        "requiresSellingPlan": product.requires_selling_plan,
        "metafields": _metafields(product.metafields, custom),
    }
    return _told(given) | variants_input(product.options, product.variants)


def variants_input(options: Sequence[Option] | None, variants: Sequence[Variant] | None) -> Input:
    """Options and variants: both whole lists, in their order, or neither. Variants that are there are named by their ids."""
    if options is None or variants is None:
        return {}
    return {
        "productOptions": [_option(one, place) for place, one in enumerate(options, 1)],
        "variants": [variant_input(one, options, place) for place, one in enumerate(variants, 1)],
    }


def variant_input(variant: Variant, options: Sequence[Option], place: int | None = None) -> Input:
    """One variant. Quantities only for one that is not there yet: nothing would compare them (observed)."""
    chosen = [{"optionName": one.name, "name": value} for one, value in zip(options, variant.values, strict=True)]
    fresh = not variant.ref
    given: Input = {
        "id": variant.ref or None,
        "optionValues": chosen,
        "position": place,
        "sku": variant.sku,
        "inventoryQuantities": _quantities(variant.stock) if fresh and variant.stock else None,
    }
    return _told(given) | bare_variant(variant)


def bare_variant(variant: Variant) -> Input:
    """What belongs to a variant besides its options, sku, place and stock."""
    given: Input = {
        "barcode": variant.barcode,
        "price": _amount(variant.price),
        "compareAtPrice": _amount(variant.compare_at_price),
        "inventoryPolicy": variant.inventory_policy,
        "taxable": variant.taxable,
        "taxCode": variant.tax_code,
        "showUnitPrice": variant.show_unit_price,
        "unitPriceMeasurement": _unit_price(variant.unit_price),
        "metafields": _metafields(variant.metafields, None),
        "inventoryItem": _told(_item(variant)) or None,
    }
    return _told(given)


def _item(variant: Variant) -> Input:
    return {
        "cost": _amount(variant.cost),
        "tracked": variant.tracked,
        "requiresShipping": variant.requires_shipping,
        "measurement": _measurement(variant.weight),
        "harmonizedSystemCode": variant.harmonized_code,
        "countryHarmonizedSystemCodes": _codes(variant.codes) if variant.codes else None,
        "countryCodeOfOrigin": variant.country_of_origin,
        "provinceCodeOfOrigin": variant.province_of_origin,
    }


def _option(option: Option, place: int) -> Input:
    """An option with its id and those of its values where they are known, so that renaming does not make others.

    Beyond the limit of input lists its values follow from those of the variants, in their order.
    """
    refs = option.value_refs or ("",) * len(option.values)
    values = [_told({"id": ref or None, "name": name}) for name, ref in zip(option.values, refs, strict=True)]
    return _told({"id": option.ref or None, "name": option.name, "position": place, "values": values[:LONGEST_LIST]})


def _metafields(given: Iterable[Metafield] | None, custom: Mapping[str, Any] | None) -> list[Input] | None:
    """A metafields list is the whole truth: the custom id must be in it wherever it is given."""
    if given is None:
        return None if custom is None else [dict(custom)]
    told = [_told({"namespace": one.namespace, "key": one.key, "type": one.type or None, "value": one.value}) for one in given]
    return told if custom is None else [dict(custom), *(one for one in told if _name(one) != _name(custom))]


def _name(metafield: Mapping[str, Any]) -> tuple[str, str]:
    return metafield["namespace"], metafield["key"]


def _quantities(stock: Iterable[Stock]) -> list[Input]:
    return [{"locationId": one.location, "name": "available", "quantity": one.available} for one in stock]


def _measurement(weight: Weight | None) -> Input | None:
    return None if weight is None else {"weight": {"value": float(weight.value), "unit": weight.unit}}


def _unit_price(price: UnitPrice | None) -> Input | None:
    if price is None:
        return None
    told = {"quantityValue": float(price.quantity), "quantityUnit": price.unit}
    return told | {"referenceValue": price.reference, "referenceUnit": price.reference_unit}


def _codes(codes: Iterable[tuple[str, str]]) -> list[Input]:
    return [{"countryCode": country, "harmonizedSystemCode": code} for country, code in codes]


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def _told(given: Input) -> Input:
    """What says something."""
    return {name: value for name, value in given.items() if value is not None}
