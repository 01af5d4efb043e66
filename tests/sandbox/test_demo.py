"""The demonstration comes true, and says so in its exit code."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from syncdb.ledger.queries.overview import last_runs
from syncdb.ledger.queries.reader import reading
from syncdb.sandbox.demo import main
from syncdb.sandbox.story import Story, Time
from syncdb.values import moment


def test_everything_in_the_story_comes_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert main(["--folder", str(folder), "--orders", "20"]) == 0
    told = capsys.readouterr().out
    for step in ("The first run", "A refund", "A colleague works", "A gap in the order numbers", "Everything came true"):
        assert step in told
    assert "was brought in" in told and "FAILED" not in told and "1 row added (it had been deleted)" in told
    page = (folder / "sheet.html").read_text(encoding="utf-8")
    assert "Ours to do" in page and 'class="new"' in page and 'class="number changed"' in page
    assert 'title="before: paid">partially refunded' in page, "it says what stood there"
    with reading(folder / "shopify_sync.db") as reader:
        ended = moment(str(last_runs(reader)[0]["ended_at"]))
    assert timedelta() <= datetime.now(UTC) - ended < timedelta(minutes=10), "its last run was just now"
    assert main(["--folder", str(folder), "--orders", "20"]) == 0, "it can be run again"


def test_the_story_is_folded_between_words_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    for terminal, lines in ((True, 4), (False, 3)):
        story = Story(Time(), Console(force_terminal=terminal, no_color=True, width=60, soft_wrap=True, highlight=False))
        story.tell("A step", "What happens in it is said in a sentence of more than sixty letters, as here.")
        told = capsys.readouterr().out
        assert len(told.splitlines()) == lines and (max(map(len, told.splitlines())) <= 60) is terminal, told


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("thesis.txt", "shopify_sync.db"):
        (tmp_path / name).write_text("years of work", encoding="utf-8")
    assert main(["--folder", str(tmp_path)]) == 2
    assert (tmp_path / "thesis.txt").exists() and (tmp_path / "shopify_sync.db").exists()
    assert "Nothing was done" in capsys.readouterr().out
