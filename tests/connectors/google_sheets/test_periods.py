"""Several tabs behind one connector: the contract, what stands in the wrong tab, and what each call costs."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from syncdb.connectors.google_sheets.binding import TabBinding
from syncdb.connectors.google_sheets.connector import SheetConnector
from syncdb.connectors.google_sheets.periods import PeriodTabs
from syncdb.contract.connector import ONE, TWO, Contract, create, update
from syncdb.errors import NeedsPerson
from syncdb.model import Field, Outcome, Result
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.google.colleague import Colleague
from syncdb.values import Kind, Value
from tests.connectors.google_sheets.conftest import Desk

FIELDS = (Field("key", "Key", Kind.IDENTIFIER), Field("title", "Title", Kind.TEXT), Field("count", "Count", Kind.COUNT))
HEADERS = {"key": "Key", "title": "Title", "count": "Count"}


def year(key: str) -> str | None:
    """a, nobody and the first sixty belong to 2025, b and the others to 2026; what begins with ? to no year."""
    if key.startswith("?"):
        return None
    return "2025" if key in ("a", "a2", "nobody") or (key[1:].isdigit() and int(key[1:]) < 60) else "2026"


def year_of_numbers(key: str) -> str:
    """As the contract wants it: the records that it writes at once are of one year, of its many some are of another."""
    return "2026" if key[1:].isdigit() and int(key[1:]) >= 60 else "2025"


@dataclass
class Tabs:
    """A composite on a spreadsheet of the sandbox, and eyes of its own."""

    desk: Desk
    year: Callable[[str], str | None] = year
    needed: set[str] = field(default_factory=lambda: {"2025", "2026"})
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connector = self.opened({})

    def opened(self, bindings: Mapping[str, TabBinding | None], **options: Any) -> PeriodTabs:
        def tab(period: str, binding: TabBinding | None) -> SheetConnector:
            places: dict[str, Any] = {"target": self.elsewhere.get(period, self.desk.spreadsheet.id), "tab": f"Orders {period}"}
            return self.desk.connector(binding, fields=FIELDS, ledger_id=f"ledger-1:line:{places['tab']}", **places, **options)

        return PeriodTabs(tab, bindings, self.years, lambda: self.needed)

    def years(self, keys: Sequence[str]) -> dict[str, str]:
        return {key: found for key in keys if (found := self.year(key))}

    @property
    def email(self) -> str:
        return str(json.loads(self.desk.key_file.read_text(encoding="utf-8"))["client_email"])

    def again(self, **options: Any) -> PeriodTabs:
        """The next run."""
        self.connector = self.opened(self.connector.bindings, **options)
        return self.connector

    def ready(self) -> PeriodTabs:
        attempt = self.connector.structure(self.desk.token())
        assert attempt is not None and self.connector.write(attempt) == []
        assert self.connector.structure(self.desk.token()) is None
        return self.connector

    def fill(self, *records: Mapping[str, Value]) -> list[Outcome]:
        outcomes = []
        for fields in records:
            attempt = self.connector.prepare([create(str(fields["key"]), fields)], self.desk.token())
            outcomes += self.connector.write(attempt)
        return outcomes

    def tab(self, period: str) -> dict[str, dict[str, Value]]:
        if self.desk.spreadsheet.titled(f"Orders {period}") is None:
            return {}
        header, *rows = self.desk.values(f"Orders {period}")
        return {row[header.index("Key")]: {name: row[header.index(label)] for name, label in HEADERS.items()} for row in rows}

    def shows(self) -> dict[str, dict[str, Value]]:
        both = [self.tab(period) for period in ("2025", "2026")]
        assert not both[0].keys() & both[1].keys()
        assert all(self.year(key) == period for period, rows in zip(("2025", "2026"), both, strict=True) for key in rows)
        return both[0] | both[1]

    def person_changes(self, key: str, field: str, value: Value) -> None:
        title = f"Orders {self.year(key)}"
        header, *rows = self.desk.values(title)
        row = next(number for number, line in enumerate(rows, 1) if line[header.index("Key")] == key)
        self.desk.put(title, row, header.index(HEADERS[field]), value)

    def copies(self, key: str, to: str) -> None:
        """A person copies a row into another tab."""
        source = self.desk.values(f"Orders {self.year(key)}")
        line = next(row for row in source if row[0] == key)
        end = len(self.desk.values(f"Orders {to}"))
        tab = self.desk.spreadsheet.titled(f"Orders {to}")
        assert tab is not None
        if end >= len(tab.rows):
            Colleague(self.desk.spreadsheet, f"Orders {to}").insert_rows(end)
        for column, value in enumerate(line):
            self.desk.put(f"Orders {to}", end, column, value)

    def lose_next_answer(self, *, applied: bool) -> None:
        self.desk.faults.add(Fault("apply_then_cut" if applied else "cut_before", "sheets write"))

    def requests(self, work: Callable[[], object]) -> int:
        self.desk.faults.log.clear()
        work()
        return self.desk.faults.count("sheets", "read") + self.desk.faults.count("sheets", "write")


class TestPeriodTabs(Contract):
    @pytest.fixture
    def stage(self, desk: Desk) -> Tabs:
        return Tabs(desk, year_of_numbers)


@pytest.fixture
def tabs(desk: Desk) -> Tabs:
    return Tabs(desk)


def test_all_tabs_are_made_in_one_write(tabs: Tabs) -> None:
    tabs.needed = {f"20{number}" for number in range(10, 30)}
    tabs.ready()
    made = [tab.title for tab in tabs.desk.spreadsheet.tabs if tab.title.startswith("Orders ")]
    assert sorted(made) == [f"Orders {period}" for period in sorted(tabs.needed)] == sorted(set(made))
    assert set(tabs.connector.bindings) == tabs.needed


def test_a_structure_whose_answer_is_lost_is_found_by_the_next_run(tabs: Tabs) -> None:
    attempt = tabs.connector.structure(tabs.desk.token())
    assert attempt is not None
    tabs.desk.faults.add(Fault("apply_then_cut", "sheets write"))
    assert tabs.connector.write(attempt) == []
    assert tabs.connector.structure(tabs.desk.token()) is None
    late = tabs.opened({})
    assert late.settle(attempt) == [] and set(late.bindings) == {"2025", "2026"}


def test_a_place_names_its_tab(tabs: Tabs) -> None:
    tabs.ready()
    assert [one.ref for one in tabs.fill(ONE, TWO)] == ['2 in "Orders 2025"', '2 in "Orders 2026"']
    found = tabs.connector.look(["a", "b"]).found
    assert {key: one.ref for key, one in found.items()} == {"a": '2 in "Orders 2025"', "b": '2 in "Orders 2026"'}


def test_a_record_of_no_period_is_refused_alone(tabs: Tabs) -> None:
    tabs.ready()
    attempt = tabs.connector.prepare([create("?", ONE | {"key": "?"}), create("a", ONE)], 5)
    assert len(attempt.operations) == 1
    assert [one.result for one in tabs.connector.write(attempt)] == [Result.REJECTED]
    assert tabs.connector.settle(attempt) == tabs.connector.write(attempt) and tabs.connector.mend(attempt, 6) is None
    assert tabs.shows() == {}


def test_a_copy_in_another_tab_is_told_with_both_places(tabs: Tabs) -> None:
    tabs.ready()
    tabs.fill(ONE, TWO)
    tabs.copies("a", to="2026")
    blocks = list(tabs.again().fetch())
    assert {key for block in blocks for key in block.found} == {"b"}
    doubled = {key: places for block in blocks for key, places in block.doubled.items()}
    assert doubled == {"a": ('2 in "Orders 2025"', '3 in "Orders 2026"')}


def test_a_row_moved_to_another_tab_counts_as_deleted(tabs: Tabs) -> None:
    tabs.ready()
    tabs.fill(ONE, ONE | {"key": "a2"}, TWO)
    tabs.copies("a", to="2026")
    for column in range(3):
        tabs.desk.put("Orders 2025", 1, column, None)
    blocks = list(tabs.again().fetch())
    assert {key for block in blocks for key in (*block.found, *block.doubled)} == {"a2", "b"}
    assert all(block.complete for block in blocks) and tabs.connector.look(["a"]).found == {}


def test_only_the_tabs_in_question_are_asked(tabs: Tabs) -> None:
    tabs.ready()
    tabs.fill(ONE, TWO)
    tabs.needed = set()
    connector = tabs.again()
    assert tabs.requests(lambda: connector.structure(1)) == 2, "the newest one, as a sign that all is well"
    tabs.needed = {"2025"}
    connector = tabs.again()
    assert tabs.requests(lambda: connector.structure(1)) == 2
    tabs.desk.spreadsheet.tabs.remove(tabs.desk.spreadsheet.titled("Orders 2026"))
    assert connector.look(["a"]).found.keys() == {"a"}


def test_a_vanished_tab_stops_it_and_is_made_anew_when_that_is_wanted(tabs: Tabs) -> None:
    tabs.ready()
    tabs.desk.spreadsheet.tabs.remove(tabs.desk.spreadsheet.titled("Orders 2025"))
    with pytest.raises(NeedsPerson, match='"Orders 2025" is gone'):
        tabs.again().structure(1)
    tabs.again(take_over=True)
    tabs.ready()
    assert tabs.tab("2025") == {}


def test_a_renamed_tab_is_followed_but_never_becomes_that_of_another_period(tabs: Tabs) -> None:
    tabs.needed = {"2025"}
    tabs.ready()
    tab = tabs.desk.spreadsheet.titled("Orders 2025")
    assert tab is not None
    tab.title = "Orders 2026"
    tabs.needed = {"2025", "2026"}
    with pytest.raises(NeedsPerson, match='"Orders 2026" holds the orders of 2025'):
        tabs.again().structure(1)
    tab.title = "Archive"
    tabs.again()
    tabs.ready()
    assert [tab.title for tab in tabs.desk.spreadsheet.tabs][-2:] == ["Archive", "Orders 2026"]


def test_a_tab_of_a_person_is_not_taken(tabs: Tabs) -> None:
    tabs.needed = {"2025"}
    tabs.ready()
    tab = tabs.desk.spreadsheet.titled("Orders 2025")
    assert tab is not None
    stranger = tabs.opened({})
    tabs.desk.put("Orders 2025", 0, 0, "My own list")
    with pytest.raises(NeedsPerson, match="is in use already"):
        stranger.structure(1)


def test_a_period_in_another_spreadsheet(tabs: Tabs) -> None:
    first = tabs.desk.spreadsheet
    other = tabs.desk.app.create("Orders from 2026", tabs.email)
    tabs.elsewhere = {"2026": other.id}
    for _ in range(2):
        attempt = tabs.connector.structure(tabs.desk.token())
        assert attempt is not None and tabs.connector.write(attempt) == []
    assert tabs.connector.structure(1) is None
    tabs.fill(ONE, TWO)
    assert set(tabs.tab("2025")) == {"a"} and first.titled("Orders 2026") is None
    tabs.desk.spreadsheet = other
    assert set(tabs.tab("2026")) == {"b"} and other.titled("Orders 2025") is None
    tabs.desk.spreadsheet = first
    assert tabs.connector.look(["a", "b"]).found.keys() == {"a", "b"}
    assert tabs.connector.tidy([1, 2]) == (1, 2)


def test_a_write_without_outcome_is_not_settled_in_another_spreadsheet(tabs: Tabs) -> None:
    tabs.ready()
    attempt = tabs.connector.prepare([create("b", TWO)], tabs.desk.token())
    other = tabs.desk.app.create("Orders from 2026", tabs.email)
    tabs.elsewhere = {"2026": other.id}
    kept = {"2025": tabs.connector.bindings["2025"], "2026": None}
    with pytest.raises(NeedsPerson, match="Nothing was written"):
        tabs.opened(kept).settle(attempt)


def test_a_value_in_a_wrong_row_is_taken_back_in_its_tab(tabs: Tabs) -> None:
    tabs.ready()
    tabs.fill(ONE, ONE | {"key": "a2"})
    attempt = tabs.connector.prepare([update("a2", {"count": 3}, {"count": 4})], tabs.desk.token())
    tabs.desk.meanwhile(lambda: Colleague(tabs.desk.spreadsheet, "Orders 2025").insert_rows(2))
    assert [one.result for one in tabs.connector.write(attempt)] == [Result.STALE]
    mending = tabs.connector.mend(attempt, tabs.desk.token())
    assert mending is not None and tabs.connector.write(mending) == []
    assert tabs.connector.mend(mending, tabs.desk.token()) is None
    rows = [row for row in tabs.desk.values("Orders 2025")[1:] if any(cell is not None for cell in row)]
    assert sorted(row[0] for row in rows) == ["a", "a2"] and {row[2] for row in rows} == {3}
