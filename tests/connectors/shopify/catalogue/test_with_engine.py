"""The catalogue under the engine: a shop and a second system that both change, with answers lost, come to what the rules say."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.memory import MemoryConnector
from syncdb.engine.apply import Applier
from syncdb.engine.guards import Limits
from syncdb.engine.progress import Silent
from syncdb.engine.reconcile import EntityPair, Reconciled, reconcile
from syncdb.ledger import Ledger
from syncdb.model import Owner, Policy, Rule, Tie
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.values import Value, same
from tests.connectors.shopify.catalogue.conftest import Shelf

MATERIAL = "metafields.custom.material"
RULES: dict[str, dict[str, Rule]] = {
    "products": {
        "title": Rule(Owner.BOTH, tie=Tie.LEFT),
        "vendor": Rule(Owner.BOTH, tie=Tie.RIGHT),
        "tags": Rule(Owner.BOTH, tie=Tie.RIGHT),
        MATERIAL: Rule(Owner.BOTH, tie=Tie.RIGHT),
        "url": Rule(Owner.LEFT),
    },
    "variants": {"price": Rule(Owner.BOTH, tie=Tie.RIGHT), "sku": Rule(Owner.BOTH, tie=Tie.LEFT), "product": Rule(Owner.LEFT)},
    "inventory": {"available": Rule(Owner.BOTH, tie=Tie.SUM), "location": Rule(Owner.LEFT)},
}


class TwoSides:
    """The local shop on the left, rows in memory on the right, a ledger between them; each run is a new process."""

    def __init__(self, shelf: Shelf, folder: Path, entity: str, seed: int) -> None:
        self.shelf, self.path, self.entity = shelf, folder / "ledger.db", entity
        self.right = MemoryConnector("table")
        self.merchant = Merchant(shelf.goods)
        self.rng = random.Random(seed)
        self.rules = RULES[entity]
        for level in shelf.goods.levels.values():
            level["item"]["tracked"] = True  # what is not counted is not written

    def sync(self) -> Reconciled:
        clock = self.shelf.world.time.clock()
        self.shelf.world.time.seconds += 3600
        left = self.shelf.catalogue({self.entity: list(self.rules)}).side(self.entity)
        ledger = Ledger.open(self.path, clock.now())
        try:
            limits = Limits(few=10**6, few_restored=10**6, few_deletes=10**6, few_live=10**6)
            pair = EntityPair("test", left, self.right, Policy(self.rules), limits)
            with ledger.transaction():
                run_id = ledger.runs.start("test", "full", "2026-11-21T07:00:00Z")
            applier = Applier(ledger, "test", pair.sides, run_id, clock, self.rng, Silent())
            applier.settle_unfinished()
            result = reconcile(ledger, pair, None, applier, Silent())
            with ledger.transaction():
                ledger.runs.end(run_id, "2026-11-21T07:00:01Z", 0, "", result.counts, [], False)
            return result
        finally:
            ledger.close()

    def left(self) -> dict[str, dict[str, Value]]:
        """What the shop shows, read by a catalogue of its own."""
        side = self.shelf.catalogue({self.entity: list(self.rules)}).side(self.entity)
        return {key: dict(one.record.fields) for block in side.fetch() for key, one in block.found.items()}

    def hands(self) -> None:
        """People change a few things on both sides, often the same."""
        keys = self.rng.sample(sorted(self.right.rows), min(6, len(self.right.rows)))
        for key in keys:
            if self.rng.random() < 0.6:
                self.in_the_shop(key)
            if self.rng.random() < 0.6:
                self.in_the_table(key)

    def in_the_shop(self, key: str) -> None:
        number = self.rng.randrange(10**6)
        if self.entity == "inventory":
            level = self.shelf.goods.levels[key]
            self.merchant.receive(level["item"]["variant"]["id"], self.rng.randrange(1, 9), level["location"]["id"])
        elif self.entity == "variants":
            edits: list[dict[str, Any]] = [{"price": f"{number}.50"}, {"inventoryItem": {"sku": f"s{number}"}}]
            self.merchant.edit_variant(key, **self.rng.choice(edits))
        elif self.rng.random() < 0.4:
            self.merchant.set_metafield(key, "custom", "material", f"Stoff {number}")
        else:
            self.merchant.edit_product(key, **self.rng.choice([{"title": f"T {number}"}, {"tags": [f"t{number % 9}", "x"]}]))

    def in_the_table(self, key: str) -> None:
        number = self.rng.randrange(10**6)
        row = self.right.rows[key]
        match self.entity:
            case "inventory":
                row["available"] = int(row["available"] or 0) + self.rng.randrange(-5, 9)  # type: ignore[arg-type]
            case "variants":
                name, value = self.rng.choice([("price", Decimal(number) / 100), ("sku", f"r{number}")])
                row[name] = value
            case _:
                row[self.rng.choice(["title", "vendor"])] = f"R {number}"

    def trouble(self) -> None:
        kinds: list[Any] = ["apply_then_cut", "cut_before", "apply_then_error", "apply_late", "too_many"]
        for _ in range(self.rng.randrange(3)):
            fault = Fault(self.rng.choice(kinds), "shopify write", skip=self.rng.randrange(3), after=self.rng.randrange(3))
            self.shelf.world.faults.add(fault)


def expected(rule: Rule, base: Value, left: Value, right: Value) -> Value:
    """What both sides shall show, worked out from the rule alone."""
    if rule.owner is Owner.LEFT or same(right, base):
        return left
    if same(left, base):
        return right
    if rule.tie is Tie.SUM:  # also where both moved alike
        assert isinstance(base, int) and isinstance(left, int) and isinstance(right, int)
        return left + right - base
    return left if rule.tie is Tie.LEFT else right


@pytest.fixture(params=[("products", 1), ("products", 2), ("variants", 3), ("variants", 4), ("inventory", 5), ("inventory", 6)],
                ids=lambda param: f"{param[0]}-{param[1]}")  # fmt: skip
def sides(shelf: Shelf, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TwoSides]:
    entity, seed = request.param
    shelf.fill(12, seed)
    for product in shelf.goods.products:
        Merchant(shelf.goods).set_metafield(product, "custom", "material", "Leinen")
    yield TwoSides(shelf, tmp_path, entity, seed)


def test_both_sides_come_to_what_the_rules_say(sides: TwoSides) -> None:
    sides.sync()
    agreed = sides.left()
    assert {key: {name: row[name] for name in sides.rules} for key, row in sides.right.rows.items()} == agreed
    assert len(agreed) > 10
    written = 0
    for _ in range(8):
        sides.hands()
        left, right = sides.left(), {key: dict(row) for key, row in sides.right.rows.items()}
        sides.trouble()
        written += len(sides.sync().plan.operations)
        sides.shelf.world.faults.clear()
        sides.shelf.world.faults.land_late()
        shown = sides.left()
        for key, fields in shown.items():
            for name, rule in sides.rules.items():
                wanted = expected(rule, agreed[key][name], left[key][name], right[key][name])
                assert same(fields[name], wanted), (key, name)
                assert same(sides.right.rows[key][name], wanted), (key, name)
        again = sides.sync()
        assert not again.plan.operations and not again.unsettled
        agreed = shown
    assert written > 30
