"""Rows of an ERP's table by our names of fields: reading, and writing within a transaction."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from syncdb.connectors.postgres.database import ErpDatabase, Row, Work
from syncdb.connectors.postgres.failures import NOTED
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.tables import ErpTable, ErpTables

if TYPE_CHECKING:
    from psycopg.sql import Composable

_MOST = re.compile(r"\((\d+)\)$")  # how many signs a type takes: character varying(40)
ID = "id"  # what the key is called in the rows that are read, whatever its column is called
Conditions = Mapping[str, Any]  # by field: a value, a sequence of which it is one, or None for nothing there


def selected(table: ErpTable, fields: Iterable[str]) -> "Composable":
    """The list of columns of a select, under our names; the key as text, and texts of a fixed length without their filling."""
    from psycopg.sql import SQL, Identifier

    own = [SQL("{}::text as {}").format(name(table.key), name(ID))]
    padded = {one for one, type in table.types.items() if type.startswith("character(")}
    found = ((one, "{}::text as {}" if one in padded else "{} as {}") for one in fields)
    return SQL(", ").join([*own, *(SQL(sql).format(name(table.columns[one]), Identifier(one)) for one, sql in found)])


def conditions(table: ErpTable, where: Conditions) -> "tuple[Composable, list[Any]]":
    """The conditions as SQL, with the values that it is sent with. The key (`id`) may be among them."""
    from psycopg.sql import SQL

    parts, values = [SQL("true").format()], []
    for field, wanted in where.items():
        column = name(table.key if field == ID else table.columns[field])
        if wanted is None:
            parts.append(SQL("{} is null").format(column))
        elif isinstance(wanted, Sequence) and not isinstance(wanted, str):
            parts.append(SQL("{} = any(%s)").format(column))
            values.append(array(wanted))
        else:
            parts.append(SQL("{} = %s").format(column))
            values.append(wanted)
    return SQL(" and ").join(parts), values


def read_rows(
    database: "ErpDatabase | Work",
    table: ErpTable,
    where: Conditions | None = None,
    fields: Iterable[str] | None = None,
    *,
    lock: bool = False,
) -> list[Row]:
    """The rows for which the conditions hold, by key: our fields (all that the table has where none are named) and `id`, as text.

    Values are the driver's (Decimal, aware datetime, int ...). `lock` keeps the rows as they are until the transaction ends.
    """
    where_sql, values = conditions(table, where or {})
    sql = statement(
        "select {fields} from {table} as t where {where} order by t.{key}" + (" for update" if lock else ""),
        fields=selected(table, table.columns if fields is None else fields),
        table=place(table),
        where=where_sql,
        key=name(table.key),
    )
    return database.rows(sql, values)


def insert(work: Work, table: ErpTable, values: Mapping[str, Any]) -> str:
    """Add a row; returns its key. Fields that the table does not have are left out. Raises as `Work.rows`."""
    from psycopg.sql import SQL

    there = {field: value for field, value in values.items() if table.has(field)}
    columns = SQL(", ").join(name(table.columns[field]) for field in there)
    body = "({columns}) values ({values})" if there else "default values"
    sql = statement(
        "insert into {table} " + body + " returning {key}::text as made",
        table=place(table),
        columns=columns,
        values=SQL(", ").join(SQL("%s") for _ in there),
        key=name(table.key),
    )
    with naming_the_column(table, there):
        return str(work.rows(sql, list(there.values()))[0]["made"])


def update(work: Work, table: ErpTable, id: str, changes: Mapping[str, Any], expected: Mapping[str, Any] | None = None) -> bool:
    """Change a row, if it still shows what is expected; says whether it did. Fields that the table does not have are left out."""
    from psycopg.sql import SQL

    there = {field: value for field, value in changes.items() if table.has(field)}
    if not there:
        return True
    sets = SQL(", ").join(SQL("{} = %s").format(name(table.columns[field])) for field in there)
    checks = [SQL("{} is not distinct from %s").format(name(table.columns[field])) for field in expected or {}]
    sql = statement(
        "update {table} set {sets} where {checks}",
        table=place(table),
        sets=sets,
        checks=SQL(" and ").join([SQL("{} = %s").format(name(table.key)), *checks]),
    )
    with naming_the_column(table, there):
        return work.run(sql, [*there.values(), id, *(expected or {}).values()]) == 1


@contextmanager
def naming_the_column(table: ErpTable, values: Mapping[str, Any]) -> Iterator[None]:
    """Note with a refusal which of these values is too long for its column: the server does not say it."""
    import psycopg
    from psycopg.errors import StringDataRightTruncation

    try:
        yield
    except psycopg.Error as error:
        if isinstance(error, StringDataRightTruncation):
            long = [table.columns[field] for field, value in values.items() if _too_long(value, table.types.get(field, ""))]
            if long:
                error.add_note(f"{NOTED}{table.name}.{' or '.join(long)}")
        raise


def _too_long(value: Any, type: str) -> bool:
    most = _MOST.search(type)
    return isinstance(value, str) and most is not None and len(value) > int(most[1])


def delete(work: Work, table: ErpTable, id: str) -> bool:
    """Remove a row; says whether it was there."""
    sql = statement("delete from {table} where {key} = %s", table=place(table), key=name(table.key))
    return work.run(sql, [id]) == 1


def once(work: Work, tables: ErpTables, token: int) -> bool:
    """Whether no transaction with this token was committed before. It is remembered with this one.

    Waits for one that is still under way: so whoever asks also fences off a write whose outcome was not known.
    """
    sql = statement(
        "insert into {writes} (token) values (%s) on conflict do nothing returning token",
        writes=name(tables.schema, tables.own["sync_writes"]),
    )
    return bool(work.rows(sql, [token]))


def array(values: Iterable[Any]) -> str:
    """Values as the text of an array: the server takes them for the type of the column that they are compared with."""
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{one}"' for one in quoted) + "}"


def place(table: ErpTable) -> "Composable":
    """Where a table is."""
    return name(table.schema, table.name)
