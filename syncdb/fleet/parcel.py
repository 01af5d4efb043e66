"""What goes from one home to another: a folder with copies of a shop's files, and a list of them with their digests.

It gets its name once it is whole, and belongs to one move, which its token tells: one of an earlier move is never taken for it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncdb.errors import NeedsPerson
from syncdb.fleet.own_files import LEDGER, OwnFile
from syncdb.ledger.backup import back_up, copy_beside

LIST = "parcel.json"
TRIES = 3  # times that a file which changes while it is copied is copied again
PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Parcel:
    """A whole one. `digests` are by the name of the file in it."""

    folder: Path
    token: int
    digests: Mapping[str, str]

    def copy_of(self, name: str) -> Path:
        return self.folder / name

    def copied_again(self, name: str, source: Path) -> "Parcel":
        """The same with a newer version of one file."""
        digests = {**self.digests, name: _copied(source, self.copy_of(name))}
        again = Parcel(self.folder, self.token, digests)
        _note(again)
        return again


def packed(files: Sequence[OwnFile], folder: Path, token: int) -> Parcel:
    """Copies of the files in `folder`, in place of an earlier parcel there.

    Raises NeedsPerson where they cannot be made, or one changes all the time; LedgerUnusable for a ledger that is not sound.
    """
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        parcel = Parcel(part, token, {one.name: _taken(one, part / one.name) for one in files})
        _note(parcel)
        before = folder.with_name(f".{folder.name}.before")
        shutil.rmtree(before, ignore_errors=True)
        if folder.exists():
            folder.rename(before)
        part.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    except OSError as why:
        raise NeedsPerson(
            f"The copies cannot be put into {folder} ({why.strerror or why}).",
            next_step="Make room there, or name another folder that both computers reach.",
        ) from why
    return Parcel(folder, token, parcel.digests)


def found(folder: Path) -> Parcel | None:
    """The parcel there, looked through; None where there is none. Raises NeedsPerson for one that is damaged."""
    try:
        told = json.loads((folder / LIST).read_text(encoding="utf-8"))
        parcel = Parcel(folder, int(told["token"]), {str(name): str(digest) for name, digest in told["files"].items()})
        bad = [name for name, digest in parcel.digests.items() if digest_of(parcel.copy_of(name)) != digest]
    except FileNotFoundError:
        if not (folder / LIST).exists():
            return None
        raise _damaged(folder, "files of it are gone") from None
    except (OSError, ValueError, KeyError, AttributeError) as why:
        raise _damaged(folder, str(why)) from None
    if bad:
        raise _damaged(folder, f"{', '.join(bad)} is not as it was copied")
    return parcel


def token_of(folder: Path) -> int | None:
    """The token of the parcel there, None where there is none that can be read."""
    try:
        return int(json.loads((folder / LIST).read_text(encoding="utf-8"))["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def private_copy(source: Path, target: Path) -> None:
    """Copy a file, for this account only, safely onto the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as stream, os.fdopen(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as copy:
        shutil.copyfileobj(stream, copy, PART)
        copy.flush()
        os.fsync(copy.fileno())


def _taken(file: OwnFile, target: Path) -> str:
    if not file.database:
        return _copied(file.here, target)
    copy = back_up if file.name == LEDGER else copy_beside
    copy(file.here, target)
    return digest_of(target)


def _copied(source: Path, target: Path) -> str:
    for _ in range(TRIES):
        private_copy(source, target)
        if (digest := digest_of(target)) == digest_of(source):
            return digest
    raise NeedsPerson(f"{source} changes all the time.", next_step="End what writes to it, then move the shop again.")


def _note(parcel: Parcel) -> None:
    fresh = parcel.folder / f".{LIST}"
    fresh.write_text(json.dumps({"token": parcel.token, "files": dict(parcel.digests)}, indent=1), encoding="utf-8")
    fresh.replace(parcel.folder / LIST)


def _damaged(folder: Path, why: str) -> NeedsPerson:
    return NeedsPerson(
        f"What was copied to {folder} is damaged: {why}. Nothing was put in place.",
        next_step="Copy it there once more; what was moved lies on the old home still, in the folder that `fleet move` told.",
    )
