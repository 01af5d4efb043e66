"""Redacting a customer: find the orders, take what is personal out of them, and remember never to take it in again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.personal import Person, is_personal, person_of, telling_values, touches, without_person
from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.redaction import MayBe, Redaction, overwrite
from syncdb.ledger.text_search import Advance, nobody_listens
from syncdb.mapping.choice import column
from syncdb.order_snapshot import snapshot_hash
from syncdb.orders.people import Kept, KeptPeople, PersonRecord
from syncdb.orders.personal_records import CUSTOMER, ORDER
from syncdb.wording import counted

CUSTOMERS = "customers"
Wanted = Callable[[Person], bool]


@dataclass(slots=True)
class Affected:
    """The orders to redact, by id, with their names; who they belong to; and the texts that must be found nowhere afterwards.

    `person` is the customer's id (global) where one person is meant, not single orders. `records` are what pairs keep of the
    person beside the orders that were read. `packed` are the bytes of what was stored compressed of the orders, each in two
    parts, by the order's name: that, too, must be found nowhere.
    """

    orders: dict[str, str] = field(default_factory=dict)
    person: str = ""
    customers: dict[str, str] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    records: list[PersonRecord] = field(default_factory=list)
    packed: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether there is anything to redact."""
        return bool(self.orders or self.records or self.values)

    @property
    def own_records(self) -> int:
        """How many records are kept of the customer that are no orders."""
        return sum(one.kept.kind != ORDER for one in self.records)

    def add_record(self, record: PersonRecord) -> None:
        """What a pair keeps: an order, or the customer itself."""
        self.records.append(record)
        self.values |= record.telling
        if record.kept.kind == CUSTOMER:
            self.customers[(record.key.left or record.id).rpartition("/")[2]] = record.name
            self.person = record.key.left or ""
        elif record.kept.kind == ORDER:
            self.orders.setdefault(record.id, record.name)

    def add(self, order_id: str, name: str, snapshot: Mapping[str, Any]) -> None:
        self.orders[order_id] = name
        self.values |= telling_values(snapshot)
        person = person_of(snapshot)
        shown = (snapshot.get("customer") or {}).get("display_name") or next(iter(person.names), "")
        if person.customer_id:
            self.customers[person.customer_id] = shown
        elif person.names or person.emails:
            self.customers.setdefault(next(iter(person.emails or person.names)), shown)


def of_order(ledger: Ledger, order_id: str) -> Affected:
    """Just this order."""
    affected = Affected()
    snapshot = ledger.orders.snapshot(order_id)
    if snapshot is not None:
        affected.add(order_id, str(snapshot.get("name")), snapshot)
    return affected


def of_customer(ledger: Ledger, wanted: Wanted, may_be: MayBe | None = None, advance: Advance = nobody_listens) -> Affected:
    """Every order of the customer that `wanted` picks, also those by another e-mail address of the same customer.

    Where it picks several customers, only the orders by which it did; so that is two passes at most. `may_be` spares looking into
    orders that are surely of others. `advance` hears how many orders a pass has looked at.
    """
    affected = Affected()
    ids: set[str] = set()
    for order_id, name, snapshot in redaction(ledger).orders(may_be, advance):
        person = person_of(snapshot)
        if wanted(person):
            affected.add(order_id, name, snapshot)
            ids |= {person.customer_id} if person.customer_id else set()
    if len(ids) == 1 == len(affected.customers):
        (customer_id,) = ids
        affected.person = f"gid://shopify/Customer/{customer_id}"
        form = customer_id.encode()
        for order_id, name, snapshot in redaction(ledger).orders(lambda text: form in text, advance):
            if person_of(snapshot).customer_id == customer_id:
                affected.add(order_id, name, snapshot)
    return affected


def strip(ledger: Ledger, affected: Affected, *, places_too: bool, pairs: Iterable[str] = ()) -> None:
    """Take what is personal out of the orders themselves and remember it. With `places_too` the runs that follow in this process
    empty their cells, where `pairs` show them.

    Raises NeedsPerson while a write is not settled: what it holds is needed for that.
    """
    work = redaction(ledger)
    if count := work.open_writes():
        raise NeedsPerson(
            f"Without a known outcome yet: {counted(count, 'write')}. The data in it is needed to settle that.",
            next_step="Run a sync first: it settles them. Then redact again.",
        )
    ledger.redacted.under_way = places_too  # what was agreed is needed to empty cells; `clean` comes after that
    marks = [mark for record in affected.records for mark in record.marks]
    ledger.redacted.add(
        [*affected.orders, *([affected.person] if affected.person else []), *marks]
    )  # first of all: whatever happens from here on, nothing comes back
    with ledger.transaction():
        ledger.redacted.note(ledger.connection)
        ledger.runs.put(state_keys.REDACTION_DUE, sorted({*(ledger.runs.get(state_keys.REDACTION_DUE) or ()), *affected.orders}))
        ledger.runs.put(state_keys.REDACTION_RECORDS_DUE, True)
        for order_id in affected.orders:
            _strip_one(work, affected, order_id, unseen=not places_too)
            for pair in pairs:
                ledger.orders.wait(pair, [order_id])


def clean(ledger: Ledger, affected: Affected, kept: Kept | None = None) -> tuple[dict[str, int], bool]:
    """Remove the rest from the ledger, its bytes included: what was cleaned, and whether no reader kept old bytes alive.

    `kept` says what pairs keep of people; without it theirs is left for whoever knows.
    """
    with ledger.transaction():
        due = ledger.runs.get(state_keys.REDACTION_DUE) or ()
        counts = redaction(ledger).clean(sorted({*affected.orders, *due}), affected.values)
        counts["agreed_rows"] += redaction(ledger).people([affected.person], CUSTOMERS) if affected.person else 0
        if kept is not None:
            for name, count in KeptPeople(ledger.connection, ledger.redacted, kept).forget_marked().items():
                counts[name] = counts.get(name, 0) + count
            ledger.runs.put(state_keys.REDACTION_RECORDS_DUE, None)
        ledger.runs.put(state_keys.REDACTION_DUE, None)
        ledger.runs.put(state_keys.REDACTION_REBUILD, True)
    ledger.redacted.under_way = False
    return counts, overwrite(ledger)


def catch_up(ledger: Ledger, kept: Kept | None = None) -> int:
    """Finish a redaction that was cut short, and redact again what a restored or new ledger holds of orders that were redacted
    before; how many orders that were. `kept` as for `clean`.
    """
    if ledger.redacted.under_way:
        return 0
    records_due = kept is not None and ledger.runs.get(state_keys.REDACTION_RECORDS_DUE)
    if records_due or ledger.runs.get(state_keys.REDACTION_DUE) or ledger.runs.get(state_keys.REDACTION_REBUILD):
        clean(ledger, Affected(), kept)
    if not ledger.redacted.behind or redaction(ledger).open_writes():  # what is open is settled first; the next run catches up
        return 0
    affected = Affected()
    for order_id, name, snapshot in redaction(ledger).orders():
        if order_id in ledger.redacted:
            affected.add(order_id, name, snapshot)
    strip(ledger, affected, places_too=False)
    if affected.orders or kept is not None:
        clean(ledger, affected, kept)
    return len(affected.orders)


def redaction(ledger: Ledger) -> Redaction:
    return Redaction(ledger, is_personal_column, is_personal)


def _strip_one(work: Redaction, affected: Affected, order_id: str, *, unseen: bool) -> None:
    snapshot = work.ledger.orders.snapshot(order_id)
    if snapshot is None:
        return
    before = work.packed(order_id)
    stripped = without_person(snapshot, unseen=unseen)
    work.replace(order_id, stripped, snapshot_hash(stripped))
    half, after = len(before) // 2, work.packed(order_id)
    if parts := [part for part in (before[:half], before[half:]) if part and part not in after]:
        affected.packed[f"what was stored compressed of order {affected.orders[order_id]}"] = parts


def is_personal_column(name: str) -> bool:
    """Whether a column of orders may show something personal; one that nobody knows any more may."""
    known = column(name)
    return known is None and name != "key" or known is not None and touches(known.needs)
