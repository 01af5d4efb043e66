"""Products are made whole, once, whatever becomes of the answers."""

from dataclasses import replace
from decimal import Decimal

import pytest

from syncdb.connectors.shopify.products.whole import Metafield, Option, Product, Special, Stock, UnitPrice, Variant, Weight
from syncdb.errors import NeedsPerson, OutcomeUnknown
from syncdb.model import Result
from syncdb.sandbox.faults import Fault
from tests.connectors.shopify.products.conftest import Shelf


def vest(shelf: Shelf, **more: object) -> Product:
    """A product with something in every part."""
    first, second, *_ = shelf.goods.locations
    small = Variant(
        values=("Rot", "S"),
        sku="0012-S",
        barcode="0040",
        price=Decimal("19.90"),
        compare_at_price=Decimal("25.00"),
        cost=Decimal("7.5"),
        inventory_policy="CONTINUE",
        taxable=False,
        tax_code="P0000000",
        tracked=True,
        requires_shipping=False,
        weight=Weight(Decimal("0.1"), "KILOGRAMS"),
        harmonized_code="610910",
        codes=(("TR", "6109100010"),),
        country_of_origin="DE",
        province_of_origin="BY",
        unit_price=UnitPrice(Decimal("1.5"), "L", 1, "L"),
        show_unit_price=True,
        metafields=(Metafield("custom", "form", "single_line_text_field", "eng"),),
        stock=(Stock(first, 5), Stock(second, -2)),
    )
    medium = replace(small, values=("Blau", "M"), sku="0012-M", stock=(Stock(first, 0),), metafields=())
    made = Product(
        title="Weste «Ada» 🧶",
        description_html="<p>Warm.</p>",
        handle="weste-ada",
        vendor="Kayra & Söhne",
        product_type="Kleidung",
        tags=("b2b", "Neu"),
        status="DRAFT",
        category="gid://shopify/TaxonomyCategory/aa-1-13",
        seo_title="Weste kaufen",
        seo_description="Warm",
        template_suffix="gross",
        requires_selling_plan=False,
        options=(Option("Farbe", ("Rot", "Blau")), Option("Größe", ("M", "S"))),
        variants=(small, medium),
        metafields=(Metafield("custom", "stoff", "single_line_text_field", "Wolle"),),
        media=(),
        currency="EUR",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def without_origin(product: Product) -> Product:
    """The product without the metafield that holds its custom id."""
    kept = tuple(one for one in product.metafields or () if one.name != "sync.origin")
    return replace(product, metafields=kept)


def test_what_was_made_reads_as_what_was_meant(shelf: Shelf) -> None:
    maker, wanted = shelf.maker(), vest(shelf)
    outcome = maker.make(wanted, "taf:1")
    assert outcome.result is Result.DONE and outcome.id
    found = shelf.reader().one(outcome.id)
    assert found is not None and without_origin(found) == wanted
    assert maker.custom.found("taf:1") == outcome.id
    assert shelf.goods.products[outcome.id]["publishedAt"] is None  # publishing is another matter


def test_a_product_that_says_little_gets_what_the_shop_gives(shelf: Shelf) -> None:
    outcome = shelf.maker().make(Product("Nur ein Titel"), "taf:2")
    found = shelf.reader().one(str(outcome.id))
    assert found is not None and found.variants is not None
    assert (found.title, found.handle, found.has_options, len(found.variants)) == ("Nur ein Titel", "nur-ein-titel", False, 1)


@pytest.mark.parametrize("stores", [True, False])
def test_the_custom_id_is_written_whether_or_not_the_shop_does_it_itself(shelf: Shelf, stores: bool) -> None:
    shelf.goods.stores_custom_ids = stores
    maker = shelf.maker()
    for product in (Product("Ohne Felder"), vest(shelf)):
        outcome = maker.make(product, f"taf:{product.title}")
        assert maker.custom.found(f"taf:{product.title}") == outcome.id is not None


def test_made_twice_it_is_one_and_what_people_changed_stays(shelf: Shelf) -> None:
    maker, wanted = shelf.maker(), vest(shelf)
    first = maker.make(wanted, "taf:1")
    shelf.merchant.edit_product(str(first.id), title="Von Hand")
    before = shelf.requests("write")
    assert maker.make(wanted, "taf:1") == first
    assert shelf.requests("write") == before and len(shelf.named("Von Hand")) == 1 and not shelf.named(wanted.title)


@pytest.mark.parametrize("kind", ["apply_then_cut", "apply_then_error", "html_200", "cut_before"])
def test_a_lost_answer_makes_no_second_product(shelf: Shelf, kind: str) -> None:
    maker, wanted = shelf.maker(), vest(shelf)
    shelf.world.faults.add(Fault(kind, "shopify write"))  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        maker.make(wanted, "taf:1")
    applied = kind.startswith("apply")
    settled = maker.made("taf:1")
    assert (settled is not None) is applied
    again = maker.make(wanted, "taf:1")
    assert again.result is Result.DONE and (settled is None or settled.id == again.id)
    assert len(shelf.named(wanted.title)) == 1


def test_a_request_carried_out_late_makes_no_second_product(shelf: Shelf) -> None:
    maker, wanted = shelf.maker(), vest(shelf)
    shelf.world.faults.add(Fault("apply_late", "shopify write"))
    with pytest.raises(OutcomeUnknown):
        maker.make(wanted, "taf:1")
    again = maker.make(wanted, "taf:1")
    assert shelf.world.faults.land_late() == 1
    assert [one["id"] for one in shelf.named(wanted.title)] == [again.id]


def many(count: int) -> Product:
    values = tuple(f"Los {number}" for number in range(count))
    return Product("Viele", options=(Option("Los", values),), variants=tuple(Variant((one,), sku=one) for one in values))


def test_all_2048_variants_are_made_in_their_order(shelf: Shelf) -> None:
    outcome = shelf.maker().make(many(2048), "taf:big")
    assert outcome.result is Result.DONE
    node = shelf.goods.products[str(outcome.id)]
    assert [one["sku"] for one in node["variants"]] == [f"Los {number}" for number in range(2048)]
    assert shelf.world.time.slept  # it was an operation, and was waited for


def test_one_variant_more_is_refused_before_anything_is_sent(shelf: Shelf) -> None:
    before = shelf.requests("write")
    outcome = shelf.maker().make(many(2049), "taf:big")
    assert outcome.result is Result.REJECTED and "2049 variants, and there may be 2048" in outcome.why
    assert shelf.requests("write") == before


def test_an_operation_that_goes_wrong_says_so(shelf: Shelf) -> None:
    shelf.merchant.add_product("Besetzt", handle="besetzt")
    outcome = shelf.maker().make(replace(many(150), handle="besetzt"), "taf:1")
    assert outcome.result is Result.REJECTED and "already in use" in outcome.why and not shelf.named("Viele")


def test_the_process_may_die_while_an_operation_runs(shelf: Shelf) -> None:
    maker = shelf.maker()
    shelf.world.faults.add(Fault("cut_before", "shopify read", times=None, skip=2))  # it is sent, and never asked for
    with pytest.raises(Exception, match="did not succeed|still making|lost"):
        maker.make(many(150), "taf:1")
    shelf.world.faults.clear()
    shelf.world.time.seconds += 60
    settled = shelf.maker().made("taf:1")
    assert settled is not None and len(shelf.named("Viele")) == 1


def test_a_busy_shop_is_waited_for(shelf: Shelf) -> None:
    left = iter((True, True, False))

    def busy(body: dict[str, object]) -> None:
        data = body.get("data")
        if isinstance(data, dict) and data.get("productSet") and next(left):
            text = "Another operation already in progress. Please wait until current one is finished."
            data["productSet"] = {"product": None, "userErrors": [{"field": None, "message": text, "code": None}]}
            data["productSet"]["productSetOperation"] = None

    shelf.world.app.tamper = busy
    outcome = shelf.maker().make(Product("Geduld"), "taf:1")
    assert outcome.result is Result.DONE and len(shelf.named("Geduld")) == 1 and len(shelf.world.time.slept) >= 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"title": " "}, "title is empty"),
        ({"currency": "USD"}, "prices are in USD"),
        ({"special": frozenset({Special.GIFT_CARD})}, "a gift card"),
        ({"handle": "x" * 256}, "256 characters"),
        ({"options": (Option("Farbe / Ton", ("Rot",)),), "variants": (Variant(("Rot",)),)}, "' / '"),
        ({"options": (Option("Farbe", ("Rot",)),), "variants": (Variant(("Rot",)), Variant(("Rot",)))}, "both Rot"),
        ({"options": (Option("Farbe", ("Rot",)),), "variants": (Variant(("Rot",), price=Decimal("1.005")),)}, "decimals of EUR"),
        ({"variants": None}, "together"),
        ({"status": "SOLD"}, "none of ACTIVE"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(shelf: Shelf, more: dict[str, object], told: str) -> None:
    before = shelf.requests("write")
    outcome = shelf.maker().make(vest(shelf, **more), "taf:1")
    assert outcome.result is Result.REJECTED and told in outcome.why and shelf.requests("write") == before


def test_a_handle_that_is_taken_is_refused_by_name(shelf: Shelf) -> None:
    shelf.merchant.add_product("Weste", handle="weste-ada")
    outcome = shelf.maker().make(vest(shelf), "taf:1")
    assert outcome.result is Result.REJECTED and "weste-ada" in outcome.why and not shelf.named(vest(shelf).title)


def test_without_the_definition_nothing_is_made(shelf: Shelf) -> None:
    maker = shelf.maker()
    shelf.goods.definitions.clear()
    with pytest.raises(NeedsPerson, match=r"sync\.origin"):
        maker.make(Product("Nichts"), "taf:1")
    assert not shelf.named("Nichts")


def test_the_definition_is_made_once(shelf: Shelf) -> None:
    maker = shelf.maker()
    shelf.goods.definitions.clear()
    assert not maker.custom.defined()
    maker.custom.define(maker.sender)
    maker.custom.define(maker.sender)
    assert maker.custom.defined() and len(shelf.goods.definitions) == 1
    assert maker.make(Product("Etwas"), "taf:1").result is Result.DONE


def test_a_definition_of_another_type_needs_a_person(shelf: Shelf) -> None:
    maker = shelf.maker()
    next(iter(shelf.goods.definitions.values()))["type"] = {"name": "number_integer", "category": "NUMBER"}
    with pytest.raises(NeedsPerson, match="number_integer"):
        maker.custom.defined()
