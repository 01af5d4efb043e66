"""Who keeps a shop and an ERP in step: kept in the ERP's database, so that of several machines only one is at work at a time.

What both sides last agreed on stands in a ledger, and each machine may have one of its own. Two at once would both bring over the
same change; one whose agreement is older than what another did since would bring it over again. So a run looks who was last (with
what it asks of the database anyway), takes the place before it looks at records, and gives it back at its end. It is a lease:
whoever dies holds it until then, but for the same ledger on the same machine, which lets no two runs in.
"""

import logging
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import LedgerBusy, SyncdbError

log = logging.getLogger("syncdb.erp")
LEASE, RENEW = 1_800, 300  # seconds
FENCED = 2  # the version of the tables since which there is a place for it
_TAKE = """
insert into {install} as k (item, table_schema, entity, version, at)
values ('keeper', %(shop)s, %(who)s, %(seen)s + 1, clock_timestamp() + make_interval(secs => %(lease)s))
on conflict (item, table_schema, table_name, column_name) do update
set entity = excluded.entity, version = k.version + 1, at = excluded.at
where k.version = %(seen)s and (k.at < clock_timestamp() or starts_with(k.entity, %(mine)s))
returning k.version
"""
_GIVE_BACK = """
update {install} set at = clock_timestamp(), version = version + 1
where item = 'keeper' and table_schema = %(shop)s and entity = %(who)s
returning version
"""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who was last at work: a ledger (a digest of its identity), and HOST:PID. `turn` counts on at the beginning and at the end;
    `until` is set in between.
    """

    ledger: str
    worker: str
    turn: int
    until: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Who keeps each shop and this ERP in step, by the shop's name; `version` is that of the tables, 0 where it is not known."""

    version: int = 0
    by_shop: Mapping[str, Keeper] = field(default_factory=dict)


class Fence:
    """The place of one ledger. `seen` is who was there when this run began; `turned` hears of each turn that is counted."""

    def __init__(
        self,
        database: ErpDatabase,
        tables: ErpTables,
        shop: str,
        ledger: str,
        kept: Kept,
        clock: Clock,
        turned: Callable[[int], None] = lambda turn: None,
    ) -> None:
        self._database, self._clock, self._turned = database, clock, turned
        self._install = name(tables.schema, tables.own["sync_install"])
        self._shop, self._ledger = shop, ledger
        self._seen = kept.by_shop.get(shop)
        self._turn = self._seen.turn if self._seen else 0
        self._there = kept.version >= FENCED
        self._host = platform.node().replace(" ", "-").replace(":", "-")
        self._renew_at: float | None = None

    def refuse_if_held(self) -> None:
        """Raise LedgerBusy while another machine is at work."""
        if self._seen is not None and self._seen.until is not None and not self._is_mine(self._seen):
            raise self._busy(f"{self._seen.worker}, at work until {self._seen.until} at the latest")

    def hold(self) -> None:
        """Take the place, or go on holding it. Raises LedgerBusy where somebody else took it since this run began."""
        now = self._clock.monotonic()
        if not self._there or (self._renew_at is not None and now < self._renew_at):
            return
        asked = self._asked | {"seen": self._turn, "lease": LEASE, "mine": f"{self._ledger} {self._host}:"}
        sql = statement(_TAKE, install=self._install)
        taken = self._database.transaction(lambda work: work.rows(sql, asked))
        if not taken:
            raise self._busy("it began its work at this moment")
        self._turn, self._renew_at = taken[0]["version"], now + RENEW
        self._turned(self._turn)

    def give_back(self) -> None:
        """Let others in. What cannot be said now ends with the lease."""
        if self._renew_at is None:
            return
        self._renew_at = None
        sql = statement(_GIVE_BACK, install=self._install)
        try:
            left = self._database.transaction(lambda work: work.rows(sql, self._asked))
        except SyncdbError as error:
            log.warning("Other machines may begin only in %d minutes: %s", LEASE // 60, error)
            return
        if left:
            self._turned(left[0]["version"])

    @property
    def place(self) -> str:
        """This machine and process, as others are told."""
        return f"{self._host}:{os.getpid()}"

    @property
    def _asked(self) -> dict[str, Any]:
        return {"shop": self._shop, "who": f"{self._ledger} {self.place}"}

    def _is_mine(self, keeper: Keeper) -> bool:
        return keeper.ledger == self._ledger and keeper.worker.startswith(f"{self._host}:")

    def _busy(self, who: str) -> LedgerBusy:
        return LedgerBusy(
            f"Another machine keeps {self._shop} and this ERP in step: {who}. Nothing was done.",
            next_step="Nothing, if two runs only overlapped. Let one machine run it regularly: docs/erp.md, Several machines.",
        )
