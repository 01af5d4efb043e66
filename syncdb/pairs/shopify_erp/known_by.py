"""What the ledger calls an ERP: found by what its installation says of itself, so that another address of the same database (a
host of another name, a pooler, another user or port) goes on with the same pair and all that was agreed.
"""

from dataclasses import dataclass
from typing import Any

from syncdb.connectors.postgres.address import ErpAddress
from syncdb.connectors.postgres.standing import Installation
from syncdb.ledger import Ledger, state_keys
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP


@dataclass(frozen=True, slots=True)
class KnownBy:
    """The names of one ERP in a ledger, by the address and schema of the settings."""

    ledger: Ledger
    address: ErpAddress
    schema: str

    def unseen(self) -> str:
        """Its name while it is not known which database answers there: the last one there, else the only one there is."""
        at = self._at()
        if self._remembered(at) or self.ledger.pairs.get(at) is not None:
            return str(self._remembered(at).get("pair", at))
        known = [one.id for one in self.ledger.pairs.of_type(SHOPIFY_ERP.name) if not one.entity]
        return known[0] if len(known) == 1 else at

    def seen(self, found: Installation) -> str:
        """Its name now that it answered, which is remembered. An installation of before this could be told has no id."""
        at = self._at()
        if not found.id:
            return str(self._remembered(at).get("pair", at))
        pair = str(self._remembered(found.id).get("pair") or self._new(at, found))
        told = {"pair": pair, "id": found.id, "place": found.place}
        if (self._remembered(found.id), self._remembered(at)) != (told, told):
            with self.ledger.transaction():
                for name in (found.id, at):
                    self.ledger.runs.put(state_keys.known_by(name), told)
        return pair

    def _new(self, at: str, found: Installation) -> str:
        """The name of an installation that was never met: that of what stood at the address, unless that was another database."""
        earlier = self._remembered(at)
        places = (earlier.get("place"), found.place)
        return f"{at}#{found.id[:8]}" if all(places) and places[0] != places[1] else str(earlier.get("pair", at))

    def _at(self) -> str:
        """What it is called by its address; in older ledgers by the way that leads there, which may become another."""
        below = f"{self.address.database}/{self.schema}"
        by_way = f"{SHOPIFY_ERP.name}:{self.address.host}/{below}"
        return by_way if self.ledger.pairs.get(by_way) is not None else f"{SHOPIFY_ERP.name}:{self.address.home}/{below}"

    def _remembered(self, name: str) -> dict[str, Any]:
        return self.ledger.runs.get(state_keys.known_by(name)) or {}
