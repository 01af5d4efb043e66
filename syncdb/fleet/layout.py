"""The folder of a fleet: `fleet.toml` with what all shops share, and a folder with a configuration for each shop."""

import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.errors import ConfigurationError
from syncdb.fleet.settings_given import setting_problems, unknown_settings
from syncdb.pairs import registry

FILE, SHOPS, CONFIG = "fleet.toml", "shops", "config.json"
MARK = f".{CONFIG}.of-fleet"  # beside a configuration that was made from the fleet's file
EVERY, HOME = 60, "main"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
OF_SHOP = {"home", "every", "buckets", "settings", "secrets"}
OF_FLEET = {"home", "every", "buckets", "template", "shops"}
OF_BUCKET = {"runs", "system", "requests"}
RUNS = 4  # at once, where a bucket does not say


@dataclass(frozen=True, slots=True)
class Bucket:
    """A limit that shops share: how many of their runs may be under way at once.

    `system` names the one whose requests are counted, too, empty for none; `requests` is how many of reads, and of writes, it
    takes a minute, None for what one account of it is known to take.
    """

    name: str
    runs: int = RUNS
    system: str = ""
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class ShopPlan:
    """One shop: where it lives, every how many minutes it runs, which limits it shares with others.

    `settings` are what its config.json shall hold, None where that is its own business. `secrets` names, for a setting, the
    environment variable of the worker that holds it. `lent` is what the worker adds to the environment of its runs.
    """

    name: str
    home: str
    every: int
    buckets: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    lent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """All that the folder says."""

    folder: Path
    shops: tuple[ShopPlan, ...]
    buckets: tuple[Bucket, ...] = ()

    def shop(self, name: str) -> ShopPlan:
        """The shop of that name. Raises ConfigurationError."""
        found = next((one for one in self.shops if one.name == name), None)
        if found is None:
            raise ConfigurationError(
                [f"There is no shop {name} in {self.folder}."],
                next_step=f"Make {self.folder / SHOPS / name / CONFIG}, or [shops.{name}] in {FILE}.",
            )
        return found

    def config_of(self, name: str) -> Path:
        """The configuration of a shop, in a folder of its own with its ledger."""
        return self.folder / SHOPS / name / CONFIG


def read_plan(folder: Path) -> FleetPlan:
    """The plan of a folder. Raises ConfigurationError with every problem found."""
    data, problems = _read(folder / FILE), list[str]()
    problems += [_unknown(FILE, "a fleet", name, OF_FLEET) for name in data.keys() - OF_FLEET]
    problems += setting_problems(f"{FILE}: template", data.get("template", {}))
    listed = data.get("buckets", {})
    buckets = [_bucket(name, given, problems) for name, given in (listed if isinstance(listed, dict) else {"": None}).items()]
    own = data.get("shops", {})
    names = sorted({*own, *_folders(folder / SHOPS)})
    shops = [_shop(name, own.get(name, {}), data, problems) for name in names]
    problems += [
        f"{FILE}: shops.{one.name}: there is no bucket {name}." for one in shops for name in one.buckets if name not in listed
    ]
    if problems:
        raise ConfigurationError(problems, next_step="docs/fleet.md explains the folder of a fleet.")
    return FleetPlan(folder, tuple(shops), tuple(buckets))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as why:
        raise ConfigurationError([f"{file} cannot be used: {why}."], next_step="Correct it: docs/fleet.md shows one.") from None


def _folders(place: Path) -> list[str]:
    if not place.is_dir():
        return []
    return [one.name for one in place.iterdir() if _is_shop(one)]


def _is_shop(place: Path) -> bool:
    """Whether a person made a configuration there. One that was made from the fleet's file counts while that names the shop."""
    return not (place / MARK).exists() and any((place / name).is_file() for name in (CONFIG, ".env"))


def _bucket(name: str, given: Any, problems: list[str]) -> Bucket:
    own = given if isinstance(given, dict) else {"runs": given}
    counted = sorted(system.name for system in registry.systems_of(registry.PAIRS) if system.counts_requests)
    told = f"{FILE}: buckets.{name}"
    problems += [_unknown(told, "a bucket", one, OF_BUCKET) for one in own.keys() - OF_BUCKET]
    runs, system, requests = own.get("runs", RUNS), own.get("system", ""), own.get("requests")
    if not _counts(runs) or not (requests is None or _counts(requests)):
        problems.append(f"{told} must be a number of runs at once, or give `runs` and `requests` (a minute) as numbers above 0.")
        runs, requests = RUNS, None
    if system not in ("", *counted) or (requests and not system):
        problems.append(f"{told}: system must name whose requests are counted: {', '.join(counted)}.")
    return Bucket(name, runs, str(system), requests)


def _counts(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and given > 0


def _shop(name: str, own: Any, fleet: Mapping[str, Any], problems: list[str]) -> ShopPlan:
    told = f"{FILE}: shops.{name}"
    if not _NAME.fullmatch(name):
        problems.append(f"{told}: a shop's name has small letters, digits, hyphens, dots and underscores, 63 at most.")
    if not isinstance(own, dict):
        problems.append(f"{told} must be a table.")
        own = {}
    problems += [_unknown(told, "a shop", one, OF_SHOP) for one in own.keys() - OF_SHOP]
    every = own.get("every", fleet.get("every", EVERY))
    if isinstance(every, bool) or not isinstance(every, int) or not 1 <= every <= 44640:
        problems.append(f"{told}: every must be a number of minutes from 1 to 44640.")
        every = EVERY
    problems += setting_problems(f"{told}: settings", own.get("settings", {}), fleet.get("template", {}))
    problems += [f"{told}: secrets: {one}" for one in unknown_settings(own.get("secrets", {}), fleet.get("template", {}))]
    settings = {**fleet.get("template", {}), **own["settings"]} if isinstance(own.get("settings"), dict) else None
    home, buckets = str(own.get("home", fleet.get("home", HOME))), tuple(map(str, own.get("buckets", ())))
    return ShopPlan(name, home, every, buckets, settings, {str(key): str(value) for key, value in own.get("secrets", {}).items()})


def _unknown(where: str, what: str, name: str, known: Collection[str]) -> str:
    return f"{where}: {name} is not a setting of {what}; there are {', '.join(sorted(known))}."


def write_configs(plan: FleetPlan, shops: Sequence[ShopPlan] | None = None) -> list[Path]:
    """Write the config.json of each shop (or of these) whose settings the fleet's file gives, where it differs; those written.

    One that was there is kept as config.json.old. A mark beside it says whose it is.
    """
    written = []
    for shop in plan.shops if shops is None else shops:
        file = plan.config_of(shop.name)
        wanted = None if shop.settings is None else json.dumps(shop.settings, indent=1, ensure_ascii=False) + "\n"
        if wanted is None:
            file.with_name(MARK).unlink(missing_ok=True)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_name(MARK).touch()
        if file.is_file():
            if file.read_text(encoding="utf-8") == wanted:
                continue
            file.replace(file.with_name(f"{CONFIG}.old"))
        file.write_text(wanted, encoding="utf-8")
        file.chmod(0o600)
        written.append(file)
    return written
