"""What bytes are: their type, the size of a picture, and why the shop would not take them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MEGA = 1024 * 1024
LARGEST_IMAGE = 20 * MEGA  # documented
MOST_PIXELS = 20_000_000  # documented
MOST_RATIO = 100  # documented: 100:1 to 1:100


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in bytes. `error` is a code and a text where the shop will not take them (codes from the schema)."""

    mime: str
    width: int = 0
    height: int = 0
    error: tuple[str, str] | None = None


def judged(kind: str, content: bytes) -> Judged:
    """What bytes are that were given as `kind` (IMAGE, VIDEO, MODEL_3D, FILE)."""
    match kind:
        case "IMAGE":
            return _image(content)
        case "VIDEO":
            known = content[4:8] == b"ftyp"
            return Judged("video/mp4") if known else _refused("VIDEO_INVALID_FILETYPE_ERROR", "Video file type is not supported")
        case "MODEL_3D":
            known = content[:4] in (b"glTF", b"PK\x03\x04")
            return Judged("model/gltf-binary") if known else _refused("MODEL3D_VALIDATION_ERROR", "3D model is not valid")
    return Judged("application/pdf" if content[:5] == b"%PDF-" else "application/octet-stream")


def _refused(code: str, text: str) -> Judged:
    return Judged("", error=(code, text))


def _image(content: bytes) -> Judged:
    found = _picture(content)
    if found is None:
        return _refused("UNSUPPORTED_IMAGE_FILE_TYPE", "Image file type is not supported")
    if len(content) > LARGEST_IMAGE:
        return _refused("INVALID_IMAGE_FILE_SIZE", "Image file size exceeds 20 MB")
    if found.width * found.height > MOST_PIXELS:
        return _refused("INVALID_IMAGE_RESOLUTION", "Image resolution exceeds 20 megapixels")
    if found.width and max(found.width, found.height) > MOST_RATIO * max(1, min(found.width, found.height)):
        return _refused("INVALID_IMAGE_ASPECT_RATIO", "Image aspect ratio must be between 100:1 and 1:100")
    return found


def _picture(content: bytes) -> Judged | None:
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return Judged("image/png", width, height)
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return Judged("image/gif", width, height)
    if content[:3] == b"\xff\xd8\xff":
        return Judged("image/jpeg", *_jpeg_size(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Judged("image/webp")
    return Judged("image/heic") if content[4:12] == b"ftypheic" else None


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height from the first start-of-frame segment, noughts where there is none."""
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        if content[at + 1] in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return 0, 0


def png(width: int, height: int, shade: int = 0, note: bytes = b"") -> bytes:
    """A picture of one shade of grey (0 to 255), with a note in it that makes two of them different."""
    rows = (b"\x00" + bytes([shade % 256]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"tEXt", b"Comment\x00" + note), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
