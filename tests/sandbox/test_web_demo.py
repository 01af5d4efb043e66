"""The demonstration of the pages: a past is made, and the pages over it are served until somebody ends it."""

import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syncdb.ledger.queries import overview
from syncdb.ledger.queries.conflicts import disputes
from syncdb.ledger.queries.errors import open_errors, pair_types
from syncdb.ledger.queries.reader import reading

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is a matter of POSIX")
def test_pages_full_of_life_are_served_until_it_is_ended(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "syncdb.sandbox.web_demo", "--folder", str(folder), "--port", "0", "--no-browser"]
    env = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    sizes = ["--orders", "6", "--products", "4", "--days", "1"]
    with subprocess.Popen([*command, *sizes], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = ""
        while "Code to make an owner" not in told and (line := process.stdout.readline()):
            told += line
        found = re.search(r"http://localhost:(\d+)", told)
        assert found, told
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=30)
        connection.request("GET", "/login", headers={"Host": f"localhost:{found[1]}"})
        answer = connection.getresponse()
        assert answer.status == 200 and b"Make the first owner" in answer.read()
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with reading(folder / "shopify_sync.db") as reader:
        held = open_errors(reader)
        runs = overview.last_runs(reader, 100)
        pairs = set(pair_types(reader, [run["run_id"] for run in runs]))
        assert len(list(disputes(reader))) == 3 and {run["mode"] for run in runs} == {"sync"}
    assert pairs | {"erp"} == {"sheets", "grist", "stores", "sentos", "erp", "workbook"}
    assert ("erp" in pairs) is ("Without an ERP" not in told) and len(held) == 1 + ("erp" in pairs)
