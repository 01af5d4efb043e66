"""How people call a record: by its title, its SKU, its product and place, its order; by its key where nothing is known of it."""

from collections.abc import Iterable, Iterator

from syncdb.engine.report import Note
from syncdb.ledger import Ledger
from syncdb.ledger.queries.catalogue import Things
from syncdb.ledger.queries.order_presence import names_of
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.programs import MANAGER

ORDER_NAME = "order_name"


def names_in(ledger: Ledger, pair: str, keys: Iterable[str]) -> dict[str, str]:
    """What people call the records of these keys of a pair; one of which nothing is known is called by its key."""
    wanted = list(dict.fromkeys(keys))
    reader, records = LedgerReader(ledger.connection, ledger.path), ledger.records(pair)
    found = Things(reader).names_in(pair, wanted)
    homes = records.homes(key for key in wanted if not found.get(key))
    orders = names_of(reader, {order_id for order_id in homes.values() if order_id})
    found |= {key: orders[order_id] for key, order_id in homes.items() if order_id in orders}
    return {key: found.get(key) or str(records.base(key).get(ORDER_NAME) or key) for key in wanted}


def without_id(told: str, key: str) -> str:
    """A system's words about a record without the id that people do not know it by."""
    before, found, after = told.partition(key)
    return (after.lstrip("): ") if found else before).strip()


def overtaken_notes(ledger: Ledger, pair: str, overtaken: Iterable[tuple[str, str | None]]) -> Iterator[Note]:
    """A note for each decision that was not carried out, because something changed after it was made."""
    decisions = list(overtaken)
    names = names_in(ledger, pair, (key for key, _ in decisions))
    for key, field in decisions:
        what = f"{field} of {names[key]}" if field else names[key]
        told = f"The decision about {what} was not carried out: it changed after that. The conflict is open again."
        yield Note("overtaken", told, f"Decide anew: {MANAGER} conflicts")
