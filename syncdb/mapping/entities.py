"""What of a shop's products, variants, stock and collections can be kept in step with another system, and by which rule.

Names of fields are ours; what they are in Shopify is said in docs/grist.md. `metafields.NAMESPACE.KEY` can be added to any entity
that has metafields.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from syncdb.metafields import kind_of
from syncdb.model import Owner, Rule, Tie
from syncdb.values import Kind

WORD_LISTS = ("tags", "collections")  # fields that hold words, whose order means nothing
PRICES = frozenset({"price", "compare_at_price", "cost"})  # a mistake there costs money at once
ENDING = frozenset({"compare_at_price"})  # of these, what is emptied when a sale ends


class ShownAs(Enum):
    """How a field is best kept in a table."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    FLAG = "flag"
    MOMENT = "moment"
    DATE = "date"
    CHOICE = "one of several words"
    WORDS = "list of words"
    REFERENCE = "row of another table"


@dataclass(frozen=True, slots=True)
class EntityField:
    """One field of an entity. `writable`: Shopify takes it from us; `rule` is what counts where the user chose none.

    `to` is the entity that a reference points to, `source` the field of the record referred to that is shown. `choices`
    are the words known today (Shopify may add some).
    """

    name: str
    label: str
    kind: Kind
    shown: ShownAs
    meaning: str
    writable: bool = True
    rule: Rule = Rule(Owner.LEFT)
    default: bool = True
    choices: tuple[str, ...] = ()
    to: str = ""
    money: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of thing: its table's usual name, its key's label and its fields."""

    name: str
    table: str
    one: str
    fields: tuple[EntityField, ...]
    metafields: bool = False

    @property
    def by_name(self) -> Mapping[str, EntityField]:
        return {field.name: field for field in self.fields}


KEY_LABEL = "Shopify ID"
ASK, SUM, MERGE = (Rule(Owner.BOTH, tie=tie) for tie in (Tie.ASK, Tie.SUM, Tie.MERGE))
_METAFIELD = re.compile(r"metafields\.([A-Za-z0-9_$:-]{1,255})\.([A-Za-z0-9_-]{1,64})")


def _text(name: str, label: str, meaning: str, **more: object) -> EntityField:
    return EntityField(name, label, Kind.TEXT, ShownAs.TEXT, meaning, **more)  # type: ignore[arg-type]


def _shared(name: str, label: str, meaning: str, **more: object) -> EntityField:
    return _text(name, label, meaning, rule=ASK, **more)


def _seen(name: str, label: str, kind: Kind, shown: ShownAs, meaning: str, **more: object) -> EntityField:
    """A field that only Shopify sets."""
    return EntityField(name, label, kind, shown, meaning, writable=False, **more)  # type: ignore[arg-type]


PRODUCTS = Entity(
    "products", "Products", "product",
    (
        _shared("title", "Title", "The product's title."),
        _shared("handle", "Handle", "The product's part of its web address.", default=False),
        EntityField("status", "Status", Kind.TEXT, ShownAs.CHOICE, "Whether it is for sale.", rule=ASK,
                    choices=("ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED")),
        _shared("vendor", "Vendor", "Who makes or sells it."),
        _shared("product_type", "Type", "The product type as the shop calls it."),
        EntityField("tags", "Tags", Kind.TEXT, ShownAs.WORDS, "The tags; their order does not matter.", rule=MERGE),
        _shared("description_html", "Description", "The description, as HTML.", default=False),
        _shared("seo_title", "SEO title", "The title for search engines.", default=False),
        _shared("seo_description", "SEO description", "The description for search engines.", default=False),
        _shared("template_suffix", "Template", "The theme template it is shown with.", default=False),
        _shared("category", "Category", "The id of its category in Shopify's taxonomy.", default=False),
        EntityField("requires_selling_plan", "Subscription only", Kind.FLAG, ShownAs.FLAG,
                    "Whether it is sold by subscription only.", rule=ASK, default=False),
        _seen("created_at", "Created", Kind.MOMENT, ShownAs.MOMENT, "When it was made, in the shop's time zone."),
        _seen("published_at", "Published", Kind.MOMENT, ShownAs.MOMENT, "Since when it is in the online store.", default=False),
        _seen("url", "Online store address", Kind.TEXT, ShownAs.TEXT, "Its page in the online store.", default=False),
        _seen("image_url", "Image", Kind.TEXT, ShownAs.TEXT, "The address of its first image.", default=False),
        _seen("media_urls", "Media", Kind.TEXT, ShownAs.TEXT, "The addresses of its first 25 pictures and videos, one a line.",
              default=False),
        EntityField("collections", "Collections", Kind.TEXT, ShownAs.WORDS,
                    "The handles of the collections chosen by hand that it is in.", rule=MERGE, default=False),
    ),
    metafields=True,
)  # fmt: skip

VARIANTS = Entity(
    "variants", "Variants", "variant",
    (
        _seen("product", "Product", Kind.IDENTIFIER, ShownAs.REFERENCE, "The product it belongs to.", to="products"),
        _seen("product_title", "Product title", Kind.TEXT, ShownAs.TEXT, "The title of its product.", default=False,
              source="title"),
        _seen("title", "Variant", Kind.TEXT, ShownAs.TEXT, "Its options in one line, such as Red / M."),
        EntityField("sku", "SKU", Kind.IDENTIFIER, ShownAs.TEXT, "The stock keeping unit.", rule=ASK),
        EntityField("barcode", "Barcode", Kind.IDENTIFIER, ShownAs.TEXT, "The barcode (GTIN, ISBN ...).", rule=ASK),
        EntityField("price", "Price", Kind.MONEY, ShownAs.NUMBER, "The price in the shop's currency.", rule=ASK, money=True),
        EntityField("compare_at_price", "Compare-at price", Kind.MONEY, ShownAs.NUMBER,
                    "The price it is compared with, in the shop's currency.", rule=ASK, money=True),
        EntityField("cost", "Cost", Kind.MONEY, ShownAs.NUMBER, "What one costs the shop, in the shop's currency.", rule=ASK,
                    default=False, money=True),
        EntityField("taxable", "Taxable", Kind.FLAG, ShownAs.FLAG, "Whether tax is charged.", rule=ASK, default=False),
        EntityField("tracked", "Stock tracked", Kind.FLAG, ShownAs.FLAG, "Whether Shopify counts its stock.", rule=ASK,
                    default=False),
        EntityField("requires_shipping", "Needs shipping", Kind.FLAG, ShownAs.FLAG, "Whether it is shipped.", rule=ASK,
                    default=False),
        EntityField("inventory_policy", "When out of stock", Kind.TEXT, ShownAs.CHOICE, "DENY: not sold when there is none. "
                    "CONTINUE: sold all the same.", rule=ASK, default=False, choices=("DENY", "CONTINUE")),
        EntityField("weight", "Weight", Kind.MONEY, ShownAs.NUMBER, "The weight, in the unit beside it.", rule=ASK,
                    default=False),
        EntityField("weight_unit", "Weight unit", Kind.TEXT, ShownAs.CHOICE, "The unit of the weight.", rule=ASK, default=False,
                    choices=("GRAMS", "KILOGRAMS", "OUNCES", "POUNDS")),
        EntityField("harmonized_code", "HS code", Kind.IDENTIFIER, ShownAs.TEXT, "The customs code.", rule=ASK, default=False),
        EntityField("country_of_origin", "Country of origin", Kind.IDENTIFIER, ShownAs.TEXT,
                    "Where it was made: two letters, such as DE.", rule=ASK, default=False),
        EntityField("province_of_origin", "Province of origin", Kind.IDENTIFIER, ShownAs.TEXT,
                    "The province it was made in, by its letters.", rule=ASK, default=False),
        EntityField("tax_code", "Tax code", Kind.IDENTIFIER, ShownAs.TEXT, "The code for tax services.", rule=ASK, default=False),
        _seen("option1", "Option 1", Kind.TEXT, ShownAs.TEXT, "The value of the first option.", default=False),
        _seen("option2", "Option 2", Kind.TEXT, ShownAs.TEXT, "The value of the second option.", default=False),
        _seen("option3", "Option 3", Kind.TEXT, ShownAs.TEXT, "The value of the third option.", default=False),
        _seen("position", "Position", Kind.COUNT, ShownAs.WHOLE, "Its place among the product's variants.", default=False),
        _seen("created_at", "Created", Kind.MOMENT, ShownAs.MOMENT, "When it was made, in the shop's time zone.", default=False),
    ),
    metafields=True,
)  # fmt: skip

INVENTORY = Entity(
    "inventory", "Inventory", "stock of a variant at a location",
    (
        _seen("variant", "Variant", Kind.IDENTIFIER, ShownAs.REFERENCE, "The variant that lies there.", to="variants"),
        _seen("product", "Product", Kind.IDENTIFIER, ShownAs.REFERENCE, "The product of that variant.", to="products",
              default=False),
        _seen("sku", "SKU", Kind.IDENTIFIER, ShownAs.TEXT, "Its stock keeping unit.", source="sku"),
        _seen("location", "Location", Kind.TEXT, ShownAs.TEXT, "Where it lies."),
        _seen("location_id", "Location ID", Kind.IDENTIFIER, ShownAs.TEXT, "The location's own id.", default=False),
        _seen("tracked", "Stock tracked", Kind.FLAG, ShownAs.FLAG, "Whether Shopify counts its stock.", default=False,
              source="tracked"),
        EntityField("available", "Available", Kind.COUNT, ShownAs.WHOLE, "How many can be sold.", rule=SUM),
        EntityField("on_hand", "On hand", Kind.COUNT, ShownAs.WHOLE, "How many are there, sold ones included.",
                    rule=Rule(Owner.LEFT), default=False),
        _seen("committed", "Committed", Kind.COUNT, ShownAs.WHOLE, "How many are sold and still there.", default=False),
        _seen("incoming", "Incoming", Kind.COUNT, ShownAs.WHOLE, "How many are on their way.", default=False),
    ),
)  # fmt: skip

COLLECTIONS = Entity(
    "collections", "Collections", "collection",
    (
        _shared("title", "Title", "The collection's title."),
        _shared("handle", "Handle", "Its part of the web address.", default=False),
        _shared("description_html", "Description", "The description, as HTML.", default=False),
        EntityField("sort_order", "Sorted by", Kind.TEXT, ShownAs.CHOICE, "How its products are sorted.", rule=ASK, default=False,
                    choices=("MANUAL", "BEST_SELLING", "ALPHA_ASC", "ALPHA_DESC", "PRICE_ASC", "PRICE_DESC", "CREATED",
                             "CREATED_DESC")),
        _seen("kind", "Kind", Kind.TEXT, ShownAs.TEXT, "custom (chosen by hand) or smart (chosen by rules)."),
        _seen("products_count", "Products", Kind.COUNT, ShownAs.WHOLE, "How many products it holds."),
    ),
    metafields=True,
)  # fmt: skip

ENTITIES: Mapping[str, Entity] = {one.name: one for one in (PRODUCTS, VARIANTS, INVENTORY, COLLECTIONS)}


def entity_field(entity: Entity, name: str) -> EntityField | None:
    """The field of that name, also a metafield; None where there is none."""
    known = entity.by_name.get(name)
    if known is not None or not entity.metafields:
        return known
    found = _METAFIELD.fullmatch(name)
    if found is None:
        return None
    meaning = f"The {entity.one}'s metafield {found[1]}.{found[2]}."
    return EntityField(name, found[2], Kind.TEXT, ShownAs.TEXT, meaning, rule=ASK)


_SHOWN = {
    Kind.NUMBER: ShownAs.NUMBER,
    Kind.MONEY: ShownAs.NUMBER,
    Kind.DATE: ShownAs.DATE,
    Kind.MOMENT: ShownAs.MOMENT,
}


def typed_metafield(field: EntityField, type: str) -> EntityField:
    """The field of a metafield by the type of its definition, "" where there is none: then it is text.

    Yes and no are words: a truth value of a table is never empty, and would say no for what has no value.
    """
    kind = kind_of(type)
    if kind is Kind.FLAG:
        return replace(field, shown=ShownAs.CHOICE, choices=("true", "false"))
    return replace(field, kind=kind, shown=_SHOWN.get(kind, ShownAs.TEXT), money=kind is Kind.MONEY)


def metafield_named(name: str) -> tuple[str, str] | None:
    """Namespace and key where the name of a field is that of a metafield."""
    found = _METAFIELD.fullmatch(name)
    return (found[1], found[2]) if found else None
