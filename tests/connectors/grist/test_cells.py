"""Values into cells and back, by the column's real type; what does not fit is refused, what does not belong is not believed."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdb.connectors.grist.cells import Codec, UnfitCell, UnreadableCell, can_hold, joined, shown, stored
from syncdb.values import Value, same

BERLIN = "DateTime:Europe/Berlin"
MONEY = Codec("Numeric", "Numeric", digits=2)


def codec(kind: str, real: str | None = None) -> Codec:
    return Codec(kind, real or kind)


def after_grist(cell: Any) -> Any:
    """What the server makes of a cell before it is read (observed): doubles that are whole come back as whole numbers."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=30)
MOMENTS = st.datetimes(datetime(1902, 1, 1), datetime(2100, 1, 1)).map(lambda found: found.replace(microsecond=0))
AMOUNTS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
TAGS = st.lists(st.text("abcÄö -", min_size=1, max_size=6)).map(joined)


@given(TEXTS)
def test_text_comes_back(value: str) -> None:
    for kind in ("Text", "Choice"):
        assert same(shown(stored(value, codec(kind)), codec(kind)), value)


@given(AMOUNTS)
def test_money_comes_back(value: Decimal) -> None:
    assert same(shown(after_grist(stored(value, MONEY)), MONEY), value)


@given(st.integers(-(2**31), 2**31 - 1))
def test_whole_numbers_of_32_bits_come_back(value: int) -> None:
    assert same(shown(stored(value, codec("Int")), codec("Int")), value)


@given(st.one_of(st.integers(2**31), st.integers(max_value=-(2**31) - 1)))
def test_larger_whole_numbers_are_refused(value: int) -> None:
    with pytest.raises(UnfitCell, match="-2147483648"):
        stored(value, codec("Int"))


@given(TAGS)
def test_words_come_back_whatever_their_order(value: str | None) -> None:
    cell = stored(value, codec("ChoiceList"))
    assert cell is None or cell[0] == "L"
    assert same(shown(cell, codec("ChoiceList")), value)
    if cell:
        assert same(shown(["L", *reversed(cell[1:])], codec("ChoiceList")), value)


@given(MOMENTS)
def test_a_moment_comes_back_or_is_refused_where_that_hour_does_not_exist(value: datetime) -> None:
    try:
        cell = stored(value, codec(BERLIN))
    except UnfitCell:
        assert 1 <= value.hour <= 3 or value.year < 1950, "only hours that daylight saving leaves out may be refused"
    else:
        assert same(shown(cell, codec(BERLIN)), value)


@given(MOMENTS)
def test_a_moment_stands_in_a_column_of_another_zone_as_the_same_instant(value: datetime) -> None:
    wanted = Codec("DateTime:UTC", "DateTime:America/New_York")
    assert stored(value, wanted) == int((value - datetime(1970, 1, 1)) / timedelta(seconds=1))
    assert same(shown(stored(value, wanted), wanted), value)


@given(st.one_of(TEXTS, AMOUNTS, st.booleans(), st.integers(-(10**12), 10**12), MOMENTS), st.data())
def test_whatever_is_accepted_is_what_is_read_again(value: Value, data: st.DataObject) -> None:
    """In no column of any type does an accepted value turn into another one unnoticed."""
    kinds = ["Text", "Numeric", "Int", "Bool", "Choice", "ChoiceList", "Date", BERLIN]
    wanted, real = data.draw(st.sampled_from(kinds)), data.draw(st.sampled_from([*kinds, "Any", "RefList:T"]))
    try:
        cell = stored(value, Codec(wanted, real))
    except UnfitCell:
        return
    assert same(shown(after_grist(cell), Codec(wanted, real)), value)


def test_a_double_is_read_as_the_amount_that_was_meant() -> None:
    assert shown(19.9 * 3, MONEY) == Decimal("59.70")
    assert shown(0.1 + 0.2, Codec("Numeric", "Numeric")) == Decimal("0.30000000000000004")


def test_more_decimals_than_the_currency_has_are_refused() -> None:
    with pytest.raises(UnfitCell, match="12.35|12.34"):
        stored(Decimal("12.345"), MONEY)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("abc", "Numeric"), ("3000000000.0", "Int"), (1.5, "Int"), ("maybe", "Bool"), ("02/03/2026", "Date"), ("soon", BERLIN),
     (["E", "ZeroDivisionError"], "Numeric"), (10**18, BERLIN)],
)  # fmt: skip
def test_what_is_not_of_the_field_is_not_believed(cell: Any, kind: str) -> None:
    with pytest.raises(UnreadableCell):
        shown(cell, codec(kind))


def test_references_are_keys_and_only_to_rows_that_exist() -> None:
    to = Codec("Ref:Products", "Ref:Goods", keys={2: "gid://1"}, known=frozenset({"gid://1"}), by="gid")
    assert stored("gid://1", to) == ["l", "gid://1", {"column": "gid"}]
    assert stored(None, to) == 0
    assert shown(2, to) == "gid://1" and shown(0, to) is None
    with pytest.raises(UnfitCell, match="gid://9"):
        stored("gid://9", to)
    for wrong in (999, "gid://1"):
        with pytest.raises(UnreadableCell):
            shown(wrong, to)


def test_empty_cells_are_none_and_false_is_not() -> None:
    for kind in ("Text", "Choice", "Numeric", "Int", "ChoiceList", "Date", BERLIN):
        assert shown(None, codec(kind)) is None
        assert shown(stored(None, codec(kind)), codec(kind)) is None
    assert shown(False, codec("Bool")) is False
    assert shown("", codec("Text")) is None
    assert stored(None, codec("Text")) == ""  # what Grist itself puts into a new row


def test_halves_of_characters_are_refused() -> None:
    with pytest.raises(UnfitCell, match="half of a character"):
        stored("\ud83e", codec("Text"))


def test_numbers_in_text_columns_keep_their_meaning() -> None:
    in_text = Codec("Numeric", "Text", digits=2)
    assert stored(Decimal("12.50"), in_text) == "12.50"
    assert shown("12.5", in_text) == Decimal("12.50")
    with pytest.raises(UnreadableCell, match="thousands or decimals"):
        shown("12,500", in_text)


@pytest.mark.parametrize("typed", ["12,50", "12.5", " 12,50 €", "€ 12.50", "12.50 EUR"])
@pytest.mark.parametrize("real", ["Numeric", "Text", "Any"])
def test_an_amount_is_read_as_people_write_it_in_a_column_of_any_type(typed: str, real: str) -> None:
    assert shown(typed, Codec("Numeric", real, digits=2, currency="EUR")) == Decimal("12.50")


@pytest.mark.parametrize("number", [451, 1e5, Decimal("0.5"), True])
@pytest.mark.parametrize("real", ["Numeric", "Int", "Any", "Bool"])
def test_a_text_is_never_taken_from_what_is_none(number: Any, real: str) -> None:
    with pytest.raises(UnreadableCell):
        shown(float(number) if isinstance(number, Decimal) else number, Codec("Text", real))
    with pytest.raises(UnfitCell):
        stored("123", Codec("Text", "Numeric"))


def test_columns_that_can_never_hold_a_field_are_known() -> None:
    assert not can_hold(BERLIN, "Date") and not can_hold("Text", "Bool") and not can_hold("Text", "RefList:T")
    assert not any(can_hold("Text", real) for real in ("Numeric", "Int", "Date", BERLIN, "ChoiceList"))
    assert not can_hold("Numeric", "Int") and not can_hold(BERLIN, "Numeric")
    assert can_hold("Numeric", "Text") and can_hold("Text", "Choice") and can_hold("Ref:A", "Ref:B")
