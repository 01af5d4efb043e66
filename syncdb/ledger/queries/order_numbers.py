"""The order numbers in the ledger as unbroken stretches, as the ledger keeps them (`syncdb.ledger.maintained`)."""

from collections.abc import Iterator

from syncdb.ledger.queries.reader import LedgerReader

Holder = tuple[int, str, str | None]  # number, name, created_at (ISO, UTC)
Piece = tuple[int, int]  # the first and the last number of a stretch


def stretches(reader: LedgerReader) -> Iterator[tuple[int, int, int]]:
    """(times, first, last) of every stretch of numbers that stand at least so many times; by times and number."""
    yield from reader.connection.execute("SELECT times, first, last FROM number_stretch ORDER BY times, first")


def begun_since(reader: LedgerReader, since: str) -> list[tuple[int, int]]:
    """(times, first) of the stretches that begin with an order made since (ISO, UTC): behind each there may be a new gap."""
    query = """SELECT DISTINCT times, first FROM order_tracking CROSS JOIN number_stretch ON first = number
               WHERE created_at >= ? ORDER BY times, first"""
    return list(reader.connection.execute(query, (since,)))


def stretch_before(reader: LedgerReader, times: int, number: int) -> Piece | None:
    """The last stretch that begins before a number."""
    query = "SELECT first, last FROM number_stretch WHERE times = ? AND first < ? ORDER BY first DESC LIMIT 1"
    found: Piece | None = reader.connection.execute(query, (times, number)).fetchone()
    return found


def stretches_between(reader: LedgerReader, times: int, low: int, high: int) -> list[Piece]:
    """The stretches that begin in [low, high], by number."""
    query = "SELECT first, last FROM number_stretch WHERE times = ? AND first BETWEEN ? AND ? ORDER BY first"
    return list(reader.connection.execute(query, (times, low, high)))


def holders(reader: LedgerReader, number: int, most: int) -> list[Holder]:
    """The orders that have a number, the one that was made first in front."""
    query = "SELECT number, name, created_at FROM order_tracking WHERE number = ? ORDER BY created_at, name LIMIT ?"
    return list(reader.connection.execute(query, (number, most)))
