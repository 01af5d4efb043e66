"""What runs into one place read of orders for the other places of the ledger, too: each kind of thing is read by all or by none.

Else each run would leave the others' things out of what the ledger keeps, and they would read the whole window again in turn.
"""

from datetime import datetime, timedelta

from syncdb.connectors.shopify.orders import OrderReader
from syncdb.ledger import Ledger, state_keys
from syncdb.values import iso

HEARD_WITHIN = timedelta(days=30)  # a place without a run for longer looks at everything when it comes back


def places(ledger: Ledger, pair: str, now: datetime) -> frozenset[str]:
    """The pairs that hear of each order that changed: this one, and those that had a run lately."""
    return frozenset((pair, *ledger.runs.order_pairs(iso(now - HEARD_WITHIN))))


def read_for_all(ledger: Ledger, reader: OrderReader, pair: str, now: datetime) -> None:
    """Have the reader ask for what any of these places shows, and remember what this one does."""
    own = {"metafields": [list(name) for name in reader.metafields], "along": list(reader.along)}
    if ledger.runs.get(state_keys.reads(pair)) != own:
        with ledger.transaction():
            ledger.runs.put(state_keys.reads(pair), own)
    others = [ledger.runs.get(state_keys.reads(one)) or {} for one in sorted(places(ledger, pair, now) - {pair})]
    reader.ask_also(
        [(namespace, key) for one in others for namespace, key in one.get("metafields", ())],
        [part for one in others for part in one.get("along", ())],
    )
