"""Scenarios that the random histories found, reduced: each was wrong once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.acts import Hand, copy_row
from tests.reliability.judged import Judged
from tests.reliability.spells import Permissions
from tests.reliability.world import BEGIN


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    """A synced shop; the last row is the one of the newest order."""
    monkeypatch.chdir(tmp_path)
    made = Judged(tmp_path, 3, BEGIN)
    assert made.run().code == 0
    yield made
    made.close()


def test_a_value_that_lands_in_a_strangers_new_row_is_taken_back(judged: Judged) -> None:
    """A row with a key of their own, inserted between look and write, had kept a value of ours."""
    world = judged.world
    gid = world.order(0)
    assert gid is not None
    world.shop.set_note(gid, "meant for another row")
    judged.oracle.hear()
    key = world.shop.orders[gid]["lineItems"][0]["id"].rpartition("/")[2]

    def own_row() -> None:
        row = world.row_of(key)
        world.colleague.insert_rows(row)
        world.colleague.type(f"{world.letter('Line ID')}{row}", "MINE-1")
        world.colleague.type(f"{world.letter('Product')}{row}", "our own")

    judged.edited_meanwhile(own_row)
    judged.agree()


def test_a_new_row_whose_key_column_was_moved_meanwhile_is_put_right(judged: Judged) -> None:
    """The row had been given up as a stranger's, because another value of ours stood where keys now are."""
    world = judged.world
    judged.shop(0, 12)
    last = len(world.rows())

    def insert_and_move() -> None:
        world.colleague.insert_rows(3, 2)
        world.colleague.move_columns("B", 1, "A")

    judged.edited_meanwhile(insert_and_move)
    assert len(world.rows()) > last
    judged.agree()


def test_a_row_deleted_before_its_write_was_settled_comes_back_once(judged: Judged) -> None:
    """Not the product was wrong but the judge of the history: a row that is gone when its write is looked up is not recorded."""
    world = judged.world
    judged.shop(0, 12)
    judged.shop(0, 13)
    world.lose_a_write("apply_then_cut")
    assert judged.run(judged=False).code == 4
    world.faults.clear()
    added = max(world.keys())
    judged.person(2, added - world.head() - 1, 0)
    assert added not in set(world.keys())
    judged.agree()


def test_line_ends_of_windows_are_those_of_the_sheet_and_written_once(judged: Judged) -> None:
    """Not the product was wrong but the oracle, which wanted the shop's own line ends in the cell."""
    gid = judged.world.order(0)
    assert gid is not None
    judged.world.shop.set_note(gid, "Zweiter Hof,\tlinks.\r\nDanke!")
    judged.oracle.hear()
    judged.agree()
    assert "Zweiter Hof,\tlinks.\nDanke!" in {row["Note"] for row in judged.world.rows().values()}


def test_a_row_that_a_person_copied_in_the_moment_of_a_write_is_theirs(judged: Judged) -> None:
    """Not the product was wrong but the oracle, which called the person's copy a line that was written twice."""
    judged.drifted = judged.hidden = judged.uneasy = False
    judged.shop(1, 22)
    judged.edited_meanwhile(lambda: judged.doing(copy_row, 1, 0))
    assert len(judged.doubled()) == 1
    judged.hourly(full=True)
    judged.hourly()
    judged.agree()


def test_a_row_deleted_in_the_moment_of_a_write_beside_it_comes_back_at_the_next_full_look(judged: Judged) -> None:
    """Not the product was wrong but the oracle, which wanted it back from the next ordinary run."""
    judged.drifted = judged.hidden = judged.uneasy = False
    world = judged.world
    gid = world.order(0)
    assert gid is not None
    world.shop.set_note(gid, "written meanwhile")
    judged.oracle.hear()
    noted = {one["id"].rpartition("/")[2] for one in world.shop.orders[gid]["lineItems"]}
    last, key = max(world.keys().items())
    assert key not in noted, "another order's"
    judged.edited_meanwhile(lambda: world.colleague.delete_rows(last))
    judged.hourly()
    assert key not in world.rows()
    judged.hourly(full=True)
    assert key in world.rows()
    judged.agree()


def test_a_line_that_nobody_copied_may_not_stand_twice(judged: Judged) -> None:
    """The oracle cleared every copy away at the end of a history, whoever had made it."""
    copy_row(Hand(judged.world, 1, 0))
    with pytest.raises(AssertionError, match="doubled"):
        judged.agree()


def test_what_was_never_shown_of_an_order_stays_empty_once_it_is_deleted(judged: Judged) -> None:
    """Not the product was wrong but the oracle, which wanted the customer of an order that was deleted while it was withheld."""
    world, permissions = judged.world, Permissions(judged.world)
    permissions.show({"read_customers", "address"})
    made = world.new_order(196)
    judged.oracle.hear()
    key = next(one for one, gid in judged.oracle.order_of.items() if gid == made)
    judged.run()
    assert world.rows()[key]["Customer"] is None
    world.shop.delete(made)
    judged.run(full=True)
    permissions.show(set())
    judged.agree()
    judged.world.colleague.type(f"{world.letter('Product')}{world.row_of(key)}", "")
    assert any("line_title" in one for one in judged.wrong(gone_too=True)), "what was shown must not be lost"


def test_a_first_run_need_not_bring_what_changed_before_its_look_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the product was wrong but the oracle, which wanted orders that nobody had touched for longer than that."""
    monkeypatch.chdir(tmp_path)
    judged = Judged(tmp_path, 3, BEGIN)
    try:
        judged.world.pass_time(hours=40 * 24)
        judged.shop(0, 12)
        judged.agree()
        old, new = judged.world.order(0), judged.world.order(3)
        assert {judged.oracle.order_of[key] for key in judged.world.rows()} == {new}
        judged.world.shop.set_note(old, "touched again")
        judged.agree()
        assert {judged.oracle.order_of[key] for key in judged.world.rows()} == {old, new}
        judged.world.colleague.delete_rows(max(judged.world.keys()))
        assert any(one.startswith("lost") for one in judged.wrong(gone_too=True)), "what was within reach must not be lost"
    finally:
        judged.close()
