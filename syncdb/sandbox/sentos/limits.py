"""How many requests a minute it takes: told by one client, who quotes the documentation ("POST 12/min, same GET 2/min")."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from syncdb.sandbox.sentos.habits import Habits
from syncdb.sandbox.sentos.wire import Refusal

MINUTE = 60.0


class Counter:
    """Counts what came within the last minute, and refuses what is too much. `most` is the most that ever came in one."""

    def __init__(self, habits: Habits, clock: Callable[[], float]) -> None:
        self.habits, self._clock = habits, clock
        self._writes: deque[float] = deque()
        self._gets: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()
        self.refused = 0

    def take(self, method: str, what: str) -> None:
        """One more request. Raises Refusal (429)."""
        if method != "GET":
            self._count(self._writes, self.habits.posts_a_minute, MINUTE)
            return
        self._count(self._gets.setdefault(what, deque()), self.habits.same_gets_a_minute, MINUTE)
        self._count(self._all, self.habits.gets_a_second, 1.0)

    def _count(self, came: deque[float], most: int | None, window: float) -> None:
        now = self._clock()
        while came and now - came[0] >= window:
            came.popleft()
        if most is not None and len(came) >= most:
            self.refused += 1
            wait = int(window - (now - came[0])) + 1
            raise Refusal(429, "Çok fazla istek", wait=wait if self.habits.retry_after else None)
        came.append(now)
