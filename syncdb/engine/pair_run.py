"""What a run between two live systems keeps in step: its entities, and what its two sides tell of what changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from syncdb.connectors.base import Feed
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.request import Named
from syncdb.model import Side


class Reading(Protocol):
    """A side that may meet values which are not what their field holds (a word where a number belongs)."""

    @property
    def unreadable(self) -> Mapping[tuple[str, str], str]:
        """By the side's own key and field, why; they were left alone."""

    @property
    def held(self) -> Mapping[str, str]:
        """Fields of which nothing is read or written there at all, with the reason."""


class Notice(Protocol):
    """Something a side noticed that a person should know."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def next_step(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Derived:
    """A field that shows one of another entity: `name` is what `source` says in the record of `of` that `via` refers to."""

    name: str
    via: str
    of: str
    source: str


@dataclass(frozen=True, slots=True)
class EntitySync:
    """One kind of thing that is kept in step (products, inventory ...). `shown` changes with its fields and rules.

    `readings` are the sides that may meet what they cannot read. `derived` are fields that follow another entity, which no
    feed tells of.
    """

    name: str
    pair: EntityPair
    shown: str
    readings: Mapping[Side, "Reading"]
    derived: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """A side that tells of its own accord what changed. `keys` finds, by entity, the side's keys of what was named.

    `system` is what the configuration calls it. A side with keys None says only that something changed: its feed is asked what.
    """

    system: str
    keys: Callable[[Named], Mapping[str, tuple[str, ...] | None]] | None


@dataclass(frozen=True, slots=True)
class PairRun:
    """Two systems. `name` stands for them in the ledger; `remember` keeps there what ties us to a place in them.

    `news` tells what a side noticed since it was last asked. `part`: only some of what is configured is looked at this time, so
    that what changed otherwise must not be forgotten. `naming` are the sides that tell of their own accord what changed.
    `lacking`: something that is to be kept in step cannot be, so that the run does its work in part only.
    `one_of_several`: other runs of the same kind keep other things in step, so that this one does not say what all is kept.
    `hold` sees to it, before records of an entity are looked at, that nobody else is at work on the two (raises LedgerBusy).
    """

    name: str
    entities: Sequence[EntitySync]
    feeds: Mapping[Side, Feed]
    remember: Callable[[], None]
    news: Callable[[], Iterable[Notice]]
    part: bool = False
    naming: Mapping[Side, Naming] = field(default_factory=dict)
    one_of_several: bool = False
    lacking: bool = False
    hold: Callable[[], None] = field(default=lambda: None)
