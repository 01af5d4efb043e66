"""The sandbox as a person starts it: after the demonstration, in the same folder, with the commands that it prints."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syncdb.sandbox.story import MARK

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_the_printed_commands_work_also_where_an_earlier_demonstration_was(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / MARK).write_text("an earlier demonstration", encoding="utf-8")
    (folder / "shopify_sync.db").write_text("a ledger that knows another sheet", encoding="utf-8")
    command = [sys.executable, "-m", "syncdb.sandbox", "--folder", str(folder), "--orders", "3", "--products", "2"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        told = [process.stdout.readline()]
        while "Ctrl-C" not in told[-1]:
            assert told[-1], "it ended"
            told.append(process.stdout.readline())
        printed = [line.split() for line in told if line.startswith("  ")]
        codes = [subprocess.run(line, cwd=folder, capture_output=True, check=False).returncode for line in printed]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert codes == [0, 0] and len(printed) == 2


def test_a_folder_with_a_real_ledger_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shopify_sync.db").write_text("years of work", encoding="utf-8")
    command = [sys.executable, "-m", "syncdb.sandbox", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "Nothing was done" in done.stdout
    assert (tmp_path / "shopify_sync.db").read_text(encoding="utf-8") == "years of work"
