"""The random histories of a sheet, with a workbook in its place: the same shop, people, clocks, troubles and oracle."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.reliability import test_machine as sheet
from tests.reliability.judged import struck
from tests.reliability.oracle import examined
from tests.reliability.playing import play
from tests.reliability.spells import Permissions
from tests.reliability.workbook.judged import IN_THE_WAY, BookJudged
from tests.reliability.workbook.world import BookWorld, waiting

DEFAULT_HISTORIES, STEPS, SEED = 2, 30, 2


class BookHistories(sheet.Histories):
    """See sheet.Histories. Another process is kept out by the same lock, and Google is not asked."""

    another_process_comes_in_between = None

    @initialize(
        orders=st.integers(0, 5),
        start=st.sampled_from(sheet.STARTS),
        first=st.booleans(),
        large=st.booleans(),
        spans=st.booleans(),
    )
    def begin(self, orders: int, start: float, first: bool, large: bool, spans: bool) -> None:  # type: ignore[override]
        self.folder = Path(tempfile.mkdtemp(prefix="syncdb-proof-"))
        self.judged = BookJudged(self.folder, orders, start, world=BookWorld)
        self.permissions = Permissions(self.judged.world)
        self.world.in_bulk, self.world.in_spans = large, spans
        if first:
            assert self.judged.run().code == 0
            self.judged.drifted = self.judged.hidden = self.judged.uneasy = False

    @rule(
        kind=st.sampled_from(sheet.KINDS),
        skip=st.integers(0, 3),
        times=st.sampled_from([1, 1, 2, None]),
        where=st.just("shopify"),
    )
    def a_run_in_trouble(self, kind: Any, where: str, skip: int, times: int | None) -> None:
        super().a_run_in_trouble(kind, where, skip, times)

    @rule(how=st.sampled_from(IN_THE_WAY))
    def something_stands_in_the_way(self, how: str) -> None:
        self.judged.blocked(how)

    def teardown(self) -> None:
        waiting.clear()
        super().teardown()


@contextmanager
def histories(folder: Path) -> Iterator[type[BookHistories]]:
    yield BookHistories


def test_random_histories_of_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same each time and few; `python -m tests.reliability.seeds workbook` plays many."""
    monkeypatch.chdir(tmp_path)
    examined.clear()
    struck.clear()
    play(BookHistories, SEED, histories=DEFAULT_HISTORIES, steps=STEPS)
    assert examined["whole histories"] >= DEFAULT_HISTORIES
    assert min(examined["managed cells"], examined["people's cells"]) > 200, dict(examined)
