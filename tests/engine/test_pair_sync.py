"""A run between two live systems: either may lack structure, hold what cannot be read, and name its changes by its own ids."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.clock import Clock
from syncdb.connectors.base import Changes
from syncdb.connectors.grist.failures import Declined as GristDeclined
from syncdb.connectors.memory import MemoryConnector
from syncdb.connectors.sentos.failures import Declined as SentosDeclined
from syncdb.engine.match import Matching
from syncdb.engine.pair_run import EntitySync, PairRun
from syncdb.engine.pair_sync import PairSync, all_of
from syncdb.engine.progress import Silent
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.report import Report
from syncdb.engine.request import RunRequest
from syncdb.errors import Exit, NeedsPerson, Refused, RemoteError
from syncdb.ledger import Ledger
from syncdb.model import Attempt, Outcome, Owner, Policy, Result, Rule, Side, Take, Tie, Verdict
from syncdb.values import Value, iso

POLICY = Policy({"name": Rule(Owner.LEFT), "price": Rule(Owner.BOTH, tie=Tie.ASK)}, create_left=True)
NOTED = replace(POLICY, rules=dict(POLICY.rules) | {"note": Rule(Owner.BOTH, tie=Tie.ASK)})


class Place(MemoryConnector):
    """A system with a structure that has to be made, values that may not be read, and a feed of what people changed."""

    def __init__(self, name: str, ids: str) -> None:
        super().__init__(name, ids=ids)
        self.made = True
        self.unreadable: dict[tuple[str, str], str] = {}
        self.changed: list[str] = []
        self.listed = 0
        self.older = ""
        self.held: dict[str, str] = {}

    def structure(self, token: int) -> Attempt | None:
        return None if self.made else Attempt(token, (), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        self.made = self.made or not attempt.operations
        return super().write(attempt)

    def fetch(self):  # type: ignore[no-untyped-def]
        self.listed += 1
        return super().fetch()

    def changes(self, cursor: str | None) -> Changes:
        told, self.changed = tuple(self.changed), []
        return Changes({"things": None if cursor is None else told}, "cursor")

    def put_back(self, seen: str) -> str:
        return self.older

    def after_own_writes(self, cursor: str) -> str:
        return cursor


class Pair:
    """Two places and runs between them, an hour apart."""

    def __init__(self, folder: Path, ids: tuple[str, str], matching: Matching | None) -> None:
        self.path, self.matching = folder / "ledger.db", matching
        self.left, self.right = Place("left", ids[0]), Place("right", ids[1])
        self.time = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)

    def run(self, *, dry: bool = False, policy: Policy = POLICY) -> Report:
        self.time += timedelta(hours=1)
        clock = Clock(now=lambda: self.time)
        request = RunRequest(timedelta(days=60), timedelta(minutes=15), timedelta(hours=24), dry=dry)
        with Ledger.copy(self.path, self.time) if dry else Ledger.open(self.path, self.time) as ledger:
            pair = EntityPair("p:things", self.left, self.right, policy, matching=self.matching)
            entity = EntitySync("things", pair, "1", {Side.LEFT: self.left, Side.RIGHT: self.right})
            feeds = {Side.LEFT: self.left, Side.RIGHT: self.right}
            part = "name" not in policy.rules
            run = PairRun("p", [entity], feeds, lambda: None, lambda: (), part)
            report = PairSync(ledger, run, request, clock, random.Random(1), Silent()).run()
        assert report.failure is None, report.failure
        return report

    def problems(self) -> Sequence[tuple[str, str]]:
        with Ledger.open(self.path, self.time) as ledger:
            query = "SELECT order_id, message FROM sync_errors WHERE resolved_at IS NULL ORDER BY order_id"
            return list(ledger.connection.execute(query))


@pytest.fixture(params=["one id", "own ids"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    if request.param == "one id":
        return Pair(tmp_path, ("", ""), None)
    made = Pair(tmp_path, ("L", "R"), Matching(("name",)))
    made.left.new_id(), made.right.new_id(), made.right.new_id()  # the sides do not count alike
    return made


def only(place: Place) -> str:
    (id,) = place.rows
    return id


def only_row(place: Place) -> dict[str, Value]:
    return place.rows[only(place)]


@pytest.mark.parametrize("lacking", ["left", "right"])
def test_either_side_may_lack_what_records_need(pair: Pair, lacking: str) -> None:
    pair.left.rows[pair.left.new_id()] = {"name": "mug", "price": 1}
    place = pair.left if lacking == "left" else pair.right
    place.made = False
    told = pair.run(dry=True)
    assert told.counts["structure"] == 1 and "structure" in {note.code for note in told.notes}
    assert not place.made and not pair.right.rows
    pair.run()
    assert place.made and [*pair.right.rows.values()] == [{"name": "mug", "price": 1}]
    assert pair.run(dry=True).counts["structure"] == 0


def test_a_lost_structure_of_the_left_side_is_settled_there(pair: Pair) -> None:
    pair.left.made = False
    plain, asked = pair.left.write, []
    pair.left.write = lambda attempt: (asked.append(attempt), (_ for _ in ()).throw(KeyboardInterrupt))[1]  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="interrupted"):
        pair.run()
    pair.left.write = plain  # type: ignore[method-assign]
    settled = []
    before = pair.left.settle
    pair.left.settle = lambda attempt: (settled.append(attempt.token), before(attempt))[1]  # type: ignore[method-assign]
    pair.run()
    assert settled == [asked[0].token] and pair.left.made


@pytest.mark.parametrize("side", ["left", "right"])
def test_what_either_side_could_not_read_is_named_by_the_key_of_the_pair(pair: Pair, side: str) -> None:
    pair.left.rows[pair.left.new_id()] = {"name": "mug", "price": 1}
    pair.run()
    place = pair.left if side == "left" else pair.right
    place.unreadable[only(place), "price"] = f"{place.name} shows a word"
    place.changed = [only(place)]
    report = pair.run()
    assert report.counts["quarantined"] == 1
    assert pair.problems() == [(only(pair.left), f"price of {only(pair.left)}: {place.name} shows a word")]
    place.unreadable.clear()
    place.changed = [only(place)]
    pair.run()
    assert pair.problems() == []


def test_what_neither_side_could_read_is_one_problem(pair: Pair) -> None:
    pair.left.rows[pair.left.new_id()] = {"name": "mug", "price": 1}
    pair.run()
    for place in (pair.left, pair.right):
        place.unreadable[only(place), "price"] = f"{place.name} shows a word"
        place.changed = [only(place)]
    pair.run()
    ((_, message),) = pair.problems()
    assert message.endswith("left shows a word; right shows a word")


def test_changes_that_a_side_names_by_its_own_id_are_looked_at_without_a_listing(pair: Pair) -> None:
    pair.left.rows[pair.left.new_id()] = {"name": "mug", "price": 1}
    pair.run()
    listed = pair.left.listed, pair.right.listed
    pair.right.rows[only(pair.right)]["price"] = 7
    pair.right.changed = [only(pair.right)]
    pair.run()
    assert pair.left.rows[only(pair.left)]["price"] == 7
    pair.left.rows[only(pair.left)]["price"] = 8
    pair.left.changed = [only(pair.left)]
    pair.run()
    assert pair.right.rows[only(pair.right)]["price"] == 8
    assert (pair.left.listed, pair.right.listed) == listed
    assert not (pair.run().plan or pytest.fail("a run has a plan")).operations


def test_a_dry_run_joins_nothing(tmp_path: Path) -> None:
    pair = Pair(tmp_path, ("L", "R"), Matching(("name",)))
    for place in (pair.left, pair.right):
        place.rows[place.new_id()] = {"name": "mug", "price": 1}
    pair.run(dry=True)
    assert not pair.path.exists()
    pair.run()
    with Ledger.open(pair.path, pair.time) as ledger:
        assert ledger.links("p:things").count() == 1


def only_price(pair: Pair) -> Report:
    """A run that looks at prices alone."""
    return pair.run(policy=Policy({"price": POLICY.rules["price"]}, create_left=True))


def note_disputed(pair: Pair) -> Pair:
    """A note that both sides changed, all else agreed on."""
    pair.left.rows[pair.left.new_id()] = {"name": "mug", "price": 1, "note": "old"}
    pair.run(policy=NOTED)
    pair.left.rows[only(pair.left)]["note"] = "left"
    pair.right.rows[only(pair.right)]["note"] = "right"
    pair.left.changed = [only(pair.left)]
    pair.run(policy=NOTED)
    return pair


def test_a_run_of_some_fields_leaves_what_is_disputed_about_others(pair: Pair) -> None:
    note_disputed(pair)
    pair.left.rows[only(pair.left)]["price"] = 2
    pair.left.changed = [only(pair.left)]
    only_price(pair)
    assert only_row(pair.right)["price"] == 2
    with Ledger.open(pair.path, pair.time) as ledger:
        assert [(field, why) for _, field, why, *_ in ledger.records("p:things").conflicts()] == [("note", "both changed")]


def test_a_run_of_some_fields_leaves_what_was_decided_about_others(pair: Pair) -> None:
    note_disputed(pair)
    with Ledger.open(pair.path, pair.time) as ledger, ledger.transaction():
        ledger.verdicts("p:things").decide(Verdict(only(pair.left), "note", Take.LEFT, "left", "right"), iso(pair.time))
    pair.left.changed = [only(pair.left)]
    only_price(pair)
    pair.run(policy=NOTED)
    assert only_row(pair.left)["note"] == only_row(pair.right)["note"] == "left"


def test_a_run_of_some_fields_does_not_settle_what_was_refused_of_others(pair: Pair) -> None:
    pair.left.rows[pair.left.new_id()] = {"name": "mug", "price": 1, "note": "old"}
    pair.run(policy=NOTED)
    plain = pair.right.write
    pair.right.write = lambda attempt: [Outcome(Result.REJECTED, why="too long") for _ in attempt.operations]  # type: ignore[method-assign]
    only_row(pair.left)["note"] = "left"
    pair.left.changed = [only(pair.left)]
    pair.run(policy=NOTED)
    pair.left.changed = [only(pair.left)]
    only_price(pair)
    assert pair.problems() == [(only(pair.left), "too long")]
    pair.right.write = plain  # type: ignore[method-assign]
    pair.run(policy=NOTED)
    assert pair.problems() == [] and only_row(pair.right)["note"] == "left"


def test_why_a_run_did_not_do_all_of_it_is_said_once_each() -> None:
    away = [RemoteError("The ERP takes no writes.", next_step="Name the primary.") for _ in range(3)]
    assert str(all_of(away)) == "The ERP takes no writes." and all_of(away).next_step == "Name the primary."
    both = all_of([*away, NeedsPerson("A column is gone.", next_step="Put it back.")])
    assert str(both) == "(1) The ERP takes no writes. (2) A column is gone." and isinstance(both, NeedsPerson)


@pytest.mark.parametrize("kind", [GristDeclined, SentosDeclined])
def test_a_failure_made_of_an_answer_can_be_one_of_several_reasons(kind: Callable[[int, object], Refused]) -> None:
    refused = kind(403, {"error": "No write access", "errors": "No write access"})
    both = all_of([refused, RemoteError("The shop is away.", next_step="Run again.")])
    assert type(both) is type(refused) and both.exit_code == Exit.REMOTE and vars(both)["status"] == 403
    assert str(both) == f"(1) {refused} (2) The shop is away." and both.next_step == f"{refused.next_step} Run again."
    assert "(2)" not in str(refused)
