"""A home is lost: its shops are put in place elsewhere from the newest copies, because a person said so.

Never by itself: an old ledger does not know what was written after it. The copies are those that `fleet backup` put, while all
was well, into a folder that other computers reach.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncdb.errors import ConfigurationError, NeedsPerson, SyncdbError
from syncdb.fleet import parcel as parcels
from syncdb.fleet import stay
from syncdb.fleet.arriving import settled
from syncdb.fleet.book import FleetBook
from syncdb.fleet.decisions import MOVING, on_its_way
from syncdb.fleet.layout import FleetPlan, ShopPlan, write_configs
from syncdb.fleet.own_files import lives_here, shop_files

LOST = 60.0  # seconds without a sign of life of any worker after which a home may be lost


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A shop whose files were copied; `problem` is why they were not."""

    name: str
    files: tuple[str, ...] = ()
    problem: str = ""


def back_up_all(plan: FleetPlan, shops: Sequence[ShopPlan], via: Path, at_once: int) -> list[BackedUp]:
    """Copy the files of the shops whose ledgers lie here into a folder each, in place of what was copied before."""
    if not via.is_dir():
        raise ConfigurationError([f"--via {via}: there is no such folder."], next_step="Name one that other computers reach.")
    with ThreadPoolExecutor(at_once) as pool:
        return [one for one in pool.map(lambda shop: _backed_up(plan, shop.name, via), shops) if one is not None]


def _backed_up(plan: FleetPlan, name: str, via: Path) -> BackedUp | None:
    try:
        if not lives_here(plan, name, os.environ):
            return None
        files = shop_files(plan, name, os.environ)
        token = stay.noted(files.folder) or 0
        if (later := parcels.token_of(via / name) or 0) > token:
            told = f"{via / name} is of a later stay elsewhere ({later}) than the ledger here ({token}), which is an old one."
            raise NeedsPerson(f"{told} It was left as it is.", next_step="Delete the old one.")
        made = parcels.packed(files.there(), via / name, token)
    except SyncdbError as why:
        return BackedUp(name, problem=f"{why} {why.next_step}".strip())
    return BackedUp(name, tuple(made.digests))


@dataclass(frozen=True, slots=True)
class Recovered:
    """What lay here and was kept beside, and which files for people were in no copy."""

    kept: tuple[Path, ...]
    lacking: tuple[Path, ...]


def recover(book: FleetBook, plan: FleetPlan, name: str, home: str, via: Path, now: datetime) -> Recovered:
    """Put a shop whose home is lost in place here, from its newest copy, and let it run.

    Raises NeedsPerson while a worker of that home gives signs of life, ConfigurationError where there is no copy.
    """
    row = book.shop(name)
    if row["home"] == home and not on_its_way(row):
        told = f"{name} lives at {home} already. Nothing was changed."
        raise ConfigurationError([told], next_step="An older ledger is put back by `restore`, as without a fleet.")
    _refuse_alive(book, name, str(row["home"]), home)
    parcel = parcels.found(via / name)
    if parcel is None:
        raise ConfigurationError(
            [f"There is no copy of {name}: {via / name} is not there."], next_step="fleet backup makes them."
        )
    with book.held(name, f"Another command or run holds {name}. Nothing was changed."):
        write_configs(plan, [plan.shop(name)])
        files = shop_files(plan, name, os.environ)
        files.refuse_open()
        book.change(name, "home = %(home)s, token = token + 1, paused = %(why)s", home=home, why=f"{MOVING}{home}")
        kept = settled(book, plan, name, files, parcel, now)
    return Recovered(tuple(kept), tuple(one.path for one in files.kept[:1] if not one.path.exists()))


def _refuse_alive(book: FleetBook, name: str, lost: str, home: str) -> None:
    alive = "select extract(epoch from now() - max(seen_at)) as ago from fleet_workers where home = %(home)s"
    ago = book.rows(alive, home=lost)[0]["ago"]
    if lost != home and ago is not None and ago < LOST:
        raise NeedsPerson(
            f"A worker of {lost} gave a sign of life {ago:.0f} s ago: that home is not lost. Nothing was changed.",
            next_step=f"On {lost}: fleet move {name} --to {home} --via PATH. Else end its workers for good, and ask again.",
        )


def with_copies(shops: Sequence[str], via: Path) -> Iterator[str]:
    """Those of these shops of which there is a copy."""
    return (name for name in shops if (via / name / parcels.LIST).is_file())
