"""Equal values are equal whatever system they come from, and nothing is lost in storage."""

import json
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncdb.values import (
    Value,
    amount_meant,
    canonical,
    canonical_json,
    canonical_text,
    decode_fields,
    encode_fields,
    from_serial,
    iso,
    moment,
    money,
    parse_json,
    same,
    to_serial,
    wall_clock,
)

values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.text(),
    st.datetimes(),
)


# what JSON can say: also whole numbers of any size, halves of characters, characters that must be escaped
texts = st.text(st.characters(exclude_categories=())) | st.text(st.sampled_from('\x00\x1f\x7f"\\/\b\f\n\r\t\u2028é€😀'))
scalars = st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | texts


def nested(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=30)


def plainly(data: object) -> str:
    """What the hashes of every ledger so far were made from."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@given(nested(scalars))
def test_the_fast_text_is_the_canonical_one_to_the_byte(data: object) -> None:
    assert canonical_json(data) == plainly(data)
    try:
        expected = plainly(data).encode()
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            canonical_text(data)
    else:
        assert canonical_text(data) == expected


@given(nested(scalars | st.floats()))
def test_the_canonical_text_of_floats_is_what_it_was(data: object) -> None:
    assert canonical_json(data) == plainly(data)


@pytest.mark.parametrize("data", [2**64 - 1, 2**64, -(2**63), -(2**63) - 1, [10**40], {"é": {"b": 1, "a": [True, None]}}])
def test_the_edges_of_the_fast_text(data: object) -> None:
    assert canonical_text(data) == plainly(data).encode()


@pytest.mark.parametrize("data", [datetime(2026, 1, 1), Decimal(1), {1, 2}, [object()]])
def test_what_is_no_json_is_refused(data: object) -> None:
    for write in (canonical_json, canonical_text):
        with pytest.raises(TypeError):
            write(data)


@given(nested(st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | texts | st.floats()), st.booleans())
def test_json_is_read_as_ever(data: object, escaped: bool) -> None:
    text = json.dumps(data, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    assert plainly(parse_json(text)) == plainly(json.loads(text))


ODD = [b"", b"{", b"[1,]", b"01", b"\xef\xbb\xbf1", b'"\t"', b'"\xff"']


def whole(digits: str) -> int | float:
    """A whole number as documented: beyond 64 bits it comes as a float."""
    return int(digits) if -(2**63) <= int(digits) < 2**64 else float(digits)


@given(st.binary() | st.text().map(str.encode) | st.sampled_from(ODD))
@example(b"20000000000000000000")
def test_what_is_no_json_is_refused_as_ever(text: bytes) -> None:
    try:
        expected = plainly(json.loads(text, parse_int=whole))
    except ValueError:
        with pytest.raises(ValueError):
            parse_json(text)
    else:
        assert plainly(parse_json(text)) == expected


@given(st.dictionaries(st.text(min_size=1), values))
def test_fields_survive_storage(fields: dict[str, Value]) -> None:
    back = decode_fields(encode_fields(fields))
    assert back == fields and [type(one) for one in back.values()] == [type(fields[name]) for name in back]


@given(values, values)
def test_sameness_is_equality_of_canonical_forms(one: Value, other: Value) -> None:
    assert same(one, one)
    assert same(one, other) is same(other, one)
    assert same(canonical(one), one)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (None, "", True),
        (1, Decimal("1.00"), True),
        (Decimal("-0"), 0, True),
        (1, True, False),
        (0, None, False),
        ("1", 1, False),
        ("a\r\nb", "a\nb", True),
        ("007", "7", False),
        (datetime(2026, 11, 1, 1, 30, 0, 400_000), datetime(2026, 11, 1, 1, 30), True),
    ],
)
def test_what_is_the_same(one: Value, other: Value, alike: bool) -> None:
    assert same(one, other) is alike


def test_money_is_exact() -> None:
    amount = money("0.1")
    assert amount is not None and amount * 3 == Decimal("0.3")
    for wrong in ("", "NaN", "1,5", "Infinity"):
        with pytest.raises(ValueError, match="not an amount"):
            money(wrong)


def test_moments_need_their_offset() -> None:
    assert iso(moment("2026-11-20T08:00:00.123+01:00")) == "2026-11-20T07:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        moment("2026-11-20T08:00:00")


def test_two_instants_of_the_repeated_hour_show_one_wall_clock() -> None:
    new_york = ZoneInfo("America/New_York")
    early, late = moment("2026-11-01T05:30:00Z"), moment("2026-11-01T06:30:00Z")
    assert wall_clock(early, new_york) == wall_clock(late, new_york) == datetime(2026, 11, 1, 1, 30)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))
def test_serial_numbers_keep_the_second(clock: datetime) -> None:
    whole = clock.replace(microsecond=0)
    assert from_serial(to_serial(whole)) == whole


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("19.90", "19.90"),
        ("12,50", "12.50"),
        ("19.90 €", "19.90"),
        ("€19,90", "19.90"),
        ("EUR 1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("1\u202f234\u00a0567,5", "1234567.5"),
        ("1.234.567", "1234567"),
        ("1'234.05", "1234.05"),
        ("1234", "1234"),
        ("-3", "-3"),
        ("\u22123,10", "-3.10"),
        ("0,125", "0.125"),
    ],
)
def test_an_amount_as_people_write_it(text: str, amount: str) -> None:
    assert amount_meant(text, 2, "EUR") == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "ask Ann", "12,50 $", "12 USD", "12 pcs", "1.23.4", "1,2,3", "12.345", "19.999", "1,234", "--3", "1e5", "12,"],
)
def test_what_may_mean_two_amounts_or_none_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="amount|thousands"):
        amount_meant(text, 2, "EUR")


def test_three_decimals_are_decimals_where_the_currency_has_them() -> None:
    assert amount_meant("4.963", 3, "KWD") == Decimal("4.963")


@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False))
def test_every_way_of_writing_an_amount_reads_as_that_amount(amount: Decimal) -> None:
    plain, english = f"{amount:.2f}", f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for text in (plain, english, german, f"{german} €", f"EUR {english}", plain.replace(".", ",")):
        assert amount_meant(text, 2, "EUR") == amount, text
