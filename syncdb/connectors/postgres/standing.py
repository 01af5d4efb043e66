"""How an ERP's database stands at the beginning of a run: its switches, tables and columns, in one statement."""

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.drift import COLUMNS, Examined, examine, examined, places
from syncdb.connectors.postgres.install.writing import name, raw, statement
from syncdb.connectors.postgres.settings_table import ApiSettings, understood
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import ConfigurationError

SETTING = "setting"
_BOTH = """
select 'column' as what, found.* from ({columns}) found
union all
select 'setting', key, value, null, null, false from {settings}
"""


def read_standing(database: ErpDatabase, tables: ErpTables) -> tuple[ApiSettings, Examined]:
    """Both. Where the table of settings is not there, nothing is switched on."""
    sql = statement(_BOTH, columns=raw(COLUMNS), settings=name(tables.schema, tables.own["api_settings"]))
    try:
        rows = database.rows(sql, places(tables))
    except ConfigurationError:
        return ApiSettings(), examine(database, tables)
    settings = {row["schema"]: row["table"] for row in rows if row["what"] == SETTING}
    return understood(settings), examined(tables, [row for row in rows if row["what"] != SETTING])
