"""A shop and an ERP in PostgreSQL or Supabase: the declaration."""

import re
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.config.validators import text
from syncdb.orders.personal_records import CUSTOMER, ORDER, PersonalRecords
from syncdb.pairs.base import PairType, Words
from syncdb.systems.postgres.keys import ERP
from syncdb.systems.shopify.keys import SHOPIFY

_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}")


def source_name(raw: Any) -> str:
    """What orders of an ERP are called in a shop."""
    value = text(raw)
    if not _SOURCE.fullmatch(value):
        raise ValueError("must be small letters, digits, - and _, at most 20, such as erp")
    return value


_PLAIN = {"order_number", "order_name", "shop_id", "source", "payment", "shipped", "cancelled", "content", "currency", "lines"}
PEOPLE = (
    PersonalRecords("customers", CUSTOMER, frozenset()),
    PersonalRecords("orders", ORDER, frozenset({*_PLAIN, "placed_at", "cancel_reason", "test"})),
)

SHOPIFY_ERP = PairType(
    name="erp",
    title="ERP",
    about="A shop and an ERP in PostgreSQL or Supabase in step",
    summary="Keep a shop and an ERP in PostgreSQL or Supabase in step.",
    script="shopify_erp_sync.py",
    command="erp",
    systems=(SHOPIFY, ERP),
    keys=(
        Key(
            "erp_source", "ERP_SOURCE", source_name, "erp",
            "What the source identifiers of the ERP's orders in the shop begin with. Each ERP of a shop needs its own; never "
            "change it.",
        ),
        Key(
            "erp_fields", "ERP_FIELDS", validators.json_object, None,
            "Whose word counts for a field of products: `erp`, `shop` or `both`, such as `{\"price\": \"erp\"}` "
            "(docs/erp.md). Left out: both, and what both changed is asked; texts (name, description, vendor, product_type, "
            "tags) are kept in step only where they are named.",
        ),
        Key(
            "erp_customer_fields", "ERP_CUSTOMER_FIELDS", validators.json_object, None,
            "The same for fields of customers, such as `{\"note\": \"erp\"}`. Left out: both; tags are joined, and what "
            "else both changed is asked.",
        ),
        Key(
            "erp_new_products", "ERP_NEW_PRODUCTS", validators.one_of("shop", "erp", "both", "none"), "shop",
            "Where products that only the other side has are made: `shop` (drafts of the ERP's products), `erp` (rows of the "
            "shop's active products), `both` or `none`.",
        ),
        Key(
            "erp_new_customers", "ERP_NEW_CUSTOMERS", validators.one_of("both", "shop", "erp", "none"), "both",
            "Where customers that only the other side has are made: `shop`, `erp`, `both` or `none`.",
        ),
        Key(
            "erp_gone_products", "ERP_GONE_PRODUCTS", validators.one_of("leave", "draft"), "leave",
            "What happens to a product that one side deleted: `leave` it and say so, or `draft`: the shop's becomes a draft, the "
            "ERP's is archived and switched off.",
        ),
    ),
    named_by="erp_database_url",
    words=Words("the ERP", "ERP", left="shop", right="erp", makes_left=True),
    tracks_orders=False,
    docs="docs/erp.md",
    job="erp",
    implementation="syncdb.pairs.shopify_erp.implementation",
    entities=("products", "inventory", "customers", "orders"),
    people=PEOPLE,
    actions=("install", "test", "queue", "process", "full", "webhooks"),
)  # fmt: skip
