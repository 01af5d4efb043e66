"""Workers that die, freeze or lose the database: every due run happens, none twice at once, as an independent witness saw."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncdb.errors import NeedsPerson
from syncdb.fleet.book import FleetBook, application_of
from syncdb.fleet.database import connected
from syncdb.fleet.forlorn import FORLORN, Forlorn
from syncdb.fleet.layout import ShopPlan, read_plan
from syncdb.fleet.running import Ended
from syncdb.fleet.stay import NOTE
from syncdb.fleet.worker import Worker, put_back, put_in_line, take_over
from tests.fleet.fleet_of import Fleet, never_twice_at_once
from tests.fleet.witness import recorded


@pytest.fixture
def fleet(database: str, tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(database, tmp_path, 6)
    yield made
    made.close()


def test_a_worker_that_is_killed_is_taken_over_and_no_shop_runs_twice_at_once(fleet: Fleet) -> None:
    first, _ = fleet.start(), fleet.start()
    fleet.until(lambda: fleet.started() >= 2, "the first runs")
    first.send_signal(signal.SIGKILL)
    fleet.until(fleet.all_ran, "every run")
    for name, notes in fleet.seen().items():
        assert never_twice_at_once(notes) and notes[-1][0] == "end", (name, notes)


def test_a_run_whose_worker_died_does_not_hold_up_the_one_in_line(fleet: Fleet) -> None:
    """Two workers that look at once can put a shop in line once more while the first of its jobs is under way already."""
    with connected(fleet.url) as session:
        book = FleetBook(session)
        assert put_in_line(fleet.url, book, "main") == 6
        dead = book.rows("insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') returning id")[0][
            "id"
        ]
        book.rows("update procrastinate_jobs set status = 'doing', worker_id = %(dead)s returning id", dead=dead)
        columns = "queue_name, task_name, priority, lock, queueing_lock, args"
        book.rows(f"insert into procrastinate_jobs ({columns}) select {columns} from procrastinate_jobs returning id")
        assert take_over(fleet.url, book, 1.0) == 6
        left = book.rows("select status::text as status, count(*) as jobs from procrastinate_jobs group by status")
    assert [(one["status"], one["jobs"]) for one in left] == [("todo", 6)]


def test_a_job_that_its_living_worker_does_not_know_of_is_put_back(fleet: Fleet) -> None:
    """The line was cut in the moment in which the job was taken, or told to be done."""
    with connected(fleet.url) as session, connected(fleet.url, application_of("shop0001")):
        book = FleetBook(session)
        put_in_line(fleet.url, book, "main")
        alive = book.rows("insert into procrastinate_workers (last_heartbeat) values (now() + interval '1 hour') returning id")
        book.rows("update procrastinate_jobs set status = 'doing', worker_id = %(one)s returning id", one=alive[0]["id"])
        found = [row["id"] for row in book.rows(FORLORN)]
        assert len(found) == 5 and take_over(fleet.url, book, 1.0) == 0
        watch = Forlorn()
        assert watch.look(found, 10.0, 7.0) == [] and watch.look(found[1:], 17.5, 7.0) == found[1:]
        assert watch.look(found, 18.0, 7.0) == found[1:], "it was not so all the time"
        assert put_back(fleet.url, book, found) == 5 and put_back(fleet.url, book, found) == 0
        left = book.rows("select status::text as status, count(*) as jobs from procrastinate_jobs group by status order by 1")
    assert [(one["status"], one["jobs"]) for one in left] == [("doing", 1), ("todo", 5)]


def test_what_is_due_runs_once_and_wishes_for_the_same_shop_are_one(fleet: Fleet) -> None:
    worker = Worker(fleet.url, fleet.plan, "main", 3, recorded(1))
    worker.work(once=True)
    assert {name: len(notes) for name, notes in fleet.seen().items()} == dict.fromkeys(fleet.seen(), 2)
    with connected(fleet.url) as session:
        book = FleetBook(session)
        for _ in range(3):
            book.change("shop0003", "wanted_at = now(), due_at = now()")
        book.change("shop0004", "paused = 'by a person', due_at = now()")
    worker.work(once=True)
    assert {name: len(notes) // 2 for name, notes in fleet.seen().items() if len(notes) != 2} == {"shop0003": 2}


def test_a_shop_that_another_session_holds_or_whose_limit_is_shared_out_waits(fleet: Fleet) -> None:
    with connected(fleet.url) as session, connected(fleet.url) as other:
        book, holder = FleetBook(session), FleetBook(other)
        book.rows("insert into fleet_buckets values ('google', 1)")
        book.change("shop0002", "buckets = %(own)s", own=["google"])
        (bucket,) = book.buckets(["google"])
        assert holder.lock("shop0001") and holder.share(bucket) and not book.share(bucket)
        Worker(fleet.url, fleet.plan, "main", 3, recorded(1)).work(once=True)
        assert sorted(name for name, notes in fleet.seen().items() if not notes) == ["shop0001", "shop0002"]
        waiting = book.rows("select name from fleet_shops where due_at > now() and runs = 0 order by name")
        assert [one["name"] for one in waiting] == ["shop0001", "shop0002"]


def test_a_shop_that_moved_away_meanwhile_is_left_alone(fleet: Fleet) -> None:
    with connected(fleet.url) as session:
        book = FleetBook(session)
        book.change("shop0005", "token = token + 1")
        assert book.begin("shop0005", 1, "main", "w") is None
        book.change("shop0005", "home = 'beta'")
        assert book.begin("shop0005", 2, "main", "w") is None
        assert book.due("beta", 9)[0]["name"] == "shop0005"
        book.change("shop0004", "due_at = now() + '1 hour'")
        assert book.begin("shop0004", 1, "main", "w") is None, "it was run since it was put in line"


def test_a_run_that_cannot_be_made_pauses_its_shop_and_a_shop_that_came_later_is_found(fleet: Fleet) -> None:
    def start(config: Path, shop: ShopPlan, ours: Callable[[], bool]) -> Ended:
        if shop.name == "shop0002":
            raise OSError(8, "Exec format error")
        return Ended(0)

    worker = Worker(fleet.url, fleet.plan, "main", 2, start)
    (fleet.folder / "shops" / "later").mkdir()
    (fleet.folder / "shops" / "later" / "config.json").write_text("{}", encoding="utf-8")
    with connected(fleet.url) as session:
        book = FleetBook(session)
        book.take_in(fleet.plan, [fleet.plan.shop("later")])
        worker.work(once=True)
        paused = {one["name"]: one["told"] for one in book.status() if one["paused"]}
        assert list(paused) == ["shop0002"] and "Exec format error" in paused["shop0002"]
        assert book.rows("select runs from fleet_shops where name = 'later'")[0]["runs"] == 1


def test_a_shop_whose_folder_takes_no_writes_says_so_and_is_not_called_a_defect(fleet: Fleet) -> None:
    (fleet.plan.config_of("shop0003").parent / NOTE).mkdir(parents=True)  # as good as a full disk
    Worker(fleet.url, fleet.plan, "main", 2, recorded(1)).work(once=True)
    with connected(fleet.url) as session:
        (row,) = FleetBook(session).rows("select exit_code, told from fleet_shops where name = 'shop0003'")
    assert row["exit_code"] == 5 and "cannot be written" in row["told"] and "Make room" in row["told"]
    assert not fleet.seen()["shop0003"], "its run was not begun"


def test_a_worker_whose_sign_of_life_failed_once_gives_it_again(fleet: Fleet) -> None:
    """Else each run that it begins is taken over for ever: it takes jobs as before."""
    beat = "procrastinate_update_heartbeat_v1"
    fleet.start()
    fleet.until(fleet.all_ran, "every run")
    with connected(fleet.url) as session:
        book = FleetBook(session)
        book.rows(f"alter function {beat} rename to silent")
        silent = "select 1 from procrastinate_workers where last_heartbeat > now() - interval '1 s'"
        fleet.until(lambda: not book.rows(silent), "silence")
        book.rows(f"alter function silent rename to {beat}")
        fleet.until(lambda: bool(book.rows(silent)), "a sign of life", 20)


def test_a_worker_that_is_asked_to_stop_keeps_its_runs_to_their_end(database: str, tmp_path: Path) -> None:
    fleet = Fleet(database, tmp_path, 1, slow=4000)
    try:
        first = fleet.start()
        fleet.until(lambda: fleet.started() == 1, "the run")
        fleet.start()
        first.send_signal(signal.SIGTERM)
        fleet.until(fleet.all_ran, "its end")
        assert first.wait(30) == 0
        assert [what for what, _, _ in fleet.seen()["shop0000"]] == ["start", "end"], "and nobody takes it over"
    finally:
        fleet.close()


def test_a_worker_without_the_tables_of_a_fleet_says_so(database: str, tmp_path: Path) -> None:
    with pytest.raises(NeedsPerson, match="no tables of a fleet yet"):
        Worker(database, read_plan(tmp_path), "main").work()
