"""What an export is: its columns, and its rows one at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from syncdb.ledger.queries.reader import LedgerReader
from syncdb.values import Kind, Value


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of an export: its name in JSON, its header elsewhere, and what it holds."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class NotKept:
    """Columns (by name) of which a ledger keeps nothing, with what people are to know of it, sentence by sentence."""

    columns: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def _all_kept(reader: LedgerReader, since: str) -> NotKept:
    return NotKept()


@dataclass(frozen=True, slots=True)
class Export:
    """An export that was chosen: its name, its columns, and the rows of a ledger since a moment (ISO, UTC; empty: all).

    `not_kept`: what of it the ledger has not, asked in the same way.
    """

    name: str
    columns: tuple[ExportColumn, ...]
    rows: Callable[[LedgerReader, str], Iterator[Sequence[Value]]]
    not_kept: Callable[[LedgerReader, str], NotKept] = _all_kept
