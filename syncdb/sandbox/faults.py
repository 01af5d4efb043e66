"""What goes wrong between a client and the sandbox's servers, and a log of what was really served.

A fault is data; the server asks before each request which faults are due and acts on them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "refuse",  # 503 with an HTML body, not applied
    "unavailable",  # 503 in the system's own JSON, not applied
    "too_many",  # 429 in the system's own shape, not applied
    "apply_then_cut",  # applied, then the connection is closed without an answer
    "apply_then_error",  # applied, then answered with 503
    "cut_before",  # the connection is closed, nothing is applied
    "apply_late",  # the connection is closed now, the request is applied later
    "slow",  # `seconds` pass before the request is applied
    "html_200",  # an HTML page with status 200, not applied
    "unauthorized",  # 401 as for an expired token, not applied
    "forbidden",  # 403 in the system's own shape, not applied
    "meanwhile",  # `action` runs just before the request is applied
]
PRELUDES = frozenset({"slow", "meanwhile"})
PLACES = {"sheets": "/v4/", "drive": "/drive/"}
LARGEST_BODY_IN_LOG = 256 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the server saw it and, once it is in the log, what became of it.

    `kind` is "read", "write", "token" or "page", as its app classified it. `status` is None where the
    connection was cut. `applied` says whether the app carried it out, answered or not (late ones: see `Faults.landed`).
    `at` is seconds of the fault layer's clock. Bodies over 256 KiB are left out of the log.
    """

    method: str
    path: str
    body_json: object
    system: str
    kind: str = ""
    query: str = ""
    body_bytes: int = 0
    status: int | None = None
    applied: bool = False
    at: float = 0.0

    def among(self, word: str) -> bool:
        """Whether a word ("any", a kind, a system, "sheets", "drive", or a piece of a path starting with /) fits."""
        if word.startswith("/"):
            return word in self.path
        if word in PLACES:
            return self.path.startswith(PLACES[word])
        return word == "any" or word in (self.kind, self.system)


Match = str | Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, `times` times (None: for good), after `skip` matching requests got through.

    `match` is a predicate or words that must all fit, such as "write", "shopify read" or "sheets write".
    `after` (apply_late) counts further requests to the same system until it lands; None waits for
    `Faults.land_late()`. `seconds` belongs to slow, `action` to meanwhile (it runs outside the app's
    lock, so it may itself send requests).
    """

    kind: Kind
    match: Match = "any"
    times: int | None = 1
    skip: int = 0
    after: int | None = None
    seconds: float = 0.0
    action: Callable[[], object] | None = None

    def fits(self, seen: Seen) -> bool:
        if callable(self.match):
            return self.match(seen)
        return all(seen.among(word) for word in self.match.split())

    def spent_once(self) -> Fault | None:
        """The fault as it remains after striking once; None when it is used up."""
        if self.times is None:
            return self
        return replace(self, times=self.times - 1) if self.times > 1 else None


@dataclass(slots=True)
class _Late:
    system: str
    remaining: int | None
    land: Callable[[], Seen]


class Faults:
    """The faults waiting to strike and the log of every request served. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.log: list[Seen] = []
        self.landed: list[Seen] = []
        self._clock = clock
        self._lock = threading.RLock()
        self._waiting: list[Fault] = []
        self._late: list[_Late] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Forget the waiting faults. Requests already cut and due to land late stay due."""
        with self._lock:
            self._waiting.clear()

    def pending(self) -> list[Fault]:
        with self._lock:
            return list(self._waiting)

    def late(self) -> int:
        """How many cut requests have not been applied yet."""
        with self._lock:
            return len(self._late)

    def take(self, seen: Seen) -> list[Fault]:
        """The faults striking this request: any number of preludes (slow, meanwhile), at most one other."""
        with self._lock:
            struck: list[Fault] = []
            kept: list[Fault | None] = []
            for fault in self._waiting:
                kept.append(self._after_passing(fault, seen, struck))
            self._waiting = [fault for fault in kept if fault is not None]
            return struck

    @staticmethod
    def _after_passing(fault: Fault, seen: Seen, struck: list[Fault]) -> Fault | None:
        taken = any(one.kind not in PRELUDES for one in struck)
        if not fault.fits(seen) or (taken and fault.kind not in PRELUDES):
            return fault
        if fault.skip:
            return replace(fault, skip=fault.skip - 1)
        struck.append(fault)
        return fault.spent_once()

    def served(self, seen: Seen, status: int | None, applied: bool) -> None:
        """Log a request, and land those late ones that waited for it."""
        body = seen.body_json if seen.body_bytes <= LARGEST_BODY_IN_LOG else None
        with self._lock:
            self.log.append(replace(seen, body_json=body, status=status, applied=applied, at=self._clock()))
            due = self._fall_due(seen.system)
        self._land(due)

    def delay(self, system: str, after: int | None, land: Callable[[], Seen]) -> None:
        with self._lock:
            self._late.append(_Late(system, after, land))

    def land_late(self) -> int:
        """Apply every cut request that has not landed yet, in order; how many there were."""
        with self._lock:
            due, self._late = self._late, []
        self._land(due)
        return len(due)

    def _fall_due(self, system: str) -> list[_Late]:
        for one in self._late:
            if one.remaining is not None and one.system == system:
                one.remaining -= 1
        due = [one for one in self._late if one.remaining is not None and one.remaining <= 0]
        self._late = [one for one in self._late if one not in due]
        return due

    def _land(self, due: list[_Late]) -> None:
        # Outside the lock: landing takes the app's lock, and the app may ask for ours.
        for one in due:
            landed = one.land()
            with self._lock:
                self.landed.append(replace(landed, at=self._clock()))

    def count(self, system: str = "any", kind: str = "any") -> int:
        """How many logged requests fit, e.g. `count("sheets", "write")`."""
        with self._lock:
            return sum(seen.among(system) and seen.among(kind) for seen in self.log)
