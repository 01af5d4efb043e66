"""How far a run may say it has read, when an absent order counts as deleted, and how long the trace of a write must stay."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.google_sheets.batch import TOKEN_KEY
from tests.reliability.judged import Judged
from tests.reliability.world import BEGIN


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.chdir(tmp_path)
    made = Judged(tmp_path, 3, BEGIN)
    assert made.run().code == 0
    yield made
    made.close()


def _meta(judged: Judged, name: str) -> Any:
    with closing(sqlite3.connect(judged.world.ledger)) as ledger:
        return json.loads(ledger.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])


def _note(judged: Judged, gid: str) -> list[Any]:
    keys = {line["id"].rpartition("/")[2] for line in judged.world.shop.orders[gid]["lineItems"]}
    return [row["Note"] for key, row in judged.world.rows().items() if key in keys]


def test_a_change_that_searches_show_late_is_still_found_by_the_next_hourly_run(judged: Judged) -> None:
    world = judged.world
    gid = world.order(0)
    assert gid is not None
    world.shop.index_lag = 600.0
    world.shop.set_note(gid, "seen late")
    world.pass_time(60)
    assert world.at_once().code == 0
    assert set(_note(judged, gid)) != {"seen late"}, "the lag was to hide it"
    assert world.sync().code == 0
    assert set(_note(judged, gid)) == {"seen late"}


def test_the_watermark_is_never_past_what_was_recorded(judged: Judged) -> None:
    world = judged.world
    reached = datetime.fromisoformat(_meta(judged, "watermark:orders")["at"]).timestamp()
    assert reached <= world.time - 15 * 60, "it reaches back behind the start of the run"
    world.sandbox.shopify.answer_version = "2026-04"
    assert world.sync().code == 3
    assert datetime.fromisoformat(_meta(judged, "watermark:orders")["at"]).timestamp() == reached, "a partial run moves nothing"
    world.sandbox.shopify.answer_version = None
    assert world.sync().code == 0
    assert datetime.fromisoformat(_meta(judged, "watermark:orders")["at"]).timestamp() > reached


@pytest.mark.parametrize("hours", [3, 30 * 24])
def test_a_clock_that_runs_ahead_loses_nothing(judged: Judged, hours: int) -> None:
    """What changes in the hours by which this computer is ahead is still found by the next hourly run, ahead or put right."""
    world = judged.world
    gid, other = world.order(0), world.order(1)
    assert gid is not None and other is not None
    world.skew = hours * 3600.0
    assert world.sync().code == 0
    reached = datetime.fromisoformat(_meta(judged, "watermark:orders")["at"]).timestamp()
    assert reached <= world.time - 15 * 60, "this computer's clock was believed"
    world.shop.set_note(gid, "while ahead")
    assert world.sync().code == 0
    assert set(_note(judged, gid)) == {"while ahead"}
    world.skew = 0.0
    world.shop.set_note(other, "put right")
    assert world.sync().code == 0
    assert set(_note(judged, other)) == {"put right"}


def test_an_answer_without_a_date_leaves_this_computers_clock(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    world = judged.world
    monkeypatch.setattr(world.sandbox.server._listener.RequestHandlerClass, "date_time_string", lambda *_: "some day")
    before = datetime.fromisoformat(_meta(judged, "watermark:orders")["at"]).timestamp()
    assert world.sync().code == 0
    assert datetime.fromisoformat(_meta(judged, "watermark:orders")["at"]).timestamp() > before


def test_an_absent_order_is_deleted_only_when_two_runs_say_so(judged: Judged) -> None:
    world = judged.world
    gid = world.order(0)
    assert gid is not None
    keys = [line["id"].rpartition("/")[2] for line in world.shop.orders[gid]["lineItems"]]
    world.shop.delete(gid)
    world.sync(full=True)
    assert {world.rows()[key]["Order status"] for key in keys} != {"deleted"}
    world.sync(full=True)
    assert {world.rows()[key]["Order status"] for key in keys} == {"deleted"}


def test_the_trace_of_a_write_outlives_every_copy_of_it(judged: Judged) -> None:
    """A copy of a write may still be applied for 180 seconds; until long after, its token must lie in the spreadsheet."""
    world = judged.world
    gid = world.order(0)
    assert gid is not None
    seen = 0
    for number in range(26):
        world.shop.set_note(gid, f"note {number}")
        world.pass_time(100)
        before = _tokens(judged)
        world.at_once()
        written = _tokens(judged) - before
        assert written, f"the token of write {number} is gone at once"
        seen += len(written)
    assert seen >= 26
    world.pass_time(hours=1)
    world.shop.set_note(gid, "one more")
    world.at_once()
    assert len(_tokens(judged)) < 20, "spent tokens are tidied away in the end: the quota for them is small"


def test_a_run_with_nothing_to_do_writes_nothing_not_even_to_keep_house(judged: Judged) -> None:
    """Found by kills: the third run removed the traces of earlier writes."""
    world = judged.world
    gid = world.order(0)
    assert gid is not None
    for number in range(22):
        world.shop.set_note(gid, f"note {number}")
        world.pass_time(5)
        assert world.at_once().writes == 1
    idle = world.sync(full=True)
    assert (idle.code, idle.writes) == (0, 0) and len(_tokens(judged)) > 20
    world.shop.set_note(gid, "one more")
    assert world.sync().code == 0 and len(_tokens(judged)) < 20


def _tokens(judged: Judged) -> set[int]:
    entries = judged.world.sandbox.spreadsheet.metadata.entries.values()
    return {wire["metadataId"] for entry in entries if (wire := entry.wire()).get("metadataKey") == TOKEN_KEY}
