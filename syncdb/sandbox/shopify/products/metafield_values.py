"""What the value of a metafield of a type may be, and how it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

MAX_ELEMENTS = 128
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")
REFERENCES = re.compile(r"(?:product|variant|collection|customer|file|page|order)_reference")


class BadValue(ValueError):
    """The value is not one of its type; the text is Shopify's (observed)."""


def kept(kind: str, value: str) -> str:
    """The value as it is stored. Raises BadValue."""
    if not value.strip():
        raise BadValue("Value can't be blank.")
    if kind.startswith("list."):
        return _list(kind.removeprefix("list."), value)
    return KINDS.get(kind, str)(value)


def _list(kind: str, value: str) -> str:
    try:
        elements = json.loads(value)
    except ValueError:
        elements = None
    if not isinstance(elements, list):
        raise BadValue("Value must be a JSON array.")
    if len(elements) > MAX_ELEMENTS:
        raise BadValue(f"Value has more than {MAX_ELEMENTS} elements.")
    for one in elements:
        kept(kind, one if isinstance(one, str) else json.dumps(one))
    return json.dumps(elements, ensure_ascii=False, separators=(",", ":"))


def _boolean(value: str) -> str:
    said = {"true": "true", "t": "true", "1": "true", "false": "false", "f": "false", "0": "false"}.get(value.strip().casefold())
    if said is None:
        raise BadValue("Value must be true or false.")
    return said


def _integer(value: str) -> str:
    if not re.fullmatch(r"-?\d+(?:\.0+)?", value.strip()):
        raise BadValue("Value must be an integer.")
    return value.strip().split(".")[0]


def _decimal(value: str) -> str:
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        raise BadValue("Value must be a decimal.") from None
    if abs(number) > Decimal("9999999999999"):
        raise BadValue("Value can't exceed 9999999999999.")
    whole, _, rest = f"{number:f}".partition(".")
    return f"{whole}.{rest[:9] or '0'}"


def _line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise BadValue("Value must be a single line text string.")
    return value


def _date(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise BadValue("Value must be in YYYY-MM-DD format.")
    return value


def _moment(value: str) -> str:
    found = MOMENT.fullmatch(value)
    if found is None:
        raise BadValue("Value must be in “YYYY-MM-DDTHH:MM:SS” format. For example: 2022-06-01T15:30:00")
    return found[1] + (found[2] or "+00:00").replace("Z", "+00:00")


def _json(value: str) -> str:
    try:
        json.loads(value)
    except ValueError as error:
        raise BadValue(f"Value is invalid JSON: {error}.") from None
    return value


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        raise BadValue("Value must be a hex color code.")
    return value


def _address(value: str) -> str:
    scheme = value.partition(":")[0] if ":" in value else ""
    allowed = ("http", "https", "mailto", "sms", "tel")
    if not scheme:
        listed = json.dumps(list(allowed))
        raise BadValue(f"Value cannot have an empty scheme (protocol), must include one of the following URL schemes: {listed}.")
    if scheme not in allowed:
        raise BadValue(f"Value must be one of the following URL schemes: {', '.join(allowed)}.")
    return value


KINDS: dict[str, Callable[[str], str]] = {
    "boolean": _boolean,
    "number_integer": _integer,
    "number_decimal": _decimal,
    "single_line_text_field": _line,
    "date": _date,
    "date_time": _moment,
    "json": _json,
    "color": _colour,
    "url": _address,
}
OTHERS = frozenset({"multi_line_text_field", "rich_text_field", "money", "weight", "volume", "dimension", "rating", "link", "id"})


def is_type(kind: str) -> bool:
    """Whether there is such a type of metafield, as far as it is served here."""
    single = kind.removeprefix("list.")
    return single in KINDS or single in OTHERS or REFERENCES.fullmatch(single) is not None
