"""Some settings of a configuration file changed, and all else in it left as a person wrote it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from syncdb.config.files import UnreadableFile, parse_json, read_text
from syncdb.config.writing import replace_file
from syncdb.errors import ConfigurationError

KEPT = 10  # previous versions
_DECODER = json.JSONDecoder()


def values_of(file: Path) -> dict[str, Any]:
    """What stands in a configuration file; nothing where there is none. Raises ConfigurationError for one that cannot be used."""
    return _parsed(file, _text(file))


def with_values(text: str, changes: Mapping[str, Any]) -> str:
    """The text of a JSON object with these members changed or added; None removes one. Other members keep even their layout."""
    for name, value in changes.items():
        text = _without(text, name) if value is None else _with(text, name, value)
    return text


def save_values(file: Path, changes: Mapping[str, Any], seen: Mapping[str, Any], now: datetime) -> Path | None:
    """Put these settings into the file, whole or not at all; where the version before it is kept, None where there was none.

    `seen` is what they were when the change was thought out. Raises ConfigurationError, with nothing changed, where they are
    something else by now.
    """
    file = Path(os.path.realpath(file))  # of a link its target is replaced
    with _alone(file):
        text = _text(file)
        found = _parsed(file, text)
        if moved := [name for name, value in seen.items() if found.get(name) != value]:
            raise ConfigurationError(
                [f"{', '.join(moved)} in {file} changed meanwhile. Nothing was saved."],
                next_step="Look at what stands there now, and make the change again.",
            )
        try:
            kept = _keep(file, text, now) if text else None
            replace_file(file, with_values(text or "{\n}\n", changes))
        except OSError as error:
            raise ConfigurationError(
                [f"{file} cannot be written: {error.strerror or error}. Nothing was changed."],
                next_step="Check the rights of the folder.",
            ) from None
        return kept


def _text(file: Path) -> str:
    try:
        return read_text(file)
    except FileNotFoundError:
        return ""
    except UnreadableFile as why:
        raise ConfigurationError([f"{file} {why}."], next_step="Correct the file.") from None


def _parsed(file: Path, text: str) -> dict[str, Any]:
    problems: list[str] = []
    try:
        found = parse_json(text, problems) if text else {}
    except UnreadableFile as why:
        raise ConfigurationError([f"{file} {why}"], next_step="Correct the file.") from None
    if not isinstance(found, dict) or problems:
        told = [f"{file}: {one}" for one in problems] or [f"{file} must hold one JSON object: {{ ... }}."]
        raise ConfigurationError(told, next_step="Correct the file.")
    return found


def _keep(file: Path, text: str, now: datetime) -> Path:
    """Keep the text beside the file under the time at which it was replaced; the oldest of many go."""
    aside = file.with_name(f"{file.name}.{now:%Y%m%d-%H%M%S}.old")
    replace_file(aside, text)
    for old in sorted(file.parent.glob(f"{file.name}.????????-??????.old"))[:-KEPT]:
        old.unlink()
    return aside


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Nobody else changes the file through these pages meanwhile."""
    guard = FileLock(f"{file}.lock", timeout=10, mode=0o600)
    try:
        guard.acquire()
    except (Timeout, OSError):
        raise ConfigurationError(
            [f"{file} cannot be changed now. Nothing was changed."],
            next_step=f"See who else changes it, and whether you may write in {file.parent}.",
        ) from None
    try:
        yield
    finally:
        guard.release()


def _members(text: str) -> Iterator[tuple[str, int, int, int]]:
    """Of each member of an object its name, where it begins, and where its value begins and ends."""
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        name, after = _DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, after) + 1)
        _, end = _DECODER.raw_decode(text, value)
        yield name, at, value, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _with(text: str, name: str, value: Any) -> str:
    members = list(_members(text))
    for known, begin, start, end in members:
        if known == name:
            return text[:start] + _dumped(value, _indent(text, begin)) + text[end:]
    indent = _indent(text, members[-1][1]) if members else "  "
    member = f"{indent}{json.dumps(name, ensure_ascii=False)}: {_dumped(value, indent)}"
    if members:
        end = members[-1][3]
        return f"{text[:end]},\n{member}{text[end:]}"
    begin = text.index("{") + 1
    return f"{text[:begin]}\n{member}\n{text[begin:].lstrip()}"


def _without(text: str, name: str) -> str:
    members = list(_members(text))
    for number, (known, begin, _, end) in enumerate(members):
        if known == name and number:
            return text[: members[number - 1][3]] + text[end:]
        if known == name:
            return text[:begin] + text[members[1][1] if len(members) > 1 else end :]
    return text


def _indent(text: str, at: int) -> str:
    """The blanks before a member, where it begins its line; two of them where it does not."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return before if not before.strip() and before else "  "


def _dumped(value: Any, indent: str) -> str:
    first, *more = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    return "\n".join([first, *(f"{indent}{line}" for line in more)])
