"""Where the records of a conflict stand, for people: a number on its side."""

from dataclasses import replace

from syncdb.ledger.queries.conflicts import Dispute
from syncdb.ledger.queries.sides import UNKNOWN
from syncdb.model import Why
from syncdb.services.deciding import places

HERE, THERE = "gid://shopify/Product/7", "gid://shopify/Product/9"
SIDES = replace(UNKNOWN, left_title="taf", right_title="afl")
ONE = Dispute("1", "stores", HERE, "title", Why.BOTH_CHANGED, "Tea", "", None, "a", "b", (THERE,), "2026-11-30T09:00:00Z")


def test_a_record_of_the_other_store_is_told_to_stand_there() -> None:
    assert places(ONE, SIDES) == ["number 7 in taf", "number 9 in afl"]


def test_records_that_could_be_the_same_stand_where_their_keys_say() -> None:
    assert places(replace(ONE, why=Why.AMBIGUOUS, where=(THERE, "right:5")), SIDES) == [
        "number 7 in taf",
        "number 9 in taf",
        "number 5 in afl",
    ]
