"""A side as it is shown once people were redacted: of their records nothing that tells of them, whatever stands there still."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.passing import PassedOn
from syncdb.ledger.redacted import Redacted
from syncdb.model import Found, Record, Snapshot

Marks = Callable[[Found], Sequence[str]]


@dataclass(slots=True)
class WithoutRedacted(PassedOn):
    """`marks` gives by what a record would be known as redacted, `plain` are the fields that tell nothing of a person.

    One that is joined with none of the other side is not shown at all: it would be made there. `linked` tells which are joined.
    """

    connector: Connector
    redacted: Redacted
    marks: Marks
    plain: frozenset[str]
    linked: Callable[[Sequence[str]], set[str]]
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title, self.can = self.connector.name, self.connector.title, self.connector.can

    def _shown(self, shown: Snapshot) -> Snapshot:
        if not self.redacted.marks:
            return shown
        out = [id for id, one in shown.found.items() if any(mark in self.redacted for mark in self.marks(one))]
        if not out:
            return shown
        joined = self.linked(out)
        kept = {id: one for id, one in shown.found.items() if id not in out or id in joined}
        return replace(shown, found=kept | {id: self._without_person(kept[id]) for id in out if id in kept})

    def _without_person(self, found: Found) -> Found:
        fields = {name: value for name, value in found.record.fields.items() if name in self.plain}
        return replace(found, record=Record(found.record.key, fields), blank=found.blank & fields.keys())
