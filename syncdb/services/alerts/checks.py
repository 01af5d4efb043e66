"""Whether the settings of what no run reads can be used: where people are told, and how often runs are made."""

from collections.abc import Mapping
from pathlib import Path

from syncdb.errors import ConfigurationError, Exit
from syncdb.services.alerts.settings import alert_settings
from syncdb.services.scheduler import planned
from syncdb.systems.check import Check, failed, passed


def check_serving(config: Path | None, env: Mapping[str, str], directory: Path) -> list[Check]:
    """A check for each thing that is wrong, and one for alerts where there are any; nobody is contacted."""
    found = alert_settings(config, env, directory)
    remedy = "docs/alerts.md has every step."
    checks = [failed("alerts", "settings", problem, remedy, Exit.CONFIGURATION) for problem in found.problems]
    if found.anything and not checks:
        names = [one.name for one in found.ways] + (["ping"] if found.ping else [])
        checks.append(passed("alerts", "settings", f"people are told by {', '.join(names)}"))
    return checks + _schedule(config, env, directory)


def _schedule(config: Path | None, env: Mapping[str, str], directory: Path) -> list[Check]:
    try:
        planned(config, env, directory)
    except ConfigurationError as error:
        problems = [one for one in error.problems if one.startswith("schedule")]
        return [failed("schedule", "settings", one, error.next_step, Exit.CONFIGURATION) for one in problems]
    return []
