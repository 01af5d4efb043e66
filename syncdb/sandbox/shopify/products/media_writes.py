"""Media of products: what is appended, kept, put in order, and shown by variants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.files.nodes import MEDIA
from syncdb.sandbox.shopify.files.staging import FOLDER
from syncdb.sandbox.shopify.files.writes import MOST_MEDIA, UPLOADED_ONLY, detach, source_problems, taken_in
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

MOST_PAIRS = 100  # observed
JOBS = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
GONE = "Product does not exist"


def media_problems(given: Sequence[Node], product: Node | None, goods: Goods) -> list[Node]:
    """Refusals of media appended by productCreate or productUpdate (text observed; no code there)."""
    found = []
    for at, one in enumerate(given):
        source = one["originalSource"]
        staged = one["mediaContentType"] not in UPLOADED_ONLY or FOLDER in source
        if urlsplit(source).scheme not in ("http", "https") or not urlsplit(source).hostname or not staged:
            label = {"IMAGE": "Image", "VIDEO": "Video", "MODEL_3D": "Model3d"}.get(one["mediaContentType"], "External video")
            found.append(refusal(["media", at, "originalSource"], f"{label} URL is invalid"))
    if len(given) + len(product["media"] if product else ()) > MOST_MEDIA:
        found.append(refusal(["media"], f"Exceeded {MOST_MEDIA} media per product."))
    return found


def append_media(product: Node, given: Sequence[Node], goods: Goods) -> None:
    """New media behind those that are there (observed)."""
    for one in given:
        named = {"originalSource": one["originalSource"], "contentType": one["mediaContentType"], "alt": one.get("alt")}
        product["media"].append(taken_in(named, goods.files))


def set_problems(given: Node, goods: Goods) -> list[Node]:
    """Refusals of the files of productSet, its variants' among them."""
    rows = given.get("files") or ()
    found = [one for at, row in enumerate(rows) for one in _file_problems(row, goods, ["input", "files", at])]
    for at, row in enumerate(given.get("variants") or ()):
        if row.get("file"):
            found += _file_problems(row["file"], goods, ["input", "variants", at, "file"])
            found += _picture_problems(row["file"], rows, given, ["input", "variants", at, "file"])
    if len(rows) > MOST_MEDIA:
        found.append(refusal(["input", "files"], f"Exceeded {MOST_MEDIA} media per product.", "INVALID_PRODUCT"))
    return found


def _file_problems(row: Node, goods: Goods, where: list[str | int]) -> list[Node]:
    if row.get("id"):
        known = row["id"] in goods.files.files
        return [] if known else [refusal([*where, "id"], "File does not exist.", "INVALID_INPUT")]
    return [one | {"code": "INVALID_INPUT"} for one in source_problems(row, goods.files, where)]


def _picture_problems(file: Node, rows: Sequence[Node], given: Node, where: list[str | int]) -> list[Node]:
    """A variant's file must be among the product's, where those are given (documented)."""
    if given.get("files") is None:
        return []
    named = file.get("id"), file.get("originalSource")
    if any((row.get("id"), row.get("originalSource")) == named for row in rows):
        return []
    return [refusal(where, "The file must also be in the product's files.", "INVALID_INPUT")]


def set_files(product: Node, rows: Sequence[Node], goods: Goods) -> dict[str, Node]:
    """The product's media become just these, in their order; those by id are kept. New ones by their source."""
    made: dict[str, Node] = {}
    wanted = []
    for row in rows:
        node = goods.files.files[row["id"]] if row.get("id") else taken_in(row, goods.files)
        if row.get("id") and row.get("alt") is not None:
            node["alt"] = row["alt"]
        elif not row.get("id"):
            made[row["originalSource"]] = node
        wanted.append(node)
    for node in [one for one in product["media"] if one not in wanted]:
        detach(node, [product], goods)
    product["media"][:] = wanted
    return made


def show_file(variant: Node, file: Node | None, made: dict[str, Node], goods: Goods) -> None:
    """A variant shows this file from now on; None shows nothing."""
    if file is None:
        variant["media"] = []
    else:
        variant["media"] = [goods.files.files[file["id"]] if file.get("id") else made[file["originalSource"]]]


def _reorder(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, product = goods_of(run), goods_of(run).products.get(args["id"])
    if product is None:
        return {"job": None, "mediaUserErrors": [refusal(["id"], GONE, "PRODUCT_DOES_NOT_EXIST")]}
    by_id = {one["id"]: one for one in product["media"]}
    lost = [one["id"] for one in args["moves"] if one["id"] not in by_id]
    if lost:
        text = f"Media id {lost[0]} does not exist"
        return {"job": None, "mediaUserErrors": [refusal(["moves"], text, "MEDIA_DOES_NOT_EXIST")]}
    for move in args["moves"]:  # one after the other, zero-based (observed)
        product["media"].remove(by_id[move["id"]])
        product["media"].insert(int(move["newPosition"]), by_id[move["id"]])
    goods.product_changed(product)
    job = gid("Job", str(uuid5(JOBS, str(goods.new_id()))))
    return {"job": {"__typename": "Job", "id": job, "done": False}, "mediaUserErrors": []}


def _variant_media(attaching: bool) -> Resolver:
    def resolve(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
        may_write(run, "write_products", step.name)
        goods, product, pairs = goods_of(run), goods_of(run).products.get(args["productId"]), args["variantMedia"]
        if product is None:
            problems = [refusal(["productId"], GONE, "PRODUCT_DOES_NOT_EXIST")]
        else:
            problems = _pair_problems(pairs, product, goods, attaching)
        if problems or product is None:
            return {"product": None, "productVariants": None, "userErrors": problems}
        shown = [_shown(goods.variants[one["variantId"]], one["mediaIds"], goods, attaching) for one in pairs]
        goods.variants_changed(product, shown)
        return {"product": product, "productVariants": shown, "userErrors": []}

    return resolve


def _shown(variant: Node, ids: Sequence[str], goods: Goods, attaching: bool) -> Node:
    variant["media"] = [goods.files.files[one] for one in ids] if attaching else []
    return variant


def _pair_problems(pairs: Sequence[Node], product: Node, goods: Goods, attaching: bool) -> list[Node]:
    if len(pairs) > MOST_PAIRS:
        text = f"Exceeded {MOST_PAIRS} variant-media pairs per mutation."
        return [refusal(["variantMedia"], text, "MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED")]
    found: list[Node] = []
    named = [pair["variantId"] for pair in pairs]
    for at, pair in enumerate(pairs):
        where: list[str | int] = ["variantMedia", at]
        problems = _ids_problems(pair, where)
        if not problems and named.count(pair["variantId"]) > 1:
            text = "Variant was specified in more than one media input."
            return [refusal([*where, "variantId"], text, "PRODUCT_VARIANT_SPECIFIED_MULTIPLE_TIMES")]
        found += problems or _pair_state(pair, product, goods, where, attaching)
    return found


def _ids_problems(pair: Node, where: list[str | int]) -> list[Node]:
    place = [*where, "mediaIds"]
    if not pair["mediaIds"]:
        return [refusal(place, "The mediaIds list cannot be empty.", "BLANK")]
    if len(pair["mediaIds"]) > 1:
        return [refusal(place, "Only one mediaId is allowed per media input.", "TOO_MANY_MEDIA_PER_INPUT_PAIR")]
    return []


def _pair_state(pair: Node, product: Node, goods: Goods, where: list[str | int], attaching: bool) -> list[Node]:
    """What stands against one pair as things are (texts observed)."""
    variant = next((one for one in product["variants"] if one["id"] == pair["variantId"]), None)
    node = next((one for one in product["media"] if one["id"] == pair["mediaIds"][0]), None)
    on_variant, on_media = [*where, "variantId"], [*where, "mediaIds"]
    if variant is None:
        text = "Variant does not exist on the specified product."
        return [refusal(on_variant, text, "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT")]
    if node is None:
        text = "Media does not exist on the specified product."
        return [refusal(on_media, text, "MEDIA_DOES_NOT_EXIST_ON_PRODUCT")]
    if not attaching:
        text = "The specified media is not attached to the specified variant."
        return [] if node in variant["media"] else [refusal(on_variant, text, "MEDIA_IS_NOT_ATTACHED_TO_VARIANT")]
    if node["__typename"] in MEDIA - {"MediaImage"}:
        return [refusal(on_media, "Non-image media cannot be attached to variants.", "INVALID_MEDIA_TYPE")]
    if goods.files.status(node) != "READY":
        return [refusal(on_media, "Non-ready media cannot be attached to variants.", "NON_READY_MEDIA")]
    if variant["media"]:
        text = "The given variant already has attached media."
        return [refusal(on_variant, text, "PRODUCT_VARIANT_ALREADY_HAS_MEDIA")]
    return []


MEDIA_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "productReorderMedia"): _reorder,
    ("Mutation", "productVariantAppendMedia"): _variant_media(True),
    ("Mutation", "productVariantDetachMedia"): _variant_media(False),
}
