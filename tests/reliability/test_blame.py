"""Whose fault it was: an answer that makes no sense ends with 4, a defect of ours there with 1; both are logged."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

import syncdb.connectors.google_sheets.placing as placing
from syncdb.sandbox.google.app import GoogleApp
from tests.reliability.judged import Judged
from tests.reliability.world import BEGIN


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.chdir(tmp_path)
    made = Judged(tmp_path, 3, BEGIN)
    assert made.run().code == 0
    made.shop(0, 1)
    yield made
    made.close()


def _log(judged: Judged) -> str:
    return Path(judged.world.env["LOG_FILE"]).read_text(encoding="utf-8")


def _states(judged: Judged) -> list[str]:
    with closing(sqlite3.connect(judged.world.ledger)) as ledger:
        return [row[0] for row in ledger.execute("SELECT state FROM journal ORDER BY begun_at")]


def test_a_defect_within_a_connector_is_told_as_one(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*_: object, **__: object) -> object:
        raise KeyError("a mistake of ours")

    judged.world.new_order(1)
    with monkeypatch.context() as patched:
        patched.setattr(placing, "place", careless)
        ran = judged.world.sync()
    assert ran.code == 1 and "could not be understood" not in ran.text
    assert "Traceback" in _log(judged) and "careless" in _log(judged)
    judged.agree()


def test_a_write_answered_with_nonsense_stays_open_and_is_settled_by_the_next_run(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was applied: calling it refused would be a lie, and sending it again would double the rows."""
    plain = GoogleApp.respond

    def garbled(app: GoogleApp, request: Request) -> Response:
        response = plain(app, request)
        body: Any = response.get_json(silent=True)
        if isinstance(body, dict) and "updatedSpreadsheet" in body:
            return Response(json.dumps(body | {"updatedSpreadsheet": {"sheets": 7}}), 200, mimetype="application/json")
        return response

    judged.world.new_order(1)
    with monkeypatch.context() as patched:
        patched.setattr(GoogleApp, "respond", garbled)
        ran = judged.world.sync()
    assert ran.code == 4 and "An answer of Google could not be understood (TypeError at grid.py" in ran.text
    assert _states(judged)[-1] == "open"
    assert "patches_of" in _log(judged), "the log says where"
    assert "patches_of" not in ran.errors, "the screen does not"
    assert judged.world.sync().code == 0
    assert "open" not in _states(judged)
    judged.agree()
