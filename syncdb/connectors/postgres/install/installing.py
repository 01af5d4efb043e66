"""Carrying out the installation: all in one transaction, from what is found in the database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.drift import Examined, examine
from syncdb.connectors.postgres.install.erp_schema import erp_schema
from syncdb.connectors.postgres.install.script import VERSION, installation, removal, remove_sql
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.tables import FIELDS, ErpTable, ErpTables
from syncdb.errors import ConfigurationError, NeedsPerson

if TYPE_CHECKING:
    from psycopg.sql import Composable


NO_TABLES = "Say in a mapping file (erp_mapping) what the ERP's tables are called, or make a small ERP: erp install --complete."


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation came to: the tables kept in step, and those that cannot be, with why. `before`: its version then;
    `must` are columns that a new row has to bring along.
    """

    tables: ErpTables
    unusable: Mapping[str, str]
    before: int | None
    must: Mapping[str, tuple[str, ...]]


def install(database: ErpDatabase, tables: ErpTables, *, complete: bool = False) -> Installed:
    """Make what is lacking. Nothing is changed where any of it fails. Raises NeedsPerson where a newer version was here."""
    if complete:
        database.transaction(lambda work: _run(work, "".join(erp_schema(tables))))
    found = examine(database, tables)
    if not found.tables.by_entity:
        raise ConfigurationError(
            [f"None of the ERP's tables can be used: {' '.join(found.unusable.values())}"], next_step=NO_TABLES
        )
    before = installed_version(database, tables) if "sync_install" in found.own else None
    if before is not None and before > VERSION:
        raise NeedsPerson(
            f"A newer version of syncdb (tables of version {before}) is installed there. Nothing was changed.",
            next_step="Use that version of syncdb, or a newer one.",
        )
    wanted = to_install(tables, found)
    database.transaction(lambda work: _run(work, "".join(installation(wanted, found.unmapped))))
    return Installed(wanted, found.unusable, before, found.must)


def remove(database: ErpDatabase, tables: ErpTables) -> None:
    """Take away what the installation made, with the queue and what it holds. What the ERP had before stays."""
    database.transaction(lambda work: _run(work, "".join(removal(tables))))


def to_install(tables: ErpTables, found: Examined) -> ErpTables:
    """The tables that are there, with the columns that are there and those that will be added."""
    return replace(
        tables, by_entity={entity: _completed(tables[entity], table) for entity, table in found.tables.by_entity.items()}
    )


def _completed(wanted: ErpTable, found: ErpTable) -> ErpTable:
    added = {one.name for one in FIELDS[wanted.entity] if one.added}
    return replace(found, columns={field: one for field, one in wanted.columns.items() if field in added or found.has(field)})


def installed_version(database: ErpDatabase, tables: ErpTables) -> int | None:
    """The version of the tables that are installed; None where that is not recorded."""
    sql = statement("select version from {install} where item = 'version'", install=_place(tables))
    found = database.rows(sql)
    return found[0]["version"] if found else None


def columns_seen(database: ErpDatabase, tables: ErpTables) -> list[tuple[str, str, str]]:
    """Schema, table and name of each column that was there when the sync was installed."""
    sql = statement("select table_schema, table_name, column_name from {install} where item = 'seen'", install=_place(tables))
    return [(row["table_schema"], row["table_name"], row["column_name"]) for row in database.rows(sql)]


def _place(tables: ErpTables) -> "Composable":
    return name(tables.schema, tables.own["sync_install"])


def _run(work: Work, script: str) -> None:
    work.run(script)


__all__ = ["Installed", "columns_seen", "install", "installed_version", "remove", "remove_sql", "to_install"]
