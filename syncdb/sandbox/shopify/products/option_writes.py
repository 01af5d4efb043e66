"""Renaming options and their values, and putting variants in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

GONE = "Product does not exist"


def _update(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, product = goods_of(run), goods_of(run).products.get(args["productId"])
    if product is None:
        return {"product": None, "userErrors": [refusal(["productId"], GONE, "PRODUCT_DOES_NOT_EXIST")]}
    option = next((one for one in product["options"] if one["id"] == args["option"]["id"]), None)
    if option is None:
        return {"product": product, "userErrors": [refusal(["option"], "Option does not exist", "OPTION_DOES_NOT_EXIST")]}
    problems = _problems(args, option, product)
    if problems:
        return {"product": product, "userErrors": problems}
    change_option(option, args, product, goods)
    goods.variants_changed(product, product["variants"])
    return {"product": product, "userErrors": []}


def _problems(args: Node, option: Node, product: Node) -> list[Node]:
    name, values = args["option"].get("name"), {one["id"]: one["name"] for one in option["optionValues"]}
    if name and any(one["name"] == name for one in product["options"] if one is not option):
        return [refusal(["option", "name"], "Option already exists.", "OPTION_ALREADY_EXISTS")]
    if name and " / " in name:
        return [refusal(["option", "name"], "Option name contains reserved characters", "INVALID_NAME")]
    named = [*(one["id"] for one in args.get("optionValuesToUpdate") or ()), *(args.get("optionValuesToDelete") or ())]
    if any(one not in values for one in named):
        return [refusal(["optionValuesToUpdate"], "Option value does not exist", "OPTION_VALUE_DOES_NOT_EXIST")]
    shown = {
        one["value"] for variant in product["variants"] for one in variant["selectedOptions"] if one["name"] == option["name"]
    }
    if any(values[one] in shown for one in args.get("optionValuesToDelete") or ()):
        text = "Cannot delete an option value that variants have"
        return [refusal(["optionValuesToDelete"], text, "OPTION_VALUE_HAS_VARIANTS")]
    left = {one: text for one, text in values.items() if one not in (args.get("optionValuesToDelete") or ())}
    left |= {one["id"]: one["name"] for one in args.get("optionValuesToUpdate") or ()}
    added = [one["name"] for one in args.get("optionValuesToAdd") or ()]
    if len({*left.values(), *added}) < len(left) + len(added):
        return [refusal(["optionValuesToUpdate"], "Option value already exists", "OPTION_VALUE_ALREADY_EXISTS")]
    return []


def change_option(option: Node, args: Node, product: Node, goods: Goods) -> None:
    """Carry out what was found to be without problems, in the option and in the variants' own words."""
    new = {one["id"]: one["name"] for one in args.get("optionValuesToUpdate") or ()}
    words = {one["name"]: new.get(one["id"], one["name"]) for one in option["optionValues"]}
    name, old = args["option"].get("name") or option["name"], option["name"]
    gone = args.get("optionValuesToDelete") or ()
    kept = [one | {"name": words[one["name"]]} for one in option["optionValues"] if one["id"] not in gone]
    added = [(goods.new_id(), one["name"]) for one in args.get("optionValuesToAdd") or ()]
    option.update(name=name, optionValues=[*kept, *parts.option(0, "", 0, added)["optionValues"]])
    position = args["option"].get("position")
    if position:
        product["options"].remove(option)
        product["options"].insert(position - 1, option)
    for at, one in enumerate(product["options"], 1):
        one["position"] = at
    order = [one["name"] for one in product["options"]]
    for variant in product["variants"]:
        chosen = {one["name"]: one["value"] for one in variant["selectedOptions"]}
        chosen[name] = words[chosen.pop(old)]
        variant["selectedOptions"] = [{"name": one, "value": chosen[one]} for one in order]


def _reorder(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, product, rows = goods_of(run), goods_of(run).products.get(args["productId"]), args["positions"]
    if product is None:
        return {"product": None, "userErrors": [refusal(["productId"], GONE, "PRODUCT_DOES_NOT_EXIST")]}
    problems = _position_problems(rows, product)
    if problems:
        return {"product": None, "userErrors": problems}
    by_id = {one["id"]: one for one in product["variants"]}
    for row in sorted(rows, key=lambda one: one["position"]):
        product["variants"].remove(by_id[row["id"]])
        product["variants"].insert(row["position"] - 1, by_id[row["id"]])
    for at, one in enumerate(product["variants"], 1):
        one["position"] = at
    goods.product_changed(product)
    return {"product": product, "userErrors": []}


def _position_problems(rows: Sequence[Node], product: Node) -> list[Node]:
    """Refusals of positions (texts observed)."""
    known = {one["id"] for one in product["variants"]}
    if len({row["id"] for row in rows}) < len(rows):
        return [refusal(["positions"], "Product variant IDs must be unique", "DUPLICATED_VARIANT_ID")]
    found = []
    for at, row in enumerate(rows):
        if row["id"] not in known:
            found.append(refusal(["positions", at, "id"], "Product variant does not exist", "MISSING_VARIANT"))
        elif row["position"] < 1:
            text = "Position can not be zero or negative number"
            found.append(refusal(["positions", at, "position"], text, "INVALID_POSITION"))
    return found


OPTION_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "productOptionUpdate"): _update,
    ("Mutation", "productVariantsBulkReorder"): _reorder,
}
