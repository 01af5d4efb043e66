"""The reference of all columns as a Markdown page: docs/columns.md is this text, and a test keeps it so."""

from collections.abc import Iterable

from syncdb.mapping.choice import CATALOGUE, FAMILIES, ROWS, default_columns
from syncdb.mapping.columns import OrderColumn
from syncdb.mapping.plain_rows import PLAIN, PlainRows
from syncdb.values import Kind

KINDS = {
    Kind.TEXT: "text",
    Kind.IDENTIFIER: "text, never a number",
    Kind.COUNT: "whole number",
    Kind.NUMBER: "number",
    Kind.MONEY: "money, shop's currency",
    Kind.MOMENT: "date and time, shop's zone",
    Kind.DATE: "date",
    Kind.FLAG: "yes or no",
}

OPENING = """# Columns

Every column that the setting `columns` can name. A list of names takes the headers below; `{"field": "sku", "header": "Article"}`
gives your own header; `"all"` takes everything. Columns of a line item, a refund or a payment are only for sheets with one row
for each of these (`rows`: `line`, `refund`, `transaction`). There the columns of the order repeat on each of its rows. "From"
names the place in the stored snapshot of the order, which is Shopify's field in small letters with underscores. A column whose
source Shopify hides from the app keeps its values.

Marked are the default columns: `L` of a sheet by line item, `O` by order, `R` by refund, `T` by transaction. An order without
refunds has no row in a sheet by refund, nor has what Shopify records as a refund though nothing was to be paid back (see below).
"""

RULES = """## Refunds

Shopify lists under an order's refunds whatever leaves it, also where no money went back: items removed by an edit, orders
cancelled before they were paid, items exchanged for others, refunds still on their way. What counts here is the money:

- A refund counts (`Refunds`, `Last refund`, `Refunded quantity`, `Line refunded`) once one of its payments back went through
  (kind REFUND, status SUCCESS). Until then, and where it fails, it does not.
- `Line refunded` is what its units were worth after all discounts; where less went back than everything in the refund was
  worth (a fee was kept, or others were sent instead), it is the line's share in proportion. So it never comes to more than
  `Refunded`.
- A line with units left is `active` (on a cancelled order `cancelled`). One without says what became of its units, of most of
  them where that differs:

| line status | its units are in a refund |
|---|---|
| refunded | with a payment back that went through |
| refund pending | with a payment back that is still on its way |
| returned | without money, taken back (restock type RETURN): exchanged, or nothing was to be paid back |
| cancelled | without money, on an order that was cancelled |
| removed | without money, on any other order: removed by an edit |

What is paid back after an edit is a refund of its own that names no line: it counts for the order and leaves the line `removed`.

## Amounts that add up

`Line total`, `Line discount` and `Line tax` are of the quantity ordered, with what was refunded, removed or exchanged since.
What a line is now stands in the columns that begin with "Current". Over the lines of an order, to the cent:

- `Current line total` = `Subtotal`
- `Current line discount` + `Shipping discount` once = `Discounts`
- `Current line tax` + `Shipping tax` once = `Tax`

And of the order itself: `Subtotal` + `Shipping` + `Duties` + `Additional fees` + `Tips` (+ `Tax`, where prices do not include it)
= `Total`. Cash rounding is in none of these, nor in `Received` and `Refunded`: 9.99 paid with 10.00 in cash is `Received` 9.99
and `Payment rounding` 0.01. What single payments were rounded by is in `Payment rounding` and `Refund rounding` together. What
was sent in exchange is a line item of its own; a fee that was kept of a refund is what `Refunded` is less than the items
returned.

## Where each part of an order is

| part | where it is |
|---|---|
| cash rounding, of the order and of single payments | `payment_rounding`, `refund_rounding` |
| additional fees | `order_fees`, `fee_names`, `original_fees`; in Total |
| duties, tips | `order_duties`, `line_duties`, `tips`; in Total |
| returns | `return_status`, `line_status`, `refunded_quantity`, and the rows of refunds with `refund_restock` |
| fees of a return | in `total_refunded` and `refund_amount`: so much less went back than the items were worth |
| items sent in exchange | line items of their own, in every total; what they replace has the line status returned |
| the bundle of a line | `bundle`, `bundle_sku`, `bundle_id` |
| subscription, pre-order | `selling_plan` |
| terms of payment | `payment_terms` (permission `read_payment_terms`); what is still owed is `total_outstanding` |
| cost per item | `line_cost` (permission `read_products`), and `cost` of a tab of variants |
| channel | `sales_channel`, `source_name`, `retail_location` |
| attribution | `visit_source`, `first_visit_source`, `utm_source`, `utm_medium`, `utm_campaign`, `referrer`, `landing_page` |

What is **read only with its column** (terms of payment, unit cost, attribution) comes from the next run on, for all orders of the
look-back window, and as it is when the order is read: a cost that is changed later does not touch the order.

The amounts of the order repeat on each row of a sheet by line item: a plain sum over such a column counts an order once for
each of its lines. Sum where `First line` is yes (`=SUMIF(...)`), or set `order_amounts` to `first_line`: then they stand on that
row only.
"""

PLAIN_OPENING = """## Rows of other things

What a route with such `rows` can show ([configuration.md](configuration.md#routes)). The key is Shopify's own id. What is gone
from the shop keeps its row, with `In the shop` at no; of a customer who is gone nothing but the key is left there. For payouts,
`gross` - `fees` = `net`, and the `net` of all that is in a payout adds up to its `net`, to the last digit.

Rows of orders show the number in an id (`44000001`), these keys all of it (`gid://shopify/ProductVariant/44000001`). To look
things up from one tab in another, add `variant_number`, `product_number` or `customer_number` to the `columns` of the route
(none is in the default set: `["default", "variant_number"]`), or put the rest in front:
`=VLOOKUP("gid://shopify/ProductVariant/"&B2, Variants!A:D, 3, FALSE)`.
"""
PLAIN_KINDS = KINDS | {Kind.MONEY: "money"}

FAMILY_ROWS = """## Columns with a name of yours

| field | shows |
|---|---|
| `attribute:KEY` | one note attribute (additional detail) of the order |
| `property:KEY` | one property of the line item, such as an engraving; by line item only |
| `metafield:NAMESPACE.KEY` | one metafield of the order, by its definition (below); read along from the next run on |
| `metafield_text:NAMESPACE.KEY` | the same as the text that Shopify keeps |

Metafields are numbers, amounts, dates, moments, yes or no where their definitions say so, and a rating is its number. Measures
have their unit beside them (`12.5 cm`), lists have commas between their items. Everything else is text, and so is what has no
definition. (In Grist yes and no are the words `true` and `false`: a truth value there is never empty.)
"""


def reference() -> str:
    """The whole page."""
    levels = {
        "order": "Columns of the order",
        "line": "Columns of the line item",
        "refund": "Columns of the refund",
        "transaction": "Columns of the payment",
    }
    tables = [
        f"## {title}\n\n{_table(one for one in CATALOGUE.values() if one.level == level)}" for level, title in levels.items()
    ]
    return "\n".join([OPENING, *tables, FAMILY_ROWS, RULES, PLAIN_OPENING, *map(_plain_table, PLAIN.values())])


def _plain_table(plain: PlainRows) -> str:
    head = f"### `rows`: `{plain.rows}`\n\nKey: {plain.key}. Permission: {', '.join(f'`{scope}`' for scope in plain.needs)}.\n"
    more = "`metafields.NAMESPACE.KEY` can be named as well.\n" if plain.entity.metafields else ""
    rows = ["| field | header | holds | meaning | default |", "|---|---|---|---|---|"]
    for one in plain.fields:
        mark = "yes" if one.name in plain.default else ""
        rows.append(f"| `{one.name}` | {one.label} | {PLAIN_KINDS[one.kind]} | {one.meaning} | {mark} |")
    return "\n".join([head, *([more] if more else []), *rows]) + "\n"


def _table(columns: Iterable[OrderColumn]) -> str:
    rows = ["| field | header | holds | meaning | from | default |", "|---|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, columns)]) + "\n"


def _row(one: OrderColumn) -> str:
    holds = "money, buyer's currency" if one.buyer else KINDS[one.kind]
    source = ", ".join(f"`{need}`" for need in one.needs)
    marks = [mark for mark, rows in zip("LORT", map(default_columns, ROWS), strict=True) if one.name in dict(rows)]
    return f"| `{one.name}` | {one.label} | {holds} | {one.meaning} | {source} | {' '.join(marks)} |"


def families() -> frozenset[str]:
    """The families of columns that the page must tell of."""
    return frozenset(FAMILIES)
