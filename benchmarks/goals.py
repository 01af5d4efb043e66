"""A goal beside what was measured, and whether it holds."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """`measured` is to be at most `bound` (at least, where `least`); `what` names it and `unit` is what both are told in."""

    what: str
    bound: float
    measured: float
    unit: str = ""
    least: bool = False

    @property
    def holds(self) -> bool:
        return self.measured >= self.bound if self.least else self.measured <= self.bound

    @property
    def verdict(self) -> str:
        """ "holds", or by how much it is missed."""
        if self.holds:
            return "holds"
        return f"missed by {told(abs(self.measured - self.bound))}{self.unit}"


def table(goals: Iterable[Goal]) -> list[str]:
    """The goals as lines of text under a heading."""
    lines = [f"{'goal':78}{'bound':>16}{'measured':>16}  verdict"]
    for one in goals:
        bound = f"{'>=' if one.least else '<='} {told(one.bound)}{one.unit}"
        lines.append(f"{one.what:78}{bound:>16}{told(one.measured) + one.unit:>16}  {one.verdict}")
    return lines


def told(number: float) -> str:
    """Whole where it is large or whole, with two decimals where it is not."""
    return f"{number:,.0f}" if abs(number) >= 1000 or number == int(number) else f"{number:,.2f}"
