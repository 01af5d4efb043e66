"""The other end of a move: what was copied is put in place, the ledger by `restore` and looked through by `check`; then it runs.

Nothing that lies here is written over: it is kept beside under another name. What was interrupted goes on when asked again.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from syncdb.errors import ConfigurationError, Exit, NeedsPerson
from syncdb.fleet import parcel as parcels
from syncdb.fleet import stay
from syncdb.fleet.book import FleetBook
from syncdb.fleet.decisions import on_its_way
from syncdb.fleet.layout import FleetPlan, write_configs
from syncdb.fleet.own_files import LEDGER, ShopFiles, shop_files
from syncdb.fleet.parcel import Parcel
from syncdb.fleet.running import environment, last_words, named, program


def arrive(book: FleetBook, plan: FleetPlan, name: str, home: str, via: Path, now: datetime) -> list[Path]:
    """Put a shop's files in place here, and let it run again; what lay here and was kept beside.

    Raises NeedsPerson where what was copied is damaged, or `restore` or `check` says no, RetryLater where a person has a file
    open; the shop stays paused then, and the same command goes on.
    """
    with _held(book, name, home, via) as parcel:
        write_configs(plan)
        folder = plan.config_of(name).parent
        if not folder.is_dir():
            raise ConfigurationError([f"There is no folder {folder} here."], next_step="Make it, with the shop's configuration.")
        files = shop_files(plan, name, os.environ)
        files.refuse_open()
        kept = settled(book, plan, name, files, parcel, now)
    with suppress(OSError):  # it holds customers' data, and nobody needs it any more
        shutil.rmtree(parcel.folder)
    return kept


def settled(book: FleetBook, plan: FleetPlan, name: str, files: ShopFiles, parcel: Parcel, now: datetime) -> list[Path]:
    """Put all of a parcel in place, look it through, and let the shop run; what lay here and was kept beside."""
    kept = _put_in_place(files, parcel, now)
    if LEDGER in parcel.digests:
        _restored(plan, name, files, parcel)
    stay.note(files.folder, book.shop(name)["token"])
    _note(files).unlink(missing_ok=True)
    book.arrived(name)
    return kept


@contextmanager
def _held(book: FleetBook, name: str, home: str, via: Path) -> Iterator[Parcel]:
    """The parcel of the move under way, with the shop held."""
    row, remedy = book.shop(name), f"On the old home: fleet move {name} --to {home} --via {via}"
    if row["home"] != home:
        raise ConfigurationError([f"{name} was not moved to {home}: it lives at {row['home']}."], next_step=remedy)
    if not on_its_way(row):
        left = f"{via / name} is not needed any more: delete it." if parcels.token_of(via / name) else ""
        told = f"{name} lives at {home} already, and is not on its way. Nothing was changed."
        raise ConfigurationError([told], next_step=left)
    with book.held(name, f"{name} is being moved by another command right now. Nothing was changed."):
        parcel = parcels.found(via / name)
        if parcel is None:
            raise ConfigurationError([f"{via / name} is not there."], next_step=remedy)
        if parcel.token != row["token"]:
            raise ConfigurationError(
                [f"{via / name} is of an earlier move: an old ledger would be put in place."], next_step=remedy
            )
        yield parcel


def _put_in_place(files: ShopFiles, parcel: Parcel, now: datetime) -> list[Path]:
    """All but the ledger. What people did to a file that is in place by now stays."""
    note, kept = _note(files), list[Path]()
    done = _noted(note, parcel.token)
    for name in parcel.digests:
        place = files.place_of(name)
        if place is None:
            raise NeedsPerson(f"{parcel.folder} names a file {name}, which is none of a shop. Nothing was put in place.")
        if name == LEDGER or name in done:
            continue
        if place.exists() and parcels.digest_of(place) != parcel.digests[name]:
            aside = place.with_name(f"{place.stem}.replaced-{now:%Y%m%dT%H%M%SZ}{place.suffix}")
            place.replace(aside)
            kept.append(aside)
        fresh = place.with_name(f".{place.name}.part")
        parcels.private_copy(parcel.copy_of(name), fresh)
        fresh.replace(place)
        done = [*done, name]
        note.write_text(json.dumps({"token": parcel.token, "placed": done}), encoding="utf-8")
    return kept


def _note(files: ShopFiles) -> Path:
    """What says which files of a parcel are in place, until all are."""
    return files.folder / ".arriving.json"


def _noted(note: Path, token: int) -> list[str]:
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(told["placed"]) if told.get("token") == token else []


def _restored(plan: FleetPlan, name: str, files: ShopFiles, parcel: Parcel) -> None:
    here = files.ledger.here
    copy = here.with_name(f"{here.stem}.arriving{here.suffix}")  # no database is opened on a share
    try:
        parcels.private_copy(parcel.copy_of(LEDGER), copy)
        _manager(plan, name, "restore", str(copy), "--yes")
    finally:
        copy.unlink(missing_ok=True)
    _manager(plan, name, "check")


def _manager(plan: FleetPlan, name: str, *arguments: str) -> None:
    shop, config = plan.shop(name), plan.config_of(name)
    command, env = [*program(), *arguments, *named(config)], environment(shop, os.environ)
    done = subprocess.run(command, cwd=config.parent, env=env, capture_output=True, text=True, check=False)
    if done.returncode != Exit.DONE:
        said = last_words(done.stderr or done.stdout)
        raise NeedsPerson(
            f"{arguments[0]} of {name} ended with exit code {done.returncode}: {said}",
            next_step=f"{name} stays paused; mend that, then the same command once more.",
        )
