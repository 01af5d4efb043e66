"""The orders of some days read anew from the shop, to be held against the rows of the other side.

They are read into a ledger of their own that is gone afterwards: nothing of what the shop said earlier gets in between. What was
agreed earlier only tells what a line showed that its order no longer has, and which side moved.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syncdb.connectors.base import Capabilities
from syncdb.engine.audit import Audited, Period, Sum
from syncdb.engine.policy import Triple
from syncdb.engine.report import Report
from syncdb.engine.triples import of_everything
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.orders import groups
from syncdb.ledger.records import Records
from syncdb.mapping.choice import column
from syncdb.model import Field, Found, Record, Side, Snapshot
from syncdb.orders.intake import ASKED_AT_ONCE, FETCH, Intake, Window
from syncdb.orders.rows_without_key import RowsWithoutKey
from syncdb.orders.shop_identity import same_shop
from syncdb.values import iso, moment
from syncdb.wording import counted

if TYPE_CHECKING:
    from syncdb.orders.order_sync import OrderSync, RowMapping

BLOCK = 300
AHEAD = timedelta(hours=14)  # the day begins first at UTC+14; until the shop has said its time zone that counts
# what an accountant adds up of an order, each once for the order
GROSS = "gross"  # what the units that are on the orders now cost before discounts, of rows by line item
OF_GROSS = ("current_line_total", "current_line_discount")
MEASURES = (
    "order_subtotal",
    "order_discounts",
    "order_shipping",
    "order_tax",
    "order_duties",
    "order_fees",
    "tips",
    "order_total",
    "total_received",
    "total_refunded",
    "net_payment",
)
OF_ROWS = ("refund_amount", "transaction_net")  # what each refund or payment came to, added up over their rows
MOST_NAMED = 5
NOBODY_KNOWS = "?"


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as sums need it: its name, the day (ISO) on which it was placed by the shop's clock, and its currency."""

    name: str
    day: str
    currency: str


@dataclass(slots=True)
class FreshOrders:
    """The orders that the shop showed just now as records, by the keys of their rows; of the period only."""

    orders: Ledger
    records: Records
    rows: "RowMapping"
    placed: Mapping[str, Placed]
    homes: dict[str, str] = field(init=False)

    can = Capabilities(create=False, update=False)

    def __post_init__(self) -> None:
        self.homes = {key: order_id for order_id, of_order in self._shown(self.placed) for key in of_order}

    def fetch(self) -> Iterator[Snapshot]:
        """All of them, with the lines that are gone from an order but were shown once."""
        for block in groups(self.placed, BLOCK):
            yield self._snapshot(self._shown(block))

    def look(self, keys: Iterable[str]) -> Snapshot:
        wanted = set(keys)
        known = self.homes | {key: home for key, home in self.records.homes(wanted).items() if home in self.placed}
        shown = self._snapshot(self._shown({known[key] for key in wanted if key in known}))
        return Snapshot({key: found for key, found in shown.found.items() if key in wanted}, complete=True)

    def _snapshot(self, shown: Iterable[tuple[str, Mapping[str, Record]]]) -> Snapshot:
        found = {key: Found(order_id, "", record) for order_id, of_order in shown for key, record in of_order.items()}
        return Snapshot(found, complete=True)

    def _shown(self, order_ids: Iterable[str]) -> Iterator[tuple[str, dict[str, Record]]]:
        for block in groups(order_ids, BLOCK):
            earlier = self.records.of_orders(block)
            for order_id, snapshot in self.orders.orders.snapshots(block).items():
                of_order = {record.key: record for record in self.rows.records(snapshot)}
                for key, known in earlier.items():
                    if known.order_id == order_id and key not in of_order and known.base is not None:
                        of_order[key] = self.rows.removed_record(key, known.base.fields)
                yield order_id, of_order


@dataclass(slots=True)
class OrderSums:
    """Orders, rows and amounts by day and currency: the shop's from its orders, the other side's from what its rows show.

    An amount of an order counts once, however many rows repeat it.
    """

    placed: Mapping[str, Placed]
    home: "Homes"
    shown: Sequence[str]
    keyless: RowsWithoutKey
    _left: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _right: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _counted: set[tuple[str, str]] = field(default_factory=set)
    _tests: list[str] = field(default_factory=list)

    def of_shop(self, order_id: str, snapshot: Mapping[str, Any]) -> None:
        """Take in an order as the shop shows it."""
        sums = self._left.setdefault(_group(self.placed[order_id]), Counter())
        sums["orders"] += 1
        sums[GROSS] += _gross(snapshot)  # type: ignore[assignment]
        for name in MEASURES:
            value = _picked(name, snapshot)
            if value is not None:
                sums[name] += value  # type: ignore[assignment]
        if snapshot.get("test"):
            self._tests.append(self.placed[order_id].name)

    def remarks(self) -> list[str]:
        """Orders in the sums that others leave out of theirs: people who compare ask for them."""
        if not self._tests:
            return []
        named = ", ".join(self._tests[:MOST_NAMED]) + (" ..." if len(self._tests) > MOST_NAMED else "")
        told = f"{counted(len(self._tests), 'test order')} among them ({named})"
        return [f"{told}, in the sums as in the rows; `report` leaves test orders out."]

    def see(self, triple: Triple) -> None:
        if triple.left is not None:
            sums = self._left.setdefault(_group(self.placed[self.home(triple)]), Counter())
            self._add_row(sums, triple.left.record.fields)
        if (home := self.placed.get(self.home(triple))) is not None and self.keyless.rows:
            for found in filter(None, (triple.left, triple.right)):
                self.keyless.see(found.record, home.name)
        if triple.right is not None:
            self._of_row(self.home(triple) or triple.key, triple.right.record.fields)

    def all(self) -> Sequence[Sum]:
        found = []
        for day, currency in sorted({*self._left, *self._right}):
            left, right = (sums.get((day, currency), Counter()) for sums in (self._left, self._right))
            found += [Sum(day, currency, what, Decimal(left[what]), Decimal(right[what])) for what in ("orders", "rows")]
            for name in (GROSS, *MEASURES, *OF_ROWS):
                there = Decimal(right[name]) if name in self.shown else None
                if left[name] or there:
                    found.append(Sum(day, currency, name, Decimal(left[name]), there))
        return found

    def _of_row(self, order: str, fields: Mapping[str, Any]) -> None:
        group = _group(self.placed.get(order) or _by_row(fields))
        sums = self._right.setdefault(group, Counter())
        self._add_row(sums, fields)
        if (order, "orders") not in self._counted:
            self._counted.add((order, "orders"))
            sums["orders"] += 1
        if GROSS in self.shown:
            sums[GROSS] += sum(_number(fields.get(name)) or Decimal(0) for name in OF_GROSS)  # type: ignore[assignment]
        for name in self.shown:
            value = None if name in OF_ROWS else _number(fields.get(name))
            if value is not None and (order, name) not in self._counted:
                self._counted.add((order, name))
                sums[name] += value  # type: ignore[assignment]

    def _add_row(self, sums: Counter[str], fields: Mapping[str, Any]) -> None:
        sums["rows"] += 1
        for name in OF_ROWS:
            if name in self.shown and (value := _number(fields.get(name))) is not None:
                sums[name] += value  # type: ignore[assignment]


@dataclass(slots=True)
class Homes:
    """Which order a row belongs to; empty where nobody knows."""

    fresh: FreshOrders
    records: Records

    def __call__(self, triple: Triple) -> str:
        return self.fresh.homes.get(triple.key) or self.records.homes([triple.key]).get(triple.key, "")


@dataclass(slots=True)
class _Rows:
    """Which rows of the other side belong to the days of the audit, and how many cannot be told."""

    home: Homes
    period: Period
    ids: frozenset[str]
    undated: int = 0

    def within(self, triple: Triple) -> bool:
        home = self.home(triple)
        if home:
            return home in self.ids
        day = _day_shown(triple.right.record.fields) if triple.right else None
        self.undated += day is None
        return day is not None and self.period.first <= day <= self.period.last

    def problems(self) -> list[str]:
        told = f"Rows of no order that is known here, without a date, so that they were not compared: {self.undated}."
        return [told] if self.undated else []


@contextmanager
def audited_orders(sync: "OrderSync", period: Period, fields: Sequence[Field] = ()) -> Iterator[list[Audited]]:
    """The orders of a period, read anew. The run's own ledger must be a copy. Raises what reading the shop raises.

    `fields` are what is compared of an order where that is not columns.
    """
    path = sync.ledger.path
    with Ledger.copy(path.with_name(f"{path.name}.audit"), sync.clock.now()) as fresh:
        fresh.redacted = sync.ledger.redacted
        report = _read(sync, fresh, period)
        yield [_audited(sync, fresh, period, report, {one.name: one for one in fields})]


def _read(sync: "OrderSync", fresh: Ledger, period: Period) -> Report:
    """Every order that was changed since the period began, which all of the period were."""
    now = sync.clock.now()
    with fresh.transaction():
        report = Report(fresh.runs.start("audit", "audit", iso(now)), "audit", iso(now))
    intake = Intake(fresh, sync.reader, "audit", report, sync.progress, sync.clock)
    begin = datetime.combine(period.first, time(), UTC) - AHEAD
    sync.progress.stage("Reading orders anew")
    intake.read(Window(begin, now, True, begin), sync.request.overlap)
    if (facts := sync.reader.facts) is not None:
        same_shop(sync.ledger, facts, sync.reader.client.shop)
        _ask_for_known(sync, fresh, intake, period)
    return report


def _ask_for_known(sync: "OrderSync", fresh: Ledger, intake: Intake, period: Period) -> None:
    """Ask by id for orders that runs knew and the listing did not show: the shop's search lags behind what the shop has."""
    zone = str(sync.ledger.runs.get(state_keys.SHOP)["zone"])
    known = _placed(sync.ledger, period, zone).keys() - _placed(fresh, period, zone).keys()
    for group in groups(sorted(known), ASKED_AT_ONCE):
        sync.progress.stop_if_asked()
        intake.look_again(group)


def _audited(sync: "OrderSync", fresh: Ledger, period: Period, report: Report, named: Mapping[str, Field]) -> Audited:
    shop = sync.ledger.runs.get(state_keys.SHOP)
    connector, rows = sync.destination.open(shop)
    structure = connector.structure(random.SystemRandom().randrange(1, 2**31))
    records = sync.ledger.records(sync.destination.pair)
    every = _placed(fresh, period, str(shop["zone"]))
    placed = _with_rows(fresh, records, rows, every)
    left_out = len(every) - len(placed)
    orders = FreshOrders(fresh, records, rows, placed)
    home = Homes(orders, records)
    managed = [name for name in sync.policy.rules if name != "key"]
    gross = [GROSS] if set(OF_GROSS) <= set(managed) else []
    keyless = RowsWithoutKey(sync.destination.without_key() if structure is None else {})
    sums = OrderSums(placed, home, [*gross, *(name for name in (*MEASURES, *OF_ROWS) if name in managed)], keyless)
    for order_id, snapshot in _snapshots(fresh, placed):
        sums.of_shop(order_id, snapshot)
    within = _Rows(home, period, frozenset((*placed, *_placed(sync.ledger, period, str(shop["zone"])))))

    def problems() -> list[str]:
        held = fresh.problems.quarantined(FETCH)
        partial = ["Not every order could be read.", *(note.message for note in report.notes)] if report.partial else []
        partial += [f"Orders that could not be understood and were left out: {', '.join(sorted(held))}."] if held else []
        made = ["The tab or some of its columns do not exist yet; a run makes them."] if structure is not None else []
        return [*partial, *made, *within.problems(), *keyless.problems()]

    def name(triple: Triple) -> str:
        known = placed.get(home(triple))
        shown = triple.right.record.fields.get("order_name") if triple.right else None
        return known.name if known else str(shown or triple.key)

    titles = {Side.LEFT: "the shop", Side.RIGHT: connector.title}
    fields = [named.get(one) or _field(one) for one in managed]
    return Audited(
        "orders",
        sync.destination.pair,
        titles,
        fields,
        {name: rule.owner for name, rule in sync.policy.rules.items()},
        lambda: of_everything(records, orders, connector),
        within.within,
        name,
        sums,
        problems,
        [*([_left_out(left_out)] if left_out else ()), *sums.remarks()],
    )


def _left_out(count: int) -> str:
    """Why orders of the period are not among the records: a filter, or a tab of refunds to which they have nothing to show."""
    one = count == 1
    has = "has no row here, and is to have" if one else "have no rows here, and are to have"
    return f"{counted(count, 'order')} of these days {has} none: {'it was' if one else 'they were'} left out."


def _field(name: str) -> Field:
    found = column(name)
    assert found is not None, "the settings named it"
    return Field(name, found.label, found.kind)


def _placed(ledger: Ledger, period: Period, zone: str) -> dict[str, Placed]:
    """The orders of a ledger that were placed in the period, by the shop's clock."""
    clock = ZoneInfo(zone)
    first, last = (datetime.combine(day, time(), clock) for day in (period.first, period.last + timedelta(days=1)))
    return {
        order_id: Placed(name or order_id, moment(at).astimezone(clock).date().isoformat(), currency or NOBODY_KNOWS)
        for order_id, name, at, currency in ledger.orders.placed(iso(first), iso(last))
    }


def _with_rows(fresh: Ledger, records: Records, rows: "RowMapping", placed: Mapping[str, Placed]) -> dict[str, Placed]:
    """Without the orders that no row is wanted of and that have none."""
    unwanted = [order_id for order_id, snapshot in _snapshots(fresh, placed) if not rows.takes(snapshot)]
    known = records.of_orders(unwanted) if unwanted else {}
    gone = set(unwanted) - {one.order_id for one in known.values() if one.base is not None}
    return {order_id: one for order_id, one in placed.items() if order_id not in gone}


def _snapshots(fresh: Ledger, order_ids: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for block in groups(order_ids, BLOCK):
        yield from fresh.orders.snapshots(block).items()


def _picked(name: str, snapshot: Mapping[str, Any]) -> Decimal | None:
    found = column(name)
    assert found is not None, "there is a column for each measure"
    return _number(found.pick(snapshot, {}))


def _number(value: object) -> Decimal | None:
    """An amount; None for what is none, such as a person's formula or word in the cell."""
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _gross(snapshot: Mapping[str, Any]) -> Decimal:
    """Units now, each at its price before discounts."""
    lines = snapshot.get("line_items") or ()
    prices = (_of_line("unit_price", snapshot, line) * _of_line("current_quantity", snapshot, line) for line in lines)
    return sum(prices, Decimal(0))


def _of_line(name: str, snapshot: Mapping[str, Any], line: Mapping[str, Any]) -> Decimal:
    found = column(name)
    assert found is not None, "it is a column of lines"
    return _number(found.pick(snapshot, line)) or Decimal(0)


def _group(placed: Placed) -> tuple[str, str]:
    return placed.day, placed.currency


def _by_row(fields: Mapping[str, Any]) -> Placed:
    """What a row says of an order that the shop does not show."""
    day = _day_shown(fields)
    return Placed("", day.isoformat() if day else NOBODY_KNOWS, str(fields.get("currency") or NOBODY_KNOWS))


def _day_shown(fields: Mapping[str, Any]) -> date | None:
    shown = fields.get("processed_at") or fields.get("created_at")
    return shown.date() if isinstance(shown, datetime) else None
