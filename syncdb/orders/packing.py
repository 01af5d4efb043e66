"""Bringing the stored snapshots into the form that is wanted, packed or plain: some with each run, or all at once."""

from syncdb.connectors.shopify.personal import with_nobody
from syncdb.engine.progress import Progress
from syncdb.ledger import Ledger, state_keys
from syncdb.values import canonical_text

LEAST = 500  # orders; for fewer a dictionary is not worth its room
SAMPLES = 2_000  # orders that a dictionary is trained on, some 10 MB
AT_ONCE = 1_000  # orders in one transaction
MOST_STEPS = 20  # transactions in one run; the next run goes on


def repack(ledger: Ledger, progress: Progress, most: int | None = MOST_STEPS) -> int:
    """Rewrite snapshots that are not of the wanted form, in so many steps (None: all of them); how many it took.

    Nothing is said of an order by that. Raises Interrupted between two steps.
    """
    packing, steps = ledger.packing, 0
    if packing.wanted and not packing.ready and ledger.orders.at_least(LEAST):
        _train(ledger)
    if packing.wanted and not packing.ready:
        return 0
    while steps != most and (after := ledger.runs.get(state_keys.REPACKED_TO)) is not None:
        progress.stop_if_asked()
        steps += 1
        with ledger.transaction():
            up_to = ledger.orders.repack(after, AT_ONCE)
            ledger.runs.put(state_keys.REPACKED_TO, up_to)
            if up_to is None and not packing.wanted:
                packing.forget()
    return steps


def _train(ledger: Ledger) -> None:
    """Learn from some orders what they have in common. Nothing of a person is in it: a dictionary outlives every redaction."""
    samples = [canonical_text(with_nobody(one)) for one in ledger.orders.some(SAMPLES)]
    with ledger.transaction():
        ledger.packing.learn(samples)
