"""References to records whose rows people deleted, and which stay away: such a reference is empty on both sides."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Snapshot

LetGo = Callable[[Collection[str]], Collection[str]]  # those of some ids whose rows are gone and stay away


@dataclass(slots=True)
class WithoutLetGo:
    """The shop's records with empty references to what was let go, by the name of the field."""

    inner: Connector
    references: Mapping[str, LetGo]
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title, self.can = self.inner.name, self.inner.title, self.inner.can

    def structure(self, token: int) -> Attempt | None:
        return self.inner.structure(token)

    def fetch(self) -> Iterator[Snapshot]:
        return map(self._shown, self.inner.fetch())

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self._shown(self.inner.look(keys))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return self.inner.prepare(operations, token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self.inner.write(attempt)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self.inner.settle(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return self.inner.mend(attempt, token)

    def close(self) -> None:
        self.inner.close()

    def _shown(self, shown: Snapshot) -> Snapshot:
        found = dict(shown.found)
        for name, let_go in self.references.items():
            ids = {str(one.record.fields[name]) for one in found.values() if one.record.fields.get(name)}
            gone = let_go(ids) if ids else ()
            found = {key: _emptied(one, name) if one.record.fields.get(name) in gone else one for key, one in found.items()}
        return replace(shown, found=found)


def _emptied(found: Found, name: str) -> Found:
    record = Record(found.record.key, {**found.record.fields, name: None}, found.record.shortened)
    return replace(found, record=record)
