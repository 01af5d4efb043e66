"""The way to an ERP's database, and what its tables are called."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.postgres.address import ErpAddress
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.tables import ErpTables, default_tables, tables_from
from syncdb.errors import ConfigurationError
from syncdb.systems.patience import PATIENCE


class ErpAccess(Protocol):
    """The settings that reach an ERP."""

    @property
    def erp_database_url(self) -> ErpAddress: ...
    @property
    def erp_schema(self) -> str: ...
    @property
    def erp_mapping(self) -> Path | None: ...
    @property
    def deadline_seconds(self) -> int: ...


@contextmanager
def erp_of(settings: ErpAccess, clock: Clock = SYSTEM, *, patient: bool = False) -> Iterator[ErpDatabase]:
    """A connection, made when it is first needed. `patient`: of a run, which waits as long as the settings say."""
    deadline = settings.deadline_seconds if patient else min(PATIENCE, settings.deadline_seconds)
    database = ErpDatabase(settings.erp_database_url, clock, deadline)
    try:
        yield database
    finally:
        database.close()


def erp_tables(settings: ErpAccess) -> ErpTables:
    """What the tables are called. Raises ConfigurationError with every problem of the mapping file."""
    file = settings.erp_mapping
    if file is None:
        return default_tables(settings.erp_schema)
    step = "docs/erp.md shows what a mapping file looks like."
    try:
        return tables_from(json.loads(file.read_text(encoding="utf-8")), settings.erp_schema)
    except OSError as why:
        raise ConfigurationError([f"erp_mapping = {str(file)!r} cannot be read: {why.strerror}."], next_step=step) from why
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as why:
        raise ConfigurationError([f"{file} (erp_mapping) is not valid JSON: {why}."], next_step=step) from why
    except ValueError as why:
        raise ConfigurationError([f"{file} (erp_mapping): {one}" for one in str(why).splitlines()], next_step=step) from why
