"""What asks a run to end, and what does not."""

import signal
from collections.abc import Iterator

import pytest

from syncdb.errors import Interrupted
from syncdb.services.stopping import Stop

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signals")


@pytest.fixture
def closing() -> Iterator[signal.Signals]:
    """The signal of a terminal that is closed, with its handler put back afterwards."""
    number: signal.Signals = signal.SIGHUP
    before = signal.getsignal(number)
    yield number
    signal.signal(number, before)


def test_a_closed_terminal_lets_a_run_end_between_two_writes(closing: signal.Signals) -> None:
    signal.signal(closing, signal.SIG_DFL)
    stop = Stop()
    with stop.listening():
        signal.raise_signal(closing)
        with pytest.raises(Interrupted):
            stop.check()
    assert signal.getsignal(closing) is signal.SIG_DFL


def test_a_run_that_was_started_to_outlive_its_terminal_does(closing: signal.Signals) -> None:
    signal.signal(closing, signal.SIG_IGN)
    stop = Stop()
    with stop.listening():
        signal.raise_signal(closing)
        stop.check()
    assert signal.getsignal(closing) is signal.SIG_IGN
