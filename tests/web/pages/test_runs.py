"""Runs started, watched and asked to end from the pages: real processes against the sandbox."""

import re
import time
from dataclasses import replace
from pathlib import Path

from syncdb.clock import SYSTEM
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.web import jobs as kept
from syncdb.ledger.web.file import make
from syncdb.ledger.web.jobs import Wanted
from syncdb.services.jobs import Jobs
from syncdb.web.site import site_of
from tests.web.pages.browsing import Visitor, logged_in, text_of
from tests.web.pages.conftest import Shown


def ended(visitor: Visitor, path: str) -> str:
    """The page of a run once it has ended."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        page = visitor.page(path)
        if 'data-live="1"' not in page:
            return page
        time.sleep(0.2)
    raise AssertionError("the run did not end")


def test_a_run_is_started_watched_and_told(disagreeing: Shown) -> None:
    operator = disagreeing.visitor("Oscar")
    page = operator.page("/sync")
    assert 'name="pair" value="grist"' in page and "Normal run" in page
    assert operator.post("/sync", pair="grist", mode="force").status_code == 409  # only with the password, by an owner
    assert operator.post("/sync", pair="nothing", mode="test").status_code == 409
    answer = operator.post("/sync", pair="grist", mode="sync")
    assert answer.status_code == 303
    path = answer.headers["Location"]
    told = text_of(ended(operator, path))
    assert "done" in told and "from these pages, Oscar" in told
    assert "It had ended already." in operator.done(f"{path}/cancel")
    listed = operator.page("/sync")
    assert "Normal run" in text_of(listed) and "Oscar" in listed
    with reading(disagreeing.world.ledger) as reader:
        numbers = [one["run_id"] for one in overview.last_runs(reader, 2)][::-1]  # of the orders, and of the rest
    assert f"<h1>Runs {numbers[0]} and {numbers[1]}: " in ended(operator, path)
    assert f'<a href="/sync/run/{numbers[1]}">Runs {numbers[0]} and {numbers[1]}</a>' in listed
    for number in numbers:
        assert f"Run {number}: " in told and "from these pages, Oscar" in text_of(operator.page(f"/sync/run/{number}"))


def test_a_run_has_one_number_everywhere(lively: Shown, tmp_path: Path) -> None:
    """That of the ledger: also where nobody asked for it in the browser, and a test, which it does not know, has none."""
    site = replace(lively.site, jobs=Jobs(tmp_path / "own.db", None, tmp_path, program=("true",)))
    visitor, path, now = logged_in(site, site_of(site), "Vera"), site.jobs.path, site.clock.now()
    make(path)
    told = text_of(visitor.page("/sync/run/1"))  # by a command, before there were pages
    assert told.count("Run 1:") == 1 and "done (0) after" in told and visitor.get("/sync/run/999").status_code == 404
    with reading(site.place.ledger) as reader:
        assert overview.run_by_id(reader, 1) is not None
    test = kept.add(path, Wanted("grist", "test", "grist --test", "web", "Oscar"), now)
    kept.end(path, test.id, 0, "It would.", (2,), now)  # the number in a copy of the ledger that is gone
    made = kept.add(path, Wanted("grist", "sync", "grist", "web", "Oscar"), now)
    kept.end(path, made.id, 0, "Done.", (3,), now)
    listed = visitor.page("/sync")
    assert f'<a href="/sync/started/{test.id}">Test</a>' in listed and '<a href="/sync/run/3">Run 3</a>' in listed
    assert "<h1>Run 2:" in visitor.page("/sync/run/2") and "It would." not in visitor.page("/sync/run/2")
    assert "<h1>Run 3:" in visitor.page("/sync/run/3") and "Done." in visitor.page(f"/sync/started/{made.id}")
    old = visitor.get(f"/runs/{test.id}")
    assert old.headers["Location"] == f"/sync/started/{test.id}" and "It would." in visitor.page(old.headers["Location"])
    order = re.search(r'href="(/orders/\d+)"', visitor.page("/orders"))
    assert order and re.search(r'<a href="/sync/run/(\d+)">\1</a>', visitor.page(order[1]))


def test_a_run_looks_at_what_was_ticked_and_a_wrong_name_starts_nothing(lively: Shown, tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    site = replace(lively.site, jobs=Jobs(path, None, tmp_path, program=("true",)))
    operator = logged_in(site, site_of(site), "Oscar")
    assert 'name="only:grist" value="inventory"' in operator.page("/sync")
    started = operator.post("/sync", None, pair="grist", mode="test", only="variants.price", **{"only:grist": ["products"]})
    job = site.jobs.job(int(started.headers["Location"].rpartition("/")[2]))
    assert job and job.command.endswith("--test --fields products,variants.price")
    for wrong in ("colour", "--force", "products;rm"):
        refused = operator.post("/sync", pair="grist", mode="test", only=wrong)
        assert refused.status_code == 409 and "Nothing was started." in refused.text
    assert len(site.jobs.latest()) == 1


def test_what_a_test_would_do_can_be_read_in_the_browser(disagreeing: Shown) -> None:
    site = replace(disagreeing.site, clock=SYSTEM)
    operator = logged_in(site, site_of(site), "Oscar")
    path = operator.post("/sync", pair="grist", mode="test", only="products").headers["Location"]
    page = ended(operator, path)
    assert f'href="{path}/plan/products"' in page, text_of(page)
    assert "Comparing products 4" in text_of(page)  # and what was read is not counted together with it
    answer = operator.get(f"{path}/plan/products")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"] and "<h1" in answer.text
    for wrong in ("nothing", "..", "..%2fledger", "plan.json"):
        assert operator.get(f"{path}/plan/{wrong}").status_code == 404


def test_only_an_owner_with_the_password_goes_past_a_guard(disagreeing: Shown) -> None:
    assert disagreeing.visitor("Oscar").post("/sync/force", pair="grist", password="x").status_code == 403
    answer = disagreeing.visitor("Olga").post("/sync/force", pair="grist", password="x")
    assert answer.status_code == 409 and "not your password" in answer.text
    assert disagreeing.site.jobs.latest() == []
    assert disagreeing.visitor("Olga").get("/sync/started/77").status_code == 404
