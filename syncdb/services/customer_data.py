"""All that is kept of a customer, for whoever asks to see it."""

from datetime import datetime
from pathlib import Path
from typing import Any

from syncdb.ledger import Ledger
from syncdb.orders.people import PersonRecord
from syncdb.orders.redaction import Affected
from syncdb.values import encode


def kept_of(path: Path, affected: Affected, now: datetime) -> dict[str, Any]:
    """The orders as they are stored, and the records that are kept in step beside them, each value once."""
    ledger = Ledger.copy(path, now)
    snapshots = (ledger.orders.snapshot(one) for one in affected.orders)
    return {
        "orders": [one for one in snapshots if one is not None],
        "records": [_record(one) for one in affected.records],
    }


def _record(one: PersonRecord) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    for piece in one.pieces:
        for name, value in piece.items():
            told, known = encode(value), values.setdefault(name, [])
            known += [told] if told is not None and told not in known else []
    held = {name: some for name, some in values.items() if some}
    return {"what": one.kept.kind.lower(), "name": one.name, "pair": one.pair, "values": held}
