"""Staged uploads: Shopify names a place and the fields it wants, the bytes are posted there, and it takes them from there."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import IO

import requests

from syncdb.connectors.shopify.catalogue.answered import objects, text_at
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.products.contents import TIMEOUT, Content, NotTaken, safe
from syncdb.connectors.shopify.products.whole import Medium, MediumKind
from syncdb.errors import Refused
from syncdb.http import Retrier, Transient

STAGE = """mutation Stage($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
FILES = replace(PRODUCTS, name="files", write_scope="write_files")
FORMS = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "video/mp4": "mp4", "video/quicktime": "mov", "model/gltf-binary": "glb", "model/vnd.usdz+zip": "usdz",
}  # fmt: skip
BEGINNINGS = {  # how the bytes of a picture begin, by its type
    "image/png": (re.compile(rb"\x89PNG\r\n\x1a\n"),),
    "image/jpeg": (re.compile(rb"\xff\xd8\xff"),),
    "image/gif": (re.compile(rb"GIF8[79]a"),),
    "image/webp": (re.compile(rb"RIFF.{4}WEBP", re.DOTALL),),
    "image/heic": (re.compile(rb".{4}ftyphei[cx]", re.DOTALL),),
}
USUAL = {MediumKind.IMAGE: "image/png", MediumKind.VIDEO: "video/mp4", MediumKind.MODEL_3D: "model/gltf-binary"}


@dataclass(frozen=True, slots=True)
class Uploader:
    """Uploads bytes to one shop's own places. The session must carry no credentials."""

    sender: Sender
    session: requests.Session
    retrier: Retrier

    def upload(self, medium: Medium, content: Content) -> str:
        """The address under which the shop finds the bytes. Raises NotTaken, and RetryLater where they could not be posted.

        A place that nothing refers to is forgotten by Shopify after a day: an upload that was cut off leaves nothing.
        """
        given = {
            "filename": file_name(medium, content),
            "mimeType": mime_of(medium, content),
            "resource": medium.kind.value,
            "httpMethod": "POST",
            "fileSize": str(content.size),
        }
        answer = self.sender.send(STAGE, {"input": [given]}, "Asking where to upload a medium")
        answered = payload(answer, "stagedUploadsCreate", FILES)
        if answered.errors:
            raise NotTaken(said(answered.errors))
        target = objects(answered.found.get("stagedTargets"))[0]
        fields = {text_at(one, "name"): text_at(one, "value") for one in objects((target or {}).get("parameters"))}
        url = text_at(target, "url")
        if not safe(url):
            raise Refused("Shopify's upload address is not encrypted: nothing was sent there.", next_step="Report this.")
        self.retrier.call(lambda: self._posted(url, fields, given["filename"], given["mimeType"], content), "Uploading a medium")
        return text_at(target, "resourceUrl")

    def _posted(self, url: str, fields: Mapping[str, str], name: str, mime: str, content: Content) -> None:
        content.file.seek(0)
        body = Form(fields, name, mime, content)
        headers = {"Content-Type": body.content_type}
        try:
            answer = self.session.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise Transient(f"no complete answer ({type(error).__name__})") from None
        if answer.status_code in (408, 429) or answer.status_code >= 500:
            raise Transient(f"HTTP {answer.status_code}")
        if answer.status_code not in (200, 201, 204):
            raise NotTaken(f"the upload was refused (HTTP {answer.status_code}{_code_in(answer.text)})")


class Form:
    """A multipart form whose file comes last, sent from where it lies: it may be larger than memory."""

    def __init__(self, fields: Mapping[str, str], name: str, mime: str, content: Content) -> None:
        mark = f"syncdb{uuid.uuid4().hex}"
        self.content_type = f"multipart/form-data; boundary={mark}"
        told = [f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {mime}\r\n\r\n'
        before, after = ("".join(told) + head).encode(), f"\r\n--{mark}--\r\n".encode()
        self._parts: list[IO[bytes]] = [BytesIO(before), content.file, BytesIO(after)]
        self._size = len(before) + content.size + len(after)

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        """The next piece; empty at the end."""
        while self._parts:
            if piece := self._parts[0].read(size):
                return piece
            self._parts.pop(0)
        return b""


def mime_of(medium: Medium, content: Content) -> str:
    """The type of its bytes, as the shop it comes from told it, else as a picture's bytes begin."""
    if medium.mime_type or medium.kind is not MediumKind.IMAGE:
        return medium.mime_type or USUAL[medium.kind]
    content.file.seek(0)
    begin = content.file.read(12)
    found = (mime for mime, marks in BEGINNINGS.items() if any(mark.match(begin) for mark in marks))
    return next(found, USUAL[medium.kind])


def file_name(medium: Medium, content: Content) -> str:
    """A name for the file, with the ending that its type asks for: Shopify refuses another (observed)."""
    ending = FORMS.get(mime_of(medium, content), "bin")
    stem = (medium.filename or medium.address.partition("?")[0].rpartition("/")[2]).rpartition(".")[0]
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.")[:80]
    return f"{plain or content.digest[:16]}.{ending}"


def _code_in(text: str) -> str:
    """The code that the storage gives in its XML, for a message."""
    found = re.search(r"<Code>(\w+)</Code>", text)
    return f", {found[1]}" if found else ""
