"""The sides of each kind of record: a shop's connector, narrowed to what both stores can have in common."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.order_source import Notice
from syncdb.engine.compare import number
from syncdb.engine.links import Joins
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Side, Snapshot

MOST_NAMED = 5
PLACE = "place"  # which pair of locations a level belongs to

Narrow = Callable[[Snapshot], Snapshot]


@dataclass(slots=True)
class NarrowedSide:
    """A connector that shows only what `narrow` leaves of a snapshot. What is not shown is not there, as far as the pair goes."""

    connector: Connector
    title: str
    narrow: Narrow
    name: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.can = self.title, self.connector.can

    def structure(self, token: int) -> Attempt | None:
        return self.connector.structure(token)

    def fetch(self) -> Iterator[Snapshot]:
        for shown in self.connector.fetch():
            yield self.narrow(shown)

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self.narrow(self.connector.look(keys))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return self.connector.prepare(operations, token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self.connector.write(attempt)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self.connector.settle(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return self.connector.mend(attempt, token)

    def close(self) -> None:
        self.connector.close()


def linked_ids(joins: Joins, side: Side, ids: Iterable[str]) -> set[str]:
    """Those of these ids of a side that are joined with a record of the other."""
    keys = joins.keys(side, dict.fromkeys(ids))
    alone = joins.alone(list(keys.values()))
    return {id for id, key in keys.items() if key not in alone}


@dataclass(frozen=True, slots=True)
class OfLinked:
    """Only records that belong to a linked one: variants of products that both stores have.

    About those of a product that is itself a question as a whole (deleted in one store, edited in the other) nothing is said.
    """

    joins: Joins
    side: Side
    reference: str

    def __call__(self, shown: Snapshot) -> Snapshot:
        linked = linked_ids(self.joins, self.side, (self._of(one) for one in shown.found.values()))
        asked = [key for key, field, *_ in self.joins.records.conflicts() if not field]
        linked -= set(self.joins.ids(self.side, asked).values())
        return replace(shown, found={id: one for id, one in shown.found.items() if self._of(one) in linked})

    def _of(self, found: Found) -> str:
        return str(found.record.fields.get(self.reference) or "")


@dataclass(slots=True)
class StockInCommon:
    """Only stock of variants that both stores have, at locations that stand for one another, with the pair of locations.

    `places` gives the pair of locations by a location's id; `fresh` tells of levels, each with its variant, which are those of
    products made just now, so that their nought is no count. Stock that is not counted is shown without its quantity, which must
    not be written there. What is worth telling is kept until `news` is asked for.
    """

    store: str
    joins: Joins
    side: Side
    places: Mapping[str, str]
    fresh: Callable[[Mapping[str, str]], set[str]]
    _untracked: dict[str, str] = field(default_factory=dict, init=False)
    _negative: dict[str, str] = field(default_factory=dict, init=False)

    def __call__(self, shown: Snapshot) -> Snapshot:
        placed = {id: one for id, one in shown.found.items() if one.record.fields.get("location_id") in self.places}
        linked = linked_ids(self.joins, self.side, (str(one.record.fields.get("variant") or "") for one in placed.values()))
        common = {id: one for id, one in placed.items() if one.record.fields.get("variant") in linked}
        empty = {id: str(one.record.fields["variant"]) for id, one in common.items() if one.record.fields.get("available") == 0}
        fresh = self.fresh(empty) if empty else set()
        return replace(shown, found={id: self._shown(one, id in fresh) for id, one in common.items()})

    def _shown(self, found: Found, fresh: bool) -> Found:
        fields = dict(found.record.fields)
        fields[PLACE] = self.places[str(fields["location_id"])]
        called = f"{fields.get('sku') or fields.get('variant')} at {fields.get('location')}"
        if fields.get("tracked") is False:
            fields.pop("available", None)
            self._untracked[found.record.key] = called
            return replace(found, record=Record(found.record.key, fields), computed=frozenset({"available"}))
        available = number(fields.get("available"))
        if available is not None and available < 0:
            self._negative[found.record.key] = f"{called}: {available}"
        else:
            self._negative.pop(found.record.key, None)
        return replace(found, record=Record(found.record.key, fields), blank=frozenset({"available"} if fresh else ()))

    def news(self) -> Iterator[Notice]:
        """What a person should know since this was last called."""
        if self._negative:
            told = f"More was sold in {self.store} than there is: {_some(self._negative.values())}."
            yield Notice("negative", told, "Count the stock and correct it in either store.")
        if self._untracked:
            told = f"Not kept in step, because {self.store} does not count it: {_some(self._untracked.values())}."
            yield Notice(f"untracked:{self.store}", told, "Switch on Track quantity there if its stock shall be kept in step.")
        self._negative.clear()
        self._untracked.clear()


def _some(names: Collection[str]) -> str:
    shown = list(names)[:MOST_NAMED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
