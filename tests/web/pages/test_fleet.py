"""The fleet as a page: worst first, paused and resumed from there; only for those who may act."""

from pathlib import Path

import pytest

from syncdb.clock import SYSTEM
from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.ledger.web.file import make, web_path
from syncdb.services.jobs import Jobs
from syncdb.web.asked import Site
from syncdb.web.fleet_figures import figures
from syncdb.web.login import Door
from syncdb.web.site import site_of
from tests.postgres import Server
from tests.web.pages.browsing import PASSWORD, logged_in, text_of


def test_shops_are_shown_worst_first_and_paused_from_there(
    erp_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = erp_server.url(erp_server.make())
    path = web_path(tmp_path / "ledger.db")
    make(path)
    site = Site(Door(path), Jobs(tmp_path / "ledger.db", None, tmp_path), None, tmp_path / "ledger.db", {}, tmp_path)
    for name, role in (("Oscar", "operator"), ("Vera", "viewer")):
        site.door.make(name, role, PASSWORD, "the test", SYSTEM.now())
    app = site_of(site)
    oscar, vera = logged_in(site, app, "Oscar"), logged_in(site, app, "Vera")
    assert "FLEET_DATABASE_URL is not set" in text_of(oscar.page("/fleet")) and 'href="/fleet"' not in oscar.page("/people")
    assert figures({}) == "" and figures({"FLEET_DATABASE_URL": url}) == "syncdb_fleet_ready 0\n"
    site.env = {"FLEET_DATABASE_URL": url}
    assert "fleet init" in text_of(oscar.page("/fleet")) and 'href="/fleet"' in oscar.page("/people")
    with connected(url) as session:
        book = FleetBook(session)
        book.install()
        book.rows("insert into fleet_shops (name, home, every_minutes, due_at) values ('cups', 'a', 60, now() + '1 hour')")
        book.rows(
            "insert into fleet_shops (name, home, every_minutes, paused, exit_code, told, ended_at) "
            "values ('mugs', 'a', 60, 'exit code 5: a guard stopped it', 5, '<b>look</b>', now())"
        )
        assert "syncdb_fleet_paused 1\n" in figures(site.env)
        page = oscar.page("/fleet")
        assert text_of(page).index("mugs") < text_of(page).index("cups") and "2 shops, 1 paused" in text_of(page)
        assert "a: 2 shops, no worker" in text_of(page)
        assert "&lt;b&gt;look" in page and "Resume mugs" in page and "Pause cups" in page
        assert "mugs runs again." in oscar.done("/fleet", act="resume", shop="mugs")
        assert "cups is paused" in oscar.done("/fleet", act="pause", shop="cups")
        assert [one["name"] for one in book.status() if one["paused"]] == ["cups"]
        assert "Resume" not in vera.page("/fleet") and vera.post("/fleet", act="resume", shop="cups").status_code == 403
        assert oscar.post("/fleet", act="resume", shop="gone").status_code == 409
        assert oscar.post("/fleet", act="drop", shop="cups").status_code == 409
