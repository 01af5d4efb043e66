"""Requests that runs share: counted in the fleet's database by each, and by its own share where that is away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.clock import Clock
from syncdb.connectors.google_sheets.client import MINUTE
from syncdb.connectors.sentos.budget import RequestBudget
from syncdb.errors import ConfigurationError
from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.fleet.layout import Bucket
from syncdb.fleet.limiting import AGAIN, FleetLimits, environment, opened
from syncdb.fleet.share import Asked, Share
from syncdb.http import Limit
from syncdb.sandbox.local import Sandbox
from syncdb.systems.google_sheets.connecting import google_client
from syncdb.systems.sharing import VARIABLE, shared_limits
from tests.account import account_key

READ = Limit("read", 3, 60.0)
GOOGLE = Bucket("google-main", 2, "google", 2)


class Waited(Exception):
    """Somebody would sleep now."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Time:
    """A clock that goes on only when told; who sleeps is woken by `Waited`, unless it `passes`."""

    passes: bool = False
    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        if not self.passes:
            raise Waited(seconds)
        self.seconds += seconds
        self.slept.append(seconds)

    def clock(self) -> Clock:
        return Clock(lambda: datetime.fromtimestamp(self.seconds, UTC), lambda: self.seconds, self.sleep)


@pytest.fixture
def book(database: str) -> Iterator[FleetBook]:
    with connected(database) as session:
        made = FleetBook(session)
        made.install()
        yield made


def test_the_requests_of_all_processes_count_and_a_refused_one_counts_nowhere(book: FleetBook, database: str) -> None:
    project = Bucket("google-project", 2, "google", 3)
    first = FleetLimits(database, [GOOGLE, project], Time().clock())
    other = FleetLimits(database, [Bucket("google-other", 2, "google", 9), project], Time().clock())
    for _ in range(2):
        first.wait([READ])
    with pytest.raises(Waited) as waited:
        first.wait([READ])
    assert 50 < waited.value.seconds <= 60
    other.wait([READ])
    with pytest.raises(Waited):
        other.wait([READ])
    first.wait([Limit("write", 3, 60.0)])
    sent = {(row["bucket"], row["kind"]): len(row["sent"]) for row in book.rows("select * from fleet_requests")}
    assert sent[("google-project", "read")] == 3 and sent[("google-main", "read")] == 2 and sent[("google-other", "read")] == 1
    for one in (first, other):
        one.close()


def test_what_was_sent_long_enough_ago_counts_no_more(book: FleetBook, database: str) -> None:
    limits = FleetLimits(database, [GOOGLE], Time().clock())
    for _ in range(2):
        limits.wait([READ])
    book.rows("update fleet_requests set sent = array(select one - interval '61 s' from unnest(sent) one) returning 1")
    limits.wait([READ])
    assert len(book.rows("select sent from fleet_requests")[0]["sent"]) == 1, "and is forgotten"
    limits.close()


def test_a_run_counts_what_its_worker_says_and_asks_for_no_more(
    book: FleetBook, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment(database, [Bucket("runs-only", 4)]) == {}
    env = environment(database, [GOOGLE, Bucket("sentos-main", 1, "sentos")])
    assert opened("shopify", env, Time().clock()) is None
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with Sandbox(tmp_path, key=account_key()) as sandbox:
        settings = Settings(sandbox.key_file, sandbox.server.url)
        client = google_client(settings, Time().clock(), None)  # type: ignore[arg-type]
        address = f"https://sheets.googleapis.com/v4/spreadsheets/{sandbox.spreadsheet.id}"
        for _ in range(2):
            assert client.get(address)
        with pytest.raises(Waited) as waited:
            client.get(address)
        assert MINUTE - 10 < waited.value.seconds <= MINUTE
        client.close()


@dataclass
class Settings:
    google_service_account_file: Path
    google_api_base_url: str | None
    deadline_seconds: int = 60


def test_an_account_of_sentos_that_two_shops_share(book: FleetBook, database: str) -> None:
    shared = [FleetLimits(database, [Bucket("sentos-main", 1, "sentos")], Time().clock()) for _ in range(2)]
    first, second = (RequestBudget(clock=Time().clock(), shared=one) for one in shared)
    for _ in range(5):
        first.wait("POST", "/orders")
        second.wait("POST", "/orders")
    with pytest.raises(Waited) as waited:
        second.wait("POST", "/orders")
    assert waited.value.seconds > 50
    first.wait("GET", "/products?page=1")
    with pytest.raises(Waited) as waited:
        second.wait("GET", "/products?page=2")
    assert waited.value.seconds <= 1, "a second between two questions"
    for one in shared:
        one.close()


def test_a_run_that_cannot_ask_waits_a_minute_and_goes_on_with_its_share(book: FleetBook, database: str) -> None:
    time = Time(passes=True)
    limits = FleetLimits("postgresql://nobody@127.0.0.1:1/none", [Bucket("google-main", 2, "google", 2)], time.clock())
    limits.wait([READ])
    assert sum(time.slept) == 60.0, "what others may have sent counts until then"
    limits.wait([READ])
    assert sum(time.slept) == 120.0, "one of two a minute is its share"
    limits.url = database
    time.seconds += AGAIN
    limits.wait([READ])
    time.passes = False
    with pytest.raises(Waited) as waited:
        limits.wait([READ])
    assert 60 - AGAIN - 5 < waited.value.seconds <= 60 - AGAIN + 0.1, "what it sent meanwhile counts, too"
    limits.close()


def test_shares_add_up_to_no_more_than_the_whole() -> None:
    for most, runs in ((60, 4), (60, 7), (10, 3), (2, 4)):
        asked = [Asked(Bucket("one", runs, "google"), Limit("read", most, 60.0))]
        share, sent = Share(0.0), list[float]()
        for second in range(600):
            if share.pause(asked, second) == 0:
                sent.append(second)
        assert min(sent) >= 60 and [when for _, _, when in share.sent()] == sent
        whole = [sum(at <= one < at + 60 for one in sent) * runs for at in sent]
        assert max(whole) <= max(most, runs) and len(sent) * runs >= 0.8 * most * 9


def test_a_word_in_the_environment_that_names_nothing_is_told() -> None:
    assert shared_limits("google", Time().clock(), {}) is None
    with pytest.raises(ConfigurationError, match=f"{VARIABLE} cannot be used"):
        shared_limits("google", Time().clock(), {VARIABLE: "syncdb.gone:opened"})
