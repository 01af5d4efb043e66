"""Tables and columns: made where missing, adopted where they stand, followed when renamed, missed when gone."""

import json
from typing import Any

import pytest

from syncdb.connectors.grist import GristTable, TableBinding, TableColumn
from syncdb.connectors.grist.cells import default_of
from syncdb.connectors.grist.schema import identifier, identifier_made, table_identifier
from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.model import Result
from tests.connectors.grist.conftest import COLUMNS, Bench, create, update
from tests.sandbox.grist.places import Table
from tests.scenarios.grist_hands import Hands


def columns(bench: Bench, table: str = "Products") -> dict[str, Any]:
    return Table(bench.doc, table).columns()


def kept(table: GristTable) -> TableBinding:
    """The binding as another process would get it."""
    assert table.binding is not None
    return TableBinding.from_data(json.loads(json.dumps(table.binding.as_data())))


def test_a_table_is_made_with_its_types_and_is_then_left_alone(bench: Bench) -> None:
    table = bench.table()
    bench.build(table)
    found = columns(bench)
    assert {name: one["type"] for name, one in found.items()} == {
        "Shopify_ID": "Text", "Title": "Text", "Price": "Numeric", "Stock": "Int", "For_sale": "Bool", "Status": "Choice",
        "Tags": "ChoiceList", "Day": "Date", "Made": "DateTime:Europe/Berlin",
    }  # fmt: skip
    assert not any(one["isFormula"] for one in found.values())
    assert json.loads(found["Status"]["widgetOptions"])["choices"] == ["ACTIVE", "DRAFT"]
    assert bench.table().structure(1) is None


def test_a_table_that_stands_is_used_and_only_what_is_missing_is_added(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [
        {"id": "x", "fields": {"label": "shopify id", "type": "Text"}},
        {"id": "title", "fields": {"label": "Title", "type": "Text"}},
        {"id": "note", "fields": {"label": "My note", "type": "Text"}},
    ]}]})  # fmt: skip
    before = columns(bench)
    bench.build(bench.table())
    after = columns(bench)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"Price", "Stock", "For_sale", "Status", "Tags", "Day", "Made"}


def test_an_empty_column_is_given_its_type_before_grist_guesses_one(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [
        {"id": "Title", "fields": {"label": "Title", "type": "Any", "isFormula": True, "formula": ""}},
    ]}]})  # fmt: skip
    table = bench.ready(create("g1", title="007"))
    assert columns(bench)["Title"]["type"] == "Text"
    assert bench.records(table)["g1"].record.fields["title"] == "007"


def test_a_column_of_another_type_is_respected_and_its_values_converted(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [
        {"id": "Price", "fields": {"label": "Price", "type": "Text"}},
        {"id": "Tags", "fields": {"label": "Tags", "type": "Text"}},
    ]}]})  # fmt: skip
    table = bench.ready(create("g1", price=12, tags="a, b"))
    assert columns(bench)["Price"]["type"] == "Text"
    bench.types("g1", Tags="b,a")
    found = bench.records(table)["g1"].record.fields
    assert (found["price"], found["tags"]) == (12, "a, b")


def test_renamed_tables_and_columns_are_followed_from_run_to_run(bench: Bench) -> None:
    first = bench.ready(create("g1", title="Mug", stock=3))
    bench.renames_table("Waren")
    Table(bench.doc, "Waren").change_column("Title", label="Bezeichnung")
    Table(bench.doc, "Waren").change_column("Shopify_ID", label="Nummer")
    again = bench.table(binding=kept(first))
    assert again.structure(1) is None
    assert bench.records(again)["g1"].record.fields["title"] == "Mug"
    assert bench.apply(again, update("g1", {"title": "Mug"}, {"title": "Cup"}))[0].result is Result.DONE
    assert bench.rows("Waren")[0]["Bezeichnung"] == "Cup"
    assert "Products" not in bench.doc.tables()


def test_a_rename_within_a_run_is_noticed_by_reading_and_by_writing(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    Table(bench.doc, "Products").change_column("Title", label="Name")
    assert bench.records(table)["g1"].record.fields["title"] == "Mug"
    attempt = bench.prepare(table, update("g1", {"title": "Mug"}, {"title": "Cup"}))
    Table(bench.doc, "Products").change_column("Name", label="Titel")
    assert table.write(attempt)[0].result is Result.STALE
    assert bench.apply(table, update("g1", {"title": "Mug"}, {"title": "Cup"}))[0].result is Result.DONE
    assert bench.rows()[0]["Titel"] == "Cup"


def test_a_deleted_column_or_table_is_for_a_person(bench: Bench) -> None:
    first = bench.ready(create("g1", title="Mug"))
    bench.doc.ok("DELETE", "/tables/Products/columns/Title")
    with pytest.raises(NeedsPerson, match='"Title"'):
        bench.table(binding=kept(first)).structure(1)
    bench.doc.ok("POST", "/apply", [["RemoveTable", "Products"]])
    with pytest.raises(NeedsPerson, match='"Products" is gone'):
        bench.table(binding=kept(first)).structure(1)
    bench.build(bench.table(binding=kept(first), rebuild=True))
    assert "Products" in bench.doc.tables()


def test_a_field_that_is_given_another_column_gets_it(bench: Bench) -> None:
    first = bench.ready(create("g1", title="Mug"))
    moved = (TableColumn("title", "Headline"), *COLUMNS[1:])
    again = bench.table(binding=kept(first), columns=moved)
    bench.build(again)
    assert bench.records(again)["g1"].record.fields["title"] is None
    assert bench.rows()[0]["Title"] == "Mug"


def test_two_columns_of_one_name_are_for_a_person_unless_the_id_says_which(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [
        {"id": "a1", "fields": {"label": "Title", "type": "Text"}},
        {"id": "a2", "fields": {"label": "x", "type": "Text"}},
    ]}]})  # fmt: skip
    path = "/tables/Products/columns"
    for fields in ({"untieColIdFromLabel": True}, {"label": "Title"}):
        bench.doc.ok("PATCH", path, {"columns": [{"id": "a1", "fields": fields}, {"id": "a2", "fields": fields}]})
    with pytest.raises(NeedsPerson, match="a1, a2"):
        bench.table().structure(1)
    bench.build(bench.table(columns=(TableColumn("title", "Title", column_id="a2"),)))


def test_columns_that_cannot_hold_their_field_are_for_a_person(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [
        {"id": "Made", "fields": {"label": "Made", "type": "Date"}},
    ]}]})  # fmt: skip
    with pytest.raises(NeedsPerson, match="Date"):
        bench.table().structure(1)


def test_a_lost_answer_while_making_makes_nothing_twice(bench: Bench) -> None:
    for applied in (True, False):
        bench.line.lose.append(applied)
        table = bench.table()
        attempt = table.structure(bench.token())
        assert attempt is not None
        outcomes = table.write(attempt)
        assert [one.result for one in outcomes] == ([] if applied else [Result.STALE])
        if not applied:
            bench.build(table)
        assert [name for name in bench.doc.tables() if name.startswith("Products")] == ["Products"]
        bench.doc.ok("POST", "/apply", [["RemoveTable", "Products"]])


def test_an_idle_run_asks_once(bench: Bench) -> None:
    first = bench.ready(create("g1", title="Mug"))
    bench.table(binding=kept(first)).structure(1)
    second = bench.table(binding=kept(first))
    assert second.structure(1) is None
    binding = kept(second)
    document = bench.document()
    cursor = bench.document().changes(None).cursor
    idle = bench.table(document, binding=binding)
    bench.line.calls.clear()
    assert idle.structure(1) is None
    assert dict(document.changes(cursor).keys) == {}
    assert len(bench.line.calls) <= 2, bench.line.calls
    bench.line.calls.clear()
    document = bench.document()
    idle = bench.table(document, binding=kept(idle))
    assert idle.structure(1) is None and dict(document.changes(cursor).keys) == {}
    assert len(bench.line.calls) == 1, bench.line.calls


def test_when_people_changed_a_row_is_noted_but_not_when_we_did(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"), changed_at="Changed")
    assert columns(bench)["Changed"]["recalcWhen"] == 2
    assert bench.doc.place.login() in columns(bench)["Changed"]["formula"]
    bench.apply(table, update("g1", {"title": "Mug"}, {"title": "Cup"}))
    assert bench.records(table)["g1"].changed_at is None
    other = bench.ready(create("h1", title="Mug"), changed_at="Changed", login="us@shop.example", table="Others", name="others")
    bench.types("h1", "Others", Title="by hand")
    stamp = bench.records(other)["h1"].changed_at
    assert stamp is not None and stamp.endswith("Z")


def test_two_fields_in_one_column_are_refused(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        bench.table(columns=(TableColumn("a", "Same"), TableColumn("b", "same")))


def test_a_dry_run_makes_nothing_and_shows_what_would_be(bench: Bench) -> None:
    dry = bench.table(dry=True)
    assert dry.structure(1) is not None
    assert bench.records(dry) == {} and dry.look(["g1"]).found == {}
    assert "Products" not in bench.doc.tables()
    bench.ready(create("g1", title="Mug"), columns=COLUMNS[:1])
    more = bench.table(dry=True)
    assert more.structure(2) is not None
    assert bench.records(more)["g1"].record.fields == {"title": "Mug"} | {one.name: default_of(one.type) for one in COLUMNS[1:]}
    assert set(columns(bench)) == {"Shopify_ID", "Title"}


@pytest.mark.parametrize("label", ["shopify products", "Größe cm", "1st", "été", "Products", "_x", "a - b", "Stock (EU)"])
def test_names_of_tables_are_told_in_advance(bench: Bench, label: str) -> None:
    (made,) = bench.doc.ok("POST", "/tables", {"tables": [{"id": label, "columns": [{"id": "a"}]}]})["tables"]
    assert identifier_made(label) == made["id"] and (table_identifier(label) == made["id"]) is not label.endswith(")")


NAMES = ["Draft orders", "Products", "größe 2", "Stock (EU)", "_x_", "none", "2. Stock", "?", "a - b", "été"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_and_its_page_are_called_as_people_wrote_it(bench: Bench, name: str) -> None:
    bench.line.lose.append(True)
    bench.build(bench.table(table=name, columns=COLUMNS[:1]))
    (made,) = set(bench.doc.tables()) - {"Table1"}
    hands = Hands(bench.doc, made)
    assert hands.page() == (name if name != "?" else made)
    hands.rename_page("Ours")
    assert bench.table(table=name, columns=COLUMNS[:1]).structure(9) is None
    bench.build(bench.table(table=name, columns=COLUMNS[:2]))
    assert set(bench.doc.tables()) == {"Table1", made} and hands.page() == "Ours"


def test_a_table_that_was_made_under_an_id_of_its_own_is_still_the_one(bench: Bench) -> None:
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Stock_EU", "columns": [{"id": "Title", "fields": {"type": "Text"}}]}]})
    bench.build(bench.table(table="Stock (EU)", columns=COLUMNS[:2]))
    assert set(bench.doc.tables()) == {"Table1", "Stock_EU"} and Hands(bench.doc, "Stock_EU").page() == "Stock_EU"


def test_what_is_made_of_a_label_is_taken_by_grist_as_it_is(bench: Bench) -> None:
    labels = ["Größe cm", "id", "class", "1st", "été", "On hand", "SEO title", "Compare-at price", "custom.my_field", "Ü", "?"]
    wanted = [{"id": identifier(label), "fields": {"label": label, "isFormula": False, "type": "Text"}} for label in labels]
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Names", "columns": [{"id": "first"}]}]})
    for _ in range(2):
        bench.doc.ok("PUT", "/tables/Names/columns", {"columns": wanted}, noupdate="1")
    assert set(columns(bench, "Names")) - {"first"} == {one["id"] for one in wanted}
