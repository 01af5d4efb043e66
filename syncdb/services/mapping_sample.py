"""Some real records of a ledger as a mapping shows them: by what the other side calls their fields."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from syncdb.ledger.queries.catalogue import Things
from syncdb.ledger.queries.export_rows import newest_snapshots
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.pairs.base import Mapped
from syncdb.services.display import shown
from syncdb.values import Value, decode

MOST, LONGEST = 3, 80  # records; letters of a value


@dataclass(frozen=True, slots=True)
class Sampled:
    """One record: what people call it, and its values in words by the ledger's names of the fields."""

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CellShown:
    """One field before and after a change; its name is empty where it is not shown, its value None where it was never read."""

    before: str
    after: str
    value_before: str | None
    value_after: str | None


def sampled(reader: LedgerReader, kind: Mapped) -> list[Sampled]:
    """The newest orders as their rows, or the first records that both sides agree on."""
    if kind.rows is not None:
        return list(islice(_orders(reader, kind), MOST))
    things = Things(reader)
    found = list(islice((one for one in things.of(kind.entity) if one.fields), MOST))
    names = things.names(one.key for one in found)
    return [
        Sampled(names.get(one.key, one.key), {name: _told(decode(value)) for name, value in one.fields.items()}) for one in found
    ]


def beside(before: Mapped | None, after: Mapped | None, old: Sampled | None, new: Sampled | None) -> list[CellShown]:
    """The fields of one record, as they are and as they would be."""
    was = {one.key: one.there for one in before.fields} if before else {}
    will = {one.key: one.there for one in after.fields} if after else {}
    return [
        CellShown(was.get(key, ""), will.get(key, ""), _value(old, key, was), _value(new, key, will)) for key in {**was, **will}
    ]


def _value(one: Sampled | None, key: str, fields: Mapping[str, str]) -> str | None:
    return one.values.get(key) if one is not None and key in fields else None


def _orders(reader: LedgerReader, kind: Mapped) -> Iterator[Sampled]:
    shop = reader.shop or {}
    assert kind.rows is not None
    rows = kind.rows(str(shop.get("zone") or "UTC"), str(shop.get("currency") or "XXX"))
    for snapshot in newest_snapshots(reader):
        for record in rows(snapshot)[:1]:
            yield Sampled(str(snapshot.get("name") or snapshot["id"]), _texts(record.fields.items()))


def _texts(fields: Iterable[tuple[str, Value]]) -> dict[str, str]:
    return {name: _told(value) for name, value in fields}


def _told(value: Value) -> str:
    told = shown(value)
    return told if len(told) <= LONGEST else told[: LONGEST - 3] + "..."
