"""Small text files that people edit: read them strictly, and say in plain words what is wrong with them."""

import json
import os
import stat
from pathlib import Path
from typing import Any

_MOST_BYTES = 1_000_000


class UnreadableFile(Exception):
    """A file is there but cannot be used; the text says why."""


def read_text(file: Path) -> str:
    """A small UTF-8 file, with or without a byte-order mark. Raises FileNotFoundError or Unreadable."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise UnreadableFile("is a folder, not a file") from None
    except (OSError, ValueError) as why:
        reason = (why.strerror if isinstance(why, OSError) else "") or "not a usable path"
        raise UnreadableFile(f"cannot be read ({reason})") from None
    if len(data) > _MOST_BYTES:
        raise UnreadableFile("is far too large for what it should be")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile("is saved as UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        line = data[: why.start].count(b"\n") + 1
        raise UnreadableFile(f"is not UTF-8 text (line {line}); save it as UTF-8") from None


def parse_json(content: str, problems: list[str]) -> Any:
    """The data of a JSON text; keys that stand twice are added to `problems`. Raises Unreadable with line and column."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        problems.extend(f'"{name}" stands there twice. Keep one.' for name in sorted({n for n in names if names.count(n) > 1}))
        return dict(pairs)

    try:
        return json.loads(content, object_pairs_hook=once)
    except json.JSONDecodeError as why:
        line = next(iter(content.splitlines()[why.lineno - 1 :]), "")  # none, where the text ends too early with a line break
        hint = _json_hint(line, content[: why.pos].rstrip()[-1:], content[why.pos : why.pos + 1], why.msg)
        raise UnreadableFile(f"is not valid JSON at line {why.lineno}, column {why.colno}: {hint}") from None
    except (ValueError, RecursionError):
        raise UnreadableFile("is not usable JSON: a number is far too long, or it is nested far too deeply.") from None


def _json_hint(line: str, before: str, at: str, message: str) -> str:
    if not line and not at:
        return "it is empty or ends too early."
    if at in ("/", "#") or line.lstrip().startswith(("//", "#")):
        return "JSON has no comments; delete them."
    if "escape" in message:
        return r"write \\ for each \ of a Windows path (or use /)."
    if at in "“”„‘’'" and at:
        return 'names and texts need straight double quotes: "like this".'
    if before == "," and at in "}]" or (at == "," or "trailing comma" in message):
        return "there is a comma too many before it."
    if "',' delimiter" in message:
        return "a comma is missing before it."
    return f"{message[:1].lower()}{message[1:]}."


def readable_by_others(file: Path) -> tuple[str, ...]:
    """A notice if a file with secrets is open to other accounts of this computer (POSIX; Windows keeps such rights elsewhere)."""
    if os.name != "posix" or not stat.S_IMODE(file.stat().st_mode) & 0o077:
        return ()
    return (f"{file} holds secrets and other accounts of this computer may read or change it. Close it with: chmod 600 {file}",)
