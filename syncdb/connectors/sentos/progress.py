"""How far Sentos has come with the orders that were sent to it: shipped and with whom, or cancelled. Only read."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from syncdb.connectors.base import Capabilities, Changes
from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.finding import OrderFinder
from syncdb.connectors.sentos.order_shape import CANCELLED, ON_ITS_WAY, SentosOrder, order_in
from syncdb.connectors.sentos.paging import Listing
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Snapshot
from syncdb.values import Value

ENTITY = "shipments"


@dataclass(slots=True)
class SentosProgress:
    """Orders whose order_id begins with `ours`, as a connector and as its feed. Listings begin at the day `since`; `today` is the
    day by Sentos' clocks, `known` are orders about which something was agreed before. What each shows is read once a run.
    """

    client: SentosClient
    finder: OrderFinder
    ours: str
    since: date
    today: Callable[[], date]
    known: Callable[[], Iterable[str]]
    title: str = "Sentos"
    name: str = "Sentos shipments"
    can: Capabilities = field(default=Capabilities(create=False, update=False))
    _seen: dict[str, list[SentosOrder]] = field(default_factory=dict)

    def changes(self, cursor: str | None) -> Changes:
        """The orders that are not as they were in the last answer. The question is by day: whether it may be by minute, and
        whether Sentos heeds it, is not sure, so that what it leaves out is found by the daily look at everything.
        """
        known: Mapping[str, Any] = json.loads(cursor) if cursor else {}
        day = self.today().isoformat()
        if not known:
            return Changes({ENTITY: None}, json.dumps({"day": day, "seen": {}}))
        shown, _ = self._listed({"updated_start_date": str(known["day"])})
        marks = {key: _mark(orders) for key, orders in shown.items()}
        moved = tuple(key for key, mark in marks.items() if known["seen"].get(key) != mark)
        return Changes({ENTITY: moved}, json.dumps({"day": day, "seen": marks}))

    def put_back(self, seen: str) -> str:
        """Sentos tells of no states."""
        return ""

    def after_own_writes(self, cursor: str) -> str:
        """Nothing is written here."""
        return cursor

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """Those of the time that is looked at; about older ones nothing is said."""
        shown, complete = self._listed({"orderby_field": "updated_at"})
        older: dict[str, list[SentosOrder]] = {key: [] for key in self.known()}
        yield self._snapshot(older | shown, complete)

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self._snapshot({key: self._seen[key] if key in self._seen else self.finder.find(key) for key in keys}, True)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        raise TypeError("how far orders are is never written to Sentos here")

    def write(self, attempt: Attempt) -> list[Outcome]:
        raise TypeError("how far orders are is never written to Sentos here")

    def settle(self, attempt: Attempt) -> list[Outcome]:
        raise TypeError("how far orders are is never written to Sentos here")

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """The client belongs to whoever made it."""

    def _listed(self, asked: Mapping[str, str]) -> tuple[dict[str, list[SentosOrder]], bool]:
        shown: dict[str, list[SentosOrder]] = {}
        listing = Listing(self.client, "/orders", {"start_date": self.since.isoformat(), **asked}, self.finder.in_body)
        for one in listing.items():
            order = order_in(one)
            if order.order_id.startswith(self.ours) and order.id not in {each.id for each in shown.get(order.order_id, ())}:
                shown.setdefault(order.order_id, []).append(order)
        self._seen |= shown
        return shown, listing.complete

    def _snapshot(self, shown: Mapping[str, Sequence[SentosOrder]], complete: bool) -> Snapshot:
        """About one that stands there several times, or no longer, nothing is said: the run of orders tells that."""
        single = {key: orders[0] if len(orders) == 1 else None for key, orders in shown.items()}
        return Snapshot({key: _found(key, one) for key, one in single.items()}, complete)


def _found(key: str, order: SentosOrder | None) -> Found:
    if order is None:
        return Found(key, "", Record(key, {}))
    return Found(str(order.id), str(order.status), Record(key, _fields(order)))


def _fields(order: SentosOrder) -> dict[str, Value]:
    """What Sentos has done: nothing is said of what it has not."""
    fields: dict[str, Value] = {}
    if order.status in ON_ITS_WAY and order.tracking:
        fields["shipped"] = order.tracking
    if order.status == CANCELLED:
        fields["cancelled"] = True
    return fields


def _mark(orders: Sequence[SentosOrder]) -> str:
    return "; ".join(f"{one.id} {one.status} {one.tracking or ''}" for one in orders)
