"""How an ERP's database stands at the beginning of a run: its switches, its columns now and once, and who was last at work, in
one statement.
"""

from collections.abc import Sequence

from syncdb.connectors.postgres.database import ErpDatabase, Row
from syncdb.connectors.postgres.drift import COLUMNS, Examined, examine, examined, places
from syncdb.connectors.postgres.fence import Keeper, Kept
from syncdb.connectors.postgres.install.writing import name, raw, statement
from syncdb.connectors.postgres.settings_table import ApiSettings, understood
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import ConfigurationError

SETTING, SEEN, KEEPER, VERSION = "setting", "seen", "keeper", "version"
_ALL = """
select 'column' as what, found.* from ({columns}) found
union all
select 'setting', key, value, null, null, false from {settings}
union all
select item, table_schema, case item when 'keeper' then entity else table_name end,
    case item when 'seen' then column_name else version::text end,
    case when item = 'keeper' and at > clock_timestamp() then date_trunc('second', at)::text end, false
from {install} where item in ('seen', 'keeper', 'version')
"""


def read_standing(database: ErpDatabase, tables: ErpTables) -> tuple[ApiSettings, Examined, Kept]:
    """All three. Where the table of settings is not there, nothing is switched on."""
    own = {
        "settings": name(tables.schema, tables.own["api_settings"]),
        "install": name(tables.schema, tables.own["sync_install"]),
    }
    sql = statement(_ALL, columns=raw(COLUMNS), **own)
    try:
        rows = database.rows(sql, places(tables))
    except ConfigurationError:
        return ApiSettings(), examine(database, tables), Kept()
    settings = {row["schema"]: row["table"] for row in rows if row["what"] == SETTING}
    seen = [(row["schema"], row["table"], row["column"]) for row in rows if row["what"] == SEEN]
    columns = [row for row in rows if row["what"] not in (SETTING, SEEN, KEEPER, VERSION)]
    return understood(settings), examined(tables, columns, seen), _kept(rows)


def _kept(rows: Sequence[Row]) -> Kept:
    version = next((int(row["column"]) for row in rows if row["what"] == VERSION), 0)
    keepers = {}
    for row in rows:
        if row["what"] == KEEPER:
            ledger, _, worker = str(row["table"]).partition(" ")
            keepers[row["schema"]] = Keeper(ledger, worker, int(row["column"]), row["type"])
    return Kept(version, keepers)
