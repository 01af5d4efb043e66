"""The local Google against recordings of the real one: the same calls must get the same answers."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncdb.sandbox.google.app import GoogleApp
from tests.sandbox.google.bearer import email_of, request, token

RECORDINGS = Path(__file__).resolve().parents[3].parent / "shared" / "google" / "recorded_sessions.jsonl"
IDS = {"sheetId", "namedRangeId", "protectedRangeId"}
THEIR_ACCOUNT = "telegram-budgeter@telegram-budgeter.iam.gserviceaccount.com"
ANY_VALUE = {"createdTime", "modifiedTime"}
LEFT_OUT = {
    "/upload/": "Drive v2 upload of a CSV file, which turns it into a spreadsheet",
    "/export": "export of a spreadsheet as CSV",
}
STRANGER = "calls on a spreadsheet whose creation is not in the recording (it was copied)"
LEFT_OUT_AFTER = {"/upload/": "reads of what the upload left behind"}


class Replay:
    """One recorded session against a fresh app; ids of ours stand for the recorded ones."""

    def __init__(self, session: dict[str, Any], app: GoogleApp, bearer: str, account: str) -> None:
        self.session, self.app, self.bearer, self.account = session, app, bearer, account
        self.ours: dict[str, str] = {}
        self.problems: list[str] = []
        self.examined = 0
        self.left_out: Counter[str] = Counter()

    def run(self) -> None:
        stopped = ""
        for step in self.session["steps"]:
            reason = stopped or next((LEFT_OUT[part] for part in LEFT_OUT if part in step["uri"]), "")
            stopped = stopped or next((LEFT_OUT_AFTER[part] for part in LEFT_OUT_AFTER if part in step["uri"]), "")
            if re.search(r"/(?:files|spreadsheets)/[A-Za-z0-9_-]{40,}", step["uri"]) and not self._own(step["uri"]):
                reason = STRANGER
            if reason:
                self.left_out[reason] += 1
                continue
            self.examined += 1
            self._step(step)

    def _step(self, step: dict[str, Any]) -> None:
        url = urlsplit(self._as_ours(step["uri"]))
        body = self._as_ours(step["body"] or "").encode("utf-8")
        how = {"data": body, "content_type": "application/json"} if body else {}
        answer = self.app.respond(request(step["method"], f"{url.path}?{url.query}", self.bearer, **how))
        if answer.status_code != step["status"]:
            self._problem(step, f"{answer.status_code} {answer.get_data(as_text=True)[:300]}")
        elif step["response"]:
            recorded, ours = json.loads(step["response"]), json.loads(answer.get_data())
            self._learn(recorded, ours)
            expected = json.loads(self._as_ours(json.dumps(recorded)))
            if _plain(expected, self.account) != _plain(ours, self.account):
                self._problem(step, f"\n  real {_short(expected)}\n  ours {_short(ours)}")

    def _own(self, uri: str) -> bool:
        return any(theirs in uri for theirs in self.ours)

    def _problem(self, step: dict[str, Any], what: str) -> None:
        self.problems.append(f"{self.session['cassette']} {step['method']} {step['uri'][-80:]}: {what}")

    def _as_ours(self, text: str) -> str:
        for theirs, ours in self.ours.items():
            text = re.sub(rf"(?<![A-Za-z0-9_-]){re.escape(theirs)}(?![A-Za-z0-9_-])", ours, text)
        return text

    def _learn(self, recorded: Any, ours: Any, key: str = "") -> None:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for name in recorded.keys() & ours.keys():
                self._learn(recorded[name], ours[name], "id" if name in IDS else name)
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in zip(recorded, ours, strict=False):
                self._learn(one, other, key)
        elif key == "id" and recorded != ours and len(str(recorded)) > 5:
            self.ours[str(recorded)] = str(ours)


def _plain(value: Any, account: str) -> Any:
    """The value with times made alike, and the width of a fitted column (it depends on the font) too."""
    if isinstance(value, dict):
        kept = {name: _plain(one, account) for name, one in value.items() if name not in ANY_VALUE}
        if value.get("pixelSize", 100) not in (21, 100):
            kept["pixelSize"] = "fitted"
        if "users" in value:
            assert value["users"] in ([account], [THEIR_ACCOUNT])
            kept["users"] = ["the account"]
        return kept | dict.fromkeys(ANY_VALUE & value.keys(), "")
    if isinstance(value, list):
        return [_plain(one, account) for one in value]
    return value


def _short(value: Any) -> str:
    if isinstance(value, dict) and "properties" in value:
        value = value | {"properties": {k: v for k, v in value["properties"].items() if not isinstance(v, dict)}}
    return json.dumps(value, ensure_ascii=False)[:900]


def test_recorded_sessions_get_the_same_answers(tmp_path: Path) -> None:
    if not RECORDINGS.exists():
        pytest.skip(f"no recordings at {RECORDINGS}")
    problems: list[str] = []
    examined, left_out = 0, Counter[str]()
    app = GoogleApp(quota=None)
    key = app.service_account(tmp_path, "http://127.0.0.1/token")
    bearer = token(app, key)
    for line in RECORDINGS.read_text(encoding="utf-8").splitlines():
        replay = Replay(json.loads(line), app, bearer, email_of(key))
        replay.run()
        problems += replay.problems
        examined += replay.examined
        left_out += replay.left_out
    sys.stdout.write(f"examined {examined} recorded interactions; left out {dict(left_out)}\n")
    assert examined > 900
    assert sum(left_out.values()) < 15
    assert not problems, f"{len(problems)} differ:\n" + "\n".join(problems)
