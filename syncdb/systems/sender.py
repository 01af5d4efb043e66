"""A configured system that sends events of its own accord: what makes one trustworthy, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from syncdb.ledger.inbox.event import Thing

HOW = "docs/webhooks.md has every step."


class Untrusted(Exception):
    """An event that does not come from whom it says. `reason` is a word for counting; nothing of the event is kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Senseless(Exception):
    """An event that is signed as it should be and yet cannot be understood. `reason` is a word for counting."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Heard:
    """What is taken of an event. `thing` is None where it is about nothing that is kept in step.

    `triggered_at` is in milliseconds since 1970 UTC.
    """

    event_id: str
    topic: str
    thing: Thing | None
    triggered_at: int | None


class Sender(Protocol):
    """A system that sends events to `/webhooks/<name>`."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""

    @property
    def lacks(self) -> str:
        """Which setting is missing so that nothing it sends can be trusted; empty where all is there."""

    def hear(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """What an event says. `headers` by their names in small letters. Raises Untrusted and Senseless."""
