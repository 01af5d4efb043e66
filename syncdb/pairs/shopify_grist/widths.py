"""How wide the columns of a document are made: by what they hold, and never narrower than their own heading. In pixels."""

from collections.abc import Mapping, Sequence

from syncdb.connectors.grist import TableColumn
from syncdb.connectors.grist.layout import CHANGED
from syncdb.connectors.grist.schema import pure
from syncdb.pairs.chosen import ORDERS

BY_TYPE = {"Bool": 80, "Int": 80, "Numeric": 100, "Date": 100, "DateTime": 160, "Choice": 110, "ChoiceList": 180, "Ref": 240}
TEXT = 140
KEY, ORDER_KEY = 310, 180  # gid://shopify/ProductVariant/ and a number; of an order or its line the number alone
BY_FIELD = {"order_name": 110, "draft_orders.name": 110, "variants.title": 180, "variant_title": 180, "items": 320}
BY_WORD = {  # the last of a field's name, unless BY_FIELD knows better
    **dict.fromkeys(("title", "product", "item"), 260),
    **dict.fromkeys(("name", "company", "vendor", "location", "category"), 180),
    **dict.fromkeys(("email", "address", "address1", "address2", "handle", "collections"), 220),
    **dict.fromkeys(("url", "urls", "link", "links", "page", "referrer", "pictures"), 280),
    **dict.fromkeys(("html", "description", "note", "notes", "attributes", "properties", "details"), 320),
    **dict.fromkeys(("id", "tags", "methods", "codes", "names", "skus", "numbers"), 180),
    **dict.fromkeys(("currency", "language", "locale", "risk"), 90),
}
LETTER, AROUND, MOST = 7.5, 34, 320  # of a heading; beside it stands the button of the column's menu


def widths_of(entity: str, columns: Sequence[TableColumn], key: str, changed_at: str) -> Mapping[str, int]:
    """The widths of a table's columns by field, that of the key under "", of `changed_at` (a label) under CHANGED."""
    widths = {one.name: _with_heading(_held(entity, one), one.label) for one in columns}
    changed = {CHANGED: _with_heading(BY_TYPE["DateTime"], changed_at)} if changed_at else {}
    return {"": _with_heading(ORDER_KEY if entity == ORDERS else KEY, key)} | changed | widths


def _held(entity: str, column: TableColumn) -> int:
    """The width of what a column usually holds."""
    kind = pure(column.type)
    if kind != "Text":
        return BY_TYPE.get(kind, TEXT)
    named = BY_FIELD.get(f"{entity}.{column.name}") or BY_FIELD.get(column.name)
    return named or BY_WORD.get(column.name.rpartition("_")[2], TEXT)


def _with_heading(width: int, label: str) -> int:
    return max(width, min(round(len(label) * LETTER) + AROUND, MOST))
