"""Rows come into being once, changed cells change, and nothing else does."""

from datetime import datetime
from decimal import Decimal

import pytest

from syncdb.connectors.google_sheets.placing import MOST_BYTES
from syncdb.model import Action, Operation, Result, Side
from syncdb.values import Value
from tests.connectors.google_sheets.conftest import FIELDS, Desk, create, update

ODD_TEXTS = ["=1+2", "'x", "+1", "-5", "00123", "1e5", "TRUE", "9007199254740993123", "👩‍👩‍👧 Zoë", "שלום עולם", "a\nb", "#N/A"]
MOMENTS = [datetime(2026, 3, 29, 1, 59, 59), datetime(2026, 10, 25, 2, 30), datetime(1999, 12, 31, 23, 59, 59)]
TOO_LONG = "x" * 50_001


def test_first_use_makes_the_tab_with_bold_frozen_headers(desk: Desk) -> None:
    connector = desk.connector()
    desk.build(connector)
    tab = desk.spreadsheet.titled("Orders")
    assert tab is not None and tab.grid_properties["frozenRowCount"] == 1
    assert desk.values("Orders") == [[field.label for field in FIELDS]]
    assert connector.binding is not None and connector.binding.sheet_id == tab.sheet_id
    assert set(connector.binding.headers) == {field.name for field in FIELDS}


def test_an_idle_run_asks_three_requests_and_writes_nothing(desk: Desk) -> None:
    first = desk.ready(create("1", quantity=2))
    desk.faults.log.clear()
    again = desk.connector(first.binding)
    assert again.structure(desk.token()) is None
    assert [seen.kind for seen in desk.faults.log] == ["token", "read", "read"]


def test_rows_are_inserted_typed_and_read_back(desk: Desk) -> None:
    when = datetime(2026, 3, 29, 2, 30)  # a wall clock that does not exist in Berlin: it is shown all the same
    values: dict[str, Value] = {
        "order": "#1001",
        "title": "=IMPORTXML(1)",
        "quantity": 3,
        "price": Decimal("19.90"),
        "created": when,
        "test": False,
    }
    connector = desk.ready(create("12345678901234567890", **values))
    found = connector.look(["12345678901234567890", "none"]).found
    assert list(found) == ["12345678901234567890"]
    shown = found["12345678901234567890"].record.fields
    assert {name: shown[name] for name in values} == {**values, "quantity": Decimal(3), "price": Decimal("19.9")}
    assert found["12345678901234567890"].ref == "2"
    assert found["12345678901234567890"].frozen == {}


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_text_is_never_interpreted(desk: Desk, text: str) -> None:
    connector = desk.ready(create("k", title=text, order=text))
    record = connector.look(["k"]).found["k"].record
    assert (record.fields["title"], record.fields["order"]) == (text, text)
    assert desk.apply(connector, update("k", {"title": text}, {"title": text + "!"}))[0].result is Result.DONE


@pytest.mark.parametrize("when", MOMENTS)
def test_moments_come_back_to_the_second(desk: Desk, when: datetime) -> None:
    connector = desk.ready(create("k", created=when))
    assert connector.look(["k"]).found["k"].record.fields["created"] == when


def test_an_update_changes_exactly_its_cells(desk: Desk) -> None:
    connector = desk.ready(*(create(str(n), title=f"T{n}", quantity=n, price=Decimal(n)) for n in range(1, 6)))
    before = desk.snapshot()
    changes = [update("3", {"quantity": 3, "title": "T3"}, {"quantity": 9}), update("5", {}, {"test": True})]
    outcomes = desk.apply(connector, *changes)
    assert [(one.result, one.ref) for one in outcomes] == [(Result.DONE, "4"), (Result.DONE, "6")]
    assert desk.changed(before) == {"D4": 9, "G6": True}


def test_creates_and_updates_travel_in_one_write(desk: Desk) -> None:
    connector = desk.ready(create("1", quantity=1))
    desk.faults.log.clear()
    outcomes = desk.apply(connector, create("2", quantity=2), update("1", {"quantity": 1}, {"quantity": 5}), create("3"))
    assert [(one.result, one.ref) for one in outcomes] == [(Result.DONE, "3"), (Result.DONE, "2"), (Result.DONE, "4")]
    assert desk.faults.count(kind="write") == 1
    assert [row[0] for row in desk.values("Orders")] == ["Line ID", "1", "2", "3"]


def test_clearing_a_value_empties_its_cell(desk: Desk) -> None:
    connector = desk.ready(create("1", title="old", quantity=1))
    assert desk.apply(connector, update("1", {"title": "old"}, {"title": None}))[0].result is Result.DONE
    assert connector.look(["1"]).found["1"].record.fields["title"] is None


def test_what_the_plan_did_not_see_is_stale_and_not_sent(desk: Desk) -> None:
    connector = desk.ready(create("1", quantity=1), create("2", quantity=2))
    before = desk.snapshot()
    desk.faults.log.clear()
    operations = [
        update("1", {"quantity": 7}, {"quantity": 8}),  # the sheet shows 1
        update("gone", {}, {"quantity": 8}),
        create("2", quantity=5),  # is there already
    ]
    assert {one.result for one in desk.apply(connector, *operations)} == {Result.STALE}
    assert desk.faults.count(kind="write") == 0
    assert desk.changed(before) == {}


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"title": TOO_LONG}, "50,000"), ({"title": "\ud800"}, "half"), ({"price": Decimal("1234567890123.4567")}, "digits")],
)
def test_a_value_no_cell_can_hold_rejects_only_its_record(desk: Desk, changes: dict[str, Value], why: str) -> None:
    connector = desk.ready()
    outcomes = desk.apply(connector, create("1"), create("2", **changes), create("3"))
    assert [one.result for one in outcomes] == [Result.DONE, Result.REJECTED, Result.DONE]
    assert why in outcomes[1].why
    assert [row[0] for row in desk.values("Orders")] == ["Line ID", "1", "3"]


def test_deletes_and_changed_keys_are_not_for_a_sheet(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    delete = Operation(Side.RIGHT, Action.DELETE, "1", None, {}, {}, "gone")
    outcomes = desk.apply(connector, delete, update("1", {}, {"key": "2"}))
    assert [one.result for one in outcomes] == [Result.REJECTED, Result.REJECTED]


def test_large_plans_are_packed_below_the_recommended_payload(desk: Desk) -> None:
    connector = desk.ready()
    waiting = [create(str(n), title="ü" * 1500, quantity=n) for n in range(1500)]
    desk.faults.log.clear()
    batches = 0
    while waiting:
        attempt = connector.prepare(waiting, desk.token())
        assert attempt.operations == tuple(waiting[: len(attempt.operations)])
        waiting = waiting[len(attempt.operations) :]
        assert {one.result for one in connector.write(attempt)} == {Result.DONE}
        batches += 1
    writes = [seen for seen in desk.faults.log if seen.kind == "write"]
    assert len(writes) == batches == 3
    assert all(seen.body_bytes <= MOST_BYTES for seen in writes)
    assert desk.faults.count(kind="read") == 1  # the key column, once: after that each write shows the next one where to go
    assert len({key for block in connector.fetch() for key in block.found}) == 1500


def test_a_block_is_passed_on_in_parts_that_name_each_doubled_key_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = desk.ready(*(create(str(n), quantity=n) for n in range(25)))
    desk.put("Orders", 20, desk.head()[1].index("Line ID"), "3")  # the row of 19 says that it is the row of 3
    monkeypatch.setattr("syncdb.connectors.google_sheets.reading.PART", 10)
    desk.faults.log.clear()
    parts = list(connector.fetch())
    assert desk.faults.count(kind="read") == 2  # keys, then all rows at once
    assert [len(part.found) for part in parts] == [9, 9, 5] and all(part.complete for part in parts)
    assert [dict(part.doubled) for part in parts] == [{"3": ("5", "21")}, {}, {}]
    assert {key for part in parts for key in part.found} == {str(n) for n in range(25)} - {"3", "19"}


def test_a_listing_in_blocks_is_complete(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = desk.ready(*(create(str(n), quantity=n) for n in range(100)))
    monkeypatch.setattr("syncdb.connectors.google_sheets.reading.BLOCK_CELLS", 7 * 30)
    blocks = list(connector.fetch())
    assert len(blocks) == 4 and all(block.complete for block in blocks)
    assert [int(str(found.record.fields["quantity"])) for block in blocks for found in block.found.values()] == list(range(100))


def test_keys_standing_twice_are_left_out_and_named(desk: Desk) -> None:
    connector = desk.ready(create("1", quantity=1), create("2", quantity=2))
    desk.put("Orders", 3, 0, "1")
    blocks = list(connector.fetch())
    assert {key: rows for block in blocks for key, rows in block.doubled.items()} == {"1": ("2", "4")}
    assert {key for block in blocks for key in block.found} == {"2"}
    assert connector.look(["1", "2"]).doubled == {"1": ("2", "4")}
    assert [one.result for one in desk.apply(connector, update("1", {}, {"quantity": 5}), create("1"))] == [Result.STALE] * 2


def test_rows_without_a_key_are_nobodys(desk: Desk) -> None:
    connector = desk.ready(create("1", quantity=1))
    desk.put("Orders", 2, 3, 77)
    desk.apply(connector, create("2", quantity=2))
    assert [row[3] for row in desk.values("Orders")] == ["Quantity", 1, 2, 77]
    assert {key for block in connector.fetch() for key in block.found} == {"1", "2"}
