"""Two shops of one merchant, both ways: the declaration."""

import re
from dataclasses import replace
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.pairs.base import PairType, Words
from syncdb.systems.base import System
from syncdb.systems.questions import Question, Topic
from syncdb.systems.shopify.keys import PUBLIC_ADDRESS, SHOPIFY, api_version

NAMES = ("taf", "afl")  # what the stores are called where nobody chose other names
OF_PRODUCTS = ("products", "variants", "options", "inventory", "metafields", "media")  # and the rest where it is switched on
_NAME = re.compile(r"[a-z][a-z0-9_]{0,19}")
SHORTS = {
    "shopify_store_name": "domain",
    "shopify_access_token": "token",
    "shopify_client_id": "client_id",
    "shopify_client_secret": "client_secret",
    "shopify_base_url": "base_url",
}


def store_names(raw: Any) -> tuple[str, str]:
    """The names of the two stores: an object of stores by name, a list, or names separated by commas."""
    names = tuple(str(name) for name in raw) if isinstance(raw, dict) else validators.name_list(raw)
    if len(names) != 2 or names[0] == names[1]:
        raise ValueError("must name two stores, such as taf,afl")
    if not all(_NAME.fullmatch(name) for name in names):
        raise ValueError("names of stores are small letters, digits and _, at most 20, a letter first")
    return names[0], names[1]


def store(name: str) -> System:
    """A store of that name as a system: the settings of a shop, each behind the store's name, and its webhook secrets."""
    system = SHOPIFY.instance(name, SHORTS, name)
    webhooks = (
        Key(
            "webhook_secret", "WEBHOOK_SECRET", validators.secret, None,
            "What its webhooks are signed with. Left out: its client secret.", template="your-webhook-secret", secret=True,
        ).of_instance(name, "webhook_secret"),
        Key(
            "previous_webhook_secret", "PREVIOUS_WEBHOOK_SECRET", validators.secret, None,
            "The secret before that one, for the hour in which deliveries signed with it may still arrive.",
            template="your-webhook-secret", secret=True,
        ).of_instance(name, "previous_webhook_secret"),
    )  # fmt: skip
    return replace(system, keys=(*system.keys, *webhooks))


SHOPIFY_STORES = PairType(
    name="stores",
    title="Two stores",
    about="Two Shopify stores in step",
    summary="Keep two Shopify stores in step, both ways.",
    script="shopify_stores_sync.py",
    command="stores",
    systems=(store(NAMES[0]), store(NAMES[1])),
    keys=(
        Key(
            "stores", "STORES", store_names, None,
            "The two stores by name, each with its `domain`, `token` (or `client_id` and `client_secret`), `webhook_secret` and "
            "`base_url`; in the environment just the names, `taf,afl` by default.",
            holds_instances=True,
        ),
        Key(
            "api_version", "API_VERSION", api_version, "2026-10",
            "Version of Shopify's Admin API to ask both stores for.",
        ),
        PUBLIC_ADDRESS,
        Key(
            "stores_sync", "STORES_SYNC", validators.json_object, None,
            "What is kept in step between the stores, by which rules (docs/two-stores.md). Left out: products, variants, "
            "stock, metafields and media with their usual fields.",
        ),
        Key(
            "stores_location_pairs", "STORES_LOCATION_PAIRS", validators.json_object, None,
            "Which location of the first store stands for which of the second, by name or id. Left out: the only or primary one "
            "of each.",
        ),
        Key(
            "stores_write", "STORES_WRITE", validators.flag, False,
            "Whether the stores may be written. Until then a run only plans.",
        ),
        Key(
            "stores_deleted", "STORES_DELETED", validators.one_of("draft", "archive", "nothing", "delete"), "draft",
            "What becomes of a product that was deleted in the other store.",
        ),
        Key(
            "stores_order_webhooks", "STORES_ORDER_WEBHOOKS", validators.flag, False,
            "Whether webhooks of orders are asked for, too, so that a sale is looked at even where that of its stock was lost "
            "(both apps need the scope `read_orders`).",
        ),
    ),
    named_by="stores",
    also_named_by=(f"{NAMES[0]}_domain", f"{NAMES[1]}_domain"),
    words=Words("the second store", "Second store", left="first store", right="", allowed_by="stores_write", makes_left=True),
    tracks_orders=False,
    docs="docs/two-stores.md",
    job="stores",
    implementation="syncdb.pairs.shopify_stores.implementation",
    entities=(*OF_PRODUCTS, "publications", "collections", "memberships"),
    topics=(
        Topic(
            "writes",
            (
                Question(
                    "stores_write", "Whether the stores may be written (yes or no; no: runs only plan)", "no",
                    option="--stores-write", metavar="YES",
                ),
            ),
        ),
    ),
)  # fmt: skip


def of_stores(names: tuple[str, str]) -> PairType:
    """The pair with stores of these names."""
    return replace(SHOPIFY_STORES, systems=(store(names[0]), store(names[1])))
