"""Changing settings in the configuration file: only what counts there, tried first, saved whole, the version before it kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdb.config.edited import save_values, values_of, with_values
from syncdb.config.place import config_place
from syncdb.config.sources import Source, from_dotenv, from_environment, from_secrets
from syncdb.config.writing import replace_file
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.services.usable_pairs import usable_pairs
from syncdb.services.validation import UsablePair

PROPOSED = "config.proposed.json"  # beside the configuration, for a trial run over a change
_TRIED = "config.tried.json"


@dataclass(frozen=True, slots=True)
class ConfigChanges:
    """The configuration that `config`, `env` and `folder` lead to; `flags` are the options that count before it."""

    config: Path | None
    env: Mapping[str, str] = field(repr=False)
    folder: Path
    flags: Mapping[str, object]

    @property
    def file(self) -> Path:
        return config_place(self.config, self.env, self.folder).file

    def held(self) -> dict[str, Any]:
        """What stands in the file, secrets among it. Raises ConfigurationError."""
        return values_of(self.file)

    def refuse_elsewhere(self, names: Iterable[str]) -> None:
        """Raise ConfigurationError where one of these settings stands in a place that counts before the file."""
        known, file = registry.known_keys(), self.file
        places = (
            from_environment(self.env, known),
            *from_secrets(file, self.env, known),
            from_dotenv(file.parent / ".env", known),
        )
        if told := [problem for name in names for problem in _elsewhere(name, places)]:
            raise ConfigurationError(
                [f"{one} counts before {file.name}. Nothing was changed." for one in told],
                next_step=f"Change it there, or move it into {file.name}: then it can be changed here.",
            )

    def usable(self, pairs: Sequence[PairType], changes: Mapping[str, Any]) -> list[UsablePair]:
        """The pairs with their settings as they would be. Raises ConfigurationError with every problem."""
        tried = self.file.with_name(_TRIED)
        with _written(tried, self._changed(changes)):
            try:
                return usable_pairs(pairs, self.flags, self.env, self.folder, tried)
            except ConfigurationError as error:
                told = [one.replace(str(tried), self.file.name) for one in error.problems]
                raise ConfigurationError(told, next_step=error.next_step) from None

    def propose(self, changes: Mapping[str, Any]) -> Path:
        """Write the whole configuration as it would be beside the file, for a trial run. Raises ConfigurationError."""
        proposed = self.file.with_name(PROPOSED)
        _write(proposed, self._changed(changes))
        return proposed

    def withdraw(self) -> None:
        """Remove what was proposed."""
        self.file.with_name(PROPOSED).unlink(missing_ok=True)

    def save(self, changes: Mapping[str, Any], seen: Mapping[str, Any], now: datetime) -> Path | None:
        """Save settings whose values were `seen` before. Where the version before is kept. Raises ConfigurationError."""
        self.refuse_elsewhere(changes)
        return save_values(self.file, changes, seen, now)

    def _changed(self, changes: Mapping[str, Any]) -> str:
        return with_values(_text(self.file), changes)


def _elsewhere(name: str, places: Sequence[Source]) -> Iterator[str]:
    key = registry.known_keys().by_name[name]
    yield from (f"{name} is set at {one.where(key)}, which" for one in places if not key.unfilled(one.values.get(name)))


def _text(file: Path) -> str:
    values_of(file)  # refuses what is no configuration
    return file.read_text(encoding="utf-8-sig") if file.exists() else "{\n}\n"


def _write(file: Path, text: str) -> None:
    try:
        replace_file(file, text)
    except OSError as error:
        raise ConfigurationError(
            [f"{file} cannot be written: {error.strerror or error}. Nothing was changed."],
            next_step="Check the rights of the folder.",
        ) from None


@contextmanager
def _written(file: Path, text: str) -> Iterator[None]:
    _write(file, text)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
