"""Amounts, stock and products as Sentos spells them; what could mean two things is refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdb.connectors.sentos.amounts import UnclearAmount, amount_in
from syncdb.connectors.sentos.catalogue import SentosCatalogue
from syncdb.connectors.sentos.goods import product_in
from syncdb.errors import NotUnderstood
from tests.connectors.sentos.conftest import Account


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1.299,90", "1299.90"),
        ("29,90", "29.90"),
        ("29.90", "29.90"),
        ("1,299.90", "1299.90"),
        ("1.234.567,8", "1234567.8"),
        ("1.234.567", "1234567"),
        ("1299", "1299"),
        ("0,00", "0"),
        (" 89,90 TL ", "89.90"),
        ("₺12,5", "12.5"),
        (1299, "1299"),
        (Decimal("29.9"), "29.9"),
    ],
)
def test_amounts_that_are_clear(written: Any, amount: str) -> None:
    assert amount_in(written) == Decimal(amount)


@pytest.mark.parametrize(
    "written",
    ["1.299", "1.200", "1,200", "1,299", "1.29.90", "1,2,3", "abc", "", "-5,00", "1.2990", "12.34,5.6", None, True,
     Decimal("1.299"), Decimal("NaN"), Decimal("-1"), [], "9" * 30, "1.299,905"],
)  # fmt: skip
def test_amounts_that_are_not(written: Any) -> None:
    with pytest.raises(UnclearAmount):
        amount_in(written)


@given(st.integers(0, 10**11), st.sampled_from(["comma", "dot", "english"]))
def test_an_amount_with_its_decimals_is_read_exactly_or_not_at_all(kurus: int, style: str) -> None:
    amount = Decimal(kurus) / 100
    english = f"{amount:,.2f}"
    text = {"dot": f"{amount:.2f}", "english": english, "comma": english.translate(str.maketrans(",.", ".,"))}[style]
    assert amount_in(text) == amount


def shown(**other: Any) -> dict[str, Any]:
    stock = [{"warehouse": 1, "stock": 7}, {"warehouse": {"id": 2}, "stock": "3"}]
    return {"id": 5, "sku": "A", "name": "Kupa", "sale_price": "89,90", "stocks": stock, "variants": []} | other


@pytest.mark.parametrize("variants", [[], None, "absent"])
def test_a_product_without_variants_is_stocked_itself(variants: Any) -> None:
    product = product_in({name: value for name, value in shown(variants=variants).items() if value != "absent"}, None)
    (article,) = product.articles
    assert (article.id, article.sku, article.pieces([1, 2]), article.pieces([2]), product.price) == (
        "p5",
        "A",
        10,
        3,
        Decimal("89.90"),
    )


@pytest.mark.parametrize("stock", ["many", "1.000", None, {}, True, "7.5"])
def test_stock_that_cannot_be_read_makes_all_of_it_unknown(stock: Any) -> None:
    (article,) = product_in(shown(stocks=[{"warehouse": 1, "stock": 4}, {"warehouse": 2, "stock": stock}]), None).articles
    assert article.stock == {} and "stock" in article.unreadable


@pytest.mark.parametrize("price", ["1.299", "0,00", "", None, "kostenlos"])
def test_a_price_that_is_not_clear_is_none(price: Any) -> None:
    product = product_in(shown(sale_price=price), None)
    assert product.price is None and product.unreadable["price"]


def test_a_price_list_that_a_product_lacks_gives_no_price() -> None:
    assert product_in(shown(prices={"n11": {"sale_price": "5,00"}}), "b2c").price is None
    both = product_in(shown(prices={"b2c": {"sale_price": "5,00", "list_price": "6,00"}}), "b2c")
    assert (both.price, both.list_price) == (Decimal("5.00"), Decimal("6.00"))


def test_what_has_no_id_is_no_product() -> None:
    with pytest.raises(NotUnderstood):
        product_in({"name": "x"}, None)


@pytest.mark.parametrize("habits", [{}, {"listing": "bare"}, {"largest_page": 30}, {"size_name": "pageSize", "listing": "pages"}])
def test_a_whole_catalogue_costs_a_request_for_each_page(account: Account, habits: dict[str, Any]) -> None:
    account.clerk.fill(249)
    account.app.behave(**habits)
    client = account.client()
    catalogue = SentosCatalogue(client).read()
    assert len(catalogue.products) == 250 and catalogue.complete
    pages = {30: 9}.get(account.app.habits.largest_page, 13 if account.app.habits.size_name == "pageSize" else 3)
    pages += account.app.habits.listing == "bare"  # nothing says that there is no more but an empty page
    assert client.budget.spent == pages


def test_a_bare_list_that_is_cut_to_another_size_is_read_to_its_end(account: Account) -> None:
    account.clerk.fill(149)
    account.app.behave(listing="bare", size_name="pageSize")
    catalogue = SentosCatalogue(account.client()).read()
    assert len(catalogue.products) == 150 and catalogue.complete


def test_a_catalogue_of_ten_thousand_products_costs_a_hundred_requests(account: Account) -> None:
    for number in range(9_999):
        account.clerk.add_product(f"Ürün {number}", f"S-{number}", "10.00")
    client = account.client()
    begun = account.seconds
    assert len(SentosCatalogue(client).read().products) == 10_000
    assert account.faults.count("sentos") == client.budget.spent == 100 and account.seconds - begun < 120
