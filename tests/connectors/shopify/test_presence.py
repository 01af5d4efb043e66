"""The questions about which orders there are: held against Shopify's schemas, and asked of the local shop over HTTP."""

from datetime import timedelta

import pytest
from graphql import build_schema, parse, validate

from syncdb.connectors.shopify.location_names import NAMES
from syncdb.connectors.shopify.presence import ABOUT, DAYS_AT_ONCE, FOUND, NEWEST, Presence, counting, quoted
from syncdb.errors import Refused, RetryLater
from tests.connectors.shopify.conftest import World, bare
from tests.connectors.shopify.test_documents import ROOT, admin_schema

DOCUMENTS = [FOUND, NEWEST, ABOUT, NAMES, counting(1), counting(DAYS_AT_ONCE)]


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_documents_fit_shopifys_schema(version: str) -> None:
    schema = admin_schema(version)
    assert [validate(schema, parse(document)) for document in DOCUMENTS] == [[]] * len(DOCUMENTS)


def test_documents_fit_the_sandbox() -> None:
    schema = build_schema((ROOT / "syncdb" / "sandbox" / "shopify" / "schema.graphql").read_text(encoding="utf-8"))
    assert [validate(schema, parse(document)) for document in DOCUMENTS] == [[]] * len(DOCUMENTS)


def test_only_exact_names_are_found(world: World) -> None:
    gids = world.fill(60)
    names = [world.shop.orders[gid]["name"] for gid in gids[:40]]
    found = Presence(world.client()).named([*names, "#10", "#9999999", "it's \\ odd"])
    assert sorted(one.order_id for one in found) == sorted(bare(gid) for gid in gids[:40])


def test_orders_are_listed_by_when_they_were_made_page_by_page(world: World) -> None:
    for number in range(300):
        world.order(days_ago=1 + number / 1000)
    since, until = world.now() - timedelta(days=3), world.now()
    found, whole = Presence(world.client()).made(since, until, most_pages=5)
    assert whole and len({one.order_id for one in found}) == 300
    found, whole = Presence(world.client()).made(since, until, most_pages=1)
    assert not whole and len(found) == 250


def test_days_are_counted_apart(world: World) -> None:
    for days_ago in (0.5, 1.5, 1.6, 40.0):
        world.order(days_ago=days_ago)
    now = world.now()
    days = [(now - timedelta(days=back), now - timedelta(days=back - 1)) for back in range(1, 51)]
    counts = Presence(world.client()).counts(days)
    assert (len(counts), counts[0], counts[1], sum(counts)) == (50, 1, 2, 4)


def test_a_question_that_is_not_understood_concludes_nothing(world: World) -> None:
    world.app.tamper = lambda body: body.setdefault("extensions", {}).update(
        search=[{"path": ["orders"], "query": "", "warnings": [{"field": "name", "message": "no", "code": "invalid_field"}]}]
    )
    with pytest.raises(Refused, match="did not understand"):
        Presence(world.client()).named(["#1001"])


def test_half_an_answer_concludes_nothing(world: World) -> None:
    broken = [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
    world.app.tamper = lambda body: body.update(errors=broken)
    with pytest.raises(RetryLater, match="in part only"):
        Presence(world.client()).named(["#1001"])


def test_values_are_quoted_whatever_they_hold() -> None:
    assert quoted("it's") == r"'it\'s'"
    assert quoted("\\") == r"'\\'"
