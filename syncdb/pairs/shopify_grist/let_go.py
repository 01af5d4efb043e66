"""References to records whose rows people deleted, and which stay away: such a reference is empty on both sides."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import PassedOn, SameName
from syncdb.model import Found, Record, Snapshot

LetGo = Callable[[Collection[str]], Collection[str]]  # those of some ids whose rows are gone and stay away


@dataclass(slots=True)
class WithoutLetGo(SameName, PassedOn):
    """The shop's records with empty references to what was let go, by the name of the field."""

    connector: Connector
    references: Mapping[str, LetGo]

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
