"""What changed since a state of the document, deleting, and reading by SQL. Observed on grist-core 1.7.17."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.grist.places import Doc, Place, Table

NOTHING: dict[str, Any] = {"tableRenames": [], "tableDeltas": {}}


@pytest.fixture
def table(doc: Doc) -> Table:
    table = doc.table(gid="Text", qty="Int")
    table.add({"gid": "a", "qty": 1}, {"gid": "b", "qty": 2})
    return table


def rows_of(delta: dict[str, Any]) -> dict[str, list[int]]:
    return {kind: delta[kind] for kind in ("addRows", "updateRows", "removeRows")}


# --- states ------------------------------------------------------------------------------------------------------


def test_states_are_listed_newest_first(table: Table) -> None:
    before = table.doc.ok("GET", "/states")["states"]
    table.put(({"gid": "a"}, {"qty": 5}))
    after = table.doc.ok("GET", "/states")["states"]
    assert after[1] == before[0]
    assert after[0]["n"] == before[0]["n"] + 1
    assert len(after[0]["h"]) == 64


def test_reading_and_refused_writes_leave_the_head(table: Table) -> None:
    head = table.doc.head()
    table.rows(), table.columns(), table.doc.tables(), table.doc.sql(f"select * from {table.name}")
    assert table.upsert(({"gid": "a"}, {"nope": 1})).status_code == 400
    assert table.upsert(({"gid": "x"}, {"qty": 1}), ({"gid": "x"}, {"qty": 2})).status_code == 400
    assert table.doc.head() == head


def test_writes_that_change_nothing_move_the_head_and_show_no_change(table: Table) -> None:
    head = table.doc.head()
    table.put(({"gid": "a"}, {"qty": 1}))
    same = table.doc.head()
    assert not table.swap({"gid": "a", "qty": 9}, {"qty": 8})
    stale = table.doc.head()
    table.delete(999)
    assert len({head, same, stale, table.doc.head()}) == 4
    assert table.doc.since(head) == NOTHING


def test_a_document_replaced_by_an_older_copy_goes_back_in_its_states(table: Table) -> None:
    doc = table.doc
    copied = doc.ok("POST", "/copy", {"documentName": "syncdb test copy", "workspaceId": doc.place.workspace()})
    before = doc.ok("GET", "/states")["states"][0]
    table.put(({"gid": "a"}, {"qty": 5}))
    seen = doc.head()
    assert doc.ok("POST", "/replace", {"sourceDocId": copied}) is None
    doc.place.ask("DELETE", f"/api/docs/{copied}")
    assert table.row("a")["qty"] == 1
    now = doc.ok("GET", "/states")["states"]
    assert now[0]["n"] <= before["n"] + 1 and seen not in [one["h"] for one in now]
    assert doc.refused("GET", f"/compare?left={seen}&right=HEAD")[1].endswith("Cannot read hash")
    while doc.ok("GET", "/states")["states"][0]["n"] < before["n"] + 2:  # the same edits do not lead to the same state
        table.put(({"gid": "a"}, {"qty": 5}))
    assert seen not in [one["h"] for one in doc.ok("GET", "/states")["states"]]


def test_a_copy_that_names_no_workspace_stands_in_none_and_cannot_replace_a_document(table: Table) -> None:
    doc, place = table.doc, table.doc.place
    copied = doc.ok("POST", "/copy", {"documentName": "syncdb test copy"})
    assert copied.startswith("new~") and doc.ok("GET", "/tables") == place.ask("GET", f"/api/docs/{copied}/tables").json()
    assert doc.refused("POST", "/replace", {"sourceDocId": copied}) == (
        500,
        f'forwarding needs a canonical docId, got urlId-like "{copied}"',
    )
    assert place.ask("DELETE", f"/api/docs/{copied}").status_code == 404
    assert doc.refused("POST", "/copy", {"workspaceId": 10**6})[0] == 404
    assert doc.refused("POST", "/copy", {"workspaceId": "here"})[0] == 400
    assert doc.refused("POST", "/copy", {"workspaceId": place.workspace(), "documentName": ""})[0] == 400


# --- compare -----------------------------------------------------------------------------------------------------


def test_the_answer_of_compare(table: Table) -> None:
    left = table.doc.ok("GET", "/states")["states"][0]
    table.put(({"gid": "a"}, {"qty": 5}))
    right = table.doc.ok("GET", "/states")["states"][0]
    answer = table.doc.ok("GET", "/compare", left=left["h"], right="HEAD")
    delta = {
        "updateRows": [1], "removeRows": [], "addRows": [], "columnDeltas": {"qty": {"1": [[1], [5]]}}, "columnRenames": [],
    }  # fmt: skip
    assert answer == {
        "left": left,
        "right": right,
        "parent": left,
        "summary": "right",
        "details": {"leftChanges": NOTHING, "rightChanges": {"tableRenames": [], "tableDeltas": {table.name: delta}}},
    }
    assert table.doc.ok("GET", "/compare", left=right["h"], right="HEAD")["summary"] == "same"


def test_added_and_removed_rows_with_their_cells(table: Table) -> None:
    head = table.doc.head()
    table.put(({"gid": "c"}, {"qty": 3}))
    table.delete(1)
    delta = table.doc.since(head)["tableDeltas"][table.name]
    assert rows_of(delta) == {"addRows": [3], "updateRows": [], "removeRows": [1]}
    assert delta["columnDeltas"]["gid"] == {"1": [["a"], None], "3": [None, ["c"]]}
    assert delta["columnDeltas"]["qty"] == {"1": [[1], None], "3": [None, [3]]}


def test_a_row_id_is_given_again_and_the_delta_shows_both_keys(table: Table) -> None:
    head = table.doc.head()
    table.delete(2)
    assert table.add({"gid": "c", "qty": 7}) == [2]
    delta = table.doc.since(head)["tableDeltas"][table.name]
    assert rows_of(delta) == {"addRows": [2], "updateRows": [], "removeRows": [2]}
    assert delta["columnDeltas"]["gid"] == {"2": [["b"], ["c"]]}


def test_what_came_and_went_in_between_names_no_rows(table: Table) -> None:
    head = table.doc.head()
    (row,) = table.add({"gid": "brief"})
    table.delete(row)
    delta = table.doc.since(head)["tableDeltas"][table.name]
    assert rows_of(delta) == {"addRows": [], "updateRows": [], "removeRows": []}
    assert delta["columnDeltas"]["gid"] == {}


def test_a_changed_key_shows_what_it_was(table: Table) -> None:
    head = table.doc.head()
    table.put(({"id": 1}, {"gid": "A"}))
    assert table.doc.since(head)["tableDeltas"][table.name]["columnDeltas"] == {"gid": {"1": [["a"], ["A"]]}}


def test_there_and_back_names_the_row_or_nothing(table: Table) -> None:
    """A reader has to take either; what matters is that no change of value is told."""
    head = table.doc.head()
    table.put(({"gid": "a"}, {"qty": 5}))
    table.put(({"gid": "a"}, {"qty": 1}))
    delta = table.doc.since(head)["tableDeltas"].get(table.name, {"columnDeltas": {}})
    cells = delta["columnDeltas"].get("qty", {})
    assert all(before == after for before, after in cells.values())


def test_cells_are_cut_at_ten_rows_and_row_lists_never(table: Table) -> None:
    head = table.doc.head()
    added = table.add(*({"gid": f"n{number}"} for number in range(30)))
    cut = table.doc.since(head)["tableDeltas"][table.name]
    whole = table.doc.since(head, maxRows="null")["tableDeltas"][table.name]
    assert cut["addRows"] == whole["addRows"] == added
    assert (len(cut["columnDeltas"]["gid"]), cut["mayBeIncomplete"]) == (10, True)
    assert (len(whole["columnDeltas"]["gid"]), "mayBeIncomplete" in whole) == (30, False)


def test_formulas_and_triggers_are_told_too(doc: Doc) -> None:
    table = doc.table(gid="Text", qty="Int", twice={"type": "Int", "isFormula": True, "formula": "$qty * 2"})
    table.add({"gid": "a", "qty": 1})
    head = doc.head()
    table.put(({"gid": "a"}, {"qty": 2}))
    assert doc.since(head)["tableDeltas"][table.name]["columnDeltas"] == {
        "qty": {"1": [[1], [2]]}, "twice": {"1": [[2], [4]]},
    }  # fmt: skip


def test_a_renamed_column_tells_later_cells_by_its_new_name(table: Table) -> None:
    head, ref = table.doc.head(), str(table.columns()["qty"]["colRef"])
    table.change_column("qty", label="Stock")
    table.put(({"gid": "a"}, {"Stock": 9}))
    deltas = table.doc.since(head)["tableDeltas"]
    assert deltas[table.name]["columnRenames"] == [["qty", "Stock"]]
    assert deltas[table.name]["columnDeltas"] == {"Stock": {"1": [[1], [9]]}}
    assert deltas["_grist_Tables_column"]["columnDeltas"]["colId"] == {ref: [["qty"], ["Stock"]]}


def test_columns_that_came_and_went(table: Table) -> None:
    head = table.doc.head()
    table.add_column("new", type="Text", isFormula=False)
    table.doc.ok("DELETE", f"{table.path}/columns/qty")
    delta = table.doc.since(head)["tableDeltas"][table.name]
    assert sorted(delta["columnRenames"], key=str) == sorted([[None, "new"], ["qty", None]], key=str)
    assert delta["columnDeltas"]["-qty"] == {"1": [[1], None], "2": [[2], None]}


def test_tables_that_were_renamed_came_and_went(doc: Doc) -> None:
    kept, gone = doc.table(gid="Text"), doc.table(gid="Text")
    kept.add({"gid": "a"}), gone.add({"gid": "g"})
    head = doc.head()
    doc.ok("PATCH", "/tables", {"tables": [{"id": kept.name, "fields": {"tableId": f"{kept.name}_new"}}]})
    doc.ok("POST", f"/tables/{kept.name}_new/records", {"records": [{"fields": {"gid": "b"}}]})
    doc.ok("POST", "/apply", [["RemoveTable", gone.name]])
    made = doc.table(gid="Text")
    changes = doc.since(head)
    renames = [[kept.name, f"{kept.name}_new"], [gone.name, None], [None, made.name]]
    assert sorted(changes["tableRenames"], key=str) == sorted(renames, key=str)
    assert changes["tableDeltas"][f"{kept.name}_new"]["addRows"] == [2]
    assert changes["tableDeltas"][f"-{gone.name}"]["columnDeltas"]["-gid"] == {"1": [["g"], None]}


@pytest.mark.parametrize(("left", "right"), [("0" * 64, "HEAD"), ("nonsense", "HEAD"), ("HEAD", "nonsense")])
def test_a_state_that_is_not_known(doc: Doc, left: str, right: str) -> None:
    assert doc.refused("GET", "/compare", left=left, right=right) == (500, "Cannot read hash")


def test_a_state_that_was_pruned(server: Place) -> None:
    with server.document() as doc:
        table, head = doc.table(gid="Text"), doc.head()
        table.add({"gid": "a"})
        doc.ok("POST", "/states/remove", {"keep": 1})
        assert len(doc.ok("GET", "/states")["states"]) == 1
        assert doc.refused("GET", "/compare", left=head, right="HEAD") == (500, "Cannot read hash")


# --- rows: deleting, changing, listing ---------------------------------------------------------------------------


def test_deleting_what_is_gone_is_no_error(table: Table) -> None:
    for path in (f"{table.path}/records/delete", f"{table.path}/data/delete"):
        assert table.doc.ok("POST", path, [1, 999]) is None
    assert [row["id"] for row in table.rows()] == [2]


def test_patch_refuses_the_whole_where_one_row_is_missing_or_differs(table: Table) -> None:
    path = f"{table.path}/records"
    missing = {"records": [{"id": 1, "fields": {"qty": 9}}, {"id": 777, "fields": {"qty": 9}}]}
    mixed = {"records": [{"id": 1, "fields": {"qty": 9}}, {"id": 2, "fields": {"gid": "x"}}]}
    assert table.doc.refused("PATCH", path, missing) == (400, "Invalid row id 777")
    assert table.doc.refused("PATCH", path, mixed) == (400, "PATCH requires all records to have same fields")
    assert [row["fields"]["qty"] for row in table.rows()] == [1, 2]


def test_two_actions_are_applied_both_or_neither(table: Table) -> None:
    good, bad = ["UpdateRecord", table.name, 1, {"qty": 9}], ["UpdateRecord", table.name, 1, {"nope": 9}]
    assert table.doc.refused("POST", "/apply", [good, bad]) == (500, "[Sandbox] KeyError 'nope'")
    assert table.row("a")["qty"] == 1
    assert table.doc.ok("POST", "/apply", [good])["isModification"] is True
    assert table.row("a")["qty"] == 9


def test_listing_filters_by_lists_sorts_and_limits(table: Table) -> None:
    table.add({"gid": "c", "qty": 2})
    assert [row["id"] for row in table.rows(filter={"qty": [2]})] == [2, 3]
    assert [row["id"] for row in table.rows(filter={"id": [1, 3], "gid": ["c", "b"]})] == [3]
    assert [row["id"] for row in table.rows(sort="-gid", limit=2)] == [3, 2]
    assert table.rows(limit=1, hidden="true")[0]["fields"]["manualSort"] == 1


def test_a_long_filter_goes_into_the_body(table: Table) -> None:
    """In the address it is refused with 431 by a real server (its HTTP layer), from 16 KiB on."""
    wanted = {"gid": [f"gid://shopify/ProductVariant/{number}" for number in range(2000)] + ["b"]}
    found = table.doc.ok("POST", f"{table.path}/records/list", {"filter": wanted})["records"]
    assert [row["id"] for row in found] == [2]


# --- SQL ---------------------------------------------------------------------------------------------------------


def test_sql_reads_in_blocks_and_by_a_list_of_keys(table: Table) -> None:
    statement = f"select id, gid from {table.name} where id > ? order by id limit ?"
    assert table.doc.sql(statement, 0, 1) == [{"id": 1, "gid": "a"}]
    assert table.doc.sql(statement, 1, 1) == [{"id": 2, "gid": "b"}]
    by_key = f"select id from {table.name} where gid in (select value from json_each(?))"
    assert table.doc.sql(by_key, '["b", "zz"]') == [{"id": 2}]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select nope from {}", "SQLITE_ERROR: no such column: nope"),
        ("select * from Nope", "SQLITE_ERROR: no such table: Nope"),
        ("delete from {}", "only select statements are supported"),
        ("pragma table_info({})", "only select statements are supported"),
    ],
)
def test_sql_that_is_refused(table: Table, statement: str, said: str) -> None:
    assert table.doc.refused("POST", "/sql", {"sql": statement.format(table.name)}) == (400, said)


def test_sql_that_takes_too_long_is_interrupted(doc: Doc) -> None:
    counting = "with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000000) select count(*) from c"
    said = (400, "a slow statement resulted in a database interrupt")
    assert doc.refused("POST", "/sql", {"sql": counting, "timeout": 100}) == said
