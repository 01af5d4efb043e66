"""What of the past still counts: a trouble is over with the next call of the command that went well, wherever it wrote."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.queries.overview import known_pairs, last_run_of_each_pair
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.runs import PERSON, SCHEDULE, Runs
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.run_series import Series, series_of_runs
from syncdb.values import iso

OLD, NEW, NORTH = "sheets:s1:Orders", "sheets:s1:Orders B", "sheets:s1:North"
CUT = -1  # a run that was killed


@dataclass
class Past:
    """Runs in a ledger, each call of the command ten seconds after the one before."""

    ledger: Ledger
    now: datetime = field(default=datetime(2026, 11, 30, 12, tzinfo=UTC))

    def call(self, *runs: tuple[str, int | None], by: str = "", mode: str = "sync", after: float = 10) -> None:
        """One call of the command: each run's pair and how it ended; None for one that is under way."""
        self.now += timedelta(seconds=after)
        called = Runs(self.ledger.connection, by)
        for pair, code in runs:
            one = RegisteredPair(pair, pair.partition(":")[0], "orders" if ":" in pair else "", ":" in pair)
            self.ledger.register(one)
            with self.ledger.transaction():
                number = called.start(pair, mode, iso(self.now))
                if code is not None and code != CUT:
                    called.end(number, iso(self.now), code, "", {}, (), code != 0)

    def series(self) -> list[Series]:
        reader = LedgerReader(self.ledger.connection, self.ledger.path)
        pairs = [one["pair"] for one in last_run_of_each_pair(reader)]
        return series_of_runs(reader, pairs, known_pairs(reader), LedgerLocation(self.ledger.path, self.ledger.path))

    @property
    def codes(self) -> list[int]:
        """How the runs ended that count, of each series."""
        return [one.last_ended["exit_code"] for one in self.series() if one.last_ended]


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with Ledger.open(tmp_path / "ledger.db", datetime(2026, 11, 30, 11, tzinfo=UTC)) as ledger:
        yield Past(ledger)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 130])
@pytest.mark.parametrize("before", [OLD, "sheets"])
def test_a_failure_is_over_with_the_next_good_run_wherever_that_wrote(past: Past, code: int, before: str) -> None:
    past.call((before, code))
    assert past.codes == [code]
    past.call((NEW, 0))
    assert past.codes == [0]
    past.call((OLD, 0))  # back in the first place: nothing of before comes back
    past.call(("sheets:s2:Orders", 0))
    assert past.codes == [0]
    past.call((NEW, code))
    assert past.codes == [code]


def test_of_several_places_the_one_that_failed_counts_until_the_next_call(past: Past) -> None:
    past.call((OLD, 4), (NORTH, 0))
    assert past.codes == [4]
    past.call((OLD, 0), (NORTH, 3))
    assert past.codes == [3]
    past.call((OLD, 0))  # the route was taken out
    assert past.codes == [0]
    past.call(("sheets", 4), (OLD, 0))  # a route that finds no place stands under the name of the type
    assert past.codes == [4]
    past.call(("sheets", 5), ("sheets", 4), (OLD, 0), (NORTH, 3))  # each of them is told
    (series,) = past.series()
    assert [one["exit_code"] for one in series.failed] == [3, 4, 5]
    past.call((OLD, 0), (NORTH, 0))
    assert past.codes == [0]


@pytest.mark.parametrize("end", [None, CUT])
def test_a_call_that_goes_on_or_was_killed_says_nothing_of_where_it_did_not_come_to(past: Past, end: int | None) -> None:
    past.call((OLD, 0), (NORTH, 4))
    past.call((OLD, 0), (NORTH, end))
    assert past.codes == [4]
    past.call((OLD, end))
    assert past.codes == [4]
    past.call((OLD, 0), (NORTH, 0))
    assert past.codes == [0]


def test_what_is_no_run_of_the_pair_ends_nothing(past: Past) -> None:
    past.call((OLD, 4))
    for mode in ("test", "named", "redaction"):
        past.call((OLD, 0), mode=mode)
        assert past.codes == [4], mode


def test_each_pair_has_its_own_troubles_and_one_that_found_no_place_is_over_under_any_name(past: Past) -> None:
    past.call(("sheets", 4))
    past.call(("grist:d1:orders", 0))
    assert sorted(past.codes) == [0, 4]
    past.call((OLD, 0))
    assert past.codes == [0, 0]
    past.call(("grist", 4))
    assert sorted(past.codes) == [0, 0, 4]
    past.call(("grist:d1:orders", 0))  # only orders are kept in step, whose runs are told apart
    assert past.codes == [0, 0]


def test_runs_of_an_earlier_syncdb_are_a_round_until_a_pair_runs_again(past: Past) -> None:
    past.call((OLD, 4), (NORTH, 0))
    with past.ledger.transaction():
        past.ledger.connection.execute("UPDATE sync_history SET round = NULL")
    assert past.codes == [4]
    past.call((NEW, 0))
    assert past.codes == [0]


def test_a_rhythm_is_that_of_runs_which_no_person_started(past: Past) -> None:
    for _ in range(4):
        past.call((OLD, 0), by=PERSON, after=49)
    assert past.series()[0].rhythm is None
    for by in (SCHEDULE, "", "", ""):
        past.call((OLD, 0), (NORTH, 0), by=by, after=3540)
        past.call((OLD, 0), by=PERSON, after=60)
    found = past.series()[0].rhythm
    assert found is not None and found.interval == timedelta(hours=1)
