"""What is kept of an event, and when what it is about is due. Pure.

Never kept is what the event says of the thing: the thing itself is read again.
"""

from dataclasses import dataclass

QUIET = 3_000  # milliseconds after the last event about a thing until it is looked at: changes come in bursts
PERSON = "person"  # the kind of a thing that is somebody whose data a shop asks about: a person acts on that, no run
LATEST = 30_000  # milliseconds after the first event by which it is looked at, however many follow


@dataclass(frozen=True, slots=True)
class Thing:
    """What an event is about: `kind` is the topic's first part ("orders"), `id` the system's own id, without prefix."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """A verified event. `source` is what the configuration calls the system that sent it.

    `event_id` is the sender's own id for this delivery, by which a repeated one is known. Moments are milliseconds since 1970
    UTC; `triggered_at` is the sender's, None where it did not say.
    """

    source: str
    event_id: str
    topic: str
    thing: Thing
    triggered_at: int | None
    received_at: int


def due_first(received_at: int) -> int:
    """When a thing is due of which nothing was waiting."""
    return received_at + QUIET


def due_latest(first_at: int) -> int:
    """By when it is due at the latest."""
    return first_at + LATEST
