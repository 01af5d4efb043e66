"""What two live systems hold, each read anew, to be audited."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.base import Capabilities
from syncdb.engine.audit import Audited, FieldSums, summed
from syncdb.engine.naming import names_in
from syncdb.engine.pair_run import EntitySync
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.policy import Triple
from syncdb.engine.reconcile import linked
from syncdb.engine.triples import Readable, of_everything
from syncdb.ledger import Ledger
from syncdb.model import Field, Found, Snapshot

SHOWN = ("title", "sku", "location", "order_name")  # by which people know a record of which the ledger knows nothing


@dataclass(slots=True)
class ListedOnce:
    """A side whose records are listed once and then known: asking for single ones would cost it a request for each few."""

    side: Readable
    _found: dict[str, Found] = field(default_factory=dict)
    _doubled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _complete: bool | None = None

    @property
    def can(self) -> Capabilities:
        return self.side.can

    def fetch(self) -> Iterator[Snapshot]:
        self._list()
        yield Snapshot(self._found, bool(self._complete), self._doubled)

    def look(self, keys: Iterable[str]) -> Snapshot:
        self._list()
        wanted = list(keys)
        if self.side.can.listing_may_lack and (lacking := [key for key in wanted if key not in self._found]):
            self._found.update(self.side.look(lacking).found)
        found = {key: self._found[key] for key in wanted if key in self._found}
        return Snapshot(found, bool(self._complete), {key: self._doubled[key] for key in wanted if key in self._doubled})

    def _list(self) -> None:
        if self._complete is not None:
            return
        self._complete = True
        for shown in self.side.fetch():
            self._found.update(shown.found)
            self._doubled.update(shown.doubled)
            self._complete = self._complete and shown.complete


def audited_entities(sync: PairSync, fields: Mapping[str, Sequence[Field]]) -> list[Audited]:
    """Every entity of a run. `fields` are what is shown of each, by its name. The run's own ledger must be a copy."""
    return [_audited(sync, entity, fields[entity.name]) for entity in sync.pair_run.entities]


def _audited(sync: PairSync, entity: EntitySync, fields: Sequence[Field]) -> Audited:
    pair = linked(entity.pair, sync.ledger)
    managed = [one for one in fields if one.name in pair.policy.rules]
    lacking = [connector.title for connector in pair.sides.values() if connector.structure(_token()) is not None]
    left = ListedOnce(pair.left)

    def problems() -> list[str]:
        unread = ((met, why) for reading in entity.readings.values() for met, why in reading.unreadable.items())
        return [
            *(
                f"{title}: the table of {entity.name} or some of its columns do not exist yet; a run makes them."
                for title in lacking
            ),
            *(f"{name} of {id}: {why}" for (id, name), why in unread),
        ]

    return Audited(
        entity.name,
        pair.name,
        {side: connector.title for side, connector in pair.sides.items()},
        managed,
        {name: rule.owner for name, rule in pair.policy.rules.items()},
        lambda: of_everything(sync.ledger.records(pair.name), left, pair.right),
        lambda triple: True,
        lambda triple: _called(sync.ledger, pair.name, triple),
        FieldSums(summed(managed)),
        problems,
    )


def _called(ledger: Ledger, pair: str, triple: Triple) -> str:
    """As the ledger knows it, else by what it shows."""
    known = names_in(ledger, pair, [triple.key])[triple.key]
    if known != triple.key:
        return known
    for found in (triple.left, triple.right):
        if found is not None:
            shown = [str(found.record.fields[part]) for part in SHOWN if found.record.fields.get(part)]
            if shown:
                return " / ".join(shown)
    return triple.key


def _token() -> int:
    return random.SystemRandom().randrange(1, 2**31)
