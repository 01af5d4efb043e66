"""Whether an ERP's database and the ledger still follow each other, by the turns that both count.

Each run that works counts on in the database (`Fence`), at its beginning and at its end, and the ledger keeps how far. A database
that counts from before was put back to an earlier state, wherever it stands and whatever its server tells; one that counts on by
itself was worked on with another ledger, or with a copy of this one.
"""

from dataclasses import dataclass

from syncdb.connectors.postgres.fence import Keeper
from syncdb.connectors.postgres.standing import Installation
from syncdb.ledger import Ledger, state_keys

PUT_BACK = "The ERP's database was put back to an earlier state: it does not know of what was done with this ledger since."
OLDER_LEDGER = (
    "The shop and the ERP were kept in step with a newer copy of this ledger since: this one is an older one, or one of two."
)
ANEW = "The sync was removed from the ERP's database and installed anew: nobody knows whether its data are those from before."


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of one shop and one database. `installation` is the number of that, `keeper` who was last at work there."""

    ledger: Ledger
    runs: str
    shop: str
    installation: Installation
    own: str
    keeper: Keeper | None

    def put_back(self) -> str:
        """Why the database is in an earlier state than this ledger knows; empty if it is not known to be."""
        there = self.keeper.turn if self.keeper else 0
        return PUT_BACK if self._known is not None and there < self._known else ""

    def agreed_no_more(self) -> str:
        """Why what this ledger knows as agreed need not be it any more; empty if nothing tells so."""
        if self.keeper is not None and self.keeper.ledger != self.own:
            return f"Another ledger ({self.keeper.worker}) kept the shop and the ERP in step since this one last did."
        stored = self.ledger.runs.get(state_keys.turn(self.runs))
        if stored and stored["shop"] == self.shop and stored["installation"] != self.installation.id:
            return ANEW
        # a run that was killed had counted on once, and not said so here
        copied = self.keeper is not None and self._known is not None and self.keeper.turn > self._known + 1
        return OLDER_LEDGER if copied else ""

    def keep(self, turn: int) -> None:
        """The database counts so far, by our own doing."""
        with self.ledger.transaction():
            told = {"installation": self.installation.id, "shop": self.shop, "turn": turn}
            self.ledger.runs.put(state_keys.turn(self.runs), told)

    @property
    def _known(self) -> int | None:
        """How far it counted when this ledger was last at work; None where that was another installation, or is not known."""
        stored = self.ledger.runs.get(state_keys.turn(self.runs))
        if not stored or (stored["installation"], stored["shop"]) != (self.installation.id, self.shop):
            return None
        return int(stored["turn"])
