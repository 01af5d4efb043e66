"""The first page and the page of conflicts, over a ledger that has some."""

import os
import re

from tests.scenarios.grist_world import GristWorld
from tests.web.pages.browsing import text_of
from tests.web.pages.conftest import HOSTILE, Shown


def test_the_first_page_says_what_needs_a_person_and_how_each_pair_stands(lively: Shown) -> None:
    text = text_of(lively.visitor().page("/"))
    assert "One thing needs you." in text and "3 conflicts wait for a person's decision" in text
    assert (
        "Last 24 hours" in text and "8 orders in the ledger, complete up to" in text and "In step: " in text and "Read at" in text
    )
    assert "sync_manager.py status" in text and f"--db {lively.world.ledger}" in text


def test_conflicts_are_shown_side_by_side_with_what_will_become_of_them(lively: Shown) -> None:
    page = lively.visitor().page("/decide")
    text = text_of(page)
    assert "price" in text and "21.00" in text and "22.50" in text and "3 open, 3 to be decided" in text
    assert "both will be 21.00; Grist changes from 22.50." in text
    assert HOSTILE not in page and "<script>alert" not in page and "<img src=x" not in page and "{{7*7}}" in page
    only = text_of(lively.visitor().page("/decide?entity=variants"))
    assert "1 open" in only and "price" in only and "--entity variants" in only
    assert "No conflict is like that" in lively.visitor().page("/decide?entity=variants&field=title")


def disputed(shown: Shown, word: str) -> str:
    """The id of the conflict about a field."""
    found = re.search(rf'<h2 id="c(\w+)">[^<]* · {word}</h2>', shown.visitor().page("/decide"))
    assert found
    return found[1]


def test_a_decision_is_kept_said_and_can_be_taken_back_until_the_run(disagreeing: Shown) -> None:
    operator, which = disagreeing.visitor("Oscar"), disputed(disagreeing, "price")
    assert operator.post(f"/decide/{which}").status_code == 409  # nothing was chosen
    refused = operator.post(f"/decide/{which}", take="value", value="12,99 cheap")
    assert refused.status_code == 409 and 'value="12,99 cheap"' in refused.text and "must be a number" in refused.text
    page = operator.done(f"/decide/{which}", take="left")
    assert "Decided: both will be 21.00; Grist changes from 22.50. The next run carries it out." in text_of(page)
    assert "2 to be decided" in text_of(page)
    assert operator.post(f"/decide/{which}/undo").status_code == 303
    assert "3 to be decided" in text_of(operator.page("/decide")) and operator.post(f"/decide/{which}/undo").status_code == 409
    assert "both will be 20.75" in text_of(operator.done(f"/decide/{which}", take="value", value="20,75"))
    assert operator.post("/decide/000000", take="left").status_code == 409
    world: GristWorld = disagreeing.world
    world.synced()
    assert world.variant()["price"] == "20.75" and world.shown("variants", world.variant()["id"], "Price") == 20.75


def test_the_figures_of_a_report_are_gathered_once_until_the_ledger_changes(lively: Shown) -> None:
    operator, known, ledger = lively.visitor("Oscar"), lively.site.remembered, lively.site.place.ledger
    seen = []
    for _ in range(3):
        operator.page("/report")
        seen.append(known["report 7"][1])
        if len(seen) == 2:
            os.utime(ledger, (1, 1))  # as a write does
    assert seen[1] is seen[0] and seen[2] is not seen[1] and seen[2].sales == seen[0].sales


def test_of_two_people_the_second_is_told_what_the_first_decided(disagreeing: Shown) -> None:
    which = disputed(disagreeing, "price")
    olga, otto = disagreeing.visitor("Oscar"), disagreeing.visitor("Oscar")
    olga.done(f"/decide/{which}", take="left", seen="")
    told = otto.post(f"/decide/{which}", take="right", seen="")
    assert told.status_code == 409 and "Somebody meanwhile decided otherwise: both will be 21.00" in text_of(told.text)
    assert "Decided both will be 21.00" in text_of(otto.page("/decide"))
    seen = re.search(r'name="seen" value="(left [^"]+)"', told.text)
    assert seen and "both will be 22.50" in text_of(otto.done(f"/decide/{which}", take="right", seen=seen[1]))


def test_all_of_a_filter_are_decided_at_once_but_only_as_many_as_were_shown(disagreeing: Shown) -> None:
    operator = disagreeing.visitor("Oscar")
    page = operator.page("/decide?field=title")
    assert "Take Shopify for these 2 (all, title)" in text_of(page)
    form = dict(re.findall(r'name="(pair|take|entity|field|count)" value="([^"]*)"', page.partition("/decide/all")[2]))
    assert operator.post("/decide/all", **form | {"count": "3"}).status_code == 409
    form["take"] = "left"
    assert "Decided 2 conflicts" in operator.done("/decide/all", **form)
    disagreeing.world.synced()
    assert disagreeing.world.product(2)["title"] == "Black tea"
