"""Emptying what a place shows of redacted orders: only their rows, only what is personal, and a look afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncdb.connectors.base import Connector
from syncdb.engine.apply import Applier
from syncdb.engine.reconcile import EntityPair, reconcile
from syncdb.engine.recording import recorded
from syncdb.engine.report import Report
from syncdb.errors import SyncdbError
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.runs import REDACTION
from syncdb.model import Found, Owner, Policy, Record, Rule, Side, Snapshot
from syncdb.orders.order_sync import Destination, OrderSync, RowMapping
from syncdb.orders.redaction import Affected, is_personal_column
from syncdb.orders.stored_orders import StoredOrders
from syncdb.values import Value, canonical, same
from syncdb.wording import counted, some_of

NAMED = 5  # rows that a message names


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a place. `cells` were written there; `problem` says why it is not cleared, empty if it is."""

    cells: int = 0
    problem: str = ""


def erase(sync: OrderSync, affected: Affected, place: str) -> Erased:
    """Empty the personal cells of these orders' rows and look whether they are. `place` is what messages call it ("the sheet").

    The orders were stripped before, and the ledger is about to be cleaned of them. What a person can act on is in the result.
    """
    keys = sync.ledger.records(sync.destination.pair).of_orders(affected.orders)
    destination = _Emptied(sync.destination, frozenset(keys))

    def steps(report: Report) -> None:
        _write(sync, destination, list(keys), report)

    report = recorded(sync.ledger, destination.pair, False, sync.clock, steps, REDACTION)
    problem = str(report.failure) if report.failure else still_shown(sync.ledger, destination, affected, place)
    return Erased(report.counts["cells_changed"], problem)


def _write(sync: OrderSync, destination: "_Emptied", keys: Sequence[str], report: Report) -> None:
    """Bring just these rows into agreement with the orders, which hold nothing personal any more."""
    ledger = sync.ledger
    connector, rows = destination.open(ledger.runs.get(state_keys.SHOP))
    stored = StoredOrders(ledger, destination.pair, rows.records, rows.removed_record)
    pair = EntityPair(destination.pair, stored, connector, erasing(sync.policy), sync.limits)
    applier = Applier(ledger, pair.name, pair.sides, report.run_id, sync.clock, sync.rng, sync.progress)
    applier.make_structure(Side.RIGHT)
    destination.remember()
    result = reconcile(ledger, pair, keys, applier, sync.progress, past_guard=True)  # a person asked for just these
    report.take(result.plan, result.digest)
    report.counts.update(result.counts)


def erasing(policy: Policy) -> Policy:
    """Only personal columns are compared, and the shop's word counts in all of them, also over what people were given to write:
    nothing of that goes back.
    """
    return replace(policy, rules={name: Rule(Owner.LEFT) for name in policy.rules if is_personal_column(name)})


def still_shown(ledger: Ledger, opened: "_Emptied", affected: Affected, place: str) -> str:
    """What the rows of these orders still show of the person, in words; empty for nothing."""
    if opened.connector is None or opened.rows is None:
        return f"{place} was not reached"
    keys = ledger.records(opened.pair).of_orders(affected.orders)
    try:
        seen = opened.connector.look(keys)
        keyless = opened.without_key()
    except SyncdbError as away:
        return f"{place} could not be read to make sure: {away}"
    stored = StoredOrders(ledger, opened.pair, opened.rows.records, opened.rows.removed_record)
    return "; ".join([*_left(seen, stored.look(keys).found, affected, place), *_left_without_key(keyless, affected)])


def _left_without_key(keyless: Mapping[str, Mapping[str, Value]], affected: Affected) -> Iterator[str]:
    """Rows that are nobody's to a run, as their key was emptied, and still show the person in columns of ours."""
    shown = (place for place, values in keyless.items() if any(_names(value, affected) for value in values.values()))
    if places := list(shown):
        yield f"Rows without a key, which were left alone, still show it; delete them: {some_of(places, NAMED)}"


def _names(shown: Value, affected: Affected) -> bool:
    return isinstance(shown, str) and any(text in shown for text in affected.values)


def _left(seen: Snapshot, wanted: Mapping[str, Found], affected: Affected, place: str) -> Iterator[str]:
    if seen.doubled:
        named = [f"{key} ({', '.join(rows)})" for key, rows in list(seen.doubled.items())[:NAMED]]
        yield f"Keys in several rows, which were left alone: {', '.join(named)}"
    if not seen.complete:
        yield f"a part of {place} could not be seen, so nobody can be sure"
    nothing: Mapping[str, Value] = {}
    cells = sum(
        _tells(name, value, (wanted[key].record.fields if key in wanted else nothing).get(name), affected)
        for key, row in seen.found.items()
        for name, value in row.record.fields.items()
    )
    if cells:
        yield f"{counted(cells, 'cell')} of {place} still {'shows' if cells == 1 else 'show'} it (a formula?)"


def _tells(name: str, shown: Value, wanted: Value, affected: Affected) -> bool:
    """Whether a cell holds anything of the person: one of their texts, or in a personal column whatever should not be there."""
    if _names(shown, affected):
        return True
    return is_personal_column(name) and canonical(shown) is not None and not same(shown, wanted)


@dataclass(slots=True)
class _Emptied:
    """A destination that keeps what was opened, and shows nothing personal in rows of lines that their orders no longer have."""

    inner: Destination
    keys: frozenset[str]
    pair: str = field(init=False)
    connector: Connector | None = None
    rows: RowMapping | None = None

    def __post_init__(self) -> None:
        self.pair = self.inner.pair

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        self.connector, rows = self.inner.open(shop)
        self.rows = _EmptiedRows(rows, self.keys)
        return self.connector, self.rows

    def remember(self) -> None:
        self.inner.remember()

    def changed(self) -> Sequence[str] | None:
        return self.inner.changed()

    def put_back(self, seen: str) -> str:
        return self.inner.put_back(seen)

    def held(self) -> Mapping[str, str]:
        return self.inner.held()

    def without_key(self) -> Mapping[str, Mapping[str, Value]]:
        return self.inner.without_key()

    def settled(self) -> None:
        self.inner.settled()

    def tidy(self, tokens: Sequence[int]) -> None:
        self.inner.tidy(tokens)

    def close(self) -> None:
        self.inner.close()


@dataclass(frozen=True, slots=True)
class _EmptiedRows:
    """Rows as they are, but those of lines that are gone (they are shown as they last stood) without the person."""

    inner: RowMapping
    keys: frozenset[str]

    @property
    def digest(self) -> str:
        return self.inner.digest

    def takes(self, snapshot: Mapping[str, Any]) -> bool:
        return self.inner.takes(snapshot)

    def records(self, snapshot: Mapping[str, Any]) -> list[Record]:
        return self.inner.records(snapshot)

    def removed_record(self, key: str, last_fields: Mapping[str, Value]) -> Record:
        record = self.inner.removed_record(key, last_fields)
        if key not in self.keys:
            return record
        return Record(key, {name: None if is_personal_column(name) else value for name, value in record.fields.items()})
