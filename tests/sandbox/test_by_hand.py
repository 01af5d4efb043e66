"""The sandbox as a person starts it: after the demonstration, in the same folder, with the commands that it prints."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.local import Sandbox
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
        with (folder / ".env").open("a", encoding="utf-8") as settings:
            settings.write("WORKBOOK=orders.xlsx\n")
        ended = [subprocess.run(line, cwd=folder, capture_output=True, check=False, encoding="utf-8") for line in printed]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert [one.returncode for one in ended] == [0, 0, 0, 2]  # sheet, Grist, workbook, and an ERP that is not there
    assert (folder / "orders.xlsx").exists() and "erp_database_url" in ended[-1].stdout


def test_a_folder_with_a_real_ledger_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shopify_sync.db").write_text("years of work", encoding="utf-8")
    command = [sys.executable, "-m", "syncdb.sandbox", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "Nothing was done" in done.stdout
    assert (tmp_path / "shopify_sync.db").read_text(encoding="utf-8") == "years of work"


def test_a_port_in_use_is_told_in_words_of_our_own(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "syncdb.sandbox", "--folder", str(tmp_path / "demo"), "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and f"port {port} is in use" in done.stdout and "another --port" in done.stdout
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a process is ended otherwise there")
def test_run_py_asked_to_end_leaves_no_process_behind(tmp_path: Path) -> None:
    """Its command is asked to end, too: it would keep a port and memory for ever."""
    code = (
        "import os, sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import run\n"
        "raise SystemExit(run.run(Path(sys.executable), '-c', "
        "'import os, time; print(os.getpid(), flush=True); time.sleep(60)'))"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(ROOT)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_the_served_pages_open_where_something_stands(tmp_path: Path) -> None:
    with Sandbox(tmp_path, orders=1) as sandbox:
        colleague = Colleague(sandbox.spreadsheet, "Orders")
        colleague.add_tab("Orders")
        colleague.type("A1", "here it is")
        page = requests.get(f"{sandbox.server.url}/sheet/{sandbox.spreadsheet.id}", timeout=10).text
    assert "here it is" in page
