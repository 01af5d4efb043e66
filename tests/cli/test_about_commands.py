"""Version, help and completion: asked for in the ways people know from other programs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from syncdb import __version__
from syncdb.cli.commands import COMMANDS
from syncdb.cli.completion import options_by_command
from syncdb.cli.run_pair import main as run_pair
from tests.cli.conftest import manage

ROOT = Path(__file__).parents[2]
SCRIPTS = ("sync_manager.py", "shopify_sheets_sync.py", "shopify_grist_sync.py")


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_program_tells_its_version_and_its_help(script: str) -> None:
    def said(option: str) -> str:
        done = subprocess.run([sys.executable, script, option], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
        assert done.stderr == ""
        return done.stdout

    assert said("--version") == f"syncdb {__version__}\n"
    assert said("-h") == said("--help") and said("-h").startswith("Usage: ") and "Options:" in said("-h")


@pytest.mark.parametrize(("typed", "told"), [("--tset", "Did you mean --test?"), ("--xyzzy", "No such option: --xyzzy.")])
def test_a_slip_in_an_option_is_told_with_the_one_that_was_meant(
    typed: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        run_pair("sheets", [typed])
    error = capsys.readouterr().err
    assert left.value.code == 2 and told in error and len(error.splitlines()) == 4, error


def test_help_of_a_command_is_what_the_command_says_of_itself() -> None:
    assert manage("help").out == manage("--help").out
    for name in ("status", "sync", "help"):
        told = manage("help", name)
        assert told.code == 0 and told.out == manage(name, "--help").out == manage(name, "-h").out
    slip = manage("help", "statsu")
    assert slip.code == 2 and "Did you mean status?" in slip.err


def completed(line: str, script: str, tmp_path: Path) -> set[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    (tmp_path / "completion").write_text(script, encoding="utf-8")
    asked = f"source {tmp_path}/completion; COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; "
    shell = ["bash", "-c", asked + '_syncdb; printf "%s\\n" "${COMPREPLY[@]}"; complete -p syncdb syncdb-grist >&2']
    done = subprocess.run(shell, capture_output=True, text=True, check=True)
    assert "-F _syncdb syncdb" in done.stderr and "--fields" in done.stderr
    return set(done.stdout.split())


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not on this computer")
def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    script = manage("completion", "bash").out
    assert completed("syncdb stat", script, tmp_path) == {"status"}
    assert completed("syncdb ", script, tmp_path) >= set(COMMANDS)
    assert completed("syncdb missing --o", script, tmp_path) == {"--offline"}
    assert completed("syncdb sync --qu", script, tmp_path) == {"--quiet"}
    assert completed("syncdb help red", script, tmp_path) == {"redact"}


def test_all_shells_know_every_option() -> None:
    words = options_by_command()
    assert set(words) == set(COMMANDS) and all("--help" in options for options in words.values())
    for shell in ("bash", "zsh", "fish"):
        script = manage("completion", shell).out
        missing = {option for options in words.values() for option in options if option.removeprefix("--") not in script}
        assert not missing and "syncdb-sheets" in script
    if shutil.which("fish"):
        done = subprocess.run(["fish", "--no-execute"], input=script, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert manage("completion", "tcsh").code == 2
