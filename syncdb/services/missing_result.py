"""What looking for missing orders came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syncdb.errors import ConfigurationError, Exit, worst
from syncdb.ledger.queries.overview import known_pairs, order_counts
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.orders.completeness import Completeness, unasked
from syncdb.pairs.base import PairType
from syncdb.services.usable_pairs import to_keep_orders

if TYPE_CHECKING:  # without the network no run is made
    from syncdb.services.run_now import RunMade


@dataclass(slots=True)
class RowCheck:
    """A place against the ledger. `lacking` names orders with a row too few, `foreign` counts rows with keys nobody knows.

    `refused` says why it could not be compared, `next_step` what to do about it and `code` what that comes to; DONE where it is
    no failure (nobody asked, nothing is there yet).
    """

    lacking: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    compared: int = 0
    refused: str = ""
    next_step: str = ""
    code: Exit = Exit.DONE


@dataclass(frozen=True, slots=True)
class PlaceRows:
    """The rows on the other side of a pair."""

    pair: PairType
    rows: RowCheck


@dataclass(slots=True)
class MissingOrders:
    """All that `missing` tells."""

    orders: Completeness
    places: list[PlaceRows]
    fixed: "list[RunMade]" = field(default_factory=list)

    @property
    def lacking(self) -> bool:
        """Whether an order lacks a row anywhere."""
        return any(one.rows.lacking for one in self.places)

    @property
    def exit_code(self) -> Exit:
        if self.fixed:
            return worst(one.report.exit_code for one in self.fixed)
        doubled = any(one.rows.doubled for one in self.places)
        if self.orders.missed or self.lacking or doubled:
            return Exit.PARTIAL
        # who was not asked cannot say that nothing is missing
        return worst([Exit.REMOTE if self.orders.refused else Exit.DONE, *(one.rows.code for one in self.places)])


def refuse_without_orders(reader: LedgerReader, pairs: Sequence[PairType], what: str) -> None:
    """Raises ConfigurationError where everything that the ledger ever kept in step leaves no copies of orders in it."""
    known = [one for one in known_pairs(reader).values() if one.entity]
    if known and not any(one.tracks_orders for one in known) and not order_counts(reader).orders:
        raise ConfigurationError(
            [f"The ledger keeps no copies of orders, so {what} does not apply."], next_step=to_keep_orders(pairs)
        )


def look_offline(pairs: Sequence[PairType], ledger: Path, days: int, now: datetime) -> MissingOrders:
    """What the ledger alone tells: where the gaps are. Raises ConfigurationError where it never kept orders in step."""
    with reading(ledger) as reader:
        refuse_without_orders(reader, pairs, "looking for missing orders")
        places = [PlaceRows(one, RowCheck(refused="not asked")) for one in pairs if one.tracks_orders]
        return MissingOrders(unasked(reader, now - timedelta(days=days)), places)
