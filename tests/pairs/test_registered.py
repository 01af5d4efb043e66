"""What comes with each pair type that is registered: its script, its page, its settings where people look for them."""

import re
from pathlib import Path

import pytest

from syncdb.config.keys import GENERAL
from syncdb.pairs.base import Implementation, PairType
from syncdb.pairs.registry import PAIRS

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
TEMPLATE = (ROOT / ".env.template").read_text(encoding="utf-8")

each_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair.name for pair in PAIRS])


@each_pair
def test_its_script_runs_it_and_no_other(pair: PairType) -> None:
    assert re.findall(r'run_pair\("(\w+)"', (ROOT / pair.script).read_text(encoding="utf-8")) == [pair.name]


@each_pair
def test_its_page_is_about_it(pair: PairType) -> None:
    assert pair.title in (ROOT / pair.docs).read_text(encoding="utf-8")


@each_pair
def test_its_settings_are_told_in_the_documentation_and_the_template(pair: PairType) -> None:
    assert pair.all_keys
    for key in pair.all_keys:
        assert f"| `{key.name}` | `{key.env}` |" in SETTINGS, key.name
        assert re.search(rf"^#?{key.env}=", TEMPLATE, re.MULTILINE), key.env


@each_pair
def test_what_it_declares_fits_together(pair: PairType) -> None:
    names = [key.name for key in (*pair.all_keys, *GENERAL)]
    assert len(names) == len(set(names)), "a setting of a run, or of its other side, has that name already"
    assert pair.named_by in names
    assert {key for topic in pair.all_topics for key in topic.keys} <= set(names)
    does = pair.load_implementation()
    assert isinstance(does, Implementation)
    assert set(does.tries) <= {topic.name for topic in pair.all_topics}
    assert (does.orders is not None) == pair.tracks_orders  # orders may also be kept in step as ordinary records
    assert "orders" in pair.entities or not pair.tracks_orders


def test_no_two_share_what_tells_them_apart() -> None:
    for told in ("name", "title", "script", "command", "named_by", "docs", "job", "implementation"):
        assert len({getattr(pair, told) for pair in PAIRS}) == len(PAIRS), told
