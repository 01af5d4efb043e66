"""One PostgreSQL server in a folder that is removed with it: real, on this machine only, never left running."""

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from syncdb.sandbox.postgres.binaries import programs, unprivileged

OWNER, LOCKED = "erp", "locked"  # logins: whose server it is, and one that needs a password once it is made
# the data are thrown away with the server: nothing needs to survive a power cut
SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=40", "shared_buffers=32MB", "log_min_messages=fatal")
STARTS_WITHIN = 60.0
ROOM = 2_000_000_000  # bytes


class LocalPostgres:
    """A server that listens on a socket in its own folder. Use as a context manager; `url(name)` is a database's address.

    `settings` are further settings of the server, `place` is where its folder is made.
    `restart` stops it at once, as a crash would, and starts it anew.
    """

    def __init__(self, bin: Path | None = None, settings: tuple[str, ...] = (), place: str = "") -> None:
        self.bin = bin or programs()
        self._settings = (*SETTINGS, *settings)
        self._account = unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir=place or _place()))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        atexit.register(self.close)
        try:
            self._lend()
            data = ["-D", str(self.folder / "data")]
            self._run("initdb", *data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            self._ask_for_passwords()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """The address of one of its databases."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it and wait until it answers. It lives as long as the thread that does so: let that be the main one."""
        options = [part for setting in self._settings for part in ("-c", setting)]
        command = [self._program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "listen_addresses="]
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [*command, *options], stdout=log, stderr=log, cwd=self.folder, preexec_fn=_ends_with_us, **self._as_account()
            )
        self._await()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends sessions in order, SIGQUIT as a crash would."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(STARTS_WITHIN)
            self._process = None

    def restart(self, how: signal.Signals = signal.SIGQUIT) -> None:
        self.stop(how)
        self.start()

    def close(self) -> None:
        """Stop it and remove its folder."""
        atexit.unregister(self.close)
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _await(self) -> None:
        ends = time.monotonic() + STARTS_WITHIN
        while self._answers() != 0:
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > ends:
                told = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"PostgreSQL did not start: {told[-2000:]}")
            time.sleep(0.02)

    def _answers(self) -> int:
        asked = [self._program("pg_isready"), "-h", str(self.folder), "-q"]
        return subprocess.run(asked, check=False, **self._as_account()).returncode

    def _lend(self) -> None:
        """Give the folder to the account that runs the server, with the programs where that account cannot reach them."""
        if self._account is None:
            return
        os.chmod(self.folder, 0o755)
        shutil.chown(self.folder, self._account)
        if not _reachable(self.bin):
            self.bin = _copied(self.bin, self.folder / "lent")

    def _ask_for_passwords(self) -> None:
        """Have one login asked for its password, as elsewhere all are."""
        access = self.folder / "data" / "pg_hba.conf"
        access.write_text(f"local all {LOCKED} scram-sha-256\n" + access.read_text(encoding="utf-8"), encoding="utf-8")

    def _program(self, name: str) -> str:
        return str(self.bin / name)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._program(name), *arguments], cwd=self.folder, capture_output=True, check=False, **self._as_account()
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.decode('utf-8', 'replace')[-2000:]}")

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account, "group": self._account_group(), "extra_groups": ()}

    def _account_group(self) -> int:
        import pwd

        assert self._account is not None
        return pwd.getpwnam(self._account).pw_gid


def _place() -> str:
    """Where data that are thrown away soon lie best: in memory where there is room. A socket's path may have 107 bytes."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else "/tmp"


def _reachable(folder: Path) -> bool:
    """Whether every account may go there."""
    return all(os.stat(part).st_mode & 0o001 for part in (folder, *folder.parents))


def _copied(bin: Path, to: Path) -> Path:
    """The programs of a package with the libraries beside it, laid out as there, for an account that cannot go there."""
    package = bin.parents[1]
    shutil.copytree(bin.parent, to / package.name / bin.parent.name, symlinks=True)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, to / libraries.name)
    return to / package.name / bin.parent.name / bin.name


def _ends_with_us() -> None:
    """Have the kernel end the server when the thread that started it dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)
