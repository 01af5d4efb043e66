"""How people call a record, from what was last agreed about it."""

from collections.abc import Iterable, Iterator

from syncdb.engine.report import Note
from syncdb.ledger.records import Records
from syncdb.programs import MANAGER

CALLED = ("title", "sku", "location", "order_name")  # as far as it has them


def called(records: Records, key: str) -> str:
    """What people call the record, its key where nothing is known of it."""
    base = records.base(key)
    return " / ".join(str(base[part]) for part in CALLED if base.get(part)) or key


def without_id(told: str, key: str) -> str:
    """A system's words about a record without the id that people do not know it by."""
    before, found, after = told.partition(key)
    return (after.lstrip("): ") if found else before).strip()


def overtaken_notes(records: Records, overtaken: Iterable[tuple[str, str | None]]) -> Iterator[Note]:
    """A note for each decision that was not carried out, because something changed after it was made."""
    for key, field in overtaken:
        what = f"{field} of {called(records, key)}" if field else called(records, key)
        told = f"The decision about {what} was not carried out: it changed after that. The conflict is open again."
        yield Note("overtaken", told, f"Decide anew: {MANAGER} conflicts")
