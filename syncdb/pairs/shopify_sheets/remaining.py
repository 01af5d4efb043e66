"""What is gone from the shop keeps its row and says so: as it was last shown, but not in the shop any more."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import PassedOn, SameName
from syncdb.ledger import Ledger
from syncdb.ledger.orders import groups
from syncdb.mapping.plain_rows import IN_SHOP, PlainRows
from syncdb.model import Found, Record, Snapshot
from syncdb.values import Value

KEY = "key"
BLOCK = 500


@dataclass(slots=True)
class Remaining(SameName, PassedOn):
    """A side of a shop over `connector`, as rows of a tab. Records are gone where Shopify, seen whole, does not show them.

    `told`: a column of the tab says whether a record is in the shop. Of a person who is gone or was redacted nothing but the
    key is left in the row.
    """

    connector: Connector
    plain: PlainRows
    ledger: Ledger
    pair: str
    told: bool

    def fetch(self) -> Iterator[Snapshot]:
        """Everything, then what is gone, once all was seen."""
        seen, whole = set[str](), True
        for block in self.connector.fetch():
            seen |= block.found.keys()
            whole = whole and block.complete
            yield self._shown(block)
        if not (whole and self.plain.stays):
            return
        gone = (key for key, _ in self.ledger.records(self.pair).all_keys() if key not in seen)
        for keys in groups(gone, BLOCK):
            yield Snapshot(self._gone(keys), complete=True)

    def look(self, keys: Iterable[str]) -> Snapshot:
        wanted = list(keys)
        shown = self._shown(self.connector.look(wanted))
        if not (shown.complete and self.plain.stays):
            return shown
        return replace(shown, found={**shown.found, **self._gone([key for key in wanted if key not in shown.found])})

    def _shown(self, shown: Snapshot) -> Snapshot:
        there: Mapping[str, Value] = {IN_SHOP: True} if self.told else {}
        found = {
            key: replace(one, record=Record(key, {KEY: key, **self._seen(key, one.record.fields), **there}))
            for key, one in shown.found.items()
        }
        return replace(shown, found=found)

    def _seen(self, key: str, fields: Mapping[str, Value]) -> Mapping[str, Value]:
        """What is shown of a record: nothing of a person who was redacted, whatever Shopify still has."""
        return dict.fromkeys(fields) if self.plain.personal and key in self.ledger.redacted else fields

    def _gone(self, keys: Iterable[str]) -> dict[str, Found]:
        """Those of these that have a row."""
        found = {}
        for key, known in self.ledger.records(self.pair).known(keys).items():
            if known.base is not None:
                last: dict[str, Any] = dict.fromkeys(known.base.fields) if self.plain.personal else dict(known.base.fields)
                gone = {IN_SHOP: False} if self.told else {}
                found[key] = Found(key, "", Record(key, {**last, KEY: key, **gone}))
        return found
