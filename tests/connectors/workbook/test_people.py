"""What people do in the file is kept (columns, notes, formulas, formats, charts, the order of rows), and it is seen."""

import os
import zipfile
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.table import Table

from syncdb.connectors.workbook import WorkbookConnector
from syncdb.contract.connector import create, update
from syncdb.errors import NeedsPerson
from syncdb.model import Field, Operation, Outcome, Result
from syncdb.values import Kind
from tests.connectors.workbook.desk import FIELDS, Desk

MUG: dict[str, Any] = {"key": "a", "title": "Mug", "count": 3}
CUP: dict[str, Any] = {"key": "b", "title": "Cup", "count": 5}


def written(connector: WorkbookConnector, *operations: Operation) -> list[Outcome]:
    while (attempt := connector.structure(1)) is not None:
        connector.write(attempt)
    return connector.write(connector.prepare(operations, 2)) if operations else []


def made(path: Path, *records: dict[str, Any]) -> Desk:
    """A file with these records, as the connector left it."""
    desk = Desk(path)
    outcomes = written(desk.connector(), *(create(str(one["key"]), one) for one in records))
    assert [one.result for one in outcomes] == [Result.DONE] * len(records)
    return desk


@pytest.fixture
def workbook(tmp_path: Path) -> Desk:
    """A workbook that people made theirs: rows sorted the other way, a column and notes of their own, a chart, another tab."""
    desk = made(tmp_path / "orders.xlsx", MUG, CUP)
    book = load_workbook(desk.path)
    tab = book["Orders"]
    tab.move_range("A1:C3", cols=1)
    for row, (title, price) in enumerate((("Price", "=D2*2"), ("note", "=D3*2")), 1):
        tab.cell(row, 1).value = title
        tab.cell(row + 1, 5).value = price
    swapped = [[tab.cell(row, column).value for column in (2, 3, 4)] for row in (3, 2)]
    for row, values in enumerate(swapped, 2):
        for column, value in enumerate(values, 2):
            tab.cell(row, column).value = value
    tab["C2"].comment = Comment("call them", "Jane")
    tab["D2"].fill = PatternFill("solid", fgColor="FFFF00")
    tab.auto_filter.ref = "B1:D3"
    other = book.create_sheet("Mine")
    other["A1"] = "=SUM(Orders!D:D)"
    chart = BarChart()
    chart.add_data(Reference(tab, min_col=4, min_row=1, max_row=3), titles_from_data=True)
    other.add_chart(chart, "C3")
    book.save(desk.path)
    return desk


def test_all_that_is_theirs_stays_and_what_is_ours_goes_to_its_place(workbook: Desk) -> None:
    before = zipfile.ZipFile(workbook.path)
    parts = {name: before.read(name) for name in before.namelist()}
    jar = {"key": "c", "title": "=1+1", "count": 9}
    outcomes = written(workbook.connector(), update("a", {"count": 3}, {"count": 4}), create("c", jar))
    assert [(one.result, one.ref) for one in outcomes] == [(Result.DONE, "3"), (Result.DONE, "4")]
    assert workbook.rows() == [
        ["Price", "Key", "Title", "Count", None],
        ["note", "b", "Cup", 5, "=D2*2"],
        [None, "a", "Mug", 4, "=D3*2"],
        [None, "c", "=1+1", 9, None],
    ]
    book = load_workbook(workbook.path)
    tab = book["Orders"]
    assert tab["C4"].data_type == "s" and tab["C2"].comment.text == "call them" and tab["D2"].fill.fgColor.rgb == "00FFFF00"
    assert tab.auto_filter.ref == "B1:D4" and book.calculation.fullCalcOnLoad
    after = zipfile.ZipFile(workbook.path)
    changed = {name for name in parts if after.read(name) != parts[name]}
    assert set(after.namelist()) == set(parts) and any("chart" in name for name in parts)
    assert changed <= {"xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"}


def test_a_table_of_theirs_grows_with_the_rows(workbook: Desk) -> None:
    book = load_workbook(workbook.path)
    book["Orders"].auto_filter.ref = None
    book["Orders"].add_table(Table(displayName="Orders1", ref="B1:D3"))
    book.save(workbook.path)
    written(workbook.connector(), create("c", MUG | {"key": "c"}))
    assert load_workbook(workbook.path)["Orders"].tables["Orders1"].ref == "B1:D4"


def test_rows_and_columns_are_found_wherever_they_were_moved(workbook: Desk) -> None:
    shown = workbook.connector().look(["a", "b"]).found
    assert {key: (one.ref, one.record.fields["title"]) for key, one in shown.items()} == {"a": ("3", "Mug"), "b": ("2", "Cup")}


def test_a_formula_in_a_cell_of_ours_is_left_alone(workbook: Desk) -> None:
    workbook.edit(3, 4, "=1+2")
    (found,) = workbook.connector().look(["a"]).found.values()
    assert "count" in found.frozen
    (outcome,) = written(workbook.connector(), update("a", {"count": "=1+2"}, {"count": 4}))
    assert outcome.result is Result.STALE and workbook.rows()[2][3] == "=1+2"


def test_truth_values_stay_ours_when_libreoffice_saved_them_as_formulas(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "orders.xlsx", fields=(*FIELDS, Field("test", "Test", Kind.FLAG)))
    written(desk.connector(), create("a", MUG | {"test": True}), create("b", CUP | {"test": False}))
    desk.edit(2, 4, "=TRUE()")
    desk.edit(3, 4, "=FALSE()")
    shown = desk.connector().look(["a", "b"]).found
    assert {key: one.record.fields["test"] for key, one in shown.items()} == {"a": True, "b": False}
    (outcome,) = written(desk.connector(), update("a", {"test": True}, {"test": False}))
    assert outcome.result is Result.DONE and desk.rows()[1][3] is False


def test_a_row_that_stands_twice_is_named_and_not_written(workbook: Desk) -> None:
    workbook.edit(4, 2, "a")
    (block,) = workbook.connector().fetch()
    assert block.doubled == {"a": ("3", "4")} and set(block.found) == {"b"}
    (outcome,) = written(workbook.connector(), update("a", {"count": 3}, {"count": 4}))
    assert outcome.result is Result.STALE


@pytest.mark.parametrize("name", ["orders.xlsx", "Orders.csv"])
def test_a_header_that_is_gone_or_doubled_is_for_a_person(tmp_path: Path, name: str) -> None:
    desk = made(tmp_path / name, MUG)
    connector = desk.connector()
    connector.structure(1)
    desk.edit(1, 2, "Article")
    with pytest.raises(NeedsPerson, match=f'The tab "Orders" of {name} lacks the header "Title"') as told:
        desk.connector(connector.binding).structure(3)
    assert "in `workbook_columns` of" in told.value.next_step and "`columns`" not in told.value.next_step
    desk.edit(1, 4, "Key")
    before = desk.path.read_bytes()
    with pytest.raises(NeedsPerson, match=f'stands 2 times in the tab "Orders" of {name}: in'):
        desk.connector(connector.binding).structure(3)
    assert desk.path.read_bytes() == before


def test_a_header_row_that_was_pushed_down_is_found_and_told(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.csv", MUG)
    connector = desk.connector()
    connector.structure(1)
    rows = desk.rows()
    desk.save([["Report"], *[[""] for _ in range(19)], *rows])
    low = 'The header "Key" of the tab "Orders" of orders.csv stands in row 21; it is looked for in the first 20 rows.'
    with pytest.raises(NeedsPerson, match=low):
        desk.connector(connector.binding).structure(3)
    desk.save([["Report"], *rows])
    assert desk.connector(connector.binding).structure(3) is None


def test_a_file_that_was_emptied_is_brought_back_from_the_version_before(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.csv", MUG)
    connector = desk.connector()
    connector.structure(1)
    written(desk.connector(connector.binding), update("a", {"count": 3}, {"count": 4}))
    desk.path.write_bytes(b"")
    with pytest.raises(NeedsPerson, match="it was emptied, most likely") as told:
        desk.connector(connector.binding).structure(3)
    assert told.value.next_step == "Put orders.previous.csv, the version before the last run that changed it, in its place."


def test_a_renamed_tab_is_told_with_the_setting_that_names_it(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    connector = desk.connector()
    connector.structure(1)
    book = load_workbook(desk.path)
    book["Orders"].title = "Bestellungen"
    book.create_sheet("Notes")["A1"] = "Key"
    book.save(desk.path)
    with pytest.raises(
        NeedsPerson, match=r'The tab "Orders" of orders.xlsx is gone; the tab "Bestellungen" has our headers'
    ) as told:
        desk.connector(connector.binding).structure(3)
    assert 'Rename it back to "Orders", or name it: "workbook_tab": "Bestellungen".' in told.value.next_step
    assert set(desk.connector(tab="Bestellungen").look(["a"]).found) == {"a"}


def test_a_row_that_lost_its_key_is_named_and_not_added_once_more(tmp_path: Path) -> None:
    for name in ("orders.xlsx", "orders.csv"):
        desk = made(tmp_path / name, MUG)
        rows, key = desk.rows(), desk.rows()[0].index("Key")
        lost = next(number for number, row in enumerate(rows) if row[key] == "a")
        desk.edit(lost + 1, key + 1, None if name.endswith("xlsx") else "")
        values = {"title": "Mug", "count": 3}
        (again,) = written(desk.connector(), create("a", {"key": "a", **values}))
        assert again.result is Result.REJECTED and f"row {lost + 1} shows just that and has no Key any more" in again.why
        changed = replace(create("a", {"key": "a", **values, "count": 4}), last={"key": "a", **values})
        assert written(desk.connector(), changed)[0].why == again.why
        (other,) = written(desk.connector(), create("a", {"key": "a", **values, "count": 4}))
        assert other.result is Result.DONE and len(desk.rows()) == len(rows) + 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.parametrize("name", ["orders.xlsx", "orders.csv"])
def test_a_file_that_is_made_is_private_and_one_that_people_opened_to_others_stays_so(tmp_path: Path, name: str) -> None:
    desk = made(tmp_path / name, MUG)
    assert desk.path.stat().st_mode & 0o777 == 0o600
    desk.path.chmod(0o664)
    written(desk.connector(), update("a", {"count": 3}, {"count": 4}))
    previous = desk.path.with_name(f"orders.previous{desk.path.suffix}")
    assert (desk.path.stat().st_mode & 0o777, previous.stat().st_mode & 0o777) == (0o664, 0o664)


def test_a_renamed_and_a_new_column_are_made_without_touching_others(workbook: Desk) -> None:
    connector = workbook.connector()
    connector.structure(1)
    fields = (FIELDS[0], Field("title", "Article", Kind.TEXT), FIELDS[2], Field("at", "At", Kind.MOMENT))
    again = workbook.connector(connector.binding, fields=fields)
    at = datetime(2026, 11, 1, 12, 30)
    (outcome,) = written(again, update("a", {"at": None}, {"at": at}))
    assert outcome.result is Result.DONE
    assert workbook.rows()[0] == ["Price", "Key", "Article", "Count", None, "At"]
    assert workbook.rows()[2] == [None, "a", "Mug", 3, "=D3*2", at]
    assert load_workbook(workbook.path)["Orders"]["F3"].is_date


def test_another_ledger_s_tab_and_a_vanished_file_are_taken_over_only_when_asked(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    mine = desk.connector()
    mine.structure(1)
    with pytest.raises(NeedsPerson, match=r"kept by another ledger \(ledger-1\)"):
        desk.connector(ledger_id="ledger-2").structure(1)
    written(desk.connector(ledger_id="ledger-2", take_over=True))
    with pytest.raises(NeedsPerson, match="another ledger"):
        desk.connector(mine.binding).structure(1)
    desk.path.unlink()
    with pytest.raises(NeedsPerson, match=r"orders\.xlsx is gone"):
        desk.connector(mine.binding).structure(1)
    written(desk.connector(mine.binding, take_over=True))
    assert desk.rows() == [["Key", "Title", "Count"]]


def test_a_workbook_that_was_there_before_gets_a_tab_and_keeps_its_own(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "Plans"
    book["Plans"]["A1"] = "mine"
    book.save(tmp_path / "orders.xlsx")
    desk = made(tmp_path / "orders.xlsx", MUG)
    assert desk.rows("Plans") == [["mine"]] and desk.rows()[1] == ["a", "Mug", 3]
    with pytest.raises(NeedsPerson, match="is in use already"):
        desk.connector(tab="plans").structure(1)


def test_values_come_back_as_they_were_sent(tmp_path: Path) -> None:
    kinds = (Kind.IDENTIFIER, Kind.TEXT, Kind.MONEY, Kind.MOMENT, Kind.DATE, Kind.FLAG, Kind.NUMBER)
    fields = tuple(Field(kind.value, kind.value.title(), kind) for kind in kinds)
    sent = {
        "identifier": "0012345678901234",
        "text": "a\nb \x07 _x0041_ <&> 🧵 =1",
        "money": Decimal("12.50"),
        "moment": datetime(2026, 11, 1, 23, 59, 59),
        "date": datetime(2026, 11, 1),
        "flag": False,
        "number": Decimal("-0.1"),
    }
    for name in ("orders.xlsx", "Orders.csv"):
        desk = Desk(tmp_path / name, fields=fields)
        connector = desk.connector(key="identifier")
        written(connector, create("0012345678901234", sent))
        (found,) = connector.look(["0012345678901234"]).found.values()
        assert dict(found.record.fields) == sent, name


def test_days_count_from_1904_in_a_workbook_of_an_old_mac(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    book.active.title = "Mine"
    book.save(tmp_path / "orders.xlsx")
    desk = Desk(tmp_path / "orders.xlsx", fields=(*FIELDS, Field("at", "At", Kind.MOMENT)))
    at = datetime(2026, 11, 1, 12, 0)
    written(desk.connector(), create("a", MUG | {"at": at}))
    assert desk.rows()[1][3] == at and desk.connector().look(["a"]).found["a"].record.fields["at"] == at
