"""A configuration file changed in places: all else of it stays as it was written."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.config.edited import KEPT, save_values, values_of, with_values
from syncdb.errors import ConfigurationError

NOW = datetime(2026, 11, 29, 7, tzinfo=UTC)
NAMES = ("a", "b", "c{", 'd"', "ü")
VALUES: tuple[Any, ...] = (1, "x,}", True, [], [1, [2]], {}, {"a": {"}": "\\"}}, None)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_only_what_is_named_changes(indent: int | str | None) -> None:
    chosen = random.Random(7)
    for _ in range(300):
        before, changes = ({name: chosen.choice(VALUES) for name in chosen.sample(NAMES, chosen.randrange(5))} for _ in range(2))
        before = {name: value for name, value in before.items() if value is not None}
        text = with_values(json.dumps(before, indent=indent, ensure_ascii=False), changes)
        assert json.loads(text) == {name: value for name, value in {**before, **changes}.items() if value is not None}


def test_layout_and_order_of_the_others_stay() -> None:
    text = '{\n\t"z": [1,2 ,3],\n\n\t"rules": {"a":1},\n\t"last": "x"\n}\n'
    assert with_values(text, {"rules": {"b": [1]}}) == text.replace('{"a":1}', '{\n\t  "b": [\n\t    1\n\t  ]\n\t}')
    assert with_values(text, {"last": None}) == text.replace(',\n\t"last": "x"', "")
    assert with_values(text, {"z": None}) == text.replace('"z": [1,2 ,3],\n\n\t', "")
    assert with_values(text, {"new": 1}) == text.replace('"x"\n', '"x",\n\t"new": 1\n')


def test_it_is_saved_whole_for_its_owner_and_the_versions_before_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    assert save_values(file, {"a": 1}, {"a": None}, NOW) is None and values_of(file) == {"a": 1}
    for number in range(KEPT + 2):
        kept = save_values(file, {"a": number}, {}, NOW.replace(minute=number))
        assert kept is not None and kept.stat().st_mode & 0o077 == 0
    assert len(list(tmp_path.glob("config.json.*.old"))) == KEPT and kept.read_text() == f'{{\n  "a": {KEPT}\n}}\n'
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigurationError, match="changed meanwhile"):
        save_values(file, {"a": 5}, {"a": 4}, NOW)
    assert values_of(file) == {"a": KEPT + 1}


def test_a_link_stays_one_and_what_is_no_configuration_is_left(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.json"
    real.write_text('{"a": 1}')
    link = tmp_path / "config.json"
    link.symlink_to(real)
    save_values(link, {"a": 2}, {}, NOW)
    assert link.is_symlink() and values_of(real) == {"a": 2}
    for wrong in ("[1]", '{"a": 1, "a": 2}', "{a}"):
        real.write_text(wrong)
        with pytest.raises(ConfigurationError):
            save_values(link, {"a": 2}, {}, NOW)
        assert real.read_text() == wrong
