"""What is really there: an ERP's columns are asked of the database itself, and one that is gone is told by its name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncdb.connectors.postgres.address import ErpAddress
from syncdb.connectors.postgres.database import ErpDatabase, Row
from syncdb.connectors.postgres.install.role import ROLE
from syncdb.connectors.postgres.tables import FIELDS, OWN, ErpTable, ErpTables

COLUMNS = """
select n.nspname as schema, c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
    row_security_active(c.oid) as hidden, c.relkind::text as kind,
    a.attnotnull and not a.atthasdef and a.attidentity = '' as must
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p', 'v', 'f') and (n.nspname, c.relname) in (select * from unnest(%s::text[], %s::text[]))
"""


GRANT = f"Let the login be a member of {ROLE}, as the owner of the tables: grant {ROLE} to LOGIN;"
GIVEN = "Give these columns a default (alter table ... alter column ... set default ...), unless a trigger of the ERP fills them."
NO_TABLES = {"v": "a view", "f": "a table of another server"}

# tables of that name that this login may read, in other schemas
ELSEWHERE = """
select c.relname as name, min(n.nspname) as schema
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'f') and c.relname = any(%s::text[]) and n.nspname not in ('pg_catalog', 'information_schema')
    and has_schema_privilege(n.oid, 'usage')
group by c.relname
"""


@dataclass(frozen=True, slots=True)
class Gone:
    """A column that was there once, or that the mapping file names, and is not there now."""

    entity: str
    table: str
    column: str

    @property
    def told(self) -> str:
        return f"The column {self.column} of {self.table} is gone: it is neither read nor written, everything else goes on."


@dataclass(frozen=True, slots=True)
class Examined:
    """The tables with the columns that are there. `unusable` are entities that cannot be kept in step, each with why.

    `own` are the sync's own tables that are there, `hidden` tables of which row-level security may hide a part from this login.
    `types` are the types of columns by entity and field, as the database calls them; `unmapped` the columns of no field, and
    `must` those of them, and the keys, that a new row has to bring along.
    """

    tables: ErpTables
    gone: tuple[Gone, ...]
    unusable: Mapping[str, str]
    own: frozenset[str]
    hidden: frozenset[str]
    types: Mapping[tuple[str, str], str]
    unmapped: Mapping[str, tuple[str, ...]]
    must: Mapping[str, tuple[str, ...]]

    @property
    def installed(self) -> bool:
        return self.own >= set(OWN)


def examine(database: ErpDatabase, tables: ErpTables, seen: Sequence[tuple[str, str, str]] = ()) -> Examined:
    """Look which tables and columns there are. `seen` are those of the time of the installation (`columns_seen`)."""
    found = examined(tables, database.rows(COLUMNS, places(tables)), seen)
    absent = {entity: tables[entity] for entity, why in found.unusable.items() if why == _absent(tables[entity])}
    if not absent:
        return found
    elsewhere = database.rows(ELSEWHERE, [[table.name for table in absent.values()]])
    schemas = {row["name"]: row["schema"] for row in elsewhere}
    hints = {entity: schemas[table.name] for entity, table in absent.items() if table.name in schemas}
    told = {
        entity: f"{found.unusable[entity]} There is one in the schema {schema}: erp_schema, or the mapping file, has to say so."
        for entity, schema in hints.items()
    }
    return replace(found, unusable={**found.unusable, **told})


def places(tables: ErpTables) -> tuple[list[str], list[str]]:
    """Schemas and names of all tables, as the statement about their columns is sent with them."""
    found = [(table.schema, table.name) for table in tables.by_entity.values()]
    found += [(tables.schema, tables.own[one]) for one in OWN]
    return [one[0] for one in found], [one[1] for one in found]


def examined(tables: ErpTables, found: Sequence[Row], seen: Sequence[tuple[str, str, str]] = ()) -> Examined:
    """What those columns come to. Pure."""
    there: dict[tuple[str, str], dict[str, Any]] = {}
    kinds: dict[tuple[str, str], str] = {}
    needing: dict[tuple[str, str], set[str]] = {}
    for row in found:
        place = (row["schema"], row["table"])
        there.setdefault(place, {})[row["column"]] = row["type"]
        kinds[place] = row["kind"]
        needing.setdefault(place, set()).update([row["column"]] if row["must"] else [])
    kept: dict[str, ErpTable] = {}
    gone: list[Gone] = []
    unusable: dict[str, str] = {}
    types: dict[tuple[str, str], str] = {}
    unmapped: dict[str, tuple[str, ...]] = {}
    must: dict[str, tuple[str, ...]] = {}
    for entity, table in tables.by_entity.items():
        columns = there.get((table.schema, table.name), {})
        lacking = {name: column for name, column in table.columns.items() if column not in columns}
        wanted = {column for place, name, column in seen if (place, name) == (table.schema, table.name)}
        wanted |= {table.columns[name] for name in tables.named.get(entity, ())}
        gone += [
            Gone(entity, f"{table.schema}.{table.name}", column) for column in lacking.values() if column in wanted and columns
        ]
        if why := _unusable(table, columns, lacking, kinds.get((table.schema, table.name), "")):
            unusable[entity] = why
            continue
        there_are = {name: one for name, one in table.columns.items() if name not in lacking}
        kept[entity] = replace(table, columns=there_are, types={name: columns[one] for name, one in there_are.items()})
        unmapped[entity] = tuple(sorted(columns.keys() - set(table.columns.values()) - {table.key}))
        brought = needing[table.schema, table.name].intersection((*unmapped[entity], table.key))
        must[entity] = tuple(sorted(brought))
        types |= {(entity, name): columns[column] for name, column in kept[entity].columns.items()}
    hidden = frozenset(f"{row['schema']}.{row['table']}" for row in found if row["hidden"])
    own = frozenset(one for one in OWN if (tables.schema, tables.own[one]) in there)
    return Examined(replace(tables, by_entity=kept), tuple(gone), unusable, own, hidden, types, unmapped, must)


def must_be_given(tables: ErpTables, must: Mapping[str, Sequence[str]]) -> list[str]:
    """For each table that gets new rows, which of its columns nothing gives a value."""
    return [
        f"{', '.join(must[entity])} of {table.schema}.{table.name} must be given and has no default: new {entity} may be refused"
        for entity, table in tables.by_entity.items()
        if must.get(entity)
    ]


def hides_own(tables: ErpTables, hidden: Collection[str]) -> bool:
    """Whether row-level security may hide from this login what the sync keeps in its own tables."""
    return f"{tables.schema}.{tables.own['sync_install']}" in hidden


def hidden_from(address: ErpAddress) -> str:
    return f"{address.user} sees nothing in the sync's own tables: row-level security hides them. Nothing was read or written."


def _absent(table: ErpTable) -> str:
    return f"There is no table {table.schema}.{table.name}."


def _unusable(table: ErpTable, columns: Mapping[str, Any], lacking: Mapping[str, str], kind: str) -> str:
    """Why a table cannot be kept in step; empty where it can."""
    place = f"{table.schema}.{table.name}"
    if not columns:
        return _absent(table)
    if kind in NO_TABLES:
        return f"{place} is {NO_TABLES[kind]}: it takes no triggers and columns. Name the table behind it in the mapping file."
    if table.key not in columns:
        return f"{place} has no column {table.key}, which is to tell its rows apart (key in the mapping file)."
    needed = [one.name for one in FIELDS[table.entity] if one.needed and one.name in lacking]
    if needed:
        told = ", ".join(f"{lacking[name]} ({name})" for name in needed)
        return f"{place} lacks what is needed of it: {told}. Say in the mapping file what it is called there (erp_mapping)."
    return ""
