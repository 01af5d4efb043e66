"""Files outside the ledger that may hold a customer's data: logs, dry runs, exports, reports, backups."""

import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from syncdb.ledger.redaction import Remover
from syncdb.ledger.text_search import Forms, files_of, found_in, pieces_of, traces

_DRY_RUNS = "test_output"
_FOLDERS = ("", _DRY_RUNS, "backups", "exports", "reports")
_MOVED = "moved-*"  # what a shop that moved to another computer left behind


@dataclass(slots=True)
class Copies:
    """What became of the files that held the data. `left` still do: they are a person's own, deleted only when asked."""

    cleaned: list[Path] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)


def holding(ledger: Path, more: Iterable[Path], values: set[str]) -> list[Path]:
    """The files in the ledger's folder, the usual folders within it and `more` that hold any of the values."""
    return [path for path in _candidates(ledger, more) if _holds(path, values)]


def deal_with(files: Iterable[Path], log_file: Path, values: set[str], own: Collection[Path], *, delete: bool) -> Copies:
    """Blank the values in logs, delete dry runs (the next one makes them anew), and other files where `delete`.

    `own` are databases of the program: what is left in one is told, and it is never deleted.
    """
    copies = Copies()
    for path in files:
        if path.name.startswith(log_file.name) and path.parent == log_file.parent:
            _blank(path, values)
            copies.cleaned.append(path)
        elif path not in own and (delete or _DRY_RUNS in (path.parent.name, path.parent.parent.name)):
            path.unlink()
            copies.deleted.append(path)
        else:
            copies.left.append(path)
    return copies


def _candidates(ledger: Path, more: Iterable[Path]) -> Iterator[Path]:
    own = {*files_of(ledger), ledger.with_name(ledger.name + ".lock")}
    folders = [ledger.parent / name if name else ledger.parent for name in _FOLDERS]
    folders += sorted(ledger.parent.glob(f"{_DRY_RUNS}/*/"))  # one for each table or route
    folders += sorted(ledger.parent.glob(_MOVED))
    seen: set[Path] = set()
    for place in [*folders, *more]:
        found = sorted(place.iterdir()) if place.is_dir() else [place]
        for path in found:
            if path.is_file() and not path.is_symlink() and path.absolute() not in own | seen:
                seen.add(path.absolute())
                yield path.absolute()


def _holds(path: Path, values: set[str]) -> bool:
    try:
        if zipfile.is_zipfile(path):
            return _packed(path, values)
        return bool(traces([path], values))
    except OSError:  # not ours to read, so not ours to have written
        return False


def _packed(path: Path, values: set[str]) -> bool:
    """An .xlsx file is a zip archive: its texts are compressed, and escaped as in XML."""
    escaped = {value: [value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()] for value in values}
    with zipfile.ZipFile(path) as archive:
        return any(_in_member(archive, name, escaped) for name in archive.namelist())


def _in_member(archive: zipfile.ZipFile, name: str, forms: Forms) -> bool:
    with archive.open(name) as stream:
        return bool(found_in(pieces_of(stream), forms))


def _blank(path: Path, values: set[str]) -> None:
    """Rewritten in place, so that a program that has it open for appending goes on at its end."""
    with path.open("r+", encoding="utf-8", errors="surrogateescape", newline="") as file:
        text = Remover(values)(file.read())
        file.seek(0)
        file.write(text)
        file.truncate()
