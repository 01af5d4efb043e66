"""An order whose lines do not all fit into one answer, and an error beside a later part of them: never half an order."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.shopify.anatomy import Item
from tests.reliability.judged import Judged
from tests.reliability.test_bad_input import _between
from tests.reliability.world import BEGIN

LINES = 40  # a page of them has ten


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.chdir(tmp_path)
    made = Judged(tmp_path, 2, BEGIN)
    yield made
    made.close()


def _with_an_error(answer: Any, rng: random.Random) -> Any:
    """A further page of lines that lost one of them to an error, as Shopify answers in part."""
    node = (answer.get("data") or {}).get("node") if isinstance(answer, dict) else None
    if not isinstance(node, dict) or not node.get("lineItems", {}).get("nodes"):
        return answer
    nodes = node["lineItems"]["nodes"]
    error = {"message": "Internal error", "path": ["node", "lineItems", "nodes", len(nodes) - 1]}
    lessened = {**node, "lineItems": {**node["lineItems"], "nodes": nodes[:-1]}}
    return {**answer, "data": {**answer["data"], "node": lessened}, "errors": [error]}


def test_an_order_whose_later_lines_come_with_an_error_is_held_back_whole(judged: Judged) -> None:
    world = judged.world
    gid = world.order(0)
    assert gid is not None
    world.shop.edit_order(gid, add=[(Item(f"Line {number}", "1.00"), 1) for number in range(LINES)])
    world.shop.set_note(gid, "short")  # large batches are left out of the request log
    judged.oracle.hear()
    between = _between(judged, "shopify", _with_an_error, random.Random(1))
    between.one_in, between.on, between.spoil = 1, True, False
    ran = judged.run()
    between.on = False
    assert between.changed and ran.code == 3 and ran.counts["quarantined"] == 1, ran.text
    theirs = {line["id"].rpartition("/")[2] for line in world.shop.orders[gid]["lineItems"]}
    assert not theirs & set(world.rows()), "nothing of it may stand there before all of it can"
    judged.agree()
    assert theirs <= set(world.rows())
