"""Files as plain dicts under the API's own field names. Keys with a leading underscore are the shop's own and never leave it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.files.contents import judged
from syncdb.sandbox.shopify.money import Node

TYPES = {"IMAGE": "MediaImage", "VIDEO": "Video", "EXTERNAL_VIDEO": "ExternalVideo", "MODEL_3D": "Model3d", "FILE": "GenericFile"}
MEDIA = frozenset({"MediaImage", "Video", "ExternalVideo", "Model3d"})
ENDINGS = {
    "IMAGE": ("png", "jpg", "jpeg", "gif", "webp", "heic"),
    "VIDEO": ("mp4", "mov"),
    "MODEL_3D": ("glb", "usdz"),
}
YOUTUBE = re.compile(r"https?://(?:www\.|m\.)?(?:youtube\.com/(?:watch\?(?:.*&)?v=|embed/|shorts/)|youtu\.be/)([\w-]{6,})")
VIMEO = re.compile(r"https?://(?:www\.|player\.)?vimeo\.com/(?:video/)?(\d+)")


def file_name(source: str) -> str:
    """The last part of an address's path ("png" for https://placehold.co/640x480/png)."""
    return unquote(urlsplit(source).path.rpartition("/")[2])


def ending(name: str) -> str:
    """What stands behind the last dot, as it is written; "" where there is none."""
    return name.rpartition(".")[2] if "." in name else ""


def kind_of(source: str) -> str:
    """What an address holds, by its look, where nobody said."""
    if YOUTUBE.match(source) or VIMEO.match(source):
        return "EXTERNAL_VIDEO"
    found = ending(file_name(source)).casefold()
    return next((kind for kind, known in ENDINGS.items() if found in known), "IMAGE" if not found else "FILE")


def fresh(kind: str, number: int, source: str, alt: str | None, name: str, now: float, at: str) -> Node:
    """A file just taken in: nothing of it is there but its source."""
    node: dict[str, Any] = {
        "__typename": TYPES[kind],
        "id": gid(TYPES[kind], number),
        "alt": alt or "",
        "mediaContentType": kind,
        "createdAt": at,
        "updatedAt": at,
        "filename": name,
        "_source": source,
        "_name": name,
        "_since": now,
        "_content": None,
        "_found": None,
        "_error": None,
        "_version": 0,
        "_settled": False,
    }
    return node | (_hosted(source) if kind == "EXTERNAL_VIDEO" else {})


def ready(kind: str, number: int, content: bytes, alt: str | None, name: str, version: int, at: str) -> Node:
    """A file that has been there for a while."""
    made = fresh(kind, number, "", alt, name, 0.0, at)
    return made | {"_content": content, "_found": judged(kind, content), "_version": version, "_settled": True}


def _hosted(source: str) -> Node:
    """A video others host: its page is kept in one form, whichever it was given in (observed for YouTube)."""
    if found := YOUTUBE.match(source):
        page, embedded, host = f"https://youtu.be/{found[1]}", f"https://www.youtube.com/embed/{found[1]}", "YOUTUBE"
    else:
        found = VIMEO.match(source)
        number = found[1] if found else "0"
        page, embedded, host = f"https://vimeo.com/{number}", f"https://player.vimeo.com/video/{number}", "VIMEO"
    return {"originUrl": page, "embedUrl": embedded, "host": host}
