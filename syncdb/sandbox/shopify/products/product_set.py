"""productSet: a product as a whole. What its lists leave out is deleted."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import full_key, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.definitions import by_custom_id
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.media_writes import set_files, set_problems, show_file
from syncdb.sandbox.shopify.products.metafield_writes import put_metafield
from syncdb.sandbox.shopify.products.product_writes import (
    GONE,
    OPERATION_TAKES,
    add_first_variant,
    apply_product,
    new_product,
    product_problems,
)
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.stock_writes import move
from syncdb.sandbox.shopify.products.variant_writes import apply_variant, new_variant, value_problems
from syncdb.sandbox.shopify.products.writing import may_write, refusal

MOST_OPTIONS = 3  # documented


def _set(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, given, identifier = goods_of(run), args["input"], args.get("identifier")
    product, problems = _named(identifier, given, goods)
    problems = problems or _problems(given, product, goods)
    if problems:
        shown = product if all(one["code"] == "HANDLE_NOT_UNIQUE" for one in problems) else None  # a product beside errors
        return {"product": shown, "productSetOperation": None, "userErrors": problems}
    if args.get("synchronous") is False:
        return {"product": None, "productSetOperation": _set_later(given, identifier, goods), "userErrors": []}
    done = _apply(product, given, identifier or {}, goods)
    return {"product": done, "productSetOperation": None, "userErrors": []}


def _named(identifier: Node | None, given: Node, goods: Goods) -> tuple[Node | None, list[Node]]:
    """The product meant, None for a new one; refusals where there is none of that id, or two ids are given."""
    if identifier and given.get("id"):
        return None, [refusal(["input"], "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED")]
    wanted = (identifier or {}).get("id") or given.get("id")
    if wanted:
        where = ["identifier", "id"] if identifier else ["input", "id"]
        missing = [refusal(where, GONE, "PRODUCT_DOES_NOT_EXIST")]
        return goods.products.get(wanted), [] if wanted in goods.products else missing
    if identifier and identifier.get("customId"):
        return by_custom_id(goods, identifier["customId"]), _custom_id_problems(identifier["customId"], given)
    if identifier and identifier.get("handle") and not given.get("handle"):
        text = "The handle field is required when it is the identifier"  # code from the schema, text taken on trust
        return None, [refusal(["input"], text, "MISSING_FIELD_REQUIRED")]
    handle = parts.handle_of((identifier or {}).get("handle") or "")
    if identifier and parts.handle_of(given.get("handle") or "") != handle:
        return None, [refusal(["input"], "The handle does not match the identifier", "INPUT_MISMATCH")]
    return next((one for one in goods.products.values() if one["handle"] == handle), None), []


def _custom_id_problems(custom: Node, given: Node) -> list[Node]:
    """Metafields, where they are given, must hold the custom id (code from the schema, text taken on trust)."""
    if given.get("metafields") is None:
        return []
    wanted = (namespace_of(custom.get("namespace")), custom["key"], custom["value"])
    held = [(*full_key(one.get("namespace"), one["key"]), one["value"]) for one in given["metafields"]]
    text = "The metafields must contain the custom id of the identifier"
    return [] if wanted in held else [refusal(["input", "metafields"], text, "METAFIELD_MISMATCH")]


def _problems(given: Node, product: Node | None, goods: Goods) -> list[Node]:
    fields = given if product is not None else {"title": None} | given
    told = product_problems(fields, product, goods, ["input"])
    found = [other for one in told for other in _as_told_here(one, given)] + set_problems(given, goods)
    if given.get("giftCard") and not product:
        found.append(refusal(["input", "giftCard"], "Gift cards are not activated", "GIFT_CARDS_NOT_ACTIVATED"))
    options, variants = given.get("productOptions"), given.get("variants")
    if options is not None and variants is None:
        text = "Variants input is required when updating product options"
        return [*found, refusal(["input", "variants"], text, "VARIANTS_INPUT_MISSING")]
    if variants is not None and options is None:
        text = "Product options input is required when updating variants"
        return [*found, refusal(["input", "productOptions"], text, "PRODUCT_OPTIONS_INPUT_MISSING")]
    if options is not None and len(options) > MOST_OPTIONS:
        text = f"Options are over the limit of {MOST_OPTIONS}"
        found.append(refusal(["input", "productOptions"], text, "OPTIONS_OVER_LIMIT"))
    return found + (_variant_problems(variants, options, product, goods) if variants is not None and options else [])


def _variant_problems(rows: list[Node], options: list[Node], product: Node | None, goods: Goods) -> list[Node]:
    found: list[Node] = []
    known = {one["id"]: one for one in product["variants"]} if product else {}
    seen: set[tuple[str, ...]] = set()
    for at, row in enumerate(rows):
        where: list[str | int] = ["input", "variants", at]
        if row.get("id") and row["id"] not in known:
            found.append(refusal([*where, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"))
        chosen = {one.get("optionName"): one.get("name") or "" for one in row["optionValues"]}
        values = tuple(chosen.get(one["name"], "") for one in options)
        if "" in values:
            found.append(refusal(where, "You need to add option values for all options", "INVALID_VARIANT"))
        elif values in seen:
            text = f"The variant '{' / '.join(values)}' already exists. Please change at least one option value."
            found.append(refusal(where, text, "INVALID_VARIANT"))
        seen.add(values)
        for one in row.get("inventoryQuantities") or ():
            if one["locationId"] not in goods.locations:
                found.append(refusal([*where, "inventoryQuantities"], "Location was not found.", "INVALID_VARIANT"))
        told = value_problems(row, known.get(row.get("id") or ""), where)
        found += [one | {"code": "INVALID_VARIANT"} for one in told if one["code"]]
    return found


def _apply(product: Node | None, given: Node, identifier: Node, goods: Goods) -> Node:
    fresh = product is None
    own = {name: value for name, value in given.items() if name not in ("variants", "productOptions", "id", "files")}
    if product is None:
        own |= {"handle": identifier["handle"]} if identifier.get("handle") and not own.get("handle") else {}
        product = new_product(own, goods)
    else:
        apply_product(product, own, goods)
    if identifier.get("customId") and given.get("metafields") is None and goods.stores_custom_ids:
        put_metafield(goods, product, dict(identifier["customId"]) | {"type": "id"})
    if given.get("metafields") is not None:
        _keep_metafields(product, given["metafields"], goods)
    made = set_files(product, given["files"], goods) if given.get("files") is not None else {}
    if given.get("variants") is not None:
        _replace_variants(product, given["productOptions"], given["variants"], goods)
        for variant, row in zip(product["variants"], given["variants"], strict=True):
            if "file" in row:
                show_file(variant, row["file"], made, goods)
    elif fresh:
        add_first_variant(product, [parts.DEFAULT_CHOICE], goods)
    if fresh:
        return goods.add_product(product)
    goods.product_changed(product)
    return product


def _keep_metafields(product: Node, given: list[Node], goods: Goods) -> None:
    """Metafields that the list leaves out are deleted (documented for lists; for metafields taken on trust)."""
    named = {full_key(namespace_of(one.get("namespace")), one["key"]) for one in given}
    for one in [one for one in product["metafields"] if (one["namespace"], one["key"]) not in named]:
        product["metafields"].remove(one)
        goods.metafields.pop(one["id"], None)


def _replace_variants(product: Node, options: list[Node], rows: list[Node], goods: Goods) -> None:
    """Variants are known again by id or by their options; the rest are made, and those not named deleted."""
    placed = sorted(enumerate(options, 1), key=lambda one: (one[1].get("position") or one[0], one[0]))
    product["options"] = [_option(product, one, position, goods) for position, (_, one) in enumerate(placed, 1)]
    old = list(product["variants"])
    product["variants"] = []
    for row in rows:
        chosen = {one.get("optionName"): one.get("name") for one in row["optionValues"]}
        known = next((one for one in old if (row["id"] == one["id"] if row.get("id") else _chosen(one) == chosen)), None)
        if known is None:
            made = new_variant(product, row, goods)
            product["variants"].append(made)
            if product["id"] in goods.products:
                goods.add_variant(made)
            continue
        old.remove(known)
        product["variants"].append(known)
        if apply_variant(known, row, goods):
            goods.touched(known)
        _restock(known, row, goods)
    for one in old:
        product["variants"].append(one)
        goods.delete_variant(one)
    for position, one in enumerate(product["variants"], 1):
        one["position"] = position


def _chosen(variant: Node) -> dict[str, str]:
    return {one["name"]: one["value"] for one in variant["selectedOptions"]}


def _option(product: Node, given: Node, position: int, goods: Goods) -> Node:
    """An option as given, with its old id and those of its values where it had them."""
    known = next((one for one in product["options"] if one["name"] == given["name"] or one["id"] == given.get("id")), None)
    old = {one["name"]: one for one in known["optionValues"]} if known else {}
    names = [one["name"] for one in given.get("values") or ()]
    made = parts.option(goods.new_id(), given["name"], position, [(goods.new_id(), name) for name in names])
    made["optionValues"] = [old.get(one["name"], one) for one in made["optionValues"]]
    return made | ({"id": known["id"]} if known else {})


def _restock(variant: Node, row: Node, goods: Goods) -> None:
    """Quantities given for a variant that was there, without any comparison."""
    item = variant["inventoryItem"]
    for one in row.get("inventoryQuantities") or ():
        level = next((level for level in item["inventoryLevels"] if level["location"]["id"] == one["locationId"]), None)
        level = level or goods.stock(item, goods.locations[one["locationId"]])
        move(level, one["name"], one["quantity"] - level["_counts"][one["name"]], goods)


def _as_told_here(problem: Node, given: Node) -> list[Node]:
    """A product's refusal as productSet tells it: long texts in its own way, a code for the handle only (observed)."""
    if "already in use" in problem["message"]:
        return [problem | {"code": "HANDLE_NOT_UNIQUE"}]
    if "is too long" not in problem["message"]:
        return [problem]
    name, whole = problem["field"][-1], ["input"]
    if name == "title":
        short = problem | {"message": problem["message"].removeprefix("Title ")}
        handle = problem | {"field": whole, "message": problem["message"].replace("Title", "Handle")}
        return [short] if given.get("handle") else [short, handle]
    custom = problem["message"].replace("Product type", "Custom product type")
    also = [problem | {"field": whole, "message": custom}] if name == "productType" else []
    return [problem | {"field": whole}, *also]


def _set_later(given: Node, identifier: Node | None, goods: Goods) -> Node:
    """An operation that sets the product in a moment. What goes wrong then is in its own userErrors: there is no FAILED."""
    made = goods.operation("ProductSetOperation")

    def act() -> None:
        product, problems = _named(identifier, given, goods)
        problems = problems or _problems(given, product, goods)
        made.update(status="COMPLETE", userErrors=problems)
        if not problems:
            made["product"] = _apply(product, given, identifier or {}, goods)

    goods.later(OPERATION_TAKES, act)
    return {**made}


def _operation_asked(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node | None:
    operation: Node | None = goods_of(run).operations.get(str(args["id"]))
    if operation is not None and operation["status"] == "CREATED":
        operation["status"] = "ACTIVE"
    return operation


SET_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "productSet"): _set,
    ("QueryRoot", "productOperation"): _operation_asked,
}
