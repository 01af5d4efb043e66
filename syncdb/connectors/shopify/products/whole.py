"""A product as a whole, with everything that belongs to it, whichever shop it is in.

The values say nothing of one shop: `ref` is the id where something was read, "" for what is nowhere yet, and takes no part in
comparisons. In a product to be made, None for a list says nothing about it, and an empty list that there is nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

DEFAULT_OPTION, DEFAULT_VALUE = "Title", "Default Title"  # what a product without options has (observed)


class MediumKind(Enum):
    """What a medium is, by Shopify's own words."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    EXTERNAL_VIDEO = "EXTERNAL_VIDEO"
    MODEL_3D = "MODEL_3D"


class Special(Enum):
    """What cannot be made in another shop as it is, by the name people know it under."""

    GIFT_CARD = "a gift card"
    BUNDLE = "a bundle of other products"
    COMBINED_LISTING = "part of a combined listing"
    LINKED_OPTION = "an option that takes its values from a metafield"
    SELLING_PLAN = "sold by subscription only"


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight as the shop's people entered it. `unit` is Shopify's word (GRAMS, KILOGRAMS, OUNCES, POUNDS)."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a price is for (1.5 l) and which quantity it is told by (1 l), with Shopify's words for the units (L, KG ...)."""

    quantity: Decimal
    unit: str
    reference: int
    reference_unit: str


@dataclass(frozen=True, slots=True)
class Metafield:
    """One metafield. `value` is the text that the shop keeps, already in its own form for the type."""

    namespace: str
    key: str
    type: str
    value: str

    @property
    def name(self) -> str:
        return f"{self.namespace}.{self.key}"


@dataclass(frozen=True, slots=True)
class Option:
    """An option and its values, in their order."""

    name: str
    values: tuple[str, ...]
    ref: str = field(default="", compare=False)
    value_refs: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture, video or 3D model. Its identity is its bytes, which stand at `address` for a short time.

    `external` is the page of a video that others host. `size` is in bytes. `changed_at` and `size` tell whether the bytes may be
    others than before. `failed` says why the shop could not process it, `ready` whether it has.
    """

    kind: MediumKind
    alt: str = ""
    external: str = ""
    size: int | None = None
    mime_type: str = ""
    filename: str = ""
    address: str = field(default="", compare=False)
    changed_at: datetime | None = field(default=None, compare=False)
    ref: str = field(default="", compare=False)
    ready: bool = field(default=True, compare=False)
    failed: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Stock:
    """How many can be sold at a location of the shop it belongs to."""

    location: str
    available: int


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of a product: a value for each of its options, in their order.

    Amounts are in the product's currency. `medium` is the place of the picture that shows it among the product's media. `codes`
    are customs codes that count for single countries only.
    """

    values: tuple[str, ...] = (DEFAULT_VALUE,)
    sku: str | None = None
    barcode: str | None = None
    price: Decimal | None = None
    compare_at_price: Decimal | None = None
    cost: Decimal | None = None
    inventory_policy: str | None = None
    taxable: bool | None = None
    tax_code: str | None = None
    tracked: bool | None = None
    requires_shipping: bool | None = None
    weight: Weight | None = None
    harmonized_code: str | None = None
    codes: tuple[tuple[str, str], ...] = ()
    country_of_origin: str | None = None
    province_of_origin: str | None = None
    unit_price: UnitPrice | None = None
    show_unit_price: bool | None = None
    metafields: tuple[Metafield, ...] | None = None
    medium: int | None = None
    stock: tuple[Stock, ...] | None = None
    ref: str = field(default="", compare=False)
    item_ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Product:
    """A whole product. Texts that are None say nothing; empty ones say that there is nothing.

    `variants` of None leaves the one that every new product has. `special` names what cannot be made elsewhere as it is.
    """

    title: str
    description_html: str | None = None
    handle: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    tags: tuple[str, ...] | None = None
    status: str | None = None
    category: str | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    template_suffix: str | None = None
    requires_selling_plan: bool | None = None
    options: tuple[Option, ...] | None = None
    variants: tuple[Variant, ...] | None = None
    metafields: tuple[Metafield, ...] | None = None
    media: tuple[Medium, ...] | None = None
    currency: str | None = None
    special: frozenset[Special] = frozenset()
    ref: str = field(default="", compare=False)
    changed_at: datetime | None = field(default=None, compare=False)

    @property
    def skus(self) -> frozenset[str]:
        """The SKUs of its variants, as they are written."""
        return frozenset(one.sku for one in self.variants or () if one.sku)

    @property
    def has_options(self) -> bool:
        """Whether it has more than the one variant that every product has."""
        shown = [(one.name, one.values) for one in self.options or ()]
        return shown not in ([], [(DEFAULT_OPTION, (DEFAULT_VALUE,))])
