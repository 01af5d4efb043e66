"""Which secrets are set, from which place each counts, how old it is, and its last letters; never more of it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from syncdb.config.keys import Key
from syncdb.config.place import config_place
from syncdb.config.secret_store import SecretStore, last4
from syncdb.config.sources import Source, from_dotenv, from_environment, from_json, from_secrets, nearest
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.programs import MANAGER


@dataclass(frozen=True, slots=True)
class SecretShown:
    """A secret that is set somewhere. `where` is the place that counts, `also` those that are passed over for it.

    `set_at` is when it was stored, else when its file was last changed; None where that cannot be known. `last4` is None for a
    short one, or where its key is gone: then `lost`.
    """

    name: str
    where: str
    last4: str | None
    set_at: datetime | None
    lost: bool = False
    also: tuple[str, ...] = ()


def secrets_overview(config: Path | None, env: Mapping[str, str]) -> list[SecretShown]:
    """Each of them, by name. Raises ConfigurationError where a place of them cannot be read."""
    known, file = registry.known_keys(), config_place(config, env, Path.cwd()).file
    sources = [from_environment(env, known), *from_secrets(file, env, known), from_dotenv(file.parent / ".env", known)]
    sources.append(from_json(file, known, named_by=""))
    if unreadable := [problem for source in sources if source.unreadable for problem in source.problems]:
        raise ConfigurationError(unreadable, next_step="Correct the file.")
    stored = {one.name: one.set_at for one in SecretStore.of(file, env).listed()}
    return [shown for key in known.all if key.secret for shown in _shown(key, sources, stored)]


def checked_secret(name: str, value: str) -> str:
    """The value of a secret setting as it may be stored. Raises ConfigurationError, which never repeats it."""
    key = _secret(name)
    try:
        key.check(value)
    except ValueError as why:
        raise ConfigurationError([f"{key.name} {why}. Nothing was stored."], next_step="Give it again.") from None
    return value.strip()


def _secret(name: str) -> Key:
    """The secret setting of a name, also as it is called in the environment. Raises ConfigurationError."""
    known = registry.known_keys()
    key = known.by_name.get(name) or known.by_env.get(name)
    secrets = [one.name for one in known.all if one.secret]
    if key is None or not key.secret:
        near = nearest(name, secrets)
        told = (
            f"{name} is a setting, but no secret." if key else f"{name} is no setting.{f' Did you mean {near}?' if near else ''}"
        )
        raise ConfigurationError([f"{told} Nothing was changed."], next_step=f"The secrets are {', '.join(secrets)}.")
    return key


def secret_named(name: str) -> str:
    """The setting's name. Raises ConfigurationError for what is no secret setting."""
    return _secret(name).name


def _shown(key: Key, sources: Sequence[Source], stored: Mapping[str, datetime | None]) -> Iterator[SecretShown]:
    """The place that counts first; what is lost counts only where there is nothing else."""
    filled = [one for one in sources if not key.unfilled(one.values.get(key.name))]
    lost = [one for one in sources if key.name in one.lost]
    if filled:
        first = filled[0]
        set_at = stored.get(key.name) if first.kind == "secrets" else _changed_at(first.file)
        value = first.values[key.name]
        also = tuple(one.where(key) for one in filled[1:])
        yield SecretShown(key.name, first.where(key), last4(value if isinstance(value, str) else None), set_at, False, also)
    elif lost:
        yield SecretShown(key.name, str(lost[0].file), None, stored.get(key.name), True)


def _changed_at(file: Path | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(os.stat(file).st_mtime, UTC) if file else None
    except OSError:
        return None


def lost_remedy(name: str) -> str:
    """What to do about a secret whose key is gone."""
    return f"Enter it again: {MANAGER} secrets set {name}"
