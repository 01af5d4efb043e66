"""The shop's store of files: taken in, fetched, processed with time, replaced, deleted, and served again."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

from werkzeug import Request, Response

from syncdb.sandbox.shopify.files import nodes
from syncdb.sandbox.shopify.files.contents import Judged, judged
from syncdb.sandbox.shopify.files.staging import FOLDER as STAGED
from syncdb.sandbox.shopify.files.staging import StagingDesk
from syncdb.sandbox.shopify.money import Node

PUBLIC, ORIGINALS = "/admin/cdn/", "/admin/originals/"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DOWNLOADED = ("IMAGE_DOWNLOAD_FAILURE", "Image could not be downloaded")
NOT_UPLOADED = ("INVALID_SIGNED_URL", "The uploaded file was not found")


def over_loopback(url: str) -> bytes | None:
    """What stands at an address of this computer; None for any other, or where nothing answers."""
    if urlsplit(url).hostname not in LOOPBACK:
        return None
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            found: bytes = answer.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return None
    return found


@dataclass(slots=True)
class FileDesk:
    """All files of one shop. `clock` gives epoch seconds, `stamp` the same as DateTime, `new_id` numbers for new files.

    A new file is UPLOADED for `uploaded` seconds, PROCESSING for `processing` more (observed: together about two for small
    pictures), and then READY or FAILED. `fetch` gets the bytes at an address; `failing` names files (by their names) that fail
    whatever is in them, with a code. `originals_live` is how many seconds an original's address is good for.
    """

    clock: Callable[[], float]
    stamp: Callable[[], str]
    new_id: Callable[[], int]
    uploaded: float = 0.5
    processing: float = 1.5
    originals_live: float = 3600.0
    fetch: Callable[[str], bytes | None] = over_loopback
    failing: dict[str, tuple[str, str]] = field(default_factory=dict)
    files: dict[str, Node] = field(default_factory=dict)
    uploads: int = 0
    staging: StagingDesk = field(init=False)

    def __post_init__(self) -> None:
        self.staging = StagingDesk(self.clock)

    def take(self, kind: str, source: str, alt: str | None, name: str | None) -> Node:
        """A new file from a source. A name that is there already gets a unique part (observed)."""
        wanted = name or nodes.file_name(source) or "file"
        number = self.new_id()
        if any(one["_name"] == wanted for one in self.files.values()):
            stem, dot, rest = wanted.rpartition(".") if "." in wanted else (wanted, "", "")
            wanted = f"{stem}_{UUID(sha256(str(number).encode()).hexdigest()[:32])}{dot}{rest}"
        return self.keep(nodes.fresh(kind, number, source, alt, wanted, self.clock(), self.stamp()))

    def keep(self, node: Node) -> Node:
        self.files[node["id"]] = node
        return node

    def status(self, node: Node) -> str:
        """UPLOADED, PROCESSING, READY or FAILED by now."""
        self.settle(node)
        if node["_settled"]:
            return "FAILED" if node["_error"] else "READY"
        return "UPLOADED" if self.clock() - node["_since"] < self.uploaded else "PROCESSING"

    def settle(self, node: Node) -> None:
        """Process what is due: fetch the bytes of a new or replaced source, and look what they are."""
        waiting = not node["_settled"] or node.get("_replacing")
        if waiting and self.clock() - node["_since"] >= self.uploaded + self.processing:
            self._process(node)

    def _process(self, node: Node) -> None:
        kind = node["mediaContentType"]
        content, error = (b"", None) if kind == "EXTERNAL_VIDEO" else self._content(node["_source"])
        found = judged(kind, content) if content is not None and kind != "EXTERNAL_VIDEO" else Judged("")
        error = self.failing.get(node["_name"]) or error or found.error
        node["_settled"], node["_replacing"] = True, False
        node["_error"] = error
        if error is None:
            node.update(_content=content, _found=found, _version=int(self.clock()))
        node["updatedAt"] = max(node["updatedAt"], self.stamp())

    def _content(self, source: str) -> tuple[bytes | None, tuple[str, str] | None]:
        if STAGED in source:
            found = self.staging.content(source)
            return found, NOT_UPLOADED if found is None else None
        own = self._served(source)
        found = own if own is not None else self.fetch(source)
        return found, DOWNLOADED if found is None else None

    def _served(self, source: str) -> bytes | None:
        """The bytes behind an address of this shop's own originals."""
        parts = urlsplit(source)
        node = self._node_at(parts.path, ORIGINALS) if ORIGINALS in parts.path else None
        if node is None or not self._valid(node, parts.query):
            return None
        content: bytes | None = node["_content"]
        return content

    def replace(self, node: Node, source: str) -> None:
        """Another source for a file: what is shown stays until it is processed, the picture itself is null (observed)."""
        node.update(_source=source, _since=self.clock(), _replacing=True)

    def delete(self, node: Node) -> None:
        del self.files[node["id"]]

    # --- addresses ---------------------------------------------------------------------------------------------------

    def public_url(self, node: Node, address: str) -> str:
        """Where everybody finds a picture: the path stays when it is replaced, `v` changes (observed)."""
        return f"{address}{PUBLIC}{_number(node)}/{quote(node['_name'])}?v={node['_version']}"

    def original_url(self, node: Node, address: str) -> str:
        """Where the app finds the bytes as they were uploaded, for a short time."""
        expires = int(self.clock() + self.originals_live)
        return f"{address}{ORIGINALS}{_number(node)}/{quote(node['_name'])}?{_signature(node, expires)}"

    def _valid(self, node: Node, query: str) -> bool:
        expires = parse_qs(query).get("expires", ["0"])[0]
        return query == _signature(node, int(expires)) and self.clock() <= int(expires)

    def _node_at(self, path: str, folder: str) -> Node | None:
        number = path.partition(folder)[2].partition("/")[0]
        return next((one for one in self.files.values() if _number(one) == number), None)

    def serve(self, request: Request) -> Response | None:
        """A file's bytes, an upload taken in, or None where the address is none of a file."""
        if request.path.startswith(STAGED) and request.method == "POST":
            self.uploads += 1
            return self.staging.take(request)
        if request.path.startswith(ORIGINALS):
            return self._original(request)
        if request.path.startswith(PUBLIC):
            return self._public(request)
        return None

    def _original(self, request: Request) -> Response:
        node = self._node_at(request.path, ORIGINALS)
        if node is None or not self._valid(node, request.query_string.decode()):
            return Response("<Error><Code>ExpiredToken</Code></Error>", 400, mimetype="application/xml")
        return Response(node["_content"], content_type=node["_found"].mime)

    def _public(self, request: Request) -> Response:
        """A picture as visitors get it: made smaller on the way, other bytes for each form they accept (reported)."""
        node = self._node_at(request.path, PUBLIC)
        if node is None or node["_content"] is None:
            return Response("Not found", 404)
        form = b"webp" if "image/webp" in request.headers.get("Accept", "") else b"plain"
        return Response(node["_content"] + b"\n" + form, content_type=node["_found"].mime)


def _number(node: Node) -> str:
    return str(node["id"].rpartition("/")[2])


def _signature(node: Node, expires: int) -> str:
    made = sha256(f"{node['id']} {expires}".encode()).hexdigest()[:32]
    return f"expires={expires}&signature={made}"


def shown_error(node: Node) -> list[dict[str, Any]]:
    """The errors of a failed file."""
    if not node["_error"]:
        return []
    code, text = node["_error"]
    return [{"code": code, "message": text, "details": None}]
