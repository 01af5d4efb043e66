"""Zeroing the room in the ledger's file that belongs to nothing, so that no row that was overwritten can be read there.

Every connection that writes zeroes what it deletes, whole pages included (PRAGMA secure_delete, see `file`). One thing is left
all the same (observed with SQLite 3.40; `rebuildPage` in its btree.c): where rows move to another page, the page that they leave
keeps them between its list of cells and its cells. Such a copy outlives its row. Rebuilding the file removes it and writes all of
it anew; here just this room is zeroed, in place, as the documented format of a page tells it (sqlite.org/fileformat2.html,
section 1.6). It holds nothing: a power cut amid of it leaves the same ledger, and who reads meanwhile sees the same.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import BinaryIO

_HEADS = {2: 12, 5: 12, 10: 8, 13: 8}  # pages of a b-tree: their first byte, and how long their head is
_CELLS = Struct(">HH")  # how many cells, and where the first of them stands
_CELLS_AT = 3
_FILE_HEAD = 100  # bytes of the file before the head of its first page
_LOCK_PAGE = 1 << 30  # where the page lies that SQLite never uses
_MOST_PAGES = 1 << 24  # in larger files a page of another kind may begin as one of a b-tree does, by the number of the next
_PIECE = 1 << 20  # bytes, a multiple of every size of a page
_ZEROS = bytes(1 << 16)


def can_be_zeroed(connection: sqlite3.Connection) -> bool:
    """Whether each page of the file tells by its first byte what it is."""
    pages, vacuuming = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "auto_vacuum"))
    return bool(pages < _MOST_PAGES and not vacuuming)


def zero_unused(connection: sqlite3.Connection, opened: BinaryIO, log: Path) -> bool:
    """Zero the unused room of the connection's file, which `opened` is, too; whether no other program stood in the way. `log` is
    its write-ahead log.

    `opened` (unbuffered) must not be closed before the connection: that would end the locks that SQLite has on the file (POSIX).
    The connection may know pages as they were: it must read them anew before it writes. Raises sqlite3.DatabaseError.
    """
    if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        return False
    connection.execute("BEGIN IMMEDIATE")  # from here on nobody writes, so all that there is stands in the file itself
    try:
        if log.exists() and log.stat().st_size:
            return False  # somebody wrote in between
        size = int(connection.execute("PRAGMA page_size").fetchone()[0])
        for start, end in _dirty(opened, size):
            opened.seek(start)
            opened.write(_ZEROS[: end - start])
        os.fsync(opened.fileno())
    finally:
        connection.execute("ROLLBACK")
    return True


def path_of(connection: sqlite3.Connection) -> Path | None:
    """The file of a connection; None where it has no name."""
    named = connection.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
    return Path(named) if named else None


def _dirty(opened: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    """Where unused room is not zero: from which byte of the file up to which."""
    done = 0
    while len(piece := _read(opened, done)) >= size:
        for at in range(0, len(piece) - size + 1, size):
            head = at + (_FILE_HEAD if done + at == 0 else 0)
            if (length := _HEADS.get(piece[head])) is None or done + at == _LOCK_PAGE:
                continue
            cells, content = _CELLS.unpack_from(piece, head + _CELLS_AT)
            start, end = head + length + 2 * cells, at + (content or 1 << 16)
            if not start <= end <= at + size:
                raise sqlite3.DatabaseError(f"page {(done + at) // size + 1} is malformed")
            if not _ZEROS.startswith(piece[start:end]):
                yield done + start, done + end
        done += len(piece) // size * size


def _read(opened: BinaryIO, at: int) -> bytes:
    opened.seek(at)
    return opened.read(_PIECE)
