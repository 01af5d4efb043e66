"""The shop's orders as the ledger last saw them, as one side of a pair.

So rows can be compared, restored and back-filled without asking the shop again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.errors import SkipRecord
from syncdb.ledger import Ledger
from syncdb.ledger.orders import groups
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Snapshot
from syncdb.values import Value

BLOCK = 300
ToRecords = Callable[[Mapping[str, Any]], list[Record]]
Removed = Callable[[str, Mapping[str, Value]], Record]
Takes = Callable[[Mapping[str, Any]], bool]


def every_order(snapshot: Mapping[str, Any]) -> bool:
    """No order is left out."""
    return True


@dataclass(slots=True)
class StoredOrders:
    """A read-only connector over the ledger's snapshots. `failed` collects orders that could not be shown, by order id.

    `takes` says whether an order without rows shall get some. `left` collects the names of orders that changed and are not
    wanted any more, but have rows: these are kept, and kept true. `shortened` collects texts that are newly cut: the
    order's name by key and field.
    """

    ledger: Ledger
    pair: str
    to_records: ToRecords
    removed: Removed
    takes: Takes = every_order
    failed: dict[str, SkipRecord] = field(default_factory=dict)
    shortened: dict[tuple[str, str], str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    name = "the shop"
    title = "the shop"
    can = Capabilities(create=False, update=False, all_known=True)

    def expect(self, order_ids: Sequence[str]) -> list[str]:
        """Note the keys of these orders in the ledger, in blocks of one transaction each; returns the keys, order by order."""
        keys: list[str] = []
        for start in range(0, len(order_ids), BLOCK):
            block = order_ids[start : start + BLOCK]
            by_order = self._records(block, self.left)
            with self.ledger.transaction():
                records = self.ledger.records(self.pair)
                rowless = [order_id for order_id, shown in by_order.items() if not shown]
                records.expect_no_more(records.keys_of(rowless) if rowless else ())
                for order_id in block:
                    records.expect(order_id, by_order.get(order_id, ()))
                    keys.extend(by_order.get(order_id, ()))
        return keys

    def look(self, keys: Iterable[str]) -> Snapshot:
        homes = self.ledger.records(self.pair).homes(keys)
        shown = self._records(set(homes.values()))
        found = {
            key: Found(order_id, "", shown[order_id][key]) for key, order_id in homes.items() if key in shown.get(order_id, ())
        }
        return Snapshot(found, complete=True)

    def fetch(self) -> Iterator[Snapshot]:
        """Every record the ledger knows of, order by order."""
        keys = [key for key, _ in self.ledger.records(self.pair).all_keys()]
        for block in groups(keys, BLOCK):
            yield self.look(block)

    def structure(self, token: int) -> Attempt | None:
        return None

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        raise TypeError("the ledger's orders are only ever changed by what the shop shows")

    def write(self, attempt: Attempt) -> list[Outcome]:
        raise TypeError("the ledger's orders are only ever changed by what the shop shows")

    def settle(self, attempt: Attempt) -> list[Outcome]:
        raise TypeError("the ledger's orders are only ever changed by what the shop shows")

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        return None

    def _records(self, order_ids: Iterable[str], left: list[str] | None = None) -> dict[str, dict[str, Record]]:
        """The records of these orders by order and key, also of lines that they no longer have but that have a row.

        `left` is told the names of those that are not wanted any more, but have rows.
        """
        wanted = list(order_ids)
        shown: dict[str, dict[str, Record]] = {}
        snapshots = self.ledger.orders.snapshots(wanted)
        unwanted = [order_id for order_id, snapshot in snapshots.items() if not self.takes(snapshot)]
        with_rows = self._with_rows(unwanted)
        if left is not None:
            left += [str(snapshots[one].get("name") or one) for one in unwanted if one in with_rows]
        rowless = set(unwanted) - with_rows
        for order_id, snapshot in snapshots.items():
            if order_id in rowless:
                shown[order_id] = {}
                continue
            try:
                shown[order_id] = {record.key: record for record in self.to_records(snapshot)}
                self._hear_of_cuts(str(snapshot.get("name") or order_id), shown[order_id].values())
            except (ValueError, KeyError, TypeError) as problem:
                name = str(snapshot.get("name") or order_id)
                self.failed[order_id] = SkipRecord(
                    name,
                    f"Order {name} cannot be shown: its stored form is not understood ({problem!r}). Its rows were left alone.",
                    next_step="Run with --full to read it again.",
                )
        records = self.ledger.records(self.pair)
        gone = [key for key, order_id in records.keys_of(wanted).items() if order_id in shown and key not in shown[order_id]]
        for key, known in records.known(gone).items():
            if known.base is not None:
                shown[known.order_id][key] = self.removed(key, known.base.fields)
        return shown

    def _with_rows(self, order_ids: Collection[str]) -> set[str]:
        if not order_ids:
            return set()
        records = self.ledger.records(self.pair)
        homes = records.keys_of(order_ids)
        return {homes[key] for key in records.agreed(homes)}

    def _hear_of_cuts(self, order: str, records: Iterable[Record]) -> None:
        """Note which texts are newly cut: what both sides agreed on already was told when it was written."""
        for record in records:
            if record.shortened:
                base = self.ledger.records(self.pair).base(record.key)
                for name in record.shortened:
                    if base.get(name) != record.fields[name]:
                        self.shortened[record.key, name] = order
