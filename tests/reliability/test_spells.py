"""Every trouble of bulk reading and every permission lost, each once and for certain; the random histories mix them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.shopify.bulk import FOLDER
from tests.reliability.acts import revive
from tests.reliability.bulk_troubles import (
    LAYOUTS,
    TROUBLES,
    all_places_taken,
    fetch_broken_off,
    fetch_cut,
    out_of_reach_at_submit,
    refused_at_submit,
    submit_not_answered,
)
from tests.reliability.judged import Judged, struck
from tests.reliability.neighbour import Neighbour
from tests.reliability.spells import LESS, REFUSALS, Permissions, in_bulk, moved_in_bulk, overlapped, refused, shown_less
from tests.reliability.world import BEGIN

PASSING = {submit_not_answered, fetch_cut, fetch_broken_off}  # these cost a request more, not the bulk reading
NONE_ACCEPTED = {refused_at_submit, out_of_reach_at_submit, all_places_taken}
PERSONAL = {"Customer": "customer_name", "name": "customer_name", "address": "shipping_zip"}


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.chdir(tmp_path)
    struck.clear()
    made = Judged(tmp_path, 4, BEGIN)
    yield made
    made.close()


@pytest.mark.parametrize("spans", [False, True], ids=["whole", "spans"])
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_a_first_load_whose_bulk_reading_fails_brings_all_the_same(
    judged: Judged, trouble: Callable[..., None], spans: bool
) -> None:
    layout = LAYOUTS[TROUBLES.index(trouble) % len(LAYOUTS)]
    judged.drifted = judged.hidden = judged.uneasy = False
    in_bulk(judged, trouble, layout, full=False, spans=spans)
    assert struck[f"bulk: {trouble.__name__}"] == 1
    assert not spans or struck["several operations side by side"] or trouble in NONE_ACCEPTED
    assert not judged.uneasy, "the run did not end well"
    fetched = [seen for seen in judged.world.faults.log if seen.path.startswith(FOLDER)]
    assert fetched or trouble not in PASSING
    judged.agree()


@pytest.mark.parametrize("act", [0, 1, 4])
def test_the_shop_moves_before_a_bulk_result_is_fetched(judged: Judged, act: int) -> None:
    moved_in_bulk(judged, act, 3)
    assert struck["shop moved before a bulk result was fetched"] == 1
    judged.agree()


@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.parametrize("after", [0, 2])
def test_a_permission_lost_stops_the_run_and_given_back_all_goes_on(judged: Judged, how: str, after: int) -> None:
    judged.world.in_bulk = bool(after)
    assert judged.run().code == 0
    refused(judged, Permissions(judged.world), how, after, 7)
    judged.agree()


@pytest.mark.parametrize("what", LESS)
def test_what_is_withheld_stays_as_it_was_and_comes_when_it_is_shown_again(judged: Judged, what: str) -> None:
    world, permissions = judged.world, Permissions(judged.world)
    assert judged.run().code == 0
    before = world.rows()
    shown_less(judged, permissions, what)
    for number in range(6):
        judged.shop(1, number)
    judged.shop(0, 5)
    revive(world, 1)
    judged.oracle.hear()
    assert judged.run(full=True).code in (0, 3)
    if what in PERSONAL:
        label = world.labels()[PERSONAL[what]]
        after = world.rows()
        assert {key: row[label] for key, row in before.items()} == {key: after[key][label] for key in before}
        assert None in {row[label] for key, row in after.items() if key not in before}, "nothing was withheld"
    shown_less(judged, permissions, what)
    judged.agree()


def test_what_was_withheld_for_longer_than_the_look_back_comes_with_the_next_full_run(judged: Judged) -> None:
    permissions = Permissions(judged.world)
    shown_less(judged, permissions, "address")
    assert judged.run().code == 0
    judged.world.pass_time(hours=24 * 40)
    shown_less(judged, permissions, "address")
    assert judged.run().code == 0
    assert judged.run(full=True).code == 0
    assert not judged.wrong(gone_too=True)
    judged.agree()


def test_what_stays_withheld_is_asked_for_once_and_not_order_by_order(judged: Judged) -> None:
    permissions = Permissions(judged.world)
    for number in range(3):
        judged.shop(0, number)
    shown_less(judged, permissions, "address")
    assert judged.run().code == 0
    judged.world.pass_time(hours=24 * 40)
    asked = []
    for _ in range(2):
        assert judged.run(full=True).code == 0
        asked.append(judged.world.faults.count("shopify"))
    assert asked[0] == asked[1] <= 6, asked


def test_another_process_that_comes_in_between_leaves(judged: Judged, tmp_path: Path) -> None:
    with Neighbour(tmp_path) as other:
        overlapped(judged, other, 4)
        assert struck["another process came in between"] == 1
        code, _ = other.runs(_environment(judged), judged.world.time)
        assert code == 0, "alone it can work"
    judged.agree()


def _environment(judged: Judged) -> dict[str, Any]:
    world = judged.world
    return world.sandbox.environment() | world.env
