"""The shop's orders as this pair knows them: without test orders and what was cancelled before the ERP heard of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.passing import PassedOn, SameName
from syncdb.connectors.shopify.ordering.side import OrdersSide
from syncdb.connectors.shopify.shape import bare_id
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Snapshot

Told = tuple[Operation, Outcome]


@dataclass(slots=True)
class ShopOrders(SameName, PassedOn):
    """Orders of the shop. `linked` tells which of these ids are linked in the ledger, `origin` is what sources of the ERP's
    own orders begin with, `old` are numbers of orders that are passed over for their age: they are there, and nobody is asked
    about them. `told` is what became of each write.
    """

    connector: OrdersSide
    linked: Callable[[Sequence[str]], set[str]]
    origin: str
    old: set[str]
    told: list[Told] = field(default_factory=list)

    def structure(self, token: int) -> Attempt | None:
        return None

    def look(self, keys: Iterable[str]) -> Snapshot:
        wanted = list(keys)
        passed = {id: Found(id, "", Record(id, {})) for id in wanted if bare_id(id) in self.old}
        asked = [id for id in wanted if id not in passed]
        shown = self._shown(self.connector.look(asked)) if asked else Snapshot({}, True)
        return replace(shown, found={**shown.found, **passed})

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """The client is closed by whoever opened it."""

    def _shown(self, shown: Snapshot) -> Snapshot:
        doubtful = [id for id, one in shown.found.items() if self._doubtful(one)]
        out = set(doubtful) - self.linked(doubtful) if doubtful else set()
        kept = {id: self._with_blanks(one) for id, one in shown.found.items() if id not in out}
        return replace(shown, found=kept)

    def _doubtful(self, found: Found) -> bool:
        """Whether it is nothing for the ERP unless it is linked. One of the ERP's own is found by its source when it is sent."""
        fields = found.record.fields
        own = str(fields.get("source") or "").startswith(f"{self.origin}:")
        return bool(own or fields.get("test") or fields.get("cancelled"))

    def _with_blanks(self, found: Found) -> Found:
        fields = found.record.fields
        empty = {name for name, value in fields.items() if value is None or value is False}
        return replace(found, blank=frozenset(empty | ({"payment"} if fields.get("payment") == "pending" else set())))

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        self.told += zip(attempt.operations, outcomes, strict=False)
        return outcomes
