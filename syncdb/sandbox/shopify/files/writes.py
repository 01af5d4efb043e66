"""Writing files: taking in, changing, replacing and deleting them, and places to upload to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.files.desk import FileDesk
from syncdb.sandbox.shopify.files.nodes import ending, file_name, kind_of
from syncdb.sandbox.shopify.files.reading import desk_of
from syncdb.sandbox.shopify.files.staging import FOLDER, Place, problems_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

LONGEST_ALT = 512  # observed
MOST_MEDIA = 250  # documented
UPLOADED_ONLY = frozenset({"VIDEO", "MODEL_3D"})  # documented: other sources are refused


def source_problems(given: Node, desk: FileDesk, where: Sequence[str | int]) -> list[Node]:
    """Refusals of one file to be taken in (texts and their order observed, save for videos and models)."""
    source, name, kind = given.get("originalSource") or "", given.get("filename"), given.get("contentType")
    if urlsplit(source).scheme not in ("http", "https") or not urlsplit(source).hostname:
        return [refusal([*where, "originalSource"], "File URL is invalid", "INVALID_IMAGE_SOURCE_URL")]
    if name and ending(name) != ending(file_name(source)):
        text = "Provided filename extension must match original source."
        return [refusal([*where, "filename"], text, "MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE")]
    found = _mode_problems(given, where)
    if not found and len(given.get("alt") or "") > LONGEST_ALT:
        text = f"The alt value exceeds the maximum limit of {LONGEST_ALT} characters."
        found = [refusal([*where, "alt"], text, "ALT_VALUE_LIMIT_EXCEEDED")]
    if not found and (kind or kind_of(source)) in UPLOADED_ONLY and FOLDER not in source:
        found = [refusal([*where, "originalSource"], "Video and 3D model sources must be uploaded", "INVALID")]
    if not found and given.get("duplicateResolutionMode") == "RAISE_ERROR":
        taken = any(one["_name"] == name for one in desk.files.values())
        text = "A file with this name already exists"
        found = [refusal([*where, "filename"], text, "FILENAME_ALREADY_EXISTS")] if taken else []
    return found


def _mode_problems(given: Node, where: Sequence[str | int]) -> list[Node]:
    if given.get("duplicateResolutionMode") != "REPLACE":
        return []
    kind = given.get("contentType") or "MISSING"
    if kind != "IMAGE":
        text = f"Duplicate resolution mode 'REPLACE' is not supported for '{kind}' media type."
        return [refusal([*where, "duplicateResolutionMode"], text, "INVALID_DUPLICATE_MODE_FOR_TYPE")]
    if given.get("filename"):
        return []
    text = "Missing filename argument when attempting to use REPLACE duplicate mode."
    return [refusal([*where, "filename"], text, "MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE")]


def taken_in(given: Node, desk: FileDesk) -> Node:
    """A new file from one without problems. Every call makes a new one, whatever its source (reported)."""
    kind = given.get("contentType") or kind_of(given["originalSource"])
    return desk.take(kind, given["originalSource"], given.get("alt"), given.get("filename"))


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_files", step.name)
    desk, rows = desk_of(run), args["files"]
    problems = [one for at, row in enumerate(rows) for one in source_problems(row, desk, ["files", at])]
    if problems:
        return {"files": [], "userErrors": problems}
    return {"files": [taken_in(row, desk) for row in rows], "userErrors": []}


def _update(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_files", step.name)
    desk, goods, rows = desk_of(run), goods_of(run), args["files"]
    lost = [row["id"] for row in rows if row["id"] not in desk.files]
    if lost:
        names = ", ".join(f'"{one}"' for one in lost)
        return _nothing(refusal(["files"], f"File id [{names}] does not exist.", "FILE_DOES_NOT_EXIST"))
    if any(desk.status(desk.files[row["id"]]) != "READY" for row in rows):
        return _nothing(refusal(["files"], "Non-ready files cannot be updated.", "NON_READY_STATE"))
    problems = [one for at, row in enumerate(rows) for one in _row_problems(row, desk.files[row["id"]], at, goods)]
    refused = {int(one["field"][1]) for one in problems if len(one["field"]) > 1}
    if any(len(one["field"]) == 1 for one in problems):
        return {"files": [], "userErrors": problems}
    done = [_changed(row, goods) for at, row in enumerate(rows) if at not in refused]  # the others stand (observed)
    return {"files": done, "userErrors": problems}


def _nothing(problem: Node) -> Node:
    return {"files": [], "userErrors": [problem]}


def _row_problems(row: Node, node: Node, at: int, goods: Goods) -> list[Node]:
    kind, name = node["mediaContentType"], row.get("filename")
    if len(row.get("alt") or "") > LONGEST_ALT:
        text = f"The alt value exceeds the maximum limit of {LONGEST_ALT} characters."
        return [refusal(["files", at, "alt"], text, "ALT_VALUE_LIMIT_EXCEEDED")]
    if row.get("originalSource") and kind not in ("IMAGE", "FILE"):
        text = "Updating the original source is not supported for this media type."
        return [refusal(["files", at, "originalSource"], text, "INVALID")]
    if name and kind not in ("IMAGE", "FILE"):
        text = "Updating the filename is only supported on images and generic files"
        return [refusal(["files"], text, "UNSUPPORTED_MEDIA_TYPE_FOR_FILENAME_UPDATE")]
    if name and ending(name) != ending(node["_name"]):
        text = "The filename extension provided must match the original filename."
        return [refusal(["files"], text, "INVALID_FILENAME_EXTENSION")]
    lost = [one for one in (row.get("referencesToAdd") or ()) if one not in goods.products]
    return [refusal(["files"], "The reference target does not exist", "REFERENCE_TARGET_DOES_NOT_EXIST")] if lost else []


def _changed(row: Node, goods: Goods) -> Node:
    node = goods.files.files[row["id"]]
    if row.get("alt") is not None:
        node["alt"] = row["alt"]
    if row.get("filename"):
        node["_name"] = row["filename"]
    if row.get("originalSource"):
        goods.files.replace(node, row["originalSource"])
    node["updatedAt"] = max(node["updatedAt"], goods.stamp())
    for gid in row.get("referencesToAdd") or ():
        if node not in goods.products[gid]["media"]:
            goods.products[gid]["media"].append(node)
            goods.product_changed(goods.products[gid])
    for gid in row.get("referencesToRemove") or ():
        detach(node, [goods.products[gid]] if gid in goods.products else [], goods)
    return node


def detach(node: Node, products: Sequence[Node], goods: Goods) -> None:
    """Take a file away from products, and from the variants that show it (observed)."""
    for product in products:
        if node in product["media"]:
            product["media"].remove(node)
            for variant in product["variants"]:
                variant["media"] = [one for one in variant["media"] if one is not node]
            goods.product_changed(product)


def _delete(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_files", step.name)
    desk, goods, ids = desk_of(run), goods_of(run), args["fileIds"]
    lost = [one for one in ids if one not in desk.files]
    if lost:
        names = ", ".join(f'"{one}"' for one in lost)
        problem = refusal(["fileIds"], f"File id [{names}] does not exist.", "FILE_DOES_NOT_EXIST")
        return {"deletedFileIds": None, "userErrors": [problem]}
    for one in ids:
        detach(desk.files[one], list(goods.products.values()), goods)
        desk.delete(desk.files[one])
    return {"deletedFileIds": ids, "userErrors": []}


def _stage(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_files", step.name)
    shop = run.context.shop.settings["id"].rpartition("/")[2]
    targets, problems = [], []
    for at, row in enumerate(args["input"]):
        found = problems_of(row, at)
        problems += found
        targets.append(_nowhere() if found else _target(desk_of(run).staging.open(row, shop, run.context.address), run))
    return {"stagedTargets": targets, "userErrors": problems}


def _nowhere() -> Node:
    return {"url": None, "resourceUrl": None, "parameters": []}


def _target(place: Place, run: Execution) -> Node:
    parameters = [{"name": name, "value": value} for name, value in place.fields.items()]
    return {"url": f"{run.context.address}{FOLDER}", "resourceUrl": place.url, "parameters": parameters}


FILE_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "fileCreate"): _create,
    ("Mutation", "fileUpdate"): _update,
    ("Mutation", "fileDelete"): _delete,
    ("Mutation", "stagedUploadsCreate"): _stage,
}
