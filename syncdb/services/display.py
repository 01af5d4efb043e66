"""Values as people and programs for tables shall see them."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from syncdb.values import Value

# What makes a spreadsheet program take a text for a formula when a CSV file is opened (OWASP, CSV injection).
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")

# A number with its sign, or a telephone number. Other signs between digits would be worked out ("+49-30-12" is 7).
_SIGNED_NUMBER = re.compile(r"[+-] *\(?\d[\d ().,]*", re.ASCII)


def shown(value: Value) -> str:
    """A value as plain text: exact amounts, wall-clock moments, yes and no; empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def differing(values: Sequence[Value]) -> list[str]:
    """Values as plain texts; of such with several lines only the lines that not all of them have (nothing at all aside)."""
    lines = [shown(value).split("\n") for value in values]
    said = [set(one) for one, value in zip(lines, values, strict=True) if value is not None]
    if max(map(len, lines)) == 1 or len(said) < 2:
        return [shown(value) for value in values]
    alike = set.intersection(*said)
    return ["\n".join(line for line in one if line not in alike) for one in lines]


# what a stored order calls its parts, where people say it otherwise than with blanks for underscores
_WORDS = {
    "display_financial_status": "payment status",
    "display_fulfillment_status": "fulfillment status",
    "current_total_price": "present total",
    "custom_attributes": "attributes",
    "line_items": "items",
    "net_payment": "received, net",
    "closed_at": "closed",
    "cancelled_at": "cancelled",
}


def field_words(name: str) -> str:
    """A field of a stored order in words; of a part of it, after what it is a part of: "items: quantity"."""
    return ": ".join(_WORDS.get(part) or part.replace("current_", "present ").replace("_", " ") for part in name.split("."))


def csv_cell(value: Value) -> str:
    """A value for a CSV file. Text a spreadsheet would take for a formula gets a leading apostrophe; numbers do not."""
    text = shown(value)
    if isinstance(value, str) and text.startswith(_STARTS_FORMULA) and not _SIGNED_NUMBER.fullmatch(text):
        return "'" + text
    return text
