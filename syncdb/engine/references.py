"""Fields that hold the id of another record: told by the key that it has on both sides, written as the id that it has there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import SameName, Translated
from syncdb.engine.links import Joins
from syncdb.model import Found, Operation, Record, Side, Snapshot
from syncdb.values import Value


def referring(connector: Connector, side: Side, references: Mapping[str, Joins]) -> Connector:
    """The connector with these fields as keys; itself where there are none."""
    return ReferringSide(connector, side, references) if references else connector


@dataclass(slots=True)
class ReferringSide(SameName, Translated):
    """A connector whose references are seen by the keys of the records they lead to.

    `references` gives for each field the ids behind the keys. A record that is joined with none has a key of its own side, which
    equals nothing on the other.
    """

    connector: Connector
    side: Side
    references: Mapping[str, Joins]

    def _shown(self, shown: Snapshot) -> Snapshot:
        found = dict(shown.found)
        for name, joins in self.references.items():
            ids = [str(one.record.fields[name]) for one in found.values() if one.record.fields.get(name)]
            keys = joins.keys(self.side, dict.fromkeys(ids))
            found = {id: _with(one, name, keys) for id, one in found.items()}
        return replace(shown, found=found)

    def _own(self, operation: Operation) -> Operation:
        return replace(operation, expected=self._with_ids(operation.expected), changes=self._with_ids(operation.changes))

    def _with_ids(self, values: Mapping[str, Value]) -> dict[str, Value]:
        own = dict(values)
        for name, joins in self.references.items():
            if own.get(name):
                key = str(own[name])
                own[name] = joins.ids(self.side, [key]).get(key, key)
        return own


def _with(found: Found, name: str, keys: Mapping[str, str]) -> Found:
    id = found.record.fields.get(name)
    if not id:
        return found
    fields = {**found.record.fields, name: keys[str(id)]}
    return replace(found, record=Record(found.record.key, fields, found.record.shortened))
