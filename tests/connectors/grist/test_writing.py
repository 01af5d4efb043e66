"""Writes land where they belong, only where a row still shows what was seen, and a record that will not do holds up no other."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from syncdb.connectors.grist import TableColumn
from syncdb.model import Operation, Result, agrees
from syncdb.values import Value
from tests.connectors.grist.conftest import Bench, create, delete, update
from tests.sandbox.grist.places import Table

FULL: dict[str, Value] = {
    "title": "Läufer 🧵", "price": Decimal("19.90"), "stock": 3, "sold": True, "status": "ACTIVE", "tags": "a, b",
    "day": datetime(2026, 2, 3), "made": datetime(2026, 7, 3, 10, 5, 9),
}  # fmt: skip
OTHER: dict[str, Value] = {
    "title": None, "price": Decimal("59.7"), "stock": None, "sold": False, "status": "SOLD OUT", "tags": None, "day": None,
    "made": datetime(2026, 12, 3),
}  # fmt: skip


def test_values_of_every_type_go_there_and_back_and_are_compared_by_grist(bench: Bench) -> None:
    """Each old value is part of what the write requires, so a type whose old value did not match would be stale."""
    table = bench.ready(create("g1", **FULL))
    assert agrees(FULL, bench.records(table)["g1"].record.fields)
    for name in FULL:
        assert bench.apply(table, update("g1", {name: FULL[name]}, {name: OTHER[name]}))[0].result is Result.DONE, name
    assert agrees(OTHER, bench.records(table)["g1"].record.fields)
    assert bench.apply(table, update("g1", OTHER, FULL))[0].result is Result.DONE
    assert agrees(FULL, table.look(["g1"]).found["g1"].record.fields)


@pytest.mark.parametrize(
    ("field", "typed"),
    [("title", "by hand"), ("price", 7.5), ("stock", 9), ("sold", False), ("status", "DRAFT"), ("tags", ["L", "c"]),
     ("day", 1770076800 + 86400), ("made", 1770112800), ("title", ""), ("tags", None)],
)  # fmt: skip
def test_what_a_person_typed_between_look_and_write_stays(bench: Bench, field: str, typed: Any) -> None:
    table = bench.ready(create("g1", **FULL))
    attempt = bench.prepare(table, update("g1", {field: FULL[field]}, {field: OTHER[field]}))
    column = {"sold": "For_sale"}.get(field, field.capitalize())
    bench.types("g1", **{column: typed})
    before = bench.rows()
    assert table.write(attempt)[0].result is Result.STALE
    assert bench.rows() == before


def test_a_person_who_typed_something_else_beside_it_stops_nothing(bench: Bench) -> None:
    table = bench.ready(create("g1", **FULL))
    attempt = bench.prepare(table, update("g1", {"title": FULL["title"]}, {"title": "new"}))
    bench.types("g1", Stock=9)
    assert table.write(attempt)[0].result is Result.DONE
    assert (bench.rows()[0]["Title"], bench.rows()[0]["Stock"]) == ("new", 9)


def test_a_new_key_that_stands_already_is_adopted_if_equal_and_stale_if_not(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug", stock=1))
    outcomes = bench.apply(table, create("g1", title="Mug", stock=1), create("g2", title="Cup"))
    assert [one.result for one in outcomes] == [Result.DONE, Result.DONE]
    assert bench.apply(table, create("g1", title="Other"))[0].result is Result.STALE
    assert [row["Title"] for row in bench.rows()] == ["Mug", "Cup"]


def test_values_that_do_not_fit_are_refused_by_name_and_the_rest_goes_on(bench: Bench) -> None:
    table = bench.ready(create("g2", stock=1))
    outcomes = bench.apply(table, create("g1", stock=3_000_000_000), create("g3", stock=3))
    assert [one.result for one in outcomes] == [Result.REJECTED, Result.DONE]
    assert "g1" in outcomes[0].why and "stock" in outcomes[0].why and "3000000000" in outcomes[0].why
    outcomes = bench.apply(table, update("g2", {"price": 0}, {"price": Decimal("1.005")}))
    assert outcomes[0].result is Result.REJECTED and "price" in outcomes[0].why
    assert {row["Shopify_ID"]: row["Stock"] for row in bench.rows()} == {"g2": 1, "g3": 3}


def test_a_cell_that_holds_something_else_is_left_out_reported_and_not_overwritten(bench: Bench) -> None:
    table = bench.ready(create("g1", price=Decimal(5), stock=2))
    bench.types("g1", Price="ask Anna")
    found = bench.records(table)["g1"]
    assert "price" not in found.record.fields and "ask Anna" in found.frozen["price"]
    assert "ask Anna" in table.unreadable["g1", "price"]
    outcome = bench.apply(table, update("g1", {"price": None}, {"price": Decimal(6)}))[0]
    assert outcome.result is Result.REJECTED and "ask Anna" in outcome.why
    assert bench.rows()[0]["Price"] == "ask Anna"


def test_formula_columns_are_read_and_never_written(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [
        {"id": "Title", "fields": {"label": "Title", "type": "Text", "isFormula": True, "formula": '"No " + $Shopify_ID'}},
        {"id": "Stock", "fields": {"label": "Stock", "type": "Any", "isFormula": True, "formula": "1 / 0"}},
    ]}]})  # fmt: skip
    table = bench.ready(create("g1", title="Mug", price=Decimal(2)))
    found = bench.records(table)["g1"]
    assert found.record.fields["title"] == "No g1" and "title" in found.computed
    assert "stock" not in found.record.fields and "ZeroDivisionError" in table.unreadable["g1", "stock"]
    assert bench.apply(table, update("g1", {"title": "No g1"}, {"title": "x"}))[0].result is Result.STALE


def test_a_column_made_a_formula_in_the_last_moment_is_not_overwritten(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug", stock=1))
    attempt = bench.prepare(table, update("g1", {"title": "Mug"}, {"title": "Cup"}))
    Table(bench.doc, "Products").change_column("Title", isFormula=True, formula='"mine"')
    assert table.write(attempt)[0].result is Result.STALE
    assert bench.records(table)["g1"].computed == {"title"}
    assert bench.rows()[0]["Title"] == "mine"


def test_a_trigger_formula_that_wins_is_noticed(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug", stock=1), create("g2", title="Mug", stock=1))
    Table(bench.doc, "Products").change_column("Title", formula="$Stock + 100", isFormula=False, recalcWhen=2)
    table = bench.ready_again(table)
    outcomes = bench.apply(
        table, update("g1", {"stock": 1, "title": "Mug"}, {"stock": 2, "title": "Cup"}), update("g2", {"stock": 1}, {"stock": 2})
    )
    shown = {row["Shopify_ID"]: row["Title"] for row in bench.rows()}
    assert [one.result for one in outcomes] == [Result.DONE, Result.DONE]
    assert outcomes[0].instead == ({} if shown["g1"] == "Cup" else {"title": shown["g1"]})


def test_doubled_keys_are_told_and_written_in_neither_row(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"), create("g2", title="Cup"))
    attempt = bench.prepare(table, update("g1", {"title": "Mug"}, {"title": "new"}))
    bench.doc.ok("POST", "/tables/Products/records", {"records": [{"fields": {"Shopify_ID": "g1", "Title": "Mug"}}]})
    assert table.write(attempt)[0].result is Result.STALE
    (block,) = table.fetch()
    assert set(block.found) == {"g2"} and block.doubled == {"g1": ("1", "3")} and block.complete
    assert table.look(["g1"]).doubled == {"g1": ("1", "3")}
    assert [row["Title"] for row in bench.rows()] == ["Mug", "Cup", "Mug"]


def test_rows_of_people_without_a_key_are_no_records(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    bench.doc.ok("POST", "/tables/Products/records", {"records": [{"fields": {"Title": "mine"}}, {"fields": {"Title": "too"}}]})
    assert set(bench.records(table)) == {"g1"}


def test_deleting_takes_the_row_of_that_key_even_if_ids_were_given_again(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"), create("g2", title="Cup"))
    attempt = bench.prepare(table, delete("g2", {"title": "Cup"}))
    path = "/tables/Products/records"
    bench.doc.ok("POST", f"{path}/delete", [2])
    for fields in ({"Title": "somebody's"}, {"Shopify_ID": "g2", "Title": "Cup"}):
        bench.doc.ok("POST", path, {"records": [{"fields": fields}]})
    assert bench.rows()[1]["Title"] == "somebody's"  # it has the id that g2 had
    assert table.write(attempt)[0].result is Result.DONE
    assert [row["Title"] for row in bench.rows()] == ["Mug", "somebody's"]


def test_what_was_edited_is_not_deleted(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"), create("g2", title="Cup"))
    attempt = bench.prepare(table, delete("g1", {"title": "Mug"}), delete("g2", {"title": "Cup"}), delete("g3", {}))
    bench.types("g1", Title="edited")
    assert [one.result for one in table.write(attempt)] == [Result.STALE, Result.DONE, Result.STALE]
    assert [row["Title"] for row in bench.rows()] == ["edited"]


def test_references_are_made_by_key_and_read_as_keys(bench: Bench) -> None:
    document = bench.document()
    products = bench.table(document, columns=(TableColumn("title", "Title"),))
    bench.build(products)
    variants = bench.table(
        document,
        name="variants",
        table="Variants",
        columns=(TableColumn("product", "Product", "Ref:Products"), TableColumn("sku", "SKU")),
    )
    bench.build(variants)
    bench.apply(products, create("p1", title="Mug"), create("p2", title="Cup"))
    outcomes = bench.apply(variants, create("v1", product="p2", sku="1"), create("v2", product="p9"), create("v3", product=None))
    assert [one.result for one in outcomes] == [Result.DONE, Result.REJECTED, Result.DONE]
    assert "p9" in outcomes[1].why
    assert {row["Shopify_ID"]: row["Product"] for row in bench.rows("Variants")} == {"v1": 2, "v3": 0}
    found = bench.records(variants)
    assert found["v1"].record.fields["product"] == "p2" and found["v3"].record.fields["product"] is None
    assert bench.apply(variants, update("v1", {"product": "p2"}, {"product": "p1"}))[0].result is Result.DONE
    assert bench.apply(variants, update("v1", {"product": "p2"}, {"product": "p1"}))[0].result is Result.STALE
    bench.types("v1", "Variants", Product=999)
    assert "999" in bench.records(variants)["v1"].frozen["product"]


def test_a_batch_stays_under_a_megabyte_and_one_record_that_does_not_is_refused(bench: Bench) -> None:
    table = bench.ready()
    many: list[Operation] = [create(f"g{n}", title="x" * 100_000) for n in range(12)]
    many.insert(3, create("big", title="ü" * 500_000))
    results = []
    while many:
        attempt = table.prepare(many, bench.token())
        assert attempt.operations
        results += [one.result for one in table.write(attempt)]
        many = many[len(attempt.operations) :]
    assert results == [Result.DONE] * 3 + [Result.REJECTED] + [Result.DONE] * 9
    assert len(bench.rows()) == 12


def test_one_write_takes_one_kind_of_operation_and_each_key_once(bench: Bench) -> None:
    table = bench.ready(create("g1", title="a"), create("g2", title="b"))
    asked = [update("g1", {"title": "a"}, {"title": "c"}), update("g1", {"title": "c"}, {"title": "d"}), create("g3")]
    taken = [len(table.prepare(asked[start:], bench.token()).operations) for start in range(3)]
    assert taken == [1, 1, 1]


def test_many_keys_are_looked_at_in_one_request(bench: Bench) -> None:
    table = bench.ready()
    keys = [f"gid://shopify/Product/{number}" for number in range(600)]
    assert {one.result for one in bench.apply(table, *(create(key, stock=n) for n, key in enumerate(keys)))} == {Result.DONE}
    table.look(keys[:1])
    bench.line.calls.clear()
    assert set(table.look([*keys[:500], "nobody"]).found) == set(keys[:500])
    assert len(bench.line.calls) == 1
    assert len(bench.records(table)) == 600
    more = [f"gid://shopify/Product/{number}" for number in range(590, 40_000)]
    assert set(table.look(more).found) == set(keys[590:])
