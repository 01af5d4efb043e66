"""What the ledger says of how things stand: the facts, without a verdict. No output here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncdb.errors import LedgerBusy, LedgerUnusable
from syncdb.ledger import state_keys
from syncdb.ledger.file import held
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.overview import InboxOverview
from syncdb.ledger.inbox.overview import overview as inbox_overview
from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.errors import Group, grouped, open_errors
from syncdb.ledger.queries.overview import OrderCounts
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.web.schedules import DueTime
from syncdb.orders.ledger_gaps import after_asking, gaps_in
from syncdb.orders.number_gaps import Gap, Reason
from syncdb.pairs import registry
from syncdb.services.known_schedules import due_times
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.pair_sides import first_places
from syncdb.services.run_schedule import Rhythm
from syncdb.services.run_series import Series, series_of_runs
from syncdb.systems.base import System

OUTCOMES = {
    0: "done",
    1: "a defect of syncdb",
    2: "configuration",
    3: "done in part",
    4: "a remote refused or was away",
    5: "stopped for a person to look",
    7: "another run held the ledger",
    130: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Status:
    """All that `status` tells."""

    now: datetime
    place: LedgerLocation
    shop: dict[str, Any] | None
    size: int
    counts: OrderCounts
    last_runs: Sequence[dict[str, Any]]
    pairs: Sequence[dict[str, Any]]
    series: Sequence[Series]
    mark: dict[str, Any] | None
    checked_at: str | None
    writes: Sequence[dict[str, Any]]
    errors: Sequence[Group]
    gaps: Sequence[Gap]
    schema: Sequence[str]
    kept: Mapping[str, int]
    calls: Mapping[str, Mapping[str, Any]]  # of each system whose calls are counted
    known: Mapping[str, RegisteredPair]
    inbox: InboxOverview
    remedies: Mapping[int, str]  # what to do about the last failed run of each pair, by its id
    first: Mapping[str, str]  # what people call the first side of each pair that ran
    held: bool | None  # by a run, at this moment; None where that cannot be known
    due: Mapping[str, DueTime] = field(default_factory=dict)  # what `serve --schedule` keeps, by the pair's name
    queue: Mapping[str, Any] | None = None  # of a pair that has one: how many of its records failed for good

    @property
    def tracks_orders(self) -> bool:
        """Whether anything that the ledger knows keeps orders in step; before the first run nobody knows."""
        return not self.known or self.counts.orders > 0 or any(one.tracks_orders for one in self.known.values())

    @property
    def last_run(self) -> dict[str, Any] | None:
        return next((run for run in self.last_runs if run["mode"] != "test"), None)

    @property
    def rhythm(self) -> Rhythm | None:
        """That of the runs that were made last."""
        return self.series[0].rhythm if self.series else None

    @property
    def version(self) -> str | None:
        """The API version that is configured, else the one that answered last."""
        return self.place.api_version or (self.shop or {}).get("version")

    @property
    def open_gaps(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.reason is Reason.UNEXPLAINED]


def read_status(reader: LedgerReader, place: LedgerLocation, now: datetime) -> Status:
    """Ask the ledger everything that `status` tells."""
    known = overview.known_pairs(reader)
    runs, last_of_each = overview.last_runs(reader), overview.last_run_of_each_pair(reader)
    return Status(
        now,
        place,
        reader.shop,
        reader.path.stat().st_size,
        overview.order_counts(reader),
        runs,
        last_of_each,
        series_of_runs(reader, [one["pair"] for one in last_of_each], known, place),
        overview.watermark(reader),
        reader.meta(state_keys.CHECKED_AT),
        overview.open_writes(reader),
        grouped(open_errors(reader)),
        after_asking(gaps_in(reader), reader),
        overview.schema(reader),
        overview.kept_in_step(reader),
        {one.name: counted for one in counting() if (counted := overview.calls(reader, one.name))},
        known,
        _inbox(reader),
        overview.remedies(reader, [one["pair"] for one in last_of_each]),
        first_places(reader, [one["pair"] for one in last_of_each]),
        held(reader.path),
        _due(reader),
        reader.meta(state_keys.QUEUE_FAILED),
    )


def _due(reader: LedgerReader) -> dict[str, DueTime]:
    """Nothing where web.db cannot be read: what can be seen without it is told all the same."""
    try:
        return due_times(reader.path)
    except (LedgerBusy, LedgerUnusable):
        return {}


def _inbox(reader: LedgerReader) -> InboxOverview:
    """What was heard; nothing where the inbox is held for a moment."""
    try:
        return inbox_overview(inbox_path(reader.path))
    except LedgerBusy:
        return InboxOverview()


def counting() -> list[System]:
    """The systems whose calls are counted by the month."""
    return [one for one in registry.systems_of(registry.PAIRS) if one.calls_by]


def calls_used(state: Status, system: str) -> int:
    """Calls to a system in this month (UTC), as runs have counted them."""
    counted = state.calls.get(system)
    return int(counted["used"]) if counted and counted["month"] == f"{state.now:%Y-%m}" else 0
