"""Where the ledger is and what else a reading command may want to know of the configuration, complete or not."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdb.config.place import config_place
from syncdb.config.sources import Source, from_dotenv, from_environment, from_json, from_secrets
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.systems.base import KeptFile

if TYPE_CHECKING:
    from syncdb.mapping.choice import Amounts


@dataclass(frozen=True, slots=True)
class LedgerLocation:
    """The ledger's path, and as far as they are configured: the API version, and what logs in to Shopify and where that stands.

    `login` is "token" or "client"; `login_file` None where it comes from the environment. `pairs` are those that are configured,
    `most_calls` how many calls a month a system may be sent, by its name. `log` is the log's path. `named` are the files that
    settings name, and those in which they stand. `amounts` says on which rows of an order its own amounts are to stand.
    """

    ledger: Path
    log: Path
    api_version: str | None = None
    login: str | None = None
    login_file: Path | None = None
    pairs: tuple[PairType, ...] = ()
    most_calls: Mapping[str, int] = field(default_factory=dict)
    named: tuple[Path, ...] = ()
    amounts: "Amounts" = "every_line"


def find_ledger(config: Path | None, db: Path | None, env: Mapping[str, str] | None = None) -> LedgerLocation:
    """Read only what is needed: reading the ledger needs neither a shop nor a spreadsheet to be configured.

    Raises ConfigurationError where db_path may be in a file that cannot be read, or is no path.
    """
    file, sources = _sources(config, env)
    if db is None:
        unreadable = [problem for source in sources if source.unreadable for problem in source.problems]
        if unreadable:
            raise ConfigurationError(unreadable, next_step="Correct the file, or name the ledger itself: --db PATH.")
    version = _first(sources, "shopify_api_version")
    token, client = _first(sources, "shopify_access_token"), _first(sources, "shopify_client_secret")
    login = token or client
    return LedgerLocation(
        db.absolute() if db is not None else _path(sources, file.parent, "db_path"),
        _path(sources, file.parent, "log_file"),
        version[0] if version else None,
        None if login is None else "token" if token else "client",
        login[1] if login else None,
        _pairs(sources),
        _most_calls(sources),
        tuple(_named(sources, file.parent)),
        _amounts(sources),
    )


def ledger_or_none(config: Path | None, env: Mapping[str, str]) -> Path | None:
    """The ledger's path; None where that cannot be known."""
    try:
        return find_ledger(config, None, env).ledger
    except ConfigurationError:
        return None


def configured_pairs(config: Path | None, env: Mapping[str, str] | None = None) -> tuple[PairType, ...]:
    """The pairs that somebody began to configure. Nothing else is checked."""
    return _pairs(_sources(config, env)[1])


def kept_files(config: Path | None, env: Mapping[str, str] | None = None) -> tuple[KeptFile, ...]:
    """The files on this computer that the configured pairs keep for people, whether they are there or not."""
    file, sources = _sources(config, env)
    return tuple(_kept(sources, file.parent))


def _pairs(sources: Sequence[Source]) -> tuple[PairType, ...]:
    """Those whose naming setting is filled in somewhere."""
    return tuple(pair for pair in registry.PAIRS if any(_filled(sources, name) for name in (pair.named_by, *pair.also_named_by)))


def _filled(sources: Sequence[Source], name: str) -> bool:
    key = registry.known_keys().by_name[name]
    return any(not key.unfilled(source.values.get(name)) for source in sources)


def _most_calls(sources: Sequence[Source]) -> dict[str, int]:
    limits = {one.name: _first(sources, one.calls_by) for one in registry.systems_of(registry.PAIRS) if one.calls_by}
    return {name: found[0] for name, found in limits.items() if found}


def _amounts(sources: Sequence[Source]) -> "Amounts":
    """As the first configured pair that has the choice says it."""
    found = [_first(sources, pair.amounts_by) for pair in _pairs(sources) if pair.amounts_by]
    return found[0][0] if found and found[0] else "every_line"


def _named(sources: Sequence[Source], home: Path) -> Iterator[Path]:
    for source in sources:
        if source.file is not None:
            yield source.file
        for value in source.values.values():
            with suppress(OSError, ValueError):  # a token is no path
                if isinstance(value, str) and value and (home / value).is_file():
                    yield home / value


def _kept(sources: Sequence[Source], home: Path) -> Iterator[KeptFile]:
    for system in registry.systems_of(_pairs(sources)):
        found = {key.name: _first(sources, key.name) for key in system.keys}
        values = {key.name: one[0] if (one := found[key.name]) else key.default for key in system.keys}
        yield from system.keeps({name: home / one if isinstance(one, Path) else one for name, one in values.items()})


def _sources(config: Path | None, env: Mapping[str, str] | None) -> tuple[Path, Sequence[Source]]:
    """The configuration file's path, and what stands in all places."""
    env = os.environ if env is None else env
    place = config_place(config, env, Path.cwd())
    file, known = place.file, registry.known_keys()
    return file, (
        from_environment(env, known),
        *from_secrets(file, env, known),
        from_dotenv(file.parent / ".env", known),
        from_json(file, known, named_by=place.named_by),
    )


def _path(sources: Sequence[Source], home: Path, name: str) -> Path:
    found = _first(sources, name)
    value: Path = found[0] if found else registry.known_keys().by_name[name].default
    return home / value


def _first(sources: Sequence[Source], name: str) -> tuple[Any, Path | None] | None:
    """The first source's value of a setting, checked, and the file that it stands in. Only a wrong db_path is told."""
    key = registry.known_keys().by_name[name]
    for source in sources:
        raw = source.values.get(name)
        if key.unfilled(raw):
            continue
        try:
            return key.check(raw), source.file
        except ValueError as why:
            if name == "db_path":
                raise ConfigurationError([f"db_path ({source.where(key)}): {why}."]) from None
            return None
    return None
