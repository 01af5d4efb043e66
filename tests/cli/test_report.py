"""The report's figures against an independent count of the sandbox shop's own state, never of the ledger."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncdb.services.amounts import amount, grouped
from syncdb.services.plots import Bar, chart
from syncdb.services.plots import grouped as grouped_bars
from tests.cli.conftest import Shop, asked_on_a_terminal

BERLIN = ZoneInfo("Europe/Berlin")


def made_on(order: dict[str, Any]) -> str:
    return datetime.fromisoformat(order["createdAt"]).astimezone(BERLIN).date().isoformat()


def of_last(past: Shop, days: int) -> list[dict[str, Any]]:
    first = (datetime.now(UTC).astimezone(BERLIN).date() - timedelta(days=days - 1)).isoformat()
    return [order for order in past.world.shop.orders.values() if made_on(order) >= first]


def money(order: dict[str, Any]) -> Decimal:
    return Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])


@pytest.mark.parametrize("days", [1, 7, 30])
def test_the_figures_are_those_of_the_shop(past: Shop, days: int) -> None:
    orders = of_last(past, days)
    data = past.ask("report", "--days", str(days), "--json").data
    assert len(data["days"]) == days
    assert data["orders"]["made"] == len(orders)
    assert data["orders"]["cancelled"] == sum(order["cancelledAt"] is not None for order in orders)
    assert data["orders"]["test"] == sum(order["test"] for order in orders)
    statuses = Counter(order["displayFinancialStatus"].lower().replace("_", " ") for order in orders)
    assert data["orders"]["by_financial_status"] == dict(statuses)
    counted = [order for order in orders if not order["test"]]
    revenue = data["revenue"].get("EUR", {"total": "0", "orders": 0})
    assert Decimal(revenue["total"]) == sum((money(order) for order in counted), Decimal(0))
    assert revenue["orders"] == len(counted) and set(data["revenue"]) <= {"EUR"}
    by_day = Counter(made_on(order) for order in orders)
    assert {day["date"]: day["orders"] for day in data["days"] if day["orders"]} == dict(by_day)
    for day in data["days"]:
        expected = sum((money(order) for order in counted if made_on(order) == day["date"]), Decimal(0))
        assert sum(map(Decimal, day["revenue"].values()), Decimal(0)) == expected


def test_there_was_something_to_count(past: Shop) -> None:
    assert len(of_last(past, 30)) > 70 and any(order["test"] for order in of_last(past, 30))
    assert any(order["presentmentCurrencyCode"] != "EUR" for order in of_last(past, 30)), "sums are in the shop's currency"


def test_runs_and_changes_are_counted(past: Shop) -> None:
    data = past.ask("report", "--days", "2", "--json").data
    assert data["runs"]["count"] == 5 and data["runs"]["outcomes"] == {"done": 5}
    lines = sum(len(order["lineItems"]) or 1 for order in past.world.shop.orders.values())
    assert data["runs"]["sums"]["rows_added"] == lines
    assert 0 < data["changes"]["orders"] <= 13 and data["changes"]["fields"]["tags"] >= 1
    assert "updated_at" not in data["changes"]["fields"]


class Page(HTMLParser):
    """Reads a page and keeps what must and must not be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file_with_plots_and_nothing_from_outside(past: Shop, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    answer = past.ask("report", "--days", "30", "--output", str(target))
    assert answer.code == 0 and str(target) in answer.out.replace("\n", "")
    text = target.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.seen["svg"] >= 3 and not page.seen["script"] and not page.seen["link"] and page.addresses == []
    assert "http" not in text and "url(" not in text and "@import" not in text
    orders = of_last(past, 30)
    total = sum((money(order) for order in orders if not order["test"]), Decimal(0))
    assert grouped(total) in page.text and f"{len(orders)}orders made" in page.text.replace("\n", "")
    bars = re.findall(r"<title>(\d{4}-\d\d-\d\d): (\d+) orders</title>", text)
    assert {day: int(count) for day, count in bars if count != "0"} == dict(Counter(made_on(order) for order in orders))
    assert past.ask("report", "--output", str(target)).code == 2, "never over a file unasked"
    assert past.ask("report", "--output", str(target), "--overwrite").code == 0


def test_what_a_shop_says_cannot_become_part_of_the_page(past: Shop, tmp_path: Path) -> None:
    from syncdb.ledger import Ledger
    from syncdb.ledger.runs import Problem

    path = tmp_path / "copy.db"
    path.write_bytes(past.path.read_bytes())
    with Ledger.open(path, datetime.now(UTC)) as ledger, ledger.transaction():
        ledger.problems.add(Problem("fetch", "<img src=x>", "<script>alert(1)</script>", "1"), 1, "2026-11-20T00:00:00Z")
        ledger.runs.put("shop", ledger.runs.get("shop") | {"name": '"><script>'})
    from tests.cli.conftest import manage

    assert manage("report", "--db", str(path), "--output", str(tmp_path / "x.html")).code == 0
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<script" not in text and "<img" not in text and "&lt;script&gt;alert(1)" in text


def test_text_and_json_go_to_files_by_their_ending(past: Shop, tmp_path: Path) -> None:
    assert past.ask("report", "--output", str(tmp_path / "r.txt")).code == 0
    assert "Orders made" in (tmp_path / "r.txt").read_text(encoding="utf-8")
    assert past.ask("report", "--output", str(tmp_path / "r.json")).code == 0
    assert '"revenue"' in (tmp_path / "r.json").read_text(encoding="utf-8")
    shown = asked_on_a_terminal("report", "--db", str(past.path))
    assert len(shown) > 10 and max(map(len, shown)) <= 80 and "\x1b" not in "".join(shown)


def test_bars_are_to_scale_and_can_be_told_apart() -> None:
    bars = [Bar(str(number), ((number, "a"),), f"{number}") for number in (0, 5, 10)]
    heights = [float(one) for one in re.findall(r'height="([\d.]+)"', str(chart(bars, "x")))]
    assert len(heights) == 2 and heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    many = [Bar(str(number), ((number, "a"), (1, "b")), "") for number in range(365)]
    shown = grouped_bars(many)
    assert len(shown) <= 62 and sum(bar.height for bar in shown) == sum(bar.height for bar in many)
    assert "&lt;b&gt;" in str(chart([Bar("<b>", ((1, "a"),), "<b>")], "<b>"))


def test_amounts_are_exact() -> None:
    assert [amount(Decimal(text)) for text in ("5", "5.5", "5.125", "0", "-3.1")] == ["5.00", "5.50", "5.125", "0.00", "-3.10"]
    assert grouped(Decimal("-1234567.8")) == "-1\u202f234\u202f567.80"


@pytest.mark.parametrize("highest", [1, 3, 7, 11, 12, 13, 19, 25, 41, 99, 101, 850, 2900, 12345])
def test_the_scale_ends_near_the_highest_bar_with_a_whole_half(highest: int) -> None:
    picture = str(chart([Bar("a", ((highest, "a"),), "a")], "x"))
    top, half = (int(one) for one in re.findall(r'class="scale"[^>]*>(\d+)<', picture)[::-1][:2])
    assert top >= highest and top == 2 * half and (highest < 3 or highest / top > 0.59)


def test_what_changed_is_told_in_words(past: Shop, tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    assert past.ask("report", "--output", str(file)).code == 0
    told = file.read_text(encoding="utf-8").partition("What changed</h2>")[2].partition("<h2>")[0]
    assert "<tr>" in told and "_" not in told
