"""What a reading has shown is told apart from what it has not, as sets would, whatever their size."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from syncdb.ledger import Ledger
from syncdb.order_snapshot import snapshot_of

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
DAYS = [f"2026-11-{day:02}T10:00:00Z" for day in range(1, 21)]
ids = st.integers(1, 40).map(str)


@settings(max_examples=60)
@given(st.dictionaries(ids, st.sampled_from(DAYS)), st.sets(ids), st.lists(st.sets(ids), max_size=4), st.sampled_from(DAYS))
def test_it_answers_as_sets_do(tracked: dict[str, str], deleted: set[str], pages: list[set[str]], since: str) -> None:
    with Ledger.copy(Path("nowhere.db"), NOW) as ledger:
        with ledger.transaction():
            for order_id, updated_at in tracked.items():
                gone = {"deleted_at": "2026-11-20T00:00:00Z"} if order_id in deleted else {}
                ledger.orders.save([snapshot_of({"id": order_id, "name": "#1", "updated_at": updated_at} | gone)], 1, DAYS[-1])
        for _ in range(2):  # the second reading knows nothing of the first
            ledger.shown.begin()
            window = {one for one, at in tracked.items() if since <= at <= DAYS[-3] and one not in deleted}
            assert ledger.shown.lacking(since, DAYS[-3]) == window
            for page in pages:
                with ledger.transaction():
                    ledger.shown.add(page)
            seen = set().union(*pages)
            assert ledger.shown.lacking(since, DAYS[-3]) == window - seen
            assert ledger.shown.others(tracked) == set(tracked) - seen


def test_many_ids_are_asked_for_in_groups(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        ledger.shown.begin()
        ledger.shown.add(str(number) for number in range(0, 3000, 2))
        assert ledger.shown.others(str(number) for number in range(3000)) == {str(number) for number in range(1, 3000, 2)}


def test_what_a_failed_page_showed_is_forgotten_with_it(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        ledger.shown.begin()
        try:
            with ledger.transaction():
                ledger.shown.add(["1"])
                raise KeyError
        except KeyError:
            pass
        assert ledger.shown.others(["1"]) == {"1"}


def test_the_question_is_answered_from_an_index_alone(tmp_path: Path) -> None:
    """The rows are long: a million of them are not to be read for it."""
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        ledger.shown.begin()
        asked: list[str] = []
        ledger.connection.set_trace_callback(asked.append)
        ledger.shown.lacking(DAYS[0], DAYS[1])
        ledger.connection.set_trace_callback(None)
        plan = " ".join(row[3] for row in ledger.connection.execute(f"EXPLAIN QUERY PLAN {asked[-1]}"))
        assert "COVERING INDEX order_by_updated" in plan
