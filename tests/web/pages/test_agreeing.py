"""What is said of one thing in several places agrees: on one page, on two, and for whoever may do less."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.runs import Runs
from syncdb.systems.check import CheckState, passed
from syncdb.values import iso
from syncdb.web import asked as at_work
from syncdb.web.pages.settings import _standing
from syncdb.web.rendering import site
from syncdb.web.site import site_of
from tests.web.pages.browsing import PASSWORD, logged_in, text_of
from tests.web.pages.conftest import Shown


@pytest.fixture
def eventful(lively: Shown, tmp_path: Path) -> Iterator[Shown]:
    """A ledger of one day with each kind of end, and a run whose process was killed just now."""
    path, now = tmp_path / "ledger.db", lively.site.clock.now()
    with Ledger.open(path, now) as ledger, ledger.transaction():
        for number, code in enumerate([0, 0, 0, 3, 4, 130, None, 0, -1]):
            at = iso(now - timedelta(minutes=30 - number))
            runs = Runs(ledger.connection)  # each called for on its own
            run_id = runs.start("sheets:s:Orders", "test" if code == -1 else "sync", at)
            if code is not None:
                runs.end(run_id, at, max(code, 0), "", {}, (), False)
        Runs(ledger.connection).start("sheets:s:Orders", "sync", iso(now - timedelta(seconds=3)))
    made = replace(lively.site, db=path)
    yield Shown(lively.world, made, site_of(made))


def test_what_the_runs_of_a_day_came_to_adds_up_and_is_the_same_in_the_picture(eventful: Shown) -> None:
    page = eventful.visitor("Vera").page("/")
    figures = {
        label: int(number) for number, label in re.findall(r'class="figure">(\d+)</span><span class="muted">([^<]+)<', page)
    }
    parts = {label: number for label, number in figures.items() if label.startswith("of them ")}
    assert figures["runs"] == 9 == sum(parts.values())
    assert parts == {"of them went well": 4, "of them failed or partial": 2, "of them ended by somebody, or killed": 3}
    drawn = re.findall(r"(\d+) went well, (\d+) failed or partial, (\d+) ended by somebody, or killed", page)
    assert [tuple(map(int, one)) for one in drawn] in ([(4, 2, 3)], [(4, 2, 2), (0, 0, 1)])  # around midnight


def test_a_run_that_was_killed_is_not_under_way(eventful: Shown) -> None:
    text = text_of(eventful.visitor("Vera").page("/"))
    assert "A run is under way" not in text and "The last run began 3 s ago and never ended." in text
    assert "never ended (killed, or the computer went off)" in text


def test_where_nobody_is_told_that_is_no_word_on_what_needs_you(eventful: Shown) -> None:
    assert "One thing needs you." in text_of(eventful.visitor("Vera").page("/"))
    page = eventful.visitor("Vera").page("/alerts")
    assert "Nothing can be told outside these pages" in page and "Nothing needs to be told." not in page
    assert '<a href="/">Today</a>' in page


def test_who_may_only_look_is_offered_no_more(eventful: Shown) -> None:
    for name, offered in (("Vera", False), ("Oscar", True)):
        visitor = eventful.visitor(name)
        assert ("Test the connections" in visitor.page("/setup?pair=grist")) is offered
        assert ("Start a test" in visitor.page("/setup?pair=grist")) is offered
        assert ('class="button" href="/sync"' in visitor.page("/")) is offered


def test_one_changes_the_own_password_and_stays_where_one_is(own_door: Shown) -> None:
    vera, elsewhere = own_door.visitor("Vera"), own_door.visitor("Vera")
    answer = vera.post("/people/password", password=PASSWORD, new_password="another battery staple")
    assert answer.status_code == 303 and answer.headers["Location"] == "/people"
    assert "Your password is changed." in vera.page("/people")
    assert elsewhere.get("/people").headers["Location"].startswith("/login")


def test_the_log_says_what_was_done_to_an_account(own_door: Shown, caplog: pytest.LogCaptureFixture) -> None:
    door, now = own_door.site.door, own_door.site.clock.now()
    with caplog.at_level("INFO"):
        door.make("Vera", "viewer", PASSWORD, "Vera", now)
        door.make("vera", "viewer", PASSWORD, "Olga", now)
        door.make("Vera", "operator", PASSWORD, "Olga", now)
        door.make("Nora", "viewer", PASSWORD, "Olga", now)
    assert [one.getMessage() for one in caplog.records] == [
        "Vera changed their own password",
        "Olga gave Vera (viewer) another password",
        "Olga changed the role of Vera from viewer to operator, and gave them another password",
        "Olga made the account Nora (viewer)",
    ]


def test_what_was_tested_counts_until_its_settings_are_changed(lively: Shown) -> None:
    made = replace(lively.site, env=dict(lively.site.env))
    app = site_of(made)
    visitor = logged_in(made, app, "Vera")
    with app.app_context():
        standing = _standing(site().place.pairs)
    made.tested = at_work.Tested(made.clock.now(), (passed("grist", "key"), passed("shopify", "token")), standing)
    page = text_of(visitor.page("/settings"))
    assert page.count("connected") == 2 and "not tested since" not in page
    made.env = {**made.env, "GRIST_API_KEY": "0" * 40}
    page = text_of(visitor.page("/settings"))
    assert "Grist changed, not tested since" in page and page.count("connected") == 1
    assert all(one.state is CheckState.PASSED for one in made.tested.checks)


def test_the_log_as_a_file_tells_the_time_of_the_shop_like_the_page(lively: Shown) -> None:
    path = lively.site.place.log
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{lively.world.clock.now():%Y-%m-%d}T00:30:00+09:00 INFO syncdb: as a file\n")
    rows = list(csv.reader(StringIO(lively.visitor("Vera").get("/log.csv?since=30d").text)))
    zone = lively.site.calendar(lively.site.clock.now()).zone
    (at,) = [row[0] for row in rows if row[3] == "as a file"]
    assert at.endswith(f"{lively.world.clock.now().astimezone(zone):%z}"[:3] + ":00")
