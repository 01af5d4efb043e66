"""Writing variants of one product together: all or nothing, unless partial updates are allowed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.entries import variant_title
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.items import TOO_MUCH, apply_item, item_problems
from syncdb.sandbox.shopify.products.metafield_writes import VARIANT, metafield_problems, put_metafield, unique_problems
from syncdb.sandbox.shopify.products.parts import money_text
from syncdb.sandbox.shopify.products.product_writes import GONE
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal, too_long

OWN_FIELDS = ("barcode", "taxable", "inventoryPolicy", "taxCode", "showUnitPrice", "requiresComponents")
CLEARED = frozenset({"barcode", "taxCode"})  # null empties these
MOST = 2048
ALREADY_STOCKED = (
    "Inventory quantities can only be provided during create. "
    "To update inventory for existing variants, use inventoryAdjustQuantities."
)


def _update(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, rows = goods_of(run), args["variants"]
    product = goods.products.get(args["productId"])
    if product is None:
        problem = refusal(["productId"], GONE, "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [problem]}
    refused = {at: found for at, row in enumerate(rows) if (found := _row_problems(row, product, at, goods_of(run)))}
    problems = [one for found in refused.values() for one in found]
    strangers = any(one["code"] in STRANGE for one in problems)
    if problems and (strangers or not args.get("allowPartialUpdates")):
        named = None if strangers else [goods.variants[row["id"]] for row in rows]
        return {"product": product, "productVariants": named, "userErrors": problems}
    changed = [
        variant
        for at, row in enumerate(rows)
        if at not in refused and apply_variant(variant := goods.variants[row["id"]], row, goods)
    ]
    if changed:
        goods.variants_changed(product, changed)
    return {"product": product, "productVariants": [goods.variants[row["id"]] for row in rows], "userErrors": problems}


STRANGE = frozenset(
    {"PRODUCT_VARIANT_ID_MISSING", "PRODUCT_VARIANT_DOES_NOT_EXIST", "OPTION_DOES_NOT_EXIST"}
    | {"NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"}
)


def _row_problems(row: Node, product: Node, at: int, goods: Goods) -> list[Node]:
    where: list[str | int] = ["variants", at]
    if row.get("id") is None:
        text = "Product variant is missing ID attribute"
        return [refusal([*where, "id"], text, "PRODUCT_VARIANT_ID_MISSING")]
    variant = next((one for one in product["variants"] if one["id"] == row["id"]), None)
    if variant is None:
        return [refusal([*where, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")]
    if row.get("inventoryQuantities"):
        code = "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
        return [refusal([*where, "inventoryQuantities"], ALREADY_STOCKED, code)]
    found = option_problems(row, product, where)
    if not found and row.get("optionValues"):
        found = taken(chosen_of(row, product, variant), product, where, variant)
    return found or value_problems(row, variant, where) or _custom_id_problems(row, row["id"], where, goods)


def _custom_id_problems(row: Node, owner: str, where: list[str | int], goods: Goods) -> list[Node]:
    """Refusals of custom ids that other variants have."""
    given = enumerate(row.get("metafields") or ())
    return [
        one | {"code": "INVALID"}
        for at, metafield in given
        for one in unique_problems(metafield, owner, goods, [*where, "metafields", at])
    ]


def value_problems(row: Node, variant: Node | None, where: Sequence[str | int]) -> list[Node]:
    """Refusals of a variant's values; those of compareAtPrice come before those of price (observed)."""
    found: list[Node] = []
    low, high = "GREATER_THAN_OR_EQUAL_TO", "INVALID_INPUT"
    compare, price = _price(row, "compareAtPrice"), _price(row, "price")
    if compare is not None and compare >= TOO_MUCH:
        found.append(refusal([*where, "compareAtPrice"], f"must be less than {TOO_MUCH}", high))
    if compare is not None and compare < 0:
        found.append(refusal([*where, "compareAtPrice"], "must be greater than or equal to 0", low))
    if price is not None and price < 0:
        found.append(refusal([*where, "price"], "Price must be greater than or equal to 0", low))
    if price is not None and price >= TOO_MUCH:
        found.append(refusal([*where, "price"], f"Price must be less than {TOO_MUCH}", high))
    found += too_long([*where, "barcode"], "Barcode", row.get("barcode"), "TOO_LONG")
    item = row.get("inventoryItem") or {}
    found += too_long([*where, "sku"], "SKU", item.get("sku"), "TOO_LONG")
    for one in item_problems(item, [*where, "inventoryItem"], "Cost per item", (low, high)):
        found += [refusal(where, one["message"].removeprefix("Cost per item "), None), one]
    for at, one in enumerate(row.get("metafields") or ()):
        known = metafield_of(variant, namespace_of(one.get("namespace")), one["key"]) if variant else None
        found += metafield_problems(one, known, [*where, "metafields", at])
    return found


def _price(row: Node, name: str) -> Decimal | None:
    if row.get(name) is None:
        return None
    try:
        return Decimal(str(row[name]))
    except InvalidOperation:
        raise FieldFailed(f"{name} is no amount of money: {row[name]!r}", code="INVALID_FIELD_ARGUMENTS") from None


def apply_variant(variant: Node, row: Node, goods: Goods) -> bool:
    """Write a variant's values, all without problems; whether anything is other than before."""
    names = (*OWN_FIELDS, "price", "compareAtPrice", "selectedOptions", "unitPriceMeasurement")
    before = [variant[name] for name in names]
    for name in OWN_FIELDS:
        if name in row and (row[name] is not None or name in CLEARED):
            variant[name] = row[name]
    if row.get("price") is not None:
        variant["price"] = money_text(row["price"])
    if "compareAtPrice" in row:
        variant["compareAtPrice"] = None if row["compareAtPrice"] is None else money_text(row["compareAtPrice"])
    if row.get("unitPriceMeasurement") is not None:
        variant["unitPriceMeasurement"] = dict(row["unitPriceMeasurement"]) | {"measuredType": None}
    if row.get("optionValues"):
        variant["selectedOptions"] = _choose(variant["product"], chosen_of(row, variant["product"], variant), goods)
    changed = [variant[name] for name in names] != before
    item = (row.get("inventoryItem") or {}) | ({"sku": row["sku"]} if "sku" in row else {})
    if apply_item(variant["inventoryItem"], item):
        changed = True
        if variant["inventoryItem"]["id"] in goods.items:
            goods.touched(variant["inventoryItem"])
    written = [put_metafield(goods, variant, one)[1] for one in row.get("metafields") or ()]
    return any(written) or changed


def option_problems(row: Node, product: Node, where: Sequence[str | int]) -> list[Node]:
    """Refusals of the options a row names."""
    names = [_option_name(one, product) for one in row.get("optionValues") or ()]
    for at, name in enumerate(names):
        if name is None:
            return [refusal([*where, "optionValues", at], "Option does not exist", "OPTION_DOES_NOT_EXIST")]
        if names.count(name) > 1:
            return [refusal([*where, "optionValues"], f"Duplicated option name '{name}'", "INVALID_INPUT")]
    return []


def _option_name(given: Node, product: Node) -> str | None:
    """The name of the option a value is for, by its id or name; None where the product has none such."""
    wanted = given.get("optionId") or given.get("optionName")
    return next((str(one["name"]) for one in product["options"] if wanted in (one["id"], one["name"])), None)


def chosen_of(row: Node, product: Node, variant: Node | None) -> dict[str, str]:
    """The value of each option as a row leaves it."""
    chosen = {one["name"]: one["value"] for one in variant["selectedOptions"]} if variant else {}
    known = {value["id"]: value["name"] for option in product["options"] for value in option["optionValues"]}
    for one in row.get("optionValues") or ():
        chosen[str(_option_name(one, product))] = one.get("name") or known.get(one.get("id") or "", "")
    return chosen


def taken(chosen: dict[str, str], product: Node, where: Sequence[str | int], variant: Node | None = None) -> list[Node]:
    """The refusal of options that another variant of the product has."""
    for one in product["variants"]:
        if one is not variant and {pick["name"]: pick["value"] for pick in one["selectedOptions"]} == chosen:
            text = f"The variant '{variant_title(one)}' already exists. Please change at least one option value."
            return [refusal(where, text, "VARIANT_ALREADY_EXISTS")]
    return []


def _choose(product: Node, chosen: dict[str, str], goods: Goods) -> list[Node]:
    """The chosen values in the order of the options; values that are new become values of their option."""
    for option in product["options"]:
        value = chosen[option["name"]]
        if value not in [one["name"] for one in option["optionValues"]]:
            added = parts.option(0, "", 0, [(goods.new_id(), value)])["optionValues"]
            option["optionValues"] = [*option["optionValues"], *added]
    return [{"name": option["name"], "value": chosen[option["name"]]} for option in product["options"]]


def new_variant(product: Node, row: Node, goods: Goods) -> Node:
    """A variant with its values and stock, not yet listed."""
    chosen = _choose(product, chosen_of(row, product, None), goods)
    pairs = [(one["name"], one["value"]) for one in chosen]
    made = parts.variant(goods.new_id(), goods.new_id(), product, pairs, goods.stamp(), tracked=False)
    rest = {name: value for name, value in row.items() if name != "optionValues"}
    apply_variant(made, rest, goods)
    item = made["inventoryItem"]
    stocked = {
        one["locationId"]: one.get("availableQuantity", one.get("quantity")) for one in row.get("inventoryQuantities") or ()
    }
    for gid in stocked or list(goods.locations)[:1]:
        location = goods.locations[gid]
        item["inventoryLevels"].append(parts.level(location["_group"], item, location, goods.stamp(), stocked.get(gid, 0)))
    return made


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, rows = goods_of(run), args["variants"]
    product = goods.products.get(args["productId"])
    if product is None:
        problem = refusal(["productId"], GONE, "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": [], "userErrors": [problem]}
    problems = [one for at, row in enumerate(rows) for one in _new_problems(row, product, at, goods)]
    if len(product["variants"]) + len(rows) > MOST:
        problems.append(refusal(["variants"], f"You can only have a maximum of {MOST} variants per product."))
    if problems:
        return {"product": None, "productVariants": [], "userErrors": problems}
    alone = [one for one in product["variants"] if variant_title(one) == parts.DEFAULT_CHOICE[1]]
    made = []
    for row in rows:
        made.append(new_variant(product, row, goods))
        product["variants"].append(made[-1])
    if rows and args.get("strategy") in (None, "DEFAULT", "REMOVE_STANDALONE_VARIANT"):
        for one in alone:
            goods.delete_variant(one)
    for one in made:
        goods.add_variant(one)
    if made:
        goods.touched(product)
    return {"product": product, "productVariants": made, "userErrors": []}


def _new_problems(row: Node, product: Node, at: int, goods: Goods) -> list[Node]:
    where: list[str | int] = ["variants", at]
    found = option_problems(row, product, where)
    chosen = chosen_of(row, product, None) if not found else {}
    if not found and len(chosen) < len(product["options"]):
        text = "You need to add option values for all options"
        found = [refusal(where, text, "NEED_TO_ADD_OPTION_VALUES")]
    for place, one in enumerate(row.get("inventoryQuantities") or ()):
        if one["locationId"] not in goods.locations:
            path = [*where, "inventoryQuantities", place, "locationId"]
            text = "Quantity could not be set. Location was not found."
            found.append(refusal(path, text, "TRACKED_VARIANT_LOCATION_NOT_FOUND"))
    found = found or taken(chosen, product, where) or value_problems(row, None, where)
    return found or _custom_id_problems(row, VARIANT, where, goods)


def _delete(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, product = goods_of(run), goods_of(run).products.get(args["productId"])
    if product is None:
        return {"product": None, "userErrors": [refusal(["productId"], GONE, "PRODUCT_DOES_NOT_EXIST")]}
    own = {one["id"]: one for one in product["variants"]}
    code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
    text = "At least one variant does not belong to the product"
    strangers = [at for at, gid in enumerate(args["variantsIds"]) if gid not in own]
    if strangers:
        return {"product": None, "userErrors": [refusal(["variantsIds", at], text, code) for at in strangers]}
    if own.keys() <= set(args["variantsIds"]):
        problem = refusal(["variantsIds"], "Cannot delete the last variant of a product", "CANNOT_DELETE_LAST_VARIANT")
        return {"product": None, "userErrors": [problem]}
    for gid in dict.fromkeys(args["variantsIds"]):
        goods.delete_variant(own[gid])
    if args["variantsIds"]:
        goods.touched(product)
    return {"product": product, "userErrors": []}


VARIANT_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "productVariantsBulkUpdate"): _update,
    ("Mutation", "productVariantsBulkCreate"): _create,
    ("Mutation", "productVariantsBulkDelete"): _delete,
}
