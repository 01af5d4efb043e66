"""What changed in an ERP's tables since a moment, told by the transactions that wrote the rows.

A time stamp misses what is committed late under an early time, and what no trigger notes. Each row carries the number of the
transaction that wrote it, and a snapshot says of every transaction whether it was seen: so nothing is missed, without any column.
Rows that were removed leave no trace here: the triggers note them, and the look at everything finds them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.base import Changes
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.writing import name, statement, text
from syncdb.connectors.postgres.rows import place
from syncdb.connectors.postgres.tables import ErpTables

# a row holds the lower half of the number; the upper half is that of the present, or one less
_SINCE = """
select {entity} as entity, {key}::text as key, null as seen from {table} t, now_is
where not pg_visible_in_snapshot(
        ((now_is.top - (now_is.top %% 4294967296) + t.xmin::text::bigint
          - case when t.xmin::text::bigint > now_is.top %% 4294967296 then 4294967296 else 0 end)::text)::xid8,
        %(seen)s::pg_snapshot
    )
    and not t.xmin::text = any(%(own)s::text[])
"""
_NOW = """
with now_is as materialized (
    select pg_current_snapshot() as seen, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as top
)
"""
_SEEN = "select '' as entity, '' as key, now_is.seen::text as seen from now_is"


BEFORE = "The ERP's database was put back to an earlier state, or is another server: it counts its transactions from before."
ELSEWHERE = (
    "The ERP's database is a copy of the one before: it was restored or moved to another server or database, or the server was "
    "upgraded. To try things out with a copy, give it a ledger of its own (DB_PATH)."
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A snapshot of the server's transactions, and those of ours since: their rows are no news. `top` is the next number.

    `place` tells the database and server, empty where that is not known: elsewhere transactions have other numbers.
    """

    snapshot: str
    own: tuple[str, ...] = ()
    place: str = ""

    @property
    def top(self) -> int:
        return int(self.snapshot.split(":")[1])

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor that `str` made; None for anything else."""
        try:
            found = json.loads(text)
            made = cls(found["snapshot"], tuple(found["own"]), found.get("place", ""))
            return made if made.top >= 0 else None
        except (ValueError, KeyError, TypeError, IndexError):
            return None

    def __str__(self) -> str:
        return json.dumps({"snapshot": self.snapshot, "own": list(self.own), "place": self.place})

    def put_back(self, now: "Cursor") -> str:
        """Why what stands there `now` is an older copy, or another one; empty if it is what followed."""
        if self.place and now.place and self.place != now.place:
            return ELSEWHERE
        return BEFORE if now.top < self.top else ""


class ErpFeed:
    """What changed in the tables of some entities, in one statement. `name_of` says what a pair calls each of its rows' keys,
    `place` which database it is.

    Implements `Feed`.
    """

    def __init__(
        self,
        database: ErpDatabase,
        tables: ErpTables,
        entities: Sequence[str],
        named: Callable[[str, Sequence[str]], Sequence[str]] = lambda entity, keys: keys,
        place: str = "",
    ) -> None:
        self._database, self._tables = database, tables
        self._entities = tuple(one for one in entities if one in tables)
        self._named, self._place = named, place

    def changes(self, cursor: str | None) -> Changes:
        """The keys of the rows that changed since; None for each entity without a cursor, or with one of another server."""
        seen = Cursor.parse(cursor) if cursor else None
        found = self._since(seen or Cursor("1:1:"), self._entities if seen else ())
        now = Cursor(next(row["seen"] for row in found if row["seen"]), place=self._place)
        if seen is None or seen.put_back(now):
            return Changes(dict.fromkeys(self._entities), str(now))
        keys = {one: [row["key"] for row in found if row["entity"] == one] for one in self._entities}
        return Changes({one: tuple(self._named(one, of)) for one, of in keys.items() if of}, str(now))

    def put_back(self, seen: str) -> str:
        """Whether another database answers than that of the cursor, or one that counts its transactions from before it."""
        before = Cursor.parse(seen)
        return "" if before is None else before.put_back(Cursor(self._since(before, ())[0]["seen"], place=self._place))

    def after_own_writes(self, cursor: str) -> str:
        """The same cursor with our own transactions since the last one, whose rows are no news."""
        seen = Cursor.parse(cursor)
        return cursor if seen is None else str(Cursor(seen.snapshot, tuple(self._database.own_transactions), seen.place))

    def _since(self, seen: Cursor, entities: Sequence[str]) -> list[Mapping[str, Any]]:
        parts = [
            statement(_SINCE, entity=text(one), key=name(self._tables[one].key), table=place(self._tables[one]))
            for one in entities
        ]
        sql = _NOW + "union all\n".join([*parts, _SEEN])
        return list(self._database.rows(sql, {"seen": seen.snapshot, "own": list(seen.own)}))
