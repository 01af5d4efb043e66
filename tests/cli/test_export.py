"""Exports against the sandbox shop's own state, and what a file must never do to the one who opens it."""

import csv
import io
import json
import os
import stat
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from syncdb.services.display import csv_cell
from syncdb.services.export_columns import ExportColumn
from syncdb.services.export_formats import write_text
from syncdb.services.export_workbook import write_workbook
from syncdb.values import Kind
from tests.cli.conftest import Shop, manage

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def clock(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone(BERLIN).replace(tzinfo=None).isoformat(" ")


def test_orders_as_csv_are_those_of_the_shop(past: Shop, tmp_path: Path) -> None:
    columns = "order_id,order_name,created_at,order_total,currency,note,customer_name"
    answer = past.ask("export", "--columns", columns, "--output", str(tmp_path / "o.csv"))
    orders = past.world.shop.orders
    assert f"Wrote {len(orders)} orders" in answer.out
    rows = {row["Shopify order ID"]: row for row in read_csv(tmp_path / "o.csv")}
    assert len(rows) == len(orders)
    for gid, order in orders.items():
        row = rows[gid.rpartition("/")[2]]
        assert row["Order"] == order["name"] and row["Created"] == clock(order["createdAt"])
        assert Decimal(row["Total"]) == Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])
        note = order["note"] or ""
        number = note[:1] in ("+", "-") and note[1:].isdigit()
        assert row["Note"] == ("'" + note if note[:1] in ("=", "+", "-", "@") and not number else note)


def test_lines_add_up_where_the_sheet_does(past: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `order_amounts` at first_line a sum over the column is the shop's, in the file as in the sheet."""
    in_shop = sum(Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"]) for order in past.world.shop.orders.values())

    def total(name: str) -> Decimal:
        past.ask("export", "--what", "lines", "--columns", "order_total", "--output", str(tmp_path / name))
        return sum((Decimal(row["Total"] or 0) for row in read_csv(tmp_path / name)), Decimal(0))

    monkeypatch.setenv("TARGET_SPREADSHEET", "Shop orders")
    assert total("every.csv") > in_shop
    monkeypatch.setenv("ORDER_AMOUNTS", "first_line")
    assert total("first.csv") == in_shop


def test_a_formula_in_an_order_is_text_in_every_format(past: Shop, tmp_path: Path) -> None:
    notes = {order["note"] for order in past.world.shop.orders.values() if (order["note"] or "").startswith("=")}
    assert notes, "the sandbox has such notes"
    past.ask("export", "--columns", "note", "--output", str(tmp_path / "n.csv"))
    running = [row["Note"] for row in read_csv(tmp_path / "n.csv") if row["Note"].startswith(("=", "+", "-", "@"))]
    assert all(note[0] in "+-" and note[1:].replace(" ", "").isdigit() for note in running)
    past.ask("export", "--columns", "note", "--output", str(tmp_path / "n.json"))
    assert notes <= {row["note"] for row in json.loads((tmp_path / "n.json").read_text(encoding="utf-8"))}
    past.ask("export", "--columns", "note", "--output", str(tmp_path / "n.xlsx"))
    sheet = workbook(tmp_path / "n.xlsx")
    filters = [one.get("ref") for one in sheet.iter(f"{{{NAMES['m']}}}autoFilter")]
    assert filters == [f"A1:A{len(past.world.shop.orders) + 1}"], "people can filter by what it holds"
    assert not list(sheet.iter(f"{{{NAMES['m']}}}f")) and notes <= {cell for row in rows_of(sheet) for cell in row}


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "\t=1", "\r=1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "+A1", "-1-2", "- x", "+"],
)
def test_what_can_run_gets_an_apostrophe(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["+49 30 1234567", "+4930123", "+1 (555) 123 4567", "-12.50", "-1.234,50", "0049", "a=b", "x@y.example", "'=1"]
)
def test_what_cannot_run_stays_as_it_is(text: str) -> None:
    assert csv_cell(text) == text


def test_telephone_numbers_are_exported_as_they_are(past: Shop, tmp_path: Path) -> None:
    phones = {order["phone"] for order in past.world.shop.orders.values() if (order["phone"] or "").startswith("+")}
    past.ask("export", "--columns", "customer_phone", "--output", str(tmp_path / "p.csv"))
    assert phones and phones <= {row["Phone"] for row in read_csv(tmp_path / "p.csv")}


def workbook(path: Path, number: int = 1) -> ElementTree.Element:
    with zipfile.ZipFile(path) as archive:
        return ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))


def rows_of(sheet: ElementTree.Element) -> list[list[str | None]]:
    return [
        [text.text if (text := cell.find(".//m:t", NAMES)) is not None else cell.findtext("m:v", None, NAMES) for cell in row]
        for row in sheet.iterfind(".//m:row", NAMES)
    ]


def test_lines_as_a_workbook_keep_ids_as_text_and_amounts_as_numbers(past: Shop, tmp_path: Path) -> None:
    answer = past.ask(
        "export", "--what", "lines", "--columns", "line_id,quantity,unit_price", "--output", str(tmp_path / "l.xlsx"), "--json"
    )
    lines = [line for order in past.world.shop.orders.values() for line in order["lineItems"]]
    empty = sum(not order["lineItems"] for order in past.world.shop.orders.values())
    assert answer.data["rows"] == len(lines) + empty
    sheet = workbook(tmp_path / "l.xlsx")
    rows = {row[0]: row for row in rows_of(sheet)[1:] if row}
    for line in lines:
        row = rows[line["id"].rpartition("/")[2]]
        assert Decimal(row[1] or "") == line["quantity"]
        assert Decimal(row[2] or "") == Decimal(line["originalUnitPriceSet"]["shopMoney"]["amount"])
    kinds = {cell.get("t") for row in sheet.iterfind(".//m:row", NAMES) for cell in row if cell.get("r", "").startswith("A")}
    assert kinds == {"inlineStr"}


def test_json_lines_to_standard_output(past: Shop) -> None:
    answer = past.ask("export", "--output", "-", "--format", "jsonl")
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert {row["id"] for row in rows} == {gid.rpartition("/")[2] for gid in past.world.shop.orders}
    header = past.ask("export", "--output", "-").out.splitlines()[0]
    assert header.startswith("Order ID,Order,Date"), "the usual columns, without a byte-order mark"


@pytest.mark.parametrize("what", ["runs", "errors", "changes"])
def test_the_ledgers_own_records(past: Shop, tmp_path: Path, what: str) -> None:
    target = tmp_path / f"{what}.json"
    assert past.ask("export", "--what", what, "--output", str(target)).code == 0
    rows = json.loads(target.read_text(encoding="utf-8"))
    if what == "runs":
        assert [row["exit_code"] for row in rows] == [0] * 5 and json.loads(rows[0]["counts"])["rows_added"] > 80
    if what == "changes":
        assert any(row["path"] == "tags" and "for the manager" in (row["after"] or "") for row in rows)
    if what == "errors":
        assert rows == []


def test_since_leaves_out_what_is_older(past: Shop, tmp_path: Path) -> None:
    stamps = sorted(order["createdAt"] for order in past.world.shop.orders.values())
    past.ask("export", "--since", stamps[50], "--output", str(tmp_path / "s.jsonl"))
    assert len((tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()) == sum(stamp >= stamps[50] for stamp in stamps)


def test_a_file_that_is_there_stays(past: Shop, tmp_path: Path) -> None:
    target = tmp_path / "o.csv"
    target.write_text("mine", encoding="utf-8")
    answer = past.ask("export", "--output", str(target))
    assert answer.code == 2 and "--overwrite" in answer.err and target.read_text(encoding="utf-8") == "mine"
    assert past.ask("export", "--output", str(target), "--overwrite").code == 0
    assert past.ask("export", "--output", str(past.path), "--format", "csv", "--overwrite").code == 2, "never the ledger"
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["o.csv"], "nothing half done is left"


def test_a_file_that_the_configuration_names_is_never_written_over(past: Shop, tmp_path: Path) -> None:
    kept = tmp_path / "orders.xlsx"
    kept.write_bytes(b"a colleague's work")
    Path("config.json").write_text(json.dumps({"db_path": str(past.path), "workbook": str(kept)}), encoding="utf-8")
    for file in (kept, Path("config.json")):
        refused = manage("export", "--output", str(file), "--format", "csv", "--overwrite")
        assert refused.code == 2 and "belongs to the configuration" in refused.err
    assert kept.read_bytes() == b"a colleague's work"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_the_file_is_its_owners_only(past: Shop, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        past.ask("export", "--output", str(tmp_path / "o.csv"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "o.csv").stat().st_mode) == 0o600


def test_wrong_wishes_are_told(past: Shop, tmp_path: Path) -> None:
    for arguments, told in (
        (("--columns", "totl"), "there is no column 'totl'"),
        (("--columns", "sku"), "belongs to a line item"),
        (("--what", "runs", "--columns", "sku"), "runs have no column sku"),
        (("--output", str(tmp_path / "x.pdf")), "No format is known for .pdf"),
        (("--output", "-", "--format", "xlsx"), "cannot go to standard output"),
        (("--since", "lately"), "'lately' is no date"),
        (("--output", str(tmp_path / "none" / "x.csv")), "cannot be written"),
    ):
        answer = past.ask("export", *arguments)
        assert answer.code in (2, 5) and told in answer.err, arguments
    assert "order_total" in manage("export", "--columns", "help").out.splitlines()


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "xlsx"])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, kind: str) -> None:
    columns = [
        ExportColumn("id", "ID", Kind.IDENTIFIER),
        ExportColumn("text", "Text", Kind.TEXT),
        ExportColumn("total", "Total", Kind.MONEY),
    ]

    def rows(count: int) -> Iterator[list[object]]:
        for number in range(count):
            yield [str(number), f"{number} " * 200, Decimal(number) / 100]

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            if kind == "xlsx":
                assert write_workbook(tmp_path / f"{count}.xlsx", "rows", columns, rows(count)) == count
            else:
                with (tmp_path / f"{count}.{kind}").open("w", encoding="utf-8", newline="") as stream:
                    assert write_text(stream, kind, columns, rows(count)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is loaded only once
    few, many = peak(200), peak(4000)
    assert many < few + 1_000_000, f"{many - few} bytes more for 3,800 rows of more than 800 bytes"


def test_a_workbook_takes_what_its_cells_cannot(tmp_path: Path) -> None:
    columns = [ExportColumn("a", "=A", Kind.TEXT), ExportColumn("m", "M", Kind.MONEY), ExportColumn("t", "T", Kind.MOMENT)]
    odd = ["\x00\x0b bell\ud800", "x" * 40_000, "=1+1", "https://example.com/", "007"]
    amounts = [Decimal("12345678901234567.89"), Decimal("1.10"), Decimal("0"), Decimal("-3"), Decimal("1E+3")]
    rows = [[text, money, datetime(2026, 11, 20, 7, 30)] for text, money in zip(odd, amounts, strict=True)]
    assert write_workbook(tmp_path / "odd.xlsx", "odd", columns, rows) == 5
    sheet = workbook(tmp_path / "odd.xlsx")
    found = rows_of(sheet)
    assert len(found[2][0] or "") == 32_767 and found[1][1] == "12345678901234567.89" and Decimal(found[5][1] or "") == 1000
    assert [row[0] for row in found[3:]] == ["=1+1", "https://example.com/", "007"] and found[0][0] == "=A"
    assert not list(sheet.iter(f"{{{NAMES['m']}}}f"))
