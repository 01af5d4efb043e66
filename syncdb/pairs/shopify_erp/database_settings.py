"""The settings that looking after the ERP's database needs: nothing of the shop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.config.keys import Keys
from syncdb.config.reading import read
from syncdb.config.settings import RunSettings
from syncdb.connectors.postgres.address import ErpAddress
from syncdb.pairs.registry import known_keys
from syncdb.systems.postgres.keys import ERP


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings(RunSettings):
    """The way to the database, beside what every run has."""

    erp_database_url: ErpAddress = field(repr=False)
    erp_schema: str
    erp_mapping: Path | None

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.erp_database_url.password,) if len(secret) > 3)


def load_database(
    flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None
) -> DatabaseSettings:
    """The settings, from the places that `config.reading.read` names. Raises ConfigurationError with every problem found."""
    reading = read(ERP.keys, Keys.of(known_keys().all, ERP.keys), flags, env, directory, config_path)
    reading.refuse_problems()
    return DatabaseSettings(**reading.values, notices=reading.hidden(reading.notices))
