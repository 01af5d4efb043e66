"""Shopify orders into a workbook on this computer: the declaration."""

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.pairs.base import PairType, Words
from syncdb.systems.questions import LOOK_BACK
from syncdb.systems.shopify.keys import SHOPIFY
from syncdb.systems.workbook.keys import WORKBOOK

SHOPIFY_WORKBOOK = PairType(
    name="workbook",
    title="Workbook",
    about="Shopify orders into a workbook on this computer",
    summary="Bring the shop's orders into a workbook on this computer.",
    script="shopify_workbook_sync.py",
    command="workbook",
    systems=(SHOPIFY, WORKBOOK),
    keys=(
        Key(
            "workbook_columns", "WORKBOOK_COLUMNS", validators.column_list, None,
            "The columns of the workbook, in the order in which new ones are made. Left out: the default set.",
        ),
        Key(
            "workbook_rows", "WORKBOOK_ROWS", validators.one_of("line", "order", "refund", "transaction"), "line",
            "One row of the workbook for each `line` item, each `order`, each `refund` or each `transaction` (payment).",
        ),
        Key(
            "workbook_order_filter", "WORKBOOK_ORDER_FILTER", validators.json_object, None,
            "Which orders get rows in the workbook, as `order_filter` says it for a sheet. Left out: every order.",
        ),
        Key(
            "workbook_order_amounts", "WORKBOOK_ORDER_AMOUNTS", validators.one_of("every_line", "first_line"), "every_line",
            "With one row for each line item, an order's own amounts on `every_line` of it, or on its `first_line` only.",
        ),
    ),
    named_by="workbook",
    amounts_by="workbook_order_amounts",
    words=Words("the workbook", "Workbook", right="workbook", left="shop"),
    tracks_orders=True,
    writes_left=False,
    docs="docs/workbook.md",
    job="workbook",
    implementation="syncdb.pairs.shopify_workbook.implementation",
    topics=(LOOK_BACK,),
)  # fmt: skip
