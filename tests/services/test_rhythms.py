"""When a pair is due: on the interval's own grid, at the wall's times in summer and winter, once after a sleep."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdb.services.rhythms import Daily, Every, due, rhythm_of

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("15 minutes", Every(15)),
        ("every 15 minutes", Every(15)),
        ("1m", Every(1)),
        ("2h", Every(120)),
        ("24 hours", Every(1440)),
        ("06:30", Daily((time(6, 30),))),
        ("daily at 18:00 and 06:30", Daily((time(6, 30), time(18)))),
        ("off", None),
    ],
)
def test_what_people_write(text: str, meant: Every | Daily | None) -> None:
    assert rhythm_of(text) == meant
    assert meant is None or rhythm_of(str(meant).replace("every hour", "1h")) == meant


@pytest.mark.parametrize("text", ["", "0 minutes", "25 hours", "24:00", "6.30", "soon", "-5m", "15", "06:30 noon"])
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        rhythm_of(text)


def test_the_first_interval_is_due_at_once_and_a_daily_run_at_its_time() -> None:
    now = at("2026-11-29T07:00:30")
    assert due(Every(15), None, now) == due(Every(15), now, now)
    assert due(Every(15), None, now).now and due(Every(15), None, now).next_at == now + timedelta(minutes=15)
    waiting = due(Daily((time(6, 30),)), None, now, UTC)
    assert not waiting.now and waiting.next_at == at("2026-11-30T06:30:00")


@given(minutes=st.integers(1, 1440), slept=st.integers(0, 10**7))
def test_after_a_sleep_there_is_one_run_and_the_grid_stays(minutes: int, slept: int) -> None:
    planned = at("2026-11-29T07:00:00")
    now = planned + timedelta(seconds=slept)
    found = due(Every(minutes), planned, now)
    assert found.now and now < found.next_at <= now + timedelta(minutes=minutes)
    assert (found.next_at - planned) % timedelta(minutes=minutes) == timedelta()
    assert not due(Every(minutes), found.next_at, now).now


def test_a_daily_run_that_was_slept_through_is_made_once() -> None:
    rhythm, planned, now = Daily((time(6, 30), time(18))), at("2026-11-26T06:30:00"), at("2026-11-29T09:00:00")
    found = due(rhythm, planned, now, UTC)
    assert found.now and found.next_at == at("2026-11-29T18:00:00")


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-10-24T04:30:00", "2026-10-25T05:30:00"),  # 06:30 in summer, then in winter
        ("2027-03-27T05:30:00", "2027-03-28T04:30:00"),
        ("2027-03-27T01:30:00", "2027-03-27T05:30:00"),
    ],
)
def test_a_time_on_the_wall_stays_one_when_clocks_change(now: str, following: str) -> None:
    assert Daily((time(6, 30),)).after(at(now), BERLIN) == at(following)


def test_a_time_that_clocks_skip_or_repeat_comes_once_a_day() -> None:
    rhythm = Daily((time(2, 30),))
    for begin in ("2026-10-23T12:00:00", "2027-03-26T12:00:00"):
        moment, days = at(begin), []
        for _ in range(5):
            moment = rhythm.after(moment, BERLIN)
            days.append(moment.astimezone(BERLIN).date())
        assert len(set(days)) == 5 and days == sorted(days)


def test_a_clock_that_was_wrong_does_not_put_runs_off_for_years() -> None:
    now = at("2026-11-29T07:00:00")
    assert due(Every(15), at("2036-01-01T00:00:00"), now).now
    assert due(Daily((time(6, 30),)), at("2036-01-01T00:00:00"), now, UTC).next_at == at("2026-11-30T06:30:00")
