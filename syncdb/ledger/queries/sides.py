"""How people and scripts call the two sides of a pair. The ledger keeps left and right; what they are called is given to it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sides:
    """`left` and `right` are names for options and JSON, the titles are for people, `place` is the other side in a sentence.

    `actor` is what a history calls the left side; `allowed_by` names the setting that lets the left side be written.
    `makes_left`: records can be made there. `route` is what the configuration calls the right side among several alike.
    """

    left: str
    right: str
    actor: str
    left_title: str
    right_title: str
    place: str
    allowed_by: str = ""
    makes_left: bool = False
    route: str = ""

    def who(self, side: str) -> str:
        """Whose doing a write on this side (left or right) is, in a history."""
        return self.actor if side == "left" else f"{self.right} {self.route}".rstrip()


UNKNOWN = Sides("left", "right", "left", "The left side", "The right side", "the right side")
SidesOf = Callable[[str], Sides]  # of a pair, by its name in the ledger
