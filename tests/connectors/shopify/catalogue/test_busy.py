"""A shop that is busy with a record is waited for; what it will not have at all is refused at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from syncdb.connectors.shopify.busy import MOVED, PASSING, Meaning, Patience, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError
from syncdb.model import Result
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.connectors.shopify.catalogue.conftest import Shelf, update
from tests.connectors.shopify.conftest import StoppedClock

IN_PROGRESS = "Another operation already in progress. Please wait until current one is finished."


def busy_for(shelf: Shelf, root: str, times: int, code: str | None = None, message: str = IN_PROGRESS) -> None:
    """The shop refuses a mutation so often, without doing any of it."""
    left = iter(range(times))
    inner = shelf.world.app.respond

    def respond(request: Any) -> Any:
        body = request.get_json(silent=True) or {}
        if root in str(body.get("query")) and next(left, None) is not None:
            answer = shelf.world.app.error("unavailable")
            payload = {"r0": {"userErrors": [{"field": None, "message": message, "code": code}]}}
            answer.set_data(json.dumps({"data": payload}))
            answer.status_code, answer.mimetype = 200, "application/json"
            return answer
        return inner(request)

    shelf.world.app.respond = respond  # type: ignore[method-assign]


@pytest.fixture
def title(shelf: Shelf) -> Iterator[str]:
    yield str(Merchant(shelf.goods).add_product("Tasse", price="5")["id"])


def test_a_busy_product_is_waited_for(shelf: Shelf, title: str) -> None:
    busy_for(shelf, "productUpdate", 3)
    (outcome,) = shelf.write(shelf.catalogue().side("products"), update(title, {"title": "Tasse"}, {"title": "Becher"}))
    assert outcome.result is Result.DONE and shelf.goods.products[title]["title"] == "Becher"
    assert len(shelf.world.time.slept) >= 3


def test_one_that_stays_busy_is_planned_again(shelf: Shelf, title: str) -> None:
    busy_for(shelf, "productUpdate", 1000)
    began = shelf.world.time.seconds
    (outcome,) = shelf.write(shelf.catalogue().side("products"), update(title, {"title": "Tasse"}, {"title": "Becher"}))
    assert outcome.result is Result.STALE and "in progress" in outcome.why
    assert 60 < shelf.world.time.seconds - began <= 130


def test_what_a_person_changes_while_we_wait_is_theirs(shelf: Shelf, title: str) -> None:
    busy_for(shelf, "productUpdate", 2)
    sleep = shelf.world.time.sleep

    def edited(seconds: float) -> None:
        sleep(seconds)
        Merchant(shelf.goods).edit_product(title, title="Von Hand")

    shelf.world.time.sleep = edited  # type: ignore[method-assign]
    (outcome,) = shelf.write(shelf.catalogue().side("products"), update(title, {"title": "Tasse"}, {"title": "Becher"}))
    assert outcome.result is Result.STALE and shelf.goods.products[title]["title"] == "Von Hand"


@pytest.mark.parametrize(("code", "result"), [("JOB_ERROR", Result.DONE), ("PRODUCT_SUSPENDED", Result.REJECTED)])
def test_codes_of_variants(shelf: Shelf, title: str, code: str, result: Result) -> None:
    variant = shelf.goods.products[title]["variants"][0]
    busy_for(shelf, "productVariantsBulkUpdate", 1, code, "Something is wrong")
    (outcome,) = shelf.write(shelf.catalogue().side("variants"), update(variant["id"], {"barcode": None}, {"barcode": "1"}))
    assert outcome.result is result


def test_a_conflict_of_http_is_waited_for(shelf: Shelf, title: str) -> None:
    inner, left = shelf.world.app.respond, iter(range(2))

    def respond(request: Any) -> Any:
        if "mutation" in str(request.get_data()) and next(left, None) is not None:
            answer = shelf.world.app.error("too_many")
            answer.status_code = 409
            return answer
        return inner(request)

    shelf.world.app.respond = respond  # type: ignore[method-assign]
    (outcome,) = shelf.write(shelf.catalogue().side("products"), update(title, {"title": "Tasse"}, {"title": "Becher"}))
    assert outcome.result is Result.DONE


def test_what_errors_mean() -> None:
    def of(*codes: str | None) -> Meaning:
        return meaning([UserError("no", code=code) for code in codes])

    assert {of(code) for code in PASSING} == {Meaning.WAIT} and {of(code) for code in MOVED} == {Meaning.PLAN_AGAIN}
    assert of(None) is of("INVALID") is of() is Meaning.REFUSED
    assert of("JOB_ERROR", "STALE_OBJECT") is Meaning.PLAN_AGAIN and of("JOB_ERROR", "INVALID") is Meaning.REFUSED
    assert meaning([UserError("This product is currently being modified")]) is Meaning.WAIT


def test_patience_asks_once_at_least_and_ends_in_time() -> None:
    time = StoppedClock()
    asked: list[float] = []
    assert not Patience(time.clock(), 0.0).until(lambda: bool(asked.append(time.seconds)))
    assert len(asked) == 1
    began = time.seconds
    assert not Patience(time.clock(), 60.0).until(lambda: False) and time.seconds - began <= 60.0
    assert Patience(time.clock(), 60.0).until(lambda: time.seconds > began + 30)
