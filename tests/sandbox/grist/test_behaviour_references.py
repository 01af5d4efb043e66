"""What a reference shows: a column of the other table, by way of a hidden helper column. Observed on grist-core 1.7.17."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.grist.places import Doc, Table

Fields = tuple[int, int]  # visibleCol, displayCol


def fields(table: Table, column: str) -> Fields:
    found = table.columns()[column]
    return found["visibleCol"], found["displayCol"]


def helpers(table: Table) -> dict[str, str]:
    """The formula of each helper column by its id."""
    hidden = table.doc.ok("GET", f"{table.path}/columns", hidden=1)["columns"]
    return {one["id"]: one["fields"]["formula"] for one in hidden if one["id"].startswith("gristHelper_")}


def ref(table: Table, column: str) -> int:
    return int(table.columns()[column]["colRef"])


def show(table: Table, column: str, other: Table | None, shown: str = "", formula: str | None = None) -> None:
    """As the browser does it; without another table the row's id is shown again."""
    number = ref(table, column)
    said = formula if formula is not None else f"${column}.{shown}" if other else ""
    change = ["UpdateRecord", "_grist_Tables_column", number, {"visibleCol": ref(other, shown) if other else 0}]
    table.doc.ok("POST", "/apply", [change, ["SetDisplayFormula", table.name, None, number, said]])


def seen(table: Table, helper: str = "gristHelper_Display") -> list[Any]:
    return [row["fields"][helper] for row in table.rows(hidden="true")]


@pytest.fixture
def goods(doc: Doc) -> Table:
    table = doc.table(gid="Text", title="Text", weight="Numeric")
    table.add({"gid": "p1", "title": "Tea", "weight": 1.5}, {"gid": "p2", "title": "Pot", "weight": 2})
    return table


@pytest.fixture
def kinds(doc: Doc, goods: Table) -> Table:
    """Variants of the goods: of the first, of none, of one that is not there, of a word, of the second."""
    table = doc.table(gid="Text", product=f"Ref:{goods.name}")
    table.add(*({"gid": f"v{n}", "product": row} for n, row in enumerate((1, 0, 99, "junk", 2))))
    return table


def test_the_column_to_show_is_taken_by_columns_not_by_tables_and_shows_nothing_alone(doc: Doc, goods: Table) -> None:
    wanted = {"type": f"Ref:{goods.name}", "isFormula": False, "visibleCol": ref(goods, "title")}
    table = doc.table(gid="Text", made_with_the_table=wanted)
    table.add_column("added", **wanted)
    table.add_column("changed", type=wanted["type"], isFormula=False)
    table.change_column("changed", visibleCol=ref(goods, "title"))
    assert fields(table, "made_with_the_table") == (0, 0)
    assert fields(table, "added") == fields(table, "changed") == (ref(goods, "title"), 0)
    assert helpers(table) == {}


def test_a_hidden_column_of_formulas_shows_the_other_tables_cells(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    visible, display = fields(kinds, "product")
    assert visible == ref(goods, "title") and display
    assert list(kinds.columns()) == ["gid", "product"] and helpers(kinds) == {"gristHelper_Display": "$product.title"}
    assert [set(row["fields"]) for row in kinds.rows()] == [{"gid", "product"}] * 5
    assert seen(kinds) == ["Tea", "", "", None, "Pot"]
    assert kinds.rows(hidden="true")[3]["errors"] == {"gristHelper_Display": "InvalidTypedValue"}
    assert kinds.doc.sql(f"select * from {kinds.name} where id = 1")[0]["gristHelper_Display"] == "Tea"


def test_it_is_computed_again_and_the_history_tells_it_of_the_rows_that_refer(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    before = kinds.doc.head()
    goods.put(({"gid": "p1"}, {"title": "Green tea"}))
    changed = kinds.doc.since(before, maxRows="null")["tableDeltas"]
    assert changed[goods.name]["columnDeltas"] == {"title": {"1": [["Tea"], ["Green tea"]]}}
    assert changed[kinds.name]["updateRows"] == [1]
    assert changed[kinds.name]["columnDeltas"] == {"gristHelper_Display": {"1": [["Tea"], ["Green tea"]]}}
    before = kinds.doc.head()
    kinds.put(({"gid": "v1"}, {"product": 1}))
    changed = kinds.doc.since(before, maxRows="null")["tableDeltas"]
    assert set(changed[kinds.name]["columnDeltas"]) == {"product", "gristHelper_Display"}
    assert seen(kinds)[:2] == ["Green tea", "Green tea"]


def test_it_cannot_be_written(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    body = {"records": [{"id": 1, "fields": {"gristHelper_Display": "x"}}]}
    assert kinds.doc.refused("PATCH", f"{kinds.path}/records", body)[0] == 400
    assert kinds.swap({"gid": "v0", "gristHelper_Display": "Tea"}, {"gid": "v0"})


def test_what_is_typed_is_looked_up_in_the_column_shown(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    kinds.put(({"gid": "v0"}, {"product": "Pot"}), ({"gid": "v1"}, {"product": "nothing such"}))
    assert (kinds.row("v0")["product"], kinds.row("v1")["product"]) == (2, "nothing such")
    kinds.put(({"gid": "v0"}, {"product": "Pot"}), noparse=1)
    assert kinds.row("v0")["product"] == "Pot"


def test_renames_are_followed(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    goods.change_column("title", label="Name of it")
    kinds.change_column("product", label="Artikel")
    assert helpers(kinds) == {"gristHelper_Display": "$Artikel.Name_of_it"}
    kinds.doc.ok("POST", "/apply", [["RenameTable", goods.name, f"{goods.name}_renamed"]])
    assert seen(kinds)[0] == "Tea"


def test_another_choice_changes_the_helper_and_none_takes_it_away(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    was = fields(kinds, "product")
    show(kinds, "product", goods, "weight")
    assert fields(kinds, "product") == (ref(goods, "weight"), was[1]) and seen(kinds)[:2] == [1.5, 0]
    show(kinds, "product", None)
    assert fields(kinds, "product") == (0, 0) and helpers(kinds) == {}


def test_columns_share_a_helper_of_the_same_formula_unless_they_have_their_own(goods: Table, kinds: Table) -> None:
    for name in ("second", "third"):
        kinds.add_column(name, type=f"Ref:{goods.name}", isFormula=False)
    show(kinds, "product", goods, "title")
    show(kinds, "second", goods, "title", "$product.title")
    assert fields(kinds, "second") == fields(kinds, "product") and len(helpers(kinds)) == 1
    show(kinds, "third", goods, "title")
    show(kinds, "third", goods, "title", "$product.title")
    assert helpers(kinds) == dict.fromkeys(("gristHelper_Display", "gristHelper_Display2"), "$product.title")


def test_another_type_of_the_column_shown_leaves_it_another_one_of_the_reference_does_not(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    chosen = fields(kinds, "product")
    goods.change_column("title", type="Choice")
    kinds.change_column("product", type=f"RefList:{goods.name}")
    assert fields(kinds, "product") == chosen
    kinds.change_column("product", type="Text")
    assert fields(kinds, "product") == (0, 0) and helpers(kinds) == {}


def test_without_the_column_shown_the_rows_id_is_shown_again(goods: Table, kinds: Table) -> None:
    show(kinds, "product", goods, "title")
    goods.doc.ok("DELETE", f"{goods.path}/columns/title")
    assert fields(kinds, "product") == (0, 0) and helpers(kinds) == {}
    show(kinds, "product", goods, "weight")
    kinds.doc.ok("DELETE", f"{kinds.path}/columns/product")
    assert helpers(kinds) == {}


def test_without_the_other_table_what_was_shown_stays(goods: Table, kinds: Table) -> None:
    plain = kinds.add_column("plain", type=f"Ref:{goods.name}", isFormula=False)
    show(kinds, "product", goods, "title")
    kinds.doc.ok("POST", "/apply", [["RemoveTable", goods.name]])
    assert {name: one["type"] for name, one in kinds.columns().items()} == {"gid": "Text", "product": "Text", plain: "Int"}
    assert kinds.row("v0")["product"] == "Tea" and kinds.row("v1")["product"] == "" and fields(kinds, "product") == (0, 0)


def test_a_helper_that_nothing_shows_goes_at_once(kinds: Table) -> None:
    kinds.add_column("gristHelper_Display", isFormula=True, formula="1")
    assert helpers(kinds) == {}


def test_what_is_not_there_is_refused_and_all_of_the_call_undone(goods: Table, kinds: Table) -> None:
    number, change = ref(kinds, "product"), {"visibleCol": ref(goods, "title")}
    first = ["UpdateRecord", "_grist_Tables_column", number, change]
    for action, told in (
        (["SetDisplayFormula", kinds.name, None, 9999, "$product.title"], "KeyError \"'get_record' found no matching record\""),
        (["SetDisplayFormula", kinds.name, None, "nope", "$product.title"], f"ValueError No such column: {kinds.name}.nope"),
        (["SetDisplayFormula", "Nope", None, number, "$product.title"], "ValueError No such table: Nope"),
    ):
        assert kinds.doc.refused("POST", "/apply", [first, action]) == (500, f"[Sandbox] {told}")
    assert fields(kinds, "product") == (0, 0)


def test_a_helper_may_lead_through_several_tables(goods: Table, kinds: Table) -> None:
    kinds.add_column("name", type="Text", isFormula=False)
    kinds.put(({"gid": "v0"}, {"name": "Red"}), ({"gid": "v4"}, {"name": "Plain"}))
    stock = kinds.doc.table(gid="Text", kind=f"Ref:{kinds.name}")
    stock.add({"gid": "s1", "kind": 1}, {"gid": "s2", "kind": 5}, {"gid": "s3", "kind": 0})
    both = '$kind.product.title if $kind.name in (None, "", "Plain") else "%s - %s" % ($kind.product.title, $kind.name)'
    show(stock, "kind", kinds, "name", both)
    assert seen(stock) == ["Tea - Red", "Pot", ""]
    before = stock.doc.head()
    goods.put(({"gid": "p1"}, {"title": "Green tea"}))
    changed = stock.doc.since(before, maxRows="null")["tableDeltas"]
    assert changed[stock.name]["columnDeltas"] == {"gristHelper_Display": {"1": [["Tea - Red"], ["Green tea - Red"]]}}
    goods.change_column("title", label="Name")
    kinds.change_column("product", label="Artikel")
    kinds.change_column("name", label="Kind")
    stock.change_column("kind", label="Was")
    assert helpers(stock)["gristHelper_Display"].startswith('$Was.Artikel.Name if $Was.Kind in (None, "", "Plain") else')
    kinds.put(({"gid": "v4"}, {"Kind": "Big"}))
    assert seen(stock) == ["Green tea - Red", "Pot - Big", ""]
