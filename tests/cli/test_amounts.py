"""Amounts as people read them: the decimals that their currency has, never fewer than they hold."""

from decimal import Decimal

import pytest

from syncdb.services.amounts import amount, bag, grouped, is_bag, priced
from tests.cli.conftest import Shop


@pytest.mark.parametrize(
    ("number", "currency", "told"),
    [
        ("49.9", "EUR", "49.90 EUR"),
        ("49", "TRY", "49.00 TRY"),
        ("1E+3", "EUR", "1000.00 EUR"),
        ("-0.5", "USD", "-0.50 USD"),
        ("1200.0", "JPY", "1200 JPY"),
        ("1200.50", "JPY", "1200.5 JPY"),
        ("4.25", "KWD", "4.250 KWD"),
        ("0.12345", "EUR", "0.12345 EUR"),
        ("7", None, "7.00"),
    ],
)
def test_an_amount_has_its_currencys_decimals_and_loses_none(number: str, currency: str | None, told: str) -> None:
    assert priced(number, currency) == told
    assert Decimal(amount(Decimal(number), currency)) == Decimal(number)


def test_no_amount_is_nothing_and_thousands_are_told_apart() -> None:
    assert priced(None, "EUR") == ""
    assert grouped(Decimal("1234567.5"), "EUR") == "1\u202f234\u202f567.50"
    assert grouped(Decimal("-1234567"), "JPY") == "-1\u202f234\u202f567"


def test_money_of_an_order_is_told_from_other_lists() -> None:
    assert bag(["49.9", "EUR"]) == "49.90 EUR"
    assert bag(["49.9", "EUR", "8300.0", "JPY"]) == "49.90 EUR (8300 JPY)"
    assert is_bag(["0", "EUR"]) and not any(map(is_bag, (["vip", "NEW"], ["1"], [["1", "EUR"]], "10 EUR", None)))


def test_history_shows_amounts_with_their_decimals(past: Shop) -> None:
    """Every amount of every order's past; JSON keeps what was seen to the letter."""
    lines, seen = [], set()
    for order in past.world.shop.orders.values():
        text = " ".join(past.ask("history", order["name"]).out.split())
        for event in past.ask("history", order["name"], "--json").data["events"]:
            for side in (event["before"], event["after"]):
                if event["who"] == "shop" and is_bag(side):
                    seen.add(side[0])
                    assert bag(side) in text, (side, text)
                    lines.append(bag(side))
    assert len(lines) > 5 and any(len(one.partition(".")[2]) < 2 for one in seen), "no amount here has lost its zeros"
    assert all(len(one.split()[0].partition(".")[2]) == 2 for one in lines)
