"""How often a pair is to run, and when it is due. Pure: `now` and the time zone are arguments.

Intervals are counted in UTC. Times of the day are those on the wall, so 06:30 stays 06:30 in summer and winter; one that the
clocks skip comes an hour later, one that they show twice comes once.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

_INTERVAL = re.compile(r"(?:every\s+)?(\d{1,4})\s*(m|min|minutes?|h|hours?)", re.IGNORECASE)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
LONGEST = 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Every:
    """Each so many minutes."""

    minutes: int

    def __str__(self) -> str:
        return f"every {self.minutes} minutes" if self.minutes != 60 else "every hour"

    def after(self, moment: datetime, zone: tzinfo | None) -> datetime:
        return moment + timedelta(minutes=self.minutes)

    def first(self, now: datetime, zone: tzinfo | None) -> datetime:
        """The first one is due at once."""
        return now


@dataclass(frozen=True, slots=True)
class Daily:
    """At some times of each day, in their order."""

    times: tuple[time, ...]

    def __str__(self) -> str:
        return "daily at " + " and ".join(f"{one:%H:%M}" for one in self.times)

    def after(self, moment: datetime, zone: tzinfo | None) -> datetime:
        """The next of the times. `zone` None is this computer's."""
        day = moment.astimezone(zone).date()
        coming = (_instant(datetime.combine(day + timedelta(days=more), one), zone) for more in (0, 1, 2) for one in self.times)
        return min(one for one in coming if one > moment)

    def first(self, now: datetime, zone: tzinfo | None) -> datetime:
        return self.after(now, zone)


Rhythm = Every | Daily
HOURLY = Every(60)


@dataclass(frozen=True, slots=True)
class Due:
    """Whether to run now, and when next."""

    now: bool
    next_at: datetime


def rhythm_of(text: str) -> Rhythm | None:
    """What "15 minutes", "2h" or "06:30 18:00" means; None for "off". Raises ValueError with what it must be."""
    plain = text.strip().lower()
    if plain == "off":
        return None
    if found := _INTERVAL.fullmatch(plain):
        minutes = int(found[1]) * (60 if found[2].startswith("h") else 1)
        if 1 <= minutes <= LONGEST:
            return Every(minutes)
    words = [one for one in re.split(r"[\s]+", plain.removeprefix("daily")) if one not in ("", "and", "at")]
    times = [_TIME.fullmatch(one) for one in words]
    if words and all(times):
        return Daily(tuple(sorted({time(int(one[1]), int(one[2])) for one in times if one})))
    raise ValueError('must be "15 minutes", "2 hours" (a day at most), times such as "06:30 18:00", or "off"')


def due(rhythm: Rhythm, next_at: datetime | None, now: datetime, zone: tzinfo | None = None) -> Due:
    """Whether a pair that was to run at `next_at` is due. However many runs were missed, there is one to make up for them."""
    if next_at is None or next_at > rhythm.after(now, zone) + timedelta(minutes=1):  # never, or the clock was wrong
        next_at = rhythm.first(now, zone)
    if next_at > now:
        return Due(False, next_at)
    return Due(True, _following(rhythm, next_at, now, zone))


def _following(rhythm: Rhythm, last: datetime, now: datetime, zone: tzinfo | None) -> datetime:
    """The first that is still to come, in step with the last one."""
    if isinstance(rhythm, Daily):
        return rhythm.after(now, zone)
    step = timedelta(minutes=rhythm.minutes)
    return last + ((now - last) // step + 1) * step


def _instant(wall: datetime, zone: tzinfo | None) -> datetime:
    return (wall.replace(tzinfo=zone) if zone else wall).astimezone(UTC)
