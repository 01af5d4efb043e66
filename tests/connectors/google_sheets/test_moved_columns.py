"""Columns without a header are recognised where that is certain, and only there."""

import pytest

from syncdb.connectors.google_sheets.moved_columns import column_before


def whence(now: str, before: str) -> list[int | None]:
    """For each column of a tab now (a letter: its header, a dot: none) where it stood before."""
    heads = [["" if one == "." else one for one in head] for head in (now, before)]
    return [column_before(number, *heads) for number in range(len(now))]


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ("AB.C.", "AB.C.", [0, 1, 2, 3, 4]),
        ("ADB.C.", "AB.DC.", [0, 3, 1, 2, 4, 5]),  # one moved to the left past it
        ("A.DBC.", "AB.DC.", [0, 2, 3, 1, 4, 5]),  # one moved to the right past it
        ("AC.B..", "ABC...", [0, 2, None, 1, None, None]),  # moved out among those right of everything
        (".ABC..", "A.BC..", [1, 0, 2, 3, 4, 5]),
        ("DABC..", "ABCD..", [3, 0, 1, 2, 4, 5]),
        ("A..BC.", "A.BC.", [0, None, None, 2, 3, 4]),  # one of both is new
        ("AN.BC", "A..BC", [0, None, 2, 3, 4]),  # one has a header since
        ("A..B.", "A.B..", [0, None, None, 2, 3]),  # one of both is new
        ("A.CB.", "AB.C.", [0, 2, 3, 1, None]),
        ("..", "AB", [None, None]),
        ("XY.", "AB.", [None, None, None]),
    ],
)
def test_a_column_is_found_in_the_earlier_look(now: str, before: str, expected: list[int | None]) -> None:
    assert whence(now, before) == expected
