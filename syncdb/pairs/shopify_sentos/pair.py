"""A shop and Sentos: products, prices and stock into the shop, orders into Sentos. The declaration."""

from datetime import date
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.pairs.base import PairType, Words
from syncdb.systems.questions import Question, Topic
from syncdb.systems.sentos.keys import SENTOS, warehouses
from syncdb.systems.shopify.keys import SHOPIFY, SHOPIFY_WRITES


def day(raw: Any) -> date:
    """A day such as 2026-11-20."""
    try:
        return date.fromisoformat(validators.text(raw))
    except ValueError:
        raise ValueError("must be a day such as 2026-11-20") from None


SHOPIFY_SENTOS = PairType(
    name="sentos",
    title="Sentos",
    about="A shop and Sentos in step",
    summary="Bring goods from Sentos into a shop, and orders into Sentos.",
    script="shopify_sentos_sync.py",
    command="sentos",
    systems=(SHOPIFY, SENTOS),
    keys=(
        Key(
            "sentos_warehouses", "SENTOS_WAREHOUSES", warehouses, None,
            "Which warehouses count, and to which location of the shop each goes: `{\"1\": \"Main street\", \"2\": \"Depot\"}`. "
            "Left out: all of them, to the shop's only location.",
        ),
        Key(
            "sentos_price_list", "SENTOS_PRICE_LIST", validators.text, None,
            "The price list (channel) whose prices count, such as `b2c`. Left out: the product's own sale price.",
        ),
        Key(
            "sentos_fields", "SENTOS_FIELDS", validators.json_object, None,
            "Whose word counts for a field of products: `sentos`, or `shop` for what people improve in the shop "
            "(docs/sentos.md). Left out: Sentos' for all of them.",
        ),
        Key(
            "sentos_gone", "SENTOS_GONE", validators.one_of("draft", "keep"), "draft",
            "A product that two complete listings of Sentos no longer show: `draft` takes it off sale in the shop, `keep` "
            "leaves it.",
        ),
        Key(
            "sentos_new", "SENTOS_NEW", validators.one_of("draft", "active", "skip"), "draft",
            "A product that is in Sentos only: made in the shop as a draft, made for sale, or not made.",
        ),
        SHOPIFY_WRITES,
        Key(
            "sentos_write", "SENTOS_WRITE", validators.flag, False,
            "Whether orders are written to Sentos. Off, it is only said which ones would be.",
        ),
        Key(
            "sentos_notify", "SENTOS_NOTIFY", validators.flag, False,
            "Whether Shopify writes to the customer where an order is marked as shipped because Sentos shipped it.",
        ),
        Key(
            "sentos_channel_id", "SENTOS_CHANNEL_ID", validators.whole(1, 2**31), None,
            "The sales channel of Sentos under which orders are made, by its number. Needed for `sentos_write`.",
        ),
        Key(
            "sentos_order_warehouse", "SENTOS_ORDER_WAREHOUSE", validators.whole(1, 2**31), None,
            "The warehouse that orders are taken from. Left out: the first of `sentos_warehouses`.",
        ),
        Key(
            "sentos_orders_since", "SENTOS_ORDERS_SINCE", day, None,
            "Orders made before this day are not sent, such as `2026-11-20`. Left out: none made before `lookback_days`.",
        ),
        Key(
            "sentos_statuses", "SENTOS_STATUSES", validators.json_object, None,
            "With which status (1 waiting, 2 approved ...) an order is made, by its payment; one that is not named is not sent. "
            "Left out: `{\"paid\": 2, \"partially_refunded\": 2, \"pending\": 1, \"authorized\": 1, \"partially_paid\": 1}`.",
        ),
        Key(
            "sentos_payment_methods", "SENTOS_PAYMENT_METHODS", validators.json_object, None,
            "The payment method of Sentos for a payment gateway of the shop: `{\"iyzico\": \"KREDIKARTI/BANKAKARTI\"}`; "
            "`\"*\"` is for all others.",
        ),
        Key(
            "sentos_order_tags", "SENTOS_ORDER_TAGS", validators.name_list, None,
            "Only orders with one of these tags are sent; `-tag` keeps those with that tag from being sent.",
        ),
        Key(
            "sentos_order_locations", "SENTOS_ORDER_LOCATIONS", validators.name_list, None,
            "Only orders of these places are sent: names of retail locations, `online` for those of none.",
        ),
        Key(
            "sentos_tax_attributes", "SENTOS_TAX_ATTRIBUTES", validators.json_object, None,
            "Which note attributes of an order hold what an invoice needs: `{\"turkishIdentityNumber\": \"TC Kimlik No\", "
            "\"taxNumber\": \"Vergi No\", \"taxOffice\": \"Vergi Dairesi\"}`. Set, an order without either number is held back.",
        ),
    ),
    named_by="sentos_api_url",
    words=Words(
        "Sentos", "Sentos", left="shop", allowed_by="shopify_writes",
        uncompared="not every order is sent there, so one that is not there is not missing; what could not be sent is among the "
        "errors",
    ),
    tracks_orders=True,
    docs="docs/sentos.md",
    job="sentos",
    implementation="syncdb.pairs.shopify_sentos.implementation",
    topics=(
        Topic(
            "sentos goods",
            (
                Question(
                    "sentos_warehouses", "Warehouses that count, such as 1=Main street (empty: all, to the shop's only location)",
                    needed=False, option="--warehouses", metavar="NUMBERS",
                ),
            ),
            "What comes from Sentos. Nothing is written to the shop before shopify_writes names it (products, variants, "
            "inventory, or all), and no order to Sentos before sentos_write is true; docs/sentos.md says how to begin.",
        ),
    ),
    entities=("products", "variants", "inventory", "images", "orders"),
    limited=True,
    actions=("detect",),
)  # fmt: skip
