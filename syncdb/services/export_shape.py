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
class Export:
    """An export that was chosen: its name, its columns, and the rows of a ledger since a moment (ISO, UTC; empty: all)."""

    name: str
    columns: tuple[ExportColumn, ...]
    rows: Callable[[LedgerReader, str], Iterator[Sequence[Value]]]
