"""Orders in a workbook on this computer, as the owner of a shop without any account would tell it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from tests.cli.conftest import manage
from tests.scenarios.workbook_world import WorkbookWorld


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WorkbookWorld]]:
    made: list[WorkbookWorld] = []
    monkeypatch.chdir(tmp_path)

    def world(**options: Any) -> WorkbookWorld:
        made.append(WorkbookWorld(tmp_path, **options))
        return made[-1]

    yield world
    for one in made:
        one.close()


@pytest.mark.parametrize("place", ["orders.xlsx", "files"])
def test_every_line_comes_in_once_and_the_second_run_writes_nothing(make: Callable[..., WorkbookWorld], place: str) -> None:
    world = make(env={"WORKBOOK": place})
    (world.folder / "files").mkdir()
    planned = world.sync(test=True)
    assert planned["plan_digest"] and not world.path.exists()
    first = world.sync()
    assert first["counts"]["rows_added"] == len(world.rows())
    assert set(world.lines()) <= set(world.rows())
    before = world.path.stat().st_mtime_ns
    again = world.sync()
    assert again["counts"]["rows_added"] == again["counts"]["cells_changed"] == 0 and world.path.stat().st_mtime_ns == before
    assert world.sync(full=True)["counts"]["cells_changed"] == 0 and world.path.stat().st_mtime_ns == before


def test_people_work_in_it_and_nothing_of_theirs_is_touched(make: Callable[..., WorkbookWorld]) -> None:
    world = make()
    world.sync()
    gid, order = next((gid, one) for gid, one in world.shop.orders.items() if one["lineItems"] and not one["cancelledAt"])
    key = order["lineItems"][0]["id"].rpartition("/")[2]

    def theirs(book: Workbook) -> None:
        tab = book["Orders"]
        rows = sorted(([cell.value for cell in row] for row in tab.iter_rows(min_row=2)), key=lambda row: str(row[3]))
        for number, row in enumerate(rows, 2):
            for column, value in enumerate(row, 1):
                tab.cell(number, column).value = value
        tab.insert_cols(3)
        tab["C1"] = "Ours to do"
        tab["C2"] = '="call " & "back"'
        tab["C2"].comment = Comment("waiting for the courier", "Jane")

    world.work(theirs)
    order_of_rows = [row[0] for row in world.grid()]
    world.shop.set_note(gid, "Please ring twice")
    report = world.sync()
    assert world.rows()[key]["Note"] == "Please ring twice" and report["counts"]["rows_added"] == 0
    assert [row[0] for row in world.grid()] == order_of_rows
    assert world.grid()[0][2] == "Ours to do" and world.grid()[1][2] == '="call " & "back"'
    assert (world.folder / "orders.previous.xlsx").exists()


def test_what_people_broke_is_mended_as_soon_as_the_file_was_saved(make: Callable[..., WorkbookWorld]) -> None:
    world = make()
    world.sync()
    before = world.rows()
    lost, edited = list(before)[:2]

    def mistakes(book: Workbook) -> None:
        tab = book["Orders"]
        keys = [cell.value for cell in tab["A"]]
        tab.cell(keys.index(edited) + 1, world.grid()[0].index("Quantity") + 1).value = 999
        tab.delete_rows(keys.index(lost) + 1)

    world.work(mistakes)
    report = world.sync()
    assert world.rows() == before and (report["counts"]["rows_added"], report["counts"]["cells_changed"]) == (1, 1)


def test_while_it_is_open_nothing_is_written_and_later_all_comes(make: Callable[..., WorkbookWorld]) -> None:
    world = make()
    world.sync()
    before = world.path.read_bytes()
    mark = world.folder / "~$orders.xlsx"
    mark.write_bytes(b"\x04Jane")
    gid, order = next((gid, one) for gid, one in world.shop.orders.items() if one["lineItems"] and not one["cancelledAt"])
    world.sync()
    world.shop.set_note(gid, "Please ring twice")
    told = world.sync(code=4)
    assert "orders.xlsx is open in another program (Jane)" in str(told) and world.path.read_bytes() == before
    mark.unlink()
    world.sync()
    assert world.rows()[order["lineItems"][0]["id"].rpartition("/")[2]]["Note"] == "Please ring twice"


def validated() -> dict[str, str]:
    """What `validate` says of the workbook, by the name of the check."""
    tried = manage("validate", "--pair", "workbook", "--json")
    assert tried.code == 0, tried.all
    return {check["name"]: check["told"] for check in tried.data["checks"] if check["part"] == "workbook"}


def test_the_manager_knows_it_as_any_other_place(make: Callable[..., WorkbookWorld], monkeypatch: pytest.MonkeyPatch) -> None:
    world = make(orders=5)
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    before = validated()
    assert not world.path.exists()
    world.sync()
    assert before["file"].endswith("orders.xlsx is not there yet; the first run makes it")
    assert validated()["file"].endswith("nobody has it open") and validated()["headers"] == "all columns stand there"
    audit = manage("audit", "--pair", "workbook", "--days", "60", "--json")
    assert audit.code == 0 and audit.data["proven"] is True, audit.all
    assert manage("missing", "--pair", "workbook", "--json").code == 0
    world.path.unlink()
    assert "orders.xlsx is gone" in str(world.sync(code=5))
    world.sync(force=True)
    assert set(world.lines()) <= set(world.rows())


def test_a_header_that_is_called_otherwise_from_now_on_is_told(make: Callable[..., WorkbookWorld]) -> None:
    world = make(orders=2, env={"WORKBOOK_COLUMNS": '["default", {"field": "quantity", "header": "Qty"}]'})
    assert world.sync()["notes"] == []
    del world.env["WORKBOOK_COLUMNS"]
    (note,) = world.sync()["notes"]
    assert "headers or columns were brought to what the configuration says" in note["message"]
    assert "Quantity" in world.grid()[0] and world.sync()["notes"] == []


@pytest.mark.parametrize("older", [False, True])
def test_moved_to_another_folder_with_its_ledger_it_goes_on_with_all_that_was_agreed(
    make: Callable[..., WorkbookWorld], tmp_path: Path, older: bool
) -> None:
    world = make(env={"DELETED_ROWS": "respect"})
    world.sync()
    if older:
        called_by_its_whole_path(world)
    deleted = list(world.rows())[1]
    world.work(lambda book: book["Orders"].delete_rows([cell.value for cell in book["Orders"]["A"]].index(deleted) + 1))
    world.sync()
    assert deleted not in world.rows()
    new = tmp_path / "another computer"
    new.mkdir()
    for name in ("ledger.db", "orders.xlsx"):
        (world.folder / name).rename(new / name)
    world.env |= {"WORKBOOK": str(new / "orders.xlsx"), "DB_PATH": str(new / "ledger.db")}
    assert world.sync(full=True)["counts"].get("rows_added", 0) == 0 and deleted not in world.rows()
    (new / "orders.xlsx").unlink()
    assert "orders.xlsx is gone" in world.sync(code=5)["error"]["message"]


def called_by_its_whole_path(world: WorkbookWorld) -> None:
    """As a version before this one has left the ledger."""
    with closing(sqlite3.connect(world.folder / "ledger.db")) as ledger, ledger:
        ((short,),) = ledger.execute("SELECT id FROM pair")
        whole = short.replace("orders.xlsx", str(world.path))
        ledger.execute("DELETE FROM meta WHERE name LIKE 'known_by:%'")
        ledger.execute("UPDATE meta SET name = replace(name, ?, ?)", (short, whole))
        ledger.execute("UPDATE pair SET id = ?", (whole,))
        for table in ("record", "sync_history", "order_shown", "cell_write", "pending", "conflict", "sync_errors"):
            if ledger.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = 'pair'", (table,)).fetchone():
                ledger.execute(f"UPDATE {table} SET pair = ? WHERE pair = ?", (whole, short))
