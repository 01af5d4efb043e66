"""Shopify orders into a Google Sheet: the declaration."""

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.pairs.base import PairType, Words
from syncdb.systems.google_sheets.keys import GOOGLE_SHEETS, spreadsheet, spreadsheets, tab
from syncdb.systems.questions import LOOK_BACK, Question, Topic
from syncdb.systems.shopify.keys import SHOPIFY

ROUTED = (  # the settings that a route may have of its own
    "target_spreadsheet", "target_worksheet", "tabs_by", "period_spreadsheets", "columns", "rows", "order_filter",
    "order_amounts", "newest",
)  # fmt: skip

ROWS_OF_ORDERS = ("line", "order", "refund", "transaction")
PLAIN_ROWS = ("customer", "product", "variant", "stock", "payout", "payout_transaction")  # of routes only
ORDERS_ONLY = ("order_filter", "order_amounts", "tabs_by", "period_spreadsheets")  # what plain rows have no use for

SHOPIFY_SHEETS = PairType(
    name="sheets",
    title="Google Sheet",
    about="Shopify orders into the Google Sheet",
    summary="Bring the shop's orders into the sheet now.",
    script="shopify_sheets_sync.py",
    command="sync",
    systems=(SHOPIFY, GOOGLE_SHEETS),
    keys=(
        Key(
            "target_spreadsheet", "TARGET_SPREADSHEET", spreadsheet, None,
            "The spreadsheet: its title, its key or its address. Key or address are surer; a title can stand for several.",
            needed="Give the title, key or address of the Google spreadsheet.", template="your-spreadsheet",
        ),
        Key(
            "target_worksheet", "TARGET_WORKSHEET", tab, "Orders",
            "The tab that holds the orders; made if it is not there. At most 100 characters.",
        ),
        Key(
            "tabs_by", "TABS_BY", validators.one_of("one", "year", "quarter", "month"), "one",
            "`one` tab for all orders, or one for each `year`, `quarter` or `month` in which orders were created: `Orders 2026`, "
            "`Orders 2026-Q4`, `Orders 2026-11`.",
        ),
        Key(
            "period_spreadsheets", "PERIOD_SPREADSHEETS", spreadsheets, None,
            "Other spreadsheets for the tabs of some years, quarters or months, by period. Left out: all tabs are in "
            "`target_spreadsheet`.",
        ),
        Key(
            "columns", "SHEET_COLUMNS", validators.column_list, None,
            "The columns, in the order in which new ones are made. Left out: the default set.",
        ),
        Key(
            "rows", "SHEET_ROWS", validators.one_of(*ROWS_OF_ORDERS, *PLAIN_ROWS), "line",
            "One row for each `line` item, each `order`, each `refund` or each `transaction` (payment). Routes may show more.",
        ),
        Key(
            "order_filter", "ORDER_FILTER", validators.json_object, None,
            "Which orders get rows: by status, tags, channel, location, day and more (see below). Left out: every order.",
        ),
        Key(
            "order_amounts", "ORDER_AMOUNTS", validators.one_of("every_line", "first_line"), "every_line",
            "With one row for each line item, an order's own amounts on `every_line` of it, or on its `first_line` only, so that "
            "a column adds up.",
        ),
        Key(
            "newest", "SHEET_NEWEST", validators.one_of("last", "first"), "last",
            "Where new rows go: `last`, below the others, or `first`, above them. Rows that stand are not moved.",
        ),
        Key(
            "routes", "ROUTES", validators.json_object, None,
            "More sheets that the orders go to, by name, each with what it has of its own (see below). The shop is read once.",
        ),
    ),
    named_by="target_spreadsheet",
    amounts_by="order_amounts",
    words=Words("the sheet", "Sheet", right="sheet", left="shop"),
    tracks_orders=True,
    writes_left=False,
    docs="docs/google-sheets.md",
    job="",
    implementation="syncdb.pairs.shopify_sheets.implementation",
    topics=(
        Topic(
            "spreadsheet",
            (
                Question(
                    "target_spreadsheet", "The spreadsheet's address (or its key or title)", option="--spreadsheet",
                    metavar="ADDRESS",
                ),
            ),
            "Now open the spreadsheet in the browser, Share, and add this address as Editor:",
            "    {share_with}",
            "Share the spreadsheet with {share_with} as Editor",
            replaced="The rows that runs wrote to the spreadsheet before stay there as they are and are kept true no more; the "
            "next run writes all orders of the ledger to the new one. Delete the old rows when nobody needs them.",
        ),
        Topic(
            "tab",
            (
                Question(
                    "target_worksheet", "The tab for the orders; it is made if it is not there", "Orders", option="--worksheet",
                    metavar="TAB",
                ),
            ),
            replaced="The rows that runs wrote to the tab before stay there as they are and are kept true no more; the next run "
            "writes all orders of the ledger to the new one. Delete the old tab when nobody needs it.",
        ),
        LOOK_BACK,
    ),
)  # fmt: skip
