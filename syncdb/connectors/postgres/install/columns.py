"""The columns that the sync adds to an ERP's tables: remembered, so that removing takes away these and no other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from syncdb.connectors.postgres.install.writing import name, raw, statement, text
from syncdb.connectors.postgres.tables import FIELDS, STATUSES, ErpField, ErpTable, ErpTables

if TYPE_CHECKING:
    from psycopg.sql import Composable

_ADD = """
do $syncdb$ begin
    if not exists (
        select from pg_catalog.pg_attribute
        where attrelid = {place}::regclass and attname = {literal} and attnum > 0 and not attisdropped
    ) then
        alter table {table} add column {column} {type};
        {after}
        insert into {install} (item, entity, table_schema, table_name, column_name)
        values ('added', {entity}, {schema}, {called}, {literal}) on conflict do nothing;
    end if;
end $syncdb$;
"""
_SEEN = """
insert into {install} (item, entity, table_schema, table_name, column_name)
values ('seen', {entity}, {schema}, {called}, {literal}) on conflict do nothing;
"""
TYPES = {
    "sync_to_shopify": "boolean not null default true",
    # orders from before are left alone: nobody wants years of them in the shop at once
    "shopify_sync_status": "text not null default 'disabled' check ({column} in ({statuses}))",
}
AFTER = {"shopify_sync_status": "alter table {table} alter column {column} set default 'pending';"}


def added_columns(tables: ErpTables) -> Iterator[str]:
    """The statements that add what is lacking, and that remember which columns there were."""
    for table in tables.by_entity.values():
        fields = {one.name: one for one in FIELDS[table.entity]}
        for field, column in table.columns.items():
            if fields[field].added:
                yield _added(tables, table, fields[field], column)
            yield statement(_SEEN, **_told(tables, table, column))


def _added(tables: ErpTables, table: ErpTable, field: ErpField, column: str) -> str:
    place, called = name(table.schema, table.name), name(column)
    statuses = raw(", ".join(f"'{status}'" for status in STATUSES))
    type = statement(TYPES.get(field.name, field.type), column=called, statuses=statuses)
    after = statement(AFTER.get(field.name, ""), table=place, column=called)
    told = _told(tables, table, column)
    quoted = text(place.as_string(None))
    return statement(_ADD, place=quoted, table=place, column=called, type=raw(type), after=raw(after), **told)


def _told(tables: ErpTables, table: ErpTable, column: str) -> "dict[str, Composable]":
    return {
        "install": name(tables.schema, tables.own["sync_install"]),
        "entity": text(table.entity),
        "schema": text(table.schema),
        "called": text(table.name),
        "literal": text(column),
    }
