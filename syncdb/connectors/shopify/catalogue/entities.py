"""The kinds of records a shop's catalogue has: where they are listed, what they are called, which permission they need."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.customer_fields import CUSTOMER
from syncdb.connectors.shopify.catalogue.draft_order_fields import DRAFT_ORDER
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
from syncdb.connectors.shopify.catalogue.payment_fields import PAYOUT, PAYOUT_TRANSACTION
from syncdb.connectors.shopify.shape import Path
from syncdb.errors import ConfigurationError, Refused

PAYMENTS_ACCOUNT = "shopifyPaymentsAccount"
_ID, _MOVED = ("id",), ("updatedAt",)


@dataclass(frozen=True, slots=True)
class ShopEntity:
    """One kind. `type` is its GraphQL type, `listing` the root connection that lists it (inventory: within a location).

    `always` are paths asked of every record, whatever was chosen: what its writing needs. `title` is what people call one by.
    `within` is the root object that the listing belongs to, where it is not a root itself, `listed_by` how it is listed.
    `counted` is the root field that says how many there are (inventory: of variants, which is no more), "" where none does.
    """

    name: str
    type: str
    one: str
    listing: str
    fields: tuple[ShopField, ...]
    read_scopes: tuple[str, ...]
    write_scope: str
    always: tuple[Path, ...] = (_ID, _MOVED)
    title: tuple[str, ...] = ()
    metafields: bool = True
    within: str = ""
    listed_by: str = "sortKey: ID"
    counted: str = ""

    @property
    def place(self) -> tuple[str, ...]:
        """Where in an answer the listing stands."""
        return (self.within, self.listing) if self.within else (self.listing,)

    @property
    def dated(self) -> bool:
        """Whether a record says when it last changed."""
        return _MOVED in self.always

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


PRODUCTS = ShopEntity(
    "products",
    "Product",
    "product",
    "products",
    PRODUCT,
    ("read_products",),
    "write_products",
    title=("title",),
    counted="productsCount",
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
    counted="productVariantsCount",
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
    counted="productVariantsCount",
)
COLLECTIONS = ShopEntity(
    "collections",
    "Collection",
    "collection",
    "collections",
    COLLECTION,
    ("read_products",),
    "write_products",
    title=("title",),
    counted="collectionsCount",
)
ORDERS = ShopEntity("orders", "Order", "order", "orders", ORDER, ("read_orders",), "write_orders", title=("name",))

CUSTOMERS = ShopEntity(
    "customers", "Customer", "customer", "customers", CUSTOMER, ("read_customers",), "", title=("name",), metafields=False
)
DRAFT_ORDERS = ShopEntity(
    "draft_orders", "DraftOrder", "draft order", "draftOrders", DRAFT_ORDER, ("read_draft_orders",), "", title=("name",),
    metafields=False,
)  # fmt: skip
PAYOUTS = ShopEntity(
    "payouts",
    "ShopifyPaymentsPayout",
    "payout",
    "payouts",
    PAYOUT,
    ("read_shopify_payments_payouts",),
    "",
    (_ID,),
    ("payout_number",),
    metafields=False,
    within=PAYMENTS_ACCOUNT,
)
PAYOUT_TRANSACTIONS = ShopEntity(
    "payout_transactions",
    "ShopifyPaymentsBalanceTransaction",
    "payout transaction",
    "balanceTransactions",
    PAYOUT_TRANSACTION,
    ("read_shopify_payments_payouts",),
    "",
    (_ID,),
    ("order_name", "type"),
    metafields=False,
    within=PAYMENTS_ACCOUNT,
    listed_by="sortKey: ID, hideTransfers: true",  # a payout itself stands among its transactions as a transfer
)

ENTITIES: Mapping[str, ShopEntity] = {one.name: one for one in (PRODUCTS, VARIANTS, STOCK, COLLECTIONS, ORDERS)}
SHOWN_ONLY: Mapping[str, ShopEntity] = {  # never written
    one.name: one for one in (CUSTOMERS, DRAFT_ORDERS, PAYOUTS, PAYOUT_TRANSACTIONS)
}


def entity_named(name: str) -> ShopEntity:
    """The entity of that name. Raises ConfigurationError where there is none."""
    known = {**ENTITIES, **SHOWN_ONLY}
    if name not in known:
        raise ConfigurationError([f"Shopify has no {name!r} here: there are {', '.join(known)}."])
    return known[name]


def no_payments() -> Refused:
    """The refusal to go on where there are no payouts at all."""
    return Refused(
        "The shop has no Shopify Payments account: there are no payouts to be read.",
        next_step="Set up Shopify Payments in the Shopify admin (Settings, Payments), or take rows of payouts out of `routes`.",
    )
