"""Dates and times as a server shows them: one that no calendar of this program has (infinity, the year 20000) comes as text, so
that its row is told and the others are read.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


def read_moments(connection: "psycopg.Connection[Any]") -> None:
    """Have this connection read them so."""
    from psycopg import DataError
    from psycopg.types import datetime as known

    def lenient(loader: type[Any]) -> type[Any]:
        class Lenient(loader):  # type: ignore[misc]
            def load(self, data: Any) -> Any:
                try:
                    return super().load(data)
                except DataError:
                    return bytes(data).decode()

        return Lenient

    kinds = {"date": known.DateLoader, "timestamp": known.TimestampLoader, "timestamptz": known.TimestamptzLoader}
    for name, loader in kinds.items():
        connection.adapters.register_loader(name, lenient(loader))
