"""Health: alive, ready as the command `status` says, and figures for those who have the token; never a customer's data."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from syncdb.ledger import Ledger
from syncdb.ledger.runs import Problem
from syncdb.ledger.web import jobs
from syncdb.ledger.web.file import web_path
from syncdb.ledger.web.jobs import Wanted
from syncdb.services.ledger_location import LedgerLocation
from syncdb.values import iso
from syncdb.web.health import FRESH, health
from tests.scenarios.world import World

TOKEN = "a-token-of-24-characters"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that a run has made just now."""
    folder = tmp_path_factory.mktemp("health")
    world = World(folder, orders=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        world.at_once(full=True)
    world.close()
    return folder / "ledger.db"


@pytest.fixture
def ledger(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "ledger.db"))


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def client(ledger: Path, token: str | None = TOKEN, clock: Callable[[], datetime] | None = None) -> FlaskClient:
    app = Flask("test")
    app.register_blueprint(health(lambda: LedgerLocation(ledger, ledger.with_name("log")), token, clock or Time()))
    return app.test_client()


def figures(text: str) -> dict[str, float]:
    """What a scraper reads. Every line is a comment or a figure."""
    lines = [line for line in text.splitlines() if not line.startswith("# ")]
    found = [re.fullmatch(r'(syncdb_[a-z_]+(?:\{pair="[^"\n]*"\})?) ([0-9.e+-]+)', line) for line in lines]
    assert all(found), lines
    return {one[1]: float(one[2]) for one in found if one}


def test_it_lives_without_a_ledger_but_is_not_ready(tmp_path: Path) -> None:
    asked = client(tmp_path / "none.db")
    assert asked.get("/healthz").data == b"ok\n"
    ready = asked.get("/readyz")
    assert ready.status_code == 503 and ready.json == {"exit_code": 5}
    assert figures(asked.get("/metrics", headers=BEARER).text) == {"syncdb_ready": 0}


def test_it_is_ready_as_the_status_says_and_looks_once_in_a_while(ledger: Path) -> None:
    clock = Time()
    asked = client(ledger, clock=clock)
    ready = asked.get("/readyz")
    assert ready.status_code == 200 and ready.json == {"exit_code": 0}
    with Ledger.open(ledger, clock.now) as opened, opened.transaction():
        opened.problems.add(Problem("write", "cause", "Order of Jane Doe failed.", "1", "#1001"), 1, iso(clock.now))
    assert asked.get("/readyz").status_code == 200
    clock.now += timedelta(seconds=FRESH)
    later = asked.get("/readyz")
    assert later.status_code == 503 and later.json == {"exit_code": 1}
    told = asked.get("/metrics", headers=BEARER).text
    assert "Jane" not in told and figures(told)["syncdb_open_errors"] == 1 and figures(told)["syncdb_ready"] == 0


def test_figures_are_for_those_who_have_the_token(ledger: Path) -> None:
    asked = client(ledger)
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}é"}, {"Authorization": TOKEN[:-1]}):
        refused = asked.get("/metrics", headers=wrong)
        assert refused.status_code == 401 and "syncdb_" not in refused.text
    assert asked.get(f"/metrics?token={TOKEN}").status_code == 401
    assert client(ledger, None).get("/metrics", headers=BEARER).status_code == 403


def test_the_figures_are_those_of_the_ledger(ledger: Path) -> None:
    clock = Time()
    jobs.add(web_path(ledger), Wanted("sheets", "sync", "", "command"), clock.now, pid=1)
    answer = client(ledger, clock=clock).get("/metrics", headers=BEARER)
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    told = figures(answer.text)
    assert told["syncdb_orders"] == 5 and told["syncdb_jobs_live"] == 1 and told["syncdb_ready"] == 1
    assert told["syncdb_ledger_bytes"] == ledger.stat().st_size
    ended = [value for name, value in told.items() if name.startswith("syncdb_last_run_ended")]
    assert len(ended) == 1 and abs(ended[0] - clock.now.timestamp()) < 3600 and len(told) >= 12
