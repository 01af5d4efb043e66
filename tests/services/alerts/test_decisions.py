"""Of which trouble people are told, and when: once, more and more rarely, once more when it is over, and not in silence."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncdb.ledger.web import alerts
from syncdb.ledger.web.alerts import Kept, Message, Trouble
from syncdb.ledger.web.file import make, web_path
from syncdb.services.alerts.decisions import REMINDERS, decide
from syncdb.services.alerts.digest import DigestDue, digest_due

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
GAPS = Trouble("shop", "", "gaps", "2 numbers are missing.", "Ask.")
FAILED = Trouble("shop", "Sheet", "run_failed", "The last run failed.", "Look.")
BERLIN = ZoneInfo("Europe/Berlin")


class Story:
    """Looks one after the other at a web.db, and what was to be sent by each."""

    def __init__(self, folder: Path) -> None:
        self.path = web_path(folder / "ledger.db")
        make(self.path)

    def look(self, hours: float, *found: Trouble, whole: bool = True) -> list[tuple[str, str]]:
        now = NOW + timedelta(hours=hours)
        changes = alerts.look(self.path, now, ["mail"], lambda kept: decide(found, kept, now, None, whole=whole))
        return [(one.kind, one.data["code"]) for one in changes.messages]


class Remembered:
    """The same with what is kept in memory only, for many looks."""

    def __init__(self) -> None:
        self.kept = Kept({}, (), {})

    def look(self, hours: float, *found: Trouble) -> list[tuple[str, str]]:
        changes = decide(found, self.kept, NOW + timedelta(hours=hours), None)
        self.kept = Kept({one.trouble.key: one for one in changes.seen}, (), {})
        return [(one.kind, one.data["code"]) for one in changes.messages]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def test_one_message_then_reminders_that_thin_out_and_one_when_it_is_over() -> None:
    story = Remembered()
    told: list[tuple[float, str]] = []
    for minutes in range(0, 9 * 24 * 60, 20):
        told += [(minutes / 60, kind) for kind, _ in story.look(minutes / 60, GAPS)]
    assert told == [(0, "firing"), *((hours, "reminder") for hours in (1, 4, 24, 48, 72, 96, 120))]
    assert story.look(220) == [("resolved", "gaps")] and story.look(221) == []
    assert story.look(222, GAPS) == [("firing", "gaps")]


def test_what_was_slept_through_is_one_reminder(story: Story) -> None:
    story.look(0, GAPS)
    assert story.look(50, GAPS) == [("reminder", "gaps")] and story.look(50.1, GAPS) == []


def test_each_trouble_is_told_by_itself_and_a_changed_text_is_no_new_one(story: Story) -> None:
    assert story.look(0, GAPS, FAILED) == [("firing", "gaps"), ("firing", "run_failed")]
    more = Trouble(GAPS.shop, GAPS.pair, GAPS.code, "3 numbers are missing.", "Ask.")
    assert story.look(0.1, more) == [("resolved", "run_failed")]
    assert alerts.kept(story.path, NOW).firing[GAPS.key].trouble == more


@pytest.mark.parametrize("what", ["all", "gaps", "/gaps", "shop||gaps"])
def test_in_silence_nobody_is_told_until_it_is_over(what: str, story: Story) -> None:
    alerts.silence(story.path, what, NOW + timedelta(hours=5), "ayse", NOW)
    assert story.look(0, GAPS) == [] and story.look(4.9, GAPS) == []
    assert story.look(5.1, GAPS) == [("firing", "gaps")]


def test_silence_ends_when_it_is_lifted_and_covers_what_ended_in_it(story: Story) -> None:
    story.look(0, GAPS)
    alerts.silence(story.path, "gaps", NOW + timedelta(hours=5), "ayse", NOW)
    assert story.look(1) == [], "of what nobody was to hear nobody hears that it is over"
    alerts.silence(story.path, "gaps", NOW, "ayse", NOW + timedelta(hours=1))
    assert story.look(1.1, GAPS) == [("firing", "gaps")]


def test_where_not_everything_could_be_seen_nothing_is_over(story: Story) -> None:
    story.look(0, GAPS)
    assert story.look(0.5, FAILED, whole=False) == [("firing", "run_failed")]
    assert story.look(0.6, GAPS, FAILED) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 600), st.booleans()), max_size=25))
def test_never_more_than_promised(looks: list[tuple[int, bool]]) -> None:
    """Between a beginning and its end: one message, at most seven reminders, none twice within an hour of each other."""
    story, minutes, told = Remembered(), 0, list[tuple[int, str]]()
    for gone, there in looks:
        minutes += gone
        told += [(minutes, kind) for kind, _ in story.look(minutes / 60, *([GAPS] if there else []))]
    episode: list[tuple[int, str]] = []
    for at, kind in told:
        assert kind == "firing" if not episode else kind in ("reminder", "resolved")
        assert not episode or kind == "resolved" or at - episode[0][0] >= 60
        episode = [] if kind == "resolved" else [*episode, (at, kind)]
        assert len(episode) <= 1 + len(REMINDERS)


def test_a_message_is_written_before_it_is_sent_and_goes_by_each_way_once(story: Story) -> None:
    message = Message("test", "", "s", "b", {"at": "x"})
    alerts.look(story.path, NOW, ["mail", "webhook"], lambda kept: alerts.Changes(messages=[message]))
    first, second = (alerts.claim(story.path, ["mail", "webhook"], NOW) for _ in range(2))
    assert first and second and {first[1], second[1]} == {"mail", "webhook"}
    assert alerts.claim(story.path, ["mail", "webhook"], NOW) is None, "both are being sent"
    alerts.sent(story.path, first[0].id, first[1], NOW)
    again = alerts.claim(story.path, ["mail", "webhook"], NOW + timedelta(minutes=3))
    assert again is not None and again[1:] == (second[1], 2), "who had it died before it was marked"
    alerts.failed(story.path, again[0].id, again[1], "refused", NOW + timedelta(minutes=9))
    assert alerts.claim(story.path, [second[1]], NOW + timedelta(minutes=8)) is None
    assert alerts.claim(story.path, [first[1]], NOW + timedelta(minutes=10)) is None
    (failing,) = alerts.failing(story.path)
    assert (failing.channel, failing.messages, failing.error) == (second[1], 1, "refused")


@pytest.mark.parametrize(
    ("wish", "last", "now", "due"),
    [
        ("daily", "2026-12-01", "2026-12-02T05:59", None),  # 06:59 in Berlin
        ("daily", "2026-12-01", "2026-12-02T06:00", DigestDue(date(2026, 12, 2), 1)),
        ("daily", "2026-12-02", "2026-12-02T20:00", None),
        ("daily", "2026-12-01", "2026-12-04T06:00", DigestDue(date(2026, 12, 4), 3)),  # slept
        ("daily", "2026-12-05", "2026-12-07T06:00", DigestDue(date(2026, 12, 7), 7)),  # Monday
        ("weekly", "2026-12-01", "2026-12-04T06:00", None),
        ("weekly", "2026-12-01", "2026-12-08T06:00", DigestDue(date(2026, 12, 7), 7)),  # off on Monday
        ("weekly", "2026-12-07", "2026-12-08T06:00", None),
        ("off", "2026-12-01", "2026-12-08T06:00", None),
        ("daily", None, "2026-12-08T06:00", None),
    ],
)
def test_when_a_digest_is_due(wish: str, last: str | None, now: str, due: DigestDue | None) -> None:
    assert digest_due(wish, "07:00", last, datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN) == due
