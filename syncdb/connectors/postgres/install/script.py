"""The whole installation as one script, and its removal: for `erp install`, or for people to run themselves."""

from collections.abc import Iterator, Mapping

from syncdb.connectors.postgres.install.columns import added_columns
from syncdb.connectors.postgres.install.erp_schema import erp_schema
from syncdb.connectors.postgres.install.own_tables import own_tables
from syncdb.connectors.postgres.install.role import ROLE, role_and_rights
from syncdb.connectors.postgres.install.switches import PREFIX as SWITCH
from syncdb.connectors.postgres.install.switches import switches
from syncdb.connectors.postgres.install.triggers import PREFIX, triggers
from syncdb.connectors.postgres.install.writing import name, raw, statement, text
from syncdb.connectors.postgres.tables import OWN, ErpTables

VERSION = 2
Unmapped = Mapping[str, tuple[str, ...]]
NONE: Unmapped = {}

_NEWER = """
do $syncdb$ begin
    if exists (select from {install} where item = 'version' and version > {version}) then
        raise exception 'a newer version of syncdb has installed its tables here already';
    end if;
end $syncdb$;
"""
_DONE = """
insert into {install} (item, version) values ('version', {version})
on conflict (item, table_schema, table_name, column_name) do update set version = excluded.version, at = now();
"""
_REMOVE_TRIGGERS = """
do $syncdb$ declare made record; begin
    for made in
        select t.tgname, n.nspname, c.relname
        from pg_catalog.pg_trigger t
        join pg_catalog.pg_class c on c.oid = t.tgrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_proc p on p.oid = t.tgfoid
        join pg_catalog.pg_namespace o on o.oid = p.pronamespace
        where o.nspname = {schema} and (starts_with(p.proname, {prefix}) or starts_with(p.proname, {switch}))
    loop
        execute format('drop trigger %I on %I.%I', made.tgname, made.nspname, made.relname);
    end loop;
    for made in
        select n.nspname, p.proname
        from pg_catalog.pg_proc p
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname = {schema} and (starts_with(p.proname, {prefix}) or starts_with(p.proname, {switch}))
    loop
        execute format('drop function %I.%I()', made.nspname, made.proname);
    end loop;
    for made in
        select n.nspname, c.relname
        from pg_catalog.pg_policy p
        join pg_catalog.pg_class c on c.oid = p.polrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where p.polname = {role}
    loop
        execute format('drop policy %I on %I.%I', {role}, made.nspname, made.relname);
    end loop;
end $syncdb$;
"""
_REMOVE_COLUMNS = """
do $syncdb$ declare made record; begin
    if to_regclass({place}) is null then
        return;
    end if;
    for made in select table_schema, table_name, column_name from {install} where item = 'added' loop
        execute format(
            'alter table if exists %I.%I drop column if exists %I', made.table_schema, made.table_name, made.column_name
        );
    end loop;
end $syncdb$;
"""
_REVOKE = """
do $syncdb$ begin
    if exists (select from pg_catalog.pg_roles where rolname = {role}) then
        revoke all on all tables in schema {schema} from {name};
        revoke all on all sequences in schema {schema} from {name};
        revoke all on schema {schema} from {name};
    end if;
end $syncdb$;
"""
_REMOVE_ROLE = """
do $syncdb$ begin
    if exists (select from pg_catalog.pg_roles where rolname = {role}) then
        drop role {name};
    end if;
exception
    when insufficient_privilege or dependent_objects_still_exist then
        raise warning 'the role {name} was left: it is used elsewhere, or not yours';
end $syncdb$;
"""


def install_sql(tables: ErpTables, complete: bool = False, unmapped: Unmapped = NONE) -> str:
    """One transaction that makes everything, whatever of it is there already. `complete`: with a small ERP's own tables.

    `tables` are only those that are there, with the columns that are there and those that are added; `unmapped` the other
    columns, by entity.
    """
    body = [*((erp_schema(tables)) if complete else ()), *installation(tables, unmapped)]
    return "".join(["begin;\n", _limits(), *body, "commit;\n"])


def installation(tables: ErpTables, unmapped: Unmapped = NONE) -> Iterator[str]:
    """The statements that make all but the ERP's own tables."""
    install, version = name(tables.schema, tables.own["sync_install"]), raw(str(VERSION))
    own = own_tables(tables)
    yield next(own)
    yield statement(_NEWER, install=install, version=version)
    yield from own
    yield from added_columns(tables)
    yield from switches(tables)
    yield from triggers(tables, dict(unmapped))
    yield from role_and_rights(tables)
    yield statement(_DONE, install=install, version=version)


def remove_sql(tables: ErpTables) -> str:
    """One transaction that takes away what the installation made, and nothing that was there before or that people made."""
    return "".join(["begin;\n", _limits(), *removal(tables), "commit;\n"])


def removal(tables: ErpTables) -> Iterator[str]:
    install = name(tables.schema, tables.own["sync_install"])
    marks = {"prefix": text(PREFIX), "switch": text(SWITCH)}
    yield statement(_REMOVE_TRIGGERS, schema=text(tables.schema), role=text(ROLE), **marks)
    yield statement(_REMOVE_COLUMNS, place=text(install.as_string(None)), install=install)
    for one in OWN:
        yield statement("drop table if exists {table};\n", table=name(tables.schema, tables.own[one]))
    for schema in dict.fromkeys([tables.schema, *(table.schema for table in tables.by_entity.values())]):
        yield statement(_REVOKE, role=text(ROLE), name=name(ROLE), schema=name(schema))
    yield statement(_REMOVE_ROLE, role=text(ROLE), name=name(ROLE))


def _limits() -> str:
    """Whoever writes to the ERP meanwhile shall not have to wait behind this for long. That something is there already is no
    news to whoever runs it.
    """
    return "set local lock_timeout = '10s';\nset local client_min_messages = warning;\n"
