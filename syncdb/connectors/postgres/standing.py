"""How an ERP's database stands at the beginning of a run: its switches, its columns now and once, who was last at work, and which
database it is, in one statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from syncdb.connectors.postgres.database import ErpDatabase, Row
from syncdb.connectors.postgres.drift import COLUMNS, Examined, examine, examined, places
from syncdb.connectors.postgres.fence import Keeper, Kept
from syncdb.connectors.postgres.install.writing import name, raw, statement
from syncdb.connectors.postgres.settings_table import ApiSettings, understood
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import ConfigurationError, Refused

SETTING, SEEN, KEEPER, VERSION, DATABASE, PLACE = "setting", "seen", "keeper", "version", "database", "place"
_TOLD = (SETTING, SEEN, KEEPER, VERSION, DATABASE, PLACE)
_ALL = """
select 'column' as what, found.* from ({columns}) found
union all
select 'setting', key, value, null, null, false, null, false from {settings}
union all
select item, table_schema, case item when 'keeper' then entity else table_name end,
    case item when 'seen' then column_name else version::text end,
    case when item = 'keeper' and at > clock_timestamp() then date_trunc('second', at)::text end, false, null, false
from {install} where item in ('seen', 'keeper', 'version', 'database')
"""
# a dump that is restored elsewhere has the installation of its origin, but not its place
_PLACE = """
union all
select 'place', null, (select system_identifier::text from pg_control_system()) || '/' || oid::text,
    null, null, false, null, false
from pg_catalog.pg_database where datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """Which database answers. `id` was given to it when the sync was installed and goes along with its copies, `place` tells
    these apart: the server's own number and that of the database. Either is empty where it is not told.
    """

    id: str = ""
    place: str = ""


def read_standing(database: ErpDatabase, tables: ErpTables) -> tuple[ApiSettings, Examined, Kept, Installation]:
    """All of it. Where the table of settings is not there, nothing is switched on."""
    own = {
        "settings": name(tables.schema, tables.own["api_settings"]),
        "install": name(tables.schema, tables.own["sync_install"]),
    }
    sql = statement(_ALL, columns=raw(COLUMNS), **own)
    try:
        rows = _told(database, sql, tables)
    except ConfigurationError:
        return ApiSettings(), examine(database, tables), Kept(), Installation()
    settings = {row["schema"]: row["table"] for row in rows if row["what"] == SETTING}
    seen = [(row["schema"], row["table"], row["column"]) for row in rows if row["what"] == SEEN]
    columns = [row for row in rows if row["what"] not in _TOLD]
    known = {row["what"]: str(row["table"]) for row in rows if row["what"] in (DATABASE, PLACE)}
    installation = Installation(known.get(DATABASE, ""), known.get(PLACE, ""))
    return understood(settings), examined(tables, columns, seen), _kept(rows), installation


def _told(database: ErpDatabase, sql: str, tables: ErpTables) -> Sequence[Row]:
    try:
        return database.rows(sql + _PLACE, places(tables))
    except Refused:  # a server whose number is not for everybody
        return database.rows(sql, places(tables))


def _kept(rows: Sequence[Row]) -> Kept:
    version = next((int(row["column"]) for row in rows if row["what"] == VERSION), 0)
    keepers = {}
    for row in rows:
        if row["what"] == KEEPER:
            ledger, _, worker = str(row["table"]).partition(" ")
            keepers[row["schema"]] = Keeper(ledger, worker, int(row["column"]), row["type"])
    return Kept(version, keepers)
