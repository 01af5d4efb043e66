"""What people may write as an order's status, and what is said about everything else."""

import pytest

from syncdb.connectors.shopify.ordering.statuses import CARRIER, NUMBER, ORDER, SHIPPED, meant, refused
from syncdb.values import Value

OPEN = {ORDER: "open", SHIPPED: "unfulfilled", NUMBER: None, CARRIER: None}
DONE = {ORDER: "open", SHIPPED: "fulfilled", NUMBER: "T-1", CARRIER: "DHL"}


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({ORDER: "Archived"}, OPEN),
        ({ORDER: " canceled "}, OPEN),
        ({ORDER: "open"}, OPEN | {ORDER: "closed"}),
        ({SHIPPED: "shipped", NUMBER: "T-1"}, OPEN),
        ({NUMBER: "T-2"}, DONE),
        ({CARRIER: "UPS"}, DONE),
    ],
)
def test_what_can_be_carried_out(changes: dict[str, Value], shown: dict[str, Value]) -> None:
    assert refused(changes, shown) == ""


@pytest.mark.parametrize(
    ("changes", "shown", "why"),
    [
        ({ORDER: None}, OPEN, "an empty status"),
        ({ORDER: "deleted"}, OPEN, "no status that can be given"),
        ({ORDER: "open"}, OPEN | {ORDER: "cancelled"}, "stays cancelled"),
        ({SHIPPED: "unfulfilled"}, DONE, "only fulfilled can"),
        ({SHIPPED: None}, DONE, "only fulfilled can"),
        ({NUMBER: "T-1"}, OPEN, "write fulfilled"),
        ({NUMBER: "T-1"}, OPEN | {SHIPPED: "partially fulfilled"}, "write fulfilled"),
        ({NUMBER: None}, DONE, "not taken away"),
        ({NUMBER: "T-1, T-2"}, DONE, "several shipments"),
        ({CARRIER: "UPS"}, DONE | {NUMBER: "T-1, T-2"}, "several shipments"),
    ],
)
def test_what_cannot_is_told(changes: dict[str, Value], shown: dict[str, Value], why: str) -> None:
    assert why in refused(changes, shown)


def test_words_of_people_mean_those_of_the_shop() -> None:
    assert (meant(ORDER, "ARCHIVED"), meant(SHIPPED, "Shipped"), meant(ORDER, "gone"), meant(NUMBER, " T ")) == (
        "closed",
        "fulfilled",
        None,
        " T ",
    )
