"""What changed in a document is told by its history, deletions included; where it cannot be told, everything is looked at."""

from typing import Any

import pytest

from syncdb.connectors.grist import GristDocument, GristTable, TableColumn
from syncdb.connectors.grist.history import Told, delta, told
from syncdb.model import Result
from tests.connectors.grist.conftest import Bench, create, update
from tests.sandbox.grist.places import Table


def later(bench: Bench, table: GristTable) -> tuple[GristDocument, GristTable]:
    """The next run: a document not looked at yet, and a table bound as the last run left it."""
    document = bench.document()
    return document, bench.table(document, binding=table.binding)


def cursor_now(bench: Bench) -> str:
    return bench.document().changes(None).cursor


def test_without_a_cursor_everything_is_looked_at(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    document, _ = later(bench, table)
    changes = document.changes(None)
    assert dict(changes.keys) == {"products": None}
    assert dict(later(bench, table)[0].changes(changes.cursor).keys) == {}


def test_edits_additions_and_deletions_are_told_by_key(bench: Bench) -> None:
    table = bench.ready(*(create(f"g{n}", title="Mug") for n in range(1, 5)))
    cursor = cursor_now(bench)
    bench.types("g1", Title="edited")
    path = "/tables/Products/records"
    bench.doc.ok("POST", f"{path}/delete", [3, 4])
    bench.doc.ok("POST", path, {"records": [{"fields": {"Shopify_ID": "g5"}}]})  # it gets the id of g3
    bench.doc.ok("POST", path, {"records": [{"fields": {"Title": "no key"}}]})
    document, _ = later(bench, table)
    assert dict(document.changes(cursor).keys) == {"products": ("g1", "g3", "g4", "g5")}


def test_what_formulas_made_of_an_edit_elsewhere_is_told(bench: Bench) -> None:
    rates = [{"id": "name", "fields": {"type": "Text"}}, {"id": "rate", "fields": {"type": "Numeric"}}]
    formula = {"label": "Price", "type": "Numeric", "isFormula": True, "formula": 'Rates.lookupOne(name="EUR").rate'}
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Rates", "columns": rates}]})
    bench.doc.ok("POST", "/tables/Rates/records", {"records": [{"fields": {"name": "EUR", "rate": 2}}]})
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Products", "columns": [{"id": "Price", "fields": formula}]}]})
    table = bench.ready(create("g1", title="Mug"))
    cursor = cursor_now(bench)
    bench.doc.ok("PATCH", "/tables/Rates/records", {"records": [{"id": 1, "fields": {"rate": 3}}]})
    document, again = later(bench, table)
    assert dict(document.changes(cursor).keys) == {"products": ("g1",)}
    assert again.look(["g1"]).found["g1"].record.fields["price"] == 3


def test_many_changed_rows_cost_one_request_more(bench: Bench) -> None:
    table = bench.ready(*(create(f"g{n}", stock=n) for n in range(40)))
    cursor = cursor_now(bench)
    assert {one.result for one in bench.apply(table, *(update(f"g{n}", {"stock": n}, {"stock": 99}) for n in range(25)))} == {
        Result.DONE
    }
    document, _ = later(bench, table)
    bench.line.calls.clear()
    assert dict(document.changes(cursor).keys) == {"products": tuple(sorted(f"g{n}" for n in range(25)))}
    assert len(bench.line.calls) == 2


def test_a_change_of_the_structure_has_everything_looked_at(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    cursor = cursor_now(bench)
    Table(bench.doc, "Products").change_column("Title", label="Name")
    document, again = later(bench, table)
    assert again.structure(1) is None
    assert dict(document.changes(cursor).keys) == {"products": None}
    assert bench.records(again)["g1"].record.fields["title"] == "Mug"


def test_an_unknown_or_forgotten_state_has_everything_looked_at(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    cursor = cursor_now(bench)
    assert dict(later(bench, table)[0].changes("0" * 64).keys) == {"products": None}
    bench.types("g1", Title="edited")
    bench.doc.ok("POST", "/states/remove", {"keep": 1})
    document, again = later(bench, table)
    assert again.structure(1) is None
    found = document.changes(cursor)
    assert dict(found.keys) == {"products": None} and found.cursor == cursor_now(bench)


def test_changes_of_other_tables_are_not_told(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    bench.doc.ok("POST", "/tables", {"tables": [{"id": "Notes", "columns": [{"id": "a"}]}]})
    cursor = cursor_now(bench)
    bench.doc.ok("POST", "/tables/Notes/records", {"records": [{"fields": {"a": 1}}]})
    document, _ = later(bench, table)
    found = document.changes(cursor)
    assert dict(found.keys) == {} and found.cursor != cursor


def test_own_writes_are_passed_over_if_nobody_else_wrote(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    document, again = later(bench, table)
    cursor = document.changes(None).cursor
    bench.apply(again, update("g1", {"title": "Mug"}, {"title": "Cup"}), update("g2", {"title": "Mug"}, {"title": "Cup"}))
    bench.apply(again, create("g2", title="New"))
    after = document.after_own_writes(cursor)
    assert after != cursor
    assert dict(later(bench, again)[0].changes(after).keys) == {}


@pytest.mark.parametrize("somebody", [False, True])
def test_tables_made_and_filled_in_this_run_are_passed_over_unless_somebody_wrote(bench: Bench, somebody: bool) -> None:
    document = bench.document()
    tables = [
        bench.table(document),
        bench.table(document, name="others", table="Others", columns=(TableColumn("title", "Title"),)),
    ]
    cursor = document.changes(None).cursor
    for table in tables:
        bench.build(table)
        bench.apply(table, create("g1", title="Mug"))
        if somebody:
            bench.types("g1", "Products", Title="Cup")
    after = document.after_own_writes(cursor)
    assert (after == cursor) is somebody
    if not somebody:
        assert {table.binding.state for table in tables if table.binding} == {after}  # no later look goes back to the filling
        assert dict(later(bench, tables[0])[0].changes(after).keys) == {}


def test_where_the_structure_stood_still_later_looks_start_from_the_newest_state(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    document, again = later(bench, table)
    cursor = document.changes(None).cursor
    assert again.structure(bench.token()) is None and again.binding and again.binding.state == cursor
    bench.types("g1", Title="Cup")
    document, again = later(bench, again)
    head = document.changes(cursor).cursor
    assert again.binding and again.binding.state == head != cursor
    bench.doc.ok("PATCH", "/tables/Products/columns", {"columns": [{"id": "Title", "fields": {"label": "Name"}}]})
    document, again = later(bench, again)
    assert document.changes(head).cursor != head
    assert again.binding and again.binding.state == head  # the structure moved: to be looked at from there


def test_own_writes_are_not_passed_over_if_somebody_wrote_meanwhile_or_one_was_lost(bench: Bench) -> None:
    table = bench.ready(create("g1", title="Mug"))
    document, again = later(bench, table)
    cursor = document.changes(None).cursor
    bench.apply(again, update("g1", {"title": "Mug"}, {"title": "Cup"}))
    bench.types("g1", Stock=5)
    assert document.after_own_writes(cursor) == cursor
    document, again = later(bench, again)
    cursor = document.changes(None).cursor
    attempt = bench.prepare(again, update("g1", {"title": "Cup"}, {"title": "Mug"}))
    bench.line.lose.append(True)
    again.settle(attempt) if again.write(attempt)[0].result is Result.UNKNOWN else None
    assert document.after_own_writes(cursor) == cursor


@pytest.mark.parametrize("keys", [1, 3])
def test_two_tables_share_one_comparison(bench: Bench, keys: int) -> None:
    document = bench.document()
    products = bench.table(document, columns=(TableColumn("title", "Title"),))
    others = bench.table(document, name="collections", table="Collections", columns=(TableColumn("title", "Title"),))
    for table in (products, others):
        bench.build(table)
        bench.apply(table, *(create(f"{table.entity}{n}", title="x") for n in range(keys)))
    cursor = cursor_now(bench)
    for n in range(keys):
        bench.types(f"collections{n}", "Collections", Title="edited")
    document = bench.document()
    again = [bench.table(document, name=one.entity, binding=one.binding, columns=(TableColumn("title", "Title"),),
                         table="Products" if one is products else "Collections") for one in (products, others)]  # fmt: skip
    assert [one.structure(1) for one in again] == [None, None]
    assert dict(document.changes(cursor).keys) == {"collections": tuple(sorted(f"collections{n}" for n in range(keys)))}


def test_a_comparison_that_was_cut_short_tells_nothing() -> None:
    assert not told({"T": {"updateRows": [1], "mayBeIncomplete": True}}, "T", "gid").whole
    assert not told({"T": {"removeRows": [1], "columnDeltas": {"gid": {"1": ["?", None]}}}}, "T", "gid").whole
    assert not told({"T": {"removeRows": [1], "columnDeltas": {}}}, "T", "gid").whole
    assert told({"U": {"updateRows": [1]}}, "T", "gid") == Told()


def test_states_that_do_not_follow_each_other_tell_nothing() -> None:
    changes: dict[str, Any] = {"tableRenames": [], "tableDeltas": {}}
    found = delta({"right": {"n": 3, "h": "x"}, "summary": "both", "details": {"rightChanges": changes}})
    assert found.tables is None and found.schema_moved
