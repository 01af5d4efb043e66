"""Where settings come from: command line, environment, `.env` and a JSON file, each read whole and without judging values."""

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from syncdb.config.files import UnreadableFile, parse_json, read_text, readable_by_others
from syncdb.config.keys import Key, Keys
from syncdb.config.place import SECRETS
from syncdb.programs import MANAGER


@dataclass(frozen=True, slots=True)
class Source:
    """One place, as it was found: raw values by setting name, and what is wrong with the place itself.

    `unreadable` means that settings may well be in it, so that nothing is "not set" for sure. `lost` are encrypted ones whose key
    is gone: they are not set.
    """

    kind: str
    values: Mapping[str, Any]
    file: Path | None = None
    missing: bool = False
    unreadable: bool = False
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def where(self, key: Key) -> str:
        """The place of a setting in this source, for people."""
        if key.name in self.lost:
            return f"{key.name} in {self.file} (it is there, but its key is gone: {MANAGER} secrets set {key.name})"
        if self.kind == "flag":
            return f"option {key.option}"
        if self.kind == "environment":
            return f"environment variable {key.env}"
        name = key.env if self.kind == ".env" else f'"{key.name}"'
        return f"{name} in {self.file}" + (" (there is no such file)" if self.missing else "")


def from_flags(flags: Mapping[str, Any]) -> Source:
    """The options given on the command line, by setting name; None is an option that was not given."""
    return Source("flag", {name: value for name, value in flags.items() if value is not None})


def from_environment(env: Mapping[str, str], known: Keys) -> Source:
    """What the environment holds of ours. Foreign variables are none of our business."""
    found = {key.name: [env[name] for name in (key.env, *key.also_env) if name in env] for key in known.all}
    return Source("environment", {name: next(filter(str.strip, given), given[0]) for name, given in found.items() if given})


def from_secrets(config_file: Path, env: Mapping[str, str], known: Keys) -> tuple[Source, ...]:
    """The encrypted secrets beside a configuration; no source where none were ever stored."""
    if not os.path.exists(config_file.with_name(SECRETS)):  # also of a name that no file can have
        return ()
    from syncdb.config.secret_store import SecretStore  # what encrypts takes long to load

    store = SecretStore.of(config_file, env)
    try:
        opened = store.opened()
    except UnreadableFile as why:
        return (Source("secrets", {}, store.file, unreadable=True, problems=(f"{store.file} {why}.",)),)
    lost = (
        f"{', '.join(opened.lost)} in {store.file} cannot be read: {opened.problem}. Enter it again: {MANAGER} secrets set NAME"
    )
    values = {name: value for name, value in opened.values.items() if name in known.by_name}
    return (Source("secrets", values, store.file, notices=(lost,) if opened.lost else (), lost=opened.lost),)


def from_dotenv(file: Path, known: Keys) -> Source:
    """A `.env` file. It is not put into the environment, and `$` means nothing in it."""
    try:
        content = read_text(file)
    except FileNotFoundError:
        return Source(".env", {}, file, missing=True)
    except UnreadableFile as why:
        return Source(".env", {}, file, unreadable=True, problems=(f"{file} {why}.",))
    values: dict[str, Any] = {}
    problems: list[str] = []
    notices: list[str] = []
    for binding in parse_stream(StringIO(content)):
        place = f"{file}, line {binding.original.line}"
        if binding.error or (binding.value is None and binding.key is not None):
            # the line is not shown: it may well be a token that was pasted alone
            problems.append(f"{place} is not NAME=value. Text with quotes inside belongs into the other kind of quotes.")
        elif binding.key is None:
            continue
        elif binding.key not in known.by_env:
            _foreign(binding.key, known, place, problems, notices)
        elif known.by_env[binding.key].name in values:
            problems.append(f"{place}: {binding.key} stands there twice. Keep one.")
        else:
            values[known.by_env[binding.key].name] = binding.value
    notices += readable_by_others(file) if _any_secret(values, known) else ()
    return Source(".env", values, file, problems=tuple(problems), notices=tuple(notices))


def _foreign(name: str, known: Keys, place: str, problems: list[str], notices: list[str]) -> None:
    # a .env may serve other programs too, so only what looks like a slip of ours is refused
    near = nearest(name, known.by_env)
    if near:
        problems.append(f"{place}: {name} is not a setting. Did you mean {near}?")
    else:
        notices.append(f"{place}: {name} is not a setting of syncdb and was passed over.")


def from_json(file: Path, known: Keys, *, named_by: str) -> Source:
    """A JSON configuration file. It may be absent unless the user named it, by `named_by`."""
    try:
        content = read_text(file)
    except FileNotFoundError:
        problem = (f"{file} does not exist (it was given with {named_by}).",) if named_by else ()
        return Source("json", {}, file, missing=True, unreadable=bool(named_by), problems=problem)
    except UnreadableFile as why:
        return Source("json", {}, file, unreadable=True, problems=(f"{file} {why}.",))
    problems: list[str] = []
    try:
        data = parse_json(content, problems)
    except UnreadableFile as why:
        return Source("json", {}, file, unreadable=True, problems=(f"{file} {why}",))
    if not isinstance(data, dict):
        return Source("json", {}, file, unreadable=True, problems=(f"{file} must hold one JSON object: {{ ... }}.",))
    problems = [f"{file}: {problem}" for problem in problems]
    problems += [f"{file}: {_unknown(name, known)}" for name in data if name not in known.by_name]
    ours = {name: value for name, value in data.items() if name in known.by_name}
    for key in known.all:
        if key.holds_instances and isinstance(data.get(key.name), dict):
            ours |= _of_instances(file, key, data[key.name], known, problems)
    notices = readable_by_others(file) if _any_secret(ours, known) else ()
    return Source("json", ours, file, problems=tuple(problems), notices=notices)


def _of_instances(file: Path, key: Key, given: Mapping[str, Any], known: Keys, problems: list[str]) -> dict[str, Any]:
    """The settings of several instances of a system, each under the name that it has elsewhere."""
    found: dict[str, Any] = {}
    for instance, settings in given.items():
        if not isinstance(settings, dict):
            problems.append(f'{file}: "{instance[:60]}" in "{key.name}" must be an object: {{ ... }}.')
            continue
        prefix = f"{instance}_"
        shorts = [name.removeprefix(prefix) for name in known.by_name if name.startswith(prefix)]
        # those of an instance that nobody asks for here are somebody else's business
        for short, value in settings.items() if shorts else ():
            if short in shorts:
                found[prefix + short] = value
            else:
                near = nearest(short, shorts)
                suggestion = f'Did you mean "{near}"?' if near else f"There are {', '.join(shorts)}."
                problems.append(f'{file}: "{short[:60]}" of "{instance}" in "{key.name}" is not a setting. {suggestion}')
    return found


def _unknown(name: str, known: Keys) -> str:
    near = nearest(name, known.by_name) or (known.by_env[name.upper()].name if name.upper() in known.by_env else "")
    suggestion = f'Did you mean "{near}"?' if near else "See docs/configuration.md for the list."
    return f'"{name[:60]}" is not a setting. {suggestion}'


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that `name` is most likely a slip of, or empty text."""
    folded = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name[:60].lower().replace("-", "_"), folded, n=1, cutoff=0.75)
    return folded[close[0]] if close else ""


def _any_secret(values: Mapping[str, Any], known: Keys) -> bool:
    return any(key.secret and not key.unfilled(values.get(key.name)) for key in known.all)
