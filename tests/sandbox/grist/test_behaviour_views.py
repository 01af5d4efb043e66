"""Pages, what they show of a table, and how wide its columns are there. Observed on grist-core 1.7.17."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.grist.places import Doc, Place, Table

VIEWS, PAGES, TABS = "_grist_Views", "_grist_Pages", "_grist_TabBar"
SECTIONS, FIELDS = "_grist_Views_section", "_grist_Views_section_field"
NEW_SECTION = {
    "description": "", "defaultWidth": 100, "borderWidth": 1, "theme": "", "options": "", "chartType": "", "layoutSpec": "",
    "filterSpec": "", "linkSrcSectionRef": 0, "linkSrcColRef": 0, "linkTargetColRef": 0, "embedId": "", "rules": None,
    "shareOptions": "",
}  # fmt: skip
NEW_FIELD = {"width": 0, "widgetOptions": "", "displayCol": 0, "visibleCol": 0, "filter": "", "rules": None}


@pytest.fixture
def doc(server: Place) -> Iterator[Doc]:
    """A document of the test's own: numbers are told."""
    with server.document() as made:
        yield made


def meta(doc: Doc, name: str, **wanted: Any) -> dict[int, dict[str, Any]]:
    """Rows of one of Grist's own tables by their ids; those with such a value."""
    asked = {"filter": json.dumps({column: [value] for column, value in wanted.items()})} if wanted else {}
    return {one["id"]: one["fields"] for one in doc.ok("GET", f"/tables/{name}/records", **asked)["records"]}


def called(doc: Doc, name: str, *columns: str) -> Table:
    """A new table of that name with columns of text."""
    wanted = [{"id": one, "fields": {"type": "Text", "isFormula": False}} for one in columns or ("gid", "title")]
    return Table(doc, doc.ok("POST", "/tables", {"tables": [{"id": name, "columns": wanted}]})["tables"][0]["id"])


def numbers(table: Table) -> tuple[int, int, int, int]:
    """The table's own number, and those of its page's view, of its raw data and of its card."""
    fields = table.doc.tables()[table.name]
    view, raw, card = (fields[one] for one in ("primaryViewId", "rawViewSectionRef", "recordCardViewSectionRef"))
    return fields["tableRef"], view, raw, card


def sections(table: Table) -> list[int]:
    return list(meta(table.doc, SECTIONS, tableRef=numbers(table)[0]))


def shown(table: Table) -> dict[int, list[str]]:
    """The columns that each section of a table shows, in order."""
    named = {fields["colRef"]: name for name, fields in table.columns().items()}
    found = {}
    for section in sections(table):
        ordered = sorted(meta(table.doc, FIELDS, parentId=section).values(), key=lambda one: one["parentPos"])
        found[section] = [named.get(one["colRef"], "?") for one in ordered]
    return found


def widths(table: Table, column: str) -> list[Any]:
    return [one["width"] for one in meta(table.doc, FIELDS, colRef=table.columns()[column]["colRef"]).values()]


def page(table: Table) -> str:
    return str(meta(table.doc, VIEWS)[numbers(table)[1]]["name"])


def apply(doc: Doc, *actions: list[Any]) -> Any:
    return doc.ok("POST", "/apply", list(actions))["retValues"]


def test_a_new_document_has_one_table_with_its_page(doc: Doc) -> None:
    table = Table(doc, "Table1")
    assert numbers(table) == (1, 1, 2, 3)
    assert meta(doc, VIEWS) == {1: {"name": "Table1", "type": "raw_data", "layoutSpec": ""}}
    assert meta(doc, PAGES) == {1: {"viewRef": 1, "indentation": 0, "pagePos": 1, "shareRef": 0, "options": ""}}
    assert meta(doc, TABS) == {1: {"viewRef": 1, "tabPos": 1}}
    places = {1: (1, "record", "[]"), 2: (0, "record", ""), 3: (0, "single", "")}
    assert meta(doc, SECTIONS) == {
        number: {"tableRef": 1, "parentId": view, "parentKey": kind, "title": "", "sortColRefs": sort} | NEW_SECTION
        for number, (view, kind, sort) in places.items()
    }
    assert meta(doc, FIELDS, parentId=2) == {
        n: {"parentId": 2, "parentPos": n, "colRef": n - 2} | NEW_FIELD for n in (4, 5, 6)
    }  # fmt: skip


def test_the_table_of_a_new_document_holds_nothing_and_may_go(doc: Doc) -> None:
    assert doc.ok("GET", "/tables/Table1/data") == {"id": [], "manualSort": [], "A": [], "B": [], "C": []}
    apply(doc, ["RemoveTable", "Table1"])
    assert doc.tables() == {} and meta(doc, VIEWS) == meta(doc, PAGES) == meta(doc, TABS) == {}
    for action in (["RemoveTable", "Table1"], ["RenameTable", "Table1", "Goods"]):
        assert doc.refused("POST", "/apply", [action]) == (500, "[Sandbox] ValueError No such table: Table1")
    table = called(doc, "Goods", "gid")
    assert numbers(table) == (1, 1, 2, 3) and table.columns()["gid"]["colRef"] == 2


@pytest.mark.parametrize(("name", "title"), [("Draft orders", "Draft orders"), ("Products", ""), ("größe 2", "größe 2")])
def test_a_page_is_called_as_the_table_was_asked_for(doc: Doc, name: str, title: str) -> None:
    table = called(doc, name)
    assert page(table) == name
    assert [meta(doc, SECTIONS)[one]["title"] for one in sections(table)] == ["", title, ""]


def test_each_section_shows_every_column_as_wide_as_usual(doc: Doc) -> None:
    table = called(doc, "Goods", "gid", "title")
    _, view, raw, card = numbers(table)
    assert list(shown(table)) == [raw - 1, raw, card] and meta(doc, SECTIONS)[raw - 1]["parentId"] == view
    assert list(shown(table).values()) == [["gid", "title"]] * 3
    assert widths(table, "gid") == [0, 0, 0]


def test_a_column_that_is_added_comes_last_everywhere_unless_it_is_hidden(doc: Doc) -> None:
    table = called(doc, "Goods", "gid", "title")
    table.add_column("posted", type="Text")
    doc.ok("PUT", f"{table.path}/columns", {"columns": [{"id": "put", "fields": {"type": "Text"}}]}, noupdate=1)
    apply(doc, ["AddHiddenColumn", table.name, "hidden", {}])
    assert list(shown(table).values()) == [["gid", "title", "posted", "put"]] * 3


def test_an_added_column_is_told_with_the_fields_that_show_it(doc: Doc) -> None:
    table = called(doc, "Goods", "gid")
    page_section, raw, card = sections(table)
    before = doc.head()
    table.add_column("more", type="Text")
    told = doc.since(before, maxRows="null")["tableDeltas"][FIELDS]
    first = min(told["addRows"])
    assert (told["addRows"], told["updateRows"], told["removeRows"]) == ([first, first + 1, first + 2], [], [])
    number, parents = table.columns()["more"]["colRef"], told["columnDeltas"]["parentId"]
    assert parents == {str(first): [None, [raw]], str(first + 1): [None, [card]], str(first + 2): [None, [page_section]]}
    assert set(told["columnDeltas"]) == {"parentId", "parentPos", "colRef"}
    assert [one[1] for one in told["columnDeltas"]["colRef"].values()] == [[number]] * 3


def test_a_width_is_set_by_an_action_and_told_as_nothing_else(doc: Doc) -> None:
    table = called(doc, "Goods", "gid", "title")
    place = next(iter(meta(doc, FIELDS, colRef=table.columns()["title"]["colRef"])))
    before = doc.head()
    assert apply(doc, ["BulkUpdateRecord", FIELDS, [place, place + 2], {"width": [250, 80]}]) == [None]
    assert widths(table, "title") == [250, 80, 0]
    told = {"updateRows": [place, place + 2], "removeRows": [], "addRows": [], "columnRenames": []}
    cells = {str(place): [[0], [250]], str(place + 2): [[0], [80]]}
    assert doc.since(before, maxRows="null")["tableDeltas"] == {FIELDS: told | {"columnDeltas": {"width": cells}}}
    doc.ok("PATCH", f"/tables/{FIELDS}/records", {"records": [{"id": place, "fields": {"width": 120}}]})
    assert widths(table, "title") == [120, 80, 0]
    assert doc.sql(f"select width from {FIELDS} where id = {place}") == [{"width": 120}]


RAW, CARD = "raw view section", "record card view section"
KEPT = (  # of a column of the page, the raw data, the card (0, 1, 2) or of these themselves: what may not be set
    (FIELDS, 1, {"widgetOptions": "{}"}, f"Cannot modify {RAW} fields"),
    (FIELDS, 2, {"width": 90}, f"Cannot modify {CARD} fields"),
    (SECTIONS, 1, {"parentKey": "detail"}, f"Cannot modify {RAW}"),
    (SECTIONS, 2, {"title": "Card"}, f"Cannot modify {CARD}"),
)
FREE = (
    (FIELDS, 0, {"width": 90, "widgetOptions": "{}"}),
    (FIELDS, 1, {"width": 90}),
    (FIELDS, 2, {"width": 0, "widgetOptions": "{}"}),  # as it was
    (SECTIONS, 1, {"description": "x", "sortColRefs": "[]"}),
    (SECTIONS, 2, {"theme": "compact"}),
)


def test_cards_have_no_widths_and_raw_data_little_else(doc: Doc) -> None:
    table = called(doc, "Goods", "gid")
    rows = {SECTIONS: sections(table), FIELDS: list(meta(doc, FIELDS, colRef=table.columns()["gid"]["colRef"]))}
    for name, place, cells, told in KEPT:
        action = ["UpdateRecord", name, rows[name][place], cells]
        assert doc.refused("POST", "/apply", [action]) == (500, f"[Sandbox] ValueError {told}")
    for name, place, cells in FREE:
        apply(doc, ["UpdateRecord", name, rows[name][place], cells])
        assert meta(doc, name)[rows[name][place]].items() >= cells.items()
    mixed = ["BulkUpdateRecord", FIELDS, rows[FIELDS], {"width": [70, 70, 70]}]
    assert doc.refused("POST", "/apply", [mixed])[0] == 500 and widths(table, "gid") == [90, 90, 0]


def test_what_is_not_there_is_refused(doc: Doc) -> None:
    table = called(doc, "Goods", "gid")
    place = next(iter(meta(doc, FIELDS, colRef=table.columns()["gid"]["colRef"])))
    for action, told in (
        (["BulkUpdateRecord", FIELDS, [place, 999], {"width": [1, 2]}], "KeyError \"'get_record' found no matching record\""),
        (["UpdateRecord", FIELDS, place, {"wide": 1}], "KeyError 'wide'"),
    ):
        assert doc.refused("POST", "/apply", [action]) == (500, f"[Sandbox] {told}")
    assert doc.refused("GET", f"/tables/{FIELDS}/records", filter='{"nope": [1]}') == (
        400,
        "Error manipulating data: [Sandbox] KeyError 'nope'",
    )
    assert widths(table, "gid") == [0, 0, 0]


def test_what_showed_a_column_or_a_table_goes_with_it(doc: Doc) -> None:
    kept, table = called(doc, "Kept", "gid"), called(doc, "Goods", "gid", "title")
    before, standing = shown(kept), numbers(table)
    doc.ok("DELETE", f"{table.path}/columns/title")
    assert list(shown(table).values()) == [["gid"]] * 3
    apply(doc, ["RemoveTable", table.name])
    assert not meta(doc, SECTIONS, tableRef=standing[0]) and not meta(doc, FIELDS, parentId=standing[2])
    assert standing[1] not in {*meta(doc, VIEWS), *(one["viewRef"] for one in (meta(doc, PAGES) | meta(doc, TABS)).values())}
    assert shown(kept) == before
    assert numbers(called(doc, "Again", "gid")) == standing


def test_a_page_keeps_its_name_where_the_table_is_given_another_id(doc: Doc) -> None:
    table = called(doc, "Draft orders")
    apply(doc, ["RenameTable", table.name, "Drafts"])
    renamed = Table(doc, "Drafts")
    assert page(renamed) == "Draft orders"
    doc.ok("PATCH", "/tables", {"tables": [{"id": "Drafts", "fields": {"tableId": "Sketches"}}]})
    assert page(Table(doc, "Sketches")) == "Draft orders"


def test_a_page_has_a_name_of_its_own(doc: Doc) -> None:
    table = called(doc, "Draft orders")
    before = doc.head()
    apply(doc, ["UpdateRecord", VIEWS, numbers(table)[1], {"name": "What is to come"}])
    assert page(table) == "What is to come" and "Draft_orders" in doc.tables()
    assert list(doc.since(before)["tableDeltas"]) == [VIEWS]


def test_the_title_of_the_raw_data_names_the_table_and_pages_of_the_same_name(doc: Doc) -> None:
    table = called(doc, "Draft orders")
    apply(doc, ["UpdateRecord", SECTIONS, numbers(table)[2], {"title": "Sales drafts"}])
    renamed = Table(doc, "Sales_drafts")
    assert page(renamed) == "Sales drafts"
    apply(doc, ["UpdateRecord", VIEWS, numbers(renamed)[1], {"name": "Mine"}])
    apply(doc, ["UpdateRecord", SECTIONS, numbers(renamed)[2], {"title": "Other drafts"}])
    assert page(Table(doc, "Other_drafts")) == "Mine"


def test_a_page_that_is_deleted_leaves_the_table_and_its_raw_data(doc: Doc) -> None:
    table = called(doc, "Draft orders", "gid")
    _, view, raw, card = numbers(table)
    apply(doc, ["RemoveRecord", VIEWS, view])
    assert numbers(table)[1:] == (0, raw, card) and sections(table) == [raw, card]
    assert view not in {one["viewRef"] for one in (meta(doc, PAGES) | meta(doc, TABS)).values()}
    table.add_column("more", type="Text")
    assert shown(table) == {raw: ["gid", "more"], card: ["gid", "more"]}


def test_a_column_is_taken_off_a_page_but_not_out_of_the_raw_data(doc: Doc) -> None:
    table = called(doc, "Goods", "gid", "title")
    on_page, raw, _ = meta(doc, FIELDS, colRef=table.columns()["title"]["colRef"])
    apply(doc, ["RemoveRecord", FIELDS, on_page])
    assert list(shown(table).values()) == [["gid"], ["gid", "title"], ["gid", "title"]]
    told = {"[Sandbox] ValueError Cannot remove raw view section field", "[Sandbox] ValueError Cannot remove raw view section"}
    actions = (["RemoveRecord", FIELDS, raw], ["RemoveRecord", SECTIONS, numbers(table)[2]])
    assert {doc.refused("POST", "/apply", [one])[1] for one in actions} == told
    assert doc.refused("POST", "/apply", [["UpdateRecord", VIEWS, 99, {"name": "x"}]])[1].endswith("non-existent record #99")


def test_helpers_and_places_of_rows_are_shown_nowhere(doc: Doc) -> None:
    goods = called(doc, "Goods", "title")
    table = called(doc, "Kinds", "gid")
    table.add_column("of", type="Ref:Goods", isFormula=False)
    number = table.columns()["of"]["colRef"]
    apply(doc, ["UpdateRecord", "_grist_Tables_column", number, {"visibleCol": goods.columns()["title"]["colRef"]}],
          ["SetDisplayFormula", table.name, None, number, "$of.title"])  # fmt: skip
    assert list(shown(table).values()) == [["gid", "of"]] * 3


def test_other_choices_are_told_as_options_of_the_column_and_nothing_else(doc: Doc) -> None:
    table = called(doc, "Goods", "gid")
    table.add_column("tags", type="ChoiceList", isFormula=False)
    number, options = table.columns()["tags"]["colRef"], '{"choices": ["a", "b"]}'
    table.add({"gid": "1", "tags": ["L", "b", "c"]})
    before = doc.head()
    assert apply(doc, ["BulkUpdateRecord", "_grist_Tables_column", [number], {"widgetOptions": [options]}]) == [None]
    assert table.columns()["tags"]["widgetOptions"] == options and table.row("1")["tags"] == ["L", "b", "c"]
    told = {"updateRows": [number], "removeRows": [], "addRows": [], "columnRenames": []}
    cells = {"widgetOptions": {str(number): [[""], [options]]}}
    assert doc.since(before, maxRows="null")["tableDeltas"] == {"_grist_Tables_column": told | {"columnDeltas": cells}}
