"""What the pages ask of the ledger: none goes through a table that grows with the shop, but those named here with the reason."""

import re
from collections.abc import Iterator

import pytest

from tests.scenarios.watched import FEW, GROWS, watching
from tests.web.pages.conftest import Shown
from tests.web.pages.test_pages import NAVIGATED

OWN = dict.fromkeys(("job", "job_live", "draft", "schedule", "account", "trouble", "silence", "remembered", "delivery"), "web.db")
FEW_MORE = FEW | OWN | {"sqlite_autoindex_silence_1": "web.db", "verdict": "what people decided", "json_each": "runs of one job"}
# statements that go through all orders, or until enough are found
NAMED = {
    r"FROM order_tracking .*ORDER BY created_at DESC$": "the newest first, until a page is full: all, where few fit",
    r"^SELECT DISTINCT \w+ FROM \(SELECT \w+ FROM order_tracking": "which statuses there are, once after each run for all",
}
NOT_VISITED = {
    "/static/<mark>/<name>": "asks nothing",
    "/login": "asks web.db for sessions only",
    "/fleet": "there is one where a fleet is configured only, in a database of its own",
    "/sync/started/<int:number>/plan/<name>": "reads a file",
}


def pages(shown: Shown) -> Iterator[str]:
    visitor = shown.visitor()
    yield from NAVIGATED
    yield from ("/report?days=30", "/report?days=365", "/orders?status=open", "/orders?since=7d", "/log.csv", "/mapping/edit")
    yield from (
        "/things?kind=products",
        "/things?kind=products&find=zzzz",
        "/setup/grist/1",
        "/sync/started/1",
        "/sync/run/1",
        "/runs/2",
    )
    yield from re.findall(r'href="(/orders/\d+)"', visitor.page("/orders"))[:1]
    yield from re.findall(r'href="(/things/one[?][^"]+)"', visitor.page("/things?kind=products"))[:1]
    yield from ("/healthz", "/readyz", "/metrics")


def test_no_page_goes_through_a_table_that_grows(lively: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, addresses = lively.visitor(), list(pages(lively))
    asked, found = set[str](), dict[str, dict[str, list[str]]]()
    with watching(monkeypatch) as begin:
        for address in addresses:
            seen = begin()
            visitor.get(address)
            asked |= seen.touched()
            scans = {
                one: plan for one, plan in seen.scans(FEW_MORE).items() if not any(re.search(way, one, re.S) for way in NAMED)
            }
            found |= {address: scans} if scans else {}
    assert found == {} and asked >= GROWS - {"journal", "link", "pending"}
    known = lively.app.url_map.bind("localhost")
    visited = {known.match(address.partition("?")[0], return_rule=True)[0].rule for address in addresses}
    every = {rule.rule for rule in lively.app.url_map.iter_rules() if rule.methods and "GET" in rule.methods}
    assert every - visited == NOT_VISITED.keys() & every
