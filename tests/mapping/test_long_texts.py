"""Cutting texts to what a cell holds, without ever splitting a character."""

from hypothesis import given
from hypothesis import strategies as st

from syncdb.mapping.long_texts import cut, units


@given(st.text(max_size=120), st.integers(50, 90))
def test_what_is_cut_fits_and_says_how_long_it_was(text: str, longest: int) -> None:
    shown = cut(text, longest)
    if units(text) <= longest:
        assert shown == text
        return
    assert longest - 1 <= units(shown) <= longest and f"{units(text):,} characters" in shown
    kept = shown.partition(" … [cut off")[0] if " … [cut off" not in text else ""
    assert text.startswith(kept)
    shown.encode()  # no half of a character is left


def test_units_are_those_of_utf_16() -> None:
    assert [units(text) for text in ("", "ab", "ü", "🐝")] == [0, 2, 1, 2]
