"""How many calls a month may cost: hosted plans count them (Grist's documented limits: 3,000 a month for a free site)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncdb.clock import SYSTEM
from syncdb.errors import RetryLater


class Budget(Protocol):
    """Something that counts calls before they are made."""

    def spend(self) -> None:
        """Count one call that is about to be made. Raises RetryLater where no more may be made now."""


@dataclass(slots=True)
class MonthlyCalls:
    """Counts calls in a calendar month (UTC). `used` are those already made in `month` ("2026-11").

    Whoever makes it gives it what was stored and stores `month` and `used` afterwards. `limit` None counts without end.
    """

    limit: int | None = None
    month: str = ""
    used: int = 0
    now: Callable[[], datetime] = SYSTEM.now

    def spend(self) -> None:
        """See Budget.spend."""
        month = f"{self.now():%Y-%m}"
        if month != self.month:
            self.month, self.used = month, 0
        if self.limit is not None and self.used >= self.limit:
            raise RetryLater(
                f"The {self.limit:,} calls to Grist that the settings allow in a month are used up for {month}.",
                next_step="The next month starts anew. Run less often, or raise the setting if your plan allows more calls.",
            )
        self.used += 1

    @property
    def left(self) -> int | None:
        """Calls left in the month that was counted last; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used)
