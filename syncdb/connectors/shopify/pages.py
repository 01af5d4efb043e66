"""What reading orders brings: pages of snapshots, with everything that keeps them from being the whole truth."""

from dataclasses import dataclass

from syncdb.connectors.shopify.documents import LARGEST_PAGE


@dataclass(slots=True)
class PageSize:
    """How much to ask for at once: grows while the reported cost leaves room, halves when it was too much.

    `each` is what the last answer cost for each that was asked for, in points.
    """

    size: int
    largest: int = LARGEST_PAGE
    each: float = 0.0

    def halve(self) -> None:
        """Ask for half from now on, and never for this much again."""
        self.largest = max(1, self.size - 1)
        self.size = max(1, self.size // 2)

    def relieve(self) -> None:
        """Ask for half from now on: the server could not bear more. Ten may always be tried again, after an outage."""
        self.size = max(1, self.size // 2)
        self.largest = min(self.largest, max(10, self.size))

    def grow(self, cost: float, ceiling: float) -> None:
        """Double if twice the cost still fits (observed: cost grows more slowly than the size)."""
        self.each = cost / self.size
        if 0 < cost * 2 <= ceiling:
            self.size = min(self.largest, self.size * 2)
