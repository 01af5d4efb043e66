"""What answers the fields of files and media."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.files.desk import FileDesk, shown_error
from syncdb.sandbox.shopify.files.nodes import TYPES
from syncdb.sandbox.shopify.money import Node

Shown = Callable[[FileDesk, Node, str], Any]


def desk_of(run: Execution) -> FileDesk:
    desk: FileDesk = run.context.shop.goods.files
    return desk


def _answered(shown: Shown) -> Resolver:
    def resolve(source: Source, _: dict[str, Any], run: Execution, __: Step) -> Any:
        desk = desk_of(run)
        desk.settle(source)
        return shown(desk, source, run.context.address)

    return resolve


def _image(desk: FileDesk, node: Node, address: str) -> Node | None:
    """The picture itself: nothing before it is ready, nor while it is being replaced (observed)."""
    if desk.status(node) != "READY" or node.get("_replacing"):
        return None
    return _picture(desk, node, address)


def _picture(desk: FileDesk, node: Node, address: str) -> Node:
    found = node["_found"]
    url = node.get("_url") or desk.public_url(node, address)
    number = int(node["id"].rpartition("/")[2]) + 1
    return {"altText": node["alt"], "height": found.height, "width": found.width, "id": gid("ImageSource", number), "url": url}


def _preview(desk: FileDesk, node: Node, address: str) -> Node:
    """A picture of a file as it was last ready; videos and models have none here."""
    shown = node["__typename"] == "MediaImage" and node["_version"]
    return {"image": _picture(desk, node, address) if shown else None, "status": desk.status(node)}


def _original(desk: FileDesk, node: Node, address: str) -> Node | None:
    if desk.status(node) != "READY":
        return None
    size, mime = len(node["_content"]), node["_found"].mime
    named = {"fileSize": size, "filesize": size, "url": desk.original_url(node, address)}
    return named | {"format": node["_name"].rpartition(".")[2], "mimeType": mime, "height": 0, "width": 0}


def _sources(desk: FileDesk, node: Node, address: str) -> list[Node]:
    """What was made of a video or model for visitors: never the bytes as they were uploaded."""
    original = _original(desk, node, address)
    return [] if original is None else [original | {"url": desk.public_url(node, address)}]


def _url(desk: FileDesk, node: Node, address: str) -> str | None:
    return desk.public_url(node, address) if desk.status(node) == "READY" else None


def _mime(desk: FileDesk, node: Node, _: str) -> str | None:
    return node["_found"].mime if desk.status(node) == "READY" else None


def _size(desk: FileDesk, node: Node, _: str) -> int | None:
    return len(node["_content"]) if desk.status(node) == "READY" else None


SHOWN: dict[str, Shown] = {
    "status": lambda desk, node, _: desk.status(node),
    "fileStatus": lambda desk, node, _: desk.status(node),
    "mediaErrors": lambda _, node, __: shown_error(node),
    "fileErrors": lambda _, node, __: shown_error(node),
    "updatedAt": lambda _, node, __: node["updatedAt"],
    "duration": lambda *_: None,
    "filename": lambda _, node, __: node["_name"],
    "image": _image,
    "preview": _preview,
    "originalSource": _original,
    "sources": _sources,
    "url": _url,
    "mimeType": _mime,
    "originalFileSize": _size,
}
FILE_READS: dict[tuple[str, str], Resolver] = {
    (kind, name): _answered(show) for kind in TYPES.values() for name, show in SHOWN.items()
}
