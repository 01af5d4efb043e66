"""Settings in the fleet's file, looked at before they are written: a slip in the template would stop every shop."""

from collections.abc import Mapping
from typing import Any

from syncdb.config.sources import nearest
from syncdb.pairs import registry

PLUG_INS = "plugins"  # what they bring are settings, too, and are known where the shop's own configuration is read


def setting_problems(where: str, given: Any, template: Any = None) -> list[str]:
    """What is wrong with settings that shops would be given."""
    if not isinstance(given, Mapping):
        return [f"{where} must be a table."]
    found = [f"{where}: {one}" for one in unknown_settings(given, template)]
    known = registry.known_keys().by_name
    for name, value in given.items():
        key = known.get(name)
        if key is None or key.holds_instances or key.unfilled(value):
            continue
        try:
            key.check(value)
        except ValueError as why:
            found.append(f"{where}: {name}: {why}.")
    return found


def unknown_settings(given: Any, template: Any = None) -> list[str]:
    """The names that are no settings, each with what may have been meant."""
    named = {*given, *(template if isinstance(template, Mapping) else ())} if isinstance(given, Mapping) else set[str]()
    if PLUG_INS in named:
        return []
    known = registry.known_keys().by_name
    unknown = [(name, nearest(name, known)) for name in sorted(given) if name not in known]
    return [f"{name} is not a setting.{f' Did you mean {near}?' if near else ''}" for name, near in unknown]
