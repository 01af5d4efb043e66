"""The kinds of records a shop's catalogue has: where they are listed, what they are called, which permission they need."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.fields import (
    COLLECTION,
    INVENTORY,
    METAFIELD,
    ORDER,
    PRODUCT,
    VARIANT,
    ShopField,
    metafield,
)
from syncdb.connectors.shopify.shape import Path
from syncdb.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ShopEntity:
    """One kind. `type` is its GraphQL type, `listing` the root connection that lists it (inventory: within a location).

    `always` are paths asked of every record, whatever was chosen: what its writing needs. `title` is what people call one by.
    """

    name: str
    type: str
    one: str
    listing: str
    fields: tuple[ShopField, ...]
    read_scopes: tuple[str, ...]
    write_scope: str
    always: tuple[Path, ...] = (("id",), ("updatedAt",))
    title: tuple[str, ...] = ()
    metafields: bool = True

    def is_key(self, key: str) -> bool:
        """Whether a text can be the id of one: anything else would make Shopify refuse the whole question."""
        return bool(re.fullmatch(rf"gid://shopify/{self.type}/\d+(\?inventory_item_id=\d+)?", key))

    def chosen(self, names: Sequence[str], types: Mapping[str, str] | None = None) -> tuple[ShopField, ...]:
        """The fields of these names, metafields by `types` (of their definitions, by namespace.key; otherwise as text).

        Raises ConfigurationError naming those that there are not.
        """
        known = {field.name: field for field in self.fields}
        metafields = [name for name in names if self.metafields and METAFIELD.fullmatch(name)]
        known |= {
            name: metafield(name, f"m{number}", (types or {}).get(name.removeprefix("metafields."), ""))
            for number, name in enumerate(metafields)
        }
        if wrong := [name for name in names if name not in known]:
            raise ConfigurationError(
                [f"Shopify's {self.name} have no field {name!r}." for name in wrong],
                next_step=f"There are: {', '.join(field.name for field in self.fields)}"
                + (", and metafields.<namespace>.<key>." if self.metafields else "."),
            )
        return tuple(known[name] for name in names)


_ID, _MOVED = ("id",), ("updatedAt",)

PRODUCTS = ShopEntity(
    "products", "Product", "product", "products", PRODUCT, ("read_products",), "write_products", title=("title",)
)
VARIANTS = ShopEntity(
    "variants",
    "ProductVariant",
    "variant",
    "productVariants",
    VARIANT,
    ("read_products",),
    "write_products",
    (_ID, _MOVED, ("product", "id")),
    ("sku", "title"),
)
STOCK = ShopEntity(
    "inventory",
    "InventoryLevel",
    "stock",
    "inventoryLevels",
    INVENTORY,
    ("read_inventory", "read_locations"),
    "write_inventory",
    (_ID, _MOVED, ("item", "id"), ("location", "id")),
    ("sku", "location"),
    metafields=False,
)
COLLECTIONS = ShopEntity(
    "collections", "Collection", "collection", "collections", COLLECTION, ("read_products",), "write_products", title=("title",)
)
ORDERS = ShopEntity("orders", "Order", "order", "orders", ORDER, ("read_orders",), "write_orders", title=("name",))

ENTITIES: Mapping[str, ShopEntity] = {one.name: one for one in (PRODUCTS, VARIANTS, STOCK, COLLECTIONS, ORDERS)}


def entity_named(name: str) -> ShopEntity:
    """The entity of that name. Raises ConfigurationError where there is none."""
    if name not in ENTITIES:
        raise ConfigurationError([f"Shopify has no {name!r} here: there are {', '.join(ENTITIES)}."])
    return ENTITIES[name]
