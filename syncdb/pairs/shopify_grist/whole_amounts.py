"""Prices that people typed with more decimals than the currency has: written rounded, and shown so where they were typed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from syncdb.connectors.grist.cells import rounded
from syncdb.connectors.passing import SameName, Translated
from syncdb.mapping.entities import PRICES
from syncdb.model import Attempt, Operation, Outcome, Result
from syncdb.values import Value


@dataclass(slots=True)
class WholeAmounts(SameName, Translated):
    """The shop's side of records with prices. `digits` says how many decimals an amount has."""

    digits: Callable[[], int]

    def __post_init__(self) -> None:
        SameName.__post_init__(self)
        self.can = replace(self.can, fits=lambda operation: self.connector.can.fits(self._own(operation)))

    def _own(self, operation: Operation) -> Operation:
        odd = self._odd(operation)
        return replace(operation, changes={**operation.changes, **odd}) if odd else operation

    def _odd(self, operation: Operation) -> dict[str, Value]:
        """What is written in place of amounts with too many decimals."""
        amounts = {name: value for name, value in operation.changes.items() if name in PRICES and isinstance(value, Decimal)}
        meant = {name: rounded(value, self.digits()) for name, value in amounts.items()}
        return {name: value for name, value in meant.items() if value != amounts[name]}

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        if not attempt.operations:
            return outcomes
        return [
            replace(outcome, instead={**self._odd(one), **outcome.instead}) if outcome.result is Result.DONE else outcome
            for one, outcome in zip(attempt.operations, outcomes, strict=True)
        ]
