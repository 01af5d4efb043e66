"""The command `alerts`: what is the matter, a message to try it, silence."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.state_keys import GAPS_CHECKED_TO
from syncdb.services.alerts.alerting import alerting
from tests.cli.conftest import manage
from tests.services.alerts.receivers import listener, post_office


def test_a_test_goes_by_each_way_and_says_which_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    none = manage("alerts", "test")
    assert none.code == 2 and "Nobody is told of anything" in none.err
    with post_office() as office, listener() as heard:
        for name, value in {
            "ALERT_MAIL_TO": "owner@example.com",
            "ALERT_MAIL_FROM": "syncdb@example.com",
            "ALERT_SMTP": f"127.0.0.1:{office.port}",
            "ALERT_SMTP_SECURITY": "none",
            "ALERT_WEBHOOK_URL": f"{heard.url}/in?token=canary",
            "ALERT_PING_URL": f"{heard.url}/ping",
        }.items():
            monkeypatch.setenv(name, value)
        good = manage("alerts", "test")
        assert good.code == 0 and good.out.splitlines() == ["mail: sent.", "webhook: sent.", "ping: sent."]
        assert len(office.letters) == 1 and [path for path, _, _ in heard.came] == ["/in?token=canary", "/ping/0"]
        heard.statuses[:] = [403]
        bad = manage("alerts", "test", "--json")
        assert bad.code == 4 and [one["arrived"] for one in bad.data["ways"]] == [True, False, False]
        assert "canary" not in bad.all
    monkeypatch.setenv("ALERT_SMTP", "not a host")
    wrong = manage("alerts", "test")
    assert wrong.code == 2 and "alert_smtp" in wrong.err


def test_what_is_the_matter_is_listed_and_silenced(copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = copied()
    assert "Nothing needs to be told" in manage("alerts", "list", "--db", str(path)).out
    with Ledger.open(path, datetime.now(UTC)) as ledger, ledger.transaction():
        ledger.connection.execute("DELETE FROM meta WHERE name = ?", (GAPS_CHECKED_TO,))
    with listener() as heard:
        monkeypatch.setenv("ALERT_WEBHOOK_URL", f"{heard.url}/in")
        about = alerting(None, path, {"ALERT_WEBHOOK_URL": f"{heard.url}/in"}, path.parent)
        silenced = manage("alerts", "silence", "gaps", "--db", str(path))
        assert silenced.code == 0 and "Nobody is told of gaps until" in silenced.out
        about.look()
        assert heard.came == []
        (one,) = manage("alerts", "list", "--json", "--db", str(path)).data["firing"]
        assert one["code"] == "gaps" and one["silenced_until"] and one["sent"] == 0 and one["told_at"] is None
        assert "silenced until" in manage("alerts", "list", "--db", str(path)).out
        assert "again" in manage("alerts", "silence", "gaps", "--until", "now", "--db", str(path)).out
        about.look()
        (came,) = [json.loads(body) for _, _, body in heard.came]
        assert (came["code"], came["kind"]) == ("gaps", "firing")
        later = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        assert manage("alerts", "silence", "all", "--until", later, "--db", str(path)).code == 0
        assert manage("alerts", "silence", "all", "--until", "soon", "--db", str(path)).code == 2
        assert manage("alerts", "silence", "--db", str(path)).code == 2
