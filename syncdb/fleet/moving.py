"""Moving a shop to another home: its own files are copied whole, and the old home's word does not count any more.

Both ends are commands of a person, one on each computer, with a folder between them that both can reach. Nothing here decides
that a home is lost: an old ledger that runs on would count movements of stock twice (docs/fleet.md).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from syncdb.errors import ConfigurationError, NeedsPerson, SyncdbError
from syncdb.fleet import parcel as parcels
from syncdb.fleet import stay
from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import Row
from syncdb.fleet.decisions import MOVING, on_its_way
from syncdb.fleet.layout import FleetPlan
from syncdb.fleet.own_files import ShopFiles, is_configured, shop_files
from syncdb.fleet.parcel import Parcel
from syncdb.ledger.file import lock

_SQLITE = ("-wal", "-shm", "-journal")  # what SQLite may have beside a database


@dataclass(frozen=True, slots=True)
class Left:
    """What was copied and where to, where it lies here now, what stays outside, and what a person made for its configuration."""

    parcel: Path
    files: tuple[str, ...] = ()
    aside: tuple[Path, ...] = ()
    elsewhere: tuple[Path, ...] = ()
    of_people: tuple[Path, ...] = ()


def leave(book: FleetBook, plan: FleetPlan, name: str, home: str, via: Path) -> Left:
    """Pause the shop, copy its own files into `via`, give it to another home under a new token, and put them aside here.

    A shop that is on its way already is turned to that home, or what was interrupted is done. Raises NeedsPerson where a run is
    under way, RetryLater where a person has a file open; nothing was changed then.
    """
    if not via.is_dir():
        raise ConfigurationError([f"--via {via}: there is no such folder."], next_step="Name one that both computers can reach.")
    row = book.shop(name)
    if not is_configured(plan, name):
        told = f"{name} is not on this computer: there is no configuration in {plan.config_of(name).parent}. Nothing was changed."
        raise ConfigurationError([told], next_step=f"Move it from where it lives: {row['home']}.")
    files = shop_files(plan, name, os.environ)
    if on_its_way(row):
        return _turned(book, row, files, home, via)
    if row["home"] == home:
        raise ConfigurationError([f"{name} lives at {home} already. Nothing was changed."])
    if not files.ledger.here.is_file() and row["runs"]:
        told = f"The ledger of {name} is not on this computer ({files.ledger.here}). Nothing was changed."
        raise ConfigurationError([told], next_step=f"Move it from where it lives: {row['home']}.")
    if (known := stay.noted(files.folder)) is not None and known != row["token"]:
        told = f"The ledger of {name} here is an old one: it has lived elsewhere since. Nothing was changed."
        raise ConfigurationError([told], next_step=f"Move it from where it lives: {row['home']}.")
    with _alone(book, row, files, home):
        files.refuse_open()
        parcel = parcels.packed(files.there(), via / name, row["token"] + 1)
        files.refuse_open()
        _leaving(files).write_text(str(parcel.token), encoding="utf-8")
        book.change(name, "home = %(home)s, token = token + 1", home=home)
        return _put_aside(files, parcel)


@contextmanager
def _alone(book: FleetBook, row: Row, files: ShopFiles, home: str) -> Iterator[None]:
    """No run of it begins, and none is under way: neither a worker's nor a person's. What fails leaves it as it was."""
    name, before = row["name"], "" if str(row["paused"]).startswith(MOVING) else row["paused"]
    book.change(name, "paused = %(why)s", why=f"{MOVING}{home}")
    busy = f"A run of {name} is under way. It is paused now, and nothing else was changed."
    with book.held(name, busy, "When that run has ended, the same command once more; fleet resume to have it stay."):
        files.folder.mkdir(parents=True, exist_ok=True)
        try:
            with lock(files.ledger.here):
                yield
        except SyncdbError:
            here = "paused = case when home = %(home)s then %(why)s else paused end"
            book.change(name, here, home=row["home"], why=before)
            raise


def _turned(book: FleetBook, row: Row, files: ShopFiles, home: str, via: Path) -> Left:
    """Have a shop that never arrived go to another home (this one, too), or put aside what an interrupted move left here."""
    name = row["name"]
    parcel = parcels.found(via / name)
    if parcel is None or parcel.token != row["token"]:
        raise ConfigurationError(
            [f"{name} is on its way to {row['home']}, and {via / name} is not what was copied then. Nothing was changed."],
            next_step="Name the folder that was named when it left.",
        )
    with book.held(name, f"{name} is arriving at {row['home']} right now. Nothing was changed."):
        left = Left(parcel.folder, tuple(parcel.digests), (), files.elsewhere, files.of_people)
        if _leaving(files).exists():
            with lock(files.ledger.here):
                left = _put_aside(files, parcel)
        book.change(name, "home = %(home)s, paused = %(why)s", home=home, why=f"{MOVING}{home}")
    return left


def _put_aside(files: ShopFiles, parcel: Parcel) -> Left:
    """What was copied must not be worked in here any more. What somebody saved in this very moment is copied again."""
    aside: dict[Path, None] = {}
    try:
        for one in files.there():
            place = one.here.parent / f"moved-{parcel.token}"
            place.mkdir(mode=0o700, exist_ok=True)
            parts = [one.here.with_name(one.here.name + ending) for ending in (*(_SQLITE if one.database else ()), "")]
            for part in parts:
                if part.exists():
                    part.replace(place / part.name)
            aside[place] = None
            if not one.database and parcels.digest_of(place / one.here.name) != parcel.digests.get(one.name):
                parcel = parcel.copied_again(one.name, place / one.here.name)
        _leaving(files).unlink(missing_ok=True)
    except OSError as why:
        raise NeedsPerson(
            f"It is copied and given away, but what lies here cannot be put aside ({why.strerror or why}).",
            next_step="Mend that, then the same command once more.",
        ) from why
    return Left(parcel.folder, tuple(parcel.digests), tuple(aside), files.elsewhere, files.of_people)


def _leaving(files: ShopFiles) -> Path:
    """Is there from when the shop is given away until its files are put aside."""
    return files.folder / ".leaving"
