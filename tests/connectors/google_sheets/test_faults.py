"""Lost answers, late writes, refusals: nothing is written twice, nothing is claimed that did not happen."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from syncdb.connectors.google_sheets import Client, open_account
from syncdb.connectors.google_sheets.batch import TOKEN_KEY
from syncdb.connectors.google_sheets.client import SHEETS
from syncdb.errors import ConfigurationError, OutcomeUnknown, Refused, RetryLater
from syncdb.http import Retrier
from syncdb.model import Result
from syncdb.sandbox.faults import Fault, Kind
from syncdb.systems.patience import patient_retrier
from tests.connectors.google_sheets.conftest import Desk, create, update

DONE, STALE, UNKNOWN = Result.DONE, Result.STALE, Result.UNKNOWN


def keys(desk: Desk) -> Counter[str]:
    return Counter(str(row[0]) for row in desk.values("Orders")[1:])


@pytest.mark.parametrize(
    ("kind", "settled"),
    [("apply_then_cut", DONE), ("apply_then_error", DONE), ("cut_before", STALE), ("refuse", STALE), ("html_200", STALE)],
)
def test_a_lost_answer_is_unknown_until_settled(desk: Desk, kind: str, settled: Result) -> None:
    connector = desk.ready(create("1", quantity=1))
    attempt = desk.prepare(connector, create("2", quantity=2), update("1", {"quantity": 1}, {"quantity": 5}))
    desk.faults.add(Fault(kind, "sheets write"))  # type: ignore[arg-type]
    assert [one.result for one in connector.write(attempt)] == [UNKNOWN, UNKNOWN]
    assert [one.result for one in connector.settle(attempt)] == [settled, settled]
    assert connector.mend(attempt, desk.token()) is None
    assert keys(desk) == Counter({"1": 1, "2": 1} if settled is DONE else {"1": 1})
    if settled is STALE:
        again = desk.apply(connector, create("2", quantity=2), update("1", {"quantity": 1}, {"quantity": 5}))
        assert [one.result for one in again] == [DONE, DONE]
    assert keys(desk) == Counter({"1": 1, "2": 1})
    assert desk.values("Orders")[1][3] == 5


def test_a_write_that_would_land_after_the_fence_never_does(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    desk.faults.add(Fault("apply_late", "sheets write"))
    assert connector.write(attempt)[0].result is UNKNOWN
    assert connector.settle(attempt)[0].result is STALE
    assert desk.apply(connector, create("2"))[0].result is DONE
    assert desk.faults.land_late() == 1
    assert keys(desk) == Counter({"1": 1, "2": 1})


def test_a_write_that_lands_before_the_fence_counts(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    desk.faults.add(Fault("apply_late", "sheets write"))
    assert connector.write(attempt)[0].result is UNKNOWN
    assert desk.faults.land_late() == 1
    assert connector.settle(attempt)[0].result is DONE
    assert keys(desk) == Counter({"1": 1, "2": 1})


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before", "apply_then_error", "apply_late"])
def test_the_answer_to_the_fence_may_be_lost_too(desk: Desk, kind: str) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    desk.faults.add(Fault("cut_before", "sheets write"), Fault(kind, "sheets write"))  # type: ignore[arg-type]
    assert connector.write(attempt)[0].result is UNKNOWN
    assert connector.settle(attempt)[0].result is STALE
    desk.faults.land_late()
    assert keys(desk) == Counter({"1": 1})


def test_where_nothing_answers_it_stays_unknown(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    connector._client._retrier = Retrier(deadline=0.2, first=0.01, cap=0.02)
    desk.faults.add(Fault("apply_then_cut", "sheets write"), Fault("refuse", "sheets", times=None))
    assert connector.write(attempt)[0].result is UNKNOWN
    assert connector.settle(attempt)[0].result is UNKNOWN
    desk.faults.clear()
    assert connector.settle(attempt)[0].result is DONE


def test_another_process_settles_from_the_journal_alone(desk: Desk) -> None:
    from syncdb.ledger.journal import pack, unpack

    first = desk.ready(create("1", quantity=1))
    attempt = desk.prepare(first, create("2"), update("1", {"quantity": 1}, {"quantity": 4}))
    journal = pack(attempt)
    desk.faults.add(Fault("apply_then_cut", "sheets write"))
    first.write(attempt)
    second = desk.connector(first.binding)
    assert [one.result for one in second.settle(unpack(journal))] == [DONE, DONE]


def test_sending_the_same_attempt_again_applies_nothing_and_says_done(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    assert connector.write(attempt)[0].result is DONE
    assert connector.write(attempt)[0].result is DONE
    assert keys(desk) == Counter({"1": 1, "2": 1})


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before", "apply_late"])
def test_a_lost_answer_while_making_the_tab_is_settled_at_once(desk: Desk, kind: str) -> None:
    connector = desk.connector()
    attempt = connector.structure(desk.token())
    assert attempt is not None
    desk.faults.add(Fault(kind, "sheets write"))  # type: ignore[arg-type]
    made = connector.write(attempt)
    following = connector.structure(desk.token())
    assert [one.result for one in made] == ([] if following is None else [STALE])
    if following is not None:
        assert connector.write(following) == []
    desk.faults.land_late()
    assert connector.structure(desk.token()) is None
    assert [tab.title for tab in desk.spreadsheet.tabs] == ["Sheet1", "Orders"]


def test_structure_that_cannot_be_settled_says_so(desk: Desk) -> None:
    connector = desk.connector()
    attempt = connector.structure(desk.token())
    assert attempt is not None
    connector._client._retrier = Retrier(deadline=0.2, first=0.01, cap=0.02)
    desk.faults.add(Fault("cut_before", "sheets", times=None))
    with pytest.raises(OutcomeUnknown):
        connector.write(attempt)


@pytest.mark.parametrize("kind", ["refuse", "unavailable", "cut_before", "html_200", "apply_then_cut", "apply_then_error"])
def test_reads_are_repeated(desk: Desk, kind: str) -> None:
    connector = desk.ready(create("1", quantity=1))
    desk.faults.add(Fault(kind, "sheets read", times=3))  # type: ignore[arg-type]
    assert set(connector.look(["1"]).found) == {"1"}
    assert desk.faults.pending() == []


def test_too_many_requests_wait_and_go_again_also_a_write(desk: Desk) -> None:
    waits: list[float] = []
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    connector._client._retrier = Retrier(clock=desk.clock(waits))
    desk.faults.add(Fault("too_many", "sheets write", times=2))
    assert connector.write(attempt)[0].result is DONE
    assert len(waits) == 2 and min(waits) >= 5
    assert keys(desk) == Counter({"1": 1, "2": 1})


def test_who_only_looks_waits_for_the_next_minute_too(desk: Desk) -> None:
    """Half a minute is what a person waits for a server that is away; a spent minute surely ends."""
    waits: list[float] = []
    retrier = patient_retrier(SimpleNamespace(deadline_seconds=300), desk.clock(waits))
    connector = desk.ready(create("1"))
    connector._client._retrier = replace(retrier, jitter=lambda: 1.0)
    desk.faults.add(Fault("too_many", "sheets read", times=6))
    assert set(connector.look(["1"]).found) == {"1"} and 60 < sum(waits) < 90
    desk.faults.add(Fault("unavailable", "sheets read", times=None))
    with pytest.raises(RetryLater, match="30 seconds"):
        connector.look(["1"])


def test_an_expired_token_is_renewed_once(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    desk.faults.log.clear()
    desk.faults.add(Fault("unauthorized", "sheets write"))
    assert connector.write(attempt)[0].result is DONE
    assert [seen.kind for seen in desk.faults.log] == ["write", "token", "write"]
    desk.faults.add(Fault("unauthorized", "sheets", times=None))
    with pytest.raises(Refused, match="does not accept the access"):
        connector.look(["1"])


def test_away_for_good_is_to_be_tried_later(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    connector._client._retrier = Retrier(deadline=0.2, first=0.01, cap=0.02)
    desk.faults.add(Fault("refuse", "sheets", times=None))
    with pytest.raises(RetryLater):
        connector.look(["1"])


def test_a_server_that_cannot_be_reached_applied_nothing(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempt = desk.prepare(connector, create("2"))
    connector._client._retrier = Retrier(deadline=0.2, first=0.01, cap=0.02)
    desk.server.close()
    connector._client.session.close()
    with pytest.raises(RetryLater):
        connector.write(attempt)


@pytest.mark.parametrize("kind", ["unavailable", "refuse", "too_many"])
def test_who_gets_no_token_waits_as_for_any_other_answer(desk: Desk, kind: Kind) -> None:
    """google-auth slept three seconds within each try of ours, by another clock and past any deadline."""
    waits: list[float] = []
    client = desk.client(retrier=Retrier(clock=desk.clock(waits)))
    desk.faults.add(Fault(kind, "google token", times=3))
    with closing(client):
        client.get(f"{SHEETS}/{desk.spreadsheet.id}")
    assert [seen.kind for seen in desk.faults.log] == ["token"] * 4 + ["read"] and len(waits) == 3


def test_spent_tokens_are_removed_and_only_those(desk: Desk) -> None:
    connector = desk.ready(create("1"))
    attempts = [desk.prepare(connector, create(str(n))) for n in range(2, 5)]
    for attempt in attempts:
        connector.write(attempt)
    spent = [attempts[0].token, attempts[1].token, 12345]
    assert connector.tidy(spent) == tuple(spent)
    left = [entry for entry in desk.spreadsheet.metadata.entries.values() if entry.key == TOKEN_KEY]
    assert {attempts[2].token} <= {entry.id for entry in left} and not {entry.id for entry in left} & set(spent)
    assert connector.tidy([]) == ()
    connector._client._retrier = Retrier(deadline=0.2, first=0.01, cap=0.02)
    desk.faults.add(Fault("refuse", "sheets", times=None))
    assert connector.tidy([attempts[2].token]) == ()


def test_no_request_leaves_for_google_with_a_base_url(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: set[str] = set()
    send = requests.Session.send

    def watched(session: requests.Session, request: requests.PreparedRequest, **keywords: object) -> requests.Response:
        hosts.add(str(request.url).split("/")[2])
        return send(session, request, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.Session, "send", watched)
    connector = desk.ready(create("1"), target=desk.spreadsheet.title)
    assert connector.look(["1"]).found
    assert hosts == {desk.server.url.removeprefix("http://")}
    with pytest.raises(ValueError, match="no place"):
        connector._client.get("https://example.com/")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "does not exist"),
        ("nonsense", "is not JSON"),
        ("[]", "not the key of a service account"),
        ('{"type": "authorized_user"}', "not the key of a service account"),
        ('{"type": "service_account", "client_email": "a@b"}', "lacks private_key, token_uri"),
        ('{"type": "service_account", "client_email": "a@b", "private_key": "SECRET", "token_uri": "x"}', "cannot be read"),
    ],
)
def test_a_bad_key_file_is_explained(tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "key.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told) as failure:
        open_account(file)
    assert "SECRET" not in str(failure.value) and failure.value.next_step


def test_a_key_that_no_longer_counts_is_explained(desk: Desk, tmp_path: Path) -> None:
    info = json.loads(desk.key_file.read_text(encoding="utf-8"))
    stranger = tmp_path / "deleted.json"
    stranger.write_text(json.dumps({**info, "client_email": "deleted@example.iam.gserviceaccount.com"}), encoding="utf-8")
    client = Client(open_account(stranger, desk.server.url), base_url=desk.server.url, retrier=Retrier(deadline=1.0))
    try:
        with pytest.raises(Refused, match="sign in") as failure:
            client.get("https://sheets.googleapis.com/v4/spreadsheets/x")
        assert "clock" in failure.value.next_step and "{" not in str(failure.value)
    finally:
        client.close()
