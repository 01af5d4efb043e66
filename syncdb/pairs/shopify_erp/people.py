"""Redacted people in this pair: not shown by either side any more, and out of what syncdb keeps in the ERP's database."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from syncdb.clock import Clock
from syncdb.connectors.base import Connector
from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.drift import examine
from syncdb.connectors.postgres.queue_book import QueueBook
from syncdb.connectors.postgres.rows import ID, read_rows, update
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.ledger.redaction import Remover
from syncdb.ledger.text_search import as_json
from syncdb.model import Found, Side
from syncdb.orders.erasing import Erased
from syncdb.orders.forgotten import WithoutRedacted
from syncdb.orders.personal_records import ORDER, PersonalRecords
from syncdb.orders.redaction import Affected
from syncdb.pairs.base import PeopleKept
from syncdb.pairs.shopify_erp.adopting import linked
from syncdb.pairs.shopify_erp.pair import PEOPLE
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.systems.postgres.connecting import erp_of, erp_tables

_GID = {"customers": "gid://shopify/Customer/", "orders": "gid://shopify/Order/"}
_ERROR = "shopify_sync_error"
MOST_NAMED = 20


def forgetting(ledger: Ledger, pair: str, entity: str, sides: tuple[Connector, Connector]) -> tuple[Connector, Connector]:
    """Both sides of an entity of this pair, of redacted people without what tells of them."""
    personal, joins = next(one for one in PEOPLE if one.entity == entity), Joins.of(ledger, pair)
    left, right = (
        WithoutRedacted(side, ledger.redacted, partial(_marks, personal, pair, of), personal.plain, partial(linked, joins, of))
        for of, side in zip(Side, sides, strict=True)
    )
    return left, right


def _marks(personal: PersonalRecords, pair: str, side: Side, found: Found) -> Sequence[str]:
    """By its own id; on the ERP's side also by that of the shop which its row names."""
    id = found.record.key
    if side is Side.LEFT:
        return list(personal.marks(pair, id, None))
    named = found.record.fields.get("shop_id")
    return list(personal.marks(pair, f"{_GID[personal.entity]}{named}" if named else None, id))


@contextmanager
def _open(settings: ErpSettings, clock: Clock) -> Iterator[Callable[[Affected], Erased]]:
    with erp_of(settings, clock) as database:
        tables = examine(database, erp_tables(settings)).tables
        yield partial(_erase, database, tables)


def _erase(database: ErpDatabase, tables: ErpTables, affected: Affected) -> Erased:
    """Out of the queue's rows and the sentences in the orders, and a look whether it is."""
    removed, book = Remover(affected.values), QueueBook(database, tables)
    texts = sorted({form for value in affected.values for form in (value, as_json(value))})
    cleaned = book.rewrite(texts, removed) + _sentences(database, tables, removed, affected)
    left = book.mentioning(texts)
    return Erased(cleaned, f"{left} row(s) of {tables.own['sync_queue']} still show it" if left else "")


def _sentences(database: ErpDatabase, tables: ErpTables, removed: Remover, affected: Affected) -> int:
    """In the rows of their orders, why the shop did not take one."""
    keys = [one.key.right for one in affected.records if one.kept.kind == ORDER and one.key.right]
    if not keys or "orders" not in tables or not tables["orders"].has(_ERROR):
        return 0
    rows = [row for row in read_rows(database, tables["orders"], {ID: keys}, [_ERROR]) if row[_ERROR]]
    new = {row[ID]: text for row in rows if (text := removed(row[_ERROR])) != row[_ERROR]}

    def write(work: Work) -> None:
        for id, text in new.items():
            update(work, tables["orders"], id, {_ERROR: text})

    database.transaction(write)
    return len(new)


def _remains(settings: ErpSettings, affected: Affected) -> str:
    """Whose the rest is to clear, and where it stands."""
    rows: dict[str, list[str]] = {one.entity: [] for one in PEOPLE}
    for one in affected.records:
        rows[one.kept.entity] += [one.key.right] if one.key.right else []
    named = "; ".join(f"{entity} {', '.join(keys[:MOST_NAMED])}" for entity, keys in rows.items() if keys)
    told = (
        f"The ERP's own tables are the ERP's and stay as they are{f' (rows: {named})' if named else ''}: erase the person there."
    )
    return f"{told} PostgreSQL keeps older versions of rows until VACUUM, and in its backups."


ERP_PEOPLE: PeopleKept[ErpSettings] = PeopleKept(_open, _remains)
