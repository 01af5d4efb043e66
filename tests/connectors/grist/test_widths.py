"""Columns that are made get their width once, and are people's from then on."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
import requests

from syncdb.connectors.grist import GristTable, TableBinding, TableColumn
from syncdb.connectors.grist.layout import CHANGED
from syncdb.model import Attempt
from tests.connectors.grist.conftest import Bench, Line
from tests.sandbox.grist.places import Table
from tests.scenarios.grist_hands import Hands

TITLE, PRICE, SKU = TableColumn("title", "Title"), TableColumn("price", "Price", "Numeric"), TableColumn("sku", "SKU")
WIDTHS = {"": 250, CHANGED: 150, "title": 260, "sku": 130}
MADE = {"Title": 260, "Price": 0, "Shopify ID": 250}


def kept(table: GristTable) -> TableBinding:
    assert table.binding is not None
    return TableBinding.from_data(json.loads(json.dumps(table.binding.as_data())))


def run(bench: Bench, before: GristTable | None = None, *columns: TableColumn, **options: Any) -> GristTable:
    """One run's look at the table, which makes what is missing."""
    binding = kept(before) if before else None
    settings = {"ledger": "11-22", "widths": WIDTHS, "binding": binding} | options
    table = bench.table(columns=columns or (TITLE, PRICE), **settings)
    bench.line.calls.clear()
    attempt = table.structure(bench.token())
    if attempt is not None:
        assert table.write(Attempt(attempt.token, (), json.loads(json.dumps(attempt.evidence)))) == []
    return table


def wrote(bench: Bench) -> list[str]:
    calls = [one for one in bench.line.calls if "GET" not in one]
    return [one.partition(" ")[2].rpartition("/docs/")[2].partition("/")[2] for one in calls]


def hands(bench: Bench) -> Hands:
    return Hands(bench.doc, "Products")


def places(bench: Bench, column: str) -> list[int]:
    """How wide a column is wherever it is shown."""
    number = Table(bench.doc, "Products").columns()[column]["colRef"]
    found = Table(bench.doc, "_grist_Views_section_field").rows(filter={"colRef": [number]})
    return [one["fields"]["width"] for one in found]


def test_columns_are_made_as_wide_as_they_are_wanted_by_the_call_that_marks_the_table(bench: Bench) -> None:
    table = run(bench)
    assert wrote(bench) == ["tables", "apply"] and hands(bench).widths() == MADE
    assert places(bench, "Title") == [260, 260, 0] and places(bench, "Price") == [0, 0, 0]
    assert "11-22" in Table(bench.doc, "Products").columns()["Shopify_ID"]["description"]
    run(bench, table)
    assert len(bench.line.calls) == 1


def test_what_people_changed_stays_when_more_columns_are_made(bench: Bench) -> None:
    table = run(bench)
    hands(bench).widen("Title", 90)
    hands(bench).widen("Shopify ID", 40)
    table = run(bench, table)
    assert len(bench.line.calls) == 1, "a width is no change of the structure"
    table = run(bench, table, TITLE, PRICE, SKU)
    assert wrote(bench) == ["tables/Products/columns", "apply"]
    assert hands(bench).widths() == MADE | {"Title": 90, "Shopify ID": 40, "SKU": 130} and places(bench, "SKU") == [130, 0, 130]
    run(bench, table, TITLE, PRICE, SKU)
    assert len(bench.line.calls) == 1


def test_a_column_of_peoples_own_and_a_table_of_before_stay_as_they_are(bench: Bench) -> None:
    table = run(bench, widths={})
    hands(bench).add_column("SKU")
    assert table.binding is not None
    data = table.binding.as_data()
    del data["unsized"]
    old = bench.table(binding=TableBinding.from_data(data))
    again = run(bench, run(bench, old, TITLE, PRICE, SKU), TITLE, PRICE, SKU)
    assert not wrote(bench) and again.binding is not None and set(hands(bench).widths().values()) == {0}


def test_an_empty_column_of_peoples_keeps_the_width_they_gave_it(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [{"id": "Title", "fields": {"isFormula": True}}]}]})
    bench.doc.ok("POST", "/apply", [["AddVisibleColumn", "Products", "SKU", {}]])
    hands(bench).widen("SKU", 77)
    run(bench, None, TITLE, PRICE, SKU)
    assert hands(bench).widths() == MADE | {"SKU": 77}


def test_the_moment_of_peoples_changes_has_a_width_too(bench: Bench) -> None:
    table = run(bench, changed_at="Changed by people")
    assert hands(bench).widths()["Changed by people"] == 150
    hands(bench).widen("Changed by people", 60)
    hands(bench).rename_column("Title", "Name")
    run(bench, table, replace(TITLE), PRICE, SKU, changed_at="Changed by people")
    assert hands(bench).widths() == {"Name": 260, "Price": 0, "Shopify ID": 250, "Changed by people": 60, "SKU": 130}


@pytest.mark.parametrize("applied", [True, False])
def test_after_a_lost_answer_they_are_set_where_nobody_chose_meanwhile(bench: Bench, applied: bool) -> None:
    bench.line.before_write += [lambda: None, lambda: bench.line.lose.append(applied)]
    table = run(bench)
    assert wrote(bench) == ["tables", "apply"] and table.binding is not None and table.binding.unsized == {"", "title"}
    hands(bench).widen("Title", 77)
    table = run(bench, table)
    assert wrote(bench) == ([] if applied else ["apply"]) and hands(bench).widths() == MADE | {"Title": 77}
    run(bench, table)
    assert len(bench.line.calls) == 1


def test_after_a_run_that_died_they_are_set_by_the_next_one(bench: Bench) -> None:
    table = bench.table(columns=(TITLE, PRICE), widths=WIDTHS)
    attempt = table.structure(bench.token())
    assert attempt is not None
    bench.line.before_write += [lambda: None, _die]
    with pytest.raises(KeyboardInterrupt):
        table.write(attempt)
    hands(bench).widen("Title", 77)
    later = bench.table(columns=(TITLE, PRICE), widths=WIDTHS)
    assert later.settle(attempt) == []
    run(bench, later)
    assert wrote(bench) == ["apply"] and hands(bench).widths() == MADE | {"Title": 77}


def _die() -> None:
    raise KeyboardInterrupt


class Ruled(Line):
    """Calls to which a server says no, by their ends."""

    def __init__(self, end: str, status: int, said: str) -> None:
        super().__init__()
        self.end, self.refusal = end, requests.Response()
        self.refusal.status_code, self.refusal._content = status, json.dumps({"error": said}).encode()

    def request(self, method: str, url: str, *args: Any, **keywords: Any) -> requests.Response:  # type: ignore[override]
        if not url.endswith(self.end):
            return super().request(method, url, *args, **keywords)
        self.calls.append(f"{method} {url.partition('/api')[2]}")
        return self.refusal


NO = (
    ("/apply", 403, "Blocked by full structure access rules"),
    ("/apply", 500, "[Sandbox] KeyError 'width'"),
    ("/_grist_Views_section_field/records", 404, 'Table not found "_grist_Views_section_field"'),
    ("/_grist_Views_section_field/records", 403, "No view access"),
)


@pytest.mark.parametrize("no", NO)
def test_where_they_may_not_be_set_the_table_is_kept_without_a_word(
    bench: Bench, no: tuple[str, int, str], caplog: pytest.LogCaptureFixture
) -> None:
    bench.line = Ruled(*no)
    table = run(bench)
    assert wrote(bench)[-1] == "tables/Products/columns"  # the mark alone
    assert "11-22" in Table(bench.doc, "Products").columns()["Shopify_ID"]["description"]
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    run(bench, table)
    assert len(bench.line.calls) == 1 and set(hands(bench).widths().values()) == {0}


def test_a_dry_run_sets_nothing(bench: Bench) -> None:
    bench.line.before_write += [lambda: None, lambda: bench.line.lose.append(False)]
    table = run(bench)
    run(bench, table, dry=True)
    assert not wrote(bench) and set(hands(bench).widths().values()) == {0}
