"""Orders of Sentos as a connector: made once, under an order_id of ours that they are looked up by; then only moved on.

There is no way known to change the lines of an order there, and none to fence off a write. So an order is looked up before it is
made and after every answer that was lost, and a write that is not seen to stand is waited for before it counts as not applied.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.order_source import Notice
from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.failures import Declined
from syncdb.connectors.sentos.finding import OrderFinder
from syncdb.connectors.sentos.order_request import CannotBeSent, OrderRequest
from syncdb.connectors.sentos.order_shape import APPROVED, CANCELLED, ON_ITS_WAY, SHIPPED, WAITING, SentosOrder, order_in
from syncdb.connectors.sentos.paging import Listing
from syncdb.errors import OutcomeUnknown, RemoteError, RetryLater
from syncdb.http import Transient
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot
from syncdb.programs import MANAGER
from syncdb.values import iso, moment

log = logging.getLogger("syncdb.sentos")

LATE = 120.0  # seconds; on trust: in which time an unanswered write is still carried out, if ever
MOST_LOOKED = 25  # orders that a listing lacks and that are asked for one by one
AGAIN = 3  # times that a write which was certainly not taken is sent


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order that was sent: its order_id, and its day in Sentos, None where that is not known."""

    order_id: str
    day: date | None


Completed = Callable[[OrderRequest], Mapping[str, Any]]


@dataclass(slots=True)
class SentosOrders:
    """`request_for` gives the order that a key means (raises CannotBeSent), `completed` puts Sentos' own numbers of goods in
    (raises CannotBeSent). `ours` begins every order_id of ours, `known` are those that were sent, listings begin at `since`.
    """

    client: SentosClient
    finder: OrderFinder
    request_for: Callable[[str], OrderRequest]
    completed: Completed
    ours: str
    known: Callable[[], Iterable[KnownOrder]]
    since: date
    title: str = "Sentos"
    name: str = "Sentos orders"
    can: Capabilities = field(default_factory=Capabilities)
    _sent: dict[int, float] = field(default_factory=dict)
    _unsure: set[str] = field(default_factory=set)  # orders whose answer was lost in this run
    _notices: list[Notice] = field(default_factory=list)

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """Our orders of the time that is looked at. Older ones are not looked at: they are shown without any field."""
        shown: dict[str, list[SentosOrder]] = {}
        listing = Listing(self.client, "/orders", {"start_date": self.since.isoformat()}, self.finder.in_body)
        for one in listing.items():
            order = order_in(one)
            if order.order_id.startswith(self.ours) and order.id not in {each.id for each in shown.get(order.order_id, ())}:
                shown.setdefault(order.order_id, []).append(order)
        lacking = [one for one in self.known() if one.order_id not in shown]
        old = [one.order_id for one in lacking if one.day is not None and one.day < self.since]
        asked = [one.order_id for one in lacking if one.order_id not in set(old)]
        complete = listing.complete and len(asked) <= MOST_LOOKED
        if not complete:
            told = listing.why or f"{len(asked)} orders that were sent are not shown"
            self._notices.append(Notice("orders", f"The listing of Sentos' orders is not whole ({told}): none counts as gone."))
        shown |= {key: found for key in asked[:MOST_LOOKED] if (found := self.finder.find(key))}
        snapshot = _snapshot(shown, complete)
        yield Snapshot({**snapshot.found, **{key: Found(key, "", Record(key, {})) for key in old}}, complete, snapshot.doubled)

    def look(self, keys: Iterable[str]) -> Snapshot:
        return _snapshot({key: self.finder.find(key) for key in keys}, complete=True)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """One order at a time. What cannot be sent is judged here, and nothing of it is sent."""
        operation = operations[0]
        found = self.finder.find(operation.key)
        evidence: dict[str, Any] = {"prepared_at": iso(self.client.clock.now()), "ids": [one.id for one in found]}
        if judged := self._judge(operation, found):
            evidence["judged"] = [judged.result.value, judged.why]
        elif operation.action is Action.CREATE:
            self.finder.prove()
        return Attempt(token, (operation,), evidence)

    def write(self, attempt: Attempt) -> list[Outcome]:
        if attempt.token in self._sent:
            return self.settle(attempt)
        operation = attempt.operations[0]
        if judged := _judged(attempt):
            return [judged]
        self._sent[attempt.token] = self.client.clock.monotonic()
        self.finder.forget(operation.key)
        try:
            return [self._create(operation) if operation.action is Action.CREATE else self._move_on(operation, attempt)]
        except OutcomeUnknown as lost:
            log.warning("Sentos: the answer to write %s was lost: %s", attempt.token, lost)
            return [Outcome(Result.UNKNOWN)]
        except Declined as declined:
            why = f"Order {self._called(operation.key)}: Sentos refused it: {declined.said}{_what_is_meant(declined.said)}"
            return [Outcome(Result.REJECTED, why=why)]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Look whether it stands; if not, look again after the time in which it may still be carried out."""
        if judged := _judged(attempt):
            return [judged]
        try:
            stands = self._stands(attempt)
            if stands is None:
                self._wait(attempt)
                stands = self._stands(attempt)
        except RemoteError as away:
            log.warning("Sentos: what became of write %s cannot be seen: %s", attempt.token, away)
            return [Outcome(Result.UNKNOWN)]
        operation = attempt.operations[0]
        if stands is None and operation.action is Action.CREATE and attempt.token in self._sent:
            self._unsure.add(operation.key)
        self._sent.setdefault(attempt.token, self.client.clock.monotonic())
        self.finder.forget(operation.key)  # whoever plans it again looks again
        return [stands or Outcome(Result.STALE, why="it was not applied")]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """Nothing is written by place, so nothing can land in another order."""
        return None

    def close(self) -> None:
        """The client belongs to whoever made it."""

    def news(self) -> tuple[Notice, ...]:
        """What a person should know since this was last called."""
        told, self._notices = tuple(self._notices), []
        return told

    def _called(self, key: str) -> str:
        try:
            return f"{self.request_for(key).name} ({key})"
        except CannotBeSent:
            return key

    # --- judging

    def _judge(self, operation: Operation, found: Sequence[SentosOrder]) -> Outcome | None:
        """What needs no sending: an order that is there already, one that cannot be sent, or one that may not be changed."""
        if len(found) > 1:
            return Outcome(Result.REJECTED, why=_twice(operation.key, found))
        if operation.action is Action.CREATE:
            return self._judge_new(operation, found)
        if not found:
            return Outcome(Result.STALE, why="it is no longer in Sentos")
        why = _not_allowed(operation, found[0])
        return Outcome(Result.REJECTED, why=why) if why else None

    def _judge_new(self, operation: Operation, found: Sequence[SentosOrder]) -> Outcome | None:
        if found:
            return Outcome(Result.DONE, str(found[0].id))
        if operation.key in self._unsure:
            why = "Sentos did not answer it, and does not show it. The next run looks again, and sends it if it is not there"
            return Outcome(Result.REJECTED, why=f"Order {self._called(operation.key)}: {why}.")
        try:
            self.completed(self.request_for(operation.key))
        except CannotBeSent as why:
            return Outcome(Result.REJECTED, why=str(why))
        return None

    # --- writing

    def _create(self, operation: Operation) -> Outcome:
        request = self.request_for(operation.key)
        body = self.completed(request)
        for _ in range(AGAIN):
            try:
                answer = self.client.write("POST", "/orders", body)
            except Transient as busy:  # not taken; whether that is certain is not proven, so it is looked up first
                self.client.clock.sleep(max(busy.wait, 1.0))
                if found := self.finder.find(operation.key, anew=True):
                    return Outcome(Result.DONE, str(found[0].id))
                continue
            return Outcome(Result.DONE, _made(answer))
        raise RetryLater("Sentos takes no more orders for now.", next_step="Run it later: nothing is lost.")

    def _move_on(self, operation: Operation, attempt: Attempt) -> Outcome:
        """Cancelled, approved or on its way, as far as Sentos has not gone there itself."""
        found = self.finder.find(operation.key, anew=True)
        if [one.id for one in found] != attempt.evidence["ids"]:
            return Outcome(Result.STALE, why="it is no longer as it was")
        self.finder.forget(operation.key)
        body = _step(operation, found[0])
        if body is not None:
            self.client.write("PUT", f"/orders/{found[0].id}", body)
        return Outcome(Result.DONE, str(found[0].id))

    def _stands(self, attempt: Attempt) -> Outcome | None:
        operation = attempt.operations[0]
        found = self.finder.find(operation.key, anew=True)
        if len(found) > 1:
            return Outcome(Result.REJECTED, why=_twice(operation.key, found))
        if not found:
            return None
        if operation.action is Action.CREATE or _step(operation, found[0]) is None:
            return Outcome(Result.DONE, str(found[0].id))
        return None

    def _wait(self, attempt: Attempt) -> None:
        passed = (self.client.clock.now() - moment(str(attempt.evidence["prepared_at"]))).total_seconds()
        if attempt.token in self._sent:
            passed = self.client.clock.monotonic() - self._sent[attempt.token]
        if 0 <= passed < LATE:
            self.client.clock.sleep(LATE - passed)


def _snapshot(shown: Mapping[str, Sequence[SentosOrder]], complete: bool) -> Snapshot:
    single = {key: found[0] for key, found in shown.items() if len(found) == 1}
    several = {key: tuple(f"order {one.id}" for one in found) for key, found in shown.items() if len(found) > 1}
    return Snapshot({key: _found(key, one) for key, one in single.items()}, complete, several)


def _found(key: str, order: SentosOrder) -> Found:
    return Found(str(order.id), str(order.status), Record(key, order.fields))


def _twice(key: str, found: Sequence[SentosOrder]) -> str:
    ids = ", ".join(str(one.id) for one in found)
    return f"Order {key} stands in Sentos {len(found)} times ({ids}). None of them was touched. Cancel all but one in its panel."


def _what_is_meant(said: str) -> str:
    """What a person can do where Sentos names a part of the request that is a setting here."""
    if "channel" not in said.casefold():
        return ""
    return f". That is sentos_channel_id: {MANAGER} validate lists the sales channels with their numbers"


def _judged(attempt: Attempt) -> Outcome | None:
    judged: Any = attempt.evidence.get("judged")
    if judged is None:
        return None
    result, why = judged
    ids: Any = attempt.evidence["ids"]
    return Outcome(Result(result), str(ids[0]) if ids else None, why)


def _not_allowed(operation: Operation, order: SentosOrder) -> str:
    """Why a change of an order cannot go to Sentos, empty if it can."""
    what = f"Order {order.code} ({operation.key})"
    changed = [word for name, word in (("content", "items or amounts"), ("address", "address")) if name in operation.changes]
    if changed and order.status not in (*ON_ITS_WAY, CANCELLED):
        return (
            f"{what}: its {' and '.join(changed)} changed in the shop after it was sent. Sentos has no known way to change that "
            "in an order: nothing was changed there. Change it in the panel of Sentos."
        )
    if operation.changes.get("cancelled") is True and order.status in ON_ITS_WAY:
        return f"{what} was cancelled in the shop, but Sentos has sent it (status {order.status}). Nothing was changed there."
    if operation.changes.get("cancelled") is False and order.status == CANCELLED:
        return f"{what} is cancelled in Sentos but not in the shop. Nothing was changed there."
    return ""


def _step(operation: Operation, order: SentosOrder) -> dict[str, Any] | None:
    """The body that moves the order on; None where it is there already."""
    changes = operation.changes
    if changes.get("cancelled") is True:
        return None if order.status == CANCELLED else {"status": CANCELLED}
    tracking = changes.get("shipped")
    if isinstance(tracking, str) and order.status not in (*ON_ITS_WAY, CANCELLED):
        company, number, url = tracking.split("|", 2)
        return {"status": SHIPPED, "data": {"cargo_company": company, "tracking_number": number, "tracking_url": url}}
    if changes.get("approved") is True and order.status == WAITING:
        return {"status": APPROVED}
    return None


def _made(answer: Mapping[str, Any]) -> str:
    """The number of the order that was made. Raises OutcomeUnknown where the answer does not tell it."""
    order = answer.get("order")
    id = order.get("id") if isinstance(order, Mapping) else None
    if isinstance(id, bool) or not isinstance(id, int | str) or not str(id).isdecimal():
        raise OutcomeUnknown("Sentos answered an order without its number, so it may or may not have been made.")
    return str(id)
