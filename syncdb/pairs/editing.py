"""What people may choose of what a pair keeps in step, and how a choice stands in the settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from syncdb.model import Rule
from syncdb.pairs.base import S


@dataclass(frozen=True, slots=True)
class OfferedField:
    """A field that can be kept in step, and whether it is.

    `there` is what it is called on the other side, `rule` the word for whose word counts now, `rules` all words with what they
    mean; none where there is nothing to choose. `always`: it cannot be left out.
    """

    name: str
    label: str
    meaning: str
    chosen: bool
    there: str = ""
    rule: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    always: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """One kind of record and its fields.

    `id` tells it apart among those of its pair, `setting` is where the choice stands. `named`: what a field is called on the
    other side can be chosen. `more` is how further fields are named, by examples; empty where there are no others.
    """

    id: str
    entity: str
    place: str
    setting: str
    fields: tuple[OfferedField, ...]
    named: bool = False
    more: str = ""


@dataclass(frozen=True, slots=True)
class Wished:
    """A field as somebody wants it: its name on the other side and its rule are empty where they shall be the usual ones."""

    name: str
    there: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Editing(Generic[S]):
    """`offered` tells what can be chosen. `put` makes what a kind's setting shall hold from the settings, what it holds now (None
    where it is not set) and the fields that are wanted; an empty list leaves the kind out. It judges nothing: loading the
    settings does. `switches` are the settings that let something be written, each with what it lets be written.
    """

    offered: Callable[[S], Sequence[Offered]]
    put: Callable[[S, Any, str, Sequence[Wished]], Any]
    switches: Mapping[str, str] = field(default_factory=dict)


def word_of(rule: Rule, rules: Mapping[str, Rule]) -> str:
    """The word for a rule; empty where there is none."""
    return next((word for word, one in rules.items() if (one.owner, one.tie) == (rule.owner, rule.tie)), "")
