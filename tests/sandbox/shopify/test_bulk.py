"""The local shop's bulk operations: held against recorded answers of real shops, and the shape of their files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.shopify.bulk import AT_ONCE, FOLDER, laid_out
from syncdb.sandbox.shopify.bulk_rules import problems
from syncdb.sandbox.shopify.documents import Refused, read_document
from tests.connectors.shopify.conftest import World, world

__all__ = ["world"]

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "shopify" / "recordings"
RUN = """mutation Run($query: String!, $grouped: Boolean! = false) {
 bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
  bulkOperation { id status type errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl query }
  userErrors { field message code } } }"""
STATE = """query State($id: ID!) { bulkOperation(id: $id) {
  id status type errorCode completedAt objectCount rootObjectCount fileSize url partialDataUrl } }"""
FIVE = " ".join(f"a{n}: lineItems {{ edges {{ node {{ id }} }} }}" for n in range(5))
MANY = "{ orders { edges { node { id " + FIVE + " } } } }"
ORDERS = "{ orders { edges { node { id name lineItems { edges { node { id sku } } } } } } }"


def recording(name: str) -> Any:
    path = RECORDINGS / name
    if not path.exists():
        pytest.skip(f"the recording {path.name} is not beside the project")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("said", ["", "a", 'a \\" b', "# c", "{ nothing }"])
def test_what_a_string_says_makes_no_document_valid(said: str) -> None:
    """Documents that differ in their strings only are validated once."""
    for _ in range(2):
        read_document(f'{{ orders(first: 1, query: "{said}") {{ nodes {{ id }} }} }}')
        for wrong in ("{ nodes { nothing } }", "{ nodes { id(a: 1) } }", ""):
            with pytest.raises(Refused):
                read_document(f'{{ orders(first: 1, query: "{said}") {wrong} }}')
        with pytest.raises(Refused):
            read_document(f'{{ orders(first: "{said}") {{ nodes {{ id }} }} }}')


def captured(found: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(query, userErrors) of every recorded submit."""
    if isinstance(found, dict) and "response" in found and "query" in (found.get("variables") or {}):
        payload = ((found["response"].get("data") or {}).get("bulkOperationRunQuery")) or {}
        yield found["variables"]["query"], payload.get("userErrors", [])
    elif isinstance(found, dict):
        for one in found.values():
            yield from captured(one)


def served(query: str) -> bool:
    """Whether the query speaks of orders, which is all that the local shop has."""
    try:
        read_document(query)
    except Refused:
        return False
    return True


def test_refusals_are_worded_as_recorded() -> None:
    compared = 0
    for query, errors in captured(recording("2026-04/bulk-operation-run-query-validators.json")):
        if served(query):
            found = problems(query, read_document(query).operation(None))
            assert found == [error["message"] for error in errors], query
            compared += 1
    assert compared >= 2, "next to nothing was compared"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ shop { id } }", "at least one connection"),
        ('{ node(id: "gid://shopify/Order/1") { id } }', "top level `node`"),
        ("{ orders { nodes { id } } }", "Selecting via 'nodes' is not supported"),
        ("{ orders { edges { node { name lineItems { edges { node { id } } } } } } }", "without 'id': orders."),
        ("{ orders { edges { node { key: id lineItems { edges { node { id } } } } } } }", "without 'id': orders."),
        (
            "{ orders { edges { node { id refunds { refundLineItems { edges { node { quantity } } } } } } } }",
            "a connection field within a list field",
        ),
        (
            MANY,
            "more than 5 connections",
        ),
        ('mutation { bulkOperationCancel(id: "gid://shopify/BulkOperation/1") { userErrors { message } } }', "Only `query`"),
    ],
)
def test_what_bulk_refuses(world: World, query: str, said: str) -> None:
    payload = ask(world, RUN, query=query)["bulkOperationRunQuery"]
    assert payload["bulkOperation"] is None
    (error,) = [one for one in payload["userErrors"] if said in one["message"]]
    assert error["code"] == "INVALID" and error["field"] == ["query"]


def ask(world: World, document: str, **variables: Any) -> Any:
    answer = world.client().ask(document, lambda: variables, "asking")
    assert not answer.errors, answer.errors
    return answer.data


def run(world: World, query: str = ORDERS, grouped: bool = False) -> dict[str, Any]:
    made = ask(world, RUN, query=query, grouped=grouped)["bulkOperationRunQuery"]["bulkOperation"]
    assert made["status"] == "CREATED" and made["objectCount"] == "0" and made["url"] is None
    world.time.seconds += 1.0
    state: dict[str, Any] = ask(world, STATE, id=made["id"])["bulkOperation"]
    return state


def lines_of(world: World, url: str) -> list[bytes]:
    answer = world.client().session.get(url, timeout=10)
    assert answer.status_code == 200
    return answer.content.splitlines(keepends=True)


@pytest.mark.parametrize("layout", ["after", "before", "parents_first", "mixed"])
def test_a_file_holds_every_order_and_every_line(world: World, layout: str) -> None:
    world.fill(60)
    world.app.bulk.order = layout
    state = run(world)
    lines = lines_of(world, state["url"])
    assert state["status"] == "COMPLETED" and int(state["objectCount"]) == len(lines)
    assert int(state["rootObjectCount"]) == len(world.shop.orders) and int(state["fileSize"]) == sum(map(len, lines))
    found = [json.loads(line) for line in lines]
    for gid, order in world.shop.orders.items():
        assert sum(one.get("__parentId") == gid for one in found) == len(order["lineItems"])
    assert all(b"gid:\\/\\/shopify" in line for line in lines), "recorded files escape their slashes"


def test_grouped_is_grouped_whatever_the_layout(world: World) -> None:
    world.fill(30)
    world.app.bulk.order = "mixed"
    current = ""
    for line in lines_of(world, run(world, grouped=True)["url"]):
        one = json.loads(line)
        current = one["id"] if "__parentId" not in one else current
        assert one.get("__parentId", current) == current


def test_nothing_found_leaves_no_file(world: World) -> None:
    state = run(world)
    assert state["status"] == "COMPLETED" and state["url"] is None and state["objectCount"] == "0"


def test_a_failed_operation_leaves_a_part(world: World) -> None:
    ids = world.fill(30)
    world.app.bulk.ending = "FAILED"
    state = run(world)
    assert (state["status"], state["errorCode"], state["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
    assert lines_of(world, state["partialDataUrl"])
    world.app.bulk.ending = "COMPLETED"
    world.shop.fail_order(ids[3])
    assert run(world)["status"] == "FAILED"


def test_a_sixth_has_to_wait(world: World) -> None:
    world.app.bulk.lasts = 1e6
    ids = [ask(world, RUN, query=ORDERS)["bulkOperationRunQuery"]["bulkOperation"]["id"] for _ in range(AT_ONCE)]
    (error,) = ask(world, RUN, query=ORDERS)["bulkOperationRunQuery"]["userErrors"]
    recorded = recording("2026-04/bulk-operation-run-query-concurrency-limit.json")["sixthRun"]["response"]["data"]
    (theirs,) = recorded["bulkOperationRunQuery"]["userErrors"]
    assert (error["code"], error["field"]) == (theirs["code"], theirs["field"])
    assert error["message"].partition(": ")[0] == theirs["message"].partition(": ")[0]
    assert error["message"].partition(": ")[2].rstrip(".").split(", ") == ids


def test_results_run_out_after_a_week(world: World) -> None:
    world.fill(5)
    url = run(world)["url"]
    assert FOLDER in url
    world.time.seconds += 8 * 86_400
    assert world.client().session.get(url, timeout=10).status_code == 400


def test_an_unknown_layout_is_an_error() -> None:
    with pytest.raises(ValueError, match="sideways"):
        laid_out([], "sideways")
