"""The columns a person chose in the configuration, understood or refused with all problems at once."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from difflib import get_close_matches
from typing import Any, Literal, cast

from syncdb.mapping.columns import Level, OrderColumn, value_of
from syncdb.mapping.line_columns import LINE_COLUMNS
from syncdb.mapping.order_columns import ORDER_COLUMNS
from syncdb.mapping.refund_columns import REFUND_COLUMNS
from syncdb.mapping.transaction_columns import TRANSACTION_COLUMNS
from syncdb.metafields import kind_of, meant
from syncdb.values import Kind

Rows = Level
Amounts = Literal["every_line", "first_line"]  # on which rows of an order its own amounts stand, with one row per line
ChosenColumns = tuple[tuple[str, str], ...]

_ALL = (*ORDER_COLUMNS, *LINE_COLUMNS, *REFUND_COLUMNS, *TRANSACTION_COLUMNS)
CATALOGUE: Mapping[str, OrderColumn] = {column.name: column for column in _ALL}
KEY_LABELS: Mapping[Rows, str] = {
    "line": "Line ID",
    "order": "Order ID",
    "refund": "Refund ID",
    "transaction": "Transaction ID",
}
ROWS: tuple[Rows, ...] = ("line", "order", "refund", "transaction")

DEFAULT_LINE_COLUMNS = (
    "order_name processed_at order_status financial_status fulfillment_status customer_name customer_email "
    "customer_phone line_title variant_title sku quantity current_quantity refunded_quantity fulfilled_quantity "
    "line_status unit_price line_discount line_total current_line_discount current_line_total current_line_tax "
    "first_line order_subtotal order_discounts discount_codes order_shipping order_tax shipping_tax order_total "
    "total_refunded currency shipping_name shipping_city shipping_country shipping_method tracking_numbers "
    "tracking_links tags note sales_channel"
)
DEFAULT_ORDER_COLUMNS = (
    "order_name processed_at order_status financial_status fulfillment_status customer_name customer_email "
    "customer_phone items items_quantity order_subtotal order_discounts discount_codes order_shipping order_tax "
    "order_total total_refunded total_outstanding currency payment_gateways shipping_name shipping_city "
    "shipping_country shipping_method tracking_numbers tracking_links fulfilled_at tags note sales_channel"
)
DEFAULT_REFUND_COLUMNS = (
    "order_name refund_processed_at refund_status refund_amount currency refund_quantity refund_items refund_restock "
    "refund_note customer_name payment_gateways sales_channel"
)
DEFAULT_TRANSACTION_COLUMNS = (
    "order_name transaction_at transaction_kind transaction_status transaction_amount transaction_net currency "
    "transaction_gateway customer_name sales_channel"
)
DEFAULTS: Mapping[Rows, str] = {
    "line": DEFAULT_LINE_COLUMNS,
    "order": DEFAULT_ORDER_COLUMNS,
    "refund": DEFAULT_REFUND_COLUMNS,
    "transaction": DEFAULT_TRANSACTION_COLUMNS,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns as (name, header), in their order, and everything that is wrong with what was asked for."""

    columns: ChosenColumns
    problems: tuple[str, ...] = ()


def default_columns(rows: Rows) -> ChosenColumns:
    """The columns of a sheet for which none were chosen."""
    return tuple((name, CATALOGUE[name].label) for name in DEFAULTS[rows].split())


def all_columns(rows: Rows) -> ChosenColumns:
    """Every column that such rows can show, but for the one that says what their key says."""
    fitting = [one for one in CATALOGUE.values() if one.level in (rows, "order")]
    return tuple((one.name, one.label) for one in fitting if one.label != KEY_LABELS[rows])


def _attribute(key: str) -> OrderColumn:
    return OrderColumn(
        f"attribute:{key}",
        key,
        Kind.TEXT,
        "order",
        lambda order, line: value_of(order.get("custom_attributes"), key),
        f"The note attribute {key}.",
        ("custom_attributes",),
    )


def _property(key: str) -> OrderColumn:
    return OrderColumn(
        f"property:{key}",
        key,
        Kind.TEXT,
        "line",
        lambda order, line: value_of(line.get("custom_attributes"), key),
        f"The line item property {key}.",
        ("line_items.custom_attributes",),
    )


def _metafield(name: str) -> OrderColumn:
    return OrderColumn(
        f"metafield:{name}",
        name,
        Kind.TEXT,
        "order",
        lambda order, line: (order.get("metafields") or {}).get(name),
        f"The order's metafield {name}.",
        ("metafields",),
    )


def _metafield_text(name: str) -> OrderColumn:
    return replace(_metafield(name), name=f"metafield_text:{name}", meaning=f"The text of the order's metafield {name}.")


def typed_metafield(one: OrderColumn, types: Mapping[str, str], zone: tzinfo) -> OrderColumn:
    """A column as what the definition of its metafield says; any other column as it is. `types` are by namespace.key."""
    family, _, name = one.name.partition(":")
    type = types.get(name, "") if family == "metafield" else ""
    if not type:
        return one
    pick = one.pick
    return replace(one, kind=kind_of(type), pick=lambda order, line: meant(type, cast(str | None, pick(order, line)), zone))


FAMILIES: Mapping[str, Callable[[str], OrderColumn]] = {
    "attribute": _attribute,
    "property": _property,
    "metafield": _metafield,
    "metafield_text": _metafield_text,
}
METAFIELDS = ("metafield", "metafield_text")


def column(name: str) -> OrderColumn | None:
    """The column of that name, also one of a family (`attribute:KEY`); None where there is none."""
    family, colon, key = name.partition(":")
    if not colon:
        return CATALOGUE.get(name)
    if family not in FAMILIES or not key.strip():
        return None
    if family in METAFIELDS and not all(key.partition(".")[::2]):
        return None
    return FAMILIES[family](key)


def parse_columns(value: Any, rows: Rows = "line") -> Choice:
    """Understand the setting `columns`: nothing or "default", "all", a list of names, or of {"field": name, "header": text}.

    "default" or "all" may stand in the list, too, with what is added to them or has another header there. Text may also be a
    list of names with commas between them. Never raises: what is wrong is in the choice's `problems`.
    """
    sets = {"default": default_columns(rows), "all": all_columns(rows)}
    return choice_of(value, sets, lambda item: _one(item, rows), KEY_LABELS[rows])


def choice_of(
    value: Any, sets: Mapping[str, ChosenColumns], one: Callable[[Any], tuple[tuple[str, str] | None, str]], key: str
) -> Choice:
    """A list of columns, or text with commas between their names. `sets` are the columns that one word stands for; `one`
    understands any other item, or says what is wrong with it; `key` is the header of the column that tells rows apart.
    """
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if value in (None, []):
        return Choice(sets["default"])
    if not isinstance(value, list):
        return Choice((), (f"columns: expected a list of column names, found {type(value).__name__}.",))
    chosen, named, problems = list[tuple[str, str]](), list[tuple[str, str]](), list[str]()
    for number, item in enumerate(value, 1):
        if isinstance(item, str) and item in sets:
            chosen.extend(sets[item])
            continue
        found, problem = one(item)
        if found:
            chosen.append(found)
            named.append(found)
        else:
            problems.append(f"columns, number {number}: {problem}")
    together = tuple((dict(chosen) | dict(named)).items())
    return Choice(together, (*problems, *_listed_twice(named), *_doubled(together, key)))


def _one(item: Any, rows: Rows) -> tuple[tuple[str, str] | None, str]:
    if isinstance(item, str):
        item = {"field": item}
    if not isinstance(item, dict) or not isinstance(item.get("field"), str) or item.keys() - {"field", "header"}:
        return None, 'expected a name or {"field": name, "header": text}.'
    known = column(item["field"])
    if known is None:
        return None, _unknown(item["field"])
    if known.level not in (rows, "order"):
        return None, f"{known.name} belongs to {PART[known.level]}, but the sheet has one row per {rows}."
    header = item.get("header", known.label)
    if not isinstance(header, str) or not header.strip():
        return None, f"the header of {known.name} must be text."
    return (known.name, header.strip()), ""


PART = {"line": "a line item", "refund": "a refund", "transaction": "a payment"}


def _unknown(name: str) -> str:
    near = get_close_matches(name.lower().replace(" ", "_").replace("-", "_"), CATALOGUE, n=1, cutoff=0.5)
    by_label = [one.name for one in CATALOGUE.values() if one.label.lower() == name.lower()]
    hint = f" Did you mean {(by_label or near)[0]}?" if by_label or near else ""
    return f"there is no column {name!r}.{hint}"


def _listed_twice(named: Iterable[tuple[str, str]]) -> list[str]:
    counted = Counter(name for name, _ in named)
    return [f"columns: {name} is listed twice." for name, count in counted.items() if count > 1]


def _doubled(chosen: Iterable[tuple[str, str]], key: str) -> list[str]:
    problems, headers = [], {key.casefold()}
    for _, header in chosen:
        if header.casefold() in headers:
            problems.append(f"columns: two columns have the header {header!r}. Give one of them another (field and header).")
        headers.add(header.casefold())
    return problems
