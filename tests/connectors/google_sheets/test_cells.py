"""Values to cells and back without loss, and the pure parts of finding and placing them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncdb.connectors.google_sheets.cells import LONGEST_TEXT, currency_shown, entry_for, number_format, read_cell, write_cell
from syncdb.connectors.google_sheets.evidence import Placement
from syncdb.connectors.google_sheets.formulas import shifted
from syncdb.connectors.tabular import a1
from syncdb.connectors.tabular.entries import Formula, UnfitValue, alike, keep, kept, key_in, value_in
from syncdb.connectors.tabular.headers import TabLayout, find_header_row, match
from syncdb.errors import NeedsPerson
from syncdb.model import Field, Outcome, Result
from syncdb.values import Kind, same

steady = settings(derandomize=True, deadline=None, max_examples=300)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10)
moments = st.datetimes(datetime(1950, 1, 1), datetime(2120, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


@steady
@given(texts)
def test_text_comes_back_as_text_whatever_it_looks_like(text: str) -> None:
    entry = read_cell(write_cell(entry_for(text)))
    assert not isinstance(entry, Formula)
    assert same(value_in(entry, Kind.TEXT), text)


@steady
@given(amounts)
def test_money_comes_back_exact(amount: Decimal) -> None:
    assert same(value_in(read_cell(write_cell(entry_for(amount))), Kind.MONEY), amount)


@steady
@given(moments)
def test_a_moment_comes_back_to_the_second(moment: datetime) -> None:
    assert value_in(read_cell(write_cell(entry_for(moment))), Kind.MOMENT) == moment


@steady
@given(st.booleans() | texts | st.integers(-(10**15) + 1, 10**15 - 1) | amounts | st.none())
def test_what_the_journal_keeps_is_what_was_there(value: str | int | bool | Decimal | None) -> None:
    entry = entry_for(value)
    assert alike(kept(keep(entry)), entry)
    assert type(kept(keep(entry))) is type(entry)


def test_the_journal_tells_a_formula_from_text() -> None:
    assert kept(keep(Formula("=A1"))) == Formula("=A1")
    assert kept(keep("=A1")) == "=A1"
    assert not alike(Formula("=A1"), "=A1")


@pytest.mark.parametrize("text", ["=1+2", "'x", "+1", "00123", "9007199254740993", "1e5", "TRUE", "2026-01-01", "👩‍👩‍👧", "שלום"])
def test_text_is_sent_as_text(text: str) -> None:
    assert write_cell(entry_for(text)) == {"userEnteredValue": {"stringValue": text}}


@pytest.mark.parametrize(
    "value", ["x" * (LONGEST_TEXT + 1), "😀" * (LONGEST_TEXT // 2 + 1), "half \ud83d", Decimal("1234567890.1234567"), 2**53 + 1]
)
def test_what_a_cell_would_garble_is_refused(value: str | int | Decimal) -> None:
    with pytest.raises(UnfitValue):
        entry_for(value)


def test_the_longest_text_fits() -> None:
    assert entry_for("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT


@pytest.mark.parametrize(
    ("entry", "key"),
    [("17", "17"), (" 17 ", "17"), (17, "17"), (17.0, "17"), (17.5, "17.5"), (True, None), (None, None), ("  ", None)],
)
def test_keys(entry: str | float | None, key: str | None) -> None:
    assert key_in(entry) == key


def test_a_number_typed_into_a_text_field_differs_from_the_text() -> None:
    assert not same(value_in(123, Kind.IDENTIFIER), "123")
    assert value_in("soon", Kind.MOMENT) == "soon"
    assert value_in(10**12, Kind.MOMENT) == Decimal(10**12)
    assert value_in(True, Kind.COUNT) is True


@pytest.mark.parametrize(
    ("currency", "pattern"),
    [("EUR", "#,##0.00 [$EUR]"), ("JPY", "#,##0 [$JPY]"), ("KWD", "#,##0.000 [$KWD]"), (None, "#,##0.00#")],
)
def test_money_shows_the_decimals_of_its_currency(currency: str | None, pattern: str) -> None:
    shown = number_format(Field("total", "Total", Kind.MONEY), currency)
    assert shown is not None and shown["pattern"] == pattern


@pytest.mark.parametrize(
    ("entry", "currency"), [("USD", "USD"), (" usd ", "USD"), ("", None), (None, None), ("€", None), (7, None)]
)
def test_a_cell_names_a_currency_or_none(entry: Any, currency: str | None) -> None:
    assert currency_shown(entry) == currency


@steady
@given(st.integers(0, 18_277))
def test_column_letters_and_back(column: int) -> None:
    assert a1.column_of(a1.letters(column)) == column
    assert a1.start(f"'It''s! a tab'!{a1.cell(9, column)}:ZZZ99") == (9, column)


def test_a1_names() -> None:
    assert [a1.letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert a1.span("It's", (0, 20)) == "'It''s'!1:20"
    assert a1.span("Orders", (1, 3), (0, 1)) == "'Orders'!A2:A3"
    assert a1.start("Orders!C:D") == (0, 2) and a1.start("5:7") == (4, 0)


@steady
@given(st.sets(st.integers(0, 200)), st.integers(0, 5))
def test_runs_cover_what_was_asked_and_little_else(numbers: set[int], gap: int) -> None:
    stretches = a1.runs(sorted(numbers), gap)
    covered = {number for first, end in stretches for number in range(first, end)}
    assert numbers <= covered
    assert all(later[0] - earlier[1] > gap for earlier, later in zip(stretches, stretches[1:], strict=False))
    assert all(numbers & set(range(number - gap, number + gap + 1)) for number in covered)


@steady
@given(st.permutations(["Id", "Name", "Total", "", "", "Theirs"]), st.integers(0, 5))
def test_columns_are_found_wherever_they_stand(head: list[str], header_row: int) -> None:
    rows: list[list[str | None]] = [*([None] for _ in range(header_row)), [*(f" {text} " for text in head)]]
    wanted = {"id": "Id", "name": "Name", "total": "Total"}
    assert find_header_row(rows, "Id") == header_row
    columns = match(rows[header_row], header_row, wanted, "Orders")
    assert {name: head[column] for name, column in columns.items()} == wanted


def test_a_header_standing_twice_is_named_with_both_cells() -> None:
    with pytest.raises(NeedsPerson, match="B3 and D3"):
        match(["Id", "Name", None, "Name"], 2, {"id": "Id", "name": "Name"}, "Orders")


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("=B2*C2", "=C4*D4"),
        ("=$B$2&\"B2\"&'B2'!B2", "=$C$4&\"B2\"&'B2'!B2"),
        ("=SUM(B2:C2)+LOG10(B2)", "=SUM(C4:D4)+LOG10(C4)"),
        ("=Other!B2+Q1_total", "=Other!B2+Q1_total"),
        ("=SUM(B2:B)+SUM($B$2:$C)", "=SUM(C4:C)+SUM($C$4:$D)"),
        ("=SUM(B:C)+SUM($B:B)", "=SUM(C:D)+SUM($C:C)"),
        ("=SUM(2:$5)+B2:C3", "=SUM(4:$7)+C4:D5"),
        ("=SUM(Other!B:B)+Other!B2:B+'B C'!2:3", "=SUM(Other!B:B)+Other!B2:B+'B C'!2:3"),
    ],
)
def test_references_move_with_their_cells(formula: str, moved: str) -> None:
    assert shifted(formula, lambda row: row + 2, lambda column: column + 1) == moved


def test_a_placement_survives_the_journal() -> None:
    layout = TabLayout(0, {"id": 0}, {"id": "Id"})
    left_out = {2: Outcome(Result.STALE, why="its row is gone")}
    before = {4: ["a", None, Formula("=A1"), True, 1.5]}
    placement = Placement("abc", 7, "Orders", (9, 3), layout, "id", {0: 4}, 5, [1], left_out, before)
    assert Placement.from_data(placement.as_data()) == placement
    assert placement.row_of(1) == 5 and placement.row_of(2) is None
