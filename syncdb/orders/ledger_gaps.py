"""The gaps in the order numbers of a ledger, found without the network."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from syncdb.ledger import state_keys
from syncdb.ledger.maintained import MOST_TIMES
from syncdb.ledger.queries import order_numbers
from syncdb.ledger.queries.overview import watermark
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.orders.number_gaps import (
    MOST_LOST,
    Covered,
    Gap,
    Hole,
    Look,
    Numbered,
    Reason,
    Stretch,
    find_gaps,
    gaps_at,
    holes,
    reach_beside,
)
from syncdb.values import iso, moment


def covered(reader: LedgerReader) -> Covered | None:
    """The time whose orders the ledger knows, as far as runs that saw everything have reached."""
    mark = watermark(reader)
    return Covered(moment(mark["covered_since"]), moment(mark["at"])) if mark else None


def gaps_in(reader: LedgerReader) -> list[Gap]:
    """Every gap of every counter, by number."""
    return find_gaps(order_numbers.stretches(reader), _look(reader), covered(reader))


def gaps_since(reader: LedgerReader, since: datetime) -> list[Gap]:
    """The gaps before orders that were made since: found from those orders on, however many others there are."""
    look, time = _look(reader), covered(reader)
    holes = (hole for begun in order_numbers.begun_since(reader, iso(since)) if (hole := _hole_before(reader, *begun)))
    gaps = (gap for hole in holes for gap in gaps_at(hole, look, time))
    return sorted((gap for gap in gaps if gap.before.created_at and gap.before.created_at >= since), key=lambda gap: gap.first)


def _hole_before(reader: LedgerReader, times: int, first: int) -> Hole | None:
    """The hole that a stretch ends, if there is one before it that a counter left."""
    below = order_numbers.stretch_before(reader, times, first)
    if below is None:
        return None
    low, high = below[0], first
    if times > 1:  # whether a counter left it is told by what stands around
        reach = reach_beside(min(first - below[1] - 1, MOST_LOST))
        lowest = order_numbers.stretch_before(reader, times, below[1] - reach)
        low, high = lowest[0] if lowest else below[1] - reach, first + reach
    beside = [Stretch(*one) for one in order_numbers.stretches_between(reader, times, low, high)]
    return next((hole for hole in holes(times, beside) if hole.above.first == first), None)


def after_asking(gaps: Sequence[Gap], reader: LedgerReader) -> list[Gap]:
    """The same gaps; those that a run has asked the shop about since are no longer unexplained.

    Each run does so up to the moment that it remembers: it lists what the shop has and counts its days (`reconcile.missed`).
    """
    checked = reader.meta(state_keys.GAPS_CHECKED_TO)
    until = moment(checked) if checked else None
    return [replace(gap, reason=Reason.ASKED) if until and _asked(gap, until) else gap for gap in gaps]


def _asked(gap: Gap, until: datetime) -> bool:
    return gap.reason is Reason.UNEXPLAINED and gap.before.created_at is not None and gap.before.created_at <= until


def _look(reader: LedgerReader) -> Look:
    return lambda number: [_order(one) for one in order_numbers.holders(reader, number, MOST_TIMES)]


def _order(holder: order_numbers.Holder) -> Numbered:
    number, name, created_at = holder
    return Numbered(number, name, moment(created_at) if created_at else None)
