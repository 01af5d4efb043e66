"""Customers and draft orders as a document shows them: of a person who was redacted nothing, whatever the shop still has."""

from dataclasses import dataclass, replace

from syncdb.connectors.passing import PassedOn, SameName
from syncdb.ledger.redacted import Redacted
from syncdb.model import Found, Record, Snapshot
from syncdb.orders.personal_records import PersonalRecords
from syncdb.pairs.shopify_grist.pair import PEOPLE

KEPT = {one.entity: one for one in PEOPLE}


@dataclass(slots=True)
class EmptiedOfRedacted(SameName, PassedOn):
    """The shop's side of one of these entities. What was redacted keeps its row, in which only plain fields stand."""

    personal: PersonalRecords
    redacted: Redacted

    def _shown(self, shown: Snapshot) -> Snapshot:
        if not self.redacted.marks:
            return shown
        return replace(shown, found={key: self._told(one) for key, one in shown.found.items()})

    def _told(self, found: Found) -> Found:
        fields = found.record.fields
        if found.record.key not in self.redacted and str(fields.get("customer") or "") not in self.redacted:
            return found
        emptied = dict.fromkeys(self.personal.personal(fields))
        return replace(found, record=Record(found.record.key, {**fields, **emptied}, found.record.shortened))
