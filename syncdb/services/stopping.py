"""How a run is asked to end, and what it says meanwhile where nobody looks at a terminal."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from syncdb.errors import Interrupted

log = logging.getLogger("syncdb.run")


class Stop:
    """Whether the run was asked to end (Ctrl-C, SIGTERM). A second Ctrl-C ends it at once; that, too, is made good later."""

    def __init__(self, under_way: str = "it ends at the next safe point (Ctrl-C again: at once)") -> None:
        """`under_way` is what is said to be done before it ends."""
        self._asked = threading.Event()
        self._under_way = under_way

    def ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._asked.set()
        log.warning("asked to end; %s", self._under_way)

    def ask_once(self) -> None:
        """Ask from another thread; what was asked already is not said again."""
        if not self._asked.is_set():
            self._asked.set()
            log.warning("asked to end; %s", self._under_way)

    def check(self) -> None:
        if self._asked.is_set():
            raise Interrupted(
                "The run was asked to end and did so between two writes. What was done is recorded.",
                next_step="Run again; it goes on from here.",
            )

    def sleep(self, seconds: float) -> None:
        """Wait, but not past being asked to end."""
        self._asked.wait(seconds)
        self.check()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C, SIGTERM and the end of the terminal for requests while inside. Only the main thread may listen."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.ask) for number in _heard()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _heard() -> list[signal.Signals]:
    """What asks a run to end. A terminal that is closed does, unless the run was started to outlive it (nohup)."""
    closed: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none
    if closed is None or signal.getsignal(closed) is signal.SIG_IGN:
        return [signal.SIGINT, signal.SIGTERM]
    return [signal.SIGINT, signal.SIGTERM, closed]


class Lines:
    """A log line for each stage: for cron, Task Scheduler and pipes."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.stop_if_asked = check

    def stage(self, name: str, total: int | None = None) -> None:
        log.info("%s%s", name, f" ({total})" if total else "")

    def advance(self, steps: int = 1) -> None:
        return None
