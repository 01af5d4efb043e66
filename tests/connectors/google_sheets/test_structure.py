"""The tab and its headers: made once, followed, and where they are damaged nothing is written."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from syncdb.connectors.google_sheets import SheetConnector, TabBinding
from syncdb.connectors.google_sheets.structure import MARKER_KEY
from syncdb.errors import ConfigurationError, NeedsPerson, Refused, SyncdbError
from syncdb.model import Field, Result
from syncdb.sandbox.google.a1 import Area
from syncdb.sandbox.google.grid import Protection, Tab
from syncdb.sandbox.google.metadata import Metadata, Place
from syncdb.values import Kind
from tests.connectors.google_sheets.conftest import FIELDS, Desk, create, update

LABELS = [field.label for field in FIELDS]


def tab_of(desk: Desk, title: str = "Orders") -> Tab:
    tab = desk.spreadsheet.titled(title)
    assert tab is not None
    return tab  # type: ignore[no-any-return]


def refused(desk: Desk, connector: SheetConnector, kind: type[SyncdbError], *told: str) -> SyncdbError:
    """The failure of a run's first step, having made sure that it wrote nothing and says these things."""
    desk.faults.log.clear()
    with pytest.raises(kind) as failure:
        connector.structure(desk.token())
    assert desk.faults.count(kind="write") == 0
    for piece in told:
        assert piece in f"{failure.value} {failure.value.next_step}", (piece, str(failure.value), failure.value.next_step)
    assert failure.value.next_step
    return failure.value


def email_of(desk: Desk) -> str:
    return str(json.loads(desk.key_file.read_text(encoding="utf-8"))["client_email"])


# --- making -------------------------------------------------------------------------------------------------


def test_the_binding_survives_being_stored(desk: Desk) -> None:
    binding = desk.ready().binding
    assert binding is not None
    assert TabBinding.from_data(json.loads(json.dumps(binding.as_data()))) == binding


def test_an_empty_tab_is_put_to_use_without_overwriting(desk: Desk) -> None:
    tab = Tab(5, "Orders", 10, 3)
    desk.spreadsheet.tabs.append(tab)
    connector = desk.connector()
    attempt = connector.structure(desk.token())
    assert attempt is not None
    desk.put("Orders", 0, 0, "just typed")
    assert connector.write(attempt) == []
    assert desk.values("Orders")[0] == [*LABELS, "just typed"]
    assert connector.structure(desk.token()) is None
    assert desk.apply(connector, create("1"))[0].result is Result.DONE


@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_a_blank_tab_of_any_height_takes_the_header_and_rows(desk: Desk, rows: int) -> None:
    desk.spreadsheet.tabs.append(Tab(5, "Orders", rows, 26))
    connector = desk.ready(create("1", quantity=1), create("2", quantity=2))
    assert [row[0] for row in desk.values("Orders")] == ["Line ID", "1", "2"]
    assert connector.look(["1", "2"]).found.keys() == {"1", "2"}


def test_rows_below_a_header_at_the_very_end_of_the_grid(desk: Desk) -> None:
    tab = Tab(5, "Orders", 1, 7)
    for column, label in enumerate(LABELS):
        tab.put(0, column, label)
    desk.spreadsheet.tabs.append(tab)
    desk.ready(create("1", quantity=1))
    assert desk.values("Orders")[1][:4] == ["1", None, None, 1]
    assert "textFormat" not in (desk.snapshot()["A2"].format or {})


def test_a_tab_with_other_content_is_left_alone(desk: Desk) -> None:
    tab = Tab(5, "Orders", 100, 10)
    desk.spreadsheet.tabs.append(tab)
    desk.put("Orders", 60, 4, "somebody's")
    refused(desk, desk.connector(), NeedsPerson, '"Orders" is in use already', "target_worksheet")


def test_headers_that_stand_already_are_adopted_and_the_rest_added_on_the_right(desk: Desk) -> None:
    tab = Tab(5, "Orders", 50, 6)
    desk.spreadsheet.tabs.append(tab)
    desk.put("Orders", 0, 0, "My shop's orders")
    for column, text in enumerate(["Mine", "Quantity", "Line ID ", None, "Also mine"]):
        desk.put("Orders", 3, column, text)
    connector = desk.connector()
    desk.build(connector)
    rest = [label for label in LABELS if label not in ("Line ID", "Quantity")]
    assert desk.values("Orders")[3] == ["Mine", "Quantity", "Line ID ", None, "Also mine", *rest]
    assert desk.apply(connector, create("1", quantity=4, title="T"))[0].result is Result.DONE
    assert desk.values("Orders")[4][:3] == [None, 4, "1"]


def test_a_new_field_gets_a_column_right_of_all_others(desk: Desk) -> None:
    first = desk.ready(create("1", quantity=1))
    desk.put("Orders", 0, 7 - 1, "Test")
    tab = tab_of(desk)
    tab.column_count += 2
    desk.put("Orders", 0, 8, "Theirs")
    desk.put("Orders", 1, 8, "keep")
    more = (*FIELDS, Field("sku", "SKU", Kind.IDENTIFIER))
    again = desk.connector(first.binding, fields=more)
    desk.build(again)
    assert desk.values("Orders")[0] == [*LABELS, None, "Theirs", "SKU"]
    assert desk.apply(again, update("1", {"sku": None}, {"sku": "007"}))[0].result is Result.DONE
    assert desk.values("Orders")[1][8:] == ["keep", "007"]
    assert again.binding is not None and again.binding.headers["sku"] == "SKU"


def test_a_label_changed_in_the_configuration_renames_the_header(desk: Desk) -> None:
    first = desk.ready(create("1", quantity=1))
    fields = tuple(replace(field, label="Qty") if field.name == "quantity" else field for field in FIELDS)
    again = desk.connector(first.binding, fields=fields)
    desk.build(again)
    assert desk.values("Orders")[0][3] == "Qty" and len(desk.values("Orders")[0]) == len(FIELDS)


def test_a_lost_ledger_finds_its_tab_again_by_title(desk: Desk) -> None:
    desk.ready(create("1"))
    again = desk.connector()
    assert again.structure(desk.token()) is None
    assert again.look(["1"]).found.keys() == {"1"}


# --- following ----------------------------------------------------------------------------------------------


def test_a_renamed_tab_is_followed(desk: Desk) -> None:
    first = desk.ready(create("1"))
    tab_of(desk).title = "Bestellungen '26"
    again = desk.connector(first.binding)
    assert again.structure(desk.token()) is None
    assert desk.apply(again, create("2"))[0].result is Result.DONE
    assert again.binding is not None and again.binding.tab == "Bestellungen '26"


def test_a_tab_renamed_between_look_and_write_is_planned_again(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    desk.meanwhile(lambda: setattr(tab_of(desk), "title", "Other"))
    assert connector.write(attempt)[0].result is Result.STALE
    assert connector.mend(attempt, desk.token()) is None
    assert desk.apply(connector, create("2"))[0].result is Result.DONE
    assert [row[0] for row in desk.values("Other")] == ["Line ID", "1", "2"]


def test_another_tab_in_the_configuration_is_another_tab(desk: Desk) -> None:
    first = desk.ready(create("1"))
    other = desk.connector(first.binding, tab="Archive")
    desk.build(other)
    assert [tab.title for tab in desk.spreadsheet.tabs] == ["Sheet1", "Orders", "Archive"]
    assert desk.values("Orders")[1][0] == "1"


# --- damage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [0, 3])
def test_a_renamed_header_stops_it_and_lists_what_stands_there(desk: Desk, column: int) -> None:
    first = desk.ready(create("1"))
    desk.put("Orders", 0, column, "Article")
    told = ("`columns`", '{"field": ') if column else ("rows are found by it",)
    refused(desk, desk.connector(first.binding), NeedsPerson, f'"{LABELS[column]}"', '"Article"', *told)
    with pytest.raises(NeedsPerson, match="Article"):
        first.prepare([update("1", {}, {"title": "T"})], desk.token())


def test_a_header_standing_twice_stops_it_and_names_both_cells(desk: Desk) -> None:
    first = desk.ready(create("1"))
    tab_of(desk).column_count += 3
    desk.put("Orders", 0, 8, "Quantity")
    refused(desk, desk.connector(first.binding), NeedsPerson, "D1 and I1")


def test_a_vanished_tab_is_not_silently_made_again(desk: Desk) -> None:
    first = desk.ready(create("1"))
    desk.spreadsheet.tabs.remove(tab_of(desk))
    refused(desk, desk.connector(first.binding), NeedsPerson, 'The tab "Orders" is gone', "--force")
    forced = desk.connector(first.binding, take_over=True)
    desk.build(forced)
    assert desk.values("Orders") == [LABELS]


def test_a_tab_that_vanishes_between_look_and_write(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    desk.meanwhile(lambda: desk.spreadsheet.tabs.remove(tab_of(desk)))
    assert connector.write(attempt)[0].result is Result.STALE
    with pytest.raises(NeedsPerson, match="is gone"):
        connector.prepare([create("2")], desk.token())


def test_an_applied_write_to_a_tab_that_vanished_since_can_be_settled(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    from syncdb.sandbox.faults import Fault

    desk.faults.add(Fault("apply_then_cut", "sheets write"))
    connector.write(attempt)
    desk.spreadsheet.tabs.remove(tab_of(desk))
    assert connector.settle(attempt)[0].result is Result.STALE
    assert connector.mend(attempt, desk.token()) is None


def test_another_ledgers_tab_is_left_alone_unless_taken_over(desk: Desk) -> None:
    first = desk.ready(create("1"))
    refused(desk, desk.connector(ledger_id="ledger-2"), NeedsPerson, "ledger-1", "--force")
    desk.build(desk.connector(ledger_id="ledger-2", take_over=True))
    refused(desk, desk.connector(first.binding), NeedsPerson, "ledger-2")


def test_two_markers_are_a_stranger_too(desk: Desk) -> None:
    first = desk.ready()
    place = Place(tab_of(desk).sheet_id)
    desk.spreadsheet.metadata.entries[99] = Metadata(99, MARKER_KEY, "copy", "DOCUMENT", place)
    refused(desk, desk.connector(first.binding), NeedsPerson, "(copy)")


def test_fields_that_share_a_header_are_refused(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match='"Line ID" is used twice'):
        desk.connector(fields=(*FIELDS, Field("other", "Line ID", Kind.TEXT)))


# --- the spreadsheet ----------------------------------------------------------------------------------------

TARGETS: dict[str, Callable[[Desk], str]] = {
    "key": lambda desk: str(desk.spreadsheet.id),
    "url": lambda desk: f"https://docs.google.com/spreadsheets/d/{desk.spreadsheet.id}/edit#gid=0",
    "account url": lambda desk: f"https://docs.google.com/spreadsheets/u/1/d/{desk.spreadsheet.id}/edit",
    "title": lambda desk: "Shop orders",
}


@pytest.mark.parametrize("form", TARGETS)
def test_the_spreadsheet_is_named_by_title_key_or_url(desk: Desk, form: str) -> None:
    connector = desk.ready(create("1"), target=TARGETS[form](desk))
    assert connector.binding is not None and connector.binding.spreadsheet_id == desk.spreadsheet.id
    desk.faults.log.clear()
    again = desk.connector(connector.binding, target=TARGETS[form](desk))
    assert again.structure(desk.token()) is None
    assert len(desk.faults.log) == 3


@pytest.mark.parametrize("title", ['Tom\'s "best" \\ orders', "a_title_of_one_very_long_word-2026"])
def test_titles_may_hold_anything(desk: Desk, title: str) -> None:
    book = desk.app.create(title, email_of(desk))
    desk.build(desk.connector(target=title))
    assert book.titled("Orders") is not None


def test_titles_that_name_none_or_several(desk: Desk) -> None:
    refused(desk, desk.connector(target="No such"), Refused, '"No such"', email_of(desk))
    twins = [desk.app.create("Twins", email_of(desk)).id for _ in range(2)]
    refused(desk, desk.connector(target="Twins"), ConfigurationError, *twins)


def test_a_spreadsheet_that_is_not_shared(desk: Desk) -> None:
    hidden = desk.app.create("Hidden")
    refused(desk, desk.connector(target=f"https://docs.google.com/spreadsheets/d/{hidden.id}"), Refused, email_of(desk), "Editor")
    refused(desk, desk.connector(target="https://docs.google.com/spreadsheets/d/nothing-there"), Refused, email_of(desk))


def test_a_spreadsheet_shared_for_reading_only(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    desk.app.drive.share(desk.spreadsheet.id, email_of(desk), "reader")
    attempt = desk.prepare(connector, create("2"))
    with pytest.raises(Refused) as failure:
        connector.write(attempt)
    assert "Editor" in failure.value.next_step and email_of(desk) in failure.value.next_step


@pytest.mark.parametrize("by_title", [True, False])
def test_an_uploaded_excel_file(desk: Desk, by_title: bool) -> None:
    file = desk.app.drive.add_xlsx("orders.xlsx")
    desk.app.drive.share(file.id, email_of(desk))
    target = "orders.xlsx" if by_title else f"https://docs.google.com/spreadsheets/d/{file.id}/edit"
    refused(desk, desk.connector(target=target), Refused, "Save as Google Sheets")


def test_a_full_spreadsheet_stops_it_before_writing(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    desk.spreadsheet.tabs.append(Tab(9, "Archive", 10_000_000 - desk.cells() - 30, 1))
    again = desk.connector(connector.binding)
    assert again.structure(desk.token()) is None
    desk.faults.log.clear()
    with pytest.raises(NeedsPerson, match="has 9,999,970 of at most 10,000,000") as failure:
        again.prepare([create(str(n)) for n in range(2, 9)], desk.token())
    assert "Delete blank rows" in failure.value.next_step and desk.faults.count(kind="write") == 0
    with pytest.raises(NeedsPerson, match="is full"):  # the other tab grew since this one looked
        connector.write(desk.prepare(connector, *(create(str(n)) for n in range(2, 9))))


@pytest.mark.parametrize("named", [True, False])
def test_a_protected_range_that_locks_us_out_is_named(desk: Desk, named: bool) -> None:
    connector = desk.ready(create("1", quantity=1))
    tab = tab_of(desk)
    wire = {"description": "Checked by Eva"} if named else {}
    tab.protections[1] = Protection(Area(tab.sheet_id, 1, 2, 2, 5), wire, {"eva@example.com"})
    attempt = desk.prepare(connector, update("1", {"quantity": 1}, {"quantity": 2}))
    with pytest.raises(Refused) as failure:
        connector.write(attempt)
    assert "'Orders'!C2:E2" in str(failure.value) and email_of(desk) in failure.value.next_step
    assert ("Checked by Eva" in str(failure.value)) is named
    assert desk.values("Orders")[1][3] == 1


def test_a_warning_only_protection_is_no_obstacle(desk: Desk) -> None:
    connector = desk.ready(create("1", quantity=1))
    tab = tab_of(desk)
    tab.protections[1] = Protection(Area(tab.sheet_id, 1, 2, 2, 5), {"warningOnly": True}, set())
    assert desk.apply(connector, update("1", {"quantity": 1}, {"quantity": 2}))[0].result is Result.DONE


def test_an_api_that_is_not_switched_on() -> None:
    from syncdb.connectors.google_sheets.failures import RequestDeclined, explained

    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
    error = {"code": 403, "message": "Sheets API ...", "status": "PERMISSION_DENIED", "details": details}
    answer = RequestDeclined(403, {"error": error})
    assert "Enable the Google Sheets API" in explained(answer, "x", "a@b").next_step


@pytest.mark.parametrize("above", [20, 300])
def test_a_header_row_that_was_pushed_down_is_found_and_told(desk: Desk, above: int) -> None:
    connector = desk.ready(create("1", quantity=1))
    desk.colleague().insert_rows(1, above)
    desk.colleague().type("A1", "Report")
    low = f'The header "Line ID" of the tab "Orders" stands in row {above + 1}; it is looked for in the first 20 rows.'
    refused(desk, desk.connector(connector.binding), NeedsPerson, low, "Delete rows above it")
    with pytest.raises(NeedsPerson, match="stands in row"):
        list(connector.fetch())
    desk.colleague().delete_rows(1, above - 19)
    assert desk.connector(connector.binding).structure(desk.token()) is None


def test_a_header_of_that_name_further_down_is_nobody_s_where_none_was_known(desk: Desk) -> None:
    desk.ready(create("1", quantity=1))
    desk.colleague().insert_rows(1, 20)
    refused(desk, desk.connector(), NeedsPerson, "is in use already")
