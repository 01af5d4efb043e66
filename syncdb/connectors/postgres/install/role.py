"""A role with rights on just these tables, and row-level security for what is ours: on Supabase nothing of it is public."""

from collections.abc import Iterator

from syncdb.connectors.postgres.install.writing import name, raw, statement, text
from syncdb.connectors.postgres.tables import OWN, ErpTables

ROLE = "syncdb_sync"
# what is done to each table, and no more
RIGHTS = {
    "products": "select, insert, update",
    "customers": "select, insert, update",
    "orders": "select, insert, update",
    "order_items": "select, insert, update, delete",
    "inventory": "select, insert, update",
    "sync_queue": "select, insert, update, delete",
    "api_settings": "select",
    "shopify_webhook_registry": "select, insert, update, delete",
    "sync_writes": "select, insert, update, delete",
    "sync_install": "select, insert, update",
}

# what a row of the queue may say; no constraint of the table, since that would cost each write of the ERP more than all else
QUEUE_ROW = """
    status in ('pending', 'processing', 'completed', 'failed') and direction in ('to_shopify', 'from_shopify')
    and action in ('create', 'update', 'delete') and entity_type in ('order', 'product', 'customer', 'inventory')
"""
# what the role may write, where that is not everything
WRITTEN = {"sync_queue": QUEUE_ROW, "sync_install": "item = 'keeper'"}

_MAKE = """
do $syncdb$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = {literal}) then
        create role {role} nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        raise warning 'the role {role} was not made: whoever installs may not make roles';
end $syncdb$;
"""
_HIDDEN = "\nalter table {table} enable row level security;"
_GRANT = """
do $syncdb$ begin
    if exists (select from pg_catalog.pg_roles where rolname = {literal}) then
        grant {rights} on {table} to {role};
        drop policy if exists {role} on {table};
        create policy {role} on {table} for all to {role} using (true) with check ({right});
    end if;
end $syncdb$;
"""
_SEQUENCES = """
do $syncdb$ declare made record; begin
    if exists (select from pg_catalog.pg_roles where rolname = {literal}) then
        grant usage on schema {schema} to {role};
        for made in
            select n.nspname, s.relname
            from pg_catalog.pg_class s
            join pg_catalog.pg_namespace n on n.oid = s.relnamespace
            join pg_catalog.pg_depend d on d.objid = s.oid and d.deptype in ('a', 'i')
            where s.relkind = 'S' and d.refobjid = any(array[{places}]::regclass[])
        loop
            execute format('grant usage on sequence %I.%I to {role}', made.nspname, made.relname);
        end loop;
    end if;
end $syncdb$;
"""


def role_and_rights(tables: ErpTables) -> Iterator[str]:
    """The statements that make the role, and give it what it needs."""
    shared = {"role": name(ROLE), "literal": text(ROLE)}
    yield statement(_MAKE, **shared)
    places = {entity: name(table.schema, table.name) for entity, table in tables.by_entity.items()}
    places |= {one: name(tables.schema, tables.own[one]) for one in OWN}
    quoted = raw(", ".join(text(place.as_string(None)).as_string(None) for place in places.values()))
    for schema in dict.fromkeys([tables.schema, *(table.schema for table in tables.by_entity.values())]):
        yield statement(_SEQUENCES, schema=name(schema), places=quoted, **shared)
    for called, place in places.items():
        if called in OWN:  # the ERP's own tables keep the security that they have
            yield statement(_HIDDEN, table=place)
        right = raw(WRITTEN.get(called, "true"))
        yield statement(_GRANT, table=place, rights=raw(RIGHTS[called]), right=right, **shared)
