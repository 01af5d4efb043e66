"""The order numbers in the ledger as unbroken stretches, read from an index alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syncdb.ledger.queries.reader import LedgerReader

End = tuple[int, str, str | None]  # number, name, created_at (ISO, UTC)


@dataclass(frozen=True, slots=True)
class Stretches:
    """First and last order of each unbroken stretch of numbers, by number; and whether no number stands twice."""

    ends: list[tuple[End, End]]
    unique: bool


def stretches(reader: LedgerReader) -> Stretches:
    """Where the numbers are broken. Numbers that stand twice count once."""
    blocks = reader.connection.execute(_BLOCKS).fetchall()
    edges = list(_joined(piece for block in blocks for piece in _pieces(reader, *block)))
    ends = _named(reader, {number for pair in edges for number in pair})
    unique = all(count == different for _, count, different, _, _ in blocks)
    return Stretches([(ends[first], ends[last]) for first, last in edges], unique)


def numbered(reader: LedgerReader) -> Iterator[End]:
    """Every order that has a number, in the order of the numbers."""
    yield from reader.connection.execute(
        "SELECT number, name, created_at FROM order_tracking WHERE number IS NOT NULL ORDER BY number, name"
    )


def _pieces(reader: LedgerReader, block: int, count: int, different: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    """The unbroken pieces of a block; only a block that is broken is looked into."""
    if different == high - low + 1:
        yield low, high
        return
    query = "SELECT DISTINCT number FROM order_tracking WHERE number BETWEEN ? AND ? ORDER BY number"
    yield from _joined((number, number) for (number,) in reader.connection.execute(query, (low, high)))


def _joined(pieces: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Pieces that touch each other as one."""
    current: tuple[int, int] | None = None
    for first, last in pieces:
        if current is not None and first == current[1] + 1:
            current = (current[0], last)
            continue
        if current is not None:
            yield current
        current = (first, last)
    if current is not None:
        yield current


def _named(reader: LedgerReader, numbers: set[int]) -> dict[int, End]:
    query = "SELECT number, name, created_at FROM order_tracking WHERE number = ? ORDER BY name LIMIT 1"
    return {number: reader.connection.execute(query, (number,)).fetchone() for number in numbers}


# counted in blocks within SQLite: a million numbers one by one would take seconds
_BLOCKS = """SELECT number / 4096, count(*), count(DISTINCT number), min(number), max(number)
             FROM order_tracking WHERE number IS NOT NULL GROUP BY 1 ORDER BY 4"""
