"""The gaps in the order numbers of a ledger, found without the network."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from syncdb.ledger.queries import order_numbers
from syncdb.ledger.queries.overview import watermark
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.orders.number_gaps import Covered, Gap, Numbered, Reason, Stretch, counters, find_gaps, join
from syncdb.values import moment

CHECKED = "gaps_checked_to"  # as `reconcile.missed` keeps it, which asks the shop


def covered(reader: LedgerReader) -> Covered | None:
    """The time whose orders the ledger knows, as far as runs that saw everything have reached."""
    mark = watermark(reader)
    return Covered(moment(mark["covered_since"]), moment(mark["at"])) if mark else None


def gaps_in(reader: LedgerReader) -> list[Gap]:
    """Every gap of every counter. Where no number stands twice, one counter made them all, whatever the names look like."""
    time = covered(reader)
    found = order_numbers.stretches(reader)
    if found.unique:
        return find_gaps([Stretch(_order(first), _order(last)) for first, last in found.ends], time)
    series = counters(_order(end) for end in order_numbers.numbered(reader))
    return [gap for one in series for gap in find_gaps(list(join(one)), time)]


def after_asking(gaps: Sequence[Gap], reader: LedgerReader) -> list[Gap]:
    """The same gaps; those that a run has asked the shop about since are no longer unexplained.

    Each run does so up to the moment that it remembers: it lists what the shop has and counts its days (`reconcile.missed`).
    """
    checked = reader.meta(CHECKED)
    until = moment(checked) if checked else None
    return [replace(gap, reason=Reason.ASKED) if until and _asked(gap, until) else gap for gap in gaps]


def _asked(gap: Gap, until: datetime) -> bool:
    return gap.reason is Reason.UNEXPLAINED and gap.before.created_at is not None and gap.before.created_at <= until


def _order(end: order_numbers.End) -> Numbered:
    number, name, created_at = end
    return Numbered(number, name, moment(created_at) if created_at else None)
