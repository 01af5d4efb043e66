"""A shop and an ERP in PostgreSQL or Supabase: the declaration."""

import re
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.config.validators import text
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
            "(docs/erp.md). Left out: both, and what both changed is asked.",
        ),
    ),
    named_by="erp_database_url",
    words=Words("the ERP", "ERP", left="shop", right="erp", makes_left=True),
    tracks_orders=False,
    docs="docs/erp.md",
    job="erp",
    implementation="syncdb.pairs.shopify_erp.implementation",
    entities=("products", "inventory", "orders"),
    actions=("install", "test", "queue", "process", "full"),
)  # fmt: skip
