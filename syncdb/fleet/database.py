"""The fleet's database: where it is, and a session there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from syncdb.errors import ConfigurationError, RetryLater

if TYPE_CHECKING:
    import psycopg

VARIABLE = "FLEET_DATABASE_URL"
ALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "connect_timeout": 10}
POOLER = 6543  # Supabase's pooler of transactions: a lock of a session would not be one there
Row = dict[str, Any]


def address(env: Mapping[str, str]) -> str:
    """The database's address. Raises ConfigurationError where there is none, or one at which locks do not hold."""
    found = env.get(VARIABLE, "").strip()
    if not found:
        raise ConfigurationError(
            [f"{VARIABLE} is not set: the address of the fleet's PostgreSQL database."],
            next_step=f"export {VARIABLE}=postgresql://USER:PASSWORD@HOST:5432/NAME (docs/fleet.md).",
        )
    if f":{POOLER}/" in found:
        raise ConfigurationError(
            [f"{VARIABLE} names port {POOLER}, a pooler that gives each transaction another session: no lock holds there."],
            next_step="Use the address of the server itself, or of its session pooler (port 5432).",
        )
    return found


@contextmanager
def connected(url: str, application: str = "syncdb fleet") -> "Iterator[psycopg.Connection[Row]]":
    """A session. Every statement stands alone. Raises RetryLater where the database is away, Refused-like words included."""
    import psycopg
    from psycopg.rows import dict_row

    try:
        connection = psycopg.connect(url, autocommit=True, row_factory=dict_row, application_name=application, **ALIVE)  # type: ignore[arg-type]
    except psycopg.Error as why:
        first = str(why).strip().partition("\n")[0]
        raise RetryLater(
            f"The fleet's database cannot be reached: {first}.", next_step=f"Look at {VARIABLE} and at the server."
        ) from why
    with connection:
        yield connection
