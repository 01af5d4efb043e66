"""People work in the same tab: before, between and in the very moment of a write. Nothing of theirs changes."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from syncdb.connectors.google_sheets import SheetConnector
from syncdb.connectors.tabular import a1
from syncdb.model import Attempt, Operation, Result
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.google.colleague import Colleague
from syncdb.values import Value
from tests.connectors.google_sheets.conftest import Desk, create, update

DONE, STALE = Result.DONE, Result.STALE


def rows(count: int) -> list[Operation]:
    return [create(str(n), title=f"T{n}", quantity=n, price=Decimal(n)) for n in range(1, count + 1)]


def annotate(desk: Desk) -> Colleague:
    """A colleague's own columns: notes with a header, a formula, and a column without a header."""
    colleague = desk.colleague()
    colleague.insert_columns("H", 3)
    colleague.type("H1", "Notes")
    colleague.type("I1", "Double")
    for row in range(2, 8):
        colleague.type(f"H{row}", f"note {row}")
        colleague.type(f"I{row}", f"=D{row}*2")
        colleague.type(f"J{row}", f"mark {row}")
    colleague.note("D3", "please check")
    colleague.colour("D3")
    return colleague


EDITS: dict[str, Callable[[Colleague], object]] = {
    "insert a row on top": lambda colleague: colleague.insert_rows(1, 1),
    "insert rows in between": lambda colleague: colleague.insert_rows(4, 2),
    "insert a column on the left": lambda colleague: colleague.insert_columns("A", 1),
    "insert a column in between": lambda colleague: colleague.insert_columns("D", 2),
    "move a column of ours": lambda colleague: colleague.move_columns("D", 1, "B"),
    "move the key column": lambda colleague: colleague.move_columns("A", 1, "H"),
    "move a row": lambda colleague: colleague.move_rows(6, 1, 2),
    "sort backwards": lambda colleague: colleague.sort("D", descending=True),
    "delete a row": lambda colleague: colleague.delete_rows(2, 1),
    "hide and filter": lambda colleague: colleague.filter(),
}


def told(before: Colleague, after: Colleague) -> dict[tuple[int, int], tuple[object, object]]:
    """The cells in which two sheets differ in any way: what each holds."""
    one, other = before.snapshot(), after.snapshot()
    return {
        place: (one.get(place), other.get(place)) for place in one.keys() | other.keys() if one.get(place) != other.get(place)
    }


def held(cell: object) -> object:
    value = cell.get("userEnteredValue") if isinstance(cell, dict) else None
    return next(iter(value.values())) if value else None


@pytest.mark.parametrize("edit", EDITS)
def test_rows_and_columns_are_found_wherever_they_went(desk: Desk, edit: str) -> None:
    connector = desk.ready(*rows(6))
    colleague = annotate(desk)
    EDITS[edit](colleague)
    wanted = desk.twin()
    outcomes = desk.apply(connector, update("3", {"quantity": 3}, {"quantity": 33}, ref="4"))
    assert [one.result for one in outcomes] == [DONE]
    assert [(held(was), held(now)) for was, now in told(wanted, colleague).values()] == [(3, 33)]
    assert desk.apply(connector, create("7", quantity=7))[0].result is DONE
    shown = connector.look([str(n) for n in range(1, 8)]).found
    assert {key: found.record.fields["quantity"] for key, found in shown.items() if key in ("3", "7")} == {"3": 33, "7": 7}
    assert all(desk.beside(found, "Notes") == f"note {int(key) + 1}" for key, found in shown.items() if key != "7")


def repair(desk: Desk, connector: SheetConnector, attempt: Attempt) -> int:
    """Mend until there is nothing left to mend; how many writes it took."""
    for count in range(5):
        mending = connector.mend(attempt, desk.token())
        if mending is None:
            return count
        assert connector.write(mending) == []
        attempt = mending
    raise AssertionError("mending does not come to an end")


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_in_the_moment_of_an_update_costs_nobody_a_cell(desk: Desk, edit: str) -> None:
    connector = desk.ready(*rows(6))
    colleague = annotate(desk)
    wanted = desk.twin()
    EDITS[edit](wanted)
    changes = [update(str(n), {"quantity": n}, {"quantity": 100 + n, "title": f"new {n}"}) for n in (2, 3, 5)]
    attempt = desk.prepare(connector, *changes)
    desk.meanwhile(lambda: EDITS[edit](colleague))
    outcomes = connector.write(attempt)
    repair(desk, connector, attempt)
    shown = connector.look(["2", "3", "5"]).found
    for one, key in zip(outcomes, ("2", "3", "5"), strict=True):
        if one.result is DONE:
            assert shown[key].record.fields["title"] == f"new {key}" and shown[key].record.fields["quantity"] == 100 + int(key)
    for place, (was, now) in told(wanted, colleague).items():
        assert desk.is_ours(place), (place, was, now)


@pytest.mark.parametrize("edit", EDITS)
def test_after_mending_the_victims_show_what_they_showed(desk: Desk, edit: str) -> None:
    connector = desk.ready(*rows(6))
    colleague = annotate(desk)
    wanted = desk.twin()
    EDITS[edit](wanted)
    attempt = desk.prepare(connector, update("3", {"quantity": 3}, {"quantity": 103}))
    desk.meanwhile(lambda: EDITS[edit](colleague))
    outcome = connector.write(attempt)[0]
    writes = repair(desk, connector, attempt)
    assert (outcome.result, writes) == ((DONE, 0) if edit == "hide and filter" else (STALE, 1))
    left = told(wanted, colleague)
    assert [(held(was), held(now)) for was, now in left.values()] == ([(3, 103)] if outcome.result is DONE else [])


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_in_the_moment_of_new_rows_doubles_and_loses_nothing(desk: Desk, edit: str) -> None:
    connector = desk.ready(*rows(6))
    colleague = annotate(desk)
    wanted = desk.twin()
    EDITS[edit](wanted)
    new = [create("7", title="T7", quantity=7), create("8", title="T8", quantity=8)]
    attempt = desk.prepare(connector, *new)
    desk.meanwhile(lambda: EDITS[edit](colleague))
    outcomes = connector.write(attempt)
    repair(desk, connector, attempt)
    shown = connector.look(["7", "8"])
    assert not shown.doubled
    lost = [one for one in new if one.key not in shown.found]
    assert all(outcomes[new.index(one)].result is STALE for one in lost)
    if lost:
        assert {one.result for one in desk.apply(connector, *lost)} == {DONE}
    shown = connector.look(["7", "8"])
    assert {key: found.record.fields["title"] for key, found in shown.found.items()} == {"7": "T7", "8": "T8"}
    cells = [held(cell) for cell in colleague.snapshot().values()]
    assert cells.count("T7") == cells.count("T8") == cells.count("7") == cells.count("8") == 1
    theirs = [text for text in map(held, wanted.snapshot().values()) if str(text).startswith(("note", "mark"))]
    assert len(theirs) >= 10
    assert sorted(map(str, theirs)) == sorted(str(text) for text in cells if str(text).startswith(("note", "mark")))
    quantity = a1.letters(desk.head()[1].index("Quantity"))
    for found in connector.look([str(n) for n in range(1, 7)]).found.values():
        assert desk.beside(found, "Double") == f"={quantity}{found.ref}*2"


@pytest.mark.parametrize("to", ["C", "F"])
def test_a_column_without_a_header_is_known_though_one_of_ours_was_moved_past_it(desk: Desk, to: str) -> None:
    """A value of ours landed on a person's, whose column nobody could name any more: it was left blank."""
    connector = desk.ready(*rows(6))
    colleague = desk.colleague()
    colleague.insert_columns("G", 1)
    colleague.insert_columns("I", 1)
    colleague.insert_rows(4, 1)
    colleague.type("A4", "MINE-1")
    colleague.type("G4", "our own")
    colleague.type("I1", "Notes")
    wanted = desk.twin()

    def edit(them: Colleague) -> None:
        them.insert_rows(2, 1)
        them.move_columns("H", 1, to)

    edit(wanted)
    attempt = desk.prepare(connector, update("3", {"test": None}, {"test": True}))
    desk.meanwhile(lambda: edit(colleague))
    assert connector.write(attempt)[0].result is STALE
    repair(desk, connector, attempt)
    assert told(wanted, colleague) == {} and "our own" in {held(cell) for cell in colleague.snapshot().values()}


def test_a_value_in_a_row_without_a_key_is_given_back(desk: Desk) -> None:
    connector = desk.ready(*rows(3))
    colleague = desk.colleague()
    colleague.insert_rows(3, 1)  # a row of the colleague's own, between 1 and 2
    colleague.type("C3", "subtotal")
    colleague.type("D3", "=SUM(D2:D2)")
    attempt = desk.prepare(connector, update("2", {"quantity": 2}, {"quantity": 22, "title": "new"}))
    desk.meanwhile(lambda: colleague.insert_rows(2, 1))
    assert connector.write(attempt)[0].result is STALE
    assert desk.values("Orders")[3][2:4] == ["new", 22]  # it landed on the subtotal
    assert repair(desk, connector, attempt) == 1
    assert desk.values("Orders")[3][2:4] == ["subtotal", "=SUM(D3:D3)"]
    assert desk.apply(connector, update("2", {"quantity": 2}, {"quantity": 22}))[0].result is DONE


def test_mending_is_journalled_and_goes_on_in_another_process(desk: Desk) -> None:
    from syncdb.ledger.journal import pack, unpack

    first = desk.ready(*rows(3))
    colleague = desk.colleague()
    attempt = desk.prepare(first, update("2", {"quantity": 2}, {"quantity": 22}))
    desk.meanwhile(lambda: colleague.insert_rows(2, 1))
    assert first.write(attempt)[0].result is STALE
    second = desk.connector(first.binding)
    mending = second.mend(unpack(pack(attempt)), desk.token())
    assert mending is not None
    desk.faults.add(Fault("cut_before", "sheets write"))
    third = desk.connector(first.binding)
    assert [one.result for one in third.write(unpack(pack(mending)))] == [STALE]  # fenced off: not applied
    again = third.mend(unpack(pack(mending)), desk.token())
    assert again is not None and third.write(again) == []
    assert third.mend(again, desk.token()) is None
    assert [row[3] for row in desk.values("Orders") if row[:1] == ["1"]] == [1]


def test_a_persons_formula_in_our_cell_is_frozen_and_not_written(desk: Desk) -> None:
    connector = desk.ready(*rows(2))
    desk.colleague().type("D2", "=1+1")
    found = connector.look(["1"]).found["1"]
    assert (found.frozen, found.record.fields["quantity"]) == ({"quantity": "a formula"}, "=1+1")
    outcome = desk.apply(connector, update("1", {"quantity": "=1+1"}, {"quantity": 5}))[0]
    assert outcome.result is STALE and "formula" in outcome.why
    assert desk.values("Orders")[1][3] == "=1+1"


@pytest.mark.parametrize("everything", [True, False])
def test_text_that_looks_like_a_formula_is_told_from_one_by_one_more_request(desk: Desk, everything: bool) -> None:
    connector = desk.ready(*rows(30), create("text", title="=1+1", order="="))
    desk.colleague().type("C3", "=1+1")
    desk.colleague().type("D9", "=D3*2")
    desk.faults.log.clear()
    shown = next(iter(connector.fetch())) if everything else connector.look(["text", "2", "8", "9"])
    frozen = {key: dict(one.frozen) for key, one in shown.found.items() if one.frozen}
    assert frozen == {"2": {"title": "a formula"}, "8": {"quantity": "a formula"}}
    assert shown.found["text"].record.fields["title"] == shown.found["2"].record.fields["title"] == "=1+1"
    assert [seen.path.rpartition(":")[2] for seen in desk.faults.log].count("getByDataFilter") == 1


def test_where_nothing_looks_like_a_formula_nothing_more_is_asked(desk: Desk) -> None:
    connector = desk.ready(*rows(30))
    desk.faults.log.clear()
    assert len(next(iter(connector.fetch())).found) == 30
    assert not [seen for seen in desk.faults.log if seen.path.endswith(":getByDataFilter")]


@pytest.mark.parametrize("act", [lambda them: them.insert_rows(2), lambda them: them.type("C2", "=1+1")])
def test_what_changes_before_it_is_told_apart_stays_frozen(desk: Desk, act: Callable[[Colleague], object]) -> None:
    connector = desk.ready(create("text", title="=1+1"))
    desk.faults.add(Fault("meanwhile", lambda seen: seen.path.endswith(":getByDataFilter"), action=lambda: act(desk.colleague())))
    assert connector.look(["text"]).found["text"].frozen == {"title": "a formula"}


def _edits() -> st.SearchStrategy[list[tuple[str, int, int]]]:
    kinds = ["insert rows", "delete row", "insert columns", "move column", "move row", "sort", "type"]
    return st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 50), st.integers(1, 3)), min_size=1, max_size=3)


def _do(colleague: Colleague, what: str, where: int, count: int) -> None:
    tab = colleague.spreadsheet.titled("Orders")
    assert tab is not None
    width = max(len(row) for row in tab.rows)
    row, column = 2 + where % 12, a1.letters(where % width)
    match what:
        case "insert rows":
            colleague.insert_rows(row, count)
        case "delete row":
            colleague.delete_rows(row)
        case "insert columns":
            colleague.insert_columns(column, count)
        case "move column":
            colleague.move_columns(column, 1, a1.letters((where * 7 + count) % width))
        case "move row":
            colleague.move_rows(row, 1, 2 + (where * 5 + count) % 12)
        case "sort":
            colleague.sort(column, descending=count == 1)
        case "type":
            colleague.type(f"{a1.letters(width)}{row}", f"note {where}")


unhurried = settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    phases=[Phase.generate],  # each example is a conversation over HTTP: too slow to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@unhurried
@given(edits=_edits(), chosen=st.sets(st.integers(1, 10), min_size=1), subtotals=st.sets(st.integers(3, 9), max_size=2))
def test_whatever_people_do_meanwhile_their_cells_stay_and_ours_come_right(
    desk: Desk, edits: list[tuple[str, int, int]], chosen: set[int], subtotals: set[int]
) -> None:
    if {"sort", "move row"} & {kind for kind, _, _ in edits}:
        # rows that travel far are recognised by their key; what a person had there in a shifted column cannot be known
        subtotals = set()
        edits = [edit for edit in edits if edit[0] in ("sort", "move row")]
    desk.fresh()
    connector = desk.ready(*rows(10))
    colleague = annotate(desk)
    colleague.insert_rows(12, 10)  # blank rows below
    for row in sorted(subtotals):
        colleague.insert_rows(row)
        colleague.type(f"C{row}", f"subtotal {row}")
        colleague.type(f"D{row}", f"={row}*2")
        colleague.type(f"H{row}", f"sum {row}")  # without any other content nobody could tell two such rows apart afterwards
    wanted = desk.twin()
    for edit in edits:
        _do(wanted, *edit)
    attempt = desk.prepare(
        connector, *(update(str(n), {"quantity": n}, {"quantity": 100 + n, "title": f"new {n}"}) for n in sorted(chosen))
    )

    def edit_all() -> None:
        for edit in edits:
            _do(colleague, *edit)

    desk.meanwhile(edit_all)
    connector.write(attempt)
    repair(desk, connector, attempt)
    for place, (was, now) in told(wanted, colleague).items():
        assert desk.is_ours(place), (place, was, now)
    _restore(desk, connector, chosen)
    for found in connector.look([str(n) for n in range(1, 11)]).found.values():
        quantity = int(found.record.key) + (100 if int(found.record.key) in chosen else 0)
        assert found.record.fields["quantity"] == quantity


def _restore(desk: Desk, connector: SheetConnector, chosen: set[int]) -> None:
    """What a run does after a stale write: look at everything and put right what differs from the ledger."""
    found = {key: one for block in connector.fetch() for key, one in block.found.items()}
    again = []
    for key, one in found.items():
        number = int(key)
        changed = number in chosen
        meant: dict[str, Value] = {"quantity": number + 100 * changed, "title": f"new {number}" if changed else f"T{number}"}
        shown = {name: one.record.fields[name] for name in meant}
        if shown != meant:
            again.append(update(key, shown, meant, one.ref))
    if again:
        assert {one.result for one in desk.apply(connector, *again)} == {DONE}


def again(key: str, last: Operation, **changes: Value) -> Operation:
    """A row that is gone, as far as keys tell, made anew."""
    shown = {**last.changes, **changes}
    return replace(create(key), changes=shown, reason="row restored", last=last.changes)


SLIPS: dict[str, Callable[[Colleague], object]] = {
    "empties the key": lambda colleague: colleague.clear("A4"),
    "merges the keys of two rows": lambda colleague: colleague.merge("A3:A4"),
    "empties the last key": lambda colleague: colleague.clear("A7"),
    "empties more than the key": lambda colleague: (colleague.clear("A4"), colleague.clear("C4")),
    "has the key made a number": lambda colleague: colleague.type("A4", 9007199254740990),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_row_that_lost_its_key_is_named_and_not_added_once_more(desk: Desk, slip: str) -> None:
    made = rows(6)
    connector = desk.ready(*made)
    SLIPS[slip](desk.colleague())
    row, lost = (7, made[5]) if "last" in slip else (4, made[2])
    before = desk.snapshot()
    list(connector.fetch())  # as a run that looks at everything
    (unchanged,) = desk.apply(connector, again(lost.key, lost))
    (changed,) = desk.apply(connector, again(lost.key, lost, title="sold since"))
    for outcome in (unchanged, changed):
        assert outcome.result is Result.REJECTED
        assert outcome.why == (
            f'in the tab "Orders", row {row} shows just that and has no Line ID any more: put {lost.key} there, or delete the row'
        )
    assert desk.changed(before) == {}
    desk.colleague().delete_rows(row, 1)
    list(connector.fetch())
    assert [one.result for one in desk.apply(connector, again(lost.key, lost))] == [DONE]


def test_what_people_keep_in_rows_of_their_own_keeps_no_row_from_coming_back(desk: Desk) -> None:
    made = rows(6)
    connector = desk.ready(*made)
    colleague = desk.colleague()
    colleague.delete_rows(4, 1)
    colleague.insert_rows(4, 2)
    colleague.type("C4", "T3")  # one word of it, as a heading may be
    colleague.type("D5", 3)
    colleague.type("E5", 4)  # and a row of somebody's own with another price
    list(connector.fetch())
    assert [one.result for one in desk.apply(connector, again("3", made[2]))] == [DONE]
