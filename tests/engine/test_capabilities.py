"""Rules that a declared capability forbids are refused before anything happens; those that it allows are not."""

from itertools import product

import pytest

from syncdb.connectors.base import Capabilities
from syncdb.engine.capabilities import forbidden, refuse_forbidden
from syncdb.errors import ConfigurationError
from syncdb.model import OnMissing, Owner, Policy, Rule, Side

ALL = Capabilities(delete=True)
NO_CREATE, NO_UPDATE, NO_DELETE = Capabilities(create=False), Capabilities(update=False), Capabilities(delete=False)
BOTH = Policy({"price": Rule(Owner.BOTH)}, OnMissing.DELETE, OnMissing.RESTORE, create_left=True, create_right=True)


def asked(policy: Policy, left: Capabilities = ALL, right: Capabilities = ALL) -> list[str]:
    return forbidden(policy, ("Shopify products", left), ("the ERP", right))


def test_what_both_sides_can_do_is_allowed() -> None:
    assert asked(BOTH) == []
    refuse_forbidden("products", BOTH, ("a", ALL), ("b", ALL))


@pytest.mark.parametrize(
    ("policy", "left", "right", "told"),
    [
        (Policy({}, create_left=True), NO_CREATE, ALL, "new in the ERP would be created in Shopify products"),
        (
            Policy({}, missing_right=OnMissing.RESPECT),
            ALL,
            NO_CREATE,
            "new in Shopify products would be created",
        ),
        (
            Policy({}, missing_left=OnMissing.RESTORE),
            NO_CREATE,
            ALL,
            "deleted in Shopify products would be created",
        ),
        (Policy({}, missing_right=OnMissing.DELETE), NO_DELETE, ALL, "would be deleted in Shopify products"),
        (Policy({}, missing_left=OnMissing.DELETE), ALL, NO_DELETE, "would be deleted in the ERP"),
        (Policy({"price": Rule(Owner.LEFT)}), ALL, NO_UPDATE, "price would be changed in the ERP"),
        (Policy({"price": Rule(Owner.RIGHT)}), NO_UPDATE, ALL, "price would be changed in Shopify products"),
        (Policy({"price": Rule(Owner.BOTH)}), NO_UPDATE, ALL, "price would be changed in Shopify products"),
    ],
)
def test_each_thing_that_a_side_cannot_do_is_named(policy: Policy, left: Capabilities, right: Capabilities, told: str) -> None:
    found = asked(policy, left, right)
    assert len(found) == 1 and told in found[0]
    with pytest.raises(ConfigurationError, match=f"products: .*{told}") as refused:
        refuse_forbidden("products", policy, ("Shopify products", left), ("the ERP", right))
    assert refused.value.next_step


def test_an_owner_that_cannot_be_changed_is_a_source() -> None:
    source = Capabilities(create=False, update=False)
    assert asked(Policy({"price": Rule(Owner.LEFT)}), left=source) == []
    assert asked(Policy({"price": Rule(Owner.RIGHT)}, missing_right=OnMissing.RESPECT, create_right=False), right=source) == []


def test_both_directions_are_judged_alike() -> None:
    """Whatever is forbidden with the sides swapped and the rules mirrored is what is forbidden here."""
    names = {Side.LEFT: "one", Side.RIGHT: "two"}
    for owner, left, right, create_left, create_right in product(Owner, OnMissing, OnMissing, (True, False), (True, False)):
        mirrored = {Owner.LEFT: Owner.RIGHT, Owner.RIGHT: Owner.LEFT}.get(owner, owner)
        here = Policy({"f": Rule(owner)}, left, right, create_left, create_right)
        there = Policy({"f": Rule(mirrored)}, right, left, create_right, create_left)
        for can in (NO_CREATE, NO_UPDATE, NO_DELETE):
            one = forbidden(here, (names[Side.LEFT], can), (names[Side.RIGHT], ALL))
            other = forbidden(there, (names[Side.RIGHT], ALL), (names[Side.LEFT], can))
            assert sorted(one) == sorted(other)
