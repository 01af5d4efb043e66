"""A person at a document leaves the same traces as in the browser."""

from collections.abc import Iterator

import pytest

from syncdb.sandbox.grist.app import GristApp
from syncdb.sandbox.grist.cells import Failed
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.person import SOMEBODY, Person

COLUMNS = [{"id": "gid"}, {"id": "qty", "type": "Int"}, {"id": "tags", "type": "ChoiceList"}]


@pytest.fixture
def document() -> Iterator[Document]:
    app = GristApp(lambda: 1_770_000_000.0)
    document = app.create("Shop", SOMEBODY.email)
    document.apply([["AddTable", "Products", COLUMNS]], SOMEBODY)
    yield document
    app.close()


@pytest.fixture
def person(document: Document) -> Person:
    person = Person(document, "Products")
    for n in range(3):
        person.add(gid=f"p{n}", qty=n)
    return person


def head(document: Document) -> str:
    return document.history.states()[0].h


def changed(document: Document, since: str) -> dict[str, object]:
    delta = document.history.compare(since, "HEAD", float("inf"))["details"]["rightChanges"]["tableDeltas"]["Products"]
    return dict(delta)


def test_typing_is_read_as_in_the_browser(person: Person) -> None:
    row = person.find("gid", "p1")
    person.edit(row, "qty", "$1,200")
    person.edit(row, "tags", "new, sale")
    assert person.snapshot()[row] == {"gid": "p1", "qty": 1200, "tags": ("new", "sale")}


def test_a_last_row_entered_again_has_the_same_id_and_both_traces(document: Document, person: Person) -> None:
    before = head(document)
    assert person.re_add(3, gid="other") == 3
    delta = changed(document, before)
    assert (delta["removeRows"], delta["addRows"]) == ([3], [3])
    assert delta["columnDeltas"]["gid"] == {"3": [["p2"], ["other"]]}  # type: ignore[index]


def test_a_copied_row_has_the_same_key(person: Person) -> None:
    copy = person.copy(1)
    assert copy == 4
    assert person.shown(copy, "gid") == person.shown(1, "gid") == "p0"


def test_renaming_moves_the_id_but_not_the_number(person: Person) -> None:
    number = person.column("qty").number
    assert person.rename_column("qty", "On hand") == "On_hand"
    assert person.column("On hand").number == number
    table = person.here().number
    assert person.rename_table("Goods") == "Goods"
    assert Person(person.document, table).here().id == "Goods"
    with pytest.raises(LookupError):
        person.here()


def test_formulas_follow_their_columns(person: Person) -> None:
    double = person.add_formula("Double", "$qty * 2")
    broken = person.add_formula("Broken", "1 / $qty")
    person.rename_column("qty", "Stock")
    person.edit(2, "Stock", 21)
    assert person.shown(2, double) == 42
    assert person.column(double).formula == "$Stock * 2"
    assert person.shown(1, broken) == Failed("ZeroDivisionError", "division by zero")


def test_a_column_made_a_formula_no_longer_takes_values(person: Person) -> None:
    person.make_formula("qty", "len($gid)")
    assert [row["qty"] for row in person.snapshot().values()] == [2, 2, 2]
    with pytest.raises(Exception, match="Can't save value to formula column qty"):
        person.edit(1, "qty", 5)
    person.make_values("qty")
    person.edit(1, "qty", 5)
    assert person.shown(1, "qty") == 5


def test_a_refused_edit_leaves_nothing_behind(document: Document, person: Person) -> None:
    before, states = person.snapshot(), len(document.history.states())
    with pytest.raises(Exception, match="nope"):
        document.apply([["UpdateRecord", "Products", 1, {"qty": 9}], ["UpdateRecord", "Products", 1, {"nope": 9}]], SOMEBODY)
    assert (person.snapshot(), len(document.history.states())) == (before, states)


def test_a_column_deleted_and_made_anew_has_the_old_number_and_no_old_values(document: Document, person: Person) -> None:
    number = person.column("tags").number
    person.edit(1, "tags", "old")
    person.delete_column("tags")
    person.add_column("fresh", "ChoiceList")
    assert person.column("fresh").number == number
    assert person.shown(1, "fresh") is None


def test_dragging_moves_rows_and_columns_but_no_values(person: Person) -> None:
    before = person.snapshot()
    person.drag(1, below=3)
    person.move_column("tags", before="gid")
    assert person.snapshot() == before
    sort = person.column("manualSort")
    assert sorted(before, key=lambda row: person.here().get(row, sort)) == [2, 3, 1]
    assert [column.id for column in person.here().ordered()][:3] == ["manualSort", "tags", "gid"]


def test_a_page_has_a_name_and_its_columns_widths_of_their_own(person: Person) -> None:
    assert person.page() == "Products" and set(person.widths().values()) == {0}
    person.widen("qty", 240)
    person.rename_page("What we sell")
    assert person.page() == "What we sell" and person.here().id == "Products"
    assert {name: width for name, width in person.widths().items() if width} == {"qty": 240}
