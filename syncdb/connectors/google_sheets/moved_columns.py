"""Which column of an earlier look a column is now: told by its header, or without one by its place among such columns."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

Head = tuple[str, ...]
START = -1


def column_before(column: int, now: Sequence[str], before: Sequence[str]) -> int | None:
    """The column's number in the earlier look, from the headers of both (blank: none); None where that is not certain."""
    if column < len(now) and now[column]:
        text = now[column]
        return before.index(text) if before.count(text) == now.count(text) == 1 else None
    place = _place(column, tuple(now), tuple(before))
    return place if place is None or place >= len(before) or not before[place] else None


@lru_cache(maxsize=512)
def _place(column: int, now: Head, before: Head) -> int | None:
    """By what lies between headers that stood there both times: as many others as before are the same others, in their order."""
    both = _in_both(now, before) | {START: START}
    left = [one for one in both if one < column]
    right = [one for one in both if one > column]
    if not right:
        return _right_of_all(column, now, before, both)
    spans = ((one, other) for one in left for other in right if both[one] < both[other])
    guesses = {
        there[here.index(column)]
        for one, other in spans
        if len(here := _others(now, before, one, other)) == len(there := _others(before, now, both[one], both[other]))
    }
    return guesses.pop() if len(guesses) == 1 else None


def _right_of_all(column: int, now: Head, before: Head, both: Mapping[int, int]) -> int | None:
    """Nothing ends that span: it must be the same from the first column on, or from what was the last header both times."""
    last = max(both)
    guesses = {_nth(column, now, before, one, both[one]) for one in (START, last)}
    if len(guesses) == 1:
        return guesses.pop() if last != START else None
    return _nth(column, now, before, last, both[last]) if both[last] == max(both.values()) else None


def _nth(column: int, now: Head, before: Head, left_now: int, left_before: int) -> int:
    end = 2 * max(len(now), len(before), column) + 2
    return _others(before, now, left_before, end)[_others(now, before, left_now, column + 1).index(column)]


def _in_both(now: Head, before: Head) -> dict[int, int]:
    """The columns of headers that stood there once now and once before."""
    return {number: before.index(text) for number, text in enumerate(now) if text and now.count(text) == before.count(text) == 1}


def _others(head: Head, other: Head, left: int, right: int) -> list[int]:
    """The columns between two that have no header which stood there both times."""
    named = set(head) & set(other) - {""}
    return [one for one in range(left + 1, right) if one >= len(head) or head[one] not in named]
