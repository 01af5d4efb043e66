"""The triggers that note in the queue what changed in an ERP's tables.

They fire on real change only, not for what the sync itself writes, and note nothing while the entity's switch is off. Open
work on one entity is one row: locked until the ERP's transaction ends, so that no worker takes it before the change is seen.

An ERP waits for each of them, so they do as little as can be: what can be told without a statement is, and conditions stand in
the functions, since one of a trigger itself is read anew by every statement. Columns are compared as they are; where one was
dropped, renamed or got another type, which is the ERP's own business, rows are compared as JSON instead: no trigger stands in
the way of that or fails because of it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from syncdb.connectors.postgres.database import ORIGIN, OURS
from syncdb.connectors.postgres.install.switches import switch
from syncdb.connectors.postgres.install.writing import name, raw, statement, text
from syncdb.connectors.postgres.tables import ENTITY_TYPES, FIELDS, ErpTable, ErpTables

if TYPE_CHECKING:
    from psycopg.sql import Composable

PREFIX = "syncdb_note_"
EVENTS = ("insert", "update", "delete")

_FUNCTION = """
create or replace function {function}() returns trigger language plpgsql security definer set search_path = '' as $syncdb$
declare
    noted text;
    concerns boolean;
    seen jsonb;
    now_is jsonb;
begin
    if current_setting({origin}, true) = {ours} or not {on}() then
        return null;
    end if;
    {look}
    if concerns and noted is not null then
        {note}
    end if;
    return null;
end $syncdb$;
revoke all on function {function}() from public;
"""
_LOOK = """begin
        noted := {row}.{key};
        concerns := {natively};
    exception when others then
        now_is := to_jsonb({row});
        seen := {before};
        noted := now_is ->> {literal};
        concerns := {as_json};
    end;"""
# a delete says what the shop called it, since afterwards nobody can look
_LOOK_BACK = """seen := to_jsonb(old);
    noted := seen ->> {literal};
    concerns := {as_json};"""
# an order and its lines are mostly written together: after the first of them its row is there, and locked until the end
_ALREADY = "\n    concerns := concerns and current_setting('syncdb.noted', true) is distinct from noted;"
_REMEMBER = "\n        noted := set_config('syncdb.noted', noted, true);"
_NOTE = """insert into {queue} as q (entity_type, entity_id, action{more})
        values ({type}, noted, {action}{values})
        on conflict (entity_type, entity_id, direction, status) where status in ('pending', 'processing') do update set
            {merged}retry_count = 0, error_message = null, alerted_at = null,
            next_attempt_at = now(), updated_at = now(){only};"""
_CREATED = "action = case q.action when 'delete' then 'update' else 'create' end, "
_DELETED = "action = 'delete', payload = excluded.payload, "
# what waits already needs no new version; it is locked all the same
_ONLY_TRIED = "\n            where q.retry_count > 0"
# of lines all that one statement changes at once: orders are locked in one order then, so that two such statements, each about
# lines of the same orders, never wait for each other. No join: a session that changed single lines before would keep the plan
# that it made for them, a loop over both tables, for ten thousand lines, too
_LINES = """
create or replace function {function}() returns trigger language plpgsql security definer set search_path = '' as $syncdb$
begin
    if current_setting({origin}, true) = {ours} or not {on}() then
        return null;
    end if;
    insert into {queue} as q (entity_type, entity_id, action)
    select distinct 'order', changed.line ->> {key}, 'update'
    from (
        select told.line from (
            select to_jsonb(r.*) - {ignored} as line, 1 as side from now_are r
            union all select to_jsonb(r.*) - {ignored}, -1 from were r
        ) told group by told.line having sum(told.side) <> 0
    ) changed
    where changed.line ->> {key} is not null
    order by 2
    on conflict (entity_type, entity_id, direction, status) where status in ('pending', 'processing') do update set
        retry_count = 0, error_message = null, alerted_at = null, next_attempt_at = now(), updated_at = now(){only};
    return null;
end $syncdb$;
revoke all on function {function}() from public;
"""
_TRIGGER = """
drop trigger if exists {trigger} on {table};
create trigger {trigger} after {event} on {table} {each} execute function {function}();
"""
_EACH, _ALL = "for each row", "referencing old table as were new table as now_are for each statement"
# those of version 1
_FORMER = "drop function if exists {one}();\ndrop function if exists {many}();\n"


def triggers(tables: ErpTables, unmapped: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """The statements that make functions and triggers of every table, or make them anew.

    `unmapped` are columns of each table that concern nobody here: their change is none.
    """
    for entity, table in tables.by_entity.items():
        called = PREFIX + ENTITY_TYPES.get(entity, "order_item")
        for event in EVENTS:
            function = name(tables.schema, f"{called}_{event}")
            lines = entity == "order_items" and event == "update"
            made = _lines if lines else _function
            yield made(tables, table, event, function, unmapped.get(entity, ()))
            yield statement(
                _TRIGGER,
                trigger=name(PREFIX + event),
                table=name(table.schema, table.name),
                event=raw(event),
                each=raw(_ALL if lines else _EACH),
                function=function,
            )
        yield statement(_FORMER, one=name(tables.schema, called), many=name(tables.schema, f"{called}_changes"))


def _function(tables: ErpTables, table: ErpTable, event: str, function: "Composable", unmapped: tuple[str, ...]) -> str:
    return statement(
        _FUNCTION,
        function=function,
        look=raw(_look(table, event, unmapped)),
        note=raw(_note(tables, table, event)),
        **_gate(tables, table),
    )


def _lines(tables: ErpTables, table: ErpTable, event: str, function: "Composable", unmapped: tuple[str, ...]) -> str:
    return statement(
        _LINES,
        function=function,
        queue=name(tables.schema, tables.own["sync_queue"]),
        key=text(table.columns["order_id"]),
        ignored=raw(_ignored(table, unmapped)),
        only=raw(_ONLY_TRIED),
        **_gate(tables, table),
    )


def _gate(tables: ErpTables, table: ErpTable) -> "dict[str, Composable]":
    """Whose write it is, and whether anybody wants to know."""
    whole = "orders" if table.entity == "order_items" else table.entity
    return {"origin": text(ORIGIN), "ours": text(OURS), "on": switch(tables, whole)}


def _look(table: ErpTable, event: str, unmapped: tuple[str, ...]) -> str:
    """Which record it is, and whether its change concerns the shop."""
    part = table.entity == "order_items"  # a line that comes or goes is a change of its order
    key = table.columns["order_id"] if part else table.key
    changes = [_as_json(table, unmapped)] if event == "update" else []
    as_json = _all([*changes, _kept_as_json(table, event)])
    already = _ALREADY if part or (table.entity == "orders" and event == "update") else ""
    if event == "delete":
        return statement(_LOOK_BACK, literal=text(key), as_json=raw(as_json)) + already
    natively = _all([*([_natively(table, key)] if event == "update" else []), _kept(table, event)])
    before = raw("to_jsonb(old)" if event == "update" else "null")
    looked = statement(
        _LOOK, row=raw("new"), key=name(key), literal=text(key), before=before, natively=raw(natively), as_json=raw(as_json)
    )
    return looked + already


def _note(tables: ErpTables, table: ErpTable, event: str) -> str:
    part = table.entity == "order_items"
    whole = "orders" if part else table.entity
    action = "update" if part else {"insert": "create"}.get(event, event)
    merged = {"create": _CREATED, "update": "", "delete": _DELETED}[action]
    made = statement(
        _NOTE,
        queue=name(tables.schema, tables.own["sync_queue"]),
        type=text(ENTITY_TYPES[whole]),
        action=text(action),
        more=raw(", payload" if action == "delete" else ""),
        values=raw(f", {_links(table)}" if action == "delete" else ""),
        merged=raw(merged),
        only=raw(_ONLY_TRIED if action == "update" else ""),
    )
    return made + (_REMEMBER if whole == "orders" else "")


def _links(table: ErpTable) -> str:
    """What a deleted row knew of its counterpart in the shop, as JSON."""
    linked = [one.name for one in FIELDS[table.entity] if one.ours and one.name.startswith("shopify_")]
    told = [field for field in (*linked, "sku", "email", "product_id") if table.has(field)]
    pairs = [statement("{}, seen -> {}", text(field), text(table.columns[field])) for field in told]
    return f"jsonb_build_object({', '.join(pairs)})"


def _natively(table: ErpTable, key: str) -> str:
    """Whether a column that counts is another than before; or a person asked for an order to be sent."""
    columns = dict.fromkeys((*table.data, key))
    told = [statement("new.{0} is distinct from old.{0}", name(column)) for column in columns]
    if table.has("shopify_sync_status"):
        status = name(table.columns["shopify_sync_status"])
        told.append(statement("(new.{0} = 'pending' and old.{0} is distinct from 'pending')", status))
    return f"({' or '.join(told)})"


def _as_json(table: ErpTable, unmapped: tuple[str, ...]) -> str:
    """The same of rows whose columns are others than at the installation: all count but those that are ours, or nobody's."""
    ignored = _ignored(table, unmapped)
    told = f"now_is - {ignored} is distinct from seen - {ignored}"
    if table.has("shopify_sync_status"):
        status = text(table.columns["shopify_sync_status"])
        told += statement(" or (now_is ->> {0} = 'pending' and seen ->> {0} is distinct from 'pending')", status)
    return f"({told})"


def _ignored(table: ErpTable, unmapped: tuple[str, ...]) -> str:
    data = set(table.data)
    columns = [*(column for column in table.columns.values() if column not in data), *unmapped]
    return f"array[{', '.join(text(column).as_string(None) for column in columns)}]::text[]"


def _kept(table: ErpTable, event: str) -> str:
    """Whether the record is not taken out of the sync, or was not until now; empty where it cannot be."""
    if table.has("sync_to_shopify"):
        flag = name(table.columns["sync_to_shopify"])
        before = statement(" or coalesce(old.{0}, false)", flag) if event == "update" else ""
        return statement("(coalesce(new.{0}, false)", flag) + before + ")"
    if table.has("shopify_sync_status"):
        return statement("new.{0} is distinct from 'disabled'", name(table.columns["shopify_sync_status"]))
    return ""


def _kept_as_json(table: ErpTable, event: str) -> str:
    if table.has("sync_to_shopify"):
        flag = text(table.columns["sync_to_shopify"])
        return statement("(coalesce(now_is ->> {0}, 'false') <> 'false' or coalesce(seen ->> {0}, 'false') <> 'false')", flag)
    if table.has("shopify_sync_status"):
        row = raw("seen" if event == "delete" else "now_is")
        return statement("{} ->> {} is distinct from 'disabled'", row, text(table.columns["shopify_sync_status"]))
    return ""


def _all(conditions: list[str]) -> str:
    return " and ".join(one for one in conditions if one) or "true"
