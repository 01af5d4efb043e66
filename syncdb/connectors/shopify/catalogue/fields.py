"""Every field of a record: what Shopify is asked for it, how its answer reads, and as what it is written.

Field names and types: Shopify Admin API, 2026-01 to 2026-10. There is no field for the time of the last change: our own write
would move it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import words
from syncdb.connectors.shopify.shape import Leaf, One, Path, Shape
from syncdb.decoding import flag, listed, text, whole
from syncdb.errors import ConfigurationError
from syncdb.metafields import kind_of, meant
from syncdb.values import Kind, Value, moment, money, wall_clock

Reader = Callable[[Any, tzinfo], Value]

WORD_LISTS = frozenset({"tags", "collections"})  # fields that hold words, whose order means nothing
MANY_COLLECTIONS, MANY_MEDIA = 50, 25  # of one product, in one answer
METAFIELD = re.compile(r"metafields\.(?P<namespace>[^.]+)\.(?P<key>[^.]+)")


class NotSeen(Exception):
    """A field of one record of which not all was answered, so that it says nothing."""


@dataclass(frozen=True, slots=True)
class ShopField:
    """One field. `path` leads to it in an answered object; `written` leads to it in the input of its mutation (empty: never).

    `inside` is the selection of what stands at the end of the path, `call` the real field where its name is only an alias.
    `required` fields cannot be empty, `choices` are the only values there are, `cleared` is what is sent to empty it. `type` is
    that of a metafield's definition, empty where it is shown as the text that Shopify keeps.
    """

    name: str
    kind: Kind
    path: Path
    read: Reader
    inside: str = ""
    call: str = ""
    written: Path = ()
    required: bool = False
    choices: tuple[str, ...] = ()
    cleared: str | None = ""
    type: str = ""

    @property
    def metafield(self) -> tuple[str, str] | None:
        """Namespace and key where this is a metafield."""
        found = METAFIELD.fullmatch(self.name)
        return (found["namespace"], found["key"]) if found else None


def as_words(answered: Any, zone: tzinfo) -> Value:
    return words(answered)


def as_truth(answered: Any, zone: tzinfo) -> Value:
    return flag(answered)


def as_number(answered: Any, zone: tzinfo) -> Value:
    return whole(answered)


def as_instant(answered: Any, zone: tzinfo) -> Value:
    return wall_clock(moment(answered), zone)


def _amount(answered: Any, zone: tzinfo) -> Value:
    return money(text(answered))


def _exact(answered: Any, zone: tzinfo) -> Value:
    """A Float by its shortest spelling: 0.1 is one tenth."""
    if isinstance(answered, bool) or not isinstance(answered, int | float):
        raise TypeError(f"{type(answered).__name__} in place of a number")
    return Decimal(str(answered))


def as_money(answered: Any, zone: tzinfo) -> Value:
    return money(text(answered["amount"]))


def _tags(answered: Any, zone: tzinfo) -> Value:
    return joined(words(tag) for tag in listed(answered))


def _quantity(answered: Any, zone: tzinfo) -> Value:
    return whole(answered[0]["quantity"]) if listed(answered) else None


def _picture(answered: Any, zone: tzinfo) -> Value:
    """The address of a product's first medium where that is a picture."""
    return words(answered["image"]["url"]) if answered.get("image") else None


def _media(answered: Any, zone: tzinfo) -> Value:
    """The addresses of a product's pictures and videos, one a line."""
    found = [_address(one) for one in listed(answered["nodes"])]
    return "\n".join(one for one in found if one) or None


def _address(medium: Any) -> str:
    if medium.get("image"):
        return words(medium["image"]["url"])
    if medium.get("originUrl"):
        return words(medium["originUrl"])
    sources = listed(medium.get("sources") or [])
    return words(sources[0]["url"]) if sources else ""


def _collections(answered: Any, zone: tzinfo) -> Value:
    """The handles of the collections chosen by hand that a product is in."""
    if flag(answered["pageInfo"]["hasNextPage"]):
        raise NotSeen
    return joined(words(one["handle"]) for one in listed(answered["nodes"]) if one["ruleSet"] is None)


def _kind_of_collection(answered: Any, zone: tzinfo) -> Value:
    return "smart"


def _option(number: int) -> Reader:
    def read(answered: Any, zone: tzinfo) -> Value:
        return words(answered[number]["value"]) if number < len(listed(answered)) else None

    return read


def joined(tags: Iterable[str]) -> str:
    """Tags as one text: sorted, so that equal sets of tags are equal text."""
    return ", ".join(sorted({tag.strip() for tag in tags if tag.strip()}))


def split(text: str) -> list[str]:
    """The tags of a text. A tag cannot hold a comma."""
    return sorted({tag.strip() for tag in text.split(",") if tag.strip()})


def _metafield_value(answered: Any, zone: tzinfo) -> Value:
    return words(answered["value"])


def _typed(type: str) -> Reader:
    return lambda answered, zone: meant(type, words(answered["value"]), zone)


def metafield(name: str, alias: str, type: str = "") -> ShopField:
    """The field of one chosen metafield ("metafields.custom.material"), asked under an alias with what its writing needs."""
    found = METAFIELD.fullmatch(name)
    if found is None:
        raise ConfigurationError([f"{name!r} is not a metafield: write metafields.<namespace>.<key>."])
    call = f"metafield(namespace: {json.dumps(found['namespace'])}, key: {json.dumps(found['key'])})"
    read = _typed(type) if type else _metafield_value
    inside = "{ value type compareDigest }"
    return ShopField(name, kind_of(type), (alias,), read, inside, call, written=(alias,), type=type)


def _counted(name: str, written: bool) -> ShopField:
    call = f'quantities(names: ["{name}"])'
    return ShopField(name, Kind.COUNT, (name,), _quantity, "{ quantity }", call, (name,) if written else (), True, cleared=None)


def _text(name: str, path: str, written: str = "", required: bool = False) -> ShopField:
    return ShopField(name, Kind.TEXT, _path(path), as_words, written=_path(written), required=required)


def _path(dotted: str) -> Path:
    return tuple(dotted.split(".")) if dotted else ()


def _flag(name: str, path: str, written: str) -> ShopField:
    return ShopField(name, Kind.FLAG, _path(path), as_truth, written=_path(written), required=True)


def _moment(name: str, path: str) -> ShopField:
    return ShopField(name, Kind.MOMENT, _path(path), as_instant)


def _item_text(name: str, of_item: str) -> ShopField:
    """A text of the inventory item that stays as it is written, never a number."""
    path = ("inventoryItem", of_item)
    return ShopField(name, Kind.IDENTIFIER, path, as_words, written=path, cleared=None)


def number_of(what: str, *path: str) -> ShopField:
    """The number in an id, as orders show it."""
    return ShopField(f"{what}_number", Kind.IDENTIFIER, (*path, "legacyResourceId"), as_words)


WEIGHT = ("inventoryItem", "measurement", "weight")
UNITS = ("GRAMS", "KILOGRAMS", "OUNCES", "POUNDS")
SORT_ORDERS = ("ALPHA_ASC", "ALPHA_DESC", "BEST_SELLING", "CREATED", "CREATED_DESC", "MANUAL", "PRICE_ASC", "PRICE_DESC")
OPTIONS = "{ name value }"
TAGS = ShopField("tags", Kind.TEXT, ("tags",), _tags, written=("tags",))

PRODUCT = (
    _text("title", "title", "title", required=True),
    _text("handle", "handle", "handle", required=True),
    ShopField(
        "status",
        Kind.TEXT,
        ("status",),
        as_words,
        written=("status",),
        required=True,
        choices=("ACTIVE", "ARCHIVED", "DRAFT", "UNLISTED"),
    ),
    _text("vendor", "vendor", "vendor"),
    _text("product_type", "productType", "productType"),
    TAGS,
    _text("description_html", "descriptionHtml", "descriptionHtml"),
    _text("seo_title", "seo.title", "seo.title"),
    _text("seo_description", "seo.description", "seo.description"),
    _text("template_suffix", "templateSuffix", "templateSuffix"),
    ShopField("category", Kind.TEXT, ("category", "id"), as_words, written=("category",), cleared=None),
    _flag("requires_selling_plan", "requiresSellingPlan", "requiresSellingPlan"),
    _moment("created_at", "createdAt"),
    _moment("published_at", "publishedAt"),
    _text("url", "onlineStoreUrl"),
    ShopField("image_url", Kind.TEXT, ("featuredMedia",), _picture, "{ ... on MediaImage { image { url } } }"),
    ShopField(
        "media_urls",
        Kind.TEXT,
        ("media",),
        _media,
        "{ nodes { ... on MediaImage { image { url } } ... on Video { sources { url } } ... on Model3d { sources { url } }"
        " ... on ExternalVideo { originUrl } } }",
        f"media(first: {MANY_MEDIA})",
    ),
    ShopField(
        "collections",
        Kind.TEXT,
        ("collections",),
        _collections,
        "{ nodes { id handle ruleSet { appliedDisjunctively } } pageInfo { hasNextPage } }",
        f"collections(first: {MANY_COLLECTIONS})",
        written=("collectionsToJoin",),
    ),
    number_of("product"),
)

VARIANT = (
    ShopField("product", Kind.IDENTIFIER, ("product", "id"), as_words),
    ShopField("product_title", Kind.TEXT, ("product", "title"), as_words),
    ShopField("sku", Kind.IDENTIFIER, ("sku",), as_words, written=("inventoryItem", "sku")),
    ShopField("barcode", Kind.IDENTIFIER, ("barcode",), as_words, written=("barcode",)),
    ShopField("price", Kind.MONEY, ("price",), _amount, written=("price",), required=True),
    ShopField("compare_at_price", Kind.MONEY, ("compareAtPrice",), _amount, written=("compareAtPrice",), cleared=None),
    _flag("taxable", "taxable", "taxable"),
    ShopField(
        "inventory_policy",
        Kind.TEXT,
        ("inventoryPolicy",),
        as_words,
        written=("inventoryPolicy",),
        required=True,
        choices=("DENY", "CONTINUE"),
    ),
    ShopField(
        "cost",
        Kind.MONEY,
        ("inventoryItem", "unitCost"),
        as_money,
        "{ amount currencyCode }",
        written=("inventoryItem", "cost"),
        cleared=None,
    ),
    _flag("tracked", "inventoryItem.tracked", "inventoryItem.tracked"),
    _flag("requires_shipping", "inventoryItem.requiresShipping", "inventoryItem.requiresShipping"),
    ShopField("weight", Kind.MONEY, (*WEIGHT, "value"), _exact, written=(*WEIGHT, "value"), required=True),
    ShopField("weight_unit", Kind.TEXT, (*WEIGHT, "unit"), as_words, written=(*WEIGHT, "unit"), required=True, choices=UNITS),
    _item_text("harmonized_code", "harmonizedSystemCode"),
    _item_text("country_of_origin", "countryCodeOfOrigin"),
    _item_text("province_of_origin", "provinceCodeOfOrigin"),
    ShopField("tax_code", Kind.IDENTIFIER, ("taxCode",), as_words, written=("taxCode",), cleared=None),
    _text("title", "title"),
    *(ShopField(f"option{n}", Kind.TEXT, ("selectedOptions",), _option(n - 1), OPTIONS) for n in (1, 2, 3)),
    ShopField("position", Kind.COUNT, ("position",), as_number),
    _moment("created_at", "createdAt"),
    number_of("variant"),
    number_of("product", "product"),
)

INVENTORY = (
    _counted("available", written=True),
    _counted("on_hand", written=True),
    # `variant` is deprecated for `variants` but there in all versions in use, and an item with several variants is rare
    ShopField("variant", Kind.IDENTIFIER, ("item", "variant", "id"), as_words),
    ShopField("product", Kind.IDENTIFIER, ("item", "variant", "product", "id"), as_words),
    ShopField("sku", Kind.IDENTIFIER, ("item", "sku"), as_words),
    _text("location", "location.name"),
    ShopField("location_id", Kind.IDENTIFIER, ("location", "id"), as_words),
    ShopField("tracked", Kind.FLAG, ("item", "tracked"), as_truth),
    _counted("committed", written=False),
    _counted("incoming", written=False),
    number_of("variant", "item", "variant"),
    number_of("product", "item", "variant", "product"),
)

COLLECTION = (
    _text("title", "title", "title", required=True),
    _text("handle", "handle", "handle", required=True),
    _text("description_html", "descriptionHtml", "descriptionHtml"),
    ShopField("sort_order", Kind.TEXT, ("sortOrder",), as_words, written=("sortOrder",), required=True, choices=SORT_ORDERS),
    ShopField("kind", Kind.TEXT, ("ruleSet",), _kind_of_collection, "{ appliedDisjunctively }"),
    ShopField("products_count", Kind.COUNT, ("productsCount", "count"), as_number),
)

ORDER = (
    ShopField("name", Kind.TEXT, ("name",), as_words),
    _text("note", "note", "note"),
    TAGS,
    _text("po_number", "poNumber", "poNumber"),
)

EMPTY: Mapping[str, Value] = {"kind": "custom"}  # what null means where it means something


def value_of(field: ShopField, node: Mapping[str, Any], zone: tzinfo) -> Value:
    """The field's value in an answered object; null anywhere on the way is empty.

    Raises ValueError, KeyError, TypeError or AttributeError where the answer is not of the asked shape, NotSeen where not all of
    it was answered.
    """
    there: Any = node
    for step in field.path:
        there = there[step]
        if there is None:
            if field.required:
                raise ValueError(f"nothing in place of {field.name}")
            return EMPTY.get(field.name)
    return field.read(there, zone)


def parts_of(fields: Iterable[ShopField], also: Sequence[Path] = ()) -> dict[str, Shape]:
    """What asks for these fields, each part once. `also` are paths wanted besides."""
    tree: dict[str, Any] = {}
    for path in also:
        _plant(tree, path, Leaf(str))
    for field in fields:
        _plant(tree, field.path, Leaf(str, field.inside, field.call))
    return {name: _shape(found) for name, found in tree.items()}


def _plant(tree: dict[str, Any], path: Path, leaf: Leaf) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = leaf


def _shape(found: Any) -> Shape:
    return found if isinstance(found, Leaf) else One({name: _shape(inner) for name, inner in found.items()})
