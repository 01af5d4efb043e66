"""The receiver as a process: ended in the middle of everything, it has lost nothing that it acknowledged."""

import http.client
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from syncdb.ledger.inbox.file import inbox_path
from tests.web.signed import environment, headers, order

ROOT = Path(__file__).parents[2]


def started(folder: Path, *more: str) -> tuple[subprocess.Popen[str], int]:
    """`sync_manager.py hooks` on a free port, and that port."""
    command = [sys.executable, str(ROOT / "sync_manager.py"), "hooks", "--port", "0", *more]
    env = os.environ | environment(folder) | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/webhooks/", told)
    assert found, told + process.communicate()[1]
    return process, int(found[1])


def sending(port: int, first: int, acknowledged: list[str], end: threading.Event) -> None:
    """Send one event after the other until the connection breaks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    number = first
    while not end.is_set():
        number += 1
        body = order(number)
        try:
            connection.request("POST", "/webhooks/shopify", body, headers(body, Webhook_Id=f"hook-{number}"))
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            break
        if answer.status == 200:
            acknowledged.append(f"hook-{number}")
    connection.close()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a matter of POSIX")
def test_a_killed_receiver_has_lost_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    rounds = 3
    for attempt in range(rounds):
        process, port = started(tmp_path)
        end = threading.Event()
        before = len(acknowledged)
        senders = [
            threading.Thread(target=sending, args=(port, (attempt * 10 + one) * 100_000, acknowledged, end)) for one in range(6)
        ]
        for sender in senders:
            sender.start()
        deadline = time.monotonic() + 30
        while len(acknowledged) < before + 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        end.set()
        for sender in senders:
            sender.join()
        process.communicate()
    connection = sqlite3.connect(inbox_path(tmp_path / "shopify_sync.db"))
    stored = {row[0] for row in connection.execute("SELECT event_id FROM event")}
    waiting = {row[0] for row in connection.execute("SELECT thing_id FROM waiting")}
    sound = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    assert len(acknowledged) >= 40 * rounds
    assert set(acknowledged) <= stored and len(waiting) == len(stored) and sound == ("ok",)


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is a matter of POSIX")
def test_it_ends_when_asked_with_what_it_counted_written(tmp_path: Path) -> None:
    process, port = started(tmp_path)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(2):
        connection.request("POST", "/webhooks/shopify", order(), headers(order(), "shpss_wrong"))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 401
    connection.close()
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and "Traceback" not in errors
    stored = sqlite3.connect(inbox_path(tmp_path / "shopify_sync.db"))
    assert stored.execute("SELECT reason, times FROM refused").fetchall() == [("signature", 2)]
    stored.close()


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    process, port = started(tmp_path)
    try:
        second = subprocess.run(
            [sys.executable, str(ROOT / "sync_manager.py"), "hooks", "--port", str(port)],
            cwd=tmp_path,
            env=os.environ | environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert second.returncode == 2 and "cannot be listened on" in second.stderr and "Traceback" not in second.stderr


def test_the_application_for_other_servers_says_what_it_lacks(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import wsgi; wsgi.application"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    made = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert made.returncode == 2 and "The web application cannot start." in made.stderr and "Traceback" not in made.stderr
    lacking = environment(tmp_path) | {"SHOPIFY_ACCESS_TOKEN": "shpat_0123456789abcdef"}
    del lacking["SHOPIFY_CLIENT_ID"], lacking["SHOPIFY_CLIENT_SECRET"]
    made = subprocess.run(command, cwd=tmp_path, env=env | lacking, capture_output=True, text=True, timeout=60)
    assert made.returncode == 2 and "shopify_webhook_secret is not set" in made.stderr
    command = [sys.executable, "-c", "import wsgi; print(wsgi.application.name, len(wsgi.pages.url_map._rules))"]
    made = subprocess.run(command, cwd=tmp_path, env=env | environment(tmp_path), capture_output=True, text=True, timeout=60)
    assert made.returncode == 0 and made.stdout.split()[0] == "syncdb.web" and int(made.stdout.split()[1]) > 20, made.stderr
