"""Writes whose answers were lost, and how long they may still be applied."""

from dataclasses import dataclass, field

from syncdb.clock import Clock


@dataclass(slots=True)
class Unanswered:
    """When such writes of this process were sent, by token. One of an earlier process was sent before this one began.

    `late` is how many seconds a write may still be applied.
    """

    clock: Clock
    late: float
    _sent: dict[int, float] = field(default_factory=dict, init=False)
    _born: float = field(init=False)

    def __post_init__(self) -> None:
        self._born = self.clock.monotonic()

    def note(self, token: int) -> None:
        """A write was sent just now, and its answer did not come."""
        self._sent[token] = self.clock.monotonic()

    def knows(self, token: int) -> bool:
        """Whether its answer was lost: what became of it is for looking to say, and it is never sent again."""
        return token in self._sent

    def settling(self, token: int) -> None:
        """What became of it is being looked for."""
        self._sent.setdefault(token, self._born)

    def wait(self, token: int) -> None:
        """Let the time pass in which the write may still be applied."""
        passed = self.clock.monotonic() - self._sent.get(token, self._born)
        if passed < self.late:
            self.clock.sleep(self.late - passed)
