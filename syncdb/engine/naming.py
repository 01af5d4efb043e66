"""How people call a record, from what was last agreed about it."""

from syncdb.ledger.records import Records

CALLED = ("title", "sku", "location", "order_name")  # as far as it has them


def called(records: Records, key: str) -> str:
    """What people call the record, its key where nothing is known of it."""
    base = records.base(key)
    return " / ".join(str(base[part]) for part in CALLED if base.get(part)) or key


def without_id(told: str, key: str) -> str:
    """A system's words about a record without the id that people do not know it by."""
    before, found, after = told.partition(key)
    return (after.lstrip("): ") if found else before).strip()
