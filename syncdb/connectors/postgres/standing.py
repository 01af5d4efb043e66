"""How an ERP's database stands at the beginning of a run: its switches, and its columns now and once, in one statement."""

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.drift import COLUMNS, Examined, examine, examined, places
from syncdb.connectors.postgres.install.writing import name, raw, statement
from syncdb.connectors.postgres.settings_table import ApiSettings, understood
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import ConfigurationError

SETTING, SEEN = "setting", "seen"
_BOTH = """
select 'column' as what, found.* from ({columns}) found
union all
select 'setting', key, value, null, null, false from {settings}
union all
select 'seen', table_schema, table_name, column_name, null, false from {install} where item = 'seen'
"""


def read_standing(database: ErpDatabase, tables: ErpTables) -> tuple[ApiSettings, Examined]:
    """Both. Where the table of settings is not there, nothing is switched on."""
    own = {
        "settings": name(tables.schema, tables.own["api_settings"]),
        "install": name(tables.schema, tables.own["sync_install"]),
    }
    sql = statement(_BOTH, columns=raw(COLUMNS), **own)
    try:
        rows = database.rows(sql, places(tables))
    except ConfigurationError:
        return ApiSettings(), examine(database, tables)
    settings = {row["schema"]: row["table"] for row in rows if row["what"] == SETTING}
    seen = [(row["schema"], row["table"], row["column"]) for row in rows if row["what"] == SEEN]
    return understood(settings), examined(tables, [row for row in rows if row["what"] not in (SETTING, SEEN)], seen)
