"""Snapshots as earlier versions of syncdb stored them, brought to the present form without asking the shop. Pure.

Until version 2 every amount was kept in both currencies, with some fields that no column shows. What is kept now was all there,
so an order that says the same has the same snapshot and the same hash, whichever version read it.
"""

import re
from collections.abc import Mapping
from typing import Any

from syncdb.values import canonical_text

VERSION = 2
_GONE = frozenset(
    {
        *("duties_included", "subtotal_line_items_quantity", "total_price", "tax_lines"),
        *(f"line_items.{name}" for name in ("refundable_quantity", "non_fulfillable_quantity", "discounted_total")),
        "line_items.discount_allocations.discount_application",
        *(f"shipping_lines.{name}" for name in ("carrier_identifier", "original_price", "tax_lines")),
    }
)
_IN_BOTH_CURRENCIES = frozenset(
    {
        *("current_subtotal_price", "current_shipping_price", "current_total_tax", "current_total_price", "total_refunded"),
        *("line_items.original_unit_price", "transactions.amount"),
    }
)
_TEXTS = frozenset({"tags", "discount_codes", "payment_gateway_names"})
_CURRENCY = re.compile(r"[A-Z]{3}")


def present(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A stored snapshot as this version would have read the same order; one of this version as it is."""
    found: dict[str, Any] = _present(snapshot, "")
    unseen = [path for path in found.pop("withheld", ()) if not _is_gone(path)]
    return found | {"withheld": unseen} if unseen else found


def _present(node: Any, path: str) -> Any:
    if isinstance(node, Mapping):
        below = f"{path}." if path else ""
        return {name: _present(value, below + name) for name, value in node.items() if below + name not in _GONE}
    if not isinstance(node, list) or path in _TEXTS:
        return node
    if len(node) == 4 and path not in _IN_BOTH_CURRENCIES and _is_money(node):
        return node[:2]
    items = [_present(item, path) for item in node]
    return sorted(items, key=canonical_text) if path.endswith("tax_lines") else items


def _is_money(node: list[Any]) -> bool:
    return all(isinstance(part, str) for part in node) and all(map(_CURRENCY.fullmatch, node[1::2]))


def _is_gone(path: str) -> bool:
    return any(path == gone or path.startswith(f"{gone}.") for gone in _GONE)
