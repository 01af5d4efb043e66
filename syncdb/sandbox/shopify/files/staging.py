"""Staged uploads: a place to put bytes, with a policy that says what may be put there and until when."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import UUID

from werkzeug import Request, Response

from syncdb.sandbox.shopify.files.nodes import ENDINGS, ending
from syncdb.sandbox.shopify.money import Node

FOLDER = "/admin/staged-uploads/"
PICTURES = ("IMAGE", "PRODUCT_IMAGE", "COLLECTION_IMAGE", "SHOP_IMAGE")
PINNED = {"VIDEO": "video", "MODEL_3D": "3D model"}
MOST = 20_971_520  # observed
LIVES = {"VIDEO": timedelta(hours=1), "MODEL_3D": timedelta(minutes=15)}  # observed; all others a day


@dataclass(slots=True)
class Place:
    """One place for one upload: the fields that must be sent, and what arrived."""

    resource: str
    url: str
    fields: dict[str, str]
    least: int
    most: int
    until: datetime
    content: bytes | None = None


@dataclass(slots=True)
class StagingDesk:
    """Hands out places and takes uploads in. `clock` gives epoch seconds."""

    clock: Callable[[], float]
    places: dict[str, Place] = field(default_factory=dict)
    _made: int = 0

    def open(self, given: Node, shop: str, address: str) -> Place:
        """A place for one upload, under the shop's own `address`."""
        self._made += 1
        now, resource = datetime.fromtimestamp(self.clock(), UTC), given["resource"]
        until = now + LIVES.get(resource, timedelta(days=1))
        unique = UUID(sha256(f"{shop} {self._made}".encode()).hexdigest()[:32])
        folder = "products" if resource in PICTURES else "models" if resource in PINNED else "files"
        key = f"tmp/{shop}/{folder}/{unique}/{given['filename']}"
        size = int(given["fileSize"]) if resource in PINNED else None
        least, most = (size, size) if size is not None else (1, MOST)
        told = self._pinned(key, least, until) if resource in PINNED else _told(given, key, now, until)
        mark = f"?external_{resource.casefold()}_id={self._made}" if resource in PINNED else ""
        place = Place(resource, f"{address}{FOLDER}{quote(key)}{mark}", told, least, most, until)
        self.places[key] = place
        return place

    def _pinned(self, key: str, size: int, until: datetime) -> dict[str, str]:
        """The fields of a video's or model's place, whose policy pins the size to the byte (observed)."""
        conditions = [["eq", "$key", key], ["content-length-range", size, size]]
        policy = _coded({"expiration": _iso(until), "conditions": conditions})
        return {"GoogleAccessId": "local@syncdb.example", "key": key, "policy": policy, "signature": _signed(policy)}

    def take(self, request: Request) -> Response:
        """Take an upload in, or refuse it as the storage does. Its own refusals are XML."""
        with closing(request):  # what came as a file lies in a temporary one
            return self._taken(request)

    def _taken(self, request: Request) -> Response:
        place = self.places.get(request.form.get("key", ""))
        if place is None or datetime.fromtimestamp(self.clock(), UTC) > place.until:
            return _refusal(403, "AccessDenied", "Policy expired or there is no such place")
        lacking = [name for name, value in place.fields.items() if request.form.get(name) != value]
        if lacking:
            return _refusal(400, "InvalidArgument", f"Missing or wrong: {', '.join(lacking)}")
        file = request.files.get("file")
        if file is None or _fields_after_file(request.get_data()):
            return _refusal(400, "InvalidArgument", "The file must be the last field")
        content = file.read()
        if not place.least <= len(content) <= place.most:
            code = "EntityTooLarge" if len(content) > place.most else "EntityTooSmall"
            return _refusal(400, code, f"{len(content)} bytes are not between {place.least} and {place.most}")
        place.content = content
        return Response(status=int(place.fields.get("success_action_status", "204")))

    def content(self, url: str) -> bytes | None:
        """What was put in the place of this address; None where nothing was."""
        return next((one.content for one in self.places.values() if one.url == url), None)

    def knows(self, url: str) -> Place | None:
        return next((one for one in self.places.values() if one.url == url), None)


def problems_of(given: Node, at: int) -> list[Node]:
    """Refusals of what is to be uploaded (texts observed)."""
    resource, name = given["resource"], given["filename"]
    if resource in PINNED and given.get("fileSize") is None:
        text = f"file size is required for {PINNED[resource]} resources"
        return [{"field": ["input", str(at), "fileSize"], "message": text}]
    if resource in PICTURES and ending(name).casefold() not in ENDINGS["IMAGE"]:
        text = f"{name}: ({given['mimeType']}) is not a recognized format"
        return [{"field": ["input", str(at), "mimeType"], "message": text}]
    return []


def _told(given: Node, key: str, now: datetime, until: datetime) -> dict[str, str]:
    """The fields of a picture's or file's place with its policy (observed)."""
    fixed = {"Content-Type": given["mimeType"], "success_action_status": "201", "acl": "private"}
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    signed = {"x-goog-date": stamp, "x-goog-credential": f"local/{stamp[:8]}/auto/storage/goog4_request"}
    signed |= {"x-goog-algorithm": "GOOG4-RSA-SHA256"}
    named: list[Any] = [{name: value} for name, value in (fixed | {"key": key} | signed).items()]
    policy = _coded({"conditions": [*named, ["content-length-range", 1, MOST]], "expiration": _iso(until)})
    return fixed | {"key": key} | signed | {"x-goog-signature": _signed(policy), "policy": policy}


def _coded(policy: Node) -> str:
    return base64.b64encode(json.dumps(policy, separators=(",", ":")).encode()).decode()


def _signed(text: str) -> str:
    return sha256(f"signature of {text}".encode()).hexdigest()


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _fields_after_file(body: bytes) -> bool:
    """Whether any form field stands behind the file in a multipart body."""
    at = body.find(b'name="file"')
    return at >= 0 and b"Content-Disposition: form-data; name=" in body[at:]


def _refusal(status: int, code: str, text: str) -> Response:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{text}</Message></Error>"
    return Response(body, status, mimetype="application/xml")
