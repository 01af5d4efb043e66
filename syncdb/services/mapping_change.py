"""A proposed mapping beside the one that counts: what is written more than before, and the same records under both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Owner
from syncdb.pairs import registry
from syncdb.pairs.base import Mapped
from syncdb.services.mapping_sample import CellShown, Sampled, beside, sampled
from syncdb.services.validation import UsablePair

Kinds = dict[tuple[str, str], Mapped]


@dataclass(frozen=True, slots=True)
class RecordBeside:
    """One real record before and after."""

    name: str
    cells: Sequence[CellShown]


@dataclass(frozen=True, slots=True)
class KindBeside:
    """One kind of record of a pair whose mapping changes. `rules` are fields whose rule does, by name."""

    pair: str
    before: Mapped | None
    after: Mapped | None
    records: Sequence[RecordBeside]

    @property
    def entity(self) -> str:
        return (self.after or self.before).entity  # type: ignore[union-attr]


def mapped_of(one: UsablePair) -> Sequence[Mapped]:
    """What a pair keeps in step, field by field."""
    tell = one.implementation.mapped
    return tell(one.settings) if tell else ()


def kinds_of(usable: Sequence[UsablePair]) -> Kinds:
    """Every kind by its pair's name and its id."""
    return {(one.pair.name, kind.id): kind for one in usable for kind in mapped_of(one)}


def compared(before: Kinds, after: Kinds, reader: LedgerReader | None) -> Iterator[KindBeside]:
    """The kinds that change, with some records as they are and as they would be."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if (old.fields if old else None) != (new.fields if new else None):
            yield KindBeside(key[0], old, new, list(_records(old, new, reader)))


def _records(old: Mapped | None, new: Mapped | None, reader: LedgerReader | None) -> Iterator[RecordBeside]:
    were, will = ({one.name: one for one in _sampled(kind, reader)} for kind in (old, new))
    for name in dict.fromkeys([*were, *will]):
        yield RecordBeside(name, beside(old, new, were.get(name), will.get(name)))


def _sampled(kind: Mapped | None, reader: LedgerReader | None) -> Sequence[Sampled]:
    return sampled(reader, kind) if kind is not None and reader is not None else ()


def widened(before: Kinds, after: Kinds, seen: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """What could be written after a change and could not before, in words; nothing where it only narrows or moves columns."""
    written = {(key, field.key) for key, kind in before.items() for field in kind.fields if field.rule.owner is not Owner.LEFT}
    more = [
        f"{kind.entity}.{field.key or field.name}"
        for key, kind in after.items()
        for field in kind.fields
        if field.rule.owner is not Owner.LEFT and (key, field.key) not in written
    ]
    return [*dict.fromkeys(more), *_switched_on(seen, changes)]


def _switched_on(seen: Mapping[str, Any], changes: Mapping[str, Any]) -> Iterator[str]:
    """The settings that let something be written and let more of it now."""
    for name in dict.fromkeys(name for pair in registry.PAIRS for name in switches_of(pair.name)):
        if name in changes:
            key = registry.known_keys().by_name[name]
            was, will = (_as_set(None if raw is None else key.check(raw)) for raw in (seen.get(name), changes[name]))
            if will - was:
                yield name


def _as_set(value: Any) -> set[Any]:
    """What a switch lets be written: nothing, itself, or each of its words."""
    if isinstance(value, list | tuple):
        return set(value)
    return {value} if value else set()


def switches_of(pair: str) -> Mapping[str, str]:
    """The settings of a pair that let something be written, with what that is."""
    found = registry.pair_named(pair)
    editing = found.load_implementation().editing if found else None
    return editing.switches if editing else {}
