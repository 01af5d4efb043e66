"""The table in an ERP's database in which its people see which webhooks the shop sends, and when each last came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.tables import ErpTables

ACTIVE, INACTIVE, ERROR = "active", "inactive", "error"
_PUT = """
insert into {registry} as r (webhook_id, topic, status, last_triggered, address, error_message)
select * from unnest(
    %(ids)s::text[], %(topics)s::text[], %(statuses)s::text[], %(last)s::timestamptz[], %(addresses)s::text[], %(why)s::text[]
)
on conflict (webhook_id) do update set
    topic = excluded.topic, status = excluded.status, address = excluded.address, error_message = excluded.error_message,
    last_triggered = greatest(r.last_triggered, excluded.last_triggered), updated_at = now()
"""
_GONE = """
update {registry} set status = 'inactive', updated_at = now() where not webhook_id = any(%(ids)s::text[]) and status <> 'inactive'
"""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription of the shop: its number there, its topic ("orders/create"), and how it is with it."""

    id: str
    topic: str
    status: str
    address: str
    error: str | None = None
    last_triggered: datetime | None = None


def note_webhooks(database: ErpDatabase, tables: ErpTables, found: Sequence[Webhook]) -> None:
    """Let the table show these; those that are not among them any more are inactive."""
    registry = name(tables.schema, tables.own["shopify_webhook_registry"])
    told = {
        "ids": [one.id for one in found],
        "topics": [one.topic for one in found],
        "statuses": [one.status for one in found],
        "last": [one.last_triggered for one in found],
        "addresses": [one.address for one in found],
        "why": [one.error for one in found],
    }

    def put(work: Work) -> None:
        work.run(statement(_PUT, registry=registry), told)
        work.run(statement(_GONE, registry=registry), {"ids": told["ids"]})

    database.transaction(put)
