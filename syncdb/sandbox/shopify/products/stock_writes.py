"""Writing stock: quantities at locations, compared with what was seen before, and inventory items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.idempotency import key_of
from syncdb.sandbox.shopify.products.items import apply_item, item_problems
from syncdb.sandbox.shopify.products.parts import HELD
from syncdb.sandbox.shopify.products.queries import goods_of, level_at
from syncdb.sandbox.shopify.products.writing import may_write, refusal

STRICT_SINCE = "2026-04"  # from here on the key and the compared quantity must be there (observed)
STOCKS_BY_ITSELF_SINCE = "2026-10"  # the code of the refusal is gone from the schema
REASONS = (
    "correction, cycle_count_available, damaged, movement_canceled, movement_created, movement_received, movement_updated, "
    "other, promotion, quality_control, received, reservation_created, reservation_deleted, reservation_updated, restock, "
    "safety_stock, shrinkage"
)
SETTABLE = ("available", "on_hand")
ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
BILLION = 1_000_000_000


def _once(rows: str, kind: str, act: Any) -> Resolver:
    """A mutation of quantities: checked for what the version demands, then done once for its key."""

    def resolve(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
        may_write(run, "write_inventory", step.name)
        given, key = args["input"], key_of(step, run.variables)
        if run.context.version >= STRICT_SINCE:
            if any("changeFromQuantity" not in row for row in given[rows]):
                text = f"{kind} must include the following argument: changeFromQuantity."
                raise FieldFailed(text, code="INVALID_FIELD_ARGUMENTS")
            if key is None:
                text = "The @idempotent directive is required for this mutation but was not provided."
                raise FieldFailed(text, code="BAD_REQUEST")
        payload: Node = goods_of(run).keys.once(key, step.name, args, lambda: act(given, goods_of(run), run.context.version))
        return payload

    return resolve


def _set(given: Node, goods: Goods, version: str) -> Node:
    name, rows = given["name"], given["quantities"]
    problems = list(_set_problems(given, goods, version))
    if problems:
        return {"inventoryAdjustmentGroup": None, "userErrors": problems}
    moves: list[tuple[Node, int, str | None]] = []
    for row in rows:
        level = _level(row, goods)
        moves.append((level, row["quantity"] - level["_counts"][name], None))
    return _moved(given, name, moves, goods)


def _set_problems(given: Node, goods: Goods, version: str) -> Iterator[Node]:
    name = given["name"]
    if name not in SETTABLE:
        yield refusal(["input", "name"], "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME")
        return
    yield from _reason_problems(given)
    pairs = [(row["inventoryItemId"], row["locationId"]) for row in given["quantities"]]
    for at, row in enumerate(given["quantities"]):
        where: list[str | int] = ["input", "quantities", at]
        if pairs.count(pairs[at]) > 1:
            text = "The combination of inventoryItemId and locationId must be unique."
            yield refusal([*where, "locationId"], text, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR")
        yield from _place_problems(row, where, goods, version)
        yield from _quantity_problems(name, row["quantity"], where)
        yield from _stale(name, row, where, goods, version)


def _reason_problems(given: Node) -> Iterator[Node]:
    if given["reason"] not in REASONS.split(", "):
        text = f"The specified reason is invalid. Valid values are: {REASONS}."
        yield refusal(["input", "reason"], text, "INVALID_REASON")


def _place_problems(row: Node, where: list[str | int], goods: Goods, version: str) -> Iterator[Node]:
    item, place = goods.items.get(row["inventoryItemId"]), goods.locations.get(row["locationId"])
    if item is None:
        text = "The specified inventory item could not be found."
        yield refusal([*where, "inventoryItemId"], text, "INVALID_INVENTORY_ITEM")
    if place is None:
        yield refusal([*where, "locationId"], "The specified location could not be found.", "INVALID_LOCATION")
    if item and place and level_at(item, place["id"]) is None and version < STOCKS_BY_ITSELF_SINCE:
        text = "The specified inventory item is not stocked at the location."
        yield refusal([*where, "locationId"], text, "ITEM_NOT_STOCKED_AT_LOCATION")


def _quantity_problems(name: str, quantity: int, where: list[str | int]) -> Iterator[Node]:
    if quantity > BILLION:
        text = "The quantity can't be higher than 1,000,000,000."
        yield refusal([*where, "quantity"], text, "INVALID_QUANTITY_TOO_HIGH")
    elif name == "on_hand" and quantity < 0:
        yield refusal([*where, "quantity"], "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE")
    elif quantity < -BILLION:
        text = "The quantity can't be lower than -1,000,000,000."
        yield refusal([*where, "quantity"], text, "INVALID_QUANTITY_TOO_LOW")


def _stale(name: str, row: Node, where: list[str | int], goods: Goods, version: str) -> Iterator[Node]:
    if "changeFromQuantity" not in row and version < STRICT_SINCE:
        text = "The compareQuantity argument must be given to each quantity or ignored using ignoreCompareQuantity."
        yield refusal([*where, "compareQuantity"], text, "COMPARE_QUANTITY_REQUIRED")
    item, seen = goods.items.get(row["inventoryItemId"]), row.get("changeFromQuantity")
    if seen is None or item is None or row["locationId"] not in goods.locations:
        return
    level = level_at(item, row["locationId"])
    if seen != (level["_counts"][name] if level else 0):
        text = "The changeFromQuantity argument no longer matches the persisted quantity."
        yield refusal([*where, "changeFromQuantity"], text, "CHANGE_FROM_QUANTITY_STALE")


def _adjust(given: Node, goods: Goods, version: str) -> Node:
    name, rows = given["name"], given["changes"]
    problems = list(_adjust_problems(given, goods, version))
    if problems:
        return {"inventoryAdjustmentGroup": None, "userErrors": problems}
    return _moved(given, name, [(_level(row, goods), row["delta"], row.get("ledgerDocumentUri")) for row in rows], goods)


def _adjust_problems(given: Node, goods: Goods, version: str) -> Iterator[Node]:
    name = given["name"]
    if name not in ADJUSTABLE:
        text = f"The specified quantity name is invalid. Valid values are: {', '.join(ADJUSTABLE)}."
        yield refusal(["input", "name"], text, "INVALID_QUANTITY_NAME")
        return
    yield from _reason_problems(given)
    for at, row in enumerate(given["changes"]):
        where: list[str | int] = ["input", "changes", at]
        if (name == "available") is (row.get("ledgerDocumentUri") is not None):
            told = "not allowed when" if name == "available" else "required except when"
            code = "INVALID_AVAILABLE_DOCUMENT" if name == "available" else "INVALID_QUANTITY_DOCUMENT"
            yield refusal([*where, "ledgerDocumentUri"], f"A ledger document URI is {told} adjusting available.", code)
        yield from _place_problems(row, where, goods, version)
        if row.get("changeFromQuantity") is not None:
            yield from _stale(name, row, where, goods, version)


def _level(row: Node, goods: Goods) -> Node:
    """The level a row is about; the item is stocked there now if it was not yet."""
    item = goods.items[row["inventoryItemId"]]
    return level_at(item, row["locationId"]) or goods.stock(item, goods.locations[row["locationId"]])


def _moved(given: Node, name: str, moves: list[tuple[Node, int, str | None]], goods: Goods) -> Node:
    """Carry moves out and tell of them; a group without any change is null (observed for adjustments)."""
    changes = [
        {
            "name": moved,
            "delta": delta,
            "quantityAfterChange": None,  # observed
            "ledgerDocumentUri": document if moved == name else None,
            "item": level["item"],
            "location": level["location"],
        }
        for level, delta, document in moves
        for moved in (move(level, name, delta, goods) if delta else ())
    ]
    group = {
        "__typename": "InventoryAdjustmentGroup",
        "id": gid("InventoryAdjustmentGroup", goods.new_id()),
        "createdAt": goods.stamp(),
        "reason": given["reason"],
        "referenceDocumentUri": given.get("referenceDocumentUri"),
        "changes": changes,
    }
    return {"inventoryAdjustmentGroup": group if changes else None, "userErrors": []}


def move(level: Node, name: str, delta: int, goods: Goods) -> tuple[str, ...]:
    """Change one quantity and those it shows in; their names. What is on hand is moved by its available part."""
    counts = level["_counts"]
    part = "available" if name == "on_hand" else name
    counts[part] += delta
    counts["on_hand"] = sum(counts[one] for one in HELD)
    moved = (part,) if part == "incoming" else (part, "on_hand")
    level["canDeactivate"] = counts["available"] == 0
    goods.stock_changed(level, moved)
    return moved


def _update_item(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_inventory", step.name)
    goods = goods_of(run)
    item = goods.items.get(args["id"])
    if item is None:
        text = "The product couldn't be updated because it does not exist."
        return {"inventoryItem": None, "userErrors": [refusal(["id"], text)]}
    problems = item_problems(args["input"], ["input"], "Cost")
    if problems:
        return {"inventoryItem": None, "userErrors": problems}
    if apply_item(item, args["input"]):
        goods.item_changed(item)
    return {"inventoryItem": item, "userErrors": []}


def _activate(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    """Stock an item at a location where it was not yet, with a quantity or none (texts observed)."""
    may_write(run, "write_inventory", step.name)
    goods, version = goods_of(run), run.context.version
    key = key_of(step, run.variables)
    if version >= STRICT_SINCE and key is None:
        text = "The @idempotent directive is required for this mutation but was not provided."
        raise FieldFailed(text, code="BAD_REQUEST")
    payload: Node = goods.keys.once(key, step.name, args, lambda: _activated(args, goods))
    return payload


def _activated(args: dict[str, Any], goods: Goods) -> Node:
    item, place = goods.items.get(args["inventoryItemId"]), goods.locations.get(args["locationId"])
    if item is None or place is None:
        where = "inventoryItemId" if item is None else "locationId"
        return _stocked(None, [refusal([where], "The product couldn't be stocked because it does not exist.")])
    named = {"available": "available", "onHand": "on_hand"}
    given = {name: args[name] for name in named if args.get(name) is not None}
    level = level_at(item, place["id"])
    if level is not None:
        text = "Not allowed to set an {} quantity when the item is already active at the location."
        return _stocked(level, [refusal([name], text.format(named[name])) for name in given])
    text = f"The product couldn't be stocked at {place['name']} because "
    if len(given) > 1:
        why = "not allowed to set available and on_hand quantities at the same time."
        return _stocked(None, [refusal([name], text + why) for name in given])
    why = "the quantity needs to be between -1 billion and 1 billion."
    if wrong := [name for name, quantity in given.items() if abs(quantity) > BILLION]:
        return _stocked(None, [refusal([name], text + why) for name in wrong])
    return _stocked(goods.stock(item, place, next(iter(given.values()), 0)), [])


def _stocked(level: Node | None, problems: list[Node]) -> Node:
    return {"inventoryLevel": level, "userErrors": problems}


def _changes(source: Source, args: dict[str, Any], _: Execution, __: Step) -> list[Node]:
    wanted = args.get("quantityNames")
    return [one for one in source["changes"] if wanted is None or one["name"] in wanted]


STOCK_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "inventorySetQuantities"): _once("quantities", "InventoryQuantityInput", _set),
    ("Mutation", "inventoryAdjustQuantities"): _once("changes", "InventoryChangeInput", _adjust),
    ("Mutation", "inventoryItemUpdate"): _update_item,
    ("Mutation", "inventoryActivate"): _activate,
    ("InventoryAdjustmentGroup", "changes"): _changes,
}
