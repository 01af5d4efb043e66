"""The settings that count, from wherever they come, as people may see them: of secrets only whether they are set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.config.keys import GENERAL, Key, Keys
from syncdb.config.reading import Reading, read
from syncdb.pairs import registry
from syncdb.pairs.base import PairType


@dataclass(frozen=True, slots=True)
class SettingShown:
    """One setting: its value in words (empty where it is not set), where it comes from, and what it means."""

    name: str
    value: str
    where: str
    meaning: str
    secret: bool
    needed: bool


@dataclass(frozen=True, slots=True)
class SettingsShown:
    """Those of each system and of all runs, by what they belong to; and everything that is wrong with them."""

    groups: Sequence[tuple[str, Sequence[SettingShown]]]
    problems: Sequence[str]


def settings_shown(
    pairs: Sequence[PairType], flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config: Path | None
) -> SettingsShown:
    """What is configured for these pairs. Nobody is asked, and nothing is raised: problems are told."""
    wanted = Keys.of(*(pair.all_keys for pair in pairs)).all
    reading = read(wanted, registry.known_keys(), flags, env, directory, config)
    groups: list[tuple[str, Sequence[SettingShown]]] = [
        (system.title, [_shown(key, reading) for key in system.keys]) for system in registry.systems_of(pairs)
    ]
    groups += [(pair.title, [_shown(key, reading) for key in pair.keys]) for pair in pairs if pair.keys]
    groups.append(("Every run", [_shown(key, reading) for key in GENERAL]))
    return SettingsShown(groups, reading.hidden(reading.problems))


def _shown(key: Key, reading: Reading) -> SettingShown:
    return SettingShown(key.name, _value(key, reading), reading.where(key.name), key.meaning, key.secret, bool(key.needed))


def _value(key: Key, reading: Reading) -> str:
    value = reading.values.get(key.name)
    if value is None or value == "":
        return ""
    if key.secret or key.holds_instances:
        return "set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
