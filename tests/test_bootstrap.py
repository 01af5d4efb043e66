"""A program that is interrupted while it is loaded says so and leaves; nobody sees a traceback for it."""

from pathlib import Path

import pytest

from syncdb.bootstrap import ending_quietly, take_in_plug_ins, telling_what_is_missing
from syncdb.pairs import registry


def test_ctrl_c_while_it_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    for around in (ending_quietly, telling_what_is_missing):
        with pytest.raises(SystemExit) as left, around():
            raise KeyboardInterrupt
        assert left.value.code == 130 and "Nothing was changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--config", "shop/config.json"],
        ["--test", "--config=shop/config.json"],
        ["--config", "x", "--config", "shop/config.json"],
    ],
)
def test_plug_ins_are_those_of_the_configuration_that_the_command_names(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "PROBLEMS", ())
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "config.json").write_text('{"plugins": ["not-there"]}', encoding="utf-8")
    take_in_plug_ins([])
    take_in_plug_ins(["--config"])
    assert registry.PROBLEMS == ()
    take_in_plug_ins(words)
    assert "offers not-there" in registry.PROBLEMS[0]
