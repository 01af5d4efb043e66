"""Limits, faults, versions, webhooks and the page, over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests

from syncdb.sandbox.faults import Fault, Faults
from syncdb.sandbox.grist.app import GristApp
from syncdb.sandbox.grist.page import GristPages
from syncdb.sandbox.server import Server

ME = "me@shop.example"


class Client:
    def __init__(self, app: GristApp, server: Server, faults: Faults) -> None:
        self.app, self.server, self.faults = app, server, faults
        self.document = app.create("Shop", ME)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {app.keys.key(ME)}"

    def __call__(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.server.url}/api/docs/{self.document.id}{path}", json=body, timeout=30)

    def put(self, key: str, **values: Any) -> requests.Response:
        fields = {name.upper(): value for name, value in values.items()}
        return self("PUT", "/tables/Table1/records", {"records": [{"require": {"A": key}, "fields": fields}]})

    def rows(self) -> list[dict[str, Any]]:
        return list(self("GET", "/tables/Table1/records").json()["records"])


class Time:
    now = 1_770_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(time: Time) -> Iterator[Client]:
    app, faults = GristApp(time), Faults(time)
    with Server({"/api": app, "/grist": GristPages(app)}, faults) as server:
        client = Client(app, server, faults)
        with client.session:
            yield client
    app.close()


def test_applied_and_cut_is_there_once(client: Client) -> None:
    client.faults.add(Fault("apply_then_cut", "grist write"))
    with pytest.raises(requests.ConnectionError):
        client.put("one", b="x")
    assert client.put("one", b="x").json()["recordIds"] == [[1]]
    assert len(client.rows()) == 1


def test_a_late_write_lands_after_the_next_request(client: Client) -> None:
    client.faults.add(Fault("apply_late", "grist write", after=1))
    with pytest.raises(requests.ConnectionError):
        client.put("late", b="x")
    assert client.rows() == []
    assert [row["fields"]["A"] for row in client.rows()] == ["late"]


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("too_many", 429, "Too many backlogged requests for document"),
        ("unavailable", 503, "Document in flux"),
        ("unauthorized", 401, "Bad request: invalid API key"),
        ("forbidden", 403, "No view access"),
    ],
)
def test_faults_have_grists_own_shape(client: Client, kind: Any, status: int, text: str) -> None:
    client.faults.add(Fault(kind, "grist"))
    answer = client.put("one", b="x")
    assert (answer.status_code, answer.json()["error"].startswith(text)) == (status, True)
    assert "Retry-After" not in answer.headers
    assert client.rows() == []


def test_in_flux_for_some_calls(client: Client) -> None:
    client.document.flux = 2
    assert [client("GET", "/tables").status_code for _ in range(3)] == [503, 503, 200]


def test_over_the_row_limit_only_deleting_works(client: Client) -> None:
    client.put("one", b="x")
    client.put("two", b="x")
    client.document.row_limit = 1
    refused = client.put("three", b="x")
    assert (refused.status_code, refused.json()) == (500, {"error": "Document is in delete-only mode"})
    assert client("POST", "/tables/Table1/records/delete", [1]).status_code == 200
    assert client.put("three", b="x").status_code == 200


def test_a_quota_is_by_calendar_month(client: Client, time: Time) -> None:
    client.app.quota = 2
    assert [client("GET", "/tables").status_code for _ in range(3)] == [200, 200, 429]
    time.now += 32 * 86400
    assert client("GET", "/tables").status_code == 200


def test_an_old_server_answers_null_and_lacks_what_is_newer(client: Client) -> None:
    client.app.version = (1, 7, 4)
    assert client.put("one", b="x").json() is None
    assert client("POST", "/tables/Table1/records/delete", [1]).status_code == 404
    assert client("POST", "/tables/Table1/records/list", {}).status_code == 404
    assert client("POST", "/tables/Table1/data/delete", [1]).status_code == 200


def test_history_is_pruned_by_itself(client: Client) -> None:
    client.document.history.kept = 4
    first = client("GET", "/states").json()["states"][0]["h"]
    for n in range(6):
        client.put(str(n), b="x")
    answer = client("GET", f"/compare?left={first}")
    assert (answer.status_code, answer.json()) == (500, {"error": "Cannot read hash"})


def test_the_page_shows_what_is_there_and_escapes_it(client: Client) -> None:
    client.put("<b>bold</b>", b="x")
    page = requests.get(f"{client.server.url}/grist/{client.document.id}?table=Table1", timeout=30)
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.text
    assert client.document.id in requests.get(f"{client.server.url}/grist", timeout=30).text


class Receiver(HTTPServer):
    def __init__(self) -> None:
        self.got: list[tuple[str, list[dict[str, Any]]]] = []
        super().__init__(("127.0.0.1", 0), _Taking)


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers["Authorization"], json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing goes to the console."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, args=(0.02,))
    thread.start()
    yield receiver
    receiver.shutdown()
    thread.join()
    receiver.server_close()


def hook(receiver: Receiver, **more: Any) -> dict[str, Any]:
    url = f"http://localhost:{receiver.server_port}/hook"
    fields = {"url": url, "authorization": "secret", "eventTypes": ["add", "update"], "tableId": "Table1"} | more
    return {"webhooks": [{"fields": fields}]}


def test_webhooks_come_in_batches_without_no_ops_and_deletions(client: Client, receiver: Receiver) -> None:
    assert client("POST", "/webhooks", hook(receiver)).status_code == 200
    records = [{"fields": {"A": f"k{n}", "B": "x"}} for n in range(250)]
    client("POST", "/tables/Table1/records", {"records": records})
    client.put("k1", b="x")
    client.put("k2", b="y")
    client("POST", "/tables/Table1/records/delete", [5])
    assert client.app.webhooks.settle()
    rows = [row for _, batch in receiver.got for row in batch]
    assert max(len(batch) for _, batch in receiver.got) <= 100
    assert [row["id"] for row in rows] == [*range(1, 251), 3]
    assert {name for name, _ in receiver.got} == {"secret"}
    assert rows[-1]["B"] == "y"


def test_a_condition_keeps_our_own_writes_back(client: Client, receiver: Receiver) -> None:
    client("POST", "/tables/Table1/columns", {"columns": [{"id": "by", "fields": {"type": "Text", "isFormula": False,
           "formula": "user.Email", "recalcWhen": 2}}]})  # fmt: skip
    condition = json.dumps({"text": f'rec.by != "{ME}"'})
    assert client("POST", "/webhooks", hook(receiver, condition=condition)).status_code == 200
    client.put("mine", b="x")
    client.document.apply([["AddRecord", "Table1", None, {"A": "theirs"}]], client.app.keys.user("you@shop.example"))
    assert client.app.webhooks.settle()
    assert [row["A"] for _, batch in receiver.got for row in batch] == ["theirs"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://shop.example/"])
def test_webhooks_go_to_https_or_localhost_only(client: Client, receiver: Receiver, url: str) -> None:
    answer = client("POST", "/webhooks", hook(receiver, url=url))
    assert (answer.status_code, answer.json()) == (403, {"error": "Provided url is forbidden"})
