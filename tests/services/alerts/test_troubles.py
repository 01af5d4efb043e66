"""From the status of a real ledger to what people are told of: at once, after some in a row, or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.inbox.overview import HeardTopic, InboxOverview
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.runs import Problem
from syncdb.ledger.web.alerts import Failing, Trouble
from syncdb.ledger.web.jobs import Job
from syncdb.services.alerts.alerting import turned_away
from syncdb.services.alerts.digest import DigestDue, digest
from syncdb.services.alerts.troubles import LITTLE_ROOM, Seen, troubles
from syncdb.services.attention import attention
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.status import Status, read_status
from syncdb.values import iso
from tests.scenarios.world import World

PAIR = "Shopify and Google Sheets"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ledger of some orders that a run has made."""
    folder = tmp_path_factory.mktemp("troubles")
    world = World(folder, orders=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        world.at_once(full=True)
    world.close()
    yield folder / "ledger.db"


@pytest.fixture
def well(ledger: Path) -> Status:
    with reading(ledger) as reader:
        state = read_status(reader, LedgerLocation(ledger, ledger), datetime.now(UTC))
    assert attention(state) == []
    return state


def ended(state: Status, *codes: int) -> Status:
    """The same after runs that ended with these codes, the newest first."""
    (series,) = state.series
    runs = [{**series.runs[0], "run_id": 90 - number, "exit_code": code, "message": "m"} for number, code in enumerate(codes)]
    return replace(state, series=[replace(series, runs=runs, round=runs[:1], paced=runs, rounds=[[one] for one in runs])])


def codes(state: Status, firing: tuple[str, ...] = (), **more: object) -> list[str]:
    return [one.code for one in troubles(Seen(state, attention(state), **more), firing)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([0], False),
        *(([code], True) for code in (1, 2, 5)),
        *(([code, 0, code, code], False) for code in (3, 4)),
        ([3, 4], False),
        ([4, 3, 4, 0], True),
        ([130, 4, 4, 4], False),
        ([4, 5, 4, 4], False),
    ],
)
def test_what_may_pass_by_itself_is_told_after_three_in_a_row(well: Status, runs: list[int], told: bool) -> None:
    assert ("run_failed" in codes(ended(well, *runs))) == told


def test_a_refusal_is_told_at_once_and_what_was_told_stays_until_a_run_went_well(well: Status) -> None:
    once = ended(well, 4, 0)
    name = once.series[0].name
    assert codes(once, refused=frozenset({name})) == ["run_failed"]
    key = Trouble(str((once.shop or {})["domain"]), name, "run_failed", "", "").key
    assert codes(once, (key,)) == ["run_failed"] and codes(ended(well, 0), (key,)) == []


def test_runs_that_could_not_begin(well: Status) -> None:
    def job(number: int, code: int | None, mode: str = "sync") -> Job:
        at = iso(well.now)
        return Job(number, "grist", mode, "c", "command", "", at, at, at, at, None, "", 1, (), code, "No.\nWhat to do: Fix.", ())

    (one,) = troubles(Seen(well, [], [job(3, 7), job(2, 2), job(1, 0)]), ())
    assert (one.code, one.pair, one.message, one.remedy) == ("run_refused", "grist", "No.", "Fix.")
    assert troubles(Seen(well, [], [job(3, 0), job(2, 2)]), ()) == [] and troubles(Seen(well, [], [job(2, 2, "test")]), ()) == []


def test_records_that_stay_held_back(ledger: Path) -> None:
    now = datetime.now(UTC)
    found: list[list[str]] = []
    for _ in range(3):
        with Ledger.open(ledger, now) as opened, opened.transaction():
            opened.problems.add(Problem("write", "refused", "No.", "1", "#1001"), 1, iso(now))
        with reading(ledger) as reader:
            found.append(codes(read_status(reader, LedgerLocation(ledger, ledger), now)))
    with Ledger.open(ledger, now) as opened, opened.transaction():
        opened.problems.resolve("write", "1", "done", iso(now))
    assert found == [[], [], ["open_errors"]]


@pytest.mark.parametrize(("count", "told"), [(5, False), (6, True)])
def test_webhooks_that_are_turned_away(well: Status, count: int, told: bool) -> None:
    assert codes(well, turned_away={"shopify": count}) == (["webhooks_refused"] if told else [])


def test_they_are_counted_over_an_hour_at_most() -> None:
    now = datetime(2026, 11, 29, 7, 0, tzinfo=UTC)
    totals = {"refused:shopify": "20"}
    assert turned_away(totals, {}, now) == {}
    assert turned_away(totals, {"refused:shopify": ("12", now - timedelta(minutes=59))}, now) == {"shopify": 8}
    assert turned_away(totals, {"refused:shopify": ("12", now - timedelta(minutes=61))}, now) == {}


@pytest.mark.parametrize(
    ("hours", "topic", "told"), [(3, "orders/updated", True), (0.5, "orders/updated", False), (3, "products/update", False)]
)
def test_webhooks_that_stay_away_though_orders_came(well: Status, hours: float, topic: str, told: bool) -> None:
    last = int((datetime.fromisoformat(well.last_runs[0]["started_at"]) - timedelta(hours=hours)).timestamp() * 1000)
    silent = replace(well, inbox=InboxOverview((HeardTopic("shopify", topic, 9, 0, last),)))
    assert codes(silent) == (["webhooks_silent"] if told else [])


def test_a_full_disk_and_a_way_on_which_nothing_arrives(well: Status) -> None:
    assert codes(well, free=LITTLE_ROOM) == [] and codes(well, free=LITTLE_ROOM - 1) == ["disk"]
    (one,) = troubles(Seen(well, [], failing=[Failing("mail", well.now, 2, "refused")]), ())
    assert (one.code, one.pair) == ("alerts_failing", "mail") and "refused" in one.message


def test_a_digest_tells_figures_and_no_customer_and_nothing_of_a_day_without_any(ledger: Path, well: Status) -> None:
    today = well.now.date()
    with reading(ledger) as reader:
        quiet = DigestDue(today - timedelta(days=400), 1)
        assert digest(reader, well, [], quiet, UTC, None) is None
        week = digest(reader, well, [], replace(quiet, days=7), UTC, None)
        message = digest(reader, well, [], DigestDue(today + timedelta(days=1), 1), UTC, "https://sync.example.com")
    assert week is not None and week.subject.startswith("[") and "All well" in week.subject
    assert message is not None and "Runs: 1, 1 of them did everything" in message.body and "https://sync" in message.body
