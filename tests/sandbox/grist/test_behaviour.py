"""Upserts and compare-and-swap, on which every write of the connector rests: observed on grist-core 1.7.17."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import requests

from tests.sandbox.grist.places import WHY_SKIPPED, Doc, Table, names, place

LARGEST_BODY = 1024 * 1024
DAY, MOMENT = 1770076800, 1770112800  # 3 February 2026; 10:00 UTC that day


@pytest.fixture
def table(doc: Doc) -> Table:
    return doc.table(gid="Text", title="Text", price="Numeric", qty="Int")


@pytest.fixture
def typed(doc: Doc) -> Table:
    return doc.table(
        gid="Text", title="Text", price="Numeric", qty="Int", live="Bool", day="Date", at="DateTime:Europe/Berlin",
        status={"type": "Choice", "widgetOptions": json.dumps({"choices": ["ACTIVE", "DRAFT"]})}, tags="ChoiceList",
    )  # fmt: skip


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_all_this_was_tried_on_a_real_server_too() -> None:
    if "real" not in names():
        pytest.skip(WHY_SKIPPED)
    with place("real") as real:
        assert "@" in real.login()


# --- which rows an upsert meets ----------------------------------------------------------------------------------


def test_an_upsert_adds_then_updates_and_names_the_rows(table: Table) -> None:
    added = table.upsert(({"gid": "1"}, {"title": "a"}), ({"gid": "2"}, {"title": "b"})).json()
    assert added == {"recordIds": [[1], [2]], "addRecordIds": [1, 2], "updateRecordIds": []}
    again = table.upsert(({"gid": "3"}, {"title": "c"}), ({"gid": "1"}, {"title": "A"})).json()
    assert again == {"recordIds": [[3], [1]], "addRecordIds": [3], "updateRecordIds": [[1]]}
    assert [row["fields"]["title"] for row in table.rows()] == ["A", "b", "c"]


def test_the_answer_keeps_the_order_of_the_request_though_groups_run_in_another(table: Table) -> None:
    answer = table.upsert(({"gid": "1"}, {"title": "a"}), ({"gid": "2"}, {})).json()
    assert answer == {"recordIds": [[2], [1]], "addRecordIds": [1, 2], "updateRecordIds": []}


def test_one_key_twice_is_refused_only_within_one_set_of_fields(table: Table) -> None:
    twice = table.upsert(({"gid": "1"}, {"title": "a"}), ({"gid": "1"}, {"title": "b"}))
    assert error_of(twice) == (400, "Error manipulating data: [Sandbox] ValueError require values must be unique")
    assert table.put(({"gid": "1"}, {"title": "a"}), ({"gid": "1"}, {"price": 2})) == [[1], [1]]
    assert table.row("1") == {"gid": "1", "title": "a", "price": 2, "qty": 0}


def test_one_bad_group_undoes_the_others(doc: Doc) -> None:
    table = doc.table(gid="Text", title="Text", twice={"type": "Text", "isFormula": True, "formula": "$title * 2"})
    answer = table.upsert(({"gid": "1"}, {"title": "a"}), ({"gid": "2"}, {"twice": "b"}))
    assert error_of(answer) == (400, "Error manipulating data: [Sandbox] ValueError Can't save value to formula column twice")
    assert table.rows() == []


def test_without_fields_it_gets_or_makes(table: Table) -> None:
    body = {"records": [{"require": {"gid": "1"}}]}
    made = table.doc.ok("PUT", f"{table.path}/records", body)
    met = table.doc.ok("PUT", f"{table.path}/records", body)
    assert (made["addRecordIds"], met["addRecordIds"]) == ([1], [])
    assert made["recordIds"] == met["recordIds"] == [[1]]


def test_noupdate_makes_once_and_does_not_name_what_was_there(table: Table) -> None:
    assert table.put(({"gid": "1"}, {"title": "first"}), noupdate=1) == [[1]]
    assert table.put(({"gid": "1"}, {"title": "second"}), noupdate=1) == [[]]
    assert table.row("1")["title"] == "first"


def test_noadd_makes_nothing(table: Table) -> None:
    assert table.put(({"gid": "1"}, {"title": "a"}), noadd=1) == [[]]
    assert table.rows() == []


def test_a_required_row_id_that_is_free_is_made(table: Table) -> None:
    assert table.put(({"id": 50}, {"gid": "fifty"})) == [[50]]
    assert table.add({"gid": "next"}) == [51]


def test_row_id_and_key_together(table: Table) -> None:
    (row,) = table.add({"gid": "a"})
    assert table.swap({"id": row, "gid": "a"}, {"title": "mine"})
    assert not table.swap({"id": row, "gid": "b"}, {"title": "not mine"})
    assert not table.swap({"id": row + 1, "gid": "a"}, {"title": "not mine"})
    assert table.row("a")["title"] == "mine"


@pytest.mark.parametrize(("onmany", "met"), [("first", [1]), ("none", []), ("all", [1, 2])])
def test_a_doubled_key(table: Table, onmany: str, met: list[int]) -> None:
    table.add({"gid": "d"}, {"gid": "d"})
    assert table.put(({"gid": "d"}, {"title": "x"}), onmany=onmany) == [met]
    assert [row["id"] for row in table.rows() if row["fields"]["title"] == "x"] == met


def test_eight_at_once_make_one_row(table: Table) -> None:
    """Within the limit of requests to one document under way at once."""
    together = Barrier(8)

    def upsert(number: int) -> int:
        together.wait(timeout=60)
        path = f"/api/docs/{table.doc.id}{table.path}/records"
        body = {"records": [{"require": {"gid": "same"}, "fields": {"qty": number}}]}
        return table.doc.place.ask("PUT", path, body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(upsert, range(8))) == {200: 8}
    assert len(table.rows()) == 1


def test_more_than_ten_at_once_are_turned_away_without_a_waiting_time(table: Table) -> None:
    """Rounds until some were: it takes more of them under way than a quick server lets pile up."""

    def upsert(gid: str, together: Barrier) -> tuple[str, requests.Response]:
        together.wait(timeout=60)
        path = f"/api/docs/{table.doc.id}{table.path}/records"
        records = [{"require": {"gid": f"{gid}-{n}"}, "fields": {"qty": n}} for n in range(50)]
        return gid, table.doc.place.ask("PUT", path, {"records": records})

    for turn in itertools.count():
        assert turn < 20, "no request was turned away"
        together = Barrier(25)
        with ThreadPoolExecutor(25) as pool:
            answers = list(pool.map(lambda number: upsert(f"{turn}-{number}", together), range(25)))  # noqa: B023
        refused = {gid: answer for gid, answer in answers if answer.status_code == 429}
        assert {answer.status_code for _, answer in answers} <= {200, 429}
        if refused:
            break
    for answer in refused.values():
        assert answer.json() == {"error": f"Too many backlogged requests for document {table.doc.id} - try again later?"}
        assert "Retry-After" not in answer.headers
    assert not refused.keys() & {row["fields"]["gid"].rpartition("-")[0] for row in table.rows()}


def test_a_body_of_a_mebibyte_passes_and_one_byte_more_does_not(table: Table) -> None:
    path = f"/api/docs/{table.doc.id}{table.path}/records"
    headers = {"Authorization": f"Bearer {table.doc.place.key}", "Content-Type": "application/json"}

    def send(size: int) -> requests.Response:
        around = json.dumps({"records": [{"require": {"gid": "big"}, "fields": {"title": ""}}]})
        body = around.replace('""', '"' + "x" * (size - len(around)) + '"')
        return requests.put(table.doc.place.url + path, data=body, headers=headers, timeout=60)

    assert send(LARGEST_BODY).status_code == 200
    assert error_of(send(LARGEST_BODY + 1)) == (413, "request entity too large")


# --- compare-and-swap: the old value of every type ---------------------------------------------------------------

FULL: dict[str, Any] = {
    "gid": "full", "title": "One", "price": 12.5, "qty": 3, "live": True, "day": DAY, "at": MOMENT,
    "status": "ACTIVE", "tags": ["L", "b", "a"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "old", "others"),
    [
        ("title", "One", ["one", "", None, 1]),
        ("price", 12.5, [12, 12.500001, None, 0]),
        ("qty", 3, [4, None, 0]),
        ("live", True, [False, None]),
        ("day", DAY, [DAY + 86400, None]),
        ("at", MOMENT, [MOMENT + 1, MOMENT + 0.001, None]),
        ("status", "ACTIVE", ["DRAFT", "", None]),
        ("tags", '["b","a"]', ['["a","b"]', '["b"]', "b,a", None]),
    ],
)
def test_an_old_value_is_required_as_it_is_read(typed: Table, column: str, old: Any, others: list[Any]) -> None:
    typed.add(FULL)
    assert typed.rows()[0]["fields"] == FULL
    assert typed.swap({"gid": "full", column: old}, {"gid": "full"})
    for other in others:
        assert not typed.swap({"gid": "full", column: other}, {"title": "overwritten"}), other
    assert typed.rows()[0]["fields"] == FULL


def test_lists_cannot_be_required_but_as_json_text(typed: Table) -> None:
    typed.add(FULL)
    answer = typed.upsert(({"gid": "full", "tags": ["L", "b", "a"]}, {"title": "x"}), noadd=1, noparse=1)
    assert error_of(answer) == (400, "Error manipulating data: [Sandbox] TypeError unhashable type: 'list'")
    assert typed.swap({"gid": "full", "tags": '["b","a"]'}, {"title": "x"})


@pytest.mark.parametrize(
    ("column", "blank", "never"),
    [
        ("title", [""], [None]),
        ("price", [0], [None, ""]),
        ("qty", [0], [None, ""]),
        ("live", [False, None, 0, ""], [True]),
        ("day", [None, ""], [0]),
        ("at", [None, ""], [0]),
        ("status", [""], [None]),
        ("tags", [None, "", "[]"], ['["a"]']),
    ],
)
def test_cells_never_written_hold_the_default_of_their_type(
    typed: Table, column: str, blank: list[Any], never: list[Any]
) -> None:
    typed.put(({"gid": "new"}, {}))
    assert all(typed.swap({"gid": "new", column: one}, {"gid": "new"}) for one in blank)
    assert not any(typed.swap({"gid": "new", column: one}, {"gid": "new"}) for one in never)


@pytest.mark.parametrize(
    ("column", "stored", "meets", "never"),
    [
        ("title", None, [None], [""]),
        ("price", None, [None, ""], [0]),
        ("qty", None, [None, ""], [0]),
        ("live", False, [None, "", False], [True]),
        ("status", None, [None], [""]),
    ],
)
def test_null_is_kept_apart_from_the_default(typed: Table, column: str, stored: Any, meets: list[Any], never: list[Any]) -> None:
    typed.put(({"gid": "n"}, {column: None}), noparse=1)
    assert typed.row("n")[column] == stored
    assert all(typed.swap({"gid": "n", column: one}, {"gid": "n"}) for one in meets)
    assert not any(typed.swap({"gid": "n", column: one}, {"gid": "n"}) for one in never)


@pytest.mark.parametrize(
    ("column", "text"), [("price", "abc"), ("qty", "abc"), ("live", "abc"), ("day", "02/03/2026"), ("tags", "a, b")]
)
def test_text_of_another_type_is_required_as_text(typed: Table, column: str, text: str) -> None:
    typed.put(({"gid": "t"}, {column: text}), noparse=1)
    assert typed.row("t")[column] == text
    assert typed.swap({"gid": "t", column: text}, {"gid": "t"})
    assert not typed.swap({"gid": "t", column: None}, {"gid": "t"})


def test_of_two_writers_with_one_old_value_one_wins(table: Table) -> None:
    table.add({"gid": "1", "qty": 5})
    assert table.swap({"gid": "1", "qty": 5}, {"qty": 6})
    assert not table.swap({"gid": "1", "qty": 5}, {"qty": 7})
    assert table.row("1")["qty"] == 6


def test_a_batch_of_swaps_is_not_all_or_nothing(table: Table) -> None:
    table.add({"gid": "1", "qty": 5}, {"gid": "2", "qty": 5})
    met = table.put(({"gid": "1", "qty": 4}, {"qty": 6}), ({"gid": "2", "qty": 5}, {"qty": 6}), noadd=1, noparse=1)
    assert met == [[], [2]]
    assert [row["fields"]["qty"] for row in table.rows()] == [5, 6]
