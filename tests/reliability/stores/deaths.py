"""Runs that die at one step after the other, with something new to carry over before each of them."""

from collections.abc import Callable

from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying

MOST = 500  # boundaries that no run here has


def die_at_each(
    first: int, stride: int, *, change: Callable[[int], None], run: Callable[[], object], holds: Callable[[int], None]
) -> int:
    """How many of the runs died; one that passes more steps than it is let ends it.

    Before each run `change` gives it work, after it `holds` lets later ones go on from there and looks at what is to be true.
    """
    died = 0
    for at in range(first, MOST, stride):
        change(at)
        try:
            with dying(Steps(at)):
                run()
            finished = True
        except Crash:
            finished, died = False, died + 1
        holds(at)
        if finished:
            return died
    raise AssertionError("a run has more boundaries than were tried")
