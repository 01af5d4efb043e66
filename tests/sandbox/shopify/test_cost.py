"""What queries cost, and the bucket that pays."""

from __future__ import annotations

import gzip
import json

import pytest
from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    build_client_schema,
    parse,
)

from syncdb.sandbox.shopify.cost import Bucket, Estimate, connection_size
from tests.sandbox.shopify.asking import Asking, Clock
from tests.sandbox.shopify.recorded import SHARED, exchanges

PAGE = "query($n: Int!) { orders(first: $n) { nodes { id lineItems(first: 25) { nodes { id taxLines { title } } } } } }"


@pytest.mark.parametrize(
    ("first", "size"),
    [(1, 1), (2, 1), (3, 2), (5, 3), (10, 4), (20, 5), (25, 6), (50, 7), (100, 9), (200, 10), (250, 11)],
)
def test_connections_are_charged_as_recorded(first: int, size: int) -> None:
    assert connection_size(first) == size


def test_requested_cost_agrees_with_recorded_stores() -> None:
    path = SHARED / "admin_2026-01.json.gz"
    asked = exchanges()
    if not path.exists():
        pytest.skip("no introspection at hand")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        full = build_client_schema(json.load(file)["data"], assume_valid=True)
    exact, near, compared = 0, 0, 0
    for one in asked:
        cost = (one.body.get("extensions") or {}).get("cost")
        try:
            tree = parse(one.query)
        except GraphQLError:
            continue
        operation = next(node for node in tree.definitions if isinstance(node, OperationDefinitionNode))
        if cost is None or operation.operation is not OperationType.QUERY:
            continue
        parts = {node.name.value: node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)}
        estimate = Estimate(full, parts, one.variables)
        compared += 1
        exact += estimate.requested(operation) == cost["requestedQueryCost"]
        near += abs(estimate.actual(operation, one.body.get("data")) - (cost["actualQueryCost"] or 0)) <= 3
    assert compared >= 50
    assert exact / compared >= 0.85, f"{exact} of {compared} requested costs"
    assert near / compared >= 0.85, f"{near} of {compared} actual costs within three points"


def test_an_answer_carries_its_cost() -> None:
    asking = Asking(orders=5)
    cost = asking.ask(PAGE, n=50)["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 2 + 7 * (1 + 2 + 6 * (1 + 1))
    assert 0 < cost["actualQueryCost"] < cost["requestedQueryCost"]
    status = cost["throttleStatus"]
    assert status == {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": 2000 - cost["actualQueryCost"],
        "restoreRate": 100.0,
    }


def test_a_query_over_a_thousand_points_is_refused_before_it_runs() -> None:
    asking = Asking(orders=5)
    wide = "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { duties { id taxLines { title } } taxLines { title }"
    wide += " discountAllocations { discountApplication { index } } product { id } variant { id } } } } } }"
    body = asking.ask(wide)
    (error,) = body["errors"]
    assert "data" not in body and error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["message"].startswith(f"Query cost is {error['extensions']['cost']}, which exceeds the single query max")
    assert asking.app.bucket.available() == 2000


def test_an_empty_bucket_throttles_until_it_has_filled() -> None:
    asking = Asking(orders=60)
    asking.app.bucket.spend(1950)
    wanted = 107
    body = asking.ask(PAGE, n=50)
    assert body["errors"] == [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    assert "data" not in body
    cost = body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (wanted, None)
    assert cost["throttleStatus"]["currentlyAvailable"] == 50
    asking.clock.forward((wanted - 50) / 100 - 0.02)
    assert "errors" in asking.ask(PAGE, n=50)
    asking.clock.forward(0.03)
    assert "errors" not in asking.ask(PAGE, n=50)


def test_the_bucket_never_overflows_and_ignores_a_clock_set_back() -> None:
    clock = Clock()
    bucket = Bucket(clock, 1000, 50)
    bucket.spend(300)
    clock.forward(4)
    assert bucket.available() == 900
    clock.forward(-100)
    assert bucket.available() == 900
    clock.forward(3600)
    assert bucket.available() == 1000
