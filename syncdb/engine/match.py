"""Which records of two systems with ids of their own are the same thing, by the fields that were declared for it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncdb.values import Value, canonical, digest, encode

MOST_NAMED = 10  # of the records that could be meant


@dataclass(frozen=True, slots=True)
class Matching:
    """Declares that the two sides of a pair have ids of their own.

    Records that show the same in all of `fields` are the same thing. Without fields none are: what stands on one side is new.
    """

    fields: tuple[str, ...] = ()

    def value(self, fields: Mapping[str, Value]) -> str | None:
        """What a record is matched by; None where a field was not seen or holds nothing, so that it is never matched."""
        shown = [canonical(fields.get(name)) for name in self.fields]
        if not shown or any(one is None for one in shown):
            return None
        return digest([encode(one) for one in shown])


@dataclass(frozen=True, slots=True)
class Matched:
    """`joined` are the left and right keys of records that are the same thing; `ambiguous` says of a key with which others it
    could be.
    """

    joined: tuple[tuple[str, str], ...]
    ambiguous: Mapping[str, tuple[str, ...]]


def match(left: Mapping[str, str | None], right: Mapping[str, str | None]) -> Matched:
    """Match what stands on one side only, given what each is matched by: exactly one on either side is the same thing."""
    on_left, on_right = _by_value(left), _by_value(right)
    joined: list[tuple[str, str]] = []
    ambiguous: dict[str, tuple[str, ...]] = {}
    for value, lefts in on_left.items():
        rights = on_right.get(value, [])
        if len(lefts) == len(rights) == 1:
            joined.append((lefts[0], rights[0]))
        elif rights:
            several = (*lefts, *rights)
            ambiguous |= {key: tuple(other for other in several if other != key)[:MOST_NAMED] for key in several}
    return Matched(tuple(joined), ambiguous)


def _by_value(values: Mapping[str, str | None]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in _valued(values):
        found.setdefault(value, []).append(key)
    return found


def _valued(values: Mapping[str, str | None]) -> Iterable[tuple[str, str]]:
    return ((key, value) for key, value in values.items() if value is not None)
