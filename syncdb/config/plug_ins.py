"""The setting that names plug-ins, read before all others: it decides which settings there are at all."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncdb.config.keys import Key, Keys

_NAME = re.compile(r"[a-z][a-z0-9-]*")


def names(raw: Any) -> tuple[str, ...]:
    """Names of plug-ins: a list, or text with commas between them."""
    given = [one.strip() for one in raw.split(",") if one.strip()] if isinstance(raw, str) else raw
    if not isinstance(given, list) or not all(isinstance(one, str) and _NAME.fullmatch(one) for one in given):
        raise ValueError("must be a list of names of plug-ins, each of small letters, digits and hyphens")
    return tuple(dict.fromkeys(given))


PLUG_INS: tuple[Key, ...] = (
    Key(
        "plugins", "SYNCDB_PLUGINS", names, None,
        "Pairs and systems of installed packages that are to be used, by name (docs/adding-a-pair.md). No other is loaded.",
    ),
)  # fmt: skip


def named_plug_ins(config: Path | None, env: Mapping[str, str], directory: Path) -> tuple[str, ...]:
    """Those that the configuration names. What is wrong with it is told when all of it is read, so it names none here."""
    # a command that only lists what there is reads no files
    from syncdb.config.place import config_place
    from syncdb.config.sources import from_dotenv, from_environment, from_json

    known, (key,) = Keys.of(PLUG_INS), PLUG_INS
    file = config_place(config, env, directory).file
    for source in (
        from_environment(env, known),
        from_dotenv(file.parent / ".env", known),
        from_json(file, known, named_by=""),
    ):
        if not key.unfilled(raw := source.values.get(key.name)):
            try:
                return names(raw)
            except ValueError:
                return ()
    return ()
