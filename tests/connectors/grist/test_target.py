"""Which document is meant, and what one that is made by name holds at first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from syncdb.connectors.grist.target import as_grist_makes_it, find_document
from tests.connectors.grist.conftest import Bench
from tests.sandbox.grist.places import Doc

UNTOUCHED: dict[str, Any] = {"id": [], "manualSort": [], "A": [], "B": [], "C": []}


@pytest.fixture
def name(bench: Bench) -> Iterator[str]:
    """A name that no document has; one that is called so is deleted at the end."""
    called = f"syncdb test {uuid4().hex[:12]}"
    yield called
    ask, workspace = bench.doc.place.ask, bench.doc.place.workspace()
    for one in ask("GET", f"/api/workspaces/{workspace}").json()["docs"]:
        if one["name"] == called:
            ask("DELETE", f"/api/docs/{one['id']}")


def found(bench: Bench, name: str) -> Bench:
    """The document of that name, made where there is none; the calls that it took are those of its bench."""
    bench.line.calls.clear()
    number = find_document(bench.client(), name, bench.doc.place.workspace(), make=True)
    return Bench(Doc(bench.doc.place, number, bench.doc._session), bench.line)


def test_a_document_that_is_made_holds_no_empty_page(bench: Bench, name: str) -> None:
    made = found(bench, name)
    assert made.doc.tables() == {} and len(bench.line.calls) == 4
    made.ready()
    assert list(made.doc.tables()) == ["Products"]
    pages = made.doc.sql("SELECT v.name AS name FROM _grist_Pages p JOIN _grist_Views v ON v.id = p.viewRef")
    assert pages == [{"name": "Products"}]


def test_a_page_of_that_name_in_a_document_that_was_there_stays(bench: Bench, name: str) -> None:
    made = found(bench, name)
    made.doc.ok("POST", "/apply", [["AddEmptyTable", None]])
    again = found(bench, name)
    assert again.doc.id == made.doc.id and list(again.doc.tables()) == ["Table1"] and len(bench.line.calls) == 1


@pytest.mark.parametrize("lands", [True, False])
def test_a_lost_answer_about_the_empty_page_stops_nothing(bench: Bench, name: str, lands: bool) -> None:
    bench.line.before_write = [lambda: None, lambda: bench.line.lose.append(lands)]
    assert list(found(bench, name).doc.tables()) == ([] if lands else ["Table1"])


@pytest.mark.parametrize(
    ("holds", "ours"),
    [
        (UNTOUCHED, True),
        (UNTOUCHED | {"id": [1]}, False),
        (UNTOUCHED | {"D": []}, False),
        ({"id": [], "manualSort": [], "A": [], "B": []}, False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_only_a_table_that_nobody_touched_is_taken_away(holds: Any, ours: bool) -> None:
    assert as_grist_makes_it(holds) is ours
