"""Runs started, watched and asked to end from the pages: real processes against the sandbox."""

import re
import time
from dataclasses import replace
from pathlib import Path

from syncdb.clock import SYSTEM
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
    assert re.search(r"Run \d+: ", told), told
    assert "It had ended already." in operator.done(f"{path}/cancel")
    listed = text_of(operator.page("/sync"))
    assert "Normal run" in listed and "Oscar" in listed


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
    answer = operator.get(f"{path}/plan/products")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"] and "<h1" in answer.text
    for wrong in ("nothing", "..", "..%2fledger", "plan.json"):
        assert operator.get(f"{path}/plan/{wrong}").status_code == 404


def test_only_an_owner_with_the_password_goes_past_a_guard(disagreeing: Shown) -> None:
    assert disagreeing.visitor("Oscar").post("/sync/force", pair="grist", password="x").status_code == 403
    answer = disagreeing.visitor("Olga").post("/sync/force", pair="grist", password="x")
    assert answer.status_code == 409 and "not your password" in answer.text
    assert disagreeing.site.jobs.latest() == []
    assert disagreeing.visitor("Olga").get("/runs/77").status_code == 404
