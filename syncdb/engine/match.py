"""Which records of two systems with ids of their own are the same thing, by the evidence that was declared for it. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncdb.model import Side
from syncdb.values import Value, canonical, digest, encode, same

Fields = Mapping[str, Value]
Evidence = Callable[[Side, Sequence[str]], Mapping[str, Fields]]  # of records of a side, by its own ids
Near = Callable[[Side, Sequence[Fields]], Collection[str]]  # ids of records of a side that could be these of the other


@dataclass(frozen=True, slots=True)
class Matching:
    """Declares that the two sides of a pair have ids of their own.

    Records that show the same in all of `fields` are the same thing, and in `also`, of which any may be empty. Without fields
    none are: what stands on one side is new. Where the two both hold something in one of `unless` and it differs, they may be
    different things: that is ambiguous. `weaker` evidence counts, in its order, for what the stronger says nothing about.
    `evidence` tells what is not among the fields of a record; asked only where records stand alone on both sides. `near` names
    the records of a side that some new ones of the other could be, so that not all have to be listed for a few: only for pairs
    in which what stands on one side is always made on the other, or told, once everything was looked at.
    """

    fields: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    weaker: tuple["Matching", ...] = ()
    evidence: Evidence | None = None
    near: Near | None = None

    def value(self, fields: Fields) -> str | None:
        """What a record is matched by; None where a field was not seen or holds nothing, so that it is never matched."""
        shown = [canonical(fields.get(name)) for name in self.fields]
        if not shown or any(one is None for one in shown):
            return None
        return digest([encode(one) for one in (*shown, *(canonical(fields.get(name)) for name in self.also))])

    @property
    def steps(self) -> tuple["Matching", ...]:
        """The kinds of evidence, strongest first."""
        return (self, *self.weaker)

    def needed(self, fields: Fields) -> dict[str, Value]:
        """What of a record's fields the evidence rests on."""
        names = {name for step in self.steps for name in (*step.fields, *step.also, *step.unless)}
        return {name: value for name, value in fields.items() if name in names}


@dataclass(frozen=True, slots=True)
class Matched:
    """`joined` are the left and right keys of records that are the same thing; `ambiguous` says of a key which could be, it among
    them: of all of these the same, so that they are one question. The first is one of the left side.
    """

    joined: tuple[tuple[str, str], ...]
    ambiguous: Mapping[str, tuple[str, ...]]


def match_by(matching: Matching, left: Mapping[str, Fields], right: Mapping[str, Fields]) -> Matched:
    """Match what stands on one side only, by the strongest evidence there is about each. What is ambiguous stays so: weaker
    evidence is not asked.
    """
    joined: list[tuple[str, str]] = []
    ambiguous: dict[str, tuple[str, ...]] = {}
    settled: set[str] = set()
    for step in matching.steps:
        found = match(*({key: step.value(one) for key, one in side.items() if key not in settled} for side in (left, right)))
        doubted = [pair for pair in found.joined if _contradict(left[pair[0]], right[pair[1]], step.unless)]
        joined += [pair for pair in found.joined if pair not in doubted]
        ambiguous |= found.ambiguous
        for one, other in doubted:
            ambiguous |= dict.fromkeys((one, other), (one, other))
        settled = {key for pair in joined for key in pair} | ambiguous.keys()
    return Matched(tuple(joined), ambiguous)


def _contradict(left: Fields, right: Fields, names: Iterable[str]) -> bool:
    both = ((canonical(left.get(name)), canonical(right.get(name))) for name in names)
    return any(one is not None and other is not None and not same(one, other) for one, other in both)


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
            several = (*sorted(lefts), *sorted(rights))
            ambiguous |= dict.fromkeys(several, several)
    return Matched(tuple(joined), ambiguous)


def _by_value(values: Mapping[str, str | None]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in _valued(values):
        found.setdefault(value, []).append(key)
    return found


def _valued(values: Mapping[str, str | None]) -> Iterable[tuple[str, str]]:
    return ((key, value) for key, value in values.items() if value is not None)
