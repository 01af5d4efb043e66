"""How a run tells what it is doing and is told to end. The engine prints nothing and installs no signal handlers."""

from typing import Protocol


class Progress(Protocol):
    """Whoever looks on: a progress bar, a log, a test."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new part of the work begins, with so many steps if that is known."""

    def advance(self, steps: int = 1) -> None:
        """So many steps of the current part are done."""

    def stop_if_asked(self) -> None:
        """Raises Interrupted if the run shall end. Asked only where ending is safe."""


class Silent:
    """Nobody looks on, and nothing stops the run."""

    def stage(self, name: str, total: int | None = None) -> None:
        return None

    def advance(self, steps: int = 1) -> None:
        return None

    def stop_if_asked(self) -> None:
        return None
