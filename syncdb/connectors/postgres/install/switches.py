"""The switches of `api_settings` as triggers read them: a function each, which says true or false and nothing else.

The database puts what it says in the place of the call, so that reading costs an ERP's writes nothing; a change of the table
makes the functions anew in the same transaction, for every session from its next statement on.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from syncdb.connectors.postgres.install.own_tables import ON, SWITCHES
from syncdb.connectors.postgres.install.writing import name, raw, statement, text
from syncdb.connectors.postgres.tables import ErpTables

if TYPE_CHECKING:
    from psycopg.sql import Composable

PREFIX = "syncdb_switch_"

# of two who change the table at once the second waits, or it could not replace what the first is replacing; what says the same
# stays, so that nobody's plans are made anew for nothing
_FUNCTION = """
create or replace function {function}() returns trigger language plpgsql security definer set search_path = '' as $syncdb$
declare
    switch record;
begin
    perform pg_advisory_xact_lock(hashtext({lock}));
    for switch in
        select s.called, case when lower(btrim(t.value)) in {on} then 'select true' else 'select false' end as says
        from (values {switches}) as s(key, called) left join {settings} t on t.key = s.key
    loop
        if not exists (
            select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = {schema} and p.proname = switch.called and p.prosrc = switch.says
        ) then
            execute format(
                'create or replace function %I.%I() returns boolean language sql stable as %L',
                {schema}, switch.called, switch.says
            );
            execute format('revoke all on function %I.%I() from public', {schema}, switch.called);
        end if;
    end loop;
    return null;
end $syncdb$;
revoke all on function {function}() from public;
drop trigger if exists {trigger} on {settings};
create trigger {trigger} after insert or update or delete or truncate on {settings}
    for each statement execute function {function}();
update {settings} set value = value where false;
"""


def switch(tables: ErpTables, entity: str) -> "Composable":
    """The function that says whether an entity is switched on."""
    return name(tables.schema, PREFIX + entity)


def switches(tables: ErpTables) -> Iterator[str]:
    """The statements that make them from what the table says, and keep them so."""
    pairs = [statement("({}, {})", text(key), text(PREFIX + entity)) for entity, key in SWITCHES.items()]
    yield statement(
        _FUNCTION,
        function=name(tables.schema, PREFIX + "follow"),
        trigger=name(PREFIX + "follow"),
        settings=name(tables.schema, tables.own["api_settings"]),
        switches=raw(", ".join(pairs)),
        schema=text(tables.schema),
        lock=text(f"{PREFIX}{tables.schema}"),
        on=raw(ON),
    )
