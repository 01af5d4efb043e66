"""From the places where settings stand to values: the first one counts, all problems are told at once."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.config.keys import GENERAL, Key, Keys
from syncdb.config.place import VARIABLE, config_place
from syncdb.config.sources import Source, from_dotenv, from_environment, from_flags, from_json, from_secrets, nearest
from syncdb.errors import ConfigurationError
from syncdb.http import redact
from syncdb.programs import MANAGER


@dataclass(slots=True)
class Reading:
    """The sources in order of precedence, and what came of them so far. `known` are all settings that there are.

    `pair` is the pair of systems that they are read for, where there is one that is asked for by its name.
    """

    known: Keys
    sources: Sequence[Source]
    env: Mapping[str, str]
    pair: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def rank(self, name: str) -> int | None:
        """The place in the order of the first source that has a setting filled in."""
        key = self.known.by_name[name]
        return next((i for i, source in enumerate(self.sources) if not key.unfilled(source.values.get(name))), None)

    def where(self, name: str) -> str:
        rank = self.rank(name)
        return "the default" if rank is None else self.sources[rank].where(self.known.by_name[name])

    def missing(self, name: str) -> str:
        """Where a setting was looked for in vain, and what to do."""
        key = self.known.by_name[name]
        passed_over = ("flag",) if key.secret else ("flag", "secrets")
        looked = [source.where(key) for source in self.sources if source.kind not in passed_over]
        templates = [s.where(key) for s in self.sources if isinstance(raw := s.values.get(name), str) and raw.strip()]
        told = f"{name} is not set. Looked for: {'; '.join(looked)}."
        if templates:
            told += f" The template's value still stands at: {'; '.join(templates)}."
        slip = nearest(key.env, [given for given in self.env if given not in self.known.by_env])
        if slip:
            told += f" The environment has {slip}: was {key.env} meant?"
        return f"{told} {key.needed}"

    def tell_detour(self, name: str, system: str) -> None:
        """A notice where the setting `name` sends requests for a system elsewhere."""
        if url := self.values[name]:
            self.notices.append(f"Requests for {system} go to {url} ({self.where(name)}).")

    def hidden(self, told: Sequence[str]) -> tuple[str, ...]:
        """These sentences without anything that is, or looks like, a secret (one pasted into the wrong setting, say)."""
        return tuple(self._hidden(sentence) for sentence in told)

    def refuse_problems(self) -> None:
        """Raise ConfigurationError if there are any; one sentence for all of them where nobody has set anything up yet."""
        if self.problems and self._untouched:
            file, which = self.sources[-1].file, f" --pair {self.pair}" if self.pair else ""
            raise ConfigurationError(
                [f"Nothing is configured: there is no {file}, no .env beside it, and nothing in the environment."],
                next_step=f"{MANAGER} init{which} asks for what is needed (docs/set-up.md). A configuration elsewhere is named "
                f"with --config PATH or {VARIABLE}.",
            )
        if self.problems:
            raise ConfigurationError(
                self.hidden(self.problems),
                next_step="docs/configuration.md explains every setting, docs/set-up.md the set-up.",
            )

    @property
    def _untouched(self) -> bool:
        """Whether no source holds a setting that a person made: not even one with a slip in its name."""
        needed = [key.env for key in self.known.all if key.needed or key.secret]  # others are near to what other programs set
        slips = [given for given in self.env if given not in self.known.by_env and nearest(given, needed)]
        made = [source for source in self.sources if source.kind != "flag" and (source.values or source.unreadable)]
        return not slips and not made and all(source.missing for source in self.sources if source.file)

    @property
    def sure(self) -> bool:
        """Whether every source could be read, so that what was not found is really not set."""
        return not any(source.unreadable for source in self.sources)

    def _hidden(self, told: str) -> str:
        for source in self.sources:
            for key in self.known.all:
                value = source.values.get(key.name)
                if key.secret and isinstance(value, str) and len(value.strip()) > 5 and not key.unfilled(value):
                    told = told.replace(value.strip(), "[redacted]")
        return redact(told)


def read(
    wanted: Iterable[Key],
    known: Keys,
    flags: Mapping[str, Any],
    env: Mapping[str, str],
    directory: Path,
    config_path: Path | None = None,
    pair: str = "",
) -> Reading:
    """The wanted settings and those of every run. The first place that has one counts: flag, environment, stored secrets, `.env`,
    JSON, default.

    `flags` are options by setting name, None meaning "not given". The files are the JSON file that `config_place` finds, which
    must be there only if it was named, and `.env` beside it. Relative
    paths in any source count from the folder of those files. An empty value and a template's value count as not set.
    Nothing is contacted and nothing is written. Never raises for what is configured: problems are collected, without any secret.
    """
    place = config_place(config_path, env, directory)
    file = place.file
    json_file = from_json(file, known, named_by=place.named_by)
    secrets, dotenv = from_secrets(file, env, known), from_dotenv(file.parent / ".env", known)
    sources = (from_flags(flags), from_environment(env, known), *secrets, dotenv, json_file)
    reading = Reading(known, sources, env, pair, problems=list(known.problems))
    for source in sources:
        reading.problems += source.problems
        reading.notices += source.notices
    for key in (*wanted, *GENERAL):
        _read(key, reading, file.parent)
    _check_files(reading)
    return reading


def _read(key: Key, reading: Reading, home: Path) -> None:
    """Take a setting from the first source that has it, or its default, or say that it is missing."""
    rank = reading.rank(key.name)
    if rank is None:
        reading.values[key.name] = home / key.default if isinstance(key.default, Path) else key.default
        if key.needed and reading.sure:
            reading.problems.append(reading.missing(key.name))
        return
    raw = reading.sources[rank].values[key.name]
    try:
        value = key.check(raw)
    except ValueError as why:
        reading.values[key.name] = None
        shown = "" if key.secret or key.holds_instances else f" = {_shown(raw)}"
        reading.problems.append(f"{key.name}{shown} ({reading.where(key.name)}): {why}.")
    else:
        reading.values[key.name] = home / value if isinstance(value, Path) else value


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 80 else text[:77] + "..."


def _check_files(reading: Reading) -> None:
    """Look at the places of the files that every pair writes."""
    db, log = reading.values["db_path"], reading.values["log_file"]
    if db and not os.path.isdir(db.parent):
        where = reading.where("db_path")
        reading.problems.append(f"db_path = {str(db)!r} ({where}): the folder {db.parent} does not exist. Make it first.")
    for name, path in (("db_path", db), ("log_file", log)):
        if path and os.path.isdir(path):
            reading.problems.append(f"{name} = {str(path)!r} ({reading.where(name)}): this is a folder. Give the path of a file.")
    if db and db == log:
        reading.problems.append(f"db_path and log_file are the same file, {db}. Give two names.")
