"""People are told of what runs come to, by real mail and a real webhook; and not told what mostly passes by itself."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from syncdb.ledger.web import jobs
from syncdb.ledger.web.file import web_path
from syncdb.sandbox.faults import Fault
from syncdb.services.alerts.alerting import alerting
from tests.scenarios.world import World
from tests.services.alerts.receivers import Listener, PostOffice, listener, post_office

SECRET = "a-secret-of-24-characters"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as one:
        yield one


@pytest.fixture
def heard() -> Iterator[Listener]:
    with listener() as one:
        yield one


@pytest.fixture
def world(make: Callable[..., World], office: PostOffice, heard: Listener) -> World:
    """A shop whose owner is told by mail and by a webhook."""
    env = {
        "ALERT_MAIL_TO": "owner@example.com",
        "ALERT_MAIL_FROM": "syncdb@example.com",
        "ALERT_SMTP": f"127.0.0.1:{office.port}",
        "ALERT_SMTP_SECURITY": "none",
        "ALERT_WEBHOOK_URL": f"{heard.url}/in",
        "ALERT_WEBHOOK_SECRET": SECRET,
        "ALERT_PING_URL": f"{heard.url}/ping",
        "WEB_URL": "https://sync.example.com",
    }
    return make(orders=5, env=env)


def told(heard: Listener) -> list[tuple[str, str]]:
    """What came by the webhook, in its order."""
    found = [json.loads(body) for path, _, body in heard.came if path == "/in"]
    return [(one["kind"], one.get("code", "")) for one in found]


def pinged(heard: Listener) -> list[str]:
    return [path.removeprefix("/ping/") for path, _, _ in heard.came if path.startswith("/ping/")]


def test_a_system_that_is_away_is_told_after_three_runs_in_a_row_and_when_it_is_back(
    world: World, office: PostOffice, heard: Listener
) -> None:
    world.synced()
    world.faults.add(Fault("refuse", "shopify read", times=None))
    for _ in range(2):
        assert world.sync().code == 4
    assert told(heard) == [] and office.letters == []
    assert world.sync().code == 4
    assert told(heard) == [("firing", "run_failed")]
    world.faults.clear()
    world.synced()
    assert told(heard) == [("firing", "run_failed"), ("resolved", "run_failed")]
    first, second = (letter for _, letter in office.letters)
    assert "What to do: " in first.get_content() and "See: https://sync.example.com" in first.get_content()
    assert second["Subject"].startswith("[kayra-demo.myshopify.com] Over: ")
    assert pinged(heard) == ["start", "0", "start", "4", "start", "4", "start", "4", "start", "0"]


def test_what_a_system_refuses_for_good_is_told_at_once(world: World, heard: Listener) -> None:
    world.synced()
    world.faults.add(Fault("forbidden", "sheets read", times=None))
    assert world.sync().code == 4
    assert told(heard) == [("firing", "run_failed")]


def test_settings_that_cannot_be_used_are_told_at_once_and_a_dry_run_never(world: World, heard: Listener) -> None:
    wrong = world.env | {"LOOKBACK_DAYS": "soon"}
    right, world.env = world.env, wrong
    assert world.sync(test=True).code == 2 and told(heard) == []
    assert world.sync().code == 2
    assert told(heard) == [("firing", "run_refused")] and pinged(heard) == ["2"]
    (job,) = jobs.latest(web_path(world.folder / "ledger.db"), 5)
    assert job.exit_code == 2 and "lookback_days" in job.said
    world.env = right
    world.synced()
    assert told(heard)[-1] == ("resolved", "run_refused")


def test_no_message_holds_a_customer_or_a_secret(world: World, office: PostOffice, heard: Listener) -> None:
    world.synced()
    world.faults.add(Fault("forbidden", "sheets read", times=None))
    world.sync()
    world.pass_time(hours=40)
    world.sync()
    kept = web_path(world.folder / "ledger.db").read_bytes() + (world.folder / "sync.log").read_bytes()
    came = b"".join(body for _, _, body in heard.came) + b"".join(letter.as_bytes() for _, letter in office.letters)
    people = {order["email"] for order in world.shop.orders.values() if order.get("email")}
    secrets = {value for name, value in world.sandbox.environment().items() if name.endswith(("TOKEN", "SECRET"))}
    assert people and secrets and b"digest" in came
    assert not [one for one in (*people, *secrets, SECRET) if one.encode() in kept + came]


def test_where_nobody_can_be_reached_the_run_ends_as_it_would_and_all_is_sent_later(make: Callable[..., World]) -> None:
    with listener(500) as first:
        url = first.url
        world = make(orders=2, env={"ALERT_WEBHOOK_URL": f"{url}/in", "ALERT_PING_URL": f"{url}/ping"})
        assert world.sync().code == 0
        world.faults.add(Fault("forbidden", "sheets read", times=None))
        ran = world.sync()
        assert ran.code == 4 and "could not be sent by webhook: 127.0.0.1 answered with 500" in ran.errors
        assert "could not be called" in ran.errors
        first.statuses[:] = [200]
        first.came.clear()
        world.pass_time(120)
        about: Any = alerting(None, None, world.sandbox.environment() | world.env, world.folder, world.clock)
        about.look()
        assert told(first) == [("firing", "run_failed")]


def test_a_guard_is_told_at_once_and_silence_is_kept(world: World, heard: Listener) -> None:
    world.synced()
    about = alerting(None, None, world.sandbox.environment() | world.env, world.folder, world.clock)
    (world.folder / "ledger.db").write_bytes(b"this is no ledger at all, and long enough to be seen as none" * 20)
    assert world.sync().code == 5
    assert told(heard) == [("firing", "ledger_unusable")]
    about.look()
    assert len(told(heard)) == 1


def test_wrong_settings_of_alerts_are_said_and_stop_no_run(make: Callable[..., World]) -> None:
    world = make(orders=2, env={"ALERT_MAIL_TO": "owner@example.com", "ALERT_WEBHOOK_URL": "http://example.com/in"})
    ran = world.sync()
    assert ran.code == 0 and "no mail is sent" in ran.errors and "must begin with https://" in ran.errors
