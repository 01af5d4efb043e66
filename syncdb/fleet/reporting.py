"""One report over all shops of this computer: the `report` of each, and their sums by currency."""

import json
import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from syncdb.errors import ConfigurationError, Exit
from syncdb.fleet.layout import FleetPlan, ShopPlan
from syncdb.fleet.own_files import lives_here
from syncdb.fleet.running import environment, named, program


@dataclass(frozen=True, slots=True)
class Reported:
    """What `report` said of a shop; `problem` is why it said nothing."""

    name: str
    data: dict[str, Any]
    problem: str = ""

    @property
    def orders(self) -> int:
        return int(self.data.get("orders", {}).get("made", 0))

    @property
    def revenue(self) -> dict[str, Decimal]:
        """The total by currency."""
        return {currency: Decimal(str(one["total"])) for currency, one in self.data.get("revenue", {}).items()}


def reports(plan: FleetPlan, days: int, at_once: int) -> list[Reported]:
    """The shops whose ledgers lie here, in the order of their names."""
    here = [shop for shop in plan.shops if _is_here(plan, shop.name)]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(partial(_report, plan, days), here))


def _is_here(plan: FleetPlan, name: str) -> bool:
    try:
        return lives_here(plan, name, os.environ)
    except ConfigurationError:  # `report` says what is wrong
        return True


def _report(plan: FleetPlan, days: int, shop: ShopPlan) -> Reported:
    config = plan.config_of(shop.name)
    command = [*program(), "report", "--days", str(days), "--json", *named(config)]
    env = environment(shop, os.environ)
    done = subprocess.run(command, cwd=config.parent, env=env, capture_output=True, text=True, check=False)
    if done.returncode != Exit.DONE:
        return Reported(shop.name, {}, (done.stderr or done.stdout).strip().partition("\n")[0][:300])
    return Reported(shop.name, json.loads(done.stdout))


def sums(found: Iterable[Reported]) -> dict[str, Decimal]:
    """The revenue of all, by currency: amounts of different currencies are never added up."""
    total: dict[str, Decimal] = {}
    for one in found:
        for currency, amount in one.revenue.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return total
