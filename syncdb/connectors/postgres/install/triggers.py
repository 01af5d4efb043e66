"""The triggers that note in the queue what changed in an ERP's tables.

They fire on real change only, not for what the sync itself writes, and note nothing while the entity's switch is off. Open
work on one entity is one row: locked until the ERP's transaction ends, so that no worker takes it before the change is seen.

Rows are compared as JSON: a column that is dropped, renamed or gets another type is the ERP's own business, and no trigger that
names it stands in the way of that or fails because of it.
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

# a delete says what the shop called it, since afterwards nobody can look
_FUNCTION = """
create or replace function {function}() returns trigger language plpgsql security definer set search_path = '' as $syncdb$
declare
    seen jsonb := case tg_op when 'INSERT' then null else to_jsonb(old) end;
    now_is jsonb := case tg_op when 'DELETE' then null else to_jsonb(new) end;
    noted text := {noted};
begin
    if {taken_out} then
        return null;
    end if;
    {already}if not coalesce((select lower(s.value) in {on} from {settings} s where s.key = {switch}), false) then
        return null;
    end if;
    if coalesce(now_is, seen) ->> {key} is null then
        return null;
    end if;
    insert into {queue} as q (entity_type, entity_id, action, payload)
    values ({type}, coalesce(now_is, seen) ->> {key}, noted, case noted when 'delete' then {links} end)
    on conflict (entity_type, entity_id, direction) where status = 'pending' do update set
        action = case
            when q.action = 'create' and excluded.action = 'update' then 'create'
            when q.action = 'delete' and excluded.action = 'update' then 'delete'
            when q.action = 'delete' and excluded.action = 'create' then 'update'
            else excluded.action
        end,
        payload = coalesce(excluded.payload, q.payload),
        retry_count = 0, error_message = null, alerted_at = null, next_attempt_at = now(), updated_at = now()
        -- what waits already needs no new version; it is locked all the same
        where q.retry_count > 0 or excluded.action <> 'update';
    {remember}return null;
end $syncdb$;
revoke all on function {function}() from public;
"""
# all rows of one statement at once: an ERP may well change ten thousand with one
_CHANGES = """
create or replace function {function}() returns trigger language plpgsql security definer set search_path = '' as $syncdb$
begin
    if not coalesce((select lower(s.value) in {on} from {settings} s where s.key = {switch}), false) then
        return null;
    end if;
    insert into {queue} as q (entity_type, entity_id, action)
    select distinct {type}, now_is ->> {key}, 'update'
    from (
        select o.row_is as seen, n.row_is as now_is
        from (select to_jsonb(r.*) as row_is from now_are r) n
        join (select to_jsonb(r.*) as row_is from were r) o on n.row_is ->> {own_key} = o.row_is ->> {own_key}
    ) changed
    where not (seen - {ignored} = now_is - {ignored}{asked_for}) and not ({taken_out}) and now_is ->> {key} is not null
    order by 2
    on conflict (entity_type, entity_id, direction) where status = 'pending' do update set
        retry_count = 0, error_message = null, alerted_at = null, next_attempt_at = now(), updated_at = now()
        -- what waits already needs no new version; it is locked all the same
        where q.retry_count > 0;
    return null;
end $syncdb$;
revoke all on function {function}() from public;
"""
# an order and its lines are mostly written together: after the first of them its row is there, and locked until the end
_ALREADY = """if noted = 'update' and current_setting('syncdb.noted', true) = coalesce(now_is, seen) ->> {key} then
        return null;
    end if;
    """
_REMEMBER = """perform set_config('syncdb.noted', coalesce(now_is, seen) ->> {key}, true);
    """
_TRIGGER = """
drop trigger if exists {trigger} on {table};
create trigger {trigger} after {event} on {table} {each}
    when (current_setting({origin}, true) is distinct from {ours})
    execute function {function}();
"""


def triggers(tables: ErpTables, unmapped: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """The statements that make functions and triggers of every table, or make them anew.

    `unmapped` are columns of each table that concern nobody here: their change is none.
    """
    for entity, table in tables.by_entity.items():
        called = PREFIX + ENTITY_TYPES.get(entity, "order_item")
        one, many = name(tables.schema, called), name(tables.schema, f"{called}_changes")
        parts = _parts(tables, table, unmapped.get(entity, ()))
        yield statement(_FUNCTION, function=one, **parts)
        yield statement(_CHANGES, function=many, **parts)
        for event in ("insert", "delete"):
            yield _trigger(table, event, "for each row", one)
        yield _trigger(table, "update", "referencing old table as were new table as now_are for each statement", many)


def _trigger(table: ErpTable, event: str, each: str, function: "Composable") -> str:
    return statement(
        _TRIGGER,
        trigger=name(PREFIX + event),
        table=name(table.schema, table.name),
        event=raw(event),
        each=raw(each),
        origin=text(ORIGIN),
        ours=text(OURS),
        function=function,
    )


def _parts(tables: ErpTables, table: ErpTable, unmapped: tuple[str, ...]) -> "dict[str, Composable]":
    part = table.entity == "order_items"  # a line that comes or goes is a change of its order
    whole = "orders" if part else table.entity
    key = text(table.columns["order_id"] if part else table.key)
    return {
        "noted": raw("'update'" if part else "case tg_op when 'INSERT' then 'create' else 'delete' end"),
        "ignored": _array((*_ours(table), *unmapped)),
        "asked_for": _asked_for(table),
        "taken_out": _taken_out(table),
        "on": raw(ON),
        "settings": name(tables.schema, tables.own["api_settings"]),
        "switch": text(SWITCHES[whole]),
        "queue": name(tables.schema, tables.own["sync_queue"]),
        "type": text(ENTITY_TYPES[whole]),
        "key": key,
        "own_key": text(table.key),
        "already": raw(statement(_ALREADY, key=key) if whole == "orders" else ""),
        "remember": raw(statement(_REMEMBER, key=key) if whole == "orders" else ""),
        "links": _links(table),
    }


def _ours(table: ErpTable) -> tuple[str, ...]:
    data = set(table.data)
    return tuple(column for column in table.columns.values() if column not in data)


def _array(values: tuple[str, ...]) -> "Composable":
    from psycopg.sql import SQL, Literal

    return SQL("array[{}]::text[]").format(SQL(", ").join(Literal(value) for value in values))


def _links(table: ErpTable) -> "Composable":
    """What a deleted row knew of its counterpart in the shop, as JSON."""
    from psycopg.sql import SQL, Literal

    linked = [one.name for one in FIELDS[table.entity] if one.ours and one.name.startswith("shopify_")]
    told = [field for field in (*linked, "sku", "email", "product_id") if table.has(field)]
    pairs = [SQL("{}, seen -> {}").format(Literal(field), Literal(table.columns[field])) for field in told]
    return SQL("jsonb_build_object({})").format(SQL(", ").join(pairs))


def _asked_for(table: ErpTable) -> "Composable":
    """Unless a person asked for an order to be sent."""
    from psycopg.sql import SQL, Literal

    if not table.has("shopify_sync_status"):
        return SQL("")
    status = Literal(table.columns["shopify_sync_status"])
    return SQL("\n        and (now_is ->> {0} is distinct from 'pending' or seen ->> {0} is not distinct from 'pending')").format(
        status
    )


def _taken_out(table: ErpTable) -> "Composable":
    """Whether a product or an order was taken out of the sync, and is so still."""
    from psycopg.sql import SQL, Literal

    if table.has("sync_to_shopify"):
        switch = Literal(table.columns["sync_to_shopify"])
        return SQL("coalesce(seen ->> {0}, 'false') = 'false' and coalesce(now_is ->> {0}, 'false') = 'false'").format(switch)
    if table.has("shopify_sync_status"):
        return SQL("coalesce(now_is, seen) ->> {} is not distinct from 'disabled'").format(
            Literal(table.columns["shopify_sync_status"])
        )
    return SQL("false")
