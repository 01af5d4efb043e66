"""A colleague at work, and what follows the rows and columns that move."""

from __future__ import annotations

from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.google.metadata import Place
from syncdb.sandbox.google.spreadsheet import Spreadsheet


def sheet() -> Colleague:
    """Order | Amount | Double, three rows."""
    colleague = Colleague(Spreadsheet("id", "Orders"))
    for cell, text in zip(("A1", "B1", "C1"), ("Order", "Amount", "Double"), strict=True):
        colleague.type(cell, text)
    for row, (name, amount) in enumerate([("c", 30), ("a", 10), ("b", 20)], 2):
        colleague.type(f"A{row}", name)
        colleague.type(f"B{row}", str(amount))
        colleague.type(f"C{row}", f"=B{row}*2")
    return colleague


def test_sorting_takes_rows_whole_and_formulas_stay_with_their_row() -> None:
    colleague = sheet()
    colleague.note("A2", "call back")
    colleague.sort("A")
    assert [colleague.read(f"A{row}") for row in (1, 2, 3, 4)] == ["Order", "a", "b", "c"]
    assert [colleague.shown(f"C{row}") for row in (2, 3, 4)] == [20, 40, 60]
    assert colleague.snapshot()[3, 0]["note"] == "call back"


def test_formulas_names_and_metadata_follow_inserted_and_deleted_lines() -> None:
    colleague = sheet()
    colleague.type("E1", '=SUM(B2:B4)&"B2"')
    shelf = colleague.spreadsheet.metadata
    shelf.create({"metadataId": 1, "metadataKey": "k", "visibility": "DOCUMENT"}, Place(0, "COLUMNS", 1))
    colleague.insert_rows(3, 2)
    colleague.insert_columns("B")
    assert colleague.snapshot()[0, 5]["userEnteredValue"] == {"formulaValue": '=SUM(C2:C6)&"B2"'}
    assert (colleague.shown("F1"), shelf.entries[1].place.index) == ("60B2", 2)
    colleague.delete_rows(2)
    assert colleague.shown("F1") == "30B2"
    colleague.delete_columns("C")
    assert (colleague.shown("E1"), shelf.entries) == ("#REF!", {})


def test_moving_rows_and_columns() -> None:
    colleague = sheet()
    colleague.move_rows(2, 1, before=5)
    assert [colleague.read(f"A{row}") for row in (2, 3, 4)] == ["a", "b", "c"]
    colleague.move_columns("B", 1, before="A")
    assert [colleague.read(f"{c}1") for c in "ABC"] == ["Amount", "Order", "Double"]
    assert [colleague.shown(f"C{row}") for row in (2, 3, 4)] == [20, 40, 60]


def test_typing_is_understood_as_a_person_means_it() -> None:
    colleague = sheet()
    for text, value, shown in [
        ("0042", 42, 42),
        ("'0042", "0042", "0042"),
        ("TRUE", True, True),
        ("2026-01-31", 46053, 46053),
        ("$1,234.50", 1234.5, 1234.5),
        ("50%", 0.5, 0.5),
        ("8085807e4", 80858070000, 80858070000),
        ("nice", "nice", "nice"),
    ]:
        colleague.type("H9", text)
        assert (colleague.read("H9"), colleague.shown("H9")) == (value, shown)


def test_copied_rows_renamed_headers_and_tabs() -> None:
    colleague = sheet()
    colleague.copy_rows(2, 1, to=6)
    assert (colleague.read("A6"), colleague.shown("C6")) == ("c", 60)
    colleague.rename_header("Amount", "Betrag")
    colleague.rename_tab("Bestellungen")
    other = Colleague(colleague.spreadsheet, colleague.add_tab("Other"))
    colleague.delete_tab()
    assert [tab.title for tab in other.spreadsheet.tabs] == ["Other"]


def test_what_is_not_touched_stays_as_it_was() -> None:
    colleague = sheet()
    colleague.colour("A2:B2")
    colleague.dropdown("D2:D4", "open", "done")
    before = colleague.snapshot()
    colleague.insert_rows(5)
    colleague.delete_rows(5)
    colleague.hide_rows(2)
    colleague.filter()
    assert colleague.snapshot() == before
    assert before[1, 3]["dataValidation"]["condition"]["type"] == "ONE_OF_LIST"


def test_a_range_that_begins_in_the_first_row_leaves_out_what_is_inserted_above_it() -> None:
    colleague = sheet()
    for cell, text in (("E1", "=SUM(B2:B)"), ("F1", "=SUM(B$1:B)"), ("G1", "=SUM(B:B)")):
        colleague.type(cell, text)
    colleague.insert_rows(2)
    colleague.type("B2", "5")
    assert [colleague.read(f"{letter}1").text for letter in "EFG"] == ["=SUM(B3:B)", "=SUM(B$1:B)", "=SUM(B:B)"]
    assert [colleague.shown(f"{letter}1") for letter in "EFG"] == [60, 65, 65]
    colleague.insert_columns("B")
    assert colleague.read("F1").text == "=SUM(C3:C)"
