"""How often Sentos may be asked: counted over runs and processes, because its limits count for the whole account.

One public client quotes the documentation: 12 POST a minute, the same GET twice a minute. We stay below both.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.clock import SYSTEM, Clock
from syncdb.http import Limit, SharedLimits

log = logging.getLogger("syncdb.sentos")

WRITES_A_MINUTE = 10
SAME_GETS_A_MINUTE = 2
MINUTE = 61.0  # seconds; one more than a minute, because Sentos counts by its own clock
BETWEEN_GETS = 1.0  # seconds
WORTH_TELLING = 5.0  # seconds


def _nowhere(state: Mapping[str, Any]) -> None:
    """Nothing is kept: for commands that may not write to the ledger."""


@dataclass(slots=True)
class RequestBudget:
    """Holds each request back until it fits. `stored` is what was kept before, `keep` keeps it on, before anything is sent.

    `shared` counts them together with those of other shops of the account, each of which has a ledger of its own.
    """

    stored: Mapping[str, Any] | None = None
    keep: Callable[[Mapping[str, Any]], None] = _nowhere
    clock: Clock = SYSTEM
    shared: SharedLimits | None = None
    spent: int = 0
    _writes: list[float] = field(default_factory=list)
    _gets: dict[str, list[float]] = field(default_factory=dict)
    _last: float = 0.0

    def __post_init__(self) -> None:
        known = self.stored or {}
        self._writes = [float(at) for at in known.get("writes", ())]
        self._gets = {str(name): [float(at) for at in times] for name, times in known.get("gets", {}).items()}
        self._last = float(known.get("last", 0.0))

    def wait(self, method: str, what: str) -> None:
        """Wait until one more such request may be sent, and count it."""
        name = _name(what)
        while (pause := self._pause(method, name)) > 0:
            if pause > WORTH_TELLING:
                log.info("waiting %.0f s for Sentos, which takes only so many requests a minute", pause)
            self.clock.sleep(pause)
        if self.shared:
            self.shared.wait(_limits(method, name))
        now = self._now()
        if method == "GET":
            self._gets.setdefault(name, []).append(now)
            self._last = now
        else:
            self._writes.append(now)
        self.spent += 1
        self.keep({"writes": self._writes, "gets": self._gets, "last": self._last})

    def never_left(self, method: str, what: str) -> None:
        """The last such request did not reach Sentos: it counts for nothing, so that nobody waits for it."""
        known = self._gets.get(_name(what), []) if method == "GET" else self._writes
        if known:
            known.pop()
        self.keep({"writes": self._writes, "gets": self._gets, "last": self._last})

    def _pause(self, method: str, name: str) -> float:
        now = self._now()
        self._forget(now)
        if method != "GET":
            return _over(self._writes, WRITES_A_MINUTE, now)
        return max(_over(self._gets.get(name, []), SAME_GETS_A_MINUTE, now), self._last + BETWEEN_GETS - now)

    def _forget(self, now: float) -> None:
        """What is older than a minute counts no more, nor what a clock that ran ahead has left."""
        self._writes = [at for at in self._writes if 0 <= now - at < MINUTE]
        kept = {name: [at for at in times if 0 <= now - at < MINUTE] for name, times in self._gets.items()}
        self._gets = {name: times for name, times in kept.items() if times}
        self._last = self._last if self._last <= now else 0.0

    def _now(self) -> float:
        return self.clock.now().timestamp()


def _limits(method: str, name: str) -> list[Limit]:
    if method != "GET":
        return [Limit("write", WRITES_A_MINUTE, MINUTE)]
    return [Limit(f"get {name}", SAME_GETS_A_MINUTE, MINUTE), Limit("get", 1, BETWEEN_GETS)]


def _over(sent: list[float], most: int, now: float) -> float:
    """How long until fewer than `most` were sent within a minute."""
    return sent[-most] + MINUTE - now if len(sent) >= most else 0.0


def _name(what: str) -> str:
    """What a question is kept under: it may hold what is nobody's business."""
    return hashlib.sha256(what.encode()).hexdigest()[:16]
