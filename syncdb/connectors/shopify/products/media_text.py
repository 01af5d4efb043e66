"""What media a product shows, as two texts: equal for equal bytes, order and alt texts, and for equal pictures of variants."""

import json
from collections.abc import Mapping, Sequence

from syncdb.connectors.shopify.products.media_plan import Known
from syncdb.connectors.shopify.products.whole import Product

SHOWN = 32  # hexadecimal digits: 128 bits tell any two apart


def media_text(media: Sequence[Known]) -> str:
    """A line for each medium: its kind, what it is (the beginning of the SHA-256 of its bytes, or the id of a video that others
    host) and its alt text. What they are must be known of all of them."""
    lines = []
    for one in media:
        assert one.identity is not None, f"it is not known what {one.medium.ref} is"
        kind, what = one.identity
        lines.append(f"{kind} {what[:SHOWN]} {json.dumps(one.medium.alt, ensure_ascii=False)}")
    return "\n".join(lines)


def pictures_text(product: Product) -> str:
    """A line for each variant that has a picture of its own: its values, and the place of the picture among the media."""
    shown = pictures(product)
    named = {" / ".join(one.values): shown[one.values] for one in product.variants or ()}
    return "\n".join(f"{name} -> {place + 1}" for name, place in sorted(named.items()) if place is not None)


def pictures(product: Product) -> Mapping[tuple[str, ...], int | None]:
    """By the values of each variant, the place of its picture among the media that did not fail."""
    kept = [place for place, one in enumerate(product.media or ()) if not one.failed]
    variants = product.variants or ()
    return {one.values: kept.index(one.medium) if one.medium in kept else None for one in variants}


def variants_lacking(source: Product, target: Product) -> tuple[tuple[str, ...], ...]:
    """The values of variants of the source that have a picture and that the target does not have."""
    there = {one.values for one in target.variants or ()}
    return tuple(values for values, place in pictures(source).items() if place is not None and values not in there)


def pictures_wanted(source: Product, target: Product) -> Mapping[str, int | None]:
    """By id, which picture each variant of the target shall have: that of the source's variant with the same values.

    A variant that the source does not have keeps its own.
    """
    places = pictures(source)
    return {one.ref: places[one.values] for one in target.variants or () if one.values in places}
