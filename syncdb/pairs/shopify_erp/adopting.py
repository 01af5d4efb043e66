"""Orders that either side says are the same, by the shop's id in the ERP's row: linked before anything is compared.

So a lost ledger makes no order twice, and an order of years ago that changes is known again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.catalogue.orders import order_gid
from syncdb.connectors.shopify.shape import bare_id
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Side

LINK = "shopify_order_id"


@dataclass(frozen=True, slots=True)
class OrderAdoption:
    """Links orders by what stands in the ERP. `now` is when that is (ISO, UTC)."""

    ledger: Ledger
    joins: Joins
    database: ErpDatabase
    tables: ErpTables
    now: str

    def told(self, gids: tuple[str, ...] | None) -> None:
        """These orders of the shop changed, or any (None): link those that the ERP knows."""
        if gids is None:
            rows = read_rows(
                self.database, self.tables["orders"], {"shopify_sync_status": ["pending", "synced", "failed"]}, [LINK]
            )
            self._link([(order_gid(str(row[LINK])), row[ID]) for row in rows if row[LINK]])
            return
        new = [gid for gid in gids if gid not in self._linked(Side.LEFT, gids)]
        if new:
            rows = read_rows(self.database, self.tables["orders"], {LINK: [bare_id(gid) for gid in new]}, [LINK])
            self._link([(order_gid(str(row[LINK])), row[ID]) for row in rows])

    def _link(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Link what is not linked yet on either side. An id that stands in two rows is nobody's: a person must say whose."""
        often = Counter(left for left, _ in pairs)
        known_left = self._linked(Side.LEFT, [left for left, _ in pairs])
        known_right = self._linked(Side.RIGHT, [right for _, right in pairs])
        new = [one for one in pairs if one[0] not in known_left and one[1] not in known_right and often[one[0]] == 1]
        if not new:
            return
        lefts = self.joins.keys(Side.LEFT, [left for left, _ in new])
        rights = self.joins.keys(Side.RIGHT, [right for _, right in new])
        with self.ledger.transaction():
            for left, right in new:
                self.joins.adopt(lefts[left], rights[right], self.now)

    def _linked(self, side: Side, ids: Sequence[str]) -> set[str]:
        return linked(self.joins, side, ids)


def all_linked(joins: Joins, side: Side) -> set[str]:
    """The ids of a side of everything that is joined with a record of the other."""
    keys = [key for key, _ in joins.records.all_keys()]
    ids = joins.ids(side, keys)
    alone = joins.alone(keys)
    return {id for key, id in ids.items() if key not in alone}


def linked(joins: Joins, side: Side, ids: Sequence[str]) -> set[str]:
    """Which of these ids of a side are joined with a record of the other."""
    keys = joins.keys(side, dict.fromkeys(ids))
    alone = joins.alone(list(keys.values()))
    return {id for id, key in keys.items() if key not in alone}
