"""Each fault kind over real HTTP, against a tiny app that counts what it applied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from werkzeug import Request, Response

from syncdb.sandbox.faults import Fault, Faults, Seen
from syncdb.sandbox.server import Server


class Counter:
    """An app whose whole state is the list of bodies it applied."""

    system = "counter"

    def __init__(self) -> None:
        self.applied: list[object] = []
        self.ports: set[int] = set()

    def kind(self, seen: Seen) -> str:
        return "write" if seen.method == "POST" else "read"

    def respond(self, request: Request) -> Response:
        self.ports.add(request.environ["REMOTE_PORT"])
        if request.method == "POST":
            self.applied.append(request.get_json())
        return Response(str(len(self.applied)), mimetype="text/plain")

    def error(self, fault_kind: str) -> Response:
        status = {"unavailable": 503, "too_many": 429, "unauthorized": 401, "forbidden": 403}[fault_kind]
        return Response(fault_kind, status, mimetype="text/plain")


class Bench:
    def __init__(self, server: Server, app: Counter, session: requests.Session) -> None:
        self.server, self.app, self.session, self.faults = server, app, session, server.faults

    def post(self, number: int = 1) -> requests.Response:
        return self.session.post(f"{self.server.url}/count/up", json={"n": number}, timeout=10)

    def get(self) -> str:
        return self.session.get(f"{self.server.url}/count", timeout=10).text


@pytest.fixture
def bench() -> Iterator[Bench]:
    app = Counter()
    with Server({"/count": app}, Faults()) as server, requests.Session() as session:
        yield Bench(server, app, session)


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("refuse", 503, "text/html"),
        ("unavailable", 503, "text/plain"),
        ("too_many", 429, "text/plain"),
        ("unauthorized", 401, "text/plain"),
        ("forbidden", 403, "text/plain"),
        ("html_200", 200, "text/html"),
    ],
)
def test_refusals_do_not_apply(bench: Bench, kind: str, status: int, content_type: str) -> None:
    bench.faults.add(Fault(kind, "write"))  # type: ignore[arg-type]
    answer = bench.post()
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, content_type)
    assert bench.app.applied == []
    assert bench.post().text == "1"
    assert [(seen.status, seen.applied) for seen in bench.faults.log] == [(status, False), (200, True)]


@pytest.mark.parametrize(("kind", "applied"), [("cut_before", 0), ("apply_then_cut", 1)])
def test_cut_connections(bench: Bench, kind: str, applied: int) -> None:
    bench.faults.add(Fault(kind, "write"))  # type: ignore[arg-type]
    with pytest.raises(requests.ConnectionError):
        bench.post()
    assert bench.get() == str(applied)
    assert bench.faults.log[0].status is None


def test_applied_but_answered_with_an_error(bench: Bench) -> None:
    bench.faults.add(Fault("apply_then_error", "write"))
    assert bench.post().status_code == 503
    assert bench.get() == "1"


def test_late_requests_land_after_so_many_others(bench: Bench) -> None:
    bench.faults.add(Fault("apply_late", "write", after=2))
    with pytest.raises(requests.ConnectionError):
        bench.post()
    assert [bench.get(), bench.get(), bench.get()] == ["0", "0", "1"]
    assert [seen.status for seen in bench.faults.landed] == [200]


def test_late_requests_land_when_told(bench: Bench) -> None:
    bench.faults.add(Fault("apply_late", "write"))
    with pytest.raises(requests.ConnectionError):
        bench.post(7)
    assert bench.get() == "0" and bench.faults.late() == 1
    assert bench.faults.land_late() == 1
    assert bench.app.applied == [{"n": 7}] and bench.faults.late() == 0


def test_a_slow_answer_reaches_the_client_timeout_and_is_applied(bench: Bench) -> None:
    bench.faults.add(Fault("slow", "write", seconds=600))
    with pytest.raises(requests.Timeout):
        bench.session.post(f"{bench.server.url}/count", json={}, timeout=(5, 0.05))
    bench.server.close()
    assert len(bench.app.applied) == 1


def test_a_colleague_acts_just_before(bench: Bench) -> None:
    bench.faults.add(Fault("meanwhile", "write", action=lambda: bench.app.applied.append("colleague")))
    assert bench.post().text == "2"
    assert bench.app.applied[0] == "colleague"


def test_preludes_go_with_another_fault(bench: Bench) -> None:
    bench.faults.add(
        Fault("meanwhile", "write", action=lambda: bench.app.applied.append("colleague")),
        Fault("apply_then_cut", "write"),
    )
    with pytest.raises(requests.ConnectionError):
        bench.post()
    assert bench.app.applied == ["colleague", {"n": 1}]


def test_skip_times_and_matching(bench: Bench) -> None:
    bench.faults.add(Fault("too_many", "counter write", times=2, skip=1))
    assert [bench.post().status_code for _ in range(4)] == [200, 429, 429, 200]
    assert bench.faults.pending() == []
    bench.faults.add(Fault("forbidden", lambda seen: seen.body_json == {"n": 9}, times=None))
    bench.faults.add(Fault("unavailable", "/nowhere"))
    assert [bench.post(8).status_code, bench.post(9).status_code, bench.post(9).status_code] == [200, 403, 403]
    assert len(bench.faults.pending()) == 2
    bench.faults.clear()
    assert bench.post(9).status_code == 200
    assert (bench.faults.count(), bench.faults.count("counter", "read"), bench.faults.count(kind="write")) == (8, 0, 8)


def test_connections_are_kept_alive_and_closing_does_not_wait_for_them(bench: Bench) -> None:
    assert bench.get() == bench.get() == "0"
    assert bench.post().text == "1"
    assert len(bench.app.ports) == 1
    bench.server.close()
    with pytest.raises(requests.ConnectionError):
        bench.get()


def test_an_unknown_path_is_not_served(bench: Bench) -> None:
    assert bench.session.get(f"{bench.server.url}/counter", timeout=10).status_code == 404
