"""Opening the ledger file: one writer at a time, sound, of a known version, private to its owner.

Readers open it `mode=ro`, which can never run a checkpoint. So the one writer is the only connection that ever does, and SQLite's
reset race between two checkpointing connections (fixed in 3.51.3, sqlite.org/wal.html) cannot occur on any version.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from syncdb.decoding import SENSELESS, met_in
from syncdb.errors import LedgerBusy, LedgerUnusable
from syncdb.ledger.older_schemas import stand_in
from syncdb.ledger.schema import migrations
from syncdb.ledger.state_keys import DELETED_IS_ZEROED

MOMENT = 1.0  # seconds: how long a dry run may hold the ledger while it copies it

_BESIDE = ("", "-wal", "-shm", "-journal")  # the endings of the files that SQLite may have of one ledger
_CUT_OFF = {"_sqlite_migrations"}  # the only table of a ledger whose making was cut off

PATIENCE = 10.0  # seconds that another program may hold the file
OLDER_RUNS = "If it was updated, end what still runs the version before, such as serve, and start it again."

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # without exception: the ledger says of itself that all that was deleted is zeroed
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)


def lock(path: Path) -> FileLock:
    """Hold the ledger; the hold ends with the process, however it ends. Raises LedgerBusy when another run has it."""
    guard = _guard(path)
    try:
        guard.acquire(timeout=MOMENT)
    except Timeout:
        raise LedgerBusy(
            f"Another run is working with {path} right now. This one did nothing and leaves.",
            next_step="Wait until it has ended. If runs overlap often, schedule them less often.",
        ) from None
    except OSError as error:
        raise LedgerUnusable(
            f"The ledger's lock file {path}.lock cannot be written: {error.strerror or error}.",
            next_step=f"Check that {path.parent} exists and that you may write to it.",
        ) from None
    return guard


def held(path: Path) -> bool | None:
    """Whether a run holds the ledger at this moment; None where this account may not find out. Disturbs no run."""
    if not path.with_name(path.name + ".lock").exists():
        return False
    guard = _guard(path)
    try:
        guard.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return None
    guard.release()
    return False


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The ledger's writing connection; the file is made if missing and migrated if older. Hold `lock` first.

    It is made under another name and gets its own once it is whole and safely on the disk, so that a power cut leaves either no
    ledger or one. Whatever is written into a remote place of it afterwards names a ledger that is still there after that.

    Raises LedgerUnusable for a file that is corrupt, no ledger, of a newer version or not writable; it is left as it was.
    """
    try:
        if not path.exists() or not path.stat().st_size:
            _make(path.resolve())
        refuse_unfit(path)
        with closed_on_failure(_connect(f"{path.absolute().as_uri()}?mode=rw")) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            migrations.apply(connection)
    except (sqlite3.DatabaseError, OSError) as error:
        raise unusable(path, error) from error
    return connection


def open_for_reading(path: Path, unwritten: bool = False) -> sqlite3.Connection:
    """A connection that cannot change the ledger, usable while a run writes. Raises LedgerUnusable.

    A ledger of an older version is read as it is: what it lacks is put beside it, in a temporary database.

    `unwritten` promises that nobody writes meanwhile; a write-ahead log left by a killed run is still read. The same is taken for
    granted where the account may read the file and not write beside it, as SQLite would have to, and no run has made its log.
    """
    journalled = any(path.with_name(path.name + ending).exists() for ending in _BESIDE[1:] if ending != "-shm")
    immutable = not journalled and (unwritten or not os.access(path.parent, os.W_OK))
    try:
        _undo_half_written(path)
        with closed_on_failure(_connect(f"{path.absolute().as_uri()}?{'immutable=1' if immutable else 'mode=ro'}")) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            stand_in(connection)
            connection.execute("PRAGMA query_only = ON")
    except sqlite3.DatabaseError as error:
        raise unusable(path, error) from error
    return connection


def _undo_half_written(path: Path) -> None:
    """Have SQLite undo what a kill or a power cut left half written in a file without a write-ahead log (one just put in place).

    It does so whenever such a file is opened for writing, and refuses to only read it.
    """
    if path.with_name(path.name + "-journal").exists() and os.access(path, os.W_OK):
        with closing(_connect(f"{path.absolute().as_uri()}?mode=rw")) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def copy_aside(path: Path) -> sqlite3.Connection:
    """A copy of the ledger (or an empty one) to plan on, so that a dry run leaves the file as it is to the byte.

    SQLite keeps it in a file without a name (documented for an empty file name) that is gone when it is closed, however the
    process ends: a ledger of a million orders is larger than many a computer's memory.
    """
    with closed_on_failure(_connect("file:")) as aside:
        if _holds_something(path):
            _copy_undisturbed(path, aside)
        migrations.apply(aside)
    return aside


def _holds_something(path: Path) -> bool:
    try:
        return path.exists() and path.stat().st_size > 0
    except OSError as error:  # a name that no file can have
        raise unusable(path, error) from error


def _copy_undisturbed(path: Path, aside: sqlite3.Connection) -> None:
    """Copy the file, keeping runs from beginning meanwhile; while one is under way, copy beside it."""
    guard = _guard(path)
    try:
        guard.acquire(timeout=0)
        unwritten = True
    except Timeout:
        unwritten = False
    except OSError:
        unwritten = True  # a folder that we may not write to: nobody of us writes there
    try:
        _copy(path, aside, unwritten)
    finally:
        guard.release()


def _copy(path: Path, aside: sqlite3.Connection, unwritten: bool) -> None:
    """Copy the file. While nobody writes it, it is read without SQLite's own files beside it, so that not even those appear."""
    refuse_unfit(path, unwritten)
    source = open_for_reading(path, unwritten)
    try:
        source.backup(aside)
    except sqlite3.DatabaseError as error:
        raise unusable(path, error) from error
    finally:
        source.close()


def refuse_unfit(path: Path, unwritten: bool = False) -> None:
    """Raise LedgerUnusable for a file that a newer program wrote or that is no ledger, before anything touches it."""
    if not path.stat().st_size:
        return
    connection = open_for_reading(path, unwritten)
    try:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        newer = migrations.unknown(connection)
    except sqlite3.DatabaseError as error:
        raise unusable(path, error) from error
    finally:
        connection.close()
    if newer:
        raise LedgerUnusable(
            f"{path} was written by a newer syncdb (it has {', '.join(newer)}). It was left untouched.",
            next_step=f"Update syncdb on this computer, or point db_path at another file. {OLDER_RUNS}",
        )
    if names and "order_tracking" not in names and names != _CUT_OFF:
        raise LedgerUnusable(
            f"{path} is a database, but not a syncdb ledger. It was left untouched.",
            next_step="Set db_path to another file name.",
        )


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Read through the file's structure. Raises LedgerUnusable where it is damaged."""
    try:
        faults = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as error:
        raise unusable(path, error) from error
    if faults != ["ok"]:
        raise unusable(path, sqlite3.DatabaseError("; ".join(faults)))


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Raise LedgerUnusable in place of what SQLite says, or of text in the file that is none, wherever that is met first."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise unusable(path, error) from error
    except SENSELESS as error:
        if met_in(error, "ledger"):
            raise unusable(path, error) from error
        raise


def without_contents(error: BaseException) -> str:
    """What an error says, without a customer's data: SQLite quotes the whole text that it could not read (observed)."""
    return str(error).partition(" with text ")[0]


def unusable(path: Path, error: Exception) -> LedgerUnusable:
    """What a person is told about a ledger that cannot be used."""
    text = without_contents(error)
    if isinstance(error, sqlite3.OperationalError) and "readonly" in text or isinstance(error, PermissionError):
        return LedgerUnusable(
            f"The ledger {path} cannot be written: {text}. Nothing was sent anywhere.",
            next_step=f"Give yourself the right to write {path} and its folder, then run again.",
        )
    if "full" in text or "disk I/O" in text:
        return LedgerUnusable(
            f"The ledger {path} cannot be written, the disk may be full: {text}. What was recorded so far is safe.",
            next_step="Free some space, then run again; the next run goes on from here.",
        )
    if "locked" in text:
        return LedgerUnusable(
            f"The ledger {path} is held by another program: {text}. Nothing was sent anywhere.",
            next_step="Close the program that has the file open (a database browser?), then run again.",
        )
    if "unable to open" in text:
        return LedgerUnusable(
            f"The ledger {path} cannot be opened: {text}.",
            next_step=f"Check that the folder {path.parent} exists and that you may read and write there.",
        )
    return LedgerUnusable(
        f"The ledger {path} is damaged: {text}. It was left as it is, and nothing was sent anywhere.",
        next_step=(
            f"Rename it (keep it), put your latest backup in its place, and run again. Without a backup just rename it: the next "
            f"run with --force --full makes a new {path.name} and adopts the records that the other side already has."
        ),
    )


def _guard(path: Path) -> FileLock:
    return FileLock(str(path) + ".lock")


def another_writer(path: Path) -> sqlite3.Connection:
    """A second writing connection of the one writer, which leaves the write-ahead log to the first."""
    with closed_on_failure(_connect(f"{path.absolute().as_uri()}?mode=rw")) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE)
    with closed_on_failure(connection):
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    return connection


@contextmanager
def closed_on_failure(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Close the connection if what is done with it fails: one left open holds on to files that may be replaced meanwhile."""
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _make(path: Path) -> None:
    """Make an empty ledger, readable by its owner only: it will hold customers' data."""
    growing = path.with_name(f".{path.name}.new")
    for ending in _BESIDE:  # left by a making that was cut off
        growing.with_name(growing.name + ending).unlink(missing_ok=True)
    os.close(os.open(growing, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(_connect(f"{growing.as_uri()}?mode=rw")) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        migrations.apply(connection)
        connection.execute("INSERT INTO meta (name, value) VALUES (?, 'true')", (DELETED_IS_ZEROED,))
    set_leftovers_aside(path)
    settle(growing, path)


def set_leftovers_aside(path: Path) -> None:
    """A write-ahead log whose ledger was deleted would be read into the new one; it is kept under another name."""
    for ending in _BESIDE[1:]:
        left = path.with_name(path.name + ending)
        if left.exists():
            os.replace(left, left.with_name(f"{left.name}.left"))


def settle(whole: Path, path: Path) -> None:
    """Give a file that is whole its name, so that it has it after a power cut, too."""
    with whole.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(whole, path)
    sync_folder(path)


def sync_folder(path: Path) -> None:
    """Make what was named in a file's folder outlast a power cut. Windows has no such thing for folders."""
    if os.name != "posix":
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
