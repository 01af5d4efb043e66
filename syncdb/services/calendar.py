"""Moments as people write and read them: in the shop's time zone, and as "12 min ago"."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncdb.errors import ConfigurationError
from syncdb.values import moment

_SPAN = re.compile(r"(\d{1,5})\s*(h|d|w)", re.IGNORECASE)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class WrongMoment(ConfigurationError):
    """What was typed is no date, time or span."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A time zone to show moments in, and the moment that counts as now (aware)."""

    zone: tzinfo
    now: datetime

    @classmethod
    def of(cls, zone_name: str | None, now: datetime) -> "Calendar":
        """The calendar of a zone's IANA name; UTC where it is unknown."""
        try:
            return cls(ZoneInfo(zone_name) if zone_name else UTC, now)
        except (ZoneInfoNotFoundError, ValueError):
            return cls(UTC, now)

    def show(self, iso_text: str | None) -> str:
        """A stored moment (ISO, UTC) to the minute with its zone; empty for none."""
        if not iso_text:
            return ""
        return moment(iso_text).astimezone(self.zone).strftime("%Y-%m-%d %H:%M %Z")

    def clock(self, iso_text: str) -> str:
        """The same to the second."""
        return moment(iso_text).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    def short(self, iso_text: str | None) -> str:
        """The same without the zone, for tables that name it elsewhere."""
        return moment(iso_text).astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if iso_text else ""

    def ago(self, iso_text: str) -> str:
        gone = self.now - moment(iso_text)
        return f"in {span(-gone)}" if gone < timedelta(0) else f"{span(gone)} ago"

    def day(self, iso_text: str) -> str:
        """The day (ISO) on which a stored moment fell in the zone."""
        return moment(iso_text).astimezone(self.zone).date().isoformat()

    def midnight(self, days_back: int) -> datetime:
        """The start of the day so many days before today, as an aware moment."""
        date = self.now.astimezone(self.zone).date() - timedelta(days=days_back)
        return datetime(date.year, date.month, date.day, tzinfo=self.zone)

    def since(self, typed: str | None) -> datetime | None:
        """What a person meant by "since": 7d, 12h, 2w, today, yesterday, a date, or a date and time (of the zone, unless it says
        one). None for none. Raises ConfigurationError.
        """
        text = (typed or "").strip()
        if not text:
            return None
        if found := _SPAN.fullmatch(text):
            return self._back(int(found[1]) * _UNITS[found[2].lower()], text)
        if text.lower() in ("today", "yesterday"):
            return self.midnight(int(text.lower() == "yesterday")).astimezone(UTC)
        try:
            parsed = datetime.fromisoformat(text)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _not_a_moment(text) from None

    def _back(self, gone: timedelta, text: str) -> datetime:
        try:
            return self.now - gone
        except OverflowError:
            raise _not_a_moment(text) from None


def _not_a_moment(text: str) -> WrongMoment:
    return WrongMoment(
        [f"{text[:40]!r} is no date."],
        next_step="Write a date (2026-11-20), a date and time (2026-11-20T07:30), a span back (12h, 7d, 2w), today or yesterday.",
    )


def span(length: timedelta) -> str:
    """A length of time to two digits or so: 40 s, 12 min, 5 h, 3 days."""
    seconds = int(length.total_seconds())
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 100 * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"
