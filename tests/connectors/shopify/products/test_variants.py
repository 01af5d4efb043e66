"""Variants are added, renamed, put in order and removed one by one: nothing is deleted by leaving it out."""

import random
from dataclasses import replace
from decimal import Decimal
from itertools import product as all_of

import pytest

from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.variant_plan import variant_plan
from syncdb.connectors.shopify.products.variant_writes import VariantsOutcome, VariantsWriter
from syncdb.connectors.shopify.products.whole import Metafield, Option, Product, Stock, Variant
from syncdb.errors import OutcomeUnknown
from syncdb.model import Result
from syncdb.sandbox.faults import Fault
from tests.connectors.shopify.products.conftest import Shelf
from tests.connectors.shopify.products.test_media import mutations


def made(shelf: Shelf, **options: tuple[str, ...]) -> Product:
    """A product with every combination of these options, each variant with something of its own."""
    listed = tuple(Option(name, values) for name, values in options.items())
    variants = []
    for number, values in enumerate(all_of(*options.values())):
        field = Metafield("custom", "form", "single_line_text_field", f"Form {number}")
        place = next(iter(shelf.goods.locations))
        one = Variant(
            values, f"W-{number}", price=Decimal(number), metafields=(field,), stock=(Stock(place, number),), tracked=True
        )
        variants.append(one)
    outcome = shelf.maker().make(Product("Weste", options=listed, variants=tuple(variants)), "taf:1")
    return read(shelf, str(outcome.id))


def read(shelf: Shelf, key: str) -> Product:
    found = shelf.reader().one(key)
    assert found is not None and found.variants is not None and found.options is not None
    return found


def bring(shelf: Shelf, standing: Product, wanted: Product) -> VariantsOutcome:
    conversation = shelf.conversation()
    return VariantsWriter(Sender(conversation), shelf.reader()).bring(standing.ref, wanted, standing)


def own(product: Product) -> dict[str, object]:
    """What each variant holds besides its values and place, by its id."""
    return {one.ref: replace(one, values=(), ref="") for one in product.variants or ()}


def values(product: Product) -> list[tuple[str, ...]]:
    return [one.values for one in product.variants or ()]


def sent(shelf: Shelf, name: str) -> int:
    return sum(mutations(name)(seen) for seen in shelf.world.faults.log)  # type: ignore[operator]


def test_one_more_variant_leaves_the_others_as_they_are(shelf: Shelf) -> None:
    standing = made(shelf, Größe=("S", "M"))
    place = next(iter(shelf.goods.locations))
    new = Variant(("L",), "W-L", price=Decimal("9.90"), tracked=True, stock=(Stock(place, 7),), barcode="0040")
    assert standing.variants is not None
    wanted = replace(standing, options=(Option("Größe", ("S", "M", "L")),), variants=(new, *standing.variants))
    result = bring(shelf, standing, wanted)
    after = read(shelf, standing.ref)
    assert result.outcome.result is Result.DONE and values(after) == [("L",), ("S",), ("M",)]
    assert own(after).items() >= own(standing).items()
    assert after.variants is not None
    added = after.variants[0]
    assert (added.sku, added.price, added.barcode, added.stock) == ("W-L", Decimal("9.90"), "0040", (Stock(place, 7),))
    assert result.refs == {place: one.ref for place, one in enumerate(after.variants)}
    assert sent(shelf, "productSet") == 1, "only to make it"


def test_a_variant_that_goes_is_named(shelf: Shelf) -> None:
    standing = made(shelf, Größe=("S", "M", "L"))
    assert standing.variants is not None
    wanted = replace(standing, variants=(standing.variants[2], standing.variants[0]))
    assert bring(shelf, standing, wanted).outcome.result is Result.DONE
    after = read(shelf, standing.ref)
    assert values(after) == [("L",), ("S",)] and own(after).items() <= own(standing).items()


def test_an_option_and_its_values_are_renamed_in_place(shelf: Shelf) -> None:
    standing = made(shelf, Farbe=("Rot", "Blau"), Größe=("S", "M"))
    names = {"Rot": "Karmin", "S": "Klein"}
    renamed = tuple(
        replace(one, values=tuple(names.get(value, value) for value in one.values)) for one in standing.variants or ()
    )
    options = (Option("Ton", ("Karmin", "Blau")), Option("Größe", ("Klein", "M")))
    assert bring(shelf, standing, replace(standing, options=options, variants=renamed)).outcome.result is Result.DONE
    after = read(shelf, standing.ref)
    assert values(after) == [one.values for one in renamed] and own(after) == own(standing)
    assert after.options == options and [one.ref for one in after.options] == [one.ref for one in standing.options or ()]
    assert (sent(shelf, "productOptionUpdate"), sent(shelf, "productVariantsBulk")) == (2, 0)


def test_one_more_option_is_set_with_all_variants_by_their_ids(shelf: Shelf) -> None:
    standing = made(shelf, Größe=("S", "M"))
    with_colour = tuple(replace(one, values=(*one.values, "Rot")) for one in standing.variants or ())
    blue = Variant(("S", "Blau"), "W-B", price=Decimal("3"))
    wanted = replace(
        standing, options=(Option("Größe", ("S", "M")), Option("Farbe", ("Rot", "Blau"))), variants=(*with_colour, blue)
    )
    assert bring(shelf, standing, wanted).outcome.result is Result.DONE
    after = read(shelf, standing.ref)
    assert values(after) == [("S", "Rot"), ("M", "Rot"), ("S", "Blau")] and own(after).items() >= own(standing).items()


def test_two_variants_change_places(shelf: Shelf) -> None:
    standing = made(shelf, Größe=("S", "M"))
    assert standing.variants is not None
    small, medium = standing.variants
    wanted = replace(standing, variants=(replace(small, values=("M",)), replace(medium, values=("S",))))
    assert bring(shelf, standing, wanted).outcome.result is Result.DONE
    after = read(shelf, standing.ref)
    assert [(one.ref, one.values) for one in after.variants or ()] == [(small.ref, ("M",)), (medium.ref, ("S",))]
    assert own(after) == own(standing)


def test_what_changed_meanwhile_is_planned_again(shelf: Shelf) -> None:
    standing = made(shelf, Größe=("S", "M"))
    shelf.merchant.add_variant(standing.ref, {"Größe": "XL"})
    before = shelf.requests("write")
    wanted = replace(standing, variants=(standing.variants or ())[:1])
    assert bring(shelf, standing, wanted).outcome.result is Result.STALE and shelf.requests("write") == before


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before"])
@pytest.mark.parametrize("name", ["BulkCreate", "BulkDelete", "BulkReorder", "OptionUpdate", "productSet"])
def test_after_a_lost_answer_the_next_call_brings_it_about(shelf: Shelf, name: str, kind: str) -> None:
    standing = made(shelf, Größe=("S", "M", "L"))
    kept = tuple(one for one in standing.variants or () if one.values != ("M",))
    options = (Option("Maß", ("S", "L", "XL")),)
    if name == "productSet":
        kept = tuple(replace(one, values=(*one.values, "Rot")) for one in kept)
        options = (*options, Option("Farbe", ("Rot",)))
    new = Variant(("XL", "Rot")[: len(options)], "W-XL", price=Decimal("3"))
    wanted = replace(standing, options=options, variants=(new, *kept))
    shelf.world.faults.add(Fault(kind, mutations(name)))  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        bring(shelf, standing, wanted)
    assert bring(shelf, read(shelf, standing.ref), wanted).outcome.result is Result.DONE
    after = read(shelf, standing.ref)
    assert values(after) == values(wanted) and len(shelf.named("Weste")) == 1
    assert {ref for ref in own(after) if ref in own(standing)} == {one.ref for one in kept}


def test_more_than_go_into_one_call(shelf: Shelf) -> None:
    standing = made(shelf, Los=tuple(f"L{number}" for number in range(230)))
    assert standing.variants is not None
    fresh = tuple(Variant((f"N{number}",), f"N-{number}") for number in range(230))
    options = (Option("Los", tuple(one.values[0] for one in (*fresh, standing.variants[5]))),)
    wanted = replace(standing, options=options, variants=(*fresh, standing.variants[5]))
    assert bring(shelf, standing, wanted).outcome.result is Result.DONE
    assert values(read(shelf, standing.ref)) == values(wanted)


def test_whatever_is_wanted_comes_about_and_nothing_else_changes(shelf: Shelf) -> None:
    """Random changes of all kinds, each in one call; a variant that stays keeps all it holds, and a second call does nothing."""
    rng = random.Random(7)
    standing = made(shelf, Farbe=("Rot", "Blau"), Größe=("S", "M"))
    for step in range(25):
        wanted = shuffled(standing, rng, step)
        assert bring(shelf, standing, wanted).outcome.result is Result.DONE, (step, values(standing), values(wanted))
        after = read(shelf, standing.ref)
        kept = {one.ref for one in wanted.variants or () if one.ref}
        assert values(after) == values(wanted) and {ref for ref in own(after) if ref in own(standing)} == kept
        assert {ref: own(after)[ref] for ref in kept} == {ref: own(standing)[ref] for ref in kept}
        before = shelf.requests("write")
        assert bring(shelf, after, replace(after)).outcome.result is Result.DONE and shelf.requests("write") == before
        standing = after


def shuffled(standing: Product, rng: random.Random, step: int) -> Product:
    """The product with some variants gone, some new, some with other values, in another order, options perhaps renamed."""
    variants = rng.sample(list(standing.variants or ()), rng.randrange(1, len(standing.variants or ()) + 1))
    colours, sizes = ["Rot", "Blau", "Grün", f"Ton {step}"], ["S", "M", "L", f"Maß {step}"]
    taken = {one.values for one in standing.variants or ()}  # one with the values of one that goes would be taken for it
    for _ in range(rng.randrange(3)):
        one = (rng.choice(colours), rng.choice(sizes))
        if one not in taken:
            variants.append(Variant(one, f"N-{step}-{len(variants)}", price=Decimal(step)))
            taken.add(one)
    for at, one in enumerate(variants):
        new = (rng.choice(colours), one.values[1])
        if rng.random() < 0.3 and new not in taken:
            taken.add(new)
            variants[at] = replace(one, values=new)
    rng.shuffle(variants)
    names = [one.name for one in standing.options or ()]
    if rng.random() < 0.3:
        names[0] = f"Farbe {step}"
    lists = [tuple(dict.fromkeys(one.values[at] for one in variants)) for at in (0, 1)]
    options = tuple(Option(name, shown) for name, shown in zip(names, lists, strict=True))
    return replace(standing, options=options, variants=tuple(variants))


def test_a_renaming_is_found_and_a_changed_value_is_not_one() -> None:
    option = Option("Größe", ("S", "M"), "o", ("s", "m"))
    standing = Product("W", options=(option,), variants=(Variant(("S",), ref="1"), Variant(("M",), ref="2")))
    renamed = replace(standing, variants=(Variant(("Klein",), ref="1"), Variant(("M",), ref="2")))
    plan = variant_plan(standing, renamed)
    assert [dict(one.values) for one in plan.renamed] == [{"s": "Klein"}] and not plan.changed and not plan.whole
    assert variant_plan(standing, standing).nothing
