"""What becomes of a shop after each way in which a run can end."""

from datetime import UTC, datetime, timedelta

import pytest

from syncdb.errors import Exit
from syncdb.fleet.decisions import LONGEST, Next, after, wait

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("code", [Exit.DONE, Exit.PARTIAL])
def test_what_was_done_is_due_an_interval_later_and_failures_are_forgotten(code: Exit) -> None:
    assert after(code, 3, HOUR, NOW) == Next(NOW + HOUR, 0)


def test_another_run_that_is_under_way_is_no_failed_try() -> None:
    assert after(Exit.BUSY, 2, HOUR, NOW) == Next(NOW + timedelta(seconds=30), 2)


@pytest.mark.parametrize("code", [Exit.GUARD, Exit.CONFIGURATION, Exit.DEFECT])
def test_what_a_person_must_mend_pauses_the_shop_and_says_why(code: Exit) -> None:
    then = after(code, 0, HOUR, NOW)
    assert then.paused.startswith(f"exit code {int(code)}: ") and then.failures == 1


@pytest.mark.parametrize("code", [Exit.INTERRUPTED, -9, -15])
def test_a_run_that_was_ended_from_outside_is_due_at_once(code: int) -> None:
    assert after(code, 1, HOUR, NOW) == Next(NOW, 1)


def test_a_system_that_is_away_is_tried_later_and_later() -> None:
    waits = [after(Exit.REMOTE, failures, HOUR, NOW).due - NOW for failures in range(12)]
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert waits == sorted(waits) and waits[-1] == timedelta(minutes=256) < LONGEST
    assert after(Exit.REMOTE, 4, HOUR, NOW) == Next(NOW + timedelta(minutes=16), 5)
    assert wait(1, timedelta(seconds=1)) == timedelta(minutes=1)
