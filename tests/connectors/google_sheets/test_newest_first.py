"""New rows above the others, the youngest first: whatever people do, and whatever becomes of the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from syncdb.connectors.google_sheets import SheetConnector
from syncdb.model import Action, Operation, Result
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.google.colleague import Colleague
from tests.connectors.google_sheets.conftest import Desk, create, update
from tests.connectors.google_sheets.test_people import EDITS, annotate, held, repair, told

DONE, STALE = Result.DONE, Result.STALE
MANY = 30  # more than the rows among which a header is looked for


def ages(keys: Sequence[str]) -> Mapping[str, str]:
    """Keys such as "3" or "3b" are of order 3; a higher number is younger."""
    return {key: f"2026-11-{int(key.rstrip('abc')) % 100:02}" for key in keys}


def numbered(first: int, last: int) -> list[Operation]:
    return [create(str(number), title=f"T{number}", quantity=number) for number in range(first, last + 1)]


def ready(desk: Desk, *operations: Operation) -> SheetConnector:
    return desk.ready(*operations, ages=ages)


def keys(desk: Desk) -> list[object]:
    row, texts = desk.head()
    at = texts.index("Line ID")
    return [line[at] for line in desk.values()[row + 1 :] if len(line) > at and line[at] is not None]


def test_the_youngest_stand_on_top_and_the_lines_of_an_order_in_their_order(desk: Desk) -> None:
    connector = ready(desk, create("1"), create("2a"), create("2b"), create("3"))
    assert keys(desk) == ["3", "2a", "2b", "1"]
    outcomes = desk.apply(connector, create("4a"), create("4b"), create("5"))
    assert [(one.result, one.ref) for one in outcomes] == [(DONE, "3"), (DONE, "4"), (DONE, "2")]
    assert keys(desk) == ["5", "4a", "4b", "3", "2a", "2b", "1"]
    again = desk.connector(connector.binding, ages=ages)
    assert desk.apply(again, create("6"))[0].ref == "2" and keys(desk)[:2] == ["6", "5"]


def test_changed_rows_move_down_in_the_same_write_and_keep_what_is_beside_them(desk: Desk) -> None:
    connector = ready(desk, *numbered(1, 6))
    colleague = annotate(desk)
    beside = {found.record.key: desk.beside(found, "Notes") for found in connector.look(list("123456")).found.values()}
    outcomes = desk.apply(connector, *numbered(7, 8), update("3", {"quantity": 3}, {"quantity": 33}))
    assert [(one.result, one.ref) for one in outcomes] == [(DONE, "3"), (DONE, "2"), (DONE, "7")]
    assert keys(desk) == list("87654321")
    shown = connector.look(list("12345678")).found
    assert {key: desk.beside(shown[key], "Notes") for key in beside} == beside
    assert all(desk.beside(found, "Double") == f"=D{found.ref}*2" for key, found in shown.items() if key in beside)
    assert shown["3"].record.fields["quantity"] == 33 and desk.is_ours((6, 3))
    # what the last write showed serves the next one: no other row is taken for one of these
    assert desk.apply(connector, update("1", {"quantity": 1}, {"quantity": 11}))[0].ref == "9"
    assert colleague.snapshot()


def test_totals_below_the_header_stay_where_they_are(desk: Desk) -> None:
    connector = ready(desk, *numbered(1, 2))
    colleague = desk.colleague()
    colleague.insert_rows(2)
    colleague.type("D2", "=SUM(D$1:D2)")
    tab = desk.spreadsheet.titled("Orders")
    assert tab is not None
    tab.grid_properties["frozenRowCount"] = 2
    desk.apply(connector, *numbered(3, 4))
    assert tab.grid_properties["frozenRowCount"] == 2
    assert desk.values()[1][3] == "=SUM(D$1:D2)" and keys(desk) == ["4", "3", "2", "1"]


def test_a_filter_takes_in_new_rows_and_a_formats_neighbour_lends_its_own(desk: Desk) -> None:
    connector = ready(desk, *numbered(1, 2))
    colleague = desk.colleague()
    colleague.filter()
    colleague.colour("C2")
    tab = desk.spreadsheet.titled("Orders")
    assert tab is not None and tab.filter_area is not None
    end = tab.filter_area.r1
    desk.apply(connector, *numbered(3, 5))
    assert (tab.filter_area.r0, tab.filter_area.r1) == (0, end + 3 if end else None)
    heads = [cell for place, cell in colleague.snapshot().items() if place[0] == 0]
    assert all("bold" in str(cell) for cell in heads[:3])
    below = {place: cell for place, cell in colleague.snapshot().items() if place[0] in (1, 2, 3)}
    assert below and not any("bold" in str(cell) for cell in below.values())


@pytest.mark.parametrize("count", [2, MANY])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_in_the_moment_costs_nobody_a_cell_and_doubles_nothing(desk: Desk, edit: str, count: int) -> None:
    if count == MANY and edit != "insert a row on top":
        return
    connector = ready(desk, *numbered(1, 6))
    colleague = annotate(desk)
    wanted = desk.twin()
    EDITS[edit](wanted)
    new = numbered(7, 6 + count)
    changed = [update(key, {"quantity": int(key)}, {"quantity": 100 + int(key)}) for key in ("2", "5")]
    attempt = desk.prepare(connector, *changed, *new)
    desk.meanwhile(lambda: EDITS[edit](colleague))
    outcomes = connector.write(attempt)
    repair(desk, connector, attempt)
    shown = connector.look([one.key for one in attempt.operations])
    assert not shown.doubled
    open_ones = [one for one, outcome in zip(attempt.operations, outcomes, strict=True) if outcome.result is STALE]
    lost = [one for one in open_ones if one.action is Action.CREATE and one.key not in shown.found]
    if lost:
        assert {one.result for one in desk.apply(connector, *lost)} == {DONE}
    cells = [held(cell) for cell in colleague.snapshot().values()]
    assert all(cells.count(f"T{one.key}") == cells.count(one.key) == 1 for one in new)
    theirs = [str(text) for text in map(held, wanted.snapshot().values()) if str(text).startswith(("note", "mark"))]
    assert sorted(theirs) == sorted(str(text) for text in cells if str(text).startswith(("note", "mark")))
    tab = desk.spreadsheet.titled("Orders")
    twin = wanted.spreadsheet.titled("Orders")
    assert tab is not None and twin is not None
    assert tab.grid_properties.get("frozenRowCount") == twin.grid_properties.get("frozenRowCount")
    assert set(keys(desk)) >= {one.key for one in new}


def on_top(colleague: Colleague) -> None:
    colleague.insert_rows(1, 1)


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("kind", ["apply_then_cut", "answered"])
def test_rows_above_the_header_are_brought_below_it_by_another_process(desk: Desk, kind: str, below: bool) -> None:
    first = desk.ready() if below else ready(desk, *numbered(1, 2))
    new = numbered(3, 2 + MANY)
    attempt = desk.prepare(first, *new)
    colleague = desk.colleague()
    desk.meanwhile(lambda: on_top(colleague))
    if kind == "apply_then_cut":
        desk.faults.add(Fault("apply_then_cut", "sheets write"))
    first.write(attempt)
    later = desk.connector(first.binding, **({} if below else {"ages": ages}))
    assert {one.result for one in later.settle(attempt)} == {STALE}
    assert repair(desk, later, attempt) == 1
    assert later.structure(desk.token()) is None
    shown = [key for block in later.fetch() for key in block.found]
    assert len(shown) == MANY + (0 if below else 2) and desk.head()[0] == 1


@pytest.mark.parametrize(("kind", "settled"), [("apply_then_cut", DONE), ("cut_before", STALE)])
def test_a_lost_answer_is_settled_and_nothing_stands_twice(desk: Desk, kind: Any, settled: Result) -> None:
    connector = ready(desk, *numbered(1, 3))
    attempt = desk.prepare(connector, update("1", {"quantity": 1}, {"quantity": 9}), *numbered(4, 5))
    desk.faults.add(Fault(kind, "sheets write"))
    assert {one.result for one in connector.write(attempt)} == {Result.UNKNOWN}
    assert {one.result for one in connector.settle(attempt)} == {settled}
    assert keys(desk) == (["5", "4", "3", "2", "1"] if settled is DONE else ["3", "2", "1"])
    assert desk.values()[len(keys(desk))][3] == (9 if settled is DONE else 1)


def test_after_an_edit_in_the_moment_only_what_was_changed_differs(desk: Desk) -> None:
    """A person's formulas in a row of ours that a value went astray into, with new rows above it in the same write."""
    connector = ready(desk, *numbered(1, 6))
    colleague = annotate(desk)
    wanted = desk.twin()
    EDITS["insert rows in between"](wanted)
    attempt = desk.prepare(connector, update("3", {"quantity": 3}, {"quantity": 103}), *numbered(7, 8))
    desk.meanwhile(lambda: EDITS["insert rows in between"](colleague))
    outcomes = connector.write(attempt)
    assert [one.result for one in outcomes] == [STALE, DONE, DONE]
    assert repair(desk, connector, attempt) == 1
    wanted.insert_rows(2, 2)
    differing = {place for place, (was, now) in told(wanted, colleague).items() if held(was) != held(now)}
    assert {row for row, _ in differing} == {1, 2}
