"""What can be told of an ERP's database before a run: the way in, tables and columns, rights, the queue."""

from collections.abc import Iterator

from syncdb.clock import Clock
from syncdb.connectors.postgres.address import Way
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.drift import GIVEN, GRANT, Examined, examine, hidden_from, hides_own, must_be_given
from syncdb.connectors.postgres.install.installing import NO_TABLES, columns_seen, installed_version
from syncdb.connectors.postgres.install.role import RIGHTS, ROLE
from syncdb.connectors.postgres.install.script import VERSION
from syncdb.connectors.postgres.install.writing import quoted
from syncdb.connectors.postgres.queue_book import QueueBook
from syncdb.connectors.postgres.settings_table import read_settings
from syncdb.connectors.postgres.tables import OWN, ErpTables
from syncdb.errors import Exit, RetryLater, SyncdbError
from syncdb.programs import MANAGER
from syncdb.systems.check import Check, failed, passed, refused, skipped
from syncdb.systems.postgres.connecting import ErpAccess, erp_of, erp_tables
from syncdb.wording import counted

ERP, INSTALL = "erp", f"{MANAGER} erp install"
REACHED = (
    "Check host and port of erp_database_url, and that this computer may reach the server there; it may be off or busy, too."
)
MANY_FAILED = 0.2  # of a day's rows: then something is wrong beyond single records
_SERVER = """
select current_user as login, current_setting('server_version') as version, pg_is_in_recovery() as replica,
    current_setting('transaction_read_only')::boolean as read_only
"""
_SHOWN = """
select schemaname as schema, tablename as name from pg_catalog.pg_policies
where policyname = %s and permissive = 'PERMISSIVE' and cmd = 'ALL' and qual = 'true'
    and exists (select from pg_catalog.pg_roles where rolname = %s and pg_has_role(current_user, oid, 'usage'))
    and %s = any(roles)
"""
_LACKING = """
select p.place, r.kind from unnest(%s::text[], %s::text[]) as p(place, kinds), unnest(string_to_array(p.kinds, ', ')) as r(kind)
where to_regclass(p.place) is not null and not has_table_privilege(p.place, r.kind)
"""


def check_erp(settings: ErpAccess, clock: Clock) -> list[Check]:
    """Everything that a run needs of it. Nothing is changed."""
    checks: list[Check] = []
    try:
        tables = erp_tables(settings)
        with erp_of(settings, clock) as database:
            for one in _checks(settings, database, tables):
                checks.append(one)
    except RetryLater as error:
        checks.append(failed(ERP, "database", str(error), f"{REACHED} {error.next_step}", error.exit_code))
    except SyncdbError as error:
        checks.append(refused(ERP, "database", error))
    return checks


def _checks(settings: ErpAccess, database: ErpDatabase, tables: ErpTables) -> Iterator[Check]:
    yield from _server(settings, database)
    found = examine(database, tables)
    yield from _tables(found)
    if not found.installed and found.tables.by_entity:
        lacking = ", ".join(tables.own[one] for one in OWN if one not in found.own)
        yield failed(ERP, "installed", f"these tables of the sync are missing: {lacking}", INSTALL, Exit.CONFIGURATION)
    if not found.installed:
        return
    version = installed_version(database, tables)
    if version is None and hides_own(tables, found.hidden):
        yield failed(ERP, "security", hidden_from(database.address), GRANT, Exit.REMOTE)
        return
    yield _version(version)
    yield from _must(found)
    yield from _gone(examine(database, tables, columns_seen(database, tables)))
    yield _rights(database, found.tables)
    yield _hidden(database, found)
    yield from _switches(database, tables)
    yield _queue(database, tables)


def _server(settings: ErpAccess, database: ErpDatabase) -> Iterator[Check]:
    way = settings.erp_database_url.way
    server = database.rows(_SERVER)[0]
    told = f"PostgreSQL {server['version']} at {database.address.shown} as {server['login']}, {way.value}"
    yield passed(ERP, "database", told)
    if server["replica"] or server["read_only"]:
        what = "a read-only replica" if server["replica"] else "set to read only"
        yield failed(
            ERP, "writes", f"this is {what}: nothing can be written", "Set erp_database_url to the primary.", Exit.REMOTE
        )
    if way is Way.TRANSACTION_POOLER:
        yield passed(ERP, "pooler", "changes are asked for at each run; they cannot be listened for through this pooler")


def _tables(found: Examined) -> Iterator[Check]:
    for entity, why in found.unusable.items():
        yield skipped(ERP, entity, f"{why} So {entity} are not kept in step.")
    for entity, table in found.tables.by_entity.items():
        yield passed(ERP, entity, f"{table.schema}.{table.name}, {counted(len(table.columns), 'column')}")
    if not found.tables.by_entity:
        yield failed(ERP, "tables", "none of the ERP's tables can be used", NO_TABLES, Exit.CONFIGURATION)


def _version(version: int | None) -> Check:
    if version == VERSION:
        return passed(ERP, "installed", f"version {version}")
    told = f"version {version}; this is made for version {VERSION}"
    return failed(ERP, "installed", told, INSTALL, Exit.CONFIGURATION)


def _gone(found: Examined) -> Iterator[Check]:
    for one in found.gone:
        remedy = "Put it back, or say in the mapping file (erp_mapping) what it is called now."
        yield failed(ERP, "columns", one.told, remedy, Exit.GUARD)


def _must(found: Examined) -> Iterator[Check]:
    """What keeps new rows from being made, unless a trigger of the ERP's fills it in."""
    for told in must_be_given(found.tables, found.must):
        yield passed(ERP, "new rows", told, GIVEN)


def _rights(database: ErpDatabase, tables: ErpTables) -> Check:
    places = {entity: quoted(table.schema, table.name) for entity, table in tables.by_entity.items()}
    places |= {one: quoted(tables.schema, tables.own[one]) for one in OWN}
    lacking = database.rows(_LACKING, (list(places.values()), [RIGHTS[entity] for entity in places]))
    if not lacking:
        return passed(ERP, "rights", "all that are needed")
    told = ", ".join(f"{row['kind']} on {row['place']}" for row in lacking)
    return failed(ERP, "rights", f"lacking: {told}", f"Let the login be a member of {ROLE}: grant {ROLE} to LOGIN;", Exit.REMOTE)


def _hidden(database: ErpDatabase, found: Examined) -> Check:
    """A member of the role sees all rows where each of these tables has the policy of the installation."""
    if not found.hidden:
        return passed(ERP, "security", "row-level security hides nothing from this login without a policy")
    shown = {f"{row['schema']}.{row['name']}" for row in database.rows(_SHOWN, (ROLE, ROLE, ROLE))}
    doubtful = sorted(found.hidden - shown)
    if not doubtful:
        return passed(ERP, "security", f"row-level security applies, and this login sees all rows as a member of {ROLE}")
    told = f"row-level security applies to this login in {', '.join(doubtful)}: rows may be hidden"
    remedy = f"Members of {ROLE} see all rows by the policies that {INSTALL} makes; or log in as the tables' owner."
    return passed(ERP, "security", told, remedy)


def _switches(database: ErpDatabase, tables: ErpTables) -> Iterator[Check]:
    settings = read_settings(database, tables)
    for problem in settings.problems:
        yield failed(ERP, "switches", problem, "Set it to true or false in the table.", Exit.CONFIGURATION)
    states = {entity: "on" if settings.on(entity) else "off" for entity in ("orders", "inventory", "products", "customers")}
    yield passed(ERP, "switches", ", ".join(f"{entity} {state}" for entity, state in states.items()))


def _queue(database: ErpDatabase, tables: ErpTables) -> Check:
    counts = QueueBook(database, tables).counts()
    told = f"{counts.pending} wait, {counts.processing} under way, {counts.failed} failed"
    if counts.failed_today and counts.failure_rate > MANY_FAILED:
        remedy = f"{MANAGER} erp queue --failed says why; docs/erp.md, High failure rate."
        return failed(ERP, "queue", f"{told}; {counts.failure_rate:.0%} of the last day's failed", remedy, Exit.PARTIAL)
    return passed(ERP, "queue", told)
