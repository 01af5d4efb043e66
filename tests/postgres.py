"""A real PostgreSQL server for tests: one for each process that runs any, a fresh database for each test.

It is the server that SYNCDB_PG_DSN or ERP_DATABASE_URL names, else one of the system's programs, else one of the package's.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from syncdb.clock import SYSTEM
from syncdb.connectors.postgres.address import ErpAddress, erp_address
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.installing import install
from syncdb.connectors.postgres.tables import ErpTables, default_tables
from syncdb.sandbox.postgres.server import LocalPostgres

if TYPE_CHECKING:  # most tests need no database, and the driver takes its time to load
    import psycopg

NAMED_BY = ("SYNCDB_PG_DSN", "ERP_DATABASE_URL")
MADE = "syncdb_test_"
# all that tests might change of a database beside its rows
STRUCTURE = """
select md5(string_agg(told, ' ' order by told)) as all from (
    select format('%s %s %s %s', relname, relkind, relrowsecurity, relacl) as told from pg_class
        where relnamespace = 'public'::regnamespace
    union all select format('%s %s %s %s', attrelid::regclass, attname, atttypid, attisdropped) from pg_attribute
        where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    union all select format('%s %s %s', tgrelid::regclass, tgname, tgenabled) from pg_trigger where not tgisinternal
    union all select format('%s %s', proname, md5(prosrc)) from pg_proc where pronamespace = 'public'::regnamespace
        and not starts_with(proname, 'syncdb_switch_')
    union all select format('%s %s', tablename, policyname) from pg_policies
    union all select nspname::text from pg_namespace where nspname !~ '^pg_'
    union all select setconfig::text from pg_db_role_setting
        where setdatabase = (select oid from pg_database where datname = current_database())
) parts
"""
EMPTY = """
truncate products, customers, orders, order_items, inventory, sync_queue, shopify_webhook_registry, sync_writes restart identity;
delete from api_settings where description is null; delete from sync_install where item = 'keeper';
insert into api_settings select 'SHOPIFY_AUTO_SYNC_' || one, 'true' from unnest(array['PRODUCTS', 'ORDERS', 'INVENTORY',
    'CUSTOMERS']) one on conflict (key) do update set value = 'true';
update api_settings set value = null where key in ('SHOPIFY_STORE_URL', 'SHOPIFY_API_VERSION', 'SHOPIFY_DEFAULT_LOCATION_ID');
update sync_install set version = 2 where item = 'version';
"""


@dataclass(frozen=True, slots=True)
class Erp:
    """One database of an ERP. `sql` is what its own people do there, behind the product's back."""

    url: str

    @property
    def address(self) -> ErpAddress:
        return erp_address(self.url)

    @property
    def tables(self) -> ErpTables:
        return default_tables("public")

    def sql(self, text: str, *values: Any) -> list[dict[str, Any]]:
        """Carry out statements in a session of its own; the rows that they give."""
        import psycopg
        from psycopg.rows import dict_row

        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as session:
            cursor = session.execute(text, values or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def connect(self) -> "psycopg.Connection[dict[str, Any]]":
        """A session of a person's own, in which transactions begin by themselves."""
        import psycopg
        from psycopg.rows import dict_row

        return psycopg.connect(self.url, row_factory=dict_row)

    @contextmanager
    def database(self) -> Iterator[ErpDatabase]:
        """The product's own connection."""
        made = ErpDatabase(self.address, SYSTEM, deadline=30)
        try:
            yield made
        finally:
            made.close()


class Server:
    """A server on which databases are made by copying a template."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        from psycopg.conninfo import conninfo_to_dict

        known = conninfo_to_dict(self._url)
        login = str(known.get("user", "postgres")) + (f":{known['password']}" if known.get("password") else "")
        query = "&".join(f"{key}={known[key]}" for key in known if key not in ("dbname", "user", "password"))
        return f"postgresql://{login}@/{database}?{query}"

    def make(self, template: str = "template1") -> str:
        """The name of a new database."""
        self._made.append(f"{MADE}{uuid.uuid4().hex[:12]}")
        self._say(f"create database {self._made[-1]} template {template}")
        return self._made[-1]

    def drop_all(self) -> None:
        """Remove what was made: on a server of somebody's own nothing is left behind."""
        for made in self._made:
            self._say(f"drop database if exists {made} with (force)")

    def _say(self, text: str) -> None:
        import psycopg

        with psycopg.connect(self._url, autocommit=True) as session:
            session.execute(text)  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def erp_server() -> Iterator[Server]:
    """The server of this process. It never outlives it."""
    named = next((os.environ[name] for name in NAMED_BY if os.environ.get(name)), None)
    if named:
        server = Server(named)
        try:
            yield server
        finally:
            server.drop_all()
    else:
        with LocalPostgres() as local:
            yield Server(local.url())


@pytest.fixture(scope="session")
def erp_template(erp_server: Server) -> str:
    """The name of a database in which the small ERP and the sync are installed."""
    made = erp_server.make()
    with Erp(erp_server.url(made)).database() as database:
        install(database, default_tables("public"), complete=True)
    return made


@pytest.fixture(scope="session")
def emptied() -> list[Erp]:
    """Databases that earlier tests used and left with the tables that they found: emptied, they are as good as new."""
    return []


@pytest.fixture
def erp(erp_server: Server, erp_template: str, emptied: list[Erp]) -> Iterator[Erp]:
    """A small ERP with the sync installed and no rows."""
    found = emptied.pop() if emptied else Erp(erp_server.url(erp_server.make(erp_template)))
    yield found
    if found.sql(STRUCTURE) == Erp(erp_server.url(erp_template)).sql(STRUCTURE):
        found.sql(EMPTY)
        emptied.append(found)


@pytest.fixture
def bare(erp_server: Server) -> Erp:
    """An empty database."""
    return Erp(erp_server.url(erp_server.make()))
