"""What of an order's snapshot tells who the customer is, and the order without it. Pure.

Free text counts as personal (notes, attributes, metafields): nobody can know what people write there. Country and province stay,
so that figures by region stay right; so do tags, prices and items, which say nothing of a person.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ADDRESS = ("name", "first_name", "last_name", "company", "phone", "address1", "address2", "city", "zip")

PERSONAL: tuple[str, ...] = (
    *("customer", "email", "phone", "note", "po_number", "custom_attributes", "metafields", "registered_source_url"),
    "customer_journey_summary",
    *(f"{side}_address.{part}" for side in ("shipping", "billing") for part in _ADDRESS),
    *("line_items.custom_attributes", "refunds.note", "fulfillments.tracking_info"),
)

# What finds a person again wherever it stands. A first name or a city alone does not.
_TELLING = (
    *("email", "phone", "note", "customer.display_name", "customer.default_email_address", "customer.default_phone_number"),
    "customer.id",
    *(f"shipping_address.{part}" for part in ("name", "phone", "address1", "address2", "company")),
    *(f"billing_address.{part}" for part in ("name", "phone", "address1", "address2", "company")),
)
_SHORTEST = 6  # characters; anything shorter turns up in figures and ids by chance


@dataclass(frozen=True, slots=True)
class Person:
    """How a customer is known in one order: e-mail addresses, phone numbers and names in lower case, and Shopify's id."""

    customer_id: str | None
    emails: frozenset[str]
    phones: frozenset[str]  # digits only
    names: frozenset[str]


def person_of(snapshot: Mapping[str, Any]) -> Person:
    """Who an order belongs to, as far as it says."""

    def texts(*paths: str) -> frozenset[str]:
        return frozenset(" ".join(text.split()).casefold() for path in paths for text in _texts(snapshot, path) if text.strip())

    sides = ("shipping_address", "billing_address")
    phones = texts("phone", "customer.default_phone_number", *(f"{side}.phone" for side in sides))
    return Person(
        next(iter(_texts(snapshot, "customer.id")), None),
        texts("email", "customer.default_email_address"),
        frozenset(digits for phone in phones if len(digits := re.sub(r"\D", "", phone)) >= _SHORTEST),
        texts("customer.display_name", *(f"{side}.name" for side in sides)),
    )


def without_person(snapshot: Mapping[str, Any], *, unseen: bool = True) -> dict[str, Any]:
    """The order without what is personal. `unseen`: named in `withheld`, so that it says nothing of cells that show it still.

    Else the person counts as known to be none, also where an earlier look could not see them.
    """
    kept = dict(snapshot)
    for path in PERSONAL:
        kept = _without(kept, path.split("."))
    before = kept.pop("withheld", ())
    withheld = sorted({*before, *PERSONAL}) if unseen else [path for path in before if not touches((path,))]
    return kept | {"withheld": withheld} if withheld else kept


def with_nobody(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The order with every personal text emptied, so that only what parts it has still shows."""
    kept = dict(snapshot)
    for path in PERSONAL:
        kept = _changed(kept, path.split("."), _emptied)
    return kept


def telling_values(snapshot: Mapping[str, Any]) -> set[str]:
    """The texts by which the person could be found again in other places, as they are written in the order."""
    return {text for path in _TELLING for text in _texts(snapshot, path) if len(text.strip()) >= _SHORTEST}


def is_personal(path: str) -> bool:
    """Whether something at this path of a snapshot, or a part of it, is personal. Members of lists may stand as `[id]`."""
    plain = re.sub(r"\[[^\]]*\]", "", path)
    return touches((plain,))


def touches(needs: Iterable[str]) -> bool:
    """Whether anything that is made from these paths may show something personal."""
    return any(_within(need, path) or _within(path, need) for need in needs for path in PERSONAL)


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def _without(node: Any, names: Sequence[str]) -> Any:
    if isinstance(node, list):
        return [_without(member, names) for member in node]
    if not isinstance(node, Mapping) or names[0] not in node:
        return node
    if len(names) == 1:
        return {name: value for name, value in node.items() if name != names[0]}
    return {**node, names[0]: _without(node[names[0]], names[1:])}


def _changed(node: Any, names: Sequence[str], change: Callable[[Any], Any]) -> Any:
    if not names:
        return change(node)
    if isinstance(node, list):
        return [_changed(member, names, change) for member in node]
    if not isinstance(node, Mapping) or names[0] not in node:
        return node
    return {**node, names[0]: _changed(node[names[0]], names[1:], change)}


def _emptied(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {name: _emptied(value) for name, value in node.items()}
    return [_emptied(member) for member in node] if isinstance(node, list) else ""


def _texts(node: Any, path: str) -> list[str]:
    for name in path.split("."):
        node = node.get(name) if isinstance(node, Mapping) else None
    return [str(node)] if isinstance(node, str | int) and str(node) else []
