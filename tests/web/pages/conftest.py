"""Pages over ledgers that real runs against the sandbox have made."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from syncdb.clock import Clock
from syncdb.ledger.web.file import make, web_path
from syncdb.services.jobs import Jobs
from syncdb.web.asked import Site
from syncdb.web.login import Door
from syncdb.web.site import site_of
from tests.scenarios.grist_world import GristWorld
from tests.web.pages.browsing import PASSWORD, Visitor, logged_in

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{7*7}}"
KEPT = json.dumps({"products": {}, "variants": {}, "inventory": {}, "orders": {"from_grist": ["note"]}})


@dataclass
class Shown:
    """A world, and the pages over its ledger. `later` are seconds by which their clock is ahead of the world's."""

    world: GristWorld
    site: Site
    app: Flask
    later: float = 0.0

    def pass_time(self, seconds: float) -> None:
        self.later += seconds

    def visitor(self, name: str = "Olga") -> Visitor:
        return logged_in(self.site, self.app, name)


@pytest.fixture(scope="session")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Products and orders in step, some changes, and two conflicts. Only to be looked at, but for what a test takes back."""
    folder = tmp_path_factory.mktemp("lively")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        world = GristWorld(folder, products=4, orders=8, env={"GRIST_SYNC": KEPT})
        world.synced()
        world.synced(full=True)
        disagree(world)
        world.sync()
        yield shown(world)
        world.close()


@pytest.fixture
def own_door(lively: Shown, tmp_path: Path) -> Shown:
    """The same pages with a door and a clock of their own."""
    path = tmp_path / "own.web.db"
    shutil.copy(lively.site.door.path, path)
    made = Shown(lively.world, lively.site, lively.app)
    clock = Clock(now=lambda: lively.world.clock.now() + timedelta(seconds=made.later))
    made.site = replace(lively.site, door=Door(path), clock=clock)
    made.app = site_of(made.site)
    return made


@pytest.fixture
def disagreeing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """A world of its own with three conflicts, to decide them."""
    monkeypatch.chdir(tmp_path)
    world = GristWorld(tmp_path, products=4, orders=1, env={"GRIST_SYNC": KEPT})
    world.synced()
    disagree(world)
    world.sync()
    yield shown(world)
    world.close()


def disagree(world: GristWorld) -> None:
    """A price, and two titles, that both sides changed. One title is what an attacker would choose."""
    variant = world.variant()
    world.merchant.edit_variant(variant["id"], price="21.00")
    world.edit("variants", variant["id"], "Price", 22.5)
    for number, title in ((1, HOSTILE), (2, "Black tea")):
        product = world.product(number)["id"]
        world.merchant.edit_product(product, title=title)
        world.edit("products", product, "Title", f"{title} of ours")


def shown(world: GristWorld) -> Shown:
    """The pages over a world's ledger, with an owner, an operator and a viewer."""
    path = web_path(world.ledger)
    make(path)
    env = world.sandbox.environment() | world.env
    jobs = Jobs(world.ledger, None, world.folder, env=os.environ | env)
    site = Site(Door(path), jobs, None, world.ledger, env, world.folder, clock=world.clock)
    for name, role in (("Olga", "owner"), ("Oscar", "operator"), ("Vera", "viewer")):
        site.door.make(name, role, PASSWORD, "the test", world.clock.now())
    return Shown(world, site, site_of(site))
