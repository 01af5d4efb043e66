"""Whether texts are still to be found: in the bytes of files, and in what the ledger keeps of other orders.

A ledger of a million orders has gigabytes. So each of these is one pass, however many texts are looked for, and holds no more
than a piece of the file at a time.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from syncdb.ledger.packing import Packing

Advance = Callable[[int], None]  # hears how far a pass has come, from its beginning
Forms = Mapping[str, Collection[bytes]]
_PIECE = 1 << 20  # bytes; stays in the processor's cache while one text after the other is looked for


def nobody_listens(_: int) -> None:
    """For passes of which nobody wants to hear."""


def traces(
    paths: Iterable[Path], values: Iterable[str], advance: Advance = nobody_listens, pieces: Forms | None = None
) -> dict[Path, list[str]]:
    """Which of these values stand in the bytes of which files, plainly or as in JSON. A file that is not there is clean.

    `pieces` are bytes that are looked for as they are, by what to call them. `advance` hears how many bytes of a file were
    searched.
    """
    forms: Forms = {value: forms_of(value) for value in values} | dict(pieces or {})
    found = {path: _in_file(path, forms, advance) for path in paths}
    return {path: sorted(hits) for path, hits in found.items() if hits}


def files_of(ledger: Path) -> list[Path]:
    """The database and the files SQLite keeps beside it."""
    return [ledger, *(ledger.with_name(ledger.name + end) for end in ("-wal", "-shm", "-journal"))]


def in_other_orders(
    connection: sqlite3.Connection, values: Iterable[str], orders: Collection[str], advance: Advance = nobody_listens
) -> set[str]:
    """Which of these values also stand in an order that is none of `orders`: a family's address, a namesake.

    `advance` hears how many orders were looked at. Ends as soon as each value was seen.
    """
    missing = {value: as_json(value).encode() for value in values}
    seen: set[str] = set()
    text = Packing.of(connection).text
    rows = connection.execute(f"SELECT order_id, CAST({text} AS BLOB) FROM order_tracking") if missing else ()
    for count, (order_id, text) in enumerate(rows, 1):
        advance(count)
        if order_id not in orders and (hits := {value for value, form in missing.items() if form in text}):
            seen |= hits
            missing = {value: form for value, form in missing.items() if value not in hits}
            if not missing:
                break
    return seen


def as_json(value: str) -> str:
    """A text as it stands between the quotation marks of stored JSON."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def forms_of(value: str) -> set[bytes]:
    """The ways in which a text may stand in a file: plainly, as stored JSON has it, as JSON of ASCII only has it."""
    return {value.encode(), as_json(value).encode(), json.dumps(value)[1:-1].encode()}


def found_in(pieces: Iterable[bytes], forms: Forms) -> set[str]:
    """Which of the values stand in what these pieces, one after the other, make up; also across where two of them meet."""
    missing = dict(forms)
    kept = max((len(way) for ways in forms.values() for way in ways), default=1) - 1
    before = b""
    for piece in pieces:
        window = before + piece
        for value in [value for value, ways in missing.items() if any(way in window for way in ways)]:
            del missing[value]
        if not missing:
            break
        before = window[-kept:] if kept else b""
    return forms.keys() - missing.keys()


def pieces_of(stream: IO[bytes], advance: Advance = nobody_listens) -> Iterator[bytes]:
    """A stream in pieces. `advance` hears how many bytes were read."""
    done = 0
    while piece := stream.read(_PIECE):
        yield piece
        done += len(piece)
        advance(done)


def _in_file(path: Path, forms: Forms, advance: Advance) -> set[str]:
    try:
        with path.open("rb") as stream:
            return found_in(pieces_of(stream, advance), forms) if forms else set()
    except FileNotFoundError:
        return set()
