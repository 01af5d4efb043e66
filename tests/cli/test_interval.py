"""The time between runs: minutes, or seconds where somebody says so."""

import pytest

from syncdb.cli.pair_options import options_of, parser
from syncdb.pairs import registry


@pytest.mark.parametrize(("text", "seconds"), [("15", 900), ("1", 60), ("30s", 30), ("5s", 5), ("90s", 90), (None, 900)])
def test_minutes_or_seconds(text: str | None, seconds: int) -> None:
    pair = registry.pair_named("grist")
    assert pair is not None
    given = parser(pair).parse_args([] if text is None else ["--interval", text])
    assert options_of(pair, given).interval == seconds


@pytest.mark.parametrize("text", ["0", "4s", "s", "-5", "1.5", "5m", "٣", ""])
def test_anything_else_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    pair = registry.pair_named("grist")
    assert pair is not None
    with pytest.raises(SystemExit):
        parser(pair).parse_args([f"--interval={text}"])
    assert "at least 5s" in capsys.readouterr().err
