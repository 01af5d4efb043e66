"""`secrets`: keep tokens and passwords encrypted, change their key, and see which are set."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.options import ConfigOption, JsonOption, answering
from syncdb.cli.output import Column, Output
from syncdb.cli.prompts import ask
from syncdb.clock import SYSTEM
from syncdb.config.files import UnreadableFile
from syncdb.config.place import config_place
from syncdb.config.secret_store import SecretStore
from syncdb.errors import ConfigurationError
from syncdb.services.calendar import span
from syncdb.services.secrets_overview import SecretShown, checked_secret, lost_remedy, secret_named, secrets_overview
from syncdb.values import iso


class Act(StrEnum):
    """What to do."""

    set = "set"
    remove = "remove"
    rotate = "rotate"
    list = "list"


def secrets(
    act: Annotated[Act, typer.Argument(metavar="set|list|rotate|remove", help="What to do.")],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The setting, for set and remove.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `secrets`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=act is not Act.list) as output, _store_told():
        file = config_place(config, os.environ, Path.cwd()).file
        store = SecretStore.of(file, os.environ)
        if act is Act.list:
            _list(output, secrets_overview(config, os.environ), SYSTEM.now())
        elif act is Act.rotate:
            _rotate(output, store)
        elif name is None:
            raise ConfigurationError([f"secrets {act}: which one? Nothing was changed."], next_step="Name the setting.")
        elif act is Act.set:
            _set(output, store, name, config)
        else:
            _remove(output, store, name)


@contextmanager
def _store_told() -> Iterator[None]:
    try:
        yield
    except UnreadableFile as why:
        raise ConfigurationError([f"The file of the secrets {why}. It was left as it is."], next_step="docs/secrets.md") from None


def _set(output: Output, store: SecretStore, name: str, config: Path | None) -> None:
    """Ask for the value, which never stands on a command line, where others could see it."""
    known = secret_named(name)
    read: Callable[[str], str] = getpass.getpass if sys.stdin.isatty() else ask
    value = checked_secret(known, read(f"{known}: "))
    store.put(known, value, SYSTEM.now())
    _say(output, f"{known} is stored in {store.file}, encrypted.", known)
    for one in secrets_overview(config, os.environ):
        if one.name == known and one.where.startswith("environment"):
            output.hint(f"The {one.where} is set, too, and counts first.")


def _remove(output: Output, store: SecretStore, name: str) -> None:
    known = secret_named(name)
    if not store.remove(known):
        raise ConfigurationError([f"{known} is not in {store.file}. Nothing was changed."])
    _say(output, f"{known} is no longer in {store.file}.", known)


def _rotate(output: Output, store: SecretStore) -> None:
    count, place = store.rotate()
    one = f"{count} {'secret is' if count == 1 else 'secrets are'}"
    _say(
        output, f"{one} encrypted with the first key in {place.where}." + (" The old key is gone." if place.writable else ""), ""
    )


def _say(output: Output, text: str, name: str) -> None:
    if output.as_json:
        output.data({"exit_code": 0, "done": text} | ({"name": name} if name else {}))
    else:
        output.line(text)


def _list(output: Output, found: list[SecretShown], now: datetime) -> None:
    if output.as_json:
        told = [asdict(one) | {"set_at": iso(one.set_at) if one.set_at else None, "also": list(one.also)} for one in found]
        output.data({"exit_code": 0, "secrets": told})
        return
    if not found:
        output.line("No secret is set anywhere.")
    rows = [(one.name, f"...{one.last4}" if one.last4 else "", _age(one, now), _place(one)) for one in found]
    output.table(
        [Column("Setting", fixed=True), Column("Ends with", fixed=True), Column("Age", fixed=True), Column("From")], rows
    )


def _age(one: SecretShown, now: datetime) -> str:
    return span(now - one.set_at) if one.set_at is not None and one.set_at <= now else ""


def _place(one: SecretShown) -> str:
    if one.lost:
        return f"its key is gone. {lost_remedy(one.name)}"
    return one.where + (f"; passed over: {', '.join(one.also)}" if one.also else "")
