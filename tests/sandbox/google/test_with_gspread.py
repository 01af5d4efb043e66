"""What the sheet promises, seen through the real gspread and google-auth over HTTP."""

from __future__ import annotations

from typing import Any

import gspread
import pytest
import requests

from syncdb.sandbox.faults import Fault
from tests.sandbox.google.conftest import World


def token(number: int) -> dict[str, Any]:
    metadata = {
        "metadataId": number,
        "metadataKey": "batch",
        "visibility": "DOCUMENT",
        "location": {"spreadsheet": True},
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def insert(row: int, *texts: str, before: bool = True) -> list[dict[str, Any]]:
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
    return [{"insertDimension": {"range": span, "inheritFromBefore": before}}, update(row, *texts)]


def update(row: int, *texts: str) -> dict[str, Any]:
    cells = [{"userEnteredValue": {"stringValue": text}} for text in texts]
    start = {"sheetId": 0, "rowIndex": row, "columnIndex": 0}
    return {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": "userEnteredValue"}}


def rows(world: World) -> Any:
    return world.client.open("Orders").sheet1.get_values()


def test_a_sheet_is_found_by_title_and_read(world: World) -> None:
    world.colleague.type("A1", "Order")
    world.colleague.type("B1", "=1+2*3")
    assert rows(world) == [["Order", "7"]]
    assert world.faults.count("google", "token") == 1


def test_rows_and_their_token_are_written_once(world: World) -> None:
    world.batch(token(42), *insert(1, "#1001", "paid"))
    with pytest.raises(gspread.exceptions.APIError, match="already exists") as caught:
        world.batch(token(42), *insert(1, "#1001", "paid"))
    assert caught.value.response.status_code == 400
    assert rows(world) == [["", ""], ["#1001", "paid"]]


def test_a_refused_request_leaves_nothing_of_its_batch(world: World) -> None:
    world.colleague.type("A1", "Order")
    before = world.colleague.snapshot()
    with pytest.raises(gspread.exceptions.APIError, match=r"Invalid requests\[3\].updateCells: GridCoordinate"):
        world.batch(token(7), *insert(1, "#1"), update(5000, "too far"))
    tab = world.book.tab(0)
    assert (world.colleague.snapshot(), tab.row_count, world.book.metadata.entries) == (before, 1000, {})


def test_an_unknown_kind_of_request_is_refused_loudly(world: World) -> None:
    with pytest.raises(gspread.exceptions.APIError, match="does not implement"):
        world.batch({"addTable": {}})


def test_a_batch_whose_answer_is_lost_is_told_apart_by_its_token(world: World) -> None:
    world.faults.add(Fault("apply_then_cut", "sheets write"))
    with pytest.raises(requests.ConnectionError):
        world.batch(token(1), *insert(1, "#1"))
    found = world.client.http_client.request("get", _metadata_url(world, 1))
    assert found.json()["metadataKey"] == "batch"
    with pytest.raises(gspread.exceptions.APIError, match="No developer metadata with ID 2"):
        world.client.http_client.request("get", _metadata_url(world, 2))


def _metadata_url(world: World, number: int) -> str:
    return f"https://sheets.googleapis.com/v4/spreadsheets/{world.book.id}/developerMetadata/{number}"


def test_a_fence_keeps_a_late_batch_out(world: World) -> None:
    world.faults.add(Fault("apply_late", "sheets write"))
    with pytest.raises(requests.ConnectionError):
        world.batch(token(5), *insert(1, "#5"))
    world.batch(token(5))
    assert world.faults.land_late() == 1
    assert [seen.status for seen in world.faults.landed] == [400]
    assert rows(world) == [[]]


def test_a_late_batch_lands_where_no_fence_stands(world: World) -> None:
    world.faults.add(Fault("apply_late", "sheets write"))
    with pytest.raises(requests.ConnectionError):
        world.batch(token(5), *insert(1, "#5"))
    world.faults.land_late()
    assert rows(world) == [[""], ["#5"]]


def test_a_colleague_sorts_between_reading_and_writing(world: World) -> None:
    for i, text in enumerate(["Order", "b", "a"], 1):
        world.colleague.type(f"A{i}", text)
    world.faults.add(Fault("meanwhile", "sheets write", action=lambda: world.colleague.sort("A")))
    world.batch(update(1, "was b"))
    assert rows(world) == [["Order"], ["was b"], ["b"]]


def test_the_state_after_a_batch_comes_with_its_answer(world: World) -> None:
    more = {"includeSpreadsheetInResponse": True, "responseRanges": ["'Sheet1'!A:A"], "responseIncludeGridData": True}
    answer = world.batch(update(0, "x", "y"), **more)
    (data,) = answer["updatedSpreadsheet"]["sheets"][0]["data"]
    assert [cell["userEnteredValue"] for row in data["rowData"] for cell in row["values"]] == [{"stringValue": "x"}]


def test_inserting_at_the_very_end_needs_the_row_before(world: World) -> None:
    with pytest.raises(gspread.exceptions.APIError, match="must be less than the grid size"):
        world.batch(*insert(1000, "end", before=False))
    world.batch(*insert(1000, "end"))
    assert (world.colleague.read("A1001"), world.book.tab(0).row_count) == ("end", 1001)


def test_protected_cells_are_refused_and_a_warning_is_not(world: World) -> None:
    world.colleague.protect("A2:A3", warning_only=True)
    world.batch(update(1, "fine"))
    world.colleague.protect("A2:A3")
    with pytest.raises(gspread.exceptions.APIError, match="trying to edit a protected cell"):
        world.batch(update(1, "not fine"))
    assert world.colleague.read("A2") == "fine"


def test_roles_and_foreign_and_excel_files(world: World) -> None:
    reader = world.google.create("Read only", world.account, role="reader")
    world.client.open_by_key(reader.id)
    with pytest.raises(gspread.exceptions.APIError, match="does not have permission"):
        world.client.open_by_key(reader.id).sheet1.update_acell("A1", "x")
    with pytest.raises(PermissionError):
        world.client.open_by_key(world.google.create("Private").id)
    excel = world.google.drive.add_xlsx("book.xlsx")
    world.google.drive.share(excel.id, world.account)
    with pytest.raises(gspread.exceptions.APIError, match="not supported for this document"):
        world.client.open_by_key(excel.id)
    with pytest.raises(gspread.exceptions.APIError, match="storage quota"):
        world.client.create("mine")


def test_a_run_out_token_is_renewed(world: World) -> None:
    rows(world)
    world.google.tokens.expire_all()
    assert rows(world) == [[]]
    assert world.faults.count("google", "token") == 2


def test_limits(world: World) -> None:
    with pytest.raises(gspread.exceptions.APIError, match="more than the maximum of 50000 characters"):
        world.batch(update(0, "x" * 50_001))
    with pytest.raises(gspread.exceptions.APIError, match="above the limit of 10000000 cells"):
        world.batch({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 400_000}})
    with pytest.raises(gspread.exceptions.APIError, match="payload size exceeds the limit: 10485760 bytes"):
        world.batch(*[update(i, "x" * 49_000) for i in range(220)])
    with pytest.raises(gspread.exceptions.APIError, match="Unable to parse range: Nope!A1"):
        world.client.open("Orders").values_get("Nope!A1")
    with pytest.raises(gspread.exceptions.APIError, match="exceeds grid limits. Max rows: 1000"):
        world.client.open("Orders").values_get("Sheet1!A1017")


def test_the_quota_of_a_minute(world: World) -> None:
    world.google.quota = 2
    sheet = world.client.open("Orders")
    sheet.fetch_sheet_metadata()
    with pytest.raises(gspread.exceptions.APIError, match="Read requests per minute per user") as caught:
        sheet.fetch_sheet_metadata()
    assert caught.value.response.status_code == 429


def test_the_page_shows_the_sheet_escaped(world: World) -> None:
    world.colleague.type("A1", "<b>Order</b>")
    world.colleague.note("A1", 'say "hi"')
    with requests.Session() as session:
        page = session.get(f"{world.server.url}/sheet/{world.book.id}", timeout=10).text
        listing = session.get(world.server.url + "/", timeout=10).text
        missing = session.get(world.server.url + "/sheet/none", timeout=10)
    assert "&lt;b&gt;Order&lt;/b&gt;" in page and "say &#34;hi&#34;" in page and "<b>" not in page
    assert f"/sheet/{world.book.id}" in listing and missing.status_code == 404
