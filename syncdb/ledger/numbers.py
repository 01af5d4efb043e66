"""The order numbers in the ledger as unbroken stretches, read from an index alone."""

from collections.abc import Iterator
from typing import Any

from syncdb.ledger.reading import Reader

End = tuple[int, str, str | None]  # number, name, created_at (ISO, UTC)


def are_unique(reader: Reader) -> bool:
    """Whether no two orders have the same number, so that one counter made them all."""
    return reader.connection.execute(_DOUBLED).fetchone() is None


def numbered(reader: Reader) -> Iterator[End]:
    """Every order that has a number, in the order of the numbers."""
    yield from reader.connection.execute(
        "SELECT number, name, created_at FROM order_tracking WHERE number IS NOT NULL ORDER BY number, name"
    )


def stretches(reader: Reader) -> list[tuple[End, End]]:
    """First and last order of each unbroken stretch of numbers, in their order. Numbers that stand twice count once."""
    edges = list(_edges(reader))
    ends = _named(reader, {number for pair in edges for number in pair})
    return [(ends[first], ends[last]) for first, last in edges]


def _edges(reader: Reader) -> Iterator[tuple[int, int]]:
    numbers: Any = reader.connection.execute("SELECT number FROM order_tracking WHERE number IS NOT NULL ORDER BY number")
    first = last = None
    for (number,) in numbers:
        if last is None or first is None:
            first = number
        elif number > last + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


def _named(reader: Reader, numbers: set[int]) -> dict[int, End]:
    query = "SELECT number, name, created_at FROM order_tracking WHERE number = ? ORDER BY name LIMIT 1"
    return {number: reader.connection.execute(query, (number,)).fetchone() for number in numbers}


_DOUBLED = """SELECT 1 FROM (SELECT number, lag(number) OVER (ORDER BY number) AS before
              FROM order_tracking WHERE number IS NOT NULL) WHERE number = before LIMIT 1"""
