"""What stays true of records until it is seen to be otherwise, so that every run tells it, whatever it looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncdb.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Standing:
    """Sentences about records of one side, each with what the record belongs to. `name` is where the ledger keeps them."""

    ledger: Ledger
    name: str

    def all(self) -> dict[str, tuple[str, str]]:
        """By id, the owner and what there is to tell."""
        kept = self.ledger.runs.get(self.name) or {}
        return {id: (owner, told) for id, (owner, told) in kept.items()}

    def seen(self, looked: Iterable[str], found: Mapping[str, tuple[str, str]]) -> None:
        """These records were looked at, and that is what is to be told of some of them."""
        known = self.all()
        now = {id: one for id, one in known.items() if id not in set(looked)} | dict(found)
        if now != known:
            with self.ledger.transaction():
                self.ledger.runs.put(self.name, {id: list(one) for id, one in now.items()})
