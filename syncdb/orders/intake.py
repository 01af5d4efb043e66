"""Orders into the ledger: read what changed in the shop, keep it page by page, and move the watermark only past what is kept."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.order_source import Absence, Facts, Looked, Notice, OrderPage, Quarantined
from syncdb.connectors.shopify.normalise import merge_withheld
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.personal import without_person
from syncdb.connectors.shopify.presence import Presence
from syncdb.engine.progress import Progress
from syncdb.engine.report import Note, Report
from syncdb.errors import Refused, RetryLater
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.orders import Seen, groups
from syncdb.ledger.runs import Problem
from syncdb.order_snapshot import OrderSnapshot, snapshot_of
from syncdb.orders.missed_orders import missed
from syncdb.orders.reading_for_all import places
from syncdb.orders.redaction import catch_up
from syncdb.orders.shop_identity import same_shop
from syncdb.snapshot_versions import present
from syncdb.values import iso, moment

FETCH = "fetch"
ASKED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Window:
    """Which changes of the shop to read: those since `since`; what lies between `covered_since` and that has been read.

    `whole`: the entire look-back window, so that an absent order can be noticed.
    """

    since: datetime
    until: datetime
    whole: bool
    covered_since: datetime


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes orders from the reader into the ledger. `pair` hears of each order that changed."""

    ledger: Ledger
    reader: OrderReader
    pair: str
    report: Report
    progress: Progress
    clock: Clock
    _hearing: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hearing", places(self.ledger, self.pair, self.clock.now()))

    def window(self, lookback: timedelta, *, whole: bool) -> Window:
        """From the watermark on, or the whole look-back window where that was never read, has grown, or is asked for.

        A watermark older than the window (the tool did not run for long) is where reading begins: nothing in between is skipped.
        """
        now = self.clock.now()
        begin = now - lookback
        mark = self._read_up_to(state_keys.WATERMARK, begin)
        if mark is None:
            return self._first_window(begin, now)
        reached, covered = moment(mark["at"]), moment(mark["covered_since"])
        if whole:
            return Window(min(begin, reached), now, True, min(begin, reached, covered))
        return Window(reached, now, False, covered)

    def _first_window(self, begin: datetime, now: datetime) -> Window:
        """The whole window, or the rest of it where an earlier run got some way and was cut short."""
        progress = self._read_up_to(state_keys.READING, begin)
        if progress is None:
            return Window(begin, now, True, begin)
        return Window(moment(progress["at"]), now, False, moment(progress["covered_since"]))

    def _read_up_to(self, name: str, begin: datetime) -> dict[str, Any] | None:
        """A remembered point of the reading, if it covers the time from `begin` on and whatever is to be read along."""
        mark: dict[str, Any] | None = self.ledger.runs.get(name)
        if mark is None or lacks(mark.get("metafields"), self._metafields()) or lacks(mark.get("along"), self._along()):
            return None
        return mark if moment(mark["covered_since"]) <= begin + timedelta(minutes=1) else None

    def read(self, window: Window, overlap: timedelta) -> None:
        """Read the window page by page, each page in one transaction; then look after what needs asking for by id."""
        catch_up(self.ledger)
        self.ledger.shown.begin()
        whole, ended, facts = True, False, None
        with closing(self.reader.changed(window.since, window.until)) as pages:
            for page in pages:
                self.progress.stop_if_asked()
                if page.facts != facts:
                    self._same_shop(page.facts)
                    facts = page.facts
                whole, ended = whole and not page.partial, page.last
                self._take_page(page, page.reached - overlap if whole and page.reached else None, window.covered_since)
                self.progress.advance(len(page.orders))
        whole = whole and ended
        self._ask_again(window if window.whole and whole else None, overlap)
        if window.whole and whole:
            self._ask_for_unseen()
        self.report.partial = self.report.partial or not whole
        if whole:
            self._move_watermark(window, overlap)
            self._close_gaps(window)

    def look_again(self, order_ids: Sequence[str]) -> None:
        """Read just these orders anew, past the shop's search."""
        self._take_looked(self.reader.by_ids(order_ids, self._made(order_ids)))

    def _close_gaps(self, window: Window) -> None:
        """Bring in what the order numbers say was missed. What cannot be asked now is asked by a later run."""
        facts = self.reader.facts
        if facts is None:
            return
        shop, lookback = Presence(self.reader.client), window.until - window.since
        try:
            found = missed(self.ledger, shop, facts, self.clock.now(), lookback, whole=window.whole)
            ids = self.ledger.shown.others(one.order_id for one in found)
            if ids:
                self._take_looked(self.reader.by_ids(sorted(ids), {one.order_id: one.created_at for one in found}))
        except (Refused, RetryLater) as problem:
            self.report.note(Note("gaps", f"Gaps in the order numbers could not be asked about: {problem}", problem.next_step))
            return
        for one in found:
            if one.order_id in ids:
                self.report.counts["orders_missed"] += 1
                self.report.note(Note("gap", f"{one.name} was missing though the shop has it. It was brought in."))

    def _take_page(self, page: OrderPage, read_up_to: datetime | None, covered_since: datetime) -> None:
        if page.orders or page.quarantined or read_up_to:
            with self.ledger.transaction():
                self._keep(page)
                if read_up_to:
                    self._remember(state_keys.READING, read_up_to, covered_since)
        self._tell(page.notices)

    def _keep(self, page: OrderPage) -> None:
        self._take(page.orders)
        for held in page.quarantined:
            self._hold_back(held)
        self.ledger.shown.add(order.order_id for order in page.orders)
        self.ledger.shown.add(held.order_id for held in page.quarantined)

    def _take(self, orders: Sequence[OrderSnapshot]) -> None:
        if not orders:
            return
        now, ids = iso(self.clock.now()), [order.order_id for order in orders]
        seen = self.ledger.orders.save([self._as_kept(order) for order in orders], self.report.run_id, now)
        self.report.counts["fetched"] += len(orders)
        for state, count in Counter(seen).items():
            self.report.counts[f"orders_{state.value}"] += count
        self._wait([order_id for order_id, state in zip(ids, seen, strict=True) if state in (Seen.NEW, Seen.CHANGED)])
        for order_id in set(self.ledger.problems.quarantined(FETCH)).intersection(ids):
            self.ledger.problems.resolve(FETCH, order_id, f"read in run {self.report.run_id}", now)

    def _as_kept(self, order: OrderSnapshot) -> OrderSnapshot:
        """The order without the person that was redacted, and with what is withheld as it was last seen."""
        if not order.withheld and order.order_id not in self.ledger.redacted:
            return order
        snapshot = order.snapshot
        if order.order_id in self.ledger.redacted:
            snapshot = without_person(snapshot)
        stored = self.ledger.orders.snapshot(order.order_id) if order.withheld else None
        return snapshot_of(merge_withheld(snapshot, present(stored) if stored else None))

    def _wait(self, order_ids: Sequence[str]) -> None:
        """Every place that shows orders of this ledger hears of a change, whichever of them the run is for."""
        for pair in self._hearing:
            self.ledger.orders.wait(pair, order_ids)

    def _hold_back(self, held: Quarantined) -> None:
        self.report.counts["quarantined"] += 1
        name = held.name or str((self.ledger.orders.snapshot(held.order_id) or {}).get("name") or "")
        self.ledger.problems.add(
            Problem(
                FETCH,
                "held back",
                f"Order {name or held.order_id} was held back whole: {held.why}",
                held.order_id,
                name,
                "Nothing to do: every run asks for it again. If it stays, look at the order in the Shopify admin.",
            ),
            self.report.run_id,
            iso(self.clock.now()),
        )

    def _ask_again(self, window: Window | None, overlap: timedelta) -> None:
        """Ask by id for orders held back earlier, missing ones, and ones that a whole listing should have shown but did not."""
        ask = {*self.ledger.problems.quarantined(FETCH), *self.ledger.orders.missing()}
        if window is not None:
            # what changed within the last minutes may be missing from the search index only
            ask |= self.ledger.shown.lacking(iso(window.since), iso(window.until - overlap))
        waiting = sorted(self.ledger.shown.others(ask))
        if not waiting:
            return
        self.progress.stage("Asking again for single orders", len(waiting))
        for group in groups(waiting, ASKED_AT_ONCE):
            self.progress.stop_if_asked()
            self._take_looked(self.reader.by_ids(group, self._made(group)))
            self.progress.advance(len(group))

    def _ask_for_unseen(self) -> None:
        """Ask for orders that were read with holes, whatever their age: newest first, as long as that shows more of them."""
        holes = [one for one in self.ledger.orders.with_holes() if one not in self.ledger.redacted]
        listed = self.ledger.shown.others(holes)
        for group in groups([one for one in holes if one in listed], ASKED_AT_ONCE):
            self.progress.stop_if_asked()
            before = self._unseen(group)
            looked = self.reader.by_ids(group, self._made(group))
            self._take_looked(looked)
            with self.ledger.transaction():
                for order in looked.orders:
                    if not order.withheld:
                        self.ledger.orders.nothing_unseen(order)
            if self._unseen(group) >= before:
                return

    def _unseen(self, order_ids: Sequence[str]) -> int:
        """How much of these orders could not be seen when they were last read."""
        return sum(len(one.get("withheld", ())) for one in self.ledger.orders.snapshots(order_ids).values())

    def _take_looked(self, looked: Looked) -> None:
        self._same_shop(looked.facts)
        with self.ledger.transaction():
            self._take(looked.orders)
            for held in looked.quarantined:
                self._hold_back(held)
            for order_id, absence in looked.absent.items():
                self._absent(order_id, absence)
        self._tell(looked.notices)
        self.report.partial = self.report.partial or looked.partial

    def _absent(self, order_id: str, absence: Absence) -> None:
        """An order that is not shown under its id: deleted only if it would be visible, and if two runs say so."""
        now = iso(self.clock.now())
        if absence is not Absence.DELETED:
            return
        stored = self.ledger.orders.snapshot(order_id)
        if stored is None:
            self.ledger.problems.resolve(FETCH, order_id, "the shop no longer has it", now)
            return
        if self.ledger.orders.mark_missing(order_id, now) is None:
            self.report.counts["orders_missing"] += 1
            return
        gone = present(stored) | {"deleted_at": now}
        self.ledger.orders.save([snapshot_of(gone)], self.report.run_id, now)
        self._wait([order_id])
        self.ledger.problems.resolve(FETCH, order_id, "the shop no longer has it", now)
        self.report.counts["orders_deleted"] += 1
        self.report.note(
            Note("deleted", f"Order {stored.get('name')} was deleted in the shop. Its rows stay, with the status deleted.")
        )

    def _made(self, order_ids: Sequence[str]) -> dict[str, datetime]:
        """When these orders were made, as far as the ledger knows."""
        stored = self.ledger.orders.snapshots(order_ids)
        return {order_id: moment(one["created_at"]) for order_id, one in stored.items() if one.get("created_at")}

    def _move_watermark(self, window: Window, overlap: timedelta) -> None:
        """To when this reading began, by the earlier of two clocks: a computer whose clock runs ahead has not seen the future."""
        began = min(window.until, self.reader.client.first_dated or window.until)
        with self.ledger.transaction():
            self._remember(state_keys.WATERMARK, began - overlap, window.covered_since)

    def _remember(self, name: str, at: datetime, covered_since: datetime) -> None:
        point = {
            "at": iso(at),
            "covered_since": iso(covered_since),
            "metafields": self._metafields(),
            "along": self._along(),
            "run_id": self.report.run_id,
        }
        self.ledger.runs.put(name, point)

    def _metafields(self) -> list[list[str]]:
        """Which metafields are read along. When further ones are chosen, the window has to be read again."""
        return [list(name) for name in self.reader.metafields]

    def _along(self) -> list[str]:
        """The same of what else is read along."""
        return list(self.reader.along)

    def _same_shop(self, facts: Facts) -> None:
        """Raises NeedsPerson when another shop answers than the ledger's."""
        same_shop(self.ledger, facts, self.reader.client.shop)

    def _tell(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self.report.note(Note(notice.code, notice.message, notice.next_step))


def lacks(known: Sequence[Any] | None, wanted: Sequence[Any]) -> bool:
    """Whether anything that is wanted was not read."""
    return any(one not in (known or ()) for one in wanted)
