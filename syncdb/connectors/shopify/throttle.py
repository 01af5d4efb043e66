"""How fast Shopify may be asked: the bucket of points as its last answer described it.

Every answer carries `extensions.cost.throttleStatus` (documented); sizes and rates differ per plan and are never assumed.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.clock import SYSTEM, Clock

LARGEST_QUERY = 1000.0  # points; documented: one query asking for more is refused before it runs


@dataclass(slots=True)
class Throttle:
    """Holds a query back until the bucket has the points that it will ask for."""

    clock: Clock = SYSTEM
    maximum: float | None = None
    _available: float = 0.0
    _rate: float = 0.0
    _noted: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, cost: Mapping[str, Any] | None) -> None:
        """Remember the bucket from an answer's `extensions.cost`."""
        status = (cost or {}).get("throttleStatus") or {}
        if {"maximumAvailable", "currentlyAvailable", "restoreRate"} <= status.keys():
            with self._lock:
                self.maximum = float(status["maximumAvailable"])
                self._available = float(status["currentlyAvailable"])
                self._rate = float(status["restoreRate"])
                self._noted = self.clock.monotonic()

    def lacking(self, points: float) -> float:
        """Seconds until the bucket holds `points`; 0 where that is now or nothing is known yet."""
        if self.maximum is None or self._rate <= 0:
            return 0.0
        now = min(self.maximum, self._available + self._rate * (self.clock.monotonic() - self._noted))
        return max(0.0, (min(points, self.maximum) - now) / self._rate)

    def wait(self, points: float) -> None:
        """Sleep until a query of `points` fits."""
        if (seconds := self.lacking(points)) > 0:
            self.clock.sleep(seconds)

    @property
    def rate(self) -> float:
        """Points that come back in a second; 0 where nothing is known yet."""
        return self._rate

    @property
    def ceiling(self) -> float:
        """The most points one query may ask for here."""
        return min(LARGEST_QUERY, self.maximum or LARGEST_QUERY)
