"""A run, from first to last: orders from the shop into the ledger, and from the ledger to where people work.

The story on one page. Each step is elsewhere: `intake` reads the shop, `engine` compares, guards and applies, `apply` journals.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from syncdb.clock import Clock
from syncdb.connectors.base import Connector
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.engine.apply import Applier
from syncdb.engine.guards import Cause, Limits
from syncdb.engine.held import tell_held
from syncdb.engine.naming import names_in, overtaken_notes
from syncdb.engine.older_copy import OLDER_COPY, begin_anew, brought_up, forget_old_base, older_copy, shared, stopped
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair, examine, reconcile, refuse_surprises, refuse_too_many
from syncdb.engine.recording import recorded
from syncdb.engine.report import MOST_TOLD, Note, Report
from syncdb.engine.request import RunRequest, begun_as, everything_is_due, mode_of
from syncdb.engine.retention import bring_up_snapshots, cut_history
from syncdb.engine.spent_writes import tidy_spent
from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.runs import Problem
from syncdb.model import Policy, Record, Side
from syncdb.orders.carried_out import CarriedOut
from syncdb.orders.intake import Intake
from syncdb.orders.one_reading import OneReading
from syncdb.orders.packing import repack
from syncdb.orders.reading_for_all import HEARD_WITHIN, read_for_all
from syncdb.orders.shop_identity import zone_cause
from syncdb.orders.stored_orders import StoredOrders
from syncdb.orders.writable_orders import WritableOrders
from syncdb.programs import MANAGER
from syncdb.values import Value, iso, moment
from syncdb.wording import counted, some_of

if TYPE_CHECKING:  # a run into a sheet does without
    from syncdb.connectors.shopify.catalogue.orders import OrderWriter
    from syncdb.connectors.shopify.ordering.statuses import StatusWriter

NAMED = 5  # orders in a note
ORDERS = "orders"
NAMED_AT_ONCE = 100  # orders read by their ids


class RowMapping(Protocol):
    """How an order is shown on the other side."""

    @property
    def digest(self) -> str:
        """Changes whenever what is shown of an order changes."""

    def takes(self, snapshot: Mapping[str, Any]) -> bool:
        """Whether an order that has no rows yet shall get some."""

    def records(self, snapshot: Mapping[str, Any]) -> list[Record]:
        """One record for each row of an order."""

    def removed_record(self, key: str, last_fields: Mapping[str, Value]) -> Record:
        """The row of a line that the order no longer has."""


class Destination(Protocol):
    """Where the orders go. `pair` names it in the ledger, before anything about the shop is known."""

    pair: str

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        """The connector and what it shows of an order, for a shop with this time zone and currency."""

    def remember(self) -> None:
        """Keep in the ledger what ties it to this place."""

    def changed(self) -> Sequence[str] | None:
        """The keys of rows that people changed there since the last run, where the place can tell; None: look at everything.

        A place that cannot tell says that there are none: what people changed is found by the daily look at everything.
        """

    def put_back(self, seen: str) -> str:
        """See Feed.put_back."""

    def held(self) -> Mapping[str, str]:
        """Fields of which nothing is read or written there, with the reason."""

    def without_key(self) -> Mapping[str, Mapping[str, Value]]:
        """What rows of the opened place show that have no key, by their places: nobody's records, yet people add them up."""

    def settled(self) -> None:
        """All that `changed` named is settled."""

    def tidy(self, tokens: Sequence[int]) -> None:
        """Remove the traces of writes that ended long ago."""

    def close(self) -> None:
        """Let go of connections."""


def cut_note(shortened: Mapping[tuple[str, str], str]) -> Note:
    """Which texts were too long for their cells. `shortened` holds the order's name by key and field."""
    orders = list(dict.fromkeys(shortened.values()))
    columns, named = ", ".join(sorted({name for _, name in shortened})), some_of(orders, NAMED)
    return Note(
        "cut",
        f"Longer than a cell can hold: {counted(len(shortened), 'text')} ({columns} of order {named}). The cells show the "
        "beginning and end with a sign; everything else of the rows is as the shop has it.",
        f"The whole text is in the shop, and in {MANAGER} export.",
    )


def left_note(orders: Sequence[str]) -> Note:
    """Which orders have rows, but are not among the wanted ones any more."""
    return Note(
        "left out",
        f"{counted(len(orders), 'order')} left the filter: {some_of(orders, NAMED)}. The rows stay, and stay true.",
        "Rows that are not wanted can be deleted by hand, with deleted_rows set to respect.",
    )


@dataclass(frozen=True, slots=True)
class OrderSync:
    """One run. With `request.dry` the ledger must be a copy, and nothing is written anywhere else.

    `writer`, where there is one, carries what the other side may change of an order to the shop, `statuses` what it may do with
    one there. `shop` is what the configuration calls the shop. Runs that share a `reading` read it once. `strange` asks
    what the settings name that the shop has not, when they are new and with each look at everything.
    """

    ledger: Ledger
    reader: OrderReader
    destination: Destination
    policy: Policy
    limits: Limits
    request: RunRequest
    clock: Clock
    rng: random.Random
    progress: Progress
    writer: "OrderWriter | None" = None
    shop: str = "shopify"
    reading: OneReading = field(default_factory=OneReading)
    statuses: "StatusWriter | None" = None
    strange: Callable[[], Iterable[Note]] = tuple

    def run(self) -> Report:
        """Do it all and record how it went. What a person can act on is in the report; only defects are raised."""
        return recorded(self.ledger, self.destination.pair, self.request.dry, self.clock, self._steps, begun_as(self.request))

    def _steps(self, report: Report) -> None:
        deep = everything_is_due(self.ledger, self.destination.pair, self.request, self.clock.now())
        report.mode = mode_of(self.request, deep)
        zone_then = self._zone_shown()
        intake = self._read_shop(report, deep)
        connector, rows = self.destination.open(self.ledger.runs.get(state_keys.SHOP))
        if self._hear_of_new_columns(rows) or deep:
            for note in self.strange():
                report.note(note)
        self._hear_after_long_absence(report.run_id)
        stored = StoredOrders(self.ledger, self.destination.pair, rows.records, rows.removed_record, rows.takes)
        left = self._left(stored, intake)
        cause = zone_cause(zone_then, str(self.ledger.runs.get(state_keys.SHOP)["zone"]))
        policy = brought_up(self.policy) if OLDER_COPY in self.request.accept else self.policy
        pair = EntityPair(self.destination.pair, left, connector, policy, self._limits(cause), cause=cause)
        self._refuse_older_copy(report)
        rules = self.policy.rules
        applier = Applier(
            self.ledger, pair.name, pair.sides, report.run_id, self.clock, self.rng, self.progress, pair.joins, rules
        )
        if self.request.dry:
            self._plan_only(report, pair, stored, deep)
        else:
            self._bring_over(report, pair, stored, applier, deep)
        self._name_failed(report, stored)
        if stored.shortened:
            report.note(cut_note(stored.shortened))
        if stored.left:
            report.note(left_note(stored.left))

    def _left(self, stored: StoredOrders, intake: Intake) -> Connector:
        if self.writer is None:
            return stored
        statuses = CarriedOut(stored, self.statuses, intake.look_again) if self.statuses else None
        return WritableOrders(stored, self.writer, intake.look_again, statuses)

    def _refuse_older_copy(self, report: Report) -> None:
        """Raise NeedsPerson where the other side was put back to an older copy, which would undo what the shop has since."""
        name, policies = self.destination.pair, {self.destination.pair: self.policy}
        if OLDER_COPY in self.request.accept:
            begin_anew(self.ledger, name, policies)
        forget_old_base(self.ledger, policies)
        told = older_copy(self.ledger, name, Side.RIGHT, self.destination.put_back) if shared(self.policy) else ""
        if told and not self.request.dry:
            raise stopped([told], part=False)
        if told:
            report.would_stop(stopped([told], part=False))

    def _zone_shown(self) -> str | None:
        """By which time zone the rows were last written; asked before the shop is read, as older ledgers kept the shop's only."""
        known: str | None = self.ledger.runs.get(state_keys.zone_shown(self.destination.pair))
        return known or (self.ledger.runs.get(state_keys.SHOP) or {}).get("zone")

    def _limits(self, cause: Cause | None) -> Limits:
        """A cause that was consented to may change every row; what is deleted or gone stays guarded."""
        return replace(self.limits, changed_percent=100) if cause and cause.consent in self.request.accept else self.limits

    def _read_shop(self, report: Report, deep: bool) -> Intake:
        self.progress.stage("Reading orders")
        read_for_all(self.ledger, self.reader, self.destination.pair, self.clock.now())
        intake = Intake(self.ledger, self.reader, self.destination.pair, report, self.progress, self.clock)
        self.reading.once(report, lambda: self._read(intake, deep))
        return intake

    def _read(self, intake: Intake, deep: bool) -> None:
        if not self.request.only_named:
            intake.read(intake.window(self.request.lookback, whole=deep), self.request.overlap)
        named = self.request.named.get(self.shop, {}).get(ORDERS, ())
        for start in range(0, len(named), NAMED_AT_ONCE):
            intake.look_again(named[start : start + NAMED_AT_ONCE])

    def _bring_over(self, report: Report, pair: EntityPair, stored: StoredOrders, applier: Applier, deep: bool) -> None:
        """Settle what earlier runs left open, then bring the other side into agreement, then keep house."""
        settled = applier.settle_unfinished()
        made = applier.make_structure(Side.RIGHT)
        self.destination.remember()
        if made and self.ledger.runs.get(state_keys.examined(pair.name)):  # a first run makes everything, which needs no word
            report.note(Note("structure", "The tab, its headers or columns were brought to what the configuration says."))
        waiting, expected = self._waiting(pair.name, stored)
        keys = self._with_changed(expected)
        look_at = None if (deep or settled) and self.request.limit is None else keys
        self.progress.stage("Comparing", None if look_at is None else len(look_at))
        result = reconcile(self.ledger, pair, look_at, applier, self.progress, past_guard=self.request.force)
        report.take(result.plan, result.digest)
        report.counts.update(result.counts)
        report.names |= names_in(self.ledger, pair.name, (one.key for one in result.plan.conflicts[:MOST_TOLD]))
        for note in overtaken_notes(self.ledger, pair.name, result.overtaken):
            report.note(note)
        self._settle_orders(report, pair.name, waiting, result.unsettled, stored)
        tell_held(self.ledger, pair.name, "orders", [self.destination.held()], report, self._now())
        self._remember_zone(pair.name)
        if look_at is None and result.complete:
            self._remember_examined(pair.name)
        if result.complete and not report.partial:
            self.destination.settled()
        if settled or result.counts.total():  # a run with nothing to do writes nothing, not even to keep house
            tidy_spent(self.ledger, pair.name, self.clock, self.destination.tidy)
        bring_up_snapshots(self.ledger)
        repack(self.ledger, self.progress)
        cut_history(self.ledger, self.request.keep, self.clock, self.progress)

    def _waiting(self, pair: str, stored: StoredOrders) -> tuple[list[str], list[str]]:
        """The orders that the other side has to hear of, and their keys; of a trial run the first ones that are shown at all."""
        waiting = self.ledger.orders.waiting(pair)
        if self.request.limit is None:
            return waiting, stored.expect(waiting)
        taken: list[str] = []
        keys: list[str] = []
        for order_id in waiting:
            if len(keys) >= self.request.limit:
                break
            taken.append(order_id)
            keys += stored.expect([order_id])
        return taken, keys

    def _with_changed(self, keys: list[str]) -> list[str] | None:
        """These keys, those that changed on the other side and those that a person decided about; None for everything."""
        changed = self.destination.changed()
        decided = self.ledger.verdicts(self.destination.pair).keys()
        return None if changed is None else list(dict.fromkeys((*keys, *changed, *decided)))

    def _plan_only(self, report: Report, pair: EntityPair, stored: StoredOrders, deep: bool) -> None:
        keys = self._with_changed(self._waiting(pair.name, stored)[1])
        deep = deep and self.request.limit is None
        open_writes = self.ledger.journal(pair.name).unfinished()
        if open_writes:
            message = (
                f"Without a known outcome yet: {counted(len(open_writes), 'earlier write')}; a real run finds that out first."
            )
            report.note(Note("unfinished", message + " Its plan may differ from this one."))
        structure = pair.right.structure(self.rng.randrange(1, 2**31))
        if structure is not None:
            report.note(Note("structure", "The tab or some of its columns do not exist yet; a real run makes them first."))
            report.counts["structure"] = 1
        look_at = None if deep or open_writes else keys
        self.progress.stage("Comparing", None if look_at is None else len(look_at))
        plan = examine(self.ledger, pair, look_at, report.run_id, self._now(), self.progress)
        report.take(plan, plan.digest)
        try:
            refuse_surprises(self.ledger, pair, plan)
            refuse_too_many(pair, plan)
        except NeedsPerson as guard:
            report.would_stop(guard)

    def _settle_orders(
        self, report: Report, pair: str, waiting: Sequence[str], unsettled: set[str], stored: StoredOrders
    ) -> None:
        """Orders all of whose rows are right need not be looked at again before they change."""
        known = self.ledger.records(pair).known(unsettled)
        open_orders = {one.order_id for one in known.values()} | set(stored.failed)
        done = [order_id for order_id in waiting if order_id not in open_orders]
        report.counts["quarantined"] += len(open_orders)
        with self.ledger.transaction():
            self.ledger.orders.settled(pair, done)
            for order_id in open_orders - {""}:  # also where the other side's change could not be brought over
                self.ledger.orders.wait(pair, [order_id])
            for order_id in done:
                for stage in ("write", "show"):
                    self.ledger.problems.resolve(stage, order_id, f"written in run {report.run_id}", self._now(), pair)

    def _name_failed(self, report: Report, stored: StoredOrders) -> None:
        with self.ledger.transaction():
            for order_id, problem in stored.failed.items():
                self.ledger.problems.add(
                    Problem(
                        "show", "not showable", str(problem), order_id, problem.key, problem.next_step, self.destination.pair
                    ),
                    report.run_id,
                    self._now(),
                )

    def _remember_zone(self, pair: str) -> None:
        zone = self.ledger.runs.get(state_keys.SHOP)["zone"]
        if self.ledger.runs.get(state_keys.zone_shown(pair)) != zone:
            with self.ledger.transaction():
                self.ledger.runs.put(state_keys.zone_shown(pair), zone)

    def _remember_examined(self, pair: str) -> None:
        with self.ledger.transaction():
            self.ledger.runs.put(state_keys.examined(pair), self._now())

    def _hear_of_new_columns(self, rows: RowMapping) -> bool:
        """When other columns are to be shown, or the place is new, every order is to be looked at again. Whether that is so."""
        name = state_keys.shown(self.destination.pair)
        if self.ledger.runs.get(name) == rows.digest:
            return False
        with self.ledger.transaction():
            self.ledger.orders.wait_all(self.destination.pair)
            self.ledger.runs.put(name, rows.digest)
        return True

    def _hear_after_long_absence(self, run_id: int) -> None:
        """Other places of this ledger go on reading the shop; one that was away for long may not have heard of every change."""
        last = self.ledger.runs.last_start(self.destination.pair, run_id)
        if last is not None and self.clock.now() - moment(last) >= HEARD_WITHIN:
            with self.ledger.transaction():
                self.ledger.orders.wait_all(self.destination.pair)

    def _now(self) -> str:
        return iso(self.clock.now())
