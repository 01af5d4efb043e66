"""Whether a product can be made in a shop, as far as that can be told before asking. All limits are observed or documented."""

from collections.abc import Iterator
from decimal import Decimal

from syncdb.connectors.shopify.catalogue.fields import PRODUCT
from syncdb.connectors.shopify.products.whole import Medium, Product, Special, Variant
from syncdb.values import minor_digits

MOST_VARIANTS, MOST_OPTIONS, MOST_MEDIA, MOST_TAGS, MOST_METAFIELDS = 2048, 3, 250, 250, 250
LONGEST, LONGEST_ALT = 255, 512
LARGEST_AMOUNT = Decimal(10) ** 15
STATUSES = next(one.choices for one in PRODUCT if one.name == "status")
POLICIES = ("DENY", "CONTINUE")
KEPT_OUT = frozenset(Special) - {Special.SELLING_PLAN}


def problems(product: Product, currency: str) -> tuple[str, ...]:
    """Why the product cannot be made in a shop with this currency, for a person; empty where nothing is known against it."""
    return (*_as_a_whole(product, currency), *_texts(product), *_lists(product), *_variants(product, currency))


def _as_a_whole(product: Product, currency: str) -> Iterator[str]:
    for one in sorted(product.special & KEPT_OUT, key=lambda one: one.value):
        yield f"it is {one.value}, which cannot be made from outside"
    if product.currency not in (None, currency):
        yield f"its prices are in {product.currency}, those of the shop in {currency}"
    if product.status is not None and product.status not in STATUSES:
        yield f"its status {product.status!r} is none of {', '.join(STATUSES)}"


def _texts(product: Product) -> Iterator[str]:
    if not product.title.strip():
        yield "its title is empty"
    named = {"title": product.title, "vendor": product.vendor, "type": product.product_type, "handle": product.handle}
    for name, text in named.items():
        if len(text or "") > LONGEST:
            yield f"its {name} has {len(text or '')} characters, and there may be {LONGEST}"


def _lists(product: Product) -> Iterator[str]:
    counted = {
        "tags": (len(product.tags or ()), MOST_TAGS),
        "options": (len(product.options or ()), MOST_OPTIONS),
        "variants": (len(product.variants or ()), MOST_VARIANTS),
        "media": (len(product.media or ()), MOST_MEDIA),
        "metafields": (len(product.metafields or ()), MOST_METAFIELDS),
    }
    for name, (count, most) in counted.items():
        if count > most:
            yield f"it has {count} {name}, and there may be {most}"
    for option in product.options or ():
        if " / " in option.name:
            yield f"the option {option.name!r} has ' / ' in its name, which Shopify refuses"
    yield from (said for place, one in enumerate(product.media or (), 1) if (said := _medium(one, place)))


def _medium(medium: Medium, place: int) -> str:
    if len(medium.alt) <= LONGEST_ALT:
        return ""
    return f"the alt text of medium {place} has {len(medium.alt)} characters, and there may be {LONGEST_ALT}"


def _variants(product: Product, currency: str) -> Iterator[str]:
    if (product.options is None) != (product.variants is None):
        yield "options and variants must be given together"
        return
    wanted, seen = len(product.options or ()), set()
    for variant in product.variants or ():
        called = variant.sku or " / ".join(variant.values)
        if len(variant.values) != wanted or not all(variant.values):
            yield f"variant {called} has not a value for each option"
        if variant.values in seen:
            yield f"two variants are both {' / '.join(variant.values)}"
        seen.add(variant.values)
        yield from (f"variant {called}: {said}" for said in _variant(variant, currency))


def _variant(variant: Variant, currency: str) -> Iterator[str]:
    digits = minor_digits(currency)
    for name, amount in (("price", variant.price), ("compare-at price", variant.compare_at_price), ("cost", variant.cost)):
        if amount is None:
            continue
        exponent = amount.normalize().as_tuple().exponent
        if not 0 <= amount < LARGEST_AMOUNT:
            yield f"its {name} {amount} must be nought or more, and less than a thousand million million"
        elif name != "cost" and isinstance(exponent, int) and -exponent > digits:
            yield f"its {name} {amount} has more than the {digits} decimals of {currency}"
    if variant.inventory_policy not in (None, *POLICIES):
        yield f"its inventory policy {variant.inventory_policy!r} is none of {', '.join(POLICIES)}"
    if variant.weight is not None and variant.weight.value < 0:
        yield f"its weight {variant.weight.value} is below nought"
    for name, text in (("SKU", variant.sku), ("barcode", variant.barcode)):
        if len(text or "") > LONGEST:
            yield f"its {name} has more than {LONGEST} characters"
