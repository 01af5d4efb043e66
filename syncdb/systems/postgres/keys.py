"""An ERP's database in PostgreSQL as a system: its settings."""

from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.connectors.postgres.address import erp_address
from syncdb.systems.base import System
from syncdb.systems.questions import Question, Topic


def schema_name(raw: Any) -> str:
    """The name of a schema."""
    value = validators.text(raw)
    if len(value.encode()) > 63 or "." in value or '"' in value:
        raise ValueError("must be the name of a schema, such as public")
    return value


ERP = System(
    name="erp",
    title="the ERP",
    keys=(
        Key(
            "erp_database_url", "ERP_DATABASE_URL", erp_address, None,
            "The address of the ERP's database: postgresql://USER:PASSWORD@HOST:5432/NAME; for Supabase one of those behind "
            "Connect in its dashboard.",
            needed="It is postgresql://USER:PASSWORD@HOST:5432/NAME; docs/erp.md says where Supabase shows it.",
            template="postgresql://user:password@host:5432/postgres", secret=True,
        ),
        Key(
            "erp_schema", "ERP_SCHEMA", schema_name, "public",
            "The schema with the ERP's tables, in which the sync makes its own.",
        ),
        Key(
            "erp_mapping", "ERP_MAPPING", validators.path, None,
            "A JSON file that says what the ERP's tables and columns are called (docs/erp.md). Left out: as in the small ERP "
            "that `erp install --complete` makes.",
        ),
    ),
    topics=(
        Topic(
            "erp",
            (
                Question("erp_database_url", "The database's address"),
                Question("erp_schema", "Schema of the ERP's tables", "public", option="--erp-schema", metavar="NAME"),
            ),
            "A way into the ERP's database. In Supabase: Connect, at the top of the project, shows its addresses; take the "
            "session pooler where the network has no IPv6. docs/erp.md has every step.",
            called="ERP",
        ),
    ),
)  # fmt: skip
