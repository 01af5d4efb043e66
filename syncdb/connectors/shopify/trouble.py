"""What the errors beside an answer mean for it: one order lost, a field not allowed, or something that cannot be placed.

GraphQL answers what it can and lists what it cannot; a null alone never tells "empty" from "not allowed" or "failed".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.client import Answer, code_of, message_of
from syncdb.connectors.shopify.facts import missing_orders
from syncdb.connectors.shopify.order_shape import INDISPENSABLE
from syncdb.connectors.shopify.shape import Parts, Path, locate, stored_path
from syncdb.errors import Refused

SCOPE_OF = {
    "customer": "read_customers",
    "product": "read_products",
    "variant": "read_products",
    "paymentTerms": "read_payment_terms",
    "inventoryItem": "read_inventory",
    "location": "read_locations",
    "retailLocation": "read_locations",
}


@dataclass(slots=True)
class OrderErrors:
    """The errors of one answer, sorted. `broken` says by position which orders failed, and why."""

    broken: dict[int, str] = field(default_factory=dict)
    denied: dict[Path, str] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)


def sort_errors(answer: Answer, place: tuple[str, ...], parts: Parts) -> OrderErrors:
    """Sort the errors of an answer whose orders stand in the list at `place`. Raises Refused where orders may not be read."""
    trouble = OrderErrors()
    for error in answer.errors:
        _sort(error, place, parts, trouble)
    return trouble


def _sort(error: Mapping[str, Any], place: tuple[str, ...], parts: Parts, trouble: OrderErrors) -> None:
    path = [str(step) for step in error.get("path") or ()]
    said = message_of((error,)) or "no reason given"
    inside = path[len(place) :] if tuple(path[: len(place)]) == place else None
    if code_of(error) == "ACCESS_DENIED" and path:
        field_path = locate(parts, _names(inside)) if inside else None
        if field_path and field_path not in INDISPENSABLE:
            trouble.denied[field_path] = _needed(error, field_path)
        elif path[0] == place[0]:
            raise missing_orders(said)
        else:
            trouble.loose.append(said)
    elif inside and inside[0].isdigit():
        trouble.broken[int(inside[0])] = f"Shopify could not answer for it ({code_of(error) or 'error'}: {said})"
    else:
        trouble.loose.append(said)


def _names(steps: Iterable[str]) -> list[str]:
    return [step for step in steps if not step.isdigit() and step != "nodes"]


def _needed(error: Mapping[str, Any], path: Path) -> str:
    """What the app lacks: what Shopify says, else the scope the field is known to need."""
    stated = (error.get("extensions") or {}).get("requiredAccess")
    if stated:
        return str(stated).replace("`", "").rstrip(".")
    known = next((SCOPE_OF[name] for name in path if name in SCOPE_OF), None)
    return f"{known} access scope" if known else "approval for protected customer data"


def denial_notice(path: Path, needed: str) -> Notice:
    """Told about a field that this app may not see."""
    name = stored_path(path)
    return Notice(
        f"withheld:{name}",
        f"Shopify does not show {name} to this app. Columns made from it keep the values they have.",
        f"Needed: {needed}.",
    )


def partial_notices(answer: Answer, trouble: OrderErrors) -> list[Notice]:
    """What makes an answer partial, for a person: errors that belong to no order, and search filters that were not understood."""
    return [
        *(
            Notice("partial", f"Part of Shopify's answer is missing: {said}", "The next run asks again.")
            for said in trouble.loose
        ),
        *(Notice("search", f"Shopify ignored a filter: {said}", "Please report this.") for said in answer.warnings),
    ]


def refuse_if_unknown(answer: Answer, version: str) -> None:
    """Raises Refused where the document itself was not accepted (observed: the path of such errors begins with "query …")."""
    for error in answer.errors:
        path = error.get("path") or [""]
        if answer.data is None and (str(path[0]).startswith("query") or code_of(error) == "undefinedField"):
            raise Refused(
                f"API version {version} does not know what is asked of it: {message_of((error,))}",
                next_step="Use a current shopify_api_version (2026-01 to 2026-10 are known to fit).",
            )
