"""What a piece of work in this process asked the system to do with the files of one folder, as strace saw it, in order."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.power.disk import Folder, Written

STRACE = shutil.which("strace")
CALLS = (
    "open,openat,creat,close,lseek,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,"
    "rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,sendfile,copy_file_range"
)
_LINE = re.compile(r"^\d+ +(?P<at>[0-9.]+) (?P<call>\w+)\((?P<given>.*)\) += (?P<result>-?\d+)(?P<more>.*)$")
_HALF = re.compile(r"^(?P<who>\d+) +(?P<at>[0-9.]+) (?P<text>.*) <unfinished \.\.\.>$")
_REST = re.compile(r"^(?P<who>\d+) +(?P<at>[0-9.]+) <\.\.\. \w+ resumed>(?P<text>.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OPENED = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")
_MAY_TRACE = 0x59616D61  # PR_SET_PTRACER


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to the folder: at which time (seconds since 1970), a word for it, and how it is done to a `Folder`."""

    at: float
    told: str
    do: Callable[[Folder], None]


@contextmanager
def recorded(trace: Path) -> Iterator[None]:
    """Have this process watched by strace meanwhile; what it saw is in the file `trace` afterwards."""
    assert STRACE is not None
    command = [STRACE, "-f", "-y", "-xx", "-ttt", "-s", "4000000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)]
    with subprocess.Popen([*command, "-p", str(os.getpid())], stderr=subprocess.PIPE, text=True) as watching:
        ctypes.CDLL(None).prctl(_MAY_TRACE, watching.pid)  # where only parents may watch their children
        assert watching.stderr is not None
        said = watching.stderr.readline()
        assert "attached" in said, said
        try:
            yield
        finally:
            watching.send_signal(signal.SIGINT)
            watching.communicate()


def steps(trace: Path, folder: Path) -> list[Step]:
    """What was done to the files right in `folder`. Raises ValueError for a call that is not understood."""
    reader = _Reader(str(folder.resolve()))
    with trace.open(encoding="ascii") as lines:
        return [step for line in _whole(lines) for step in reader.read(line)]


def _whole(lines: Iterator[str] | object) -> Iterator[str]:
    """The lines, those that another thread's came between put together, at the time at which they ended."""
    begun: dict[str, str] = {}
    for line in lines:  # type: ignore[attr-defined]
        line = line.rstrip("\n")
        if half := _HALF.match(line):
            begun[half["who"]] = half["text"]
        elif rest := _REST.match(line):
            yield f"{rest['who']} {rest['at']} {begun.pop(rest['who'], '')}{rest['text']}"
        else:
            yield line


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


class _Reader:
    """Knows where each open file stands, by its number."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.places: dict[int, int] = {}

    def read(self, line: str) -> Iterator[Step]:
        found = _LINE.match(line)
        if found is None or int(found["result"]) < 0:
            return
        made = getattr(self, f"_{found['call']}", None)
        if made is None:
            if self._names(found["given"]):
                raise ValueError(f"not understood: {line[:300]}")
            return
        do = made(found["given"], int(found["result"]))
        if do is not None:
            told, act = do
            yield Step(float(found["at"]), told, act)

    # --- whom it is about

    def _inside(self, path: str) -> str | None:
        """The name in the folder; "" for the folder itself, None for what lies elsewhere."""
        if path == self.folder:
            return ""
        head, _, name = path.rpartition("/")
        return name if head == self.folder else None

    def _names(self, given: str) -> list[str]:
        """The files of the folder that are named by their path."""
        paths = [_bytes(one).decode("utf-8", "replace") for one in _TEXT.findall(given)]
        return [name for path in paths if (name := self._inside(path)) is not None]

    def _opened(self, given: str) -> tuple[int, str | None]:
        """The number and name of the open file that a call begins with."""
        found = _OPENED.match(given)
        if found is None or given[found.end() :].startswith("(deleted)"):
            return int(found[1]) if found else -1, None
        return int(found[1]), self._inside(_bytes(found[2]).decode("utf-8", "replace"))

    # --- the calls

    def _openat(self, given: str, result: int) -> object:
        names = self._names(given)
        flags = given.rpartition('"')[2]
        self.places[result] = -1 if "O_APPEND" in flags else 0
        if not names or not names[0]:
            return None
        name, made, emptied = names[0], "O_CREAT" in flags, "O_TRUNC" in flags

        def act(folder: Folder) -> None:
            if made and name not in folder.names:
                folder.make(name)
            elif emptied and folder.names[name].content():
                folder.names[name].since.append(Written(0, None))

        return (f"open {name}", act) if made or emptied else None

    _open = _openat

    def _close(self, given: str, result: int) -> None:
        self.places.pop(self._opened(given)[0], None)

    def _lseek(self, given: str, result: int) -> None:
        self.places[self._opened(given)[0]] = result

    def _pwrite64(self, given: str, result: int) -> object:
        return self._written(given, result, int(given.rpartition(", ")[2]))

    def _write(self, given: str, result: int) -> object:
        number = self._opened(given)[0]
        place = self.places.get(number, 0)
        self.places[number] = place + result if place >= 0 else place
        return self._written(given, result, place)

    def _written(self, given: str, result: int, offset: int) -> object:
        name = self._opened(given)[1]
        if not name:
            return None
        data = _bytes(_TEXT.findall(given)[0])[:result]
        if len(data) != result:
            raise ValueError(f"not all of {result} bytes were recorded")
        return f"write {name}", lambda folder: _put(folder, name, offset, data)

    def _sendfile(self, given: str, result: int) -> object:
        to, source = given.split(", ")[:2]
        start = int(re.search(r"\[(\d+)\]", given)[1]) if "[" in given else 0  # type: ignore[index]
        return self._copied(to, source, start, result)

    def _copied(self, to: str, source: str, start: int, result: int) -> object:
        number, name = self._opened(to)
        offset = self.places.get(number, 0)
        self.places[number] = offset + result
        origin = self._opened(source)[1]
        if not name or not result:
            return None
        if not origin:
            raise ValueError(f"copied from elsewhere: {source}")

        def act(folder: Folder) -> None:
            _put(folder, name, offset, folder.names[origin].content()[start : start + result])

        return f"copy {origin} to {name}", act

    def _ftruncate(self, given: str, result: int) -> object:
        name = self._opened(given)[1]
        size = int(given.rpartition(", ")[2])
        return (f"cut {name}", lambda folder: folder.names[name].since.append(Written(size, None))) if name else None

    def _fsync(self, given: str, result: int) -> object:
        name = self._opened(given)[1]
        if name is None:
            return None
        if not name:
            return "sync the folder", lambda folder: folder.sync()
        return f"sync {name}", lambda folder: folder.names[name].sync()

    _fdatasync = _fsync

    def _rename(self, given: str, result: int) -> object:
        names = self._names(given)
        if len(names) == 2:
            return f"move {names[0]} to {names[1]}", lambda folder: folder.move(*names)
        if names:
            raise ValueError(f"moved in or out of the folder: {names}")
        return None

    _renameat = _renameat2 = _rename

    def _unlink(self, given: str, result: int) -> object:
        names = self._names(given)
        return (f"take away {names[0]}", lambda folder: folder.take_away(names[0])) if names else None

    _unlinkat = _unlink


def _put(folder: Folder, name: str, offset: int, data: bytes) -> None:
    file = folder.names[name]
    file.since.append(Written(offset if offset >= 0 else len(file.content()), data))
