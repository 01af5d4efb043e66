"""What a cell makes of what is sent: Grist accepts wrong types in silence. Observed on grist-core 1.7.17."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.grist.places import Doc, Table

DAY, MOMENT = 1770076800, 1770112800  # 3 February 2026; 10:00 UTC that day
TYPES = {"gid": "Text", "title": "Text", "price": "Numeric", "qty": "Int", "live": "Bool", "day": "Date"}
MORE = {"at": "DateTime:Europe/Berlin", "status": "Choice", "tags": "ChoiceList"}


@pytest.fixture(scope="module")
def cells(doc: Doc) -> Table:
    return doc.table(**TYPES, **MORE)


@pytest.mark.parametrize(
    ("column", "sent", "read"),
    [
        ("title", 5, "5"),
        ("title", "007", "007"),
        ("title", "", ""),
        ("title", None, None),
        ("title", "=1+1", "=1+1"),
        ("price", 12.5, 12.5),
        ("price", "12.50", 12.5),
        ("price", "$12.5", "$12.5"),
        ("price", "abc", "abc"),
        ("price", "", None),
        ("price", "nan", None),  # by its source, not observed: the engine takes it, JSON has no word for it
        ("price", "-inf", None),
        ("price", 19.9 * 3, 59.699999999999996),
        ("qty", 7, 7),
        ("qty", "7", 7),
        ("qty", 1.5, 1),
        ("qty", 2147483647, 2147483647),
        ("qty", -2147483648, -2147483648),
        ("qty", 2147483648, "2147483648.0"),
        ("qty", 3000000000, "3000000000.0"),
        ("qty", "1,234", "1,234"),
        ("live", True, True),
        ("live", "false", False),
        ("live", None, False),
        ("live", "abc", "abc"),
        ("day", DAY, DAY),
        ("day", "2026-02-03", DAY),
        ("day", "2026-02-03T10:00:00Z", DAY),
        ("day", ["d", MOMENT], DAY),
        ("day", "02/03/2026", "02/03/2026"),
        ("day", "2026-13-40", "2026-13-40"),
        ("at", MOMENT, MOMENT),
        ("at", MOMENT + 0.123, MOMENT + 0.123),
        ("at", "2026-02-03T10:00:00Z", MOMENT),
        ("at", "2026-02-03T11:00:00+01:00", MOMENT),
        ("at", "2026-02-03 11:00", MOMENT),  # the wall clock of the column's zone
        ("at", ["D", MOMENT, "UTC"], MOMENT),
        ("at", "not a date", "not a date"),
        ("status", "NEVER HEARD OF", "NEVER HEARD OF"),
        ("tags", ["L", "b", "a"], ["L", "b", "a"]),
        ("tags", ["L"], None),
        ("tags", '["a","b"]', ["L", "a", "b"]),
        ("tags", "a, b", "a, b"),
        ("tags", "", None),
    ],
)
def test_sent_unparsed(cells: Table, column: str, sent: Any, read: Any) -> None:
    cells.put(({"gid": "1"}, {column: sent}), noparse=1)
    stored = cells.row("1")[column]
    assert (stored, type(stored) is bool) == (read, type(read) is bool)


def test_parsing_is_on_unless_declined(doc: Doc) -> None:
    table = doc.table(**TYPES, **MORE)
    table.put(({"gid": "1"}, {"price": "$12.5", "qty": "1,234", "tags": "a,b"}))
    row = table.row("1")
    assert (row["price"], row["qty"], row["tags"]) == (12.5, 1234, ["L", "a", "b"])
    assert table.put(({"gid": "1", "price": "$12.5"}, {"gid": "1"}), noadd=1) == [[1]]
    assert table.put(({"gid": "1", "price": "$12.5"}, {"gid": "1"}), noadd=1, noparse=1) == [[]]


def test_a_plain_list_is_refused(cells: Table) -> None:
    answer = cells.upsert(({"gid": "1"}, {"tags": ["a"]}), noparse=1)
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid payload")
    assert "body.records[0].fields.tags is not a CellValue" in answer.json()["details"]["userError"]


def test_a_new_row_is_blank_by_type_and_post_fills_with_null(doc: Doc) -> None:
    table = doc.table(**TYPES, **MORE)
    table.put(({"gid": "1"}, {}))
    blank = {"title": "", "price": 0, "qty": 0, "live": False, "day": None, "at": None, "status": "", "tags": None}
    assert table.row("1") == {"gid": "1", **blank}
    table.add({"gid": "2"}, {"title": "x"})
    assert [row["fields"]["gid"] for row in table.rows()] == ["1", "2", None]
    assert table.row("2")["title"] is None


@pytest.mark.parametrize(("types", "sent"), [("Text", None), ("Text", ""), ("Numeric", None), ("Numeric", 0)])
def test_an_explicit_blank_is_kept(doc: Doc, types: str, sent: Any) -> None:
    table = doc.table(gid="Text", cell=types)
    table.put(({"gid": "1"}, {"cell": sent}), noparse=1)
    assert table.row("1")["cell"] == sent


# --- references --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair(doc: Doc) -> tuple[Table, Table]:
    """Products p1 (row 1) and p2 (row 2), and variants that refer to them."""
    products = doc.table(gid="Text", title="Text")
    products.add({"gid": "p1", "title": "One"}, {"gid": "p2", "title": "Two"})
    return products, doc.table(gid="Text", product=f"Ref:{products.name}", more=f"RefList:{products.name}")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (2, 2),
        (["l", "p2", {"column": "gid"}], 2),
        (["l", "Two", {"column": "title"}], 2),
        (["l", "nope", {"column": "gid"}], "nope"),
        ("p2", "p2"),
        (999, 999),
        (0, 0),
        (None, 0),
    ],
)
def test_a_reference(pair: tuple[Table, Table], sent: Any, read: Any) -> None:
    _, variants = pair
    variants.put(({"gid": "v"}, {"product": sent}), noparse=1)
    assert variants.row("v")["product"] == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (["L", 2, 1], ["L", 2, 1]),
        (["l", ["p2", "p1"], {"column": "gid"}], ["L", 2, 1]),
        (["l", ["p1", "nope"], {"column": "gid"}], "p1, nope"),
        (None, None),
    ],
)
def test_a_list_of_references(pair: tuple[Table, Table], sent: Any, read: Any) -> None:
    _, variants = pair
    variants.put(({"gid": "v"}, {"more": sent}), noparse=1)
    assert variants.row("v")["more"] == read


def test_a_reference_is_required_by_row_or_looked_up(pair: tuple[Table, Table]) -> None:
    _, variants = pair
    variants.put(({"gid": "r"}, {"product": 2}), ({"gid": "blank"}, {"product": None}), noparse=1)
    for met in (2, ["l", "p2", {"column": "gid"}]):
        assert variants.swap({"gid": "r", "product": met}, {"gid": "r"}), met
    for stale in (1, "p2", ["l", "p1", {"column": "gid"}], 0, None):
        assert not variants.swap({"gid": "r", "product": stale}, {"gid": "r"}), stale
    assert all(variants.swap({"gid": "blank", "product": none}, {"gid": "blank"}) for none in (0, None, ""))


def test_a_lookup_in_a_column_that_is_not_there(pair: tuple[Table, Table]) -> None:
    _, variants = pair
    answer = variants.upsert(({"gid": "v"}, {"product": ["l", "p1", {"column": "nope"}]}), noparse=1)
    assert (answer.status_code, answer.json()["error"]) == (400, "Error manipulating data: [Sandbox] KeyError 'nope'")


def test_a_reference_to_a_deleted_row_becomes_blank(doc: Doc) -> None:
    products = doc.table(gid="Text")
    variants = doc.table(gid="Text", product=f"Ref:{products.name}")
    (row,) = products.add({"gid": "p"})
    variants.add({"gid": "v", "product": row})
    products.delete(row)
    assert variants.row("v")["product"] == 0


# --- other ways to read ------------------------------------------------------------------------------------------


def test_typed_cells_and_raw_cells(doc: Doc) -> None:
    products = doc.table(gid="Text")
    products.add({"gid": "p1"})
    reference = f"Ref:{products.name}"
    table = doc.table(gid="Text", live="Bool", day="Date", at="DateTime:Europe/Berlin", tags="ChoiceList", product=reference)
    table.add({"gid": "1", "live": True, "day": DAY, "at": MOMENT, "tags": ["L", "a"], "product": 1})
    typed = table.row("1", cellFormat="typed")
    assert typed["day"] == ["d", DAY]
    assert typed["at"] == ["D", MOMENT, "Europe/Berlin"]
    assert typed["product"] == ["R", products.name, 1]
    (raw,) = doc.sql(f"select * from {table.name}")
    assert (raw["live"], raw["day"], raw["at"], raw["tags"], raw["product"]) == (1, DAY, MOMENT, '["a"]', 1)
