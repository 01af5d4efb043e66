"""Trying every shop's configuration, some at a time: `validate` of each, as a process of its own."""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from syncdb.errors import Exit
from syncdb.fleet.layout import FleetPlan, ShopPlan
from syncdb.fleet.running import environment, last_words, named, program, secrets_lacking


@dataclass(frozen=True, slots=True)
class Tried:
    """What `validate` said of a shop: its exit code, and what failed."""

    name: str
    code: int
    failed: tuple[str, ...]


def tried(plan: FleetPlan, at_once: int, *, offline: bool) -> Iterator[Tried]:
    """Every shop, in the order of their names."""
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(partial(_try, plan, offline), plan.shops)


def _try(plan: FleetPlan, offline: bool, shop: ShopPlan) -> Tried:
    if lacking := secrets_lacking(shop, os.environ):
        return Tried(shop.name, int(Exit.CONFIGURATION), (f"This environment lacks {lacking}. Nothing else was tried.",))
    config = plan.config_of(shop.name)
    command = [*program(), "validate", "--json", *named(config), *(["--offline"] if offline else [])]
    done = subprocess.run(
        command, cwd=config.parent, env=environment(shop, os.environ), capture_output=True, text=True, check=False
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return Tried(shop.name, done.returncode, (last_words(done.stderr),))
    failed = tuple(f"{one['part']}, {one['name']}: {one['told']}" for one in answer.get("checks", ()) if one["state"] == "failed")
    lacking = answer.get("error", {}).get("message", "")
    return Tried(shop.name, done.returncode, failed or ((lacking,) if lacking else ()))
