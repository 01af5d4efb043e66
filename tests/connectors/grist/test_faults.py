"""Lost answers, storms, cut connections and servers that are away: nothing twice, nothing lost, nothing guessed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from syncdb.clock import Clock
from syncdb.connectors.grist import GristClient, GristDocument, GristTable, MonthlyCalls
from syncdb.errors import NeedsPerson, Refused, RetryLater
from syncdb.http import Retrier
from syncdb.model import Operation, Result
from syncdb.sandbox.faults import Fault, Faults
from syncdb.sandbox.grist.app import GristApp
from syncdb.sandbox.grist.person import Person
from syncdb.sandbox.server import Server
from tests.connectors.grist.conftest import Bench, create, delete, update
from tests.sandbox.grist.places import Doc, Place


@dataclass
class Local(Bench):
    """A bench on a sandbox of its own, whose server can be made to fail."""

    app: GristApp = None  # type: ignore[assignment]
    faults: Faults = None  # type: ignore[assignment]

    def client(self, **options: Any) -> GristClient:
        """Time passes by waiting alone, so that a second that a storm asks for takes none."""
        waits: list[float] = []
        clock = Clock(monotonic=lambda: sum(waits), sleep=waits.append)
        return super().client(**{"retrier": Retrier(deadline=20.0, first=0.01, cap=0.05, clock=clock)} | options)

    def person(self) -> Person:
        return Person(self.app.documents[self.doc.id], "Products")


@pytest.fixture
def local() -> Iterator[Local]:
    faults = Faults()
    app = GristApp(faults=faults)
    with Server(dict.fromkeys(app.routes, app), faults) as server, requests.Session() as session:
        key = app.keys.key("owner@example.com")
        session.headers["Authorization"] = f"Bearer {key}"
        number = app.create("Shop", "owner@example.com").id
        bench = Local(Doc(Place("local", server.url, key), number, session), app=app, faults=faults)
        yield bench
        bench.line.close()
        app.close()


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize(
    "operation", [create("g9", title="new"), update("g1", {"title": "Mug"}, {"title": "Cup"}), delete("g1", {"title": "Mug"})]
)
def test_a_write_whose_answer_is_lost_is_settled_by_looking(bench: Bench, operation: Operation, applied: bool) -> None:
    table = bench.ready(create("g1", title="Mug"))
    attempt = bench.prepare(table, operation)
    bench.line.lose.append(applied)
    assert table.write(attempt)[0].result is Result.UNKNOWN
    again = bench.table(binding=table.binding)  # another process finishes it
    for _ in range(2):
        assert again.settle(attempt)[0].result is (Result.DONE if applied else Result.STALE)


def test_settling_that_gets_no_answer_stays_unknown(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    attempt = bench.prepare(table, update("g1", {"title": "Mug"}, {"title": "Cup"}))
    bench.line.lose += [True, False, False, False]
    assert table.write(attempt)[0].result is Result.UNKNOWN
    assert table.settle(attempt)[0].result is Result.UNKNOWN
    assert table.settle(attempt)[0].result is Result.DONE


def test_a_late_copy_of_a_settled_write_does_no_harm(local: Local) -> None:
    table = local.ready(create("g1", title="Mug"))
    operations = create("g2", title="new"), update("g1", {"title": "Mug"}, {"title": "Cup"})
    for attempt in [local.prepare(table, one) for one in operations]:
        local.faults.add(Fault("apply_late", "grist write"))
        assert table.write(attempt)[0].result is Result.UNKNOWN
        assert table.settle(attempt)[0].result is Result.STALE
    assert [one.result for one in local.apply(table, create("g2", title="newer"))] == [Result.DONE]
    assert [one.result for one in local.apply(table, update("g1", {"title": "Mug"}, {"title": "Pot"}))] == [Result.DONE]
    assert local.faults.land_late() == 2
    assert [row["Title"] for row in local.rows()] == ["Pot", "newer"]


@pytest.mark.parametrize("kind", ["too_many", "unavailable", "refuse", "html_200", "cut_before"])
def test_reading_is_tried_again(local: Local, kind: str) -> None:
    table = local.ready(create("g1", title="Mug"))
    local.faults.add(Fault(kind, "grist read", times=3))  # type: ignore[arg-type]
    assert set(local.records(table)) == {"g1"}
    assert not local.faults.pending()


def test_a_write_waits_out_a_storm_of_429_and_lands_once(local: Local) -> None:
    table = local.ready()
    local.faults.add(Fault("too_many", "grist write", times=5))
    assert local.apply(table, create("g1", title="Mug"))[0].result is Result.DONE
    assert len(local.rows()) == 1 and not local.faults.pending()


@pytest.mark.parametrize("kind", ["unavailable", "refuse", "apply_then_error", "apply_then_cut", "cut_before", "html_200"])
def test_an_unclear_answer_to_a_write_is_unknown_and_then_settled(local: Local, kind: str) -> None:
    table = local.ready()
    attempt = local.prepare(table, create("g1", title="Mug"), create("g2", title="Cup"))
    local.faults.add(Fault(kind, "grist write"))  # type: ignore[arg-type]
    assert {one.result for one in table.write(attempt)} == {Result.UNKNOWN}
    applied = kind.startswith("apply")
    assert {one.result for one in table.settle(attempt)} == {Result.DONE if applied else Result.STALE}
    assert len(local.rows()) == (2 if applied else 0)


def test_a_storm_without_end_is_told_and_nothing_is_written(local: Local) -> None:
    table = local.ready(create("g1", title="Mug"))
    local.faults.add(Fault("too_many", "grist", times=None))
    waits: list[float] = []
    clock = Clock(monotonic=lambda: sum(waits), sleep=waits.append)
    client = GristClient(local.doc.place.url, local.doc.place.key, clock=clock, retrier=Retrier(deadline=60.0, clock=clock))
    again = GristTable(GristDocument(client, local.doc.id), name="products", table="Products", columns=())
    with pytest.raises(RetryLater, match="within 60 seconds"):
        again.structure(1)
    assert sum(waits) > 10 and min(waits) >= 1.0  # there is no Retry-After, so each wait is at least a second
    again.close()
    assert table.binding is not None


@pytest.mark.parametrize(("kind", "words"), [("unauthorized", "API key"), ("forbidden", "not shared")])
def test_refusals_are_told_to_the_person_who_can_mend_them(local: Local, kind: str, words: str) -> None:
    table = local.ready(create("g1", title="Mug"))
    local.faults.add(Fault(kind, "grist", times=1))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=words) as told:
        local.records(table)
    assert told.value.next_step and local.doc.place.key not in str(told.value) + told.value.next_step
    attempt = local.prepare(table, update("g1", {"title": "Mug"}, {"title": "Cup"}))
    local.faults.add(Fault(kind, "grist write"))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=words):
        table.write(attempt)
    assert local.rows()[0]["Title"] == "Mug"


def test_a_document_that_is_not_there_is_told(bench: Bench) -> None:
    document = GristDocument(bench.client(), "nosuchdocument")
    with pytest.raises(Refused, match="not found") as told:
        bench.table(document).structure(1)
    assert "document id" in told.value.next_step


def test_where_access_rules_hide_something_absence_says_nothing(local: Local) -> None:
    table = local.ready(create("g1", title="Mug"))
    cursor = local.document().changes(None).cursor
    local.types("g1", Title="Cup")
    local.faults.add(Fault("forbidden", "/compare", times=None))
    document = local.document()
    again = local.table(document, binding=table.binding)
    assert again.structure(1) is None
    assert dict(document.changes(cursor).keys) == {"products": None}
    assert not any(block.complete for block in again.fetch()) and not again.look(["g2"]).complete
    first = local.table()
    assert not any(block.complete for block in first.fetch())


def test_delete_only_mode_is_for_a_person(local: Local) -> None:
    table = local.ready(create("g1", title="Mug"), create("g2", title="Cup"))
    local.app.documents[local.doc.id].row_limit = 1
    with pytest.raises(NeedsPerson, match="deletions"):
        local.apply(table, create("g3", title="Pot"))
    assert local.apply(table, delete("g2", {"title": "Cup"}))[0].result is Result.DONE


def test_older_servers_say_nothing_of_rows_and_lists(local: Local) -> None:
    local.app.version = (1, 7, 4)
    table = local.ready(create("g1", title="Mug"), create("g2", title="Cup"))
    asked = update("g1", {"title": "Mug"}, {"title": "Pot"}), update("g2", {"title": "Cup"}, {"title": "Can"})
    attempt = local.prepare(table, *asked)
    local.types("g2", Title="by hand")
    assert [one.result for one in table.write(attempt)] == [Result.DONE, Result.STALE]
    assert [row["Title"] for row in local.rows()] == ["Pot", "by hand"]
    assert local.apply(table, delete("g1", {"title": "Pot"}))[0].result is Result.DONE
    keys = [f"gid://shopify/Product/{number}" for number in range(400)]
    local.apply(table, *(create(key) for key in keys))
    assert set(table.look(keys).found) == set(keys)


def test_a_record_that_grist_will_not_take_is_found_among_many(local: Local) -> None:
    """A trigger formula that Grist cannot undo, a rule of the server's own: whatever a whole batch is refused for."""
    table = local.ready()
    many = [create(f"g{n}", title="bad" if n == 13 else "good") for n in range(20)]
    attempt = local.prepare(table, *many)
    entries = attempt.evidence["entries"]
    assert isinstance(entries, list)
    entries[13][2]["Title"] = {"not": "a cell"}  # what a server refuses with 400, whoever it is that sends it
    outcomes = table.write(attempt)
    assert [n for n, one in enumerate(outcomes) if one.result is Result.REJECTED] == [13]
    assert sum(one.result is Result.DONE for one in outcomes) == 19
    assert "g13" in outcomes[13].why
    assert len(local.rows()) == 19


def test_calls_are_counted_by_the_month_and_end_with_the_budget(local: Local) -> None:
    now = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    budget = MonthlyCalls(limit=12, month="2026-11", used=3, now=lambda: now)
    document = GristDocument(local.client(budget=budget), local.doc.id)
    with pytest.raises(RetryLater, match="12 calls"):
        for _ in range(10):
            document.get("/tables")
    assert (budget.used, budget.left) == (12, 0)
    assert local.faults.count("grist") == 9
    now = datetime(2026, 12, 1, tzinfo=UTC)
    document.get("/tables")
    assert (budget.month, budget.used) == ("2026-12", 1)


def test_tries_after_a_failure_are_calls_too(local: Local) -> None:
    budget = MonthlyCalls()
    local.faults.add(Fault("unavailable", "grist", times=2))
    GristDocument(local.client(budget=budget), local.doc.id).get("/tables")
    assert budget.used == 3


def test_an_address_where_no_grist_is_is_told_at_once(local: Local) -> None:
    client = GristClient(f"{local.doc.place.url}/elsewhere", "key", retrier=Retrier(deadline=20.0, first=0.01))
    with pytest.raises(Refused, match="not found") as told:
        local.table(GristDocument(client, local.doc.id)).structure(1)
    assert "address" in told.value.next_step
    client.close()


def test_a_quota_of_the_plan_is_not_waited_for(local: Local) -> None:
    local.app.quota = 0
    with pytest.raises(RetryLater, match="no more calls"):
        local.table().structure(1)
    assert local.faults.count("grist") == 1


def test_a_server_that_is_not_there_is_told_and_counts_as_nothing_written() -> None:
    with Server({"/": GristApp()}, Faults()) as gone:
        url = gone.url
    waits: list[float] = []
    clock = Clock(monotonic=lambda: sum(waits), sleep=waits.append)
    client = GristClient(url, "key", clock=clock, retrier=Retrier(deadline=5.0, clock=clock))
    with pytest.raises(RetryLater):
        client.call("PUT", "/docs/x/tables/T/records", {"records": []})
    client.close()


def test_people_and_their_columns_are_never_touched(local: Local) -> None:
    table = local.ready(create("g1", title="Mug"), create("g2", title="Cup", stock=None))
    person = local.person()
    person.add_column("My note")
    person.add_formula("Twice", "$Stock * 2")
    row = person.find("Shopify ID", "g1")
    person.edit(row, "My note", "dear")
    person.drag(row, person.find("Shopify ID", "g2"))
    again = local.table(binding=table.binding)
    assert again.structure(1) is None
    local.apply(again, update("g1", {"title": "Mug"}, {"title": "Pot"}), update("g2", {"stock": None}, {"stock": 4}))
    rows = {row["Shopify_ID"]: row for row in local.rows()}
    assert rows["g1"]["My_note"] == "dear" and rows["g1"]["Title"] == "Pot"
    assert rows["g2"]["Stock"] == 4 and rows["g2"]["Twice"] == 8
