"""What is kept of what a run said, and what a run is not begun without."""

from pathlib import Path

import pytest

from syncdb.fleet.layout import FleetPlan, ShopPlan
from syncdb.fleet.running import MOST_WORDS, last_words, run_shop
from syncdb.fleet.validating import tried


def test_the_last_words_begin_with_a_line_or_a_word() -> None:
    assert last_words(" Stopped: no token.\n") == "Stopped: no token."
    assert last_words(f"{'far away ' * 80}\nNothing was contacted.\n") == "... Nothing was contacted."
    told = last_words("word " * 400)
    assert told.startswith("... word ") and len(told) <= MOST_WORDS + 4


def test_a_run_is_not_begun_without_its_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLATES_SECRET", raising=False)
    shop = ShopPlan("plates", "main", 60, secrets={"shopify_client_secret": "PLATES_SECRET"})
    ended = run_shop(tmp_path / "config.json", shop, lambda: True)
    plan = FleetPlan(tmp_path, (shop,))
    assert [one.failed for one in tried(plan, 1, offline=True)] == [
        ("This environment lacks PLATES_SECRET. Nothing else was tried.",)
    ]
    assert (ended.code, ended.told) == (2, "The worker's environment lacks PLATES_SECRET. Nothing was contacted.")
