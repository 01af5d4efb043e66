"""What comes with each pair type that is registered: its script, its page, its settings where people look for them."""

import re
from pathlib import Path

import pytest

from syncdb.contract.pair import PairContract
from syncdb.pairs.base import PairType
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


class TestPairs(PairContract):
    @pytest.fixture(params=PAIRS, ids=[pair.name for pair in PAIRS])
    def pair(self, request: pytest.FixtureRequest) -> PairType:
        found: PairType = request.param
        return found


def test_no_two_share_what_tells_them_apart() -> None:
    for told in ("script", "docs"):
        assert len({getattr(pair, told) for pair in PAIRS}) == len(PAIRS), told
