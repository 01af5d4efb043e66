"""Within a run: which orders the shop has that reading by time did not bring. A gap in the numbers is the sign of it.

An hourly run asks only where a gap came into being since the last look: it lists the newest orders from the shop's database,
which knows what its search index does not show yet. A run over the whole window asks about all its gaps and counts its days.
"""

from datetime import datetime, timedelta

from syncdb.connectors.order_source import Facts, Listed
from syncdb.connectors.shopify.presence import Presence
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.queries import order_presence as held
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.orders.completeness import Bounds, find_missed
from syncdb.orders.ledger_gaps import covered, gaps_since
from syncdb.orders.number_gaps import Reason
from syncdb.values import iso, moment

PAGES = 4  # of 250 orders each: more than an hour's orders of all but the largest shops


def missed(ledger: Ledger, shop: Presence, facts: Facts, now: datetime, lookback: timedelta, *, whole: bool) -> list[Listed]:
    """Orders to ask for by id. Remembers up to where gaps were asked about. Raises Refused and RetryLater."""
    reader = LedgerReader(ledger.connection, ledger.path)
    time = covered(reader)
    if time is None:
        return []
    if whole:
        found = find_missed(reader, shop, facts, now, lookback, Bounds())
    else:
        found = _since_last_look(reader, shop, time.until)
    if reader.meta(state_keys.GAPS_CHECKED_TO) != iso(time.until):
        with ledger.transaction():
            ledger.runs.put(state_keys.GAPS_CHECKED_TO, iso(time.until))
    return found


def _since_last_look(reader: LedgerReader, shop: Presence, until: datetime) -> list[Listed]:
    checked = reader.meta(state_keys.GAPS_CHECKED_TO)
    since = moment(checked) if checked else None
    if since is None:
        return []
    fresh = [gap for gap in gaps_since(reader, since) if gap.reason is Reason.UNEXPLAINED]
    if not fresh:
        return []
    earliest = min((gap.after.created_at for gap in fresh if gap.after.created_at), default=since)
    listed = [one for one in shop.newest(earliest, PAGES) if one.created_at <= until]
    known = held.known(reader, [one.order_id for one in listed])
    return [one for one in listed if one.order_id not in known]
