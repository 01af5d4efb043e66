"""Every other page over a ledger full of life: what it shows, what it does, and what it keeps to itself."""

import re
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.runs import Problem
from syncdb.values import iso
from tests.web.pages.browsing import OWN, PASSWORD, Visitor, text_of
from tests.web.pages.conftest import HOSTILE, Shown

NAVIGATED = [
    *("/", "/decide", "/orders", "/things", "/sync", "/errors", "/missing", "/report", "/log", "/webhooks", "/mapping"),
    *("/settings", "/setup", "/people", "/alerts", "/queue", "/mapping/draft"),
]


@pytest.mark.parametrize("path", NAVIGATED)
def test_every_page_is_there_has_one_heading_and_nothing_unescaped(lively: Shown, path: str) -> None:
    page = lively.visitor().page(path)
    assert page.count("<h1>") == 1 and len(page) < 100_000
    assert "<script>alert" not in page and "<img src=x" not in page
    assert re.search(r"(Read at|Tested|Asked|Not tested)", page) or path in ("/setup", "/people", "/mapping/draft")
    for address in re.findall(r'href="(/[^"]*)"', page):
        assert "@" not in address and "%40" not in address


def test_orders_are_listed_found_and_told_from_the_beginning(lively: Shown) -> None:
    viewer = lively.visitor("Vera")
    page = viewer.page("/orders")
    links = re.findall(r'href="/orders/(\d+)">(#\d+)', page)
    assert len(links) == 8
    order, name = links[0]
    one = text_of(viewer.page(f"/orders/{order}"))
    assert f"Order {name}" in one and "first seen" in one and "row added" in one
    found = viewer.post("/orders/find", text=name)
    assert found.status_code == 303 and found.headers["Location"] == f"/orders/{order}"
    customer = re.search(r'data-title="Customer">([^<]+)<', page)
    assert customer
    searched = viewer.post("/orders/find", text=customer[1].split()[0])
    assert searched.status_code == 200 and "hold what you typed" in searched.text
    assert customer[1].split()[0] not in "".join(re.findall(r'href="([^"]*)"', searched.text))  # no person's name in an address
    assert "No order is like that" in viewer.post("/orders/find", text="nobody is called this").text
    assert "No order is like that" in viewer.page("/orders?status=deleted")
    lacking = viewer.get("/orders/999")
    assert lacking.status_code == 404 and "no order" in lacking.text and "<h1>Not there</h1>" in lacking.text
    unread = viewer.get("/orders?since=quatsch")
    assert unread.status_code == 400 and "<h1>Not understood</h1>" in unread.text
    refused = viewer.post("/orders/999/reset", {**OWN, "Referer": "http://localhost/orders?status=open"})
    assert refused.status_code == 403 and 'href="/orders?status=open">Go back' in refused.text
    elsewhere = viewer.post("/orders/999/reset", {**OWN, "Referer": "http://evil.example/x"})
    assert 'href="/">Go to the first page' in elsewhere.text


def test_older_orders_follow_without_one_lost_or_twice(lively: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncdb.web.pages.orders.SHOWN", 3)
    viewer, seen, path = lively.visitor("Vera"), [], "/orders"
    for _ in range(3):
        page = viewer.page(path)
        seen += re.findall(r'href="/orders/(\d+)">#', page)
        older = re.search(r'href="([^"]*after=[^"]*)">Older', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert path == "" and len(seen) == len(set(seen)) == 8


def test_products_are_listed_found_and_told(lively: Shown) -> None:
    viewer = lively.visitor("Vera")
    page = viewer.page("/things?kind=products")
    keys = re.findall(r"/things/one\?key=([^\"]+)", page)
    assert len(keys) == 4
    one = text_of(viewer.page(f"/things/one?key={keys[0]}"))
    assert "products" in one and "What happened to it" in one and "added" in one
    assert viewer.get("/things/one?key=nothing").status_code == 409
    assert "Nothing is like that" in viewer.page("/things?kind=products&find=zzzz")


def test_an_order_is_reset_for_the_next_run(disagreeing: Shown) -> None:
    operator = disagreeing.visitor("Oscar")
    (order,) = re.findall(r'href="/orders/(\d+)">#', operator.page("/orders"))
    page = operator.done(f"/orders/{order}/reset")
    assert "The next run examines" in page and "is to be examined anew" in operator.page("/errors")
    assert operator.post("/orders/999/reset").status_code == 409
    disagreeing.world.synced()
    assert "is to be examined anew" not in operator.page("/errors").partition("Closed within")[0]


def failing(shown: Shown) -> None:
    """Two problems as runs leave them."""
    with Ledger.open(shown.site.place.ledger, shown.site.clock.now()) as ledger, ledger.transaction():
        for number in ("1", "2"):
            told = f"The order {number} was refused: {HOSTILE}"
            ledger.problems.add(
                Problem("write", "refused", told, number, f"#{number}", "Correct it."), 1, iso(shown.site.clock.now())
            )


def test_errors_are_told_by_cause_and_closed_with_a_reason(disagreeing: Shown) -> None:
    operator = disagreeing.visitor("Oscar")
    assert "No error is open" in operator.page("/errors")
    failing(disagreeing)
    page = operator.page("/errors")
    assert "Retry these 2 now" in page and "Correct it." in page and "<script>alert" not in page
    ids = re.findall(r'name="error" value="(\d+)"', page)
    assert len(ids) == 2
    assert operator.post("/errors/resolve", error=ids, reason=" ").status_code == 409
    assert operator.post("/errors/resolve", error=["1; DROP TABLE"], reason="x").status_code == 409
    after = operator.done("/errors/resolve", error=ids, reason="both were fakes")
    assert "Closed 2 errors." in after and "both were fakes" in after and "No error is open" in after


def test_an_error_about_a_product_speaks_of_it_by_title(disagreeing: Shown) -> None:
    key = disagreeing.world.variant()["id"]
    with Ledger.open(disagreeing.site.place.ledger, disagreeing.site.clock.now()) as ledger, ledger.transaction():
        told = f"price of {key}: it holds 'ask Ann', which is no amount"
        ledger.problems.add(Problem("read", "cell", told, key, "", "Correct it."), 1, iso(disagreeing.site.clock.now()))
    operator = disagreeing.visitor("Oscar")
    page = operator.page("/errors")
    text = text_of(page)
    assert "gid://" not in text and "price of " in text and "it holds 'ask Ann'" in text
    link = re.search(r'href="(/things/one\?key=[^"]+)">', page)
    assert link and key in operator.page(link[1])


def test_the_settings_show_no_secret_and_the_test_tells_what_answers(lively: Shown) -> None:
    owner = lively.visitor()
    page = owner.done("/settings/test")
    text = text_of(page)
    assert "Shopify connected" in text and "Grist connected" in text
    # the world's clock is ahead of this computer's, as Google's answers say, and nobody said where the stock of Sentos goes
    assert "2 of" in text and "Google Sheets failed" in text and "What to do: Set the clock" in text
    assert "no location is named for Sentos" in text
    env = lively.site.env
    for name in ("SHOPIFY_CLIENT_SECRET", "GRIST_API_KEY"):
        assert env[name] and env[name] not in page
    assert "shopify_store_name" in page and "••••••" in page


def test_a_system_that_is_away_is_told_with_its_remedy(disagreeing: Shown) -> None:
    disagreeing.site.env = {**disagreeing.site.env, "GRIST_API_KEY": "wrong-key-of-somebody"}
    page = disagreeing.visitor("Oscar").done("/settings/test")
    assert "failed" in page and "What to do" in text_of(page) and "wrong-key-of-somebody" not in page


def test_missing_orders_are_looked_for_in_the_ledger_and_in_the_shop(lively: Shown) -> None:
    operator = lively.visitor("Oscar")
    assert "The ledger alone was looked at" in operator.page("/missing")
    asked = operator.post("/missing")
    assert asked.status_code == 200 and "No order is missing" in asked.text


def test_the_report_has_figures_and_pictures_with_words(lively: Shown) -> None:
    page = lively.visitor("Vera").page("/report?days=30")
    assert 'role="img" aria-label="Orders a day"' in page and "orders made" in page and "report --days 30" in page


def test_webhooks_that_are_not_set_up_are_no_trouble(lively: Shown) -> None:
    assert "Polling covers it" in lively.visitor("Vera").page("/webhooks")


def test_the_log_tells_the_time_of_the_shop_like_every_other_page(lively: Shown) -> None:
    path = lively.site.place.log
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{lively.world.clock.now():%Y-%m-%d}T00:30:00+09:00 INFO syncdb: from a laptop on its way\n")
    told = text_of(lively.visitor().page("/log"))
    assert re.search(r"16:30:00 .{0,40}from a laptop on its way", told) and " CET." in told


def test_without_a_ledger_the_first_page_says_to_test_first(lively: Shown, tmp_path: Path) -> None:
    from dataclasses import replace

    from syncdb.web.site import site_of

    site = replace(lively.site, db=tmp_path / "none.db")
    app = site_of(site)
    stranger = Visitor(app, lively.visitor().secret)
    assert "No run yet: test first" in stranger.page("/")
    for path in ("/orders", "/errors", "/report"):
        assert "No run yet: test first" in stranger.page(path)
    for path in ("/sync", "/setup", "/settings", "/log"):
        assert stranger.get(path).status_code == 200, path


def test_a_defect_is_told_without_its_data(lively: Shown, caplog: pytest.LogCaptureFixture) -> None:
    from syncdb.web.site import site_of

    app = site_of(lively.site)
    app.view_functions["GET /report"] = lambda: 1 / 0  # type: ignore[assignment]
    answer = Visitor(app, lively.visitor().secret).get("/report")
    assert answer.status_code == 500 and "defect of syncdb (ZeroDivisionError)" in answer.text
    assert "Traceback" not in answer.text and "division" not in answer.text and "division" in caplog.text


def test_runs_by_themselves_are_switched_and_secrets_are_replaced_by_who_may(
    disagreeing: Shown, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    disagreeing.site.env = {**disagreeing.site.env, "SYNCDB_KEY_FILE": str(tmp_path_factory.mktemp("elsewhere") / "key")}
    operator, owner = disagreeing.visitor("Oscar"), disagreeing.visitor()
    assert "Switch off Grist" not in operator.page("/settings")
    assert operator.post("/settings/schedule", pair="grist", on="no").status_code == 403
    page = text_of(owner.done("/settings/schedule", pair="grist", on="no"))
    assert "Scheduled runs of Grist are off." in page and "off, by Olga" in page
    secret = "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"
    given = {"secret": "shopify_client_secret", "value": secret}
    assert operator.post("/settings/secret", **given, password=PASSWORD).status_code == 403
    refused = owner.post("/settings/secret", **given, password="a wrong one")
    assert refused.status_code == 409 and "not your password" in refused.text
    page = owner.done("/settings/secret", **given, password=PASSWORD)
    assert "shopify_client_secret is stored, encrypted." in page and secret not in page and "that one counts" in text_of(page)
    stored = (tmp_path / "secrets.json").read_text(encoding="utf-8")
    assert secret not in stored and (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    assert owner.post("/settings/secret", secret="db_path", value="x" * 30, password=PASSWORD).status_code == 409


def test_health_is_told_without_a_login_and_figures_to_who_has_the_token(lively: Shown) -> None:
    stranger = Visitor(lively.app)
    assert stranger.get("/healthz").text == "ok\n" and stranger.get("/readyz").status_code in (200, 503)
    assert stranger.get("/metrics").status_code == 403
    assert stranger.client.get("/healthz", headers={"Host": "evil.example"}).status_code == 421


def test_alerts_are_shown_and_silenced_for_a_while(disagreeing: Shown) -> None:
    operator = disagreeing.visitor("Oscar")
    assert "Nobody is told outside these pages" in operator.page("/alerts")
    page = text_of(operator.done("/alerts/silence", what="conflicts", hours="24"))
    assert "Nobody is told of conflicts for a day." in page and "by Oscar" in page
    assert operator.post("/alerts/silence", what="conflicts", hours="9999999").status_code == 409
    page = text_of(operator.done("/alerts/silence", what="conflicts", hours="0"))
    assert "People are told of conflicts again." in page
    assert disagreeing.visitor("Vera").post("/alerts/test").status_code == 403
