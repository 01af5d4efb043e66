"""What a way to people takes and raises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

PATIENCE = 10.0  # seconds for each step: a run waits for it


class NotDelivered(Exception):
    """A message did not arrive; the text says why, without an address or a password."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message. `id` is the same each time that it is tried, so that a receiver may know a repeated one."""

    id: str
    subject: str
    body: str
    data: Mapping[str, Any]


class Way(Protocol):
    """A way to people, by its name."""

    @property
    def name(self) -> str: ...

    def send(self, message: Outgoing) -> None:
        """Returns where it was taken. Raises NotDelivered."""
