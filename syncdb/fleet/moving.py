"""Moving a shop to another home: its ledger is copied whole and looked through, and the old home's word does not count any more.

Both ends are commands of a person, one on each computer, with a folder between them that both can reach. Nothing here decides
that a home is lost: an old ledger that runs on would count movements of stock twice (docs/fleet.md).
"""

import os
import shutil
import subprocess
from pathlib import Path

from syncdb.errors import ConfigurationError, Exit, NeedsPerson
from syncdb.fleet.book import FleetBook
from syncdb.fleet.layout import FleetPlan, write_configs
from syncdb.fleet.running import environment, last_words, named, program

MOVING = "moving to "


def leave(book: FleetBook, plan: FleetPlan, name: str, home: str, via: Path) -> Path:
    """Pause the shop, copy its ledger into `via`, and give it to another home under a new token; the copy.

    Raises NeedsPerson where a run is under way or the copy cannot be made; the shop is then paused and nothing else changed.
    """
    if not via.is_dir():
        raise ConfigurationError([f"--via {via}: there is no such folder."], next_step="Name one that both computers can reach.")
    book.change(name, "paused = %(why)s", why=f"{MOVING}{home}")
    if not book.lock(name):
        raise NeedsPerson(
            f"A run of {name} is under way. It is paused now, and nothing else was changed.",
            next_step=f"When that run has ended: fleet move {name} --to {home} --via {via}",
        )
    copy = via / f"{name}.db"
    part = copy.with_suffix(".part")
    _manager(plan, name, "backup", "--output", str(part), "--overwrite")
    part.replace(copy)
    book.change(name, "home = %(home)s, token = token + 1", home=home)
    return copy


def arrive(book: FleetBook, plan: FleetPlan, name: str, home: str, via: Path) -> None:
    """Put the copied ledger in place here, look it through, and let the shop run again.

    Raises NeedsPerson where one of these says no; the shop stays paused then.
    """
    copy = via / f"{name}.db"
    row = next((one for one in book.status() if one["name"] == name), None)
    remedy = f"On the old home: fleet move {name} --to {home} --via {via}"
    if row is None or row["home"] != home:
        raise ConfigurationError([f"{name} was not moved to {home}."], next_step=remedy)
    if not copy.is_file():
        raise ConfigurationError([f"{copy} is not there."], next_step=remedy)
    write_configs(plan)
    here = plan.config_of(name).parent / copy.name
    if not here.parent.is_dir():
        raise ConfigurationError([f"There is no folder {here.parent} here."], next_step="Make it, with the shop's configuration.")
    shutil.copyfile(copy, here)
    _manager(plan, name, "restore", str(here), "--yes")
    _manager(plan, name, "check")
    here.unlink()
    book.resume(name)


def _manager(plan: FleetPlan, name: str, *arguments: str) -> None:
    shop, config = plan.shop(name), plan.config_of(name)
    command, env = [*program(), *arguments, *named(config)], environment(shop, os.environ)
    done = subprocess.run(command, cwd=config.parent, env=env, capture_output=True, text=True, check=False)
    if done.returncode != Exit.DONE:
        said = last_words(done.stderr or done.stdout)
        raise NeedsPerson(
            f"{arguments[0]} of {name} ended with exit code {done.returncode}: {said}",
            next_step=f"{name} stays paused; mend that first.",
        )
