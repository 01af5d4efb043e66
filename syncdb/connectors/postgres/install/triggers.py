"""The triggers that note in the queue what changed in an ERP's tables.

They fire on real change only, not for what the sync itself writes, and note nothing while the entity's switch is off. Open
work on one entity is one row: locked until the ERP's transaction ends, so that no worker takes it before the change is seen.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from syncdb.connectors.postgres.database import ORIGIN, OURS
from syncdb.connectors.postgres.install.own_tables import ON, SWITCHES
from syncdb.connectors.postgres.install.writing import name, raw, statement, text
from syncdb.connectors.postgres.tables import ENTITY_TYPES, FIELDS, ErpTable, ErpTables

if TYPE_CHECKING:
    from psycopg.sql import Composable

PREFIX = "syncdb_note_"
EVENTS = ("insert", "update", "delete")

# a delete says what the shop called it, since afterwards nobody can look
_FUNCTION = """
create or replace function {function}() returns trigger language plpgsql security definer set search_path = '' as $syncdb$
begin
    if not coalesce((select lower(s.value) in {on} from {settings} s where s.key = {switch}), false) then
        return null;
    end if;
    if tg_op = 'DELETE' then
        {deleted}
    else
        insert into {queue} as q (entity_type, entity_id, action)
        values ({type}, new.{key}::text, {noted})
        {again}
    end if;
    return null;
end $syncdb$;
revoke all on function {function}() from public;
"""
_DELETED = """insert into {queue} as q (entity_type, entity_id, action, payload)
        values ({type}, old.{key}::text, {action}, {links})
        {again}"""
_AGAIN = """on conflict (entity_type, entity_id, direction) where status = 'pending' do update set
            action = case
                when q.action = 'create' and excluded.action = 'update' then 'create'
                when q.action = 'delete' and excluded.action = 'update' then 'delete'
                when q.action = 'delete' and excluded.action = 'create' then 'update'
                else excluded.action
            end,
            payload = coalesce(excluded.payload, q.payload),
            retry_count = 0, error_message = null, alerted_at = null, next_attempt_at = now(), updated_at = now();"""
_TRIGGER = """
drop trigger if exists {trigger} on {table};
create trigger {trigger} after {event} on {table} for each row
    when (current_setting({origin}, true) is distinct from {ours}{when})
    execute function {function}();
"""


def triggers(tables: ErpTables) -> Iterator[str]:
    """The statements that make functions and triggers of every table, or make them anew."""
    for entity, table in tables.by_entity.items():
        function = name(tables.schema, PREFIX + ENTITY_TYPES.get(entity, "order_item"))
        yield _function(tables, table, function)
        for event in EVENTS:
            yield statement(
                _TRIGGER,
                trigger=name(PREFIX + event),
                table=name(table.schema, table.name),
                event=raw(event),
                origin=text(ORIGIN),
                ours=text(OURS),
                when=_when(table, event),
                function=function,
            )


def _function(tables: ErpTables, table: ErpTable, function: "Composable") -> str:
    part = table.entity == "order_items"  # a line that comes or goes is a change of its order
    whole = "orders" if part else table.entity
    key = name(table.columns["order_id"] if part else table.key)
    queue = name(tables.schema, tables.own["sync_queue"])
    shared = {"queue": queue, "type": text(ENTITY_TYPES[whole]), "key": key, "again": raw(_AGAIN)}
    deleted = statement(_DELETED, action=text("update" if part else "delete"), links=_links(table), **shared)
    return statement(
        _FUNCTION,
        function=function,
        on=raw(ON),
        settings=name(tables.schema, tables.own["api_settings"]),
        switch=text(SWITCHES[whole]),
        deleted=raw(deleted),
        noted=raw("'update'" if part else "case tg_op when 'INSERT' then 'create' else 'update' end"),
        **shared,
    )


def _links(table: ErpTable) -> "Composable":
    """What a deleted row knew of its counterpart in the shop, as JSON."""
    from psycopg.sql import SQL, Identifier, Literal

    linked = [one.name for one in FIELDS[table.entity] if one.ours and one.name.startswith("shopify_")]
    told = [name for name in (*linked, "sku", "email", "product_id") if table.has(name)]
    if table.entity == "order_items":
        return SQL("null")
    pairs = [SQL("{}, old.{}").format(Literal(field), Identifier(table.columns[field])) for field in told]
    return SQL("jsonb_build_object({})").format(SQL(", ").join(pairs))


def _when(table: ErpTable, event: str) -> "Composable":
    """Which changes count: of data, and of what people say about the sync themselves."""
    from psycopg.sql import SQL

    changed = SQL(" and (row({}) is distinct from row({}){})")
    conditions: Composable = SQL("")
    if event == "update":
        old, new = (SQL(", ").join(SQL(row + ".{}").format(name(column)) for column in table.data) for row in ("old", "new"))
        conditions = changed.format(old, new, _asked_for(table))
    return SQL("{}{}").format(conditions, _switched_on(table, event))


def _asked_for(table: ErpTable) -> "Composable":
    from psycopg.sql import SQL

    if not table.has("shopify_sync_status"):
        return SQL("")
    column = name(table.columns["shopify_sync_status"])
    return SQL(" or (old.{0} is distinct from new.{0} and new.{0} = 'pending')").format(column)


def _switched_on(table: ErpTable, event: str) -> "Composable":
    """Not for a product or an order that was taken out of the sync."""
    from psycopg.sql import SQL

    rows = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}[event]
    if table.has("sync_to_shopify"):
        column = name(table.columns["sync_to_shopify"])
        either = SQL(" or ").join(SQL(row + ".{} is not false").format(column) for row in rows)
        return SQL(" and ({})").format(either)
    if table.has("shopify_sync_status"):
        column = name(table.columns["shopify_sync_status"])
        return SQL(" and " + rows[-1] + ".{} is distinct from 'disabled'").format(column)
    return SQL("")
