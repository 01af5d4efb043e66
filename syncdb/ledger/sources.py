"""What the ledger knows of each shop or other system it has to do with: who it is, so that another one is noticed."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.values import canonical_json


@dataclass(frozen=True, slots=True)
class Source:
    """`name` is what the configuration calls it, `kind` the system's name, `data` what the system says of itself (JSON data)."""

    name: str
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sources:
    """The `source` table. Callers of `put` bring the transaction."""

    connection: sqlite3.Connection

    def get(self, name: str) -> Source | None:
        """The source of this name, None if it never answered."""
        row = self.connection.execute("SELECT name, kind, data FROM source WHERE name = ?", (name,)).fetchone()
        return _source(row) if row else None

    def of_kind(self, kind: str) -> list[Source]:
        """All of a kind, by name."""
        rows = self.connection.execute("SELECT name, kind, data FROM source WHERE kind = ? ORDER BY name", (kind,))
        return [_source(row) for row in rows]

    def put(self, source: Source) -> None:
        self.connection.execute(
            """INSERT INTO source (name, kind, data) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET
                 kind = excluded.kind, data = excluded.data""",
            (source.name, source.kind, canonical_json(dict(source.data))),
        )


def _source(row: tuple[str, str, str]) -> Source:
    name, kind, data = row
    return Source(name, kind, json.loads(data))
