"""Writing the configuration: what everybody may read to `config.json`, secrets to `.env`, which only its owner may."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from syncdb.config.files import UnreadableFile, read_text
from syncdb.config.keys import Keys


def write_config(file: Path, values: Mapping[str, object]) -> None:
    """The settings as JSON, in place of the file. Raises OSError."""
    replace_file(file, json.dumps(dict(values), indent=2, ensure_ascii=False) + "\n")


def write_secrets(file: Path, secrets: Mapping[str, str | None], known: Keys) -> None:
    """Secrets, by setting name, into a `.env`; other lines of it stay. None removes one. Raises OSError and Unreadable."""
    try:
        before = read_text(file).splitlines()
    except FileNotFoundError:
        before = ["# Secrets of syncdb. Whoever can read this file can read the shop's orders."]
    names = {known.by_name[name].env for name in secrets}
    kept = [line for line in before if _name(line) not in names]
    added = [f"{known.by_name[name].env}={_quoted(value)}" for name, value in secrets.items() if value]
    replace_file(file, "\n".join([*kept, *added]) + "\n")


def set_aside(file: Path) -> Path:
    """Rename a file to a name that is free, as `config.json.old`; the new name. Raises OSError."""
    number, aside = 1, file.with_name(file.name + ".old")
    while aside.exists():
        number += 1
        aside = file.with_name(f"{file.name}.old{number}")
    return file.rename(aside)


def _name(line: str) -> str:
    return line.removeprefix("export ").partition("=")[0].strip()


def _quoted(value: str) -> str:
    """A value as the `.env` reader takes it back; single quotes keep all else as it is."""
    if value.isalnum() or all(letter.isalnum() or letter in "_-." for letter in value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def replace_file(file: Path, text: str) -> None:
    """Put a text in place of a file, whole or not at all, for its owner only. Raises OSError."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)


__all__ = ["UnreadableFile", "replace_file", "set_aside", "write_config", "write_secrets"]
