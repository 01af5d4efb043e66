"""All that two stores keep in step, edited at random in both; at length by `python -m tests.reliability.stores --catalogue`."""

from pathlib import Path

import pytest

from tests.reliability.stores.catalogue import CatalogueWorld, play
from tests.reliability.stores.people import LEFT, RIGHT, Cell


def test_no_edit_is_lost_and_none_is_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = CatalogueWorld(tmp_path)
    try:
        met = play(3, 1, world)
    finally:
        world.close()
    assert met["judged"] > 60 and met.total() - met["judged"] > 5, met


@pytest.mark.parametrize(
    ("edits", "shown", "asked", "right"),
    [
        ([], (1, 1), False, True),
        ([(LEFT, 2, 0)], (2, 2), False, True),
        ([(LEFT, 2, 0)], (2, 1), False, False),
        ([(LEFT, 2, 0), (LEFT, 3, 1)], (2, 2), False, False),
        ([(LEFT, 2, 0), (RIGHT, 3, 0)], (2, 3), True, True),
        ([(LEFT, 2, 0), (RIGHT, 3, 0)], (2, 3), False, False),
        ([(LEFT, 2, 0), (RIGHT, 3, 0)], (3, 3), False, False),
        ([(LEFT, 2, 0), (RIGHT, 3, 1)], (3, 3), False, True),
        ([(LEFT, 2, 0), (RIGHT, 3, 1)], (2, 2), False, False),
        ([(LEFT, 2, 0), (RIGHT, 2, 0)], (2, 2), False, True),
        ([(LEFT, 2, 0), (RIGHT, 2, 0)], (1, 1), False, False),
    ],
)
def test_what_is_judged(edits: list[tuple[str, int, int]], shown: tuple[int, int], asked: bool, right: bool) -> None:
    assert (Cell(1, list(edits)).judge(*shown, asked) == "") is right


def test_movements_are_added_up() -> None:
    assert Cell(5, [(LEFT, -1, 0), (RIGHT, -1, 0)], total=True).judge(3, 3, False) == ""
    assert Cell(5, [(LEFT, -1, 0), (RIGHT, -1, 0)], total=True).judge(4, 4, False) != ""
