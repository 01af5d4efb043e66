"""Rows that people added under a product that is there, made as variants of it: each once, by what the row says."""

from dataclasses import dataclass, replace

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import SameName, Translated
from syncdb.connectors.shopify.catalogue.fields import METAFIELD
from syncdb.model import Action, Attempt, Operation, Outcome, Result
from syncdb.pairs.shopify_grist.new_products import Made, only
from syncdb.pairs.shopify_grist.new_rows import OPTIONS
from syncdb.values import Value, canonical

TOLD_BY = ("product", "title", *OPTIONS)  # which variant of which product it is
WEIGHT = {"weight", "weight_unit"}  # sent together


@dataclass(slots=True)
class NewVariants(SameName, Translated):
    """The variants of the shop, of which new ones are made from rows. `allowed` are the fields that may be written there.

    `made` is told which variant was made under which mark.
    """

    connector: Connector
    allowed: frozenset[str]
    made: Made

    def _own(self, operation: Operation) -> Operation:
        """What is made of a row: what tells it from others, and what may be written and fits. Metafields follow afterwards."""
        if operation.action is not Action.CREATE:
            return operation
        told = {name: value for name, value in operation.changes.items() if name in TOLD_BY}
        said = {name: value for name, value in operation.changes.items() if self._said(name, value)}
        fit = {name: value for name, value in said.items() if self.can.fits(only(operation, name, value))}
        if not fit.keys() >= WEIGHT:
            fit = {name: value for name, value in fit.items() if name not in WEIGHT}
        return replace(operation, changes={**told, **fit})

    def _said(self, name: str, value: Value) -> bool:
        """Whether a row says something of a field: 0 and no are what Grist itself puts into a new one."""
        return name in self.allowed and not METAFIELD.fullmatch(name) and canonical(value) not in (None, 0, False)

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes, nothing being agreed about what was not written."""
        told = []
        for one, outcome in zip(attempt.operations, outcomes if attempt.operations else (), strict=True):
            if one.action is Action.CREATE and outcome.result is Result.DONE and outcome.id:
                self.made(one.key, outcome.id)
                outcome = replace(outcome, without=frozenset(one.changes.keys() - (self._own(one).changes.keys() - {*TOLD_BY})))
            told.append(outcome)
        return told if attempt.operations else outcomes
