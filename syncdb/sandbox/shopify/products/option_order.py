"""Putting options and their values in another order; the variants follow (documented, unrecorded)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

Problem = tuple[list[str | int], str, str]  # field, message, code


def order_options(product: Node, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Put options in this order, and the values of those that name some; then the variants in the order that comes of it."""
    by_place = [(_named(product["options"], one), one.get("values")) for one in wanted]
    for option, values in by_place:
        if values is not None:
            option["optionValues"] = [_named(option["optionValues"], one) for one in values]
    product["options"] = [option for option, _ in by_place]
    for at, option in enumerate(product["options"], 1):
        option["position"] = at
    names = [option["name"] for option in product["options"]]
    places = {option["name"]: {one["name"]: at for at, one in enumerate(option["optionValues"])} for option in product["options"]}
    for variant in product["variants"]:
        chosen = {one["name"]: one["value"] for one in variant["selectedOptions"]}
        variant["selectedOptions"] = [{"name": name, "value": chosen[name]} for name in names]
    product["variants"].sort(key=lambda one: [places[pick["name"]][pick["value"]] for pick in one["selectedOptions"]])
    for at, variant in enumerate(product["variants"], 1):
        variant["position"] = at


def _named(known: Sequence[Node], asked: Mapping[str, Any]) -> Node:
    """The option or value that is meant, by id or name."""
    return next(one for one in known if _is(one, asked))


def _reorder(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, product = goods_of(run), goods_of(run).products.get(args["productId"])
    if product is None:
        return {"product": None, "userErrors": [refusal(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")]}
    problems = [refusal(list(where), text, code) for where, text, code in _problems(args["options"], product)]
    if problems:
        return {"product": None, "userErrors": problems}
    order_options(product, args["options"])
    goods.variants_changed(product, product["variants"])
    return {"product": product, "userErrors": []}


def _problems(asked: Sequence[Node], product: Node) -> Iterator[Problem]:
    """Every option must be named once, and each list of values must be whole (by the codes of the schema)."""
    yield from _of_list(asked, product["options"], ["options"], "OPTION")
    for at, one in enumerate(asked):
        option = next((found for found in product["options"] if _is(found, one)), None)
        if option is not None and one.get("values") is not None:
            yield from _of_list(one["values"], option["optionValues"], ["options", at, "values"], "OPTION_VALUE")


def _of_list(asked: Sequence[Node], known: Sequence[Node], where: list[str | int], what: str) -> Iterator[Problem]:
    if len({key for one in asked for key in ("id", "name") if one.get(key) is not None}) > 1:
        yield where, "Cannot mix ids and names", "MIXING_ID_AND_NAME_KEYS_IS_NOT_ALLOWED"
        return
    found = [next((at for at, each in enumerate(known) if _is(each, one)), None) for one in asked]
    if None in found:
        absent = "OPTION_ID_DOES_NOT_EXIST" if what == "OPTION" else "OPTION_VALUE_DOES_NOT_EXIST"
        yield where, f"{_words(what)} does not exist", absent
    elif len(set(found)) < len(found):
        yield where, f"Duplicated {_words(what).lower()}", f"DUPLICATED_{what if what != 'OPTION' else 'OPTION_NAME'}"
    elif len(found) < len(known):
        yield where, f"Missing {_words(what).lower()}", f"MISSING_{what if what != 'OPTION' else 'OPTION_NAME'}"


def _is(known: Node, asked: Mapping[str, object]) -> bool:
    return bool(known["id"] == asked.get("id") or known["name"] == asked.get("name"))


def _words(what: str) -> str:
    return "Option" if what == "OPTION" else "Option value"


OPTION_ORDER: dict[tuple[str, str], Resolver] = {("Mutation", "productOptionsReorder"): _reorder}
