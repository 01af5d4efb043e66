"""From the places where settings stand to `Settings`: the first one counts, all problems are told at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdb.config.keys import BY_ENV, BY_NAME, KEYS, Key
from syncdb.config.service_account import check_key_file
from syncdb.config.settings import GristSettings, Settings
from syncdb.config.sources import Source, from_dotenv, from_environment, from_flags, from_json, nearest
from syncdb.errors import ConfigurationError
from syncdb.http import redact

if TYPE_CHECKING:
    from syncdb.pairs.selection import Selection


@dataclass(slots=True)
class _Reading:
    """The sources in order of precedence, and what came of them so far."""

    sources: Sequence[Source]
    env: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def rank(self, name: str) -> int | None:
        """The place in the order of the first source that has a setting filled in."""
        key = BY_NAME[name]
        return next((i for i, source in enumerate(self.sources) if not key.unfilled(source.values.get(name))), None)

    def where(self, name: str) -> str:
        rank = self.rank(name)
        return "the default" if rank is None else self.sources[rank].where(BY_NAME[name])

    def hidden(self, told: Sequence[str]) -> tuple[str, ...]:
        """These sentences without any secret."""
        return tuple(_hidden(one, self.sources) for one in told)

    def refuse_problems(self) -> None:
        """Raise ConfigurationError if there are any."""
        if self.problems:
            raise ConfigurationError(
                self.hidden(self.problems),
                next_step="docs/configuration.md explains every setting, docs/set-up.md the set-up.",
            )

    @property
    def sure(self) -> bool:
        """Whether every source could be read, so that what was not found is really not set."""
        return not any(source.unreadable for source in self.sources)


def load(
    flags: Mapping[str, Any],
    env: Mapping[str, str],
    directory: Path,
    config_path: Path | None = None,
) -> Settings:
    """The settings of this run. The first place that has a setting counts: flag, environment, `.env`, JSON file, default.

    `flags` are options by setting name, None meaning "not given". Without `config_path` the files are `config.json` and `.env`
    in `directory`, and both may be absent; with it they are that file, which must be there, and `.env` beside it. Relative
    paths in any source count from the folder of those files. An empty value and a template's value count as not set.
    Nothing is contacted and nothing is written.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = _read_all("sheets", flags, env, directory, config_path)
    _parse_columns(reading)
    _parse_periods(reading)
    email = _check_key_file(reading)
    _tell_detours(reading, (("google_api_base_url", "Google Sheets and Drive"),))
    reading.refuse_problems()
    return Settings(**reading.values, google_client_email=email, notices=reading.hidden(reading.notices))


def load_grist(
    flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None
) -> GristSettings:
    """The same for a shop and a Grist document."""
    reading = _read_all("grist", flags, env, directory, config_path)
    selection = _parse_selection(reading)
    _tell_detours(reading, ())
    if not reading.values["grist_workspace"] and reading.values["grist_document"]:
        _refuse_name(reading)
    reading.refuse_problems()
    reading.values["shopify_writes"] = reading.values["shopify_writes"] or ()
    del reading.values["grist_sync"]
    return GristSettings(**reading.values, selection=selection, notices=reading.hidden(reading.notices))


def _refuse_name(reading: _Reading) -> None:
    """Without a workspace only an id will do. Ids are letters and digits (documented)."""
    document = reading.values["grist_document"]
    if not document.isalnum():
        reading.problems.append(
            f"grist_document = {document!r} ({reading.where('grist_document')}): this is no document's id. Copy the document's "
            "address, or give grist_workspace, too, if it is a name."
        )


def _read_all(pair: str, flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None) -> _Reading:
    """What stands in all places of what this pair needs."""
    file = (config_path or directory / "config.json").absolute()
    json_file = from_json(file, named=config_path is not None)
    sources = (from_flags(flags), from_environment(env), from_dotenv(file.parent / ".env"), json_file)
    reading = _Reading(sources, env)
    for source in sources:
        reading.problems += source.problems
        reading.notices += source.notices
    for key in KEYS:
        if pair in key.serves:
            _read(key, reading, file.parent)
    _choose_credentials(reading)
    _check_files(reading)
    return reading


def _read(key: Key, reading: _Reading, home: Path) -> None:
    """Take a setting from the first source that has it, or its default, or say that it is missing."""
    rank = reading.rank(key.name)
    if rank is None:
        reading.values[key.name] = home / key.default if isinstance(key.default, Path) else key.default
        if key.needed and reading.sure:
            reading.problems.append(_missing(key, reading))
        return
    raw = reading.sources[rank].values[key.name]
    try:
        value = key.check(raw)
    except ValueError as why:
        reading.values[key.name] = None
        shown = "" if key.secret else f" = {_shown(raw)}"
        reading.problems.append(f"{key.name}{shown} ({reading.where(key.name)}): {why}.")
    else:
        reading.values[key.name] = home / value if isinstance(value, Path) else value


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 80 else text[:77] + "..."


def _missing(key: Key, reading: _Reading) -> str:
    """Where a setting was looked for in vain, and what to do."""
    looked = [source.where(key) for source in reading.sources if source.kind != "flag"]
    templates = [s.where(key) for s in reading.sources if isinstance(raw := s.values.get(key.name), str) and raw.strip()]
    told = f"{key.name} is not set. Looked for: {'; '.join(looked)}."
    if templates:
        told += f" The template's value still stands at: {'; '.join(templates)}."
    slip = nearest(key.env, [name for name in reading.env if name not in BY_ENV])
    if slip:
        told += f" The environment has {slip}: was {key.env} meant?"
    return f"{told} {key.needed}"


def _parse_columns(reading: _Reading) -> None:
    raw = reading.values["columns"]
    if raw is None:
        return
    # the catalogue of columns is large and only needed where columns are chosen
    from syncdb.mapping import parse_columns

    choice = parse_columns(raw, "order" if reading.values["rows"] == "order" else "line")
    reading.values["columns"] = choice.columns
    where = reading.where("columns")
    reading.problems += [f"columns ({where}): {problem.removeprefix('columns').lstrip(':, ')}" for problem in choice.problems]


def _parse_periods(reading: _Reading) -> None:
    """Spreadsheets are named for years, and for periods of the kind that tabs are made for."""
    named, by = reading.values["period_spreadsheets"] or {}, reading.values["tabs_by"]
    reading.values["period_spreadsheets"] = named
    if not named or by is None:
        return
    # what maps orders is large and only needed where periods are named
    from syncdb.pairs.shopify_sheets.periods import misnamed

    where = reading.where("period_spreadsheets")
    reading.problems += [f"period_spreadsheets ({where}): {problem}." for problem in misnamed(named, by)]


def _choose_credentials(reading: _Reading) -> None:
    """Either the token or the client's id and secret: whichever stands in the place that counts first."""
    token = reading.rank("shopify_access_token")
    parts = [reading.rank("shopify_client_id"), reading.rank("shopify_client_secret")]
    ranks = [rank for rank in parts if rank is not None]
    if len(ranks) == 2 and token is not None:
        if token == min(ranks):
            where = f"{reading.where('shopify_access_token')}; {reading.where('shopify_client_id')}"
            reading.problems.append(f"Both an access token and a client id with its secret are set ({where}). Keep one.")
        elif token < min(ranks):
            _drop(reading, "shopify_client_id", "shopify_client_secret", used="shopify_access_token")
        else:
            _drop(reading, "shopify_access_token", used="shopify_client_id")
    elif token is not None:
        reading.values.update(shopify_client_id=None, shopify_client_secret=None)
    elif len(ranks) < 2 and reading.sure:
        names = ("shopify_client_id", "shopify_client_secret")
        absent = [_missing(BY_NAME[name], reading).rstrip() for name, rank in zip(names, parts, strict=True) if rank is None]
        reading.problems += absent if ranks else [_no_credentials(reading)]


def _drop(reading: _Reading, *names: str, used: str) -> None:
    reading.notices.append(f"{used} ({reading.where(used)}) is used; {names[0]} ({reading.where(names[0])}) is passed over.")
    reading.values.update(dict.fromkeys(names))


def _no_credentials(reading: _Reading) -> str:
    keys = [BY_NAME[name] for name in ("shopify_client_id", "shopify_client_secret", "shopify_access_token")]
    looked = [source.where(key) for key in keys for source in reading.sources if source.kind != "flag"]
    left = " A template's value still stands at some of them." if _templates(reading, keys) else ""
    return (
        f"Nothing to log in to Shopify with is set. Looked for: {'; '.join(looked)}.{left} Give shopify_client_id and "
        "shopify_client_secret of your Dev Dashboard app, or the shopify_access_token of an older custom app."
    )


def _templates(reading: _Reading, keys: Sequence[Key]) -> bool:
    values = (source.values.get(key.name) for source in reading.sources for key in keys)
    return any(isinstance(value, str) and value.strip() for value in values)


def _check_files(reading: _Reading) -> None:
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


def _check_key_file(reading: _Reading) -> str:
    """Look into the service account's key file. Returns its e-mail address."""
    key_file = reading.values["google_service_account_file"]
    if not key_file:
        return ""
    email, problems, notices = check_key_file(key_file, reading.where("google_service_account_file"))
    reading.problems += problems
    reading.notices += notices
    return email


def _parse_selection(reading: _Reading) -> "Selection":
    # the catalogue of fields is large and only needed where fields are chosen
    from syncdb.pairs.selection import parse_selection

    raw = reading.values
    selection = parse_selection(raw["grist_sync"], raw["shopify_writes"] or (), raw["edited_cells"])
    where = reading.where("grist_sync")
    reading.problems += [
        problem if problem.startswith("shopify_writes") else f"grist_sync ({where}): {problem}." for problem in selection.problems
    ]
    return selection


def _tell_detours(reading: _Reading, more: Sequence[tuple[str, str]]) -> None:
    for name, system in (("shopify_base_url", "Shopify"), *more):
        if url := reading.values[name]:
            reading.notices.append(f"Requests for {system} go to {url} ({reading.where(name)}).")


def _hidden(told: str, sources: Sequence[Source]) -> str:
    """`told` without anything that is, or looks like, a secret (one pasted into the wrong setting, say)."""
    for source in sources:
        for key in KEYS:
            value = source.values.get(key.name)
            if key.secret and isinstance(value, str) and len(value.strip()) > 5 and not key.unfilled(value):
                told = told.replace(value.strip(), "[redacted]")
    return redact(told)
