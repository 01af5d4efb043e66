"""A program that is interrupted while it is loaded says so and leaves; nobody sees a traceback for it."""

import pytest

from syncdb.bootstrap import ending_quietly, telling_what_is_missing


def test_ctrl_c_while_it_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    for around in (ending_quietly, telling_what_is_missing):
        with pytest.raises(SystemExit) as left, around():
            raise KeyboardInterrupt
        assert left.value.code == 130 and "Nothing was changed" in capsys.readouterr().err
