"""Names, renames, formulas and triggers, and how one row at a time is refused. Observed on grist-core 1.7.17."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.grist.places import Doc, Table

NOT_A_FORMULA = {"isFormula": False, "formula": ""}
EMPTY_COLUMN = {"isFormula": True, "formula": ""}  # writable: the first value makes it a data column


def shown(table: Table, column: str, *fields: str) -> dict[str, Any]:
    whole = table.columns()[column]
    return {field: whole[field] for field in fields}


def put_column(table: Table, column: str, fields: dict[str, Any], **params: Any) -> None:
    """PUT /columns tells nothing, whatever it did."""
    assert table.doc.ok("PUT", f"{table.path}/columns", {"columns": [{"id": column, "fields": fields}]}, **params) is None


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


# --- names -------------------------------------------------------------------------------------------------------


def test_ids_of_columns_are_made_valid_and_unique(doc: Doc) -> None:
    wanted = ["id", "class", "1st", "été", "a b", "a_b", "manualSort", "None", "SEO title", "metafields.custom.x"]
    table = doc.table(**{name: {"label": name} for name in wanted})
    got = ["id2", "cclass", "c1st", "ete", "a_b", "a_b2", "manualSort2", "cNone", "SEO_title", "metafields_custom_x"]
    assert list(table.columns()) == got
    assert [one["label"] for one in table.columns().values()] == wanted


def test_ids_of_tables_are_made_valid_and_unique(server: Any) -> None:
    wanted = ["shopify products", "Shopify_products", "id", "1st", "été", "a b-c"]
    with server.document() as doc:
        bodies = ({"tables": [{"id": name, "columns": [{"id": "a"}]}]} for name in wanted)
        made = [doc.ok("POST", "/tables", body)["tables"][0]["id"] for body in bodies]
    assert made == ["Shopify_products", "Shopify_products2", "Id", "T1st", "Ete", "A_b_c"]


def test_a_column_posted_twice_is_two_columns(doc: Doc) -> None:
    table = doc.table(gid="Text")
    assert [table.add_column("a", label="Alpha"), table.add_column("a", label="Alpha")] == ["a", "a2"]


def test_a_column_put_twice_is_one_where_its_id_is_valid(doc: Doc) -> None:
    table = doc.table(gid="Text")
    for _ in range(2):
        put_column(table, "price", {"label": "Price", "type": "Numeric", "isFormula": False}, noupdate=1)
        put_column(table, "b x", {"label": "Beta"}, noupdate=1)
    assert list(table.columns()) == ["gid", "price", "b_x", "b_x2"]


def test_a_column_put_again_with_another_label_is_renamed(doc: Doc) -> None:
    table = doc.table(gid="Text")
    for _ in range(2):
        put_column(table, "gamma", {"label": "Ga mma"})
    assert list(table.columns()) == ["gid", "Ga_mma"]


# --- renames -----------------------------------------------------------------------------------------------------


def test_a_new_label_renames_the_column_until_it_is_untied(doc: Doc) -> None:
    table = doc.table(gid="Text", qty={"label": "Qty", "type": "Int", "untieColIdFromLabel": True})
    ref = table.columns()["qty"]["colRef"]
    assert table.columns()["qty"]["untieColIdFromLabel"] is False  # ignored at creation
    table.change_column("qty", label="Stock")
    assert refusal(table.upsert(({"gid": "1"}, {"qty": 1}))) == (400, 'Invalid column "qty"')
    table.change_column("Stock", untieColIdFromLabel=True)
    table.change_column("Stock", label="Pieces")
    assert shown(table, "Stock", "colRef", "label") == {"colRef": ref, "label": "Pieces"}
    table.change_column("Stock", colId="pieces")
    assert table.columns()["pieces"]["colRef"] == ref


def test_a_renamed_table_keeps_its_ref(doc: Doc) -> None:
    table = doc.table(gid="Text")
    ref = doc.tables()[table.name]["tableRef"]
    doc.ok("PATCH", "/tables", {"tables": [{"id": table.name, "fields": {"tableId": f"{table.name}_renamed"}}]})
    assert doc.tables()[f"{table.name}_renamed"]["tableRef"] == ref
    for path in ("records", "columns"):
        assert doc.refused("GET", f"{table.path}/{path}") == (404, f'Table not found "{table.name}"')


def test_the_ref_of_a_deleted_column_is_given_again(doc: Doc) -> None:
    """So a column that is to be found again by its ref needs a second mark."""
    table = doc.table(gid="Text", last="Text")
    ref = table.columns()["last"]["colRef"]
    doc.ok("DELETE", f"{table.path}/columns/last")
    table.add_column("other", type="Numeric")
    assert table.columns()["other"]["colRef"] == ref


def test_what_is_not_there_is_named(doc: Doc) -> None:
    table = doc.table(gid="Text")
    change = {"columns": [{"id": "nope", "fields": {"label": "x"}}]}
    assert doc.refused("PATCH", f"{table.path}/columns", change) == (404, 'Column not found "nope"')
    assert refusal(table.upsert(({"nope": 1}, {"gid": "x"}))) == (400, 'Invalid column "nope"')
    assert doc.refused("GET", "/tables/Nope/records") == (404, 'Table not found "Nope"')
    assert doc.refused("GET", f"{table.path}/records", filter='{"nope": [1]}')[0] == 400
    assert doc.refused("GET", f"{table.path}/records", filter='{"gid": "x"}')[0] == 400


# --- formulas ----------------------------------------------------------------------------------------------------


def test_a_column_added_later_is_an_empty_formula_unless_told_not_to_be(doc: Doc) -> None:
    table = doc.table(gid="Text", first="Numeric")
    table.add_column("told", type="Numeric", isFormula=False)
    table.add_column("posted", type="Numeric")
    put_column(table, "put", {"type": "Numeric"})
    assert shown(table, "first", *NOT_A_FORMULA) == shown(table, "told", *NOT_A_FORMULA) == NOT_A_FORMULA
    assert shown(table, "posted", *EMPTY_COLUMN) == shown(table, "put", *EMPTY_COLUMN) == EMPTY_COLUMN
    table.put(({"gid": "1"}, {"posted": 3, "told": 2}))
    assert shown(table, "posted", *NOT_A_FORMULA) == NOT_A_FORMULA
    assert (table.row("1")["posted"], table.row("1")["told"]) == (3, 2)


@pytest.fixture
def figured(doc: Doc) -> Table:
    formulas = {"twice": "$price * 2", "inverse": "1 / $price"}
    columns = {name: {"type": "Numeric", "isFormula": True, "formula": one} for name, one in formulas.items()}
    return doc.table(gid="Text", price="Numeric", **columns)


def test_formula_cells_are_read_and_required_but_not_written(figured: Table) -> None:
    figured.add({"gid": "1", "price": 2})
    assert figured.row("1") == {"gid": "1", "price": 2, "twice": 4, "inverse": 0.5}
    assert figured.swap({"gid": "1", "twice": 4}, {"gid": "1"})
    assert not figured.swap({"gid": "1", "twice": 5}, {"gid": "1"})
    said = (400, "Error manipulating data: [Sandbox] ValueError Can't save value to formula column twice")
    assert refusal(figured.upsert(({"gid": "1"}, {"twice": 5}))) == said
    path = f"{figured.path}/records"
    assert figured.doc.refused("POST", path, {"records": [{"fields": {"twice": 5}}]}) == said
    assert figured.doc.refused("PATCH", path, {"records": [{"id": 1, "fields": {"twice": 5}}]}) == said


def test_a_data_column_made_a_formula_refuses_from_then_on(figured: Table) -> None:
    figured.add({"gid": "1", "price": 2})
    figured.change_column("price", isFormula=True, formula="7")
    assert refusal(figured.upsert(({"gid": "1"}, {"price": 5})))[0] == 400
    assert figured.row("1")["price"] == 7


def test_a_formula_that_fails_shows_null_and_its_error(figured: Table) -> None:
    figured.add({"gid": "0", "price": 0})
    (row,) = figured.rows()
    assert row["fields"]["inverse"] is None
    assert row["errors"] == {"inverse": "ZeroDivisionError"}
    assert figured.row("0", cellFormat="typed")["inverse"] == ["E", "ZeroDivisionError"]
    (raw,) = figured.doc.sql(f"select inverse from {figured.name}")
    assert raw["inverse"]["type"] == "Buffer"


# --- trigger formulas --------------------------------------------------------------------------------------------

TRIGGER = {"isFormula": False, "recalcWhen": 2}


def test_when_to_recalculate_is_taken_by_columns_not_by_tables(doc: Doc) -> None:
    table = doc.table(gid="Text", early={"type": "Text", "formula": "user.Email", **TRIGGER})
    table.add_column("later", type="Text", formula="user.Email", **TRIGGER)
    assert (table.columns()["early"]["recalcWhen"], table.columns()["later"]["recalcWhen"]) == (0, 2)
    table.change_column("early", recalcWhen=2)
    assert table.columns()["early"]["recalcWhen"] == 2


@pytest.fixture
def watched(doc: Doc) -> Table:
    table = doc.table(gid="Text", qty="Int")
    table.add_column("edited_at", type="DateTime:UTC", formula="NOW()", **TRIGGER)
    table.add_column("edited_by", type="Text", formula="user.Email", **TRIGGER)
    table.put(({"gid": "1"}, {"qty": 1, "edited_by": "somebody", "edited_at": 0}))
    return table


def test_a_change_sets_who_and_when(watched: Table) -> None:
    watched.put(({"gid": "1"}, {"qty": 2}))
    row = watched.row("1")
    assert row["edited_by"] == watched.doc.place.login()
    assert row["edited_at"] > 1_500_000_000


def test_writing_what_is_there_changes_nothing(watched: Table) -> None:
    before = watched.row("1")
    answer = watched.upsert(({"gid": "1"}, {"qty": 1})).json()
    assert answer["updateRecordIds"] == [[1]]
    assert watched.row("1") == before


def test_a_written_value_beats_the_trigger(watched: Table) -> None:
    watched.put(({"gid": "1"}, {"qty": 3, "edited_by": "me", "edited_at": 60}))
    assert watched.row("1") == {"gid": "1", "qty": 3, "edited_by": "me", "edited_at": 60}


@pytest.fixture
def counted(doc: Doc) -> Table:
    """`moved` is figured from qty at every change."""
    table = doc.table(gid="Text", qty="Int", price="Numeric")
    table.add_column("moved", type="Int", formula="$qty * 100 + 1", **TRIGGER)
    table.add({"gid": "1", "qty": 1, "moved": 10}, {"gid": "2", "qty": 1, "moved": 10})
    return table


def moved(table: Table) -> list[int]:
    return [row["fields"]["moved"] for row in table.rows()]


def test_a_written_value_beats_the_trigger_within_one_set_of_fields(counted: Table) -> None:
    counted.put(({"gid": "1"}, {"qty": 2, "moved": 11}), ({"gid": "2"}, {"qty": 2, "moved": 12}))
    assert moved(counted) == [11, 12]


def test_a_written_value_loses_to_the_trigger_beside_another_set_of_fields(counted: Table) -> None:
    counted.put(({"gid": "1"}, {"qty": 2, "moved": 11}), ({"gid": "2"}, {"qty": 3}))
    assert moved(counted) == [201, 301]


def test_writing_the_value_that_is_there_does_not_hold_the_trigger_back(counted: Table) -> None:
    counted.put(({"gid": "1"}, {"qty": 2, "moved": 10}))
    assert moved(counted) == [201, 10]


def test_dependencies_are_given_by_patch_and_bind(counted: Table) -> None:
    counted.change_column("moved", recalcWhen=0, recalcDeps=["L", counted.columns()["qty"]["colRef"]])
    counted.put(({"gid": "1"}, {"price": 5}))
    assert moved(counted) == [10, 10]
    counted.put(({"gid": "1"}, {"qty": 5}))
    assert moved(counted) == [501, 10]
    counted.add({"gid": "3", "qty": 1, "moved": 10})  # on a new row the formula wins
    assert moved(counted) == [501, 10, 101]


def test_dependencies_given_at_creation_are_refused(server: Any) -> None:
    """Seen to leave a ghost column behind until the document is loaded again, so never to be sent."""
    with server.document() as doc:
        table = doc.table(gid="Text", qty="Int")
        fields = {"type": "Int", "formula": "1", "isFormula": False, "recalcDeps": ["L", table.columns()["qty"]["colRef"]]}
        body = {"columns": [{"id": "moved", "fields": fields}]}
        status, text = doc.refused("POST", f"{table.path}/columns", body)
        assert (status, "AltText" in text) == (400, True)
        doc.ok("POST", "/force-reload")
        table.put(({"gid": "1"}, {"qty": 5}))
        assert table.row("1") == {"gid": "1", "qty": 5}
