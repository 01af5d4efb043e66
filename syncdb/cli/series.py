"""Run after run until somebody ends it; between two, what systems name of their own accord is looked at within seconds, and a run
begins before its time where the pair's own watch wants one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from itertools import chain, repeat

from syncdb.cli.running import Manner, carried_out, show, surroundings
from syncdb.clock import Clock
from syncdb.config.settings import RunSettings
from syncdb.errors import Exit, Interrupted
from syncdb.pairs.base import Watch
from syncdb.services.named_things import NamedThings

LISTENING = 0.5  # seconds between two looks at what was named
# what a run may end with so that the next one is still worth a try
GOES_ON = (Exit.DONE, Exit.PARTIAL, Exit.REMOTE, Exit.GUARD, Exit.BUSY)


class Heard(Enum):
    """What ended a wait: its time, something that was named, or the pair's watch."""

    TIME = auto()
    NAMED = auto()
    NEWS = auto()


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of a pair, `interval` seconds apart.

    `first` and `later` make an ordinary run. `named` is what is named to the pair, None where nobody is asked to name anything;
    `named_only` makes a run that looks at nothing else, and `repair` sees to it that systems go on naming. `watch` is what the
    pair looks at meanwhile, None where there is nothing.
    """

    manner: Manner
    interval: int
    clock: Clock
    first: Callable[[RunSettings], Exit]
    later: Callable[[RunSettings], Exit]
    named: NamedThings | None
    named_only: Callable[[NamedThings, RunSettings], Exit]
    repair: Callable[[], None]
    watch: Watch | None = None

    def go(self, settings: RunSettings) -> Exit:
        """Run, wait, run again. Being asked to end while waiting is a good end: nothing is cut short."""
        for make in chain([self.first], repeat(self.later)):
            code = Exit(carried_out(self.manner, settings, make))
            if code not in GOES_ON:
                return code
            try:
                if self.named is not None:
                    self.repair()
                self._wait(settings)
            except Interrupted:
                if not self.manner.as_json and not self.manner.quiet:
                    show(["Ended while it waited for the next run, as it was asked to: nothing was under way."], self.manner)
                break
        return Exit.DONE

    def _wait(self, settings: RunSettings) -> None:
        """Wait for the next run, and look at what is named meanwhile. Raises Interrupted when asked to end."""
        until = self.clock.monotonic() + self.interval
        while self._heard(until) is Heard.NAMED:
            assert self.named is not None
            code = Exit(carried_out(self.manner, settings, partial(self.named_only, self.named)))
            if code is Exit.INTERRUPTED:
                raise Interrupted("asked to end")

    def _heard(self, until: float) -> Heard:
        """Wait until something that was named is due, or the watch wants a run, at most until a moment of the monotonic clock."""
        with surroundings(self.clock, self.manner, waiting=True) as around:
            minutes, seconds = divmod(self.interval, 60)
            around.progress.stage(f"Waiting {self.interval} seconds" if seconds else f"Waiting {minutes} minutes")
            if self.named is None and self.watch is None:
                around.clock.sleep(max(0.0, until - self.clock.monotonic()))
                return Heard.TIME
            while (left := until - self.clock.monotonic()) > 0:
                if self.named is not None and self.named.due(self.clock.now()):
                    return Heard.NAMED
                if self.watch is not None and self.watch.news():
                    return Heard.NEWS
                around.clock.sleep(min(LISTENING, left))
        return Heard.TIME
