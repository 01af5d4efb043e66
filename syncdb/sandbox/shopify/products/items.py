"""What may be written to an inventory item, by itself or through its variant."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.parts import money_text
from syncdb.sandbox.shopify.products.writing import refusal

TOO_MUCH = Decimal(10**18)  # observed


def item_problems(given: Node, where: Sequence[str | int], label: str, codes: tuple[str, str] | None = None) -> list[Node]:
    """Refusals of an InventoryItemInput. `label` is what the cost is called, `codes` those for too little and too much."""
    found = []
    low, high = codes or (None, None)
    cost = Decimal(str(given["cost"])) if given.get("cost") is not None else None
    if cost is not None and cost < 0:
        found.append(refusal([*where, "cost"], f"{label} must be greater than or equal to 0", low))
    if cost is not None and cost >= TOO_MUCH:
        found.append(refusal([*where, "cost"], f"{label} must be less than {TOO_MUCH}", high))
    weight = (given.get("measurement") or {}).get("weight")
    if weight is not None and weight["value"] < 0:
        text = f"Measurement weight value {weight['value']} kg must be >= 0 kg"
        found.append(refusal([*where, "measurement", "weight"], text, low))
    return found


def apply_item(item: Node, given: Node) -> bool:
    """Write an InventoryItemInput without problems; whether anything is other than before."""
    before = _told(item)
    if "sku" in given:
        item["variant"]["sku"] = given["sku"]
    if "cost" in given:
        item["_cost"] = None if given["cost"] is None else money_text(given["cost"])
    for name in ("tracked", "requiresShipping"):
        if given.get(name) is not None:
            item[name] = given[name]
    for name in ("countryCodeOfOrigin", "provinceCodeOfOrigin", "harmonizedSystemCode"):
        if name in given:
            item[name] = given[name]
    if given.get("countryHarmonizedSystemCodes") is not None:  # given, the list is the whole truth (taken on trust)
        item["countryHarmonizedSystemCodes"] = [dict(one) for one in given["countryHarmonizedSystemCodes"]]
    if (given.get("measurement") or {}).get("weight"):
        item["measurement"] = item["measurement"] | {"weight": dict(given["measurement"]["weight"])}
    return _told(item) != before


def _told(item: Node) -> list[Any]:
    names = ("_cost", "tracked", "requiresShipping", "countryCodeOfOrigin", "harmonizedSystemCode", "measurement",
             "provinceCodeOfOrigin", "countryHarmonizedSystemCodes")  # fmt: skip
    return [item["variant"]["sku"], *(item[name] for name in names)]
